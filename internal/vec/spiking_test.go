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
			old := func() []uint64 { // of an earlier step
				s := make([]uint64, (n+63)/64)
				for i := range s {
					s[i] = g.Uint64()
				}
				return s
			}
			near := func(name string, j int, got F, want float64) {
				if math.Abs(float64(got)-want) > tolerance*(1+math.Abs(want)) {
					t.Errorf("%s[%d] is %v, want %v", name, j, got, want)
				}
			}
			above := func(bits []uint64, j int, u float64) {
				if got := bits[j/64]>>(j%64)&1 == 1; got != (u > 0) && math.Abs(u) > tolerance {
					t.Errorf("neuron %d with u = %v: above threshold is %v", j, u, got)
				}
			}
			behind := func(bits []uint64) {
				if n%64 != 0 && bits[n/64]>>(n%64) != 0 {
					t.Errorf("neurons behind the last of %d are above threshold", n)
				}
			}
			a := &ALIF[F]{V: draw(), B: draw(), H: draw(), Alpha: draw(), Rho: draw(), Beta: draw(), Scale: 1.7}
			a.Above = old()
			v, b := slices.Clone(a.V), slices.Clone(a.B)
			a.Step()
			for j := range n {
				u := (float64(v[j])-float64(a.Beta[j])*float64(b[j]))*1.7 - 1
				near("V", j, a.V[j], float64(a.Alpha[j])*float64(v[j]))
				near("B", j, a.B[j], float64(a.Rho[j])*float64(b[j]))
				near("H", j, a.H[j], math.Max(0, 1-math.Abs(u)))
				above(a.Above, j, u)
			}
			behind(a.Above)

			k := &AdjointALIF[F]{S: draw(), H: draw(), V: draw(), Q: draw(), Alpha: draw(), Rho: draw(), Beta: draw(), Reset: draw(), Gamma: 0.3}
			x, y := slices.Clone(k.V), slices.Clone(k.Q)
			k.Step()
			gamma := float64(k.Gamma)
			for j := range n {
				z := (float64(k.S[j]) - gamma*float64(x[j]) + float64(k.Reset[j])*float64(y[j])) * float64(k.H[j])
				near("adjoint V", j, k.V[j], z+float64(k.Alpha[j])*float64(x[j]))
				near("adjoint Q", j, k.Q[j], float64(k.Rho[j])*float64(y[j])-float64(k.Beta[j])*z)
			}

			// Adaptation makes the threshold at least 2, so that nothing is divided by numbers near 0.
			high := func() []F {
				s := draw()
				for j := range s {
					s[j] = F(math.Abs(float64(s[j])))
				}
				return s
			}
			l := &LSNN[F]{V: draw(), B: high(), H: draw(), Arrived: draw(), Alpha: draw(), Beta: high(), Above: old(), Threshold: 2}
			for j := range l.V {
				l.V[j] *= 2
			}
			v = slices.Clone(l.V)
			l.Step()
			for j := range n {
				u := float64(v[j])/(2+float64(l.Beta[j])*float64(l.B[j])) - 1
				near("LSNN V", j, l.V[j], float64(l.Alpha[j])*float64(v[j])+float64(l.Arrived[j]))
				near("LSNN H", j, l.H[j], math.Max(0, 1-math.Abs(u)))
				above(l.Above, j, u)
			}
			behind(l.Above)

			m := &AdjointLSNN[F]{
				S: draw(), H: draw(), V: draw(), NextV: draw(), U: draw(), Q: draw(), Before: draw(), B: high(), NextB: high(),
				Alpha: draw(), Rho: draw(), Rho1: draw(), Beta: high(), Threshold: 2, Gamma: 0.3,
			}
			oldU, oldQ := slices.Clone(m.U), slices.Clone(m.Q)
			m.Step()
			for j := range n {
				beta, next := float64(m.Beta[j]), float64(m.NextV[j])
				theta := 2 + beta*float64(m.B[j])
				z := float64(m.S[j]) + float64(m.Rho1[j])*float64(oldQ[j]) - (2+beta*float64(m.NextB[j]))*next
				near("adjoint LSNN V", j, m.V[j], float64(m.Alpha[j])*next+float64(oldU[j]))
				near("adjoint LSNN U", j, m.U[j], gamma*z*float64(m.H[j])/theta)
				near("adjoint LSNN Q", j, m.Q[j], float64(m.Rho[j])*float64(oldQ[j])-beta*float64(m.U[j])*float64(m.Before[j])/theta)
			}

			w, x, sum := append(draw(), draw()...), []F{2, -0.5}, draw()
			product := slices.Clone(sum)
			MulTOf(w, x, product)
			for j := range n {
				near("product", j, product[j], float64(sum[j])+2*float64(w[j])-0.5*float64(w[n+j]))
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
		"LSNN":         (&LSNN[float32]{V: eight, B: nine, H: eight, Arrived: eight, Alpha: eight, Beta: eight, Above: make([]uint64, 1)}).Step,
		"adjoint LSNN": (&AdjointLSNN[float32]{S: eight}).Step,
		"product":      func() { MulTOf(eight, eight, eight) },
		"slices":       (&ALIF[float32]{V: eight, B: eight, H: nine, Alpha: eight, Rho: eight, Beta: eight, Above: make([]uint64, 1)}).Step,
		"non-zero":     func() { NonZero(eight, make([]uint64, 2)) },
		"bits":         (&ALIF[float32]{V: eight, B: eight, H: eight, Alpha: eight, Rho: eight, Beta: eight}).Step,
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
