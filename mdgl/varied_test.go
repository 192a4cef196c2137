package mdgl

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

func tanh(x float64) float64 { return math.Tanh(x) }

func closeTo(a, b []float64) bool {
	worst, scale := 0.0, 0.0
	for i, x := range a {
		worst, scale = max(worst, math.Abs(x-b[i])), max(scale, math.Abs(b[i]))
	}
	return worst < 1e-12*scale
}

// vary gives every neuron constants of its own.
func vary(c *Config, spread float64) {
	rng := rand.New(rand.NewPCG(uint64(c.Seed), 7))
	n := &c.Cells
	for j := range c.Neurons() {
		n.MembraneTaus = append(n.MembraneTaus, n.MembraneTau*(1+spread*rng.Float64()))
		n.AdaptationTaus = append(n.AdaptationTaus, n.AdaptationTau*(1+spread*rng.Float64()))
		beta := 0.0
		if j >= n.Regular {
			beta = n.Adaptation * (1 - spread*rng.Float64())
		}
		n.Adaptations = append(n.Adaptations, beta)
	}
}

// TestVariedConstants compares networks whose neurons differ with the oracle, and lists
// of equal values with none.
func TestVariedConstants(t *testing.T) {
	for seed := uint32(1); seed <= 3; seed++ {
		base := smallNetwork(t, seed)
		c := *base.cfg
		vary(&c, 0.8)
		c.Learning.Rule = EProp // passes validation; all rules but NLMDGL are run below
		must(t, c.Validate())
		n, err := newNetwork[float64](&c, base.shape)
		must(t, err)
		copy(n.rec.theta, base.rec.theta)
		n.refresh()
		o, tr := newOracle(n, rand.New(rand.NewPCG(uint64(seed), 1)))
		loss := o.run(o.x, tr.Decisions[0].Label)
		for _, rule := range []Rule{BPTT, EProp, MDGL, MDGLCell, OnMDGL} {
			in, rec := o.rule(rule, n.types)
			s := n.run([]data.Trial{tr}, rule, 1)
			if d := max(math.Abs(s.loss-loss), difference(n.in, n.sums.in, in), difference(n.rec, n.sums.rec, rec)); !(d < 1e-10) {
				t.Errorf("seed %d, %s: relative difference %v", seed, rule, d)
			}
			if base.run([]data.Trial{tr}, rule, 1); difference(n.rec, base.sums.rec, rec) < 1e-3 {
				t.Errorf("seed %d, %s: constants change nothing", seed, rule)
			}
		}
	}
	for _, model := range []string{"alif", "lsnn"} {
		for _, rule := range []Rule{BPTT, EProp, MDGL} {
			gradient := func(own bool) []float64 {
				c := short(rule)
				c.Cells.Model, c.Precision = model, "float64"
				if own {
					vary(&c, 0)
				}
				must(t, c.Validate())
				task := shortTask()
				trials, err := task.Draw(1, data.Training, 0, 4)
				must(t, err)
				n, err := newNetwork[float64](&c, task.Shape())
				must(t, err)
				n.run(trials, rule, 1)
				return append(slices.Clone(n.sums.in), n.sums.rec...)
			}
			if !slices.Equal(gradient(false), gradient(true)) {
				t.Errorf("%s %s: lists of equal constants change the gradient", model, rule)
			}
		}
	}
}

// TestNoise checks mean and variance of the voltage of silent neurons under noise, that
// noise follows from the seed and the batch, and that a resumed run hears the same.
func TestNoise(t *testing.T) {
	for _, model := range []string{"alif", "lsnn"} {
		c := short(EProp)
		c.Cells.Model, c.Cells.Noise, c.Cells.Threshold, c.Precision = model, 0.2, 100, "float64"
		shape := data.Shape{Steps: 4000, Channels: 40, Outputs: 2}
		n, err := Build(c, shape)
		must(t, err)
		quiet := data.Trial{Decisions: []data.Decision{{From: 3999, To: 4000}}}
		a, err := n.Watch(quiet)
		must(t, err)
		sum, square, count := 0.0, 0.0, 0.0
		for t := 500; t < shape.Steps; t++ {
			for _, v := range a.Voltage.RawRowView(t) {
				sum, square, count = sum+v, square+v*v, count+1
			}
		}
		alpha := math.Exp(-1.0 / 20)
		want := 0.2 * (1 - alpha) / math.Sqrt(1-alpha*alpha)
		if std := math.Sqrt(square / count); math.Abs(std/want-1) > 0.03 || math.Abs(sum/count) > 0.05*want {
			t.Errorf("%s: voltage under noise %v ± %v, want 0 ± %v", model, sum/count, std, want)
		}
	}
	testNoiseOfNetwork(t)
	c := short(MDGL)
	c.Cells.Noise = 0.05
	want := train(t, t.Context(), c, &Options{})
	if again := train(t, t.Context(), c, &Options{}); !slices.Equal(format(again), format(want)) {
		t.Error("noise does not follow from the seed")
	}
	c.Cells.Noise = 0
	if none := train(t, t.Context(), c, &Options{}); slices.Equal(format(none), format(want)) {
		t.Error("noise changes nothing")
	}
	c.Cells.Noise, c.Learning.Form, c.Learning.RateModulates = 0.05, "online", false
	online := train(t, t.Context(), c, &Options{})
	c.Learning.Form = "adjoint"
	if adjoint := train(t, t.Context(), c, &Options{}); math.Abs(online.Last().Score.MeanRate-adjoint.Last().Score.MeanRate) > 2 {
		t.Errorf("rates with noise %v online, %v adjoint", online.Last().Score.MeanRate, adjoint.Last().Score.MeanRate)
	}
}

// testNoiseOfNetwork drives a network by hand: every update hears noise of its own, calls
// between two of them the same, and the noise of a number again is the same again.
func testNoiseOfNetwork(t *testing.T) {
	c := short(MDGL)
	c.Cells.Noise, c.Learning.Rate = 0.2, 0
	task := shortTask()
	n, err := Build(c, task.Shape())
	must(t, err)
	trials, err := task.Draw(1, data.Training, 0, 8)
	must(t, err)
	score := func() float64 {
		s, err := n.Score(trials)
		must(t, err)
		return s.MeanRate
	}
	update := func() float64 {
		s, err := n.Update(trials)
		must(t, err)
		return s.MeanRate
	}
	first := score()
	if again := score(); again != first {
		t.Errorf("rates %v and %v between two updates", first, again)
	}
	if a, b := update(), update(); a != first || a == b {
		t.Errorf("updates have rates %v and %v, want %v and another one", a, b, first)
	}
	n.SetNoise(0)
	if again := score(); again != first {
		t.Errorf("rate %v with noise 0, before %v", again, first)
	}
	n.SetNoise(7)
	other := score()
	n.SetNoise(-1)
	if last := score(); other == first || last == first || last == other {
		t.Errorf("rates %v, %v and %v with noise of three batches", first, other, last)
	}
}
