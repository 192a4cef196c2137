package vec

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// random returns n normal values.
func random(g *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = g.NormFloat64()
	}
	return v
}

// same tells whether two slices agree to the last bit, all NaNs being equal.
func same[F float32 | float64](a, b []F) bool {
	for i := range a {
		if math.Float64bits(float64(a[i])) != math.Float64bits(float64(b[i])) && (a[i] == a[i] || b[i] == b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

// state holds the arguments that a kernel may change.
type state struct{ w, d, yr, yc []float64 }

func (s state) all() [][]float64 { return [][]float64{s.w, s.d, s.yr, s.yc} }

func (s state) clone() state {
	c := func(v []float64) []float64 { return append([]float64(nil), v...) }
	return state{c(s.w), c(s.d), c(s.yr), c(s.yc)}
}

// inputs holds the others: factors s, r and vectors x, by row or by column.
type inputs struct {
	s, r, xr, xc []float64
	k            float64
}

// kernels names each matrix function, as exported, without vector
// instructions, and as one loop over the elements. The loop sums the columns
// in order, so its sums may differ in rounding.
var kernels = []struct {
	name         string
	fast, plain  func(state, inputs)
	rule         func(w, d, sr, k float64) (float64, float64)
	times, timeT bool
}{
	{"Mul",
		func(s state, in inputs) { Mul(s.w, in.xc, s.yr) },
		func(s state, in inputs) { mulPlain(s.w, in.xc, s.yr) }, fixed, true, false},
	{"MulT",
		func(s state, in inputs) { MulT(s.w, in.xr, s.yc) },
		func(s state, in inputs) { mulTPlain(s.w, in.xr, s.yc) }, fixed, false, true},
	{"AddOuter",
		func(s state, in inputs) { AddOuter(s.w, in.s, in.r) },
		func(s state, in inputs) { addOuterPlain(s.w, in.s, in.r) }, outer, false, false},
	{"LowPassMul",
		func(s state, in inputs) { LowPassMul(s.w, s.d, in.s, in.r, in.k, in.xc, s.yr) },
		func(s state, in inputs) { lowPassMulPlain(s.w, s.d, in.s, in.r, in.k, in.xc, s.yr) }, filter, true, false},
	{"LowPassMulT",
		func(s state, in inputs) { LowPassMulT(s.w, s.d, in.s, in.r, in.k, in.xr, s.yc) },
		func(s state, in inputs) { lowPassMulTPlain(s.w, s.d, in.s, in.r, in.k, in.xr, s.yc) }, filter, false, true},
	{"Hebb",
		func(s state, in inputs) { Hebb(s.w, in.s, in.r, in.k) },
		func(s state, in inputs) { hebbPlain(s.w, in.s, in.r, in.k) }, hebbian, false, false},
	{"HebbMul",
		func(s state, in inputs) { HebbMul(s.w, in.s, in.r, in.k, in.xc, s.yr) },
		func(s state, in inputs) { hebbMulPlain(s.w, in.s, in.r, in.k, in.xc, s.yr) }, hebbian, true, false},
	{"HebbMulT",
		func(s state, in inputs) { HebbMulT(s.w, in.s, in.r, in.k, in.xr, s.yc) },
		func(s state, in inputs) { hebbMulTPlain(s.w, in.s, in.r, in.k, in.xr, s.yc) }, hebbian, false, true},
}

func fixed(w, d, sr, k float64) (float64, float64)   { return w, d }
func outer(w, d, sr, k float64) (float64, float64)   { return w + sr, d }
func filter(w, d, sr, k float64) (float64, float64)  { return w + d, d + (sr - float64(k*d)) }
func hebbian(w, d, sr, k float64) (float64, float64) { return w + (sr - float64(k*w)), d }

var shapes = [][2]int{
	{0, 0}, {0, 5}, {5, 0}, {1, 1}, {2, 1}, {3, 30}, {30, 3}, {4, 30}, {1, 2}, {3, 4}, {2, 5}, {7, 6}, {5, 7}, {6, 8},
	{9, 9}, {3, 15}, {2, 16}, {5, 17}, {4, 23}, {3, 31}, {2, 32}, {2, 33}, {10, 100}, {100, 10}, {13, 39}, {3, 68}, {78, 101},
}

func TestMatrixKernels(t *testing.T) {
	for _, c := range kernels {
		for _, shape := range shapes {
			t.Run(fmt.Sprintf("%s/%dx%d", c.name, shape[0], shape[1]), func(t *testing.T) {
				m, n := shape[0], shape[1]
				g := rand.New(rand.NewPCG(uint64(m), uint64(n)))
				start := state{random(g, m*n), random(g, m*n), random(g, m), random(g, n)}
				in := inputs{random(g, m), random(g, n), random(g, m), random(g, n), 0.3}
				want := start.clone()
				for i := range m {
					sum := 0.0
					for j := range n {
						at := i*n + j
						want.w[at], want.d[at] = c.rule(want.w[at], want.d[at], float64(in.s[i]*in.r[j]), in.k)
						sum += float64(want.w[at] * in.xc[j])
						if c.timeT {
							want.yc[j] += float64(in.xr[i] * want.w[at])
						}
					}
					if c.times {
						want.yr[i] = sum
					}
				}
				plain, fast := start.clone(), start.clone()
				c.plain(plain, in)
				c.fast(fast, in)
				for i := range plain.all() {
					if !same(plain.all()[i], fast.all()[i]) {
						t.Errorf("argument %d differs between builds: %v, plain %v", i, fast.all()[i], plain.all()[i])
					}
				}
				if !same(fast.w, want.w) || !same(fast.d, want.d) || !same(fast.yc, want.yc) {
					t.Errorf("w, d or the sum over rows is not that of the loop over elements")
				}
				for i, y := range fast.yr {
					if math.Abs(y-want.yr[i]) > 1e-14*float64(n+1) {
						t.Errorf("sum over row %d: got %v, want %v", i, y, want.yr[i])
					}
				}
			})
		}
	}
}

// A run that diverges must do so in the same way in every build.
func TestKernelsWithoutFiniteness(t *testing.T) {
	odd := []float64{math.Inf(1), math.Inf(-1), math.NaN(), 0, math.Copysign(0, -1), 5e-324, 1e300, -1e300}
	g := rand.New(rand.NewPCG(9, 10))
	values := func(n int) []float64 {
		v := random(g, n)
		for i := range v {
			if g.IntN(12) == 0 {
				v[i] = odd[g.IntN(len(odd))]
			}
		}
		return v
	}
	for _, c := range kernels {
		for _, shape := range shapes {
			for range 20 {
				m, n := shape[0], shape[1]
				plain := state{values(m * n), values(m * n), values(m), values(n)}
				fast := plain.clone()
				in := inputs{values(m), values(n), values(m), values(n), values(1)[0]}
				c.plain(plain, in)
				c.fast(fast, in)
				for i := range plain.all() {
					if !same(plain.all()[i], fast.all()[i]) {
						t.Fatalf("%s %dx%d: argument %d differs between builds: %v, plain %v", c.name, m, n, i, fast.all()[i], plain.all()[i])
					}
				}
			}
		}
	}
}

// The order of summation is part of the contract.
func TestMulSumsInEightLanes(t *testing.T) {
	g := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		w, x, y := random(g, n), random(g, n), make([]float64, 1)
		Mul(w, x, y)
		var l [8]float64
		for j := range w {
			l[j%8] += float64(w[j] * x[j])
		}
		want := ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
		if math.Float64bits(y[0]) != math.Float64bits(want) {
			t.Errorf("%d columns: got %v, want %v", n, y[0], want)
		}
	}
}

func TestAxpy(t *testing.T) {
	g := rand.New(rand.NewPCG(3, 4))
	for n := range 40 {
		x, y := random(g, n), random(g, n)
		want := append([]float64(nil), y...)
		for i := range want {
			want[i] += float64(0.7 * x[i])
		}
		if Axpy(0.7, x, y); !same(y, want) {
			t.Errorf("%d values: got %v, want %v", n, y, want)
		}
	}
}

func TestKernelsDoNotWriteBeyondTheirSlices(t *testing.T) {
	const guard = 12345.0
	for _, c := range kernels {
		for n := range 20 {
			v := make([]float64, 8*(3*n+16))
			for i := range v {
				v[i] = guard
			}
			rest := v
			cut := func(n int) []float64 {
				s := rest[8:][:n]
				rest = rest[8+n:]
				return s
			}
			used := state{cut(3 * n), cut(3 * n), cut(3), cut(n)}
			c.fast(used, inputs{cut(3), cut(n), cut(3), cut(n), 0.3})
			for _, s := range used.all() {
				for i := range s {
					s[i] = guard
				}
			}
			for i, x := range v {
				if x != guard {
					t.Fatalf("%s, 3x%d: wrote to element %d, outside its arguments", c.name, n, i)
				}
			}
		}
	}
}

func TestWrongLengthsPanic(t *testing.T) {
	v := func(n int) []float64 { return make([]float64, n) }
	for name, f := range map[string]func(){
		"Sigmoid":       func() { Sigmoid(v(2), v(3)) },
		"Axpy":          func() { Axpy(1, v(2), v(3)) },
		"Mul":           func() { Mul(v(6), v(3), v(3)) },
		"MulT":          func() { MulT(v(6), v(3), v(3)) },
		"AddOuter":      func() { AddOuter(v(6), v(3), v(3)) },
		"LowPassMul w":  func() { LowPassMul(v(5), v(5), v(2), v(3), 0, v(3), v(2)) },
		"LowPassMul d":  func() { LowPassMul(v(6), v(5), v(2), v(3), 0, v(3), v(2)) },
		"LowPassMul x":  func() { LowPassMul(v(6), v(6), v(2), v(3), 0, v(2), v(2)) },
		"LowPassMul y":  func() { LowPassMul(v(6), v(6), v(2), v(3), 0, v(3), v(3)) },
		"LowPassMulT x": func() { LowPassMulT(v(6), v(6), v(2), v(3), 0, v(3), v(3)) },
		"LowPassMulT y": func() { LowPassMulT(v(6), v(6), v(2), v(3), 0, v(2), v(2)) },
		"Hebb":          func() { Hebb(v(5), v(2), v(3), 0) },
		"HebbMul x":     func() { HebbMul(v(6), v(2), v(3), 0, v(2), v(2)) },
		"HebbMulT y":    func() { HebbMulT(v(6), v(2), v(3), 0, v(2), v(2)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

// exact returns 1/(1+exp(-x)) with 40 digits, from the series of exp.
func exact(x float64) *big.Float {
	const prec = 200
	n := int(math.Abs(x)) + 1 // exp(-x) = exp(-x/n)^n
	r := new(big.Float).SetPrec(prec).SetFloat64(-x)
	r.Quo(r, new(big.Float).SetInt64(int64(n)))
	e := new(big.Float).SetPrec(prec).SetInt64(1)
	for i := 50; i > 0; i-- {
		e.Mul(e, r).Quo(e, new(big.Float).SetInt64(int64(i)))
		e.Add(e, new(big.Float).SetInt64(1))
	}
	power := new(big.Float).SetPrec(prec).SetInt64(1)
	for range n {
		power.Mul(power, e)
	}
	one := new(big.Float).SetPrec(prec).SetInt64(1)
	return one.Quo(one, power.Add(power, new(big.Float).SetInt64(1)))
}

func TestSigmoidError(t *testing.T) {
	g := rand.New(rand.NewPCG(5, 6))
	var x []float64
	for i := range 4000 {
		x = append(x, 4*g.NormFloat64(), 1.5*g.NormFloat64(), float64(i%1400)-700+g.Float64())
	}
	y := make([]float64, len(x))
	Sigmoid(y, x)
	worst, relative := 0.0, 0.0
	for i, v := range x {
		want := exact(v)
		diff, _ := new(big.Float).Sub(want, new(big.Float).SetFloat64(y[i])).Float64()
		value, _ := want.Float64()
		if diff = math.Abs(diff); diff > 2e-16 {
			t.Errorf("Sigmoid(%v) = %v, off by %.3g", v, y[i], diff)
		}
		worst, relative = max(worst, diff), max(relative, diff/value)
		if diff > 5e-16*value {
			t.Errorf("Sigmoid(%v) = %v, off by %.3g of its value", v, y[i], diff/value)
		}
	}
	t.Logf("largest error %.3g, relative to the value %.3g", worst, relative)
}

func TestSigmoidSpecialValues(t *testing.T) {
	inf := math.Inf(1)
	x := []float64{0, math.Copysign(0, -1), inf, -inf, math.NaN(), 1e300, -1e300, 710, -710, 709, -709, 5e-324, 64.1, -64.1, 1000, -1000}
	want := []float64{0.5, 0.5, 1, 0, math.NaN(), 1, 0, 1, 0, 1, 0, 0.5, 1, 1.4506e-28, 1, 0}
	y := make([]float64, len(x))
	Sigmoid(y, x)
	for i := range x {
		if d := math.Abs(y[i] - want[i]); d > 1e-30 || d != d && want[i] == want[i] || y[i] != y[i] && want[i] == want[i] {
			t.Errorf("Sigmoid(%v) = %v, want %v", x[i], y[i], want[i])
		}
	}
}

// In every build, at every length and position, in place or not.
func TestSigmoidIsPlainSigmoid(t *testing.T) {
	g := rand.New(rand.NewPCG(7, 8))
	for n := range 40 {
		for range 200 {
			x := random(g, n)
			for i := range x {
				switch x[i] *= 5; g.IntN(20) {
				case 0:
					x[i] = math.Inf(1 - 2*g.IntN(2))
				case 1:
					x[i] = math.NaN()
				case 2:
					x[i] *= 200
				}
			}
			plain := make([]float64, n)
			sigmoidPlain(plain, x)
			if Sigmoid(x, x); !same(x, plain) {
				t.Fatalf("got %v, plain %v", x, plain)
			}
		}
	}
}

// The bits must be the same on every platform.
func TestSigmoidIsTheSameEverywhere(t *testing.T) {
	x := make([]float64, 20000)
	for i := range x {
		x[i] = float64(i-10000) / 512
	}
	Sigmoid(x, x)
	h := fnv.New64a()
	for _, y := range x {
		h.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(y)))
	}
	if got, want := h.Sum64(), uint64(0xb9e64128d297daee); got != want {
		t.Errorf("hash of the results' bits: %#x, want %#x", got, want)
	}
}
