package pal

import (
	"context"
	"math"
	"testing"
)

// quick is the circuit of Fig. 3a-c for a tenth of its time, in which the angles
// fall well below their start.
func quick() Config {
	c := AlignLinear()
	c.Epochs, c.Record.Updates, c.Record.Every = 10, false, 10000
	return c
}

// angles returns the angles between B and Wᵀ before and after a run.
func angles(t *testing.T, c Config) (first, last []Alignment) {
	t.Helper()
	r, err := Train(context.Background(), c, nil)
	must(t, err)
	return r.Points[0].Alignment, r.Last().Alignment
}

// TestAlignmentNeedsNoise: with noise all angles fall; without, the top-down
// weights keep their direction and only shrink by their decay, exactly.
func TestAlignmentNeedsNoise(t *testing.T) {
	t.Parallel()
	first, last := angles(t, quick())
	for l := range last {
		if !(last[l].Angle < first[l].Angle-10) {
			t.Errorf("level %d: with noise %g°, at the start %g°", l+1, last[l].Angle, first[l].Angle)
		}
	}
	silent := quick()
	silent.Circuit.Noise.Amplitude = nil
	first, last = angles(t, silent)
	for l := range last {
		if d := math.Abs(last[l].Angle - first[l].Angle); d > 1e-10 {
			t.Errorf("level %d: without noise the angle moves by %g°", l+1, d)
		}
		steps := float64(silent.Epochs * silent.Data.Samples * silent.StepsPerSample())
		want := first[l].NormDown * math.Pow(1-silent.Circuit.Dt*50*1e-5, steps)
		if math.Abs(last[l].NormDown/want-1) > 1e-9 {
			t.Errorf("level %d: norm %g, want %g", l+1, last[l].NormDown, want)
		}
	}
}

// TestFeedbackAlignmentKeepsWeights: with noise, but no top-down learning, the
// angle stays, in Fig. 3 as in Fig. 4, where backpropagation has none and
// feedback alignment ends at 180°.
func TestFeedbackAlignmentKeepsWeights(t *testing.T) {
	t.Parallel()
	c := quick()
	c.Learning.Rates.Down = repeat(0, 3)
	first, last := angles(t, c)
	for l := range last {
		if last[l].Angle != first[l].Angle {
			t.Errorf("level %d: %g°, at the start %g°", l+1, last[l].Angle, first[l].Angle)
		}
	}
	for mode, want := range map[Mode]float64{FA: 180, BP: 0} {
		c := Chain(mode)
		c.Epochs, c.Record.Every = 10, 10000
		_, last := angles(t, c)
		if a := last[0].Angle; math.Abs(a-want) > 1e-6 {
			t.Errorf("%s: %g°, want %g°", mode, a, want)
		}
	}
}

// TestAlignmentNeedsProspectiveVoltages: for fast noise, instantaneous voltages
// leave the angles where they were.
func TestAlignmentNeedsProspectiveVoltages(t *testing.T) {
	t.Parallel()
	c := quick()
	c.Circuit.Prospectivity = 0
	first, last := angles(t, c)
	for l := range last {
		if math.Abs(last[l].Angle-first[l].Angle) > 5 {
			t.Errorf("level %d: %g°, at the start %g°", l+1, last[l].Angle, first[l].Angle)
		}
	}
}

// TestDecayBoundsWeights: with decay the top-down weights settle at their fixed
// point; without, they grow on and on.
func TestDecayBoundsWeights(t *testing.T) {
	t.Parallel()
	grown := func(alpha float64) float64 {
		c := New(5, 10, 5)
		c.Task, c.Data.Samples, c.Epochs = TaskBackward, 10, 40
		c.Circuit.Noise.Amplitude = []float64{0.05}
		c.Initial.Down = Range{0, 0}
		// Time constant 1/(ηα) of 40 ms; the run takes ten of them.
		c.Learning.Rates.Down, c.Learning.Alpha = []float64{2500}, []float64{alpha}
		c.Record.Every = 1000
		r, err := Train(context.Background(), c, nil)
		must(t, err)
		middle, end := 0.0, 0.0
		n := len(r.Points) - 10 // the first ten are settling
		for i, p := range r.Points[10:] {
			switch {
			case i >= n/2-5 && i < n/2:
				middle += p.Alignment[0].NormDown / 5
			case i >= n-5:
				end += p.Alignment[0].NormDown / 5
			}
		}
		return end / middle
	}
	if g := grown(1e-5); math.Abs(g-1) > 0.15 {
		t.Errorf("with decay the weights grow by a factor of %g in the second half, want 1", g)
	}
	if g := grown(0); g < 1.4 {
		t.Errorf("without decay the weights grow by a factor of only %g in the second half", g)
	}
}

// TestFixedPoint compares the size of the learned weights with the closed form of
// docs/models/pal.md, section 5.4: a linear circuit, in which it is exact but for
// the diffusion that the noise leaves.
func TestFixedPoint(t *testing.T) {
	t.Parallel()
	c := New(2, 4, 3)
	c.Task, c.Data.Samples, c.Epochs = TaskBackward, 4, 1000
	c.Circuit.Activation = "linear"
	c.Circuit.Noise.Amplitude = []float64{0.05}
	const alpha = 1e-3
	c.Learning.Rates.Down, c.Learning.Alpha = []float64{2}, []float64{alpha} // 1/(ηα) = 500 ms of 4000
	r, err := Train(context.Background(), c, nil)
	must(t, err)
	w, err := r.Weights(2, "ff") // [pre × post]
	must(t, err)
	b, err := r.Weights(1, "fb")
	must(t, err)
	g, dt := c.Circuit.Conductances, c.Circuit.Dt
	a, d := dt/c.Circuit.Noise.Tau, dt/c.Circuit.HighpassTau
	lag := math.Pow(1-a, 4) * (1 - d*(1-a)/(1-(1-a)*(1-d))) / (2 - a)
	scale := 0.05 * 0.05 / alpha * g.Apical / (g.Leak + g.Basal + g.Apical) * g.Basal / (g.Leak + g.Basal) * lag
	var wb, ww float64
	for i := range 4 {
		for j := range 3 {
			wb += scale * w.At(i, j) * b.At(j, i)
			ww += scale * w.At(i, j) * scale * w.At(i, j)
		}
	}
	if slope := wb / ww; math.Abs(slope-1) > 0.05 {
		t.Errorf("regression slope of the learned weights on the prediction is %g, want 1", slope)
	} else {
		t.Logf("slope %.3f", slope)
	}
}
