package experiment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/npy"
)

// requireError requires an error that contains all words.
func requireError(tb testing.TB, err error, words ...string) {
	tb.Helper()
	if err == nil {
		tb.Fatalf("no error, want one with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			tb.Errorf("error %q does not say %q", err, w)
		}
	}
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		tb.Fatal(err)
	}
}

func read(tb testing.TB, path string) string {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

func TestLayout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	runToy(t, dir, toy{steps: 100, every: 40})
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Config) != string(toyManifest.Config) {
		t.Errorf("config %q", r.Config)
	}
	if len(r.Versions) != 1 || r.Versions[0].Engine != "native" || r.Versions[0].Go == "" || len(r.Versions[0].Command) == 0 {
		t.Errorf("versions %+v", r.Versions)
	}
	if s := r.Status; s.State != Done || s.Done != 100 || s.Total != 100 || s.PID != os.Getpid() || s.Seconds <= 0 || s.Reason != "" {
		t.Errorf("status %+v", s)
	}
	names, err := r.Recordings()
	if want := []string{"training/1/hidden0/x", "training/1/output/sum"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("recordings %v, %v, want %v", names, err, want)
	}
	a, err := npy.OpenReader(r.RecordingPath(names[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if a.Rows() != 100 || a.Width() != 3 {
		t.Errorf("recording of %d rows of %d", a.Rows(), a.Width())
	}
	table, err := r.Metrics()
	if err != nil {
		t.Fatal(err)
	}
	if steps, err := table.Column("step"); err != nil || !slices.Equal(steps, []float64{25, 50, 75, 100}) {
		t.Errorf("steps %v, %v", steps, err)
	}
	for _, name := range []string{lockName, previousName} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s in a finished run: %v", name, err)
		}
	}
	if log := read(t, filepath.Join(dir, logName)); strings.Count(log, "\n") != 2 {
		t.Errorf("log %q, want start and end", log)
	}
}

// TestResumedIsIdentical interrupts at every kind of step; the forgetful toy
// proves that the comparison sees an incomplete state.
func TestResumedIsIdentical(t *testing.T) {
	want := filepath.Join(t.TempDir(), "whole")
	runToy(t, want, toy{steps: 120, every: 40})
	for _, stop := range []int{0, 1, 25, 39, 40, 41, 119, 120} {
		dir := filepath.Join(t.TempDir(), "parts")
		interruptToy(t, dir, toy{}, stop)
		runToy(t, dir, toy{steps: 120, every: 40})
		requireSame(t, want, dir)
	}
	dir := filepath.Join(t.TempDir(), "forgetful")
	interruptToy(t, dir, toy{forgetRand: true}, 50)
	runToy(t, dir, toy{steps: 120, every: 40})
	if difference(results(t, want), results(t, dir)) == "" {
		t.Error("a state without its random numbers gives the same results: the comparison is blind")
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "thesis.tex"), "x")
	_, err := Create(dir, toyManifest)
	requireError(t, err, dir, "not empty", "thesis.tex")
	_, err = CreateOrResume(dir, toyManifest)
	requireError(t, err, "holds no run")
	_, err = Resume(dir, toyManifest)
	requireError(t, err, "holds no run", configName)
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%v left in a directory that is not ours", entries)
	}
	_, err = Create(filepath.Join(dir, "thesis.tex"), toyManifest)
	requireError(t, err, "thesis.tex")

	dir = filepath.Join(t.TempDir(), "run")
	runToy(t, dir, toy{steps: 10, every: 5})
	_, err = Create(dir, toyManifest)
	requireError(t, err, dir, "resume", "done")
	if !errors.Is(err, ErrExists) {
		t.Error("not ErrExists")
	}
}

// TestCreateAfterEarlyKill: what a process killed in its first moment leaves is no run.
func TestCreateAfterEarlyKill(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, lockName), "")
	write(t, filepath.Join(dir, tempPrefix+"config.yaml-1-1"), "mod")
	runToy(t, dir, toy{steps: 10, every: 5})
	if entries, _ := filepath.Glob(filepath.Join(dir, tempPrefix+"*")); len(entries) != 0 {
		t.Errorf("left: %v", entries)
	}
	for _, name := range []string{versionsName, statusName, logName} { // a kill just after config.yaml
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := Open(dir); err != nil || r.Status.State != Killed {
		t.Errorf("Open: %+v, %v", r, err)
	}
	runToy(t, dir, toy{steps: 20, every: 5})
}

