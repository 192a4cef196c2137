package experiment

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/neurocredit/neurocredit/internal/npy"
)

var errFail = errors.New("the toy fails")

// toy is a deterministic computation with everything that a training has: two
// recordings of different rhythm, metrics, and a hidden random state.
type toy struct {
	steps      int
	every      int           // steps between checkpoints
	pause      time.Duration // of each step
	saveTime   time.Duration // of each checkpoint
	forgetRand bool          // negative control: a state that is not complete
	failAt     int           // step at which the run fails, without a checkpoint
	print      bool          // a line on standard output per step
	ready      func()        // called when the loop begins

	state struct {
		Step int
		X    [3]float64
		Rand uint64
	}
}

func (t *toy) save(w io.Writer) error {
	time.Sleep(t.saveTime)
	s := t.state
	if t.forgetRand {
		s.Rand = 0
	}
	return gob.NewEncoder(w).Encode(s)
}

func (t *toy) load(r io.Reader) error { return gob.NewDecoder(r).Decode(&t.state) }

func (t *toy) step() {
	for i := range t.state.X {
		t.state.Rand = t.state.Rand*6364136223846793005 + 1442695040888963407
		t.state.X[i] = 0.9*t.state.X[i] + float64(t.state.Rand>>11)/(1<<53)
	}
	t.state.Step++
}

var toyManifest = Manifest{Config: []byte("model: toy\nseed: 1\n"), Engine: "native"}

func (t *toy) run(ctx context.Context, dir string) (err error) {
	r, err := CreateOrResume(dir, toyManifest)
	if err != nil {
		return err
	}
	defer r.Finish(&err)
	metrics, err := r.Metrics("step", "x0")
	if err != nil {
		return err
	}
	all, err := r.Record("training/1/hidden0/x", npy.Float32, 3)
	if err != nil {
		return err
	}
	sum, err := r.Record("training/1/output/sum", npy.Float64)
	if err != nil {
		return err
	}
	if _, err = r.Restore(t.load); err != nil {
		return err
	}
	var progress *Progress
	task := progress.Start("toy", int64(t.state.Step), int64(t.steps))
	r.Track(task)
	if t.ready != nil {
		t.ready()
	}
	for t.state.Step < t.steps && ctx.Err() == nil {
		if t.state.Step == t.failAt && t.failAt > 0 {
			return errFail
		}
		t.step()
		task.Advance(1)
		x := t.state.X[:]
		if err = all.Append(x); err != nil {
			return err
		}
		if t.state.Step%10 == 0 { // rows behind the checkpoint reach the file, as they do when a buffer is full
			if err = all.Flush(); err != nil {
				return err
			}
		}
		if t.state.Step%7 == 0 {
			if err = sum.Append([]float64{x[0] + x[1] + x[2]}); err != nil {
				return err
			}
		}
		if t.state.Step%25 == 0 {
			if err = metrics.Append(float64(t.state.Step), x[0]); err != nil {
				return err
			}
		}
		if t.state.Step%t.every == 0 {
			if err = r.Checkpoint(t.save); err != nil {
				return err
			}
		}
		if t.print {
			fmt.Println("step", t.state.Step)
		}
		time.Sleep(t.pause)
	}
	return errors.Join(r.Checkpoint(t.save), context.Cause(ctx))
}

// The test binary is also the child process that the tests kill.
func TestMain(m *testing.M) {
	if dir := os.Getenv("TOY_DIR"); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

func child(dir string) {
	number := func(name string) int {
		n, _ := strconv.Atoi(os.Getenv(name))
		return n
	}
	t := toy{
		steps: number("TOY_STEPS"), every: number("TOY_EVERY"),
		pause: time.Duration(number("TOY_PAUSE_US")) * time.Microsecond, saveTime: time.Duration(number("TOY_SAVE_MS")) * time.Millisecond,
		print: number("TOY_PRINT") == 1,
		ready: func() { fmt.Println("ready") },
	}
	ctx, stop := context.Background(), func() {}
	if number("TOY_NO_NOTIFY") == 0 {
		ctx, stop = Notify(ctx)
	}
	err := t.run(ctx, dir)
	fmt.Println("end:", err)
	code := ExitStatus(err)
	stop()
	os.Exit(code)
}

// runToy runs t in dir and requires it to finish.
func runToy(tb testing.TB, dir string, t toy) {
	tb.Helper()
	if err := t.run(context.Background(), dir); err != nil {
		tb.Fatal(err)
	}
}

// interruptToy runs t in dir until it has done the given steps.
func interruptToy(tb testing.TB, dir string, t toy, steps int) {
	tb.Helper()
	t.steps = steps
	t.every = steps + 1
	runToy(tb, dir, t)
}

// results reads all files of dir that do not hold times or processes.
func results(tb testing.TB, dir string) map[string][]byte {
	tb.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		switch e.Name() {
		case logName, statusName, versionsName, lockName:
			return nil
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// difference names a file that two directories do not share, or "".
func difference(a, b map[string][]byte) string {
	for name := range b {
		if _, ok := a[name]; !ok {
			return name + " (only in the second)"
		}
	}
	for name, content := range a {
		other, ok := b[name]
		if !ok {
			return name + " (only in the first)"
		}
		if !bytes.Equal(content, other) {
			return fmt.Sprintf("%s (%d and %d bytes)", name, len(content), len(other))
		}
	}
	return ""
}

func requireSame(tb testing.TB, want, got string) {
	tb.Helper()
	w := results(tb, want)
	if len(w) != 5 { // config, metrics, checkpoint, two recordings
		tb.Fatalf("%d result files in %s, want 5", len(w), want)
	}
	if d := difference(w, results(tb, got)); d != "" {
		tb.Fatalf("results differ: %s", d)
	}
}
