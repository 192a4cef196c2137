package noise

import (
	"math"
	"math/bits"
)

// Bits returns the 64 random bits of an index. It panics if index is negative
// or not below 2^33.
func Bits(seed uint64, stream uint32, step uint64, index int) uint64 {
	if uint64(index)>>33 != 0 {
		panic("noise: index out of range")
	}
	x, y, _, _ := twoBlocks(seed, step, uint64(stream)<<32|uint64(index)>>1)
	if index&1 == 0 {
		return x
	}
	return y
}

// FromBits returns the normal deviate of 64 random bits.
func FromBits(b uint64) float64 {
	return deviate(table(), b)
}

// At returns the normal deviate of an index, the one that [Fill] writes to
// dst[index]. It panics as [Bits] does.
func At(seed uint64, stream uint32, step uint64, index int) float64 {
	return FromBits(Bits(seed, stream, step, index))
}

// Fill sets dst[i] to the normal deviate of index i. It is much faster per
// deviate than [At] and allocates nothing. It panics if len(dst) is above
// 2^33.
func Fill(dst []float64, seed uint64, stream uint32, step uint64) {
	if uint64(len(dst)) > 1<<33 {
		panic("noise: slice too long")
	}
	fill(dst, table(), seed, step, uint64(stream)<<32)
}

// fillPlain is Fill without vector instructions, from the counter c on.
func fillPlain(dst []float64, rows *[Octaves * Segments]cubic, seed, step, c uint64) {
	for len(dst) >= 4 {
		x, y, u, v := twoBlocks(seed, step, c)
		dst[0] = deviate(rows, x)
		dst[1] = deviate(rows, y)
		dst[2] = deviate(rows, u)
		dst[3] = deviate(rows, v)
		dst = dst[4:]
		c += 2
	}
	if len(dst) == 0 {
		return
	}
	x, y, u, _ := twoBlocks(seed, step, c)
	dst[0] = deviate(rows, x)
	if len(dst) > 1 {
		dst[1] = deviate(rows, y)
	}
	if len(dst) > 2 {
		dst[2] = deviate(rows, u)
	}
}

// deviate is the bit layout of the package comment. The conversions keep the
// compiler from fusing multiplications and additions where the platform could.
func deviate(rows *[Octaves * Segments]cubic, b uint64) float64 {
	v := b<<1 | 1
	z := uint(bits.LeadingZeros64(v))
	w := v << (z & 63) << 1
	t := math.Float64frombits(0x3ff<<52|w<<6>>12) - 1
	c := &rows[(uint64(z)<<6|w>>58)&(Octaves*Segments-1)]
	x := float64(float64(float64(float64(float64(c[3]*t)+c[2])*t)+c[1])*t) + c[0]
	return math.Float64frombits(math.Float64bits(x) ^ b&(1<<63))
}
