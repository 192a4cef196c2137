//go:build goexperiment.simd

package vec

import "simd/archsimd"

// sigmoidWide is sigmoidPlain for eight values at a time.
func sigmoidWide(dst, x []float64) {
	c := archsimd.BroadcastFloat64x8
	sign, low, high := archsimd.BroadcastUint64x8(1<<63), c(yMin), c(yMax)
	scale, shift, hi, lo := c(perStep), c(toWhole), c(stepHi), c(stepLo)
	one, c0, c1, c2, c3, c4 := c(1), c(g0), c(g1), c(g2), c(g3), c(g4)
	powersLo := archsimd.LoadUint64x8((*[8]uint64)(powers[:8]))
	powersHi := archsimd.LoadUint64x8((*[8]uint64)(powers[8:]))

	n, px, pd := len(x), data(x), data(dst)
	for j := 0; j < n; j += 8 {
		var y f64x8
		if j > n-8 {
			y = loadTail(px, j, n)
		} else {
			y = load(px, j)
		}
		y = y.AsUint64x8().Xor(sign).AsFloat64x8()
		y = low.Max(high.Min(y)) // of a NaN and another number, the instruction takes the second
		t := y.Mul(scale).Add(shift)
		whole := t.Sub(shift)
		u := y.Sub(whole.Mul(hi)).Sub(whole.Mul(lo))
		u2 := u.Mul(u)
		g := c0.Add(c1.Mul(u)).Add(u2.Mul(c2.Add(c3.Mul(u)).Add(u2.Mul(c4))))
		e := one.Add(u.Add(u2.Mul(g)))
		b := t.AsUint64x8()
		power := powersLo.ConcatPermute(powersHi, b).Add(b.ShiftAllLeft(48)).AsFloat64x8()
		e = one.Div(one.Add(power.Mul(e)))
		if j > n-8 {
			storeTail(pd, j, e, n)
		} else {
			store(pd, j, e)
		}
	}
	archsimd.ClearAVXUpperBits()
}
