// Package xla makes XLA part of a program that imports it, where it can be: on
// Linux, with cgo, and without the build tag noxla. Elsewhere it does nothing.
package xla
