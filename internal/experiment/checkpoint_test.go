package experiment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/neurocredit/neurocredit/internal/npy"
)

func TestDamagedCheckpoint(t *testing.T) {
	damages := map[string]func([]byte) []byte{
		"empty":           func(b []byte) []byte { return nil },
		"cut":             func(b []byte) []byte { return b[:len(b)/2] },
		"one byte less":   func(b []byte) []byte { return b[:len(b)-1] },
		"one byte more":   func(b []byte) []byte { return append(b, 0) },
		"a flipped bit":   func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"another format":  func(b []byte) []byte { b[0] = 'X'; return b },
		"a wrong length":  func(b []byte) []byte { b[len(checkpointMagic)]++; return b },
		"a wrong sum":     func(b []byte) []byte { b[len(b)-1]++; return b },
		"a huge length":   func(b []byte) []byte { b[len(checkpointMagic)+7] = 0xff; return b },
		"two huge (wrap)": func(b []byte) []byte { b[len(checkpointMagic)+7], b[len(checkpointMagic)+15] = 0xff, 0xff; return b },
	}
	want := filepath.Join(t.TempDir(), "whole")
	runToy(t, want, toy{steps: 120, every: 40})
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			failing := toy{steps: 120, every: 40, failAt: 100}
			if err := failing.run(context.Background(), dir); !errors.Is(err, errFail) {
				t.Fatal(err)
			}
			path := filepath.Join(dir, checkpointName)
			data := damage([]byte(read(t, path)))
			write(t, path, string(data))
			_, err := Resume(dir, toyManifest)
			requireError(t, err, checkpointName, "damaged", previousName, "rename")
			if string(data) != read(t, path) {
				t.Error("the damaged file was touched")
			}
			if err := os.Rename(filepath.Join(dir, previousName), path); err != nil {
				t.Fatal(err)
			}
			runToy(t, dir, toy{steps: 120, every: 40})
			requireSame(t, want, dir)
		})
	}
}

// TestFailedSave: a state that cannot be saved leaves the checkpoint before.
func TestFailedSave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Create(dir, toyManifest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Finish(&err)
	state := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	for _, s := range []string{"one", "two"} {
		if err := r.Checkpoint(state(s)); err != nil {
			t.Fatal(err)
		}
	}
	err = r.Checkpoint(func(w io.Writer) error { return errors.Join(state("thr")(w), errFail) })
	requireError(t, err, "saving the state", errFail.Error())
	err = nil
	for name, want := range map[string]string{checkpointName: "two", previousName: "one"} {
		_, got, err := decodeCheckpoint([]byte(read(t, filepath.Join(dir, name))))
		if err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestRestoreErrors(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	runToy(t, dir, toy{steps: 10, every: 5})
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Restore(func(io.Reader) error { return errFail })
	requireError(t, err, "loading the state", errFail.Error())
	_, err = r.Restore(func(in io.Reader) error { _, err := in.Read(make([]byte, 3)); return err })
	requireError(t, err, "more than this program reads")
	if err := os.Truncate(filepath.Join(dir, metricsName), 3); err != nil {
		t.Fatal(err)
	}
	err = (&toy{steps: 20, every: 5}).run(context.Background(), dir)
	requireError(t, err, metricsName, "3 bytes")
}

func FuzzDecodeCheckpoint(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte(checkpointMagic))
	f.Add(encodeCheckpoint(table{}, nil))
	f.Add(encodeCheckpoint(table{Metrics: 12, Recordings: map[string]int{"a/b/c/d": 3}}, []byte("state")))
	f.Add(encodeCheckpoint(table{Metrics: -1}, []byte("state")))
	f.Add(bytes.Repeat([]byte{0xff}, 100))
	f.Fuzz(func(t *testing.T, data []byte) {
		tab, state, err := decodeCheckpoint(data)
		if err != nil {
			return
		}
		again, stateAgain, err := decodeCheckpoint(encodeCheckpoint(tab, state))
		if err != nil || !bytes.Equal(state, stateAgain) || fmt.Sprint(tab) != fmt.Sprint(again) {
			t.Errorf("%v %q does not survive: %v %q, %v", tab, state, again, stateAgain, err)
		}
	})
}

// BenchmarkCheckpoint measures what a signal has to wait for: 100 recordings
// with new rows, and a state of 1 MB.
func BenchmarkCheckpoint(b *testing.B) {
	r, err := Create(filepath.Join(b.TempDir(), "run"), toyManifest)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Finish(&err)
	recordings := make([]*npy.Appender, 100)
	for i := range recordings {
		if recordings[i], err = r.Record(fmt.Sprintf("training/1/g%d/r", i), npy.Float32, 100); err != nil {
			b.Fatal(err)
		}
	}
	row, state := make([]float64, 100), make([]byte, 1<<20)
	for b.Loop() {
		for _, a := range recordings {
			for range 100 {
				if err := a.Append(row); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := r.Checkpoint(func(w io.Writer) error { _, err := w.Write(state); return err }); err != nil {
			b.Fatal(err)
		}
	}
}

// TestCheckpointAt: a checkpoint of an earlier moment cuts off what came later, but
// not before the run is resumed.
func TestCheckpointAt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	open := func(r *Run) (*Metrics, *npy.Appender) {
		t.Helper()
		m, err := r.Metrics("step")
		if err != nil {
			t.Fatal(err)
		}
		a, err := r.Record("training/1/hidden0/x", npy.Float32, 1)
		if err != nil {
			t.Fatal(err)
		}
		return m, a
	}
	state := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	r, err := Create(dir, toyManifest)
	if err != nil {
		t.Fatal(err)
	}
	m, a := open(r)
	var marks []Mark
	for i := range 4 {
		marks = append(marks, r.Mark())
		if err := errors.Join(m.Append(float64(i)), a.Append([]float64{float64(i)})); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(r.Checkpoint(state("four")), r.CheckpointAt(marks[2], state("two"))); err != nil {
		t.Fatal(err)
	}
	err = errFail
	r.Finish(&err)
	rows := func() (metrics, recorded int) {
		t.Helper()
		table, err := ReadMetrics(dir)
		if err != nil {
			t.Fatal(err)
		}
		f, err := npy.OpenReader(recordingPath(dir, "training/1/hidden0/x"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return len(table.Rows), f.Rows()
	}
	if m, a := rows(); m != 4 || a != 4 {
		t.Errorf("%d rows of metrics and %d of the recording, want 4", m, a)
	}
	if r, err = Resume(dir, toyManifest); err != nil {
		t.Fatal(err)
	}
	open(r)
	found, err := r.Restore(func(in io.Reader) error {
		text, err := io.ReadAll(in)
		if string(text) != "two" {
			t.Errorf("state %q", text)
		}
		return err
	})
	if !found || err != nil {
		t.Fatal(found, err)
	}
	r.Finish(&err)
	if m, a := rows(); m != 2 || a != 2 {
		t.Errorf("%d rows of metrics and %d of the recording after resuming, want 2", m, a)
	}
}
