//go:build goexperiment.simd

package noise

import (
	"math"
	"simd/archsimd"
	"unsafe"
)

var wide = archsimd.X86.AVX512()

// Vectors of constants. They are variables because the compiler would fill a
// literal with instructions from before AVX, which are slow while the upper
// parts of the registers are in use. For the same reason no vector below is
// shifted to the right.
var (
	counting = [8]uint64{0, 1, 2, 3, 4, 5, 6, 7}
	zipLow   = [8]uint64{0, 8, 1, 9, 2, 10, 3, 11} // the lanes of two vectors in turn
	zipHigh  = [8]uint64{4, 12, 5, 13, 6, 14, 7, 15}
	pairLow  = [8]uint64{0, 1, 8, 9, 4, 5, 12, 13} // their pairs of lanes
	pairHigh = [8]uint64{2, 3, 10, 11, 6, 7, 14, 15}
	one      = splat(1)
	floatOne = splat(0x3ff << 52)
	fraction = splat(1<<52 - 1)
	segment  = splat(63 << 5)
	signBit  = splat(1 << 63)
)

func splat(x uint64) [8]uint64 { return [8]uint64{x, x, x, x, x, x, x, x} }

func load(v *[8]uint64) archsimd.Uint64x8 { return archsimd.LoadUint64x8(v) }

func fill(dst []float64, rows *[Octaves * Segments]cubic, seed, step, c uint64) {
	if wide && len(dst) > 4 {
		fillWide(dst, rows, seed, step, c)
	} else {
		fillPlain(dst, rows, seed, step, c)
	}
}

// fillWide is fillPlain with AVX-512, sixteen values at a time.
func fillWide(dst []float64, rows *[Octaves * Segments]cubic, seed, step, c uint64) {
	var at [8]uint64
	table := unsafe.Pointer(rows)
	counter := load(&counting).Add(archsimd.BroadcastUint64x8(c))
	for len(dst) > 0 {
		x, y := eightBlocks(seed, step, counter)
		first := eightDeviates(table, &at, x.ConcatPermute(y, load(&zipLow)))
		if len(dst) < 8 {
			storePart(dst, first)
			break
		}
		first.StoreSlice(dst)
		second := eightDeviates(table, &at, x.ConcatPermute(y, load(&zipHigh)))
		if len(dst) < 16 {
			storePart(dst[8:], second)
			break
		}
		second.StoreSlice(dst[8:])
		dst = dst[16:]
		counter = counter.Add(archsimd.BroadcastUint64x8(8))
	}
	archsimd.ClearAVXUpperBits()
}

// storePart fills dst, shorter than eight, with the first lanes of v.
func storePart(dst []float64, v archsimd.Float64x8) {
	q := v.GetLo()
	if len(dst) >= 4 {
		q.StoreSlice(dst)
		q, dst = v.GetHi(), dst[4:]
	}
	h := q.GetLo()
	if len(dst) >= 2 {
		h.StoreSlice(dst)
		h, dst = q.GetHi(), dst[2:]
	}
	if len(dst) >= 1 {
		dst[0] = math.Float64frombits(h.AsUint64x2().GetElem(0))
	}
}

// eightBlocks is twoBlocks for eight counters.
func eightBlocks(seed, step uint64, c archsimd.Uint64x8) (x, y archsimd.Uint64x8) {
	all := archsimd.BroadcastUint64x8
	k0, k1, k2 := all(seed), all(domain), all(seed^(domain^parity))
	x = all(step + seed)
	y = c.Add(k1)

	x = x.Add(y)
	y = y.RotateAllLeft(16).Xor(x)
	x = x.Add(y)
	y = y.RotateAllLeft(42).Xor(x)
	x = x.Add(y)
	y = y.RotateAllLeft(12).Xor(x)
	x = x.Add(y)
	y = y.RotateAllLeft(31).Xor(x)
	x = x.Add(k1)
	y = y.Add(k2.Add(all(1)))

	x = x.Add(y)
	y = y.RotateAllLeft(16).Xor(x)
	x = x.Add(y)
	y = y.RotateAllLeft(32).Xor(x)
	x = x.Add(y)
	y = y.RotateAllLeft(24).Xor(x)
	x = x.Add(y)
	y = y.RotateAllLeft(21).Xor(x)
	x = x.Add(k2)
	y = y.Add(k0.Add(all(2)))

	x = x.Add(y)
	y = y.RotateAllLeft(16).Xor(x)
	x = x.Add(y)
	y = y.RotateAllLeft(42).Xor(x)
	x = x.Add(y)
	y = y.RotateAllLeft(12).Xor(x)
	x = x.Add(y)
	y = y.RotateAllLeft(31).Xor(x)
	x = x.Add(k0)
	y = y.Add(k1.Add(all(3)))

	x = x.Add(y)
	y = y.RotateAllLeft(16).Xor(x)
	return x, y
}

// eightDeviates is deviate for eight words. The rows of the table are loaded
// one by one and transposed. at is scratch memory.
func eightDeviates(table unsafe.Pointer, at *[8]uint64, b archsimd.Uint64x8) archsimd.Float64x8 {
	v := b.ShiftAllLeft(1).Or(load(&one))
	z := v.LeadingZeros()
	w := v.ShiftLeft(z).ShiftAllLeft(1)
	unit := load(&floatOne)
	t := w.RotateAllLeft(58).And(load(&fraction)).Or(unit).AsFloat64x8().Sub(unit.AsFloat64x8())

	// The offsets of the rows in bytes, stored by halves: the processor does not
	// forward the upper half of a store of 64 bytes to the loads.
	offset := z.ShiftAllLeft(11).Or(w.RotateAllLeft(11).And(load(&segment)))
	offset.GetLo().Store((*[4]uint64)(at[:4]))
	offset.GetHi().Store((*[4]uint64)(at[4:]))
	r04 := twoRows(table, at[0], at[4])
	r15 := twoRows(table, at[1], at[5])
	r26 := twoRows(table, at[2], at[6])
	r37 := twoRows(table, at[3], at[7])
	even01, odd01 := r04.InterleaveLoGrouped(r15), r04.InterleaveHiGrouped(r15) // c0 and c2, c1 and c3
	even23, odd23 := r26.InterleaveLoGrouped(r37), r26.InterleaveHiGrouped(r37)
	c0 := even01.ConcatPermute(even23, load(&pairLow)).AsFloat64x8()
	c1 := odd01.ConcatPermute(odd23, load(&pairLow)).AsFloat64x8()
	c2 := even01.ConcatPermute(even23, load(&pairHigh)).AsFloat64x8()
	c3 := odd01.ConcatPermute(odd23, load(&pairHigh)).AsFloat64x8()

	x := c3.Mul(t).Add(c2).Mul(t).Add(c1).Mul(t).Add(c0)
	return x.AsUint64x8().Xor(b.And(load(&signBit))).AsFloat64x8()
}

// twoRows returns the rows at two offsets as the halves of a vector. The first
// is loaded with the row behind it: there is one, because in the last octave
// only the first segment is ever reached.
func twoRows(table unsafe.Pointer, i, j uint64) archsimd.Uint64x8 {
	v := archsimd.LoadFloat64x8((*[8]float64)(unsafe.Add(table, i)))
	return v.SetHi(archsimd.LoadFloat64x4((*[4]float64)(unsafe.Add(table, j)))).AsUint64x8()
}
