package pal

import (
	"context"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestNetworkErrors(t *testing.T) {
	c := small(TaskTeacher)
	n, err := Build(c)
	must(t, err)
	_, missing := n.Weights(3, "fb")
	_, noLevel := n.Read(7, "ff", "g")
	_, noVariable := n.Read(1, "pyramidal", "v_target")
	for want, err := range map[string]error{
		"sample has 2 values, the circuit needs 3":      n.Present([]float64{1, 2}, nil, false, nil),
		"target has 3 values, the circuit needs 2":      n.Present([]float64{1, 2, 3}, []float64{1, 2, 3}, false, nil),
		"level 3 has no variable g of fb":               missing,
		"no level 7, must be 0 to 3":                    noLevel,
		"level 1 has no variable v_target of pyramidal": noVariable,
		"ff of level 2 is 5 x 4, not 4 x 5":             n.SetWeights(2, "ff", mat.NewDense(4, 5, nil)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	c.Epochs = -1
	if _, err := Build(c); err == nil {
		t.Error("a wrong configuration was built")
	}
	if _, err := (&Result{Config: c}).Network(); err == nil {
		t.Error("a run that did not start has a network")
	}
	r := &Result{Config: small(TaskTeacher)}
	if _, _, err := r.Curve("angel_1"); err == nil || !strings.Contains(err.Error(), `did you mean "angle_1"`) {
		t.Errorf("error %v", err)
	}
}

// TestSetWeights writes weights and sees them at work: with all of them 0 the
// output is at rest.
func TestSetWeights(t *testing.T) {
	c := small(TaskTeacher)
	n, err := Build(c)
	must(t, err)
	must(t, n.SetWeights(3, "ff", mat.NewDense(4, 2, nil)))
	for range 2000 {
		must(t, n.Present([]float64{1, 1, 1}, nil, false, nil))
	}
	u, err := n.Read(3, "output", "v_brev")
	must(t, err)
	if math.Abs(u[0])+math.Abs(u[1]) > 1e-12 {
		t.Errorf("output %v, want 0", u)
	}
	w := mat.NewDense(4, 2, []float64{1, 2, 3, 4, 5, 6, 7, 8})
	must(t, n.SetWeights(3, "ff", w))
	got, err := n.Weights(3, "ff")
	must(t, err)
	if !mat.Equal(got, w) {
		t.Errorf("weights %v", got)
	}
	must(t, n.Present([]float64{1, 1, 1}, nil, false, nil))
	rate, err := n.Read(2, "pyramidal", "rate_last")
	must(t, err)
	basal, err := n.Read(3, "output", "v_basal")
	must(t, err)
	for j := range basal {
		sum := 0.0
		for i, r := range rate {
			sum += r * w.At(i, j)
		}
		if math.Abs(sum-basal[j]) > 1e-3 {
			t.Errorf("basal voltage %d is %v, want about %v", j, basal[j], sum)
		}
	}
}

// TestSlopes compares φ' with differences of φ.
func TestSlopes(t *testing.T) {
	for _, name := range []string{"logistic", "linear", "relu", "soft_relu", "tanh", "hard_sigmoid"} {
		phi := transferOf(name)
		for _, x := range []float64{-4, -1.3, -0.2, 0.1, 0.7, 2.9, 5} {
			const h = 1e-6
			y := []float64{x - h, x + h}
			phi.apply(y, y)
			if d := (y[1] - y[0]) / (2 * h); math.Abs(d-phi.slope(x)) > 1e-9 {
				t.Errorf("%s: slope %v at %v, differences give %v", name, phi.slope(x), x, d)
			}
		}
	}
	for name, kink := range map[string]float64{"relu": 0, "hard_sigmoid": 3} {
		if s := transferOf(name).slope(kink); s != 0 {
			t.Errorf("%s: slope %v at its kink, want 0", name, s)
		}
	}
	y := []float64{-800, 800}
	transferOf("soft_relu").apply(y, y)
	if y[0] != 0 || y[1] != 800 {
		t.Errorf("soft_relu of ±800 is %v", y)
	}
}

// TestMeasureCorrections: the corrected slope concerns the output only, and clean
// inputs are those of the samples.
func TestMeasureCorrections(t *testing.T) {
	c := small(TaskBackward)
	var points [2]Point
	for i, on := range []bool{false, true} {
		c.Corrections.OutputSlope = on
		r, err := Train(context.Background(), c, nil)
		must(t, err)
		points[i] = r.Last()
	}
	a, b := points[0].Alignment, points[1].Alignment
	if a[0] != b[0] || a[1].Angle != b[1].Angle || a[1].Theory == b[1].Theory || a[1].Jacobian == b[1].Jacobian {
		t.Errorf("alignments %v and, corrected, %v", a, b)
	}
	for _, clean := range []bool{false, true} {
		c.Corrections.CleanInputs = clean
		set, err := c.samples(context.Background(), nil)
		must(t, err)
		s, err := newSession(&c, set)
		must(t, err)
		y, err := newComparison(context.Background(), s.net, set)
		must(t, err)
		same := true
		for k, x := range set.Inputs {
			same = same && &y.inputs(k, 0)[0] == &x[0]
			if &y.inputs(k, 1)[0] != &x[0] {
				t.Errorf("sample %d: the second step shows another sample", k)
			}
		}
		if same != clean {
			t.Errorf("clean %v: the first steps are those of the samples: %v", clean, same)
		}
	}
}
