//go:build !amd64 || purego

package vec

// eachForm calls f with every form of the kernels in use.
func eachForm(f func(name string)) { f("plain") }
