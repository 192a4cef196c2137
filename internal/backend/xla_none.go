//go:build !(cgo && !noxla && linux)

package backend

import "errors"

const (
	built    = false
	notBuilt = "this program was built without XLA (which needs Linux, cgo, and no build tag noxla)"
)

func openXLA(string) (*Backend, error) { return nil, errors.New(notBuilt) }