func TestResumeComparesConfig(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	runToy(t, dir, toy{steps: 10, every: 5})
	m := toyManifest
	m.Config = []byte("model: toy\nseed: 2\n")
	_, err := Resume(dir, m)
	requireError(t, err, "another configuration", `line 2: "seed: 1" before, "seed: 2" now`)
	if s := read(t, filepath.Join(dir, configName)); s != string(toyManifest.Config) {
		t.Errorf("config after refusal: %q", s)
	}
	m.Compare = func([]byte) ([]byte, []string) { return nil, []string{"seed"} }
	_, err = Resume(dir, m)
	requireError(t, err, "\n  seed")
	m.Compare = func([]byte) ([]byte, []string) { return []byte("seed: 3\n"), nil }
	r, err := Resume(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	r.Finish(&err)
	if s := read(t, filepath.Join(dir, configName)); s != "seed: 3\n" {
		t.Errorf("config that Compare allowed: %q", s)
	}
}

func TestResumeWarnsOfOtherVersions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	runToy(t, dir, toy{steps: 10, every: 5})
	r, err := Resume(dir, toyManifest)
	if err != nil {
		t.Fatal(err)
	}
	if w := r.Warnings(); len(w) != 0 {
		t.Errorf("same program: %v", w)
	}
	r.Finish(&err)
	m := toyManifest
	m.Engine = "graph go"
	r, err = Resume(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	if w := r.Warnings(); len(w) != 1 || !strings.Contains(w[0], "engine: native before, graph go now") {
		t.Errorf("warnings %q", w)
	}
	r.Finish(&err)
	if o, err := Open(dir); err != nil || len(o.Versions) != 2 {
		t.Errorf("%+v, %v, want both versions", o, err)
	}
	if !strings.Contains(read(t, filepath.Join(dir, logName)), "warning: ") {
		t.Error("warning not in the log")
	}
}

func TestFinish(t *testing.T) {
	tests := []struct {
		name  string
		err   error
		state State
	}{
		{"done", nil, Done},
		{"failed", errors.New("weights diverged"), Failed},
		{"cancelled", context.Canceled, Interrupted},
		{"signal", &SignalError{os.Interrupt}, Interrupted},
		{"deadline", context.DeadlineExceeded, Interrupted},
		{"cancelled, but not saved", errors.Join(errors.New("disk full"), context.Canceled), Failed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := Create(filepath.Join(t.TempDir(), "run"), toyManifest)
			if err != nil {
				t.Fatal(err)
			}
			err = test.err
			r.Finish(&err)
			if (err == nil) != (test.err == nil) {
				t.Errorf("error %v", err)
			}
			s, err := readStatus(r.Dir())
			if err != nil || s.State != test.state || (s.Reason == "") != (test.err == nil) {
				t.Errorf("status %+v, %v", s, err)
			}
		})
	}
	t.Run("panic", func(t *testing.T) {
		r, err := Create(filepath.Join(t.TempDir(), "run"), toyManifest)
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() {
				if p := recover(); p != "index out of luck" {
					t.Errorf("panic %v does not go on", p)
				}
			}()
			defer r.Finish(&err)
			panic("index out of luck")
		}()
		if s, err := readStatus(r.Dir()); err != nil || s.State != Failed || !strings.Contains(s.Reason, "out of luck") {
			t.Errorf("status %+v, %v", s, err)
		}
		if !strings.Contains(read(t, filepath.Join(r.Dir(), logName)), "run_test.go") {
			t.Error("no stack in the log")
		}
	})
}

func TestRecordRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	runToy(t, dir, toy{steps: 10, every: 5})
	r, err := Resume(dir, toyManifest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Finish(&err)
	for _, name := range []string{"", "x", "training/1/x", "training/1/../x", "/training/1/hidden0", "training/1//x", "a/b/c/d/e", "../b/c/d"} {
		_, err := r.Record(name, npy.Float64)
		requireError(t, err, "want stage/level/group/variable")
	}
	_, err = r.Record("training/1/hidden0/x", npy.Float32, 4)
	requireError(t, err, "[3]", "[4]")
	_, err = r.Record("training/1/hidden0/x", npy.Float64, 3)
	requireError(t, err, "<f4", "<f8")
	if _, err = r.Record("training/1/hidden0/x", npy.Float32, 3); err != nil {
		t.Fatal(err)
	}
	_, err = r.Record("training/1/hidden0/x", npy.Float32, 3)
	requireError(t, err, "twice")
	if err := os.Truncate(r.recordingPath("training/1/output/sum"), 130); err != nil {
		t.Fatal(err)
	}
	_, err = r.Record("training/1/output/sum", npy.Float64)
	requireError(t, err, "sum.npy")
	_, err = r.Metrics("step", "other")
	requireError(t, err, "step,x0", "step,other")
	err = nil
}
