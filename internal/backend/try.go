package backend

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Try calls f and turns its panic into an error. GoMLX reports most of what is
// wrong with a graph by panicking with an error.
func Try(f func() error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case runtime.Error:
			err = fmt.Errorf("backend: %w\n%s", r, debug.Stack())
		case error:
			err = r
		default:
			err = fmt.Errorf("backend: %v", r)
		}
	}()
	return f()
}
