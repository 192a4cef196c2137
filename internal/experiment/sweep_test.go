package experiment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestAll(t *testing.T) {
	var calls, active, most atomic.Int64
	report := All(t.Context(), 20, 3, func(ctx context.Context, i int) error {
		now := active.Add(1)
		defer active.Add(-1)
		for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
		}
		calls.Add(1)
		time.Sleep(time.Millisecond)
		switch i {
		case 4:
			return errFail
		case 7:
			var empty []int
			_ = empty[i]
		case 9:
			panic(fmt.Errorf("deep down: %w", errFail))
		}
		return nil
	})
	if calls.Load() != 20 || most.Load() != 3 {
		t.Errorf("%d calls, at most %d at a time, want 20 and 3", calls.Load(), most.Load())
	}
	if f := report.Failed(); !slices.Equal(f, []int{4, 7, 9}) || len(report.Unfinished()) != 0 {
		t.Errorf("failed %v, unfinished %v", f, report.Unfinished())
	}
	var p *PanicError
	if !errors.As(report[7], &p) || !strings.Contains(string(p.Stack), "sweep_test.go") {
		t.Errorf("panic became %v", report[7])
	}
	if !errors.Is(report[9], errFail) {
		t.Errorf("error in a panic lost: %v", report[9])
	}
	err := report.Err()
	requireError(t, err, "17 of 20 runs done, 3 failed", "run 4: the toy fails", "run 7: panic: runtime error: index out of range")
	if ExitStatus(err) != 1 {
		t.Errorf("exit status %d", ExitStatus(err))
	}
	if err := All(t.Context(), 2, 0, func(context.Context, int) error { return nil }).Err(); err != nil || ExitStatus(err) != 0 {
		t.Errorf("all done: %v", err)
	}
	if err := (Report{errFail}).Err(); err != errFail {
		t.Errorf("a single run: %v", err)
	}
	if err := All(t.Context(), 0, 2, nil).Err(); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
}

func TestAllCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	report := All(ctx, 10, 2, func(ctx context.Context, i int) error {
		if i == 2 {
			cancel(&SignalError{syscall.SIGTERM})
		}
		if i < 2 {
			return nil
		}
		<-ctx.Done()
		return context.Cause(ctx)
	})
	unfinished := report.Unfinished()
	if len(unfinished) < 7 || slices.Contains(unfinished, 0) || !slices.Contains(unfinished, 2) || !slices.Contains(unfinished, 9) {
		t.Errorf("unfinished %v", unfinished)
	}
	requireError(t, report[9], "not started", "terminated")
	err := report.Err()
	requireError(t, err, "interrupted or not started")
	if ExitStatus(err) != 143 || !isInterrupt(err) {
		t.Errorf("exit status %d of %v, want 143", ExitStatus(err), err)
	}
}

// TestSweepOfRuns has runs of every fate side by side, then resumes the sweep.
func TestSweepOfRuns(t *testing.T) {
	root := t.TempDir()
	dir := func(i int) string { return filepath.Join(root, fmt.Sprint(i)) }
	const n = 6
	sweep := func(failing int) Report {
		return All(t.Context(), n, 3, func(ctx context.Context, i int) error {
			y := toy{steps: 120, every: 40}
			if i == failing {
				y.failAt = 70
			}
			return y.run(ctx, dir(i))
		})
	}
	if r := sweep(4); !slices.Equal(r.Failed(), []int{4}) {
		t.Fatal(r.Err())
	}
	if o, err := Open(dir(4)); err != nil || o.Status.State != Failed || o.Status.Reason != errFail.Error() {
		t.Errorf("%+v, %v", o, err)
	}
	if err := sweep(-1).Err(); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < n; i++ {
		requireSame(t, dir(0), dir(i))
	}
}

func TestDirs(t *testing.T) {
	called := func(names ...string) func(i int) string { return func(i int) string { return names[i] } }
	dirs, err := Dirs("out", 2, called("a", "b"))
	if err != nil || !slices.Equal(dirs, []string{filepath.Join("out", "a"), filepath.Join("out", "b")}) {
		t.Errorf("%v, %v", dirs, err)
	}
	_, err = Dirs("out", 3, called("a", "b", "a"))
	requireError(t, err, `name is "a" again, must be different`)
	for _, name := range []string{"", ".", "../a", "a/b", "/a", ".a", "a b", strings.Repeat("a", 241)} {
		_, err = Dirs("out", 2, called("a", name))
		requireError(t, err, `must begin with a letter or digit`)
	}
	if dirs, err := Dirs("", 2, called("a", "a")); err != nil || !slices.Equal(dirs, []string{"", ""}) {
		t.Errorf("in memory: %v, %v", dirs, err)
	}
}
