package vec

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// forms holds two forms of every kernel: the one in use (see eachForm) and the
// plain one. sizes names the lengths of its slices for m rows
// and n columns, by letter: "w" m*n, "r" m, "c" n.
var forms = []struct {
	name, sizes string
	fast, plain func(v [][]float64, k float64)
}{
	{"Axpy", "cc",
		func(v [][]float64, k float64) { axpy(k, v[0], v[1]) },
		func(v [][]float64, k float64) { axpyPlain(k, v[0], v[1]) }},
	{"Mul", "wcr",
		func(v [][]float64, k float64) { mul(v[0], v[1], v[2]) },
		func(v [][]float64, k float64) { mulPlain(v[0], v[1], v[2]) }},
	{"MulT", "wrc",
		func(v [][]float64, k float64) { mulT(v[0], v[1], v[2]) },
		func(v [][]float64, k float64) { mulTPlain(v[0], v[1], v[2]) }},
	{"AddOuter", "wrc",
		func(v [][]float64, k float64) { addOuter(v[0], v[1], v[2]) },
		func(v [][]float64, k float64) { addOuterPlain(v[0], v[1], v[2]) }},
	{"LowPassMul", "wwrccr",
		func(v [][]float64, k float64) { lowPassMul(v[0], v[1], v[2], v[3], k, v[4], v[5]) },
		func(v [][]float64, k float64) { lowPassMulPlain(v[0], v[1], v[2], v[3], k, v[4], v[5]) }},
	{"LowPassMulT", "wwrcrc",
		func(v [][]float64, k float64) { lowPassMulT(v[0], v[1], v[2], v[3], k, v[4], v[5]) },
		func(v [][]float64, k float64) { lowPassMulTPlain(v[0], v[1], v[2], v[3], k, v[4], v[5]) }},
	{"Hebb", "wrc",
		func(v [][]float64, k float64) { hebb(v[0], v[1], v[2], k) },
		func(v [][]float64, k float64) { hebbPlain(v[0], v[1], v[2], k) }},
	{"HebbMul", "wrccr",
		func(v [][]float64, k float64) { hebbMul(v[0], v[1], v[2], k, v[3], v[4]) },
		func(v [][]float64, k float64) { hebbMulPlain(v[0], v[1], v[2], k, v[3], v[4]) }},
	{"HebbMulT", "wrcrc",
		func(v [][]float64, k float64) { hebbMulT(v[0], v[1], v[2], k, v[3], v[4]) },
		func(v [][]float64, k float64) { hebbMulTPlain(v[0], v[1], v[2], k, v[3], v[4]) }},
	{"Sigmoid", "cc",
		func(v [][]float64, k float64) { sigmoid(v[0], v[1]) },
		func(v [][]float64, k float64) { sigmoidPlain(v[0], v[1]) }},
	{"Neurons", "cccccccccccc",
		func(v [][]float64, k float64) { neurons(neuronsOf(v)) },
		func(v [][]float64, k float64) { neuronsPlain(neuronsOf(v)) }},
	{"Diffuse", "cc",
		func(v [][]float64, k float64) { diffuse(v[0], v[1], 0.7, k) },
		func(v [][]float64, k float64) { diffusePlain(v[0], v[1], 0.7, k) }},
	{"InputStep", "ccccc",
		func(v [][]float64, k float64) { inputStep(v[0], v[1], v[2], v[3], v[4], k, 3.1) },
		func(v [][]float64, k float64) { inputStepPlain(v[0], v[1], v[2], v[3], v[4], k, 3.1) }},
	{"AddSteps", "cccc",
		func(v [][]float64, k float64) { addSteps(v[0], v[1], v[2], v[3], k, 0.4, -1.7) },
		func(v [][]float64, k float64) { addStepsPlain(v[0], v[1], v[2], v[3], k, 0.4, -1.7) }},
	{"Scale", "cc",
		func(v [][]float64, k float64) { scale(v[0], v[1], k) },
		func(v [][]float64, k float64) { scalePlain(v[0], v[1], k) }},
	{"ScaledDifference", "ccc",
		func(v [][]float64, k float64) { scaledDifference(v[0], v[1], v[2], k) },
		func(v [][]float64, k float64) { scaledDifferencePlain(v[0], v[1], v[2], k) }},
}

func neuronsOf(v [][]float64) *Neurons {
	return &Neurons{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11]}
}

// compareForms runs all forms of every kernel on m rows and n columns of the values
// that next returns. slice makes the slices of the forms that are not plain.
func compareForms(t *testing.T, m, n int, next func() float64, slice func(n int) []float64) {
	t.Helper()
	for _, f := range forms {
		var start, plain [][]float64
		for _, letter := range f.sizes {
			v := make([]float64, map[rune]int{'w': m * n, 'r': m, 'c': n}[letter])
			for i := range v {
				v[i] = next()
			}
			start, plain = append(start, v), append(plain, slices.Clone(v))
		}
		k := next()
		f.plain(plain, k)
		eachForm(func(name string) {
			var fast [][]float64
			for _, from := range start {
				v := slice(len(from))
				copy(v, from)
				fast = append(fast, v)
			}
			f.fast(fast, k)
			for i := range plain {
				if !same(fast[i], plain[i]) {
					t.Fatalf("%s with %s, %d rows, %d columns, k = %v: slice %d is %v, plain %v", f.name, name, m, n, k, i, fast[i], plain[i])
				}
			}
		})
	}
}

func plainSlice[E any](n int) []E { return make([]E, n) }

