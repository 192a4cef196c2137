package vec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func testALIF[F float32 | float64](t *testing.T, tolerance float64) {
	g := rand.New(rand.NewPCG(6, 7))
	for n := range 140 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			draw := func() (s []F) {
				for range n {
					s = append(s, F(g.NormFloat64()))
				}
				return s
			}
			a := &ALIF[F]{V: draw(), B: draw(), H: draw(), Alpha: draw(), Rho: draw(), Beta: draw(), Scale: 1.7}
			a.Above = make([]uint64, (n+63)/64)
			for i := range a.Above {
				a.Above[i] = g.Uint64() // of an earlier step
			}
			v, b := slices.Clone(a.V), slices.Clone(a.B)
			a.Step()
			near := func(name string, j int, got F, want float64) {
				if math.Abs(float64(got)-want) > tolerance*(1+math.Abs(want)) {
					t.Errorf("%s[%d] is %v, want %v", name, j, got, want)
				}
			}
			for j := range 64 * len(a.Above) {
				above := a.Above[j/64]>>(j%64)&1 == 1
				if j >= n {
					if above {
						t.Errorf("neuron %d of %d is above threshold", j, n)
					}
					continue
				}
				u := (float64(v[j])-float64(a.Beta[j])*float64(b[j]))*1.7 - 1
				near("V", j, a.V[j], float64(a.Alpha[j])*float64(v[j]))
				near("B", j, a.B[j], float64(a.Rho[j])*float64(b[j]))
				near("H", j, a.H[j], math.Max(0, 1-math.Abs(u)))
				if above != (u > 0) && math.Abs(u) > tolerance {
					t.Errorf("neuron %d with u = %v: above threshold is %v", j, u, above)
				}
			}

			k := &AdjointALIF[F]{S: draw(), H: draw(), V: draw(), Q: draw(), Alpha: draw(), Rho: draw(), Beta: draw(), Reset: draw(), Gamma: 0.3}
			x, y := slices.Clone(k.V), slices.Clone(k.Q)
			k.Step()
			gamma := float64(k.Gamma)
			for j := range n {
				z := (float64(k.S[j]) - gamma*float64(x[j]) + float64(k.Reset[j])*float64(y[j])) * float64(k.H[j])
				near("adjoint V", j, k.V[j], z+float64(k.Alpha[j])*float64(x[j]))
				near("adjoint Q", j, k.Q[j], float64(k.Rho[j])*float64(y[j])-float64(k.Beta[j])*z)
			}
		})
	}
}

func TestNonZero(t *testing.T) {
	x := make([]float64, 130)
	x[0], x[1], x[63], x[64], x[129] = 1, math.NaN(), -5e-324, math.Inf(1), 2
	x[5] = math.Copysign(0, -1)
	want := []uint64{1<<63 | 3, 1, 2}
	got := []uint64{1 << 7, 1 << 8, 1 << 9}
	if NonZero(x, got); !slices.Equal(got, want) {
		t.Errorf("bits are %x, want %x", got, want)
	}
	single := make([]float32, len(x))
	for i, y := range x {
		single[i] = float32(y)
	}
	single[63] = -math.SmallestNonzeroFloat32
	if NonZero(single, got); !slices.Equal(got, want) {
		t.Errorf("bits of float32 are %x, want %x", got, want)
	}
}

func TestALIF(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testALIF[float32](t, 1e-5) })
	t.Run("float64", func(t *testing.T) { testALIF[float64](t, 1e-14) })
}

func TestALIFLengths(t *testing.T) {
	eight, nine := make([]float32, 8), make([]float32, 9)
	for name, step := range map[string]func(){
		"slices":   (&ALIF[float32]{V: eight, B: eight, H: nine, Alpha: eight, Rho: eight, Beta: eight, Above: make([]uint64, 1)}).Step,
		"non-zero": func() { NonZero(eight, make([]uint64, 2)) },
		"bits":     (&ALIF[float32]{V: eight, B: eight, H: eight, Alpha: eight, Rho: eight, Beta: eight}).Step,
		"adjoint": (&AdjointALIF[float32]{S: eight, H: eight, V: eight, Q: eight, Alpha: eight, Rho: eight, Beta: eight,
			Reset: nine}).Step,
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			step()
		})
	}
}
