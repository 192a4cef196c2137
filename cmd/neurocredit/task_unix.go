//go:build unix

package main

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

// onWarning returns a context that SIGUSR1 cancels, with which schedulers tell that
// the time of a job is nearly up, and a function that tells whether it came.
func onWarning(parent context.Context) (ctx context.Context, warned func() bool, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	var came atomic.Bool
	go func() {
		select {
		case s := <-signals:
			came.Store(true)
			cancel(&experiment.SignalError{Signal: s})
		case <-ctx.Done():
		}
	}()
	// The signal stays caught, so that a second one does not end the program while it
	// saves.
	return ctx, came.Load, func() { cancel(context.Canceled) }
}
