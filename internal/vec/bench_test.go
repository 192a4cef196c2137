package vec

import (
	"fmt"
	"math"
	"testing"
)

// spread returns n values between -3 and 3.
func spread(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 3 * math.Sin(float64(i*i+7*i+n))
	}
	return v
}

func perElement(b *testing.B, n int, f func()) {
	for range b.N {
		f()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/element")
}

func BenchmarkSigmoid(b *testing.B) {
	for _, n := range []int{3, 30, 100, 784} {
		x, y := spread(n), spread(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			perElement(b, n, func() { Sigmoid(y, x) })
		})
		b.Run(fmt.Sprintf("%d/math.Exp", n), func(b *testing.B) {
			perElement(b, n, func() {
				for i, v := range x {
					y[i] = 1 / (1 + math.Exp(-v))
				}
			})
		})
	}
}

func BenchmarkMatrix(b *testing.B) {
	for _, shape := range [][2]int{{3, 30}, {30, 3}, {4, 30}, {10, 100}, {784, 100}} {
		m, n := shape[0], shape[1]
		// d and the factors are small, so that nothing grows without bound.
		w, d, s, r := spread(m*n), make([]float64, m*n), make([]float64, m), spread(n)
		xr, yr, xc, yc := spread(m), spread(m), spread(n), spread(n)
		for _, c := range []struct {
			name string
			f    func()
		}{
			{"Mul", func() { Mul(w, xc, yr) }},
			{"MulT", func() { MulT(w, xr, yc) }},
			{"AddOuter", func() { AddOuter(w, s, r) }},
			{"LowPassMul", func() { LowPassMul(w, d, s, r, 0.5, xc, yr) }},
			{"LowPassMulT", func() { LowPassMulT(w, d, s, r, 0.5, xr, yc) }},
			{"Hebb", func() { Hebb(w, s, r, 1e-12) }},
			{"HebbMul", func() { HebbMul(w, s, r, 1e-12, xc, yr) }},
			{"HebbMulT", func() { HebbMulT(w, s, r, 1e-12, xr, yc) }},
		} {
			b.Run(fmt.Sprintf("%s/%dx%d", c.name, m, n), func(b *testing.B) { perElement(b, m*n, c.f) })
		}
	}
}
