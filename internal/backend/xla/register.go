//go:build cgo && !noxla && linux

package xla

import _ "github.com/gomlx/go-xla/compute/xla"
