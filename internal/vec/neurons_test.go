package vec

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// naive states the arithmetic of the element-wise kernels once more, element by
// element.
func TestElementwise(t *testing.T) {
	g := rand.New(rand.NewPCG(1, 2))
	for n := range 70 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			u, v, p, q, e := random(g, n), random(g, n), random(g, n), random(g, n), random(g, n)
			const k, norm = 0.01, 1.7
			want := make([][]float64, 4)
			for j := range n {
				want[0] = append(want[0], u[j]+v[j])
				want[1] = append(want[1], v[j]+(float64(norm*e[j])-float64(k*v[j])))
				want[2] = append(want[2], p[j]+q[j])
				want[3] = append(want[3], q[j]+(e[j]-float64(k*q[j])))
			}
			x := append([]float64(nil), u...)
			InputStep(u, v, p, q, e, k, norm)
			for i, got := range [][]float64{u, v, p, q} {
				if !same(got, want[i]) {
					t.Errorf("InputStep: slice %d is %v, want %v", i, got, want[i])
				}
			}

			difference, scaled, diffused := make([]float64, n), make([]float64, n), append([]float64(nil), x...)
			ScaledDifference(difference, x, e, k)
			Scale(scaled, x, norm)
			Diffuse(diffused, e, norm, k)
			for i := range n {
				want := []float64{k * (x[i] - e[i]), norm * x[i], x[i] + (float64(norm*e[i]) - float64(k*x[i]))}
				if got := []float64{difference[i], scaled[i], diffused[i]}; !same(got, want) {
					t.Errorf("element %d: %v, want %v", i, got, want)
				}
			}
		})
	}
}

func TestNeurons(t *testing.T) {
	g := rand.New(rand.NewPCG(3, 4))
	for n := range 70 {
		s := make([][]float64, 12)
		for i := range s {
			s[i] = random(g, n)
		}
		k := &Neurons{
			SumBasal: s[0], SumTop: s[1], Basal: s[2], Top: s[3], Noise: s[4], WBasal: s[5], WTop: s[6], Scale: s[7],
			Voltage: s[8], Prediction: s[9], Rate: s[10], RateLast: s[11],
		}
		var voltage, prediction []float64
		for i := range n {
			voltage = append(voltage, float64(s[5][i]*s[0][i])+float64(s[6][i]*(s[1][i]+s[4][i])))
			prediction = append(prediction, s[7][i]*s[0][i])
		}
		basal, top := append([]float64(nil), s[0]...), append([]float64(nil), s[1]...)
		k.Step()
		zero := make([]float64, n)
		for name, pair := range map[string][2][]float64{
			"voltage": {k.Voltage, voltage}, "prediction": {k.Prediction, prediction}, "basal": {k.Basal, basal}, "top": {k.Top, top},
			"last rate": {k.RateLast, k.Rate}, "basal sum": {k.SumBasal, zero}, "top sum": {k.SumTop, zero},
		} {
			if !same(pair[0], pair[1]) {
				t.Errorf("%d neurons: %s is %v, want %v", n, name, pair[0], pair[1])
			}
		}
	}
}

func TestNeuronsLengths(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("slices of different length do not panic")
		}
	}()
	(&Neurons{SumBasal: make([]float64, 8)}).Step()
}