// compareSpiking is compareForms for the kernels on float32, with n neurons.
func compareSpiking(t *testing.T, n int, next func() float64, slice func(n int) []float32, words func(n int) []uint64) {
	t.Helper()
	start := make([][]float32, 13)
	for i := range start {
		for range n {
			start[i] = append(start[i], float32(next()))
		}
	}
	k := float32(next())
	for _, f := range []struct {
		name   string
		slices int
		run    func(v [][]float32, bits []uint64, plain bool)
	}{
		{"ALIF", 6, func(v [][]float32, above []uint64, plain bool) {
			a := &ALIF[float32]{v[0], v[1], v[2], v[3], v[4], v[5], above, k}
			if plain {
				alifPlain(a)
			} else {
				alif(a)
			}
		}},
		{"NonZero", 1, func(v [][]float32, bits []uint64, plain bool) {
			if plain {
				nonZeroPlain(v[0], bits)
			} else {
				nonZero(v[0], bits)
			}
		}},
		{"LSNN", 6, func(v [][]float32, above []uint64, plain bool) {
			a := &LSNN[float32]{v[0], v[1], v[2], v[3], v[4], v[5], above, k}
			if plain {
				lsnnPlain(a)
			} else {
				lsnn(a)
			}
		}},
		{"AdjointLSNN", 13, func(v [][]float32, _ []uint64, plain bool) {
			a := &AdjointLSNN[float32]{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11], v[12], k, 0.3}
			if plain {
				adjointLSNNPlain(a)
			} else {
				adjointLSNN(a)
			}
		}},
		{"AxpySingle", 2, func(v [][]float32, _ []uint64, plain bool) {
			if plain {
				axpyPlain(k, v[0], v[1])
			} else {
				axpySingle(k, v[0], v[1])
			}
		}},
		{"AdjointALIF", 8, func(v [][]float32, _ []uint64, plain bool) {
			a := &AdjointALIF[float32]{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], k}
			if plain {
				adjointALIFPlain(a)
			} else {
				adjointALIF(a)
			}
		}},
	} {
		fill := func(slice func(n int) []float32) (v [][]float32) {
			for _, from := range start[:f.slices] {
				to := slice(n)
				copy(to, from)
				v = append(v, to)
			}
			return v
		}
		plain, want := fill(plainSlice), make([]uint64, (n+63)/64)
		f.run(plain, want, true)
		eachForm(func(name string) {
			fast, got := fill(slice), words((n+63)/64)
			clear(got)
			f.run(fast, got, false)
			for i := range plain {
				if !same(fast[i], plain[i]) {
					t.Fatalf("%s with %s, %d neurons, k = %v: slice %d is %v, plain %v", f.name, name, n, k, i, fast[i], plain[i])
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s with %s, %d neurons, k = %v: bits are %x, plain %x", f.name, name, n, k, got, want)
			}
		})
	}
}

// A run that diverges must do so in the same way everywhere.
func TestFormsAgree(t *testing.T) {
	odd := []float64{
		math.Inf(1), math.Inf(-1), math.NaN(), 0, math.Copysign(0, -1), 5e-324, -1e-310, 2.3e-308, 1e300, -1e300, math.MaxFloat64, 1, 2,
		math.SmallestNonzeroFloat32, -1e-40, 1e38, -1e38,
	}
	for _, share := range []int{0, 1, 10} { // of odd values, in 20
		g := rand.New(rand.NewPCG(9, uint64(share)))
		next := func() float64 {
			if g.IntN(20) < share {
				return odd[g.IntN(len(odd))]
			}
			return g.NormFloat64() * math.Exp2(float64(g.IntN(8)-4))
		}
		for n := range 41 {
			for _, m := range []int{0, 1, 2, 3, 5, 8} {
				compareForms(t, m, n, next, plainSlice)
			}
		}
		for n := range 131 {
			compareSpiking(t, n, next, plainSlice, plainSlice)
		}
		for _, shape := range [][2]int{{10, 100}, {100, 10}, {13, 131}, {3, 68}, {78, 101}} {
			compareForms(t, shape[0], shape[1], next, plainSlice)
		}
	}
}

func FuzzFormsAgree(f *testing.F) {
	f.Add(uint8(3), uint8(30), []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x7f, 1, 2, 3})
	f.Add(uint8(10), uint8(100), []byte("two weights and a little more"))
	f.Fuzz(func(t *testing.T, rows, cols uint8, bits []byte) {
		at := 0
		next := func() float64 { // over and over the bytes, shifted
			var word [8]byte
			for i := range word {
				if len(bits) > 0 {
					word[i] = bits[(at+i)%len(bits)]
				}
			}
			at += 7
			return math.Float64frombits(binary.LittleEndian.Uint64(word[:]))
		}
		compareForms(t, int(rows%48), int(cols), next, plainSlice)
		compareSpiking(t, int(cols), func() float64 { return float64(math.Float32frombits(uint32(math.Float64bits(next())))) }, plainSlice, plainSlice)
	})
}

// Scale and Sigmoid may work in place.
func TestInPlace(t *testing.T) {
	g := rand.New(rand.NewPCG(1, 9))
	for n := range 41 {
		x := random(g, n)
		for name, f := range map[string]func(dst, x []float64){
			"Sigmoid": Sigmoid,
			"Scale":   func(dst, x []float64) { Scale(dst, x, 0.3) },
		} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				want, got := make([]float64, n), slices.Clone(x)
				f(want, x)
				if f(got, got); !same(got, want) {
					t.Errorf("in place %v, else %v", got, want)
				}
			})
		}
	}
}
