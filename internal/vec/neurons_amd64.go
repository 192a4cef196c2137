//go:build goexperiment.simd

package vec

import "simd/archsimd"

// whole returns how many elements of n the vector loops below take; the plain
// ones take the rest.
func whole(n int) int {
	if !wide {
		return 0
	}
	return n &^ 7
}

func neurons(n *Neurons) {
	end := whole(len(n.SumBasal))
	sumBasal, sumTop, basal, top, noise := data(n.SumBasal), data(n.SumTop), data(n.Basal), data(n.Top), data(n.Noise)
	wBasal, wTop, scale := data(n.WBasal), data(n.WTop), data(n.Scale)
	voltage, prediction, rate, last := data(n.Voltage), data(n.Prediction), data(n.Rate), data(n.RateLast)
	var zero f64x8
	for i := 0; i < end; i += 8 {
		b, t := load(sumBasal, i), load(sumTop, i)
		store(basal, i, b)
		store(top, i, t)
		store(voltage, i, load(wBasal, i).Mul(b).Add(load(wTop, i).Mul(t.Add(load(noise, i)))))
		store(prediction, i, load(scale, i).Mul(b))
		store(sumBasal, i, zero)
		store(sumTop, i, zero)
		store(last, i, load(rate, i))
	}
	if end > 0 {
		archsimd.ClearAVXUpperBits()
	}
	neuronsPlain(n, end)
}

func diffuse(x, xi []float64, up, down float64) {
	end := whole(len(x))
	if end > 0 {
		px, pn := data(x), data(xi)
		vUp, vDown := archsimd.BroadcastFloat64x8(up), archsimd.BroadcastFloat64x8(down)
		for i := 0; i < end; i += 8 {
			v := load(px, i)
			store(px, i, v.Add(vUp.Mul(load(pn, i)).Sub(vDown.Mul(v))))
		}
		archsimd.ClearAVXUpperBits()
	}
	diffusePlain(x, xi, up, down, end)
}

func inputStep(u, v, p, q, e []float64, k, norm float64) {
	end := whole(len(e))
	if end > 0 {
		pu, pv, pp, pq, pe := data(u), data(v), data(p), data(q), data(e)
		vk, vn := archsimd.BroadcastFloat64x8(k), archsimd.BroadcastFloat64x8(norm)
		for j := 0; j < end; j += 8 {
			err, oldV, oldQ := load(pe, j), load(pv, j), load(pq, j)
			store(pu, j, load(pu, j).Add(oldV))
			store(pv, j, oldV.Add(vn.Mul(err).Sub(vk.Mul(oldV))))
			store(pp, j, load(pp, j).Add(oldQ))
			store(pq, j, oldQ.Add(err.Sub(vk.Mul(oldQ))))
		}
		archsimd.ClearAVXUpperBits()
	}
	inputStepPlain(u, v, p, q, e, k, norm, end)
}

func scaledDifference(dst, a, b []float64, c float64) {
	end := whole(len(dst))
	if end > 0 {
		pd, pa, pb := data(dst), data(a), data(b)
		vc := archsimd.BroadcastFloat64x8(c)
		for i := 0; i < end; i += 8 {
			store(pd, i, vc.Mul(load(pa, i).Sub(load(pb, i))))
		}
		archsimd.ClearAVXUpperBits()
	}
	scaledDifferencePlain(dst, a, b, c, end)
}

func scale(dst, x []float64, c float64) {
	end := whole(len(dst))
	if end > 0 {
		pd, px := data(dst), data(x)
		vc := archsimd.BroadcastFloat64x8(c)
		for i := 0; i < end; i += 8 {
			store(pd, i, vc.Mul(load(px, i)))
		}
		archsimd.ClearAVXUpperBits()
	}
	scalePlain(dst, x, c, end)
}
