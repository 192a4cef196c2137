//go:build goexperiment.simd

package vec

import "simd/archsimd"

// The matrix kernels with AVX-512, eight columns at a time and the last n&7 by
// themselves. Operation by operation they are those of plain.go. The exported
// functions have checked the lengths, so no address lies outside its slice.

// filtered8 is filtered, with the product of the factors formed here.
func filtered8(d, a, b, k f64x8) f64x8 { return d.Add(a.Mul(b).Sub(k.Mul(d))) }

func axpyWide(a float64, x, y []float64) {
	n, px, py := len(x), data(x), data(y)
	va := archsimd.BroadcastFloat64x8(a)
	j := 0
	for ; j <= n-8; j += 8 {
		store(py, j, load(py, j).Add(va.Mul(load(px, j))))
	}
	if j < n {
		storeTail(py, j, loadTail(py, j, n).Add(va.Mul(loadTail(px, j, n))), n)
	}
	archsimd.ClearAVXUpperBits()
}

func mulWide(w, x, y []float64) {
	n, pw, px, py := len(x), data(w), data(x), data(y)
	m := tail(n)
	lastX := loadTail(px, n&^7, n)
	for i := range y {
		o := i * n
		var acc f64x8
		j := 0
		for ; j <= n-8; j += 8 {
			acc = acc.Add(load(pw, o+j).Mul(load(px, j)))
		}
		if j < n {
			acc = acc.Add(loadMasked(pw, o+j, m).Mul(lastX))
		}
		storeSum(py, i, acc)
	}
	archsimd.ClearAVXUpperBits()
}

func mulTWide(w, x, y []float64) {
	n, pw, py := len(y), data(w), data(y)
	m := tail(n)
	lastY := loadTail(py, n&^7, n)
	for i, v := range x {
		o := i * n
		vx := archsimd.BroadcastFloat64x8(v)
		j := 0
		for ; j <= n-8; j += 8 {
			store(py, j, load(py, j).Add(vx.Mul(load(pw, o+j))))
		}
		if j < n {
			lastY = lastY.Add(vx.Mul(loadMasked(pw, o+j, m)))
		}
	}
	storeTail(py, n&^7, lastY, n)
	archsimd.ClearAVXUpperBits()
}

