//go:build !purego

package noise

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go -C ../asm run . -pkg noise -out ../noise/avx512_amd64.s -stubs ../noise/avx512_amd64.go

// avx512 tells whether the kernel is used.
var avx512 = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512CD && cpu.X86.HasAVX512VL

func fill(dst []float64, rows *[Octaves * Segments]cubic, seed, step, c uint64) {
	if !avx512 || len(dst) <= 4 {
		fillPlain(dst, rows, seed, step, c)
		return
	}
	// What twoBlocks adds to the counter and, after every fourth round, to both words.
	k0, k1, k2 := seed, uint64(domain), seed^(domain^parity)
	keys := [8]uint64{step + k0, k1, k1, k2 + 1, k2, k0 + 2, k0, k1 + 3}
	fillAVX512(unsafe.SliceData(dst), len(dst), &rows[0], &keys, c)
}
