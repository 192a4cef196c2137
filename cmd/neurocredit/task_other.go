//go:build !unix

package main

import "context"

// onWarning would wait for a signal that this system does not have.
func onWarning(parent context.Context) (ctx context.Context, warned func() bool, stop func()) {
	return parent, func() bool { return false }, func() {}
}
