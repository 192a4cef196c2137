package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// SignalError is the cause of a context that [Notify] cancelled. It wraps
// [context.Canceled].
type SignalError struct{ Signal os.Signal }

// Error says which signal it was.
func (e *SignalError) Error() string { return fmt.Sprintf("interrupted by the signal %v", e.Signal) }

// Unwrap returns [context.Canceled].
func (e *SignalError) Unwrap() error { return context.Canceled }

// exitCode is what shells and schedulers expect of a program ended by a signal.
func (e *SignalError) exitCode() int {
	if s, ok := e.Signal.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return 1
}

// Notify returns a context that is cancelled, with a [SignalError] as its
// [context.Cause], when the process is told to end: SIGINT, SIGTERM, or SIGHUP
// unless that was ignored at the start (nohup). A second signal changes nothing,
// so that impatience does not cost the checkpoint; the third ends the process at
// once. Until stop is called, writing to a closed pipe is an ordinary error and
// no longer ends the process. Notify prints nothing.
func Notify(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, list...)
	// Caught and thrown away rather than ignored: child processes inherit the latter.
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)

	stopped, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for count := 1; ; {
			select {
			case <-stopped:
				return
			case <-pipe:
				continue
			case s := <-signals:
				e := &SignalError{s}
				if count == 1 {
					cancel(e)
				}
				if count == 3 {
					os.Exit(e.exitCode())
				}
				count++
			}
		}
	}()
	return ctx, sync.OnceFunc(func() {
		signal.Stop(signals)
		signal.Stop(pipe)
		close(stopped)
		<-ended
		cancel(context.Canceled)
	})
}

// ExitStatus returns the exit status for the error that a program ends with: 0
// for none, 128 plus the signal's number if a signal caused it, otherwise 1.
func ExitStatus(err error) int {
	var s *SignalError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &s):
		return s.exitCode()
	}
	return 1
}
