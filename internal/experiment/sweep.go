package experiment

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/neurocredit/neurocredit/internal/config"
)

// Report holds the error of every run of a sweep, by its index; nil for done.
type Report []error

// PanicError is the error of a run that panicked.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine, as the runtime prints it
}

// Error gives the value and the stack, since a panic is a mistake in the program
// that somebody has to find.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.Value, e.Stack) }

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// All calls run(ctx, i) for i = 0 ... n-1, in this order, with at most workers
// (>= 1) at a time, and returns when all have ended. An error or a panic of one
// run does not stop the others. When ctx is cancelled, the runs that work are
// expected to save a checkpoint and return; those that have not begun are left
// out, with the context's cause as their error.
func All(ctx context.Context, n, workers int, run func(ctx context.Context, i int) error) Report {
	report := make(Report, n)
	next := make(chan int)
	var wait sync.WaitGroup
	for range max(1, min(workers, n)) {
		wait.Go(func() {
			for i := range next {
				report[i] = protect(ctx, i, run)
			}
		})
	}
	for i := range n {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		report[i] = fmt.Errorf("not started: %w", context.Cause(ctx))
	}
	close(next)
	wait.Wait()
	return report
}

// protect calls run and turns its panic into an error. A context that ended
// before the run began counts, however the choice in All fell.
func protect(ctx context.Context, i int, run func(ctx context.Context, i int) error) (err error) {
	if ctx.Err() != nil {
		return fmt.Errorf("not started: %w", context.Cause(ctx))
	}
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{p, debug.Stack()}
		}
	}()
	return run(ctx, i)
}

// Dirs returns the results directories in dir of n runs, called as the runs. The
// names must be fit for it ([config.CheckName]) and different. Without dir the runs have none, and names do
// not matter.
func Dirs(dir string, n int, name func(i int) string) ([]string, error) {
	dirs := make([]string, n)
	if dir == "" {
		return dirs, nil
	}
	seen := map[string]bool{}
	for i := range dirs {
		if err := config.CheckName(name(i)); err != nil {
			return nil, err
		}
		if seen[name(i)] {
			return nil, fmt.Errorf("name is %q again, must be different for every run", name(i))
		}
		seen[name(i)] = true
		dirs[i] = filepath.Join(dir, name(i))
	}
	return dirs, nil
}

// Failed returns the indices of the runs that failed, without those that were
// only interrupted or not started.
func (r Report) Failed() []int {
	return r.indices(func(err error) bool { return err != nil && !isInterrupt(err) })
}

// Unfinished returns the indices of the runs that were interrupted or not
// started: resuming the sweep does them.
func (r Report) Unfinished() []int { return r.indices(isInterrupt) }

func (r Report) indices(in func(error) bool) []int {
	var list []int
	for i, err := range r {
		if in(err) {
			list = append(list, i)
		}
	}
	return list
}

// Err returns nil if all runs are done, the error of a single run as it is, and
// otherwise an error that counts the runs and tells why each failed one did; its
// [ExitStatus] is that of the signal, if one ended the sweep.
func (r Report) Err() error {
	if len(r) == 1 {
		return r[0]
	}
	for _, err := range r {
		if err != nil {
			return reportError{r}
		}
	}
	return nil
}

// reportError is a Report that is an error.
type reportError struct{ Report }

func (e reportError) Error() string {
	failed, unfinished := e.Failed(), e.Unfinished()
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d runs done", len(e.Report)-len(failed)-len(unfinished), len(e.Report))
	if len(failed) > 0 {
		fmt.Fprintf(&b, ", %d failed", len(failed))
	}
	if len(unfinished) > 0 {
		fmt.Fprintf(&b, ", %d interrupted or not started", len(unfinished))
	}
	for _, i := range failed {
		fmt.Fprintf(&b, "\nrun %d: %v", i, e.Report[i])
	}
	return b.String()
}

func (e reportError) Unwrap() []error {
	var list []error
	for _, err := range e.Report {
		if err != nil {
			list = append(list, err)
		}
	}
	return list
}
