//go:build goexperiment.simd

package vec

import (
	"simd/archsimd"
	"unsafe"
)

// Vectors of eight in memory, by the address of a slice and an index. Nothing
// here checks bounds.

type f64x8 = archsimd.Float64x8

// data returns the address of the elements of a slice.
func data(s []float64) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }

func load(p unsafe.Pointer, i int) f64x8 {
	return archsimd.LoadFloat64x8((*[8]float64)(unsafe.Add(p, 8*i)))
}

func store(p unsafe.Pointer, i int, v f64x8) {
	v.Store((*[8]float64)(unsafe.Add(p, 8*i)))
}

// loadMasked loads the lanes of the mask and sets the others to zero. It is for
// matrices only: it waits for recent stores to whatever lies behind.
//
//go:nocheckptr
func loadMasked(p unsafe.Pointer, i int, m archsimd.Mask64x8) f64x8 {
	return archsimd.LoadMaskedFloat64x8((*[8]float64)(unsafe.Add(p, 8*i)), m)
}

// tail returns the mask of the columns from the last multiple of eight on.
func tail(n int) archsimd.Mask64x8 { return archsimd.Mask64x8FromBits(1<<(n&7) - 1) }

// loadTail loads the first n&7 lanes and sets the others to zero.
func loadTail(p unsafe.Pointer, i, n int) f64x8 {
	var v f64x8
	var q archsimd.Float64x4
	j := i + n&4
	if n&2 != 0 {
		q = q.SetLo(archsimd.LoadFloat64x2((*[2]float64)(unsafe.Add(p, 8*j))))
		if n&1 != 0 {
			q = q.SetHi(loadOne(p, j+2))
		}
	} else if n&1 != 0 {
		q = q.SetLo(loadOne(p, j))
	}
	if n&4 == 0 {
		return v.SetLo(q)
	}
	return v.SetLo(archsimd.LoadFloat64x4((*[4]float64)(unsafe.Add(p, 8*i)))).SetHi(q)
}

func loadOne(p unsafe.Pointer, i int) archsimd.Float64x2 {
	var v archsimd.Uint64x2
	return v.SetElem(0, *(*uint64)(unsafe.Add(p, 8*i))).AsFloat64x2()
}

// storeTail stores the first n&7 lanes. A masked store would do, but the load of
// the next row would wait for it as if the two overlapped.
func storeTail(p unsafe.Pointer, i int, v f64x8, n int) {
	q := v.GetLo()
	if n&4 != 0 {
		q.Store((*[4]float64)(unsafe.Add(p, 8*i)))
		q = v.GetHi()
		i += 4
	}
	h := q.GetLo()
	if n&2 != 0 {
		h.Store((*[2]float64)(unsafe.Add(p, 8*i)))
		h = q.GetHi()
		i += 2
	}
	if n&1 != 0 {
		*(*uint64)(unsafe.Add(p, 8*i)) = h.AsUint64x2().GetElem(0)
	}
}

// storeSum stores the sum of the lanes, in the order of the package comment. It
// leaves no scalar addition to the compiler: that one would be an instruction
// from before AVX, which is slow while the upper parts of registers are in use.
func storeSum(p unsafe.Pointer, i int, v f64x8) {
	q := v.GetLo().Add(v.GetHi())
	h := q.GetLo().Add(q.GetHi())
	h = h.Add(h.AsUint64x2().InterleaveHi(h.AsUint64x2()).AsFloat64x2())
	*(*uint64)(unsafe.Add(p, 8*i)) = h.AsUint64x2().GetElem(0)
}