func addOuterWide(w, s, r []float64) {
	n, pw, pr := len(r), data(w), data(r)
	m := tail(n)
	lastR := loadTail(pr, n&^7, n)
	for i, a := range s {
		o := i * n
		va := archsimd.BroadcastFloat64x8(a)
		j := 0
		for ; j <= n-8; j += 8 {
			store(pw, o+j, load(pw, o+j).Add(va.Mul(load(pr, j))))
		}
		if j < n {
			storeTail(pw, o+j, loadMasked(pw, o+j, m).Add(va.Mul(lastR)), n)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func lowPassWide(w, d, s, r []float64, k float64) {
	n, pw, pd, pr := len(r), data(w), data(d), data(r)
	m, vk := tail(n), archsimd.BroadcastFloat64x8(k)
	lastR := loadTail(pr, n&^7, n)
	for i, a := range s {
		o := i * n
		va := archsimd.BroadcastFloat64x8(a)
		j := 0
		for ; j <= n-8; j += 8 {
			old := load(pd, o+j)
			store(pw, o+j, load(pw, o+j).Add(old))
			store(pd, o+j, filtered8(old, va, load(pr, j), vk))
		}
		if j < n {
			old := loadMasked(pd, o+j, m)
			storeTail(pw, o+j, loadMasked(pw, o+j, m).Add(old), n)
			storeTail(pd, o+j, filtered8(old, va, lastR, vk), n)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func lowPassMulWide(w, d, s, r []float64, k float64, x, y []float64) {
	n, pw, pd, pr, px, py := len(r), data(w), data(d), data(r), data(x), data(y)
	m, vk := tail(n), archsimd.BroadcastFloat64x8(k)
	lastR := loadTail(pr, n&^7, n)
	lastX := loadTail(px, n&^7, n)
	for i, a := range s {
		o := i * n
		va := archsimd.BroadcastFloat64x8(a)
		var acc f64x8
		j := 0
		for ; j <= n-8; j += 8 {
			old := load(pd, o+j)
			v := load(pw, o+j).Add(old)
			store(pw, o+j, v)
			store(pd, o+j, filtered8(old, va, load(pr, j), vk))
			acc = acc.Add(v.Mul(load(px, j)))
		}
		if j < n {
			old := loadMasked(pd, o+j, m)
			v := loadMasked(pw, o+j, m).Add(old)
			storeTail(pw, o+j, v, n)
			storeTail(pd, o+j, filtered8(old, va, lastR, vk), n)
			acc = acc.Add(v.Mul(lastX))
		}
		storeSum(py, i, acc)
	}
	archsimd.ClearAVXUpperBits()
}

func lowPassMulTWide(w, d, s, r []float64, k float64, x, y []float64) {
	n, pw, pd, pr, py := len(r), data(w), data(d), data(r), data(y)
	m, vk := tail(n), archsimd.BroadcastFloat64x8(k)
	lastR := loadTail(pr, n&^7, n)
	lastY := loadTail(py, n&^7, n)
	for i, a := range s {
		o := i * n
		va, vx := archsimd.BroadcastFloat64x8(a), archsimd.BroadcastFloat64x8(x[i])
		j := 0
		for ; j <= n-8; j += 8 {
			old := load(pd, o+j)
			v := load(pw, o+j).Add(old)
			store(pw, o+j, v)
			store(pd, o+j, filtered8(old, va, load(pr, j), vk))
			store(py, j, load(py, j).Add(vx.Mul(v)))
		}
		if j < n {
			old := loadMasked(pd, o+j, m)
			v := loadMasked(pw, o+j, m).Add(old)
			storeTail(pw, o+j, v, n)
			storeTail(pd, o+j, filtered8(old, va, lastR, vk), n)
			lastY = lastY.Add(vx.Mul(v))
		}
	}
	storeTail(py, n&^7, lastY, n)
	archsimd.ClearAVXUpperBits()
}

func hebbWide(w, s, r []float64, decay float64) {
	n, pw, pr := len(r), data(w), data(r)
	m, vk := tail(n), archsimd.BroadcastFloat64x8(decay)
	lastR := loadTail(pr, n&^7, n)
	for i, a := range s {
		o := i * n
		va := archsimd.BroadcastFloat64x8(a)
		j := 0
		for ; j <= n-8; j += 8 {
			store(pw, o+j, filtered8(load(pw, o+j), va, load(pr, j), vk))
		}
		if j < n {
			storeTail(pw, o+j, filtered8(loadMasked(pw, o+j, m), va, lastR, vk), n)
		}
	}
	archsimd.ClearAVXUpperBits()
}

func hebbMulWide(w, s, r []float64, decay float64, x, y []float64) {
	n, pw, pr, px, py := len(r), data(w), data(r), data(x), data(y)
	m, vk := tail(n), archsimd.BroadcastFloat64x8(decay)
	lastR := loadTail(pr, n&^7, n)
	lastX := loadTail(px, n&^7, n)
	for i, a := range s {
		o := i * n
		va := archsimd.BroadcastFloat64x8(a)
		var acc f64x8
		j := 0
		for ; j <= n-8; j += 8 {
			v := filtered8(load(pw, o+j), va, load(pr, j), vk)
			store(pw, o+j, v)
			acc = acc.Add(v.Mul(load(px, j)))
		}
		if j < n {
			v := filtered8(loadMasked(pw, o+j, m), va, lastR, vk)
			storeTail(pw, o+j, v, n)
			acc = acc.Add(v.Mul(lastX).Masked(m)) // an infinite factor makes NaN of the empty lanes
		}
		storeSum(py, i, acc)
	}
	archsimd.ClearAVXUpperBits()
}

func hebbMulTWide(w, s, r []float64, decay float64, x, y []float64) {
	n, pw, pr, py := len(r), data(w), data(r), data(y)
	m, vk := tail(n), archsimd.BroadcastFloat64x8(decay)
	lastR := loadTail(pr, n&^7, n)
	lastY := loadTail(py, n&^7, n)
	for i, a := range s {
		o := i * n
		va, vx := archsimd.BroadcastFloat64x8(a), archsimd.BroadcastFloat64x8(x[i])
		j := 0
		for ; j <= n-8; j += 8 {
			v := filtered8(load(pw, o+j), va, load(pr, j), vk)
			store(pw, o+j, v)
			store(py, j, load(py, j).Add(vx.Mul(v)))
		}
		if j < n {
			v := filtered8(loadMasked(pw, o+j, m), va, lastR, vk)
			storeTail(pw, o+j, v, n)
			lastY = lastY.Add(vx.Mul(v))
		}
	}
	storeTail(py, n&^7, lastY, n)
	archsimd.ClearAVXUpperBits()
}
