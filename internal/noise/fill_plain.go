//go:build !amd64 || purego

package noise

func fill(dst []float64, rows *[Octaves * Segments]cubic, seed, step, c uint64) {
	fillPlain(dst, rows, seed, step, c)
}
