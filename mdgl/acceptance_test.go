package mdgl

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
)

// fig3c returns the published network and one batch, without rate cost.
func fig3c(t *testing.T, seed uint32, trials int) (*network[float32], []data.Trial) {
	t.Helper()
	c := Fig3C(MDGL)
	c.Seed, c.Learning.RateCost = seed, 0
	task := data.DefaultEvidence()
	n, err := newNetwork[float32](&c, task.Shape())
	must(t, err)
	batch, err := task.Draw(uint64(seed), data.Training, 0, trials)
	must(t, err)
	return n, batch
}

// TestInitialNetwork checks the statistics of wiring and initial weights over several
// seeds.
func TestInitialNetwork(t *testing.T) {
	const seeds = 5
	sums := map[string]float64{}
	for seed := range uint32(seeds) {
		n, batch := fig3c(t, seed+1, 16)
		add := func(name string, x float64) { sums[name] += x / seeds }
		add("in", float64(len(n.in.col)))
		add("recurrent", float64(len(n.rec.col)))
		add("out", float64(len(n.out.col)))
		mean := func(s *synapses[float32], keep func(i int) bool) float64 {
			sum, count := 0.0, 0.0
			for k, w := range s.w {
				if w != 0 && keep(int(s.row[k])) {
					sum += math.Abs(float64(w))
					count++
				}
			}
			return sum / count
		}
		all := func(int) bool { return true }
		add("|in|", mean(n.in, all))
		add("|out|", mean(n.out, all))
		add("|E|", mean(n.rec, func(i int) bool { return n.types[i] == 1 }))
		add("|I|", mean(n.rec, func(i int) bool { return n.types[i] == 0 }))
		var eigen mat.Eigen
		eigen.Factorize(n.rec.dense(n.rec.w), mat.EigenNone)
		radius := 0.0
		for _, v := range eigen.Values(nil) {
			radius = max(radius, math.Hypot(real(v), imag(v)))
		}
		add("radius", radius)
		inhibitory := 0
		for j, a := range n.types {
			if a == 0 {
				inhibitory++
				if j >= n.regular {
					t.Errorf("seed %d: inhibitory neuron %d adapts", seed, j)
				}
			}
		}
		add("inhibitory", float64(inhibitory))
		s := newScore(n.run(batch, "", 1), n.meanRates(), len(batch))
		add("rate", s.MeanRate)
		add("loss", s.Loss)
	}
	for _, c := range []struct {
		name             string
		expected, within float64
	}{
		{"in", 380.6, 6}, {"recurrent", 951.7, 8}, {"out", 19.1, 1}, {"inhibitory", 19, 0},
		{"|in|", 0.18, 0.04}, {"|out|", 0.1, 0.06}, {"|E|", 0.065, 0.01}, {"|I|", 0.28, 0.04}, {"radius", 0.5, 0.12},
		{"rate", 8, 3}, {"loss", 0.695, 0.01},
	} {
		if got := sums[c.name]; !(math.Abs(got-c.expected) <= c.within) {
			t.Errorf("%s: mean %v, want %v ± %v", c.name, got, c.expected, c.within)
		}
	}
}

// TestBalanced checks the dense weights before they are thinned out.
func TestBalanced(t *testing.T) {
	signs := unitSigns(40, 0.8)
	w, err := balanced(rand.New(rand.NewPCG(1, 1)), signs, 40)
	must(t, err)
	for j := range 40 {
		sum, size := 0.0, 0.0
		for i, s := range signs {
			sum += s * w[i*40+j]
			size += w[i*40+j]
			if w[i*40+j] < 0 {
				t.Fatalf("magnitude %v", w[i*40+j])
			}
		}
		if math.Abs(sum) > 1e-12*size {
			t.Errorf("column %d sums to %v", j, sum)
		}
	}
	radius, err := spectralRadius(w, signs)
	must(t, err)
	if math.Abs(radius-1) > 1e-9 {
		t.Errorf("spectral radius %v", radius)
	}
	if _, err := balanced(rand.New(rand.NewPCG(1, 1)), []float64{1, 1}, 2); err == nil {
		t.Error("no error without inhibitory units")
	}
}

// reached counts the neurons with a gradient that is not 0.
func reached(n *network[float32]) int {
	hit := map[int32]bool{}
	for _, part := range []struct {
		s    *synapses[float32]
		grad []float32
	}{{n.in, n.sums.in}, {n.rec, n.sums.rec}} {
		for k, g := range part.grad {
			if g != 0 {
				hit[part.s.col[k]] = true
			}
		}
	}
	return len(hit)
}

// TestReach counts which neurons a rule reaches: under e-prop only those with an
// output synapse, under MDGL also those one synapse before them.
func TestReach(t *testing.T) {
	n, batch := fig3c(t, 3, 16)
	want := map[Rule][2]int{EProp: {12, 20}, MDGL: {80, 95}, NLMDGL: {90, 100}, BPTT: {90, 100}}
	for rule, bounds := range want {
		n.run(batch, rule, 1)
		if got := reached(n); got < bounds[0] || got > bounds[1] {
			t.Errorf("%s reaches %d neurons, want %d to %d", rule, got, bounds[0], bounds[1])
		}
	}
}

// TestNoAffinityIsEProp: without modulatory weights MDGL must be e-prop, bit by bit.
func TestNoAffinityIsEProp(t *testing.T) {
	n, batch := fig3c(t, 4, 8)
	n.run(batch, EProp, 1)
	eprop := n.gradients()
	n.cfg.Learning.Affinity = "initial"
	n.run(batch, MDGL, 1)
	if reflect.DeepEqual(n.gradients(), eprop) {
		t.Error("MDGL equals e-prop although there is affinity")
	}
	n.affinity = make([]float64, 4)
	n.run(batch, MDGL, 1)
	if !reflect.DeepEqual(n.gradients(), eprop) {
		t.Error("MDGL without affinity differs from e-prop")
	}
}

// TestInitialAffinity: other weights change the affinities, unless those of the start hold.
func TestInitialAffinity(t *testing.T) {
	for _, rule := range []Rule{MDGL, NLMDGL, Own} {
		for _, affinity := range []string{"current", "initial"} {
			n, _ := fig3c(t, 4, 1)
			n.cfg.Learning.Affinity, n.cfg.Learning.Signal = affinity, "L + M_all"
			first := n.modulators(rule)
			for k := range n.rec.theta {
				n.rec.theta[k] *= 2
			}
			n.refresh()
			if same := slices.Equal(n.modulators(rule), first); same != (affinity == "initial") {
				t.Errorf("%s, affinity %s: weights of modulators stay: %v", rule, affinity, same)
			}
		}
	}
}

// modulators returns the weights with which a rule hears modulators.
func (n *network[F]) modulators(rule Rule) []F {
	n.makePlan(rule, 1)
	return append(slices.Clone(n.plan.gain), n.plan.types...)
}

// cosine compares recurrent gradients at synapses onto neurons without output.
func cosine(n *network[float32], a, b []float32) float64 {
	var ab, aa, bb float64
	for k := range a {
		j := n.rec.col[k]
		if n.rec.row[k] == j || n.out.start[j+1] > n.out.start[j] || n.rec.w[k] == 0 {
			continue
		}
		x, y := float64(a[k]), float64(b[k])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// TestTypesCarryInformation compares with the exact gradient, at neurons that e-prop
// does not reach. Own weights and type means point its way; with the types shuffled
// the means say nothing.
func TestTypesCarryInformation(t *testing.T) {
	var cell, typed, shuffled, eprop float64
	const seeds = 3
	for seed := range uint32(seeds) {
		n, batch := fig3c(t, 10+seed, 16)
		grad := func(rule Rule) []float32 {
			n.run(batch, rule, 0)
			return append([]float32(nil), n.sums.rec...)
		}
		exact := grad(BPTT)
		cell += cosine(n, grad(MDGLCell), exact) / seeds
		typed += cosine(n, grad(MDGL), exact) / seeds
		eprop += cosine(n, grad(EProp), exact) / seeds
		rng := rand.New(rand.NewPCG(uint64(seed), 9))
		for range 2 {
			rng.Shuffle(len(n.types), func(i, j int) { n.types[i], n.types[j] = n.types[j], n.types[i] })
			shuffled += cosine(n, grad(MDGL), exact) / seeds / 2
		}
	}
	t.Logf("cosine with BPTT: cell %.2f, types %.2f, shuffled types %.2f, e-prop %.2f", cell, typed, shuffled, eprop)
	if !(cell > 0.15 && typed > 0.15 && typed > shuffled+0.1 && eprop == 0) {
		t.Error("the order of the rules is lost")
	}
}

// TestLearning trains a small network. The same updates with the sign flipped must
// make it worse.
func TestLearning(t *testing.T) {
	c := short(BPTT)
	c.Learning.Rate, c.Learning.Batch = 0.01, 16
	task := shortTask()
	task.Cues, task.Rate = 1, 200
	task.Delay = 10
	c.Iterations, c.Validation.Every, c.Learning.Batch, c.Validation.Batch = 60, 60, 2, 2
	r, err := Train(context.Background(), c, &Options{Task: task})
	must(t, err)
	first, last := r.Points[0].Score, r.Last().Score
	if !(last.Loss < 0.75*first.Loss && last.Accuracy == 100) {
		t.Errorf("loss %v → %v, accuracy %v %%", first.Loss, last.Loss, last.Accuracy)
	}
	n, err := newNetwork[float32](&c, task.Shape())
	must(t, err)
	var loss score
	for i := range 30 {
		trials, err := task.Draw(1, data.Training, i, 2)
		must(t, err)
		loss = n.run(trials, BPTT, 1)
		for _, g := range [][]float32{n.sums.in, n.sums.rec, n.sums.out, n.sums.bias} {
			for k := range g {
				g[k] = -g[k]
			}
		}
		_, err = n.learn()
		must(t, err)
	}
	if loss.loss < 1.2*first.Loss {
		t.Errorf("uphill the loss is %v, at the start %v", loss.loss, first.Loss)
	}
}

// TestSignsHold demands Dale's law and the wiring after updates.
func TestSignsHold(t *testing.T) {
	c := short(MDGL)
	c.Learning.Rate = 0.05 // many synapses cross zero
	task := shortTask()
	n, err := newNetwork[float32](&c, task.Shape())
	must(t, err)
	before := n.connections()
	back := 0
	for i := range 10 {
		trials, err := task.Draw(1, data.Training, i, 4)
		must(t, err)
		n.run(trials, MDGL, 1)
		k, err := n.learn()
		must(t, err)
		back += k
		for k, w := range n.rec.w {
			i, j := n.rec.row[k], n.rec.col[k]
			if i == j && w != 0 || w*float32(2*n.types[i]-1) < 0 {
				t.Fatalf("synapse %d→%d of type %d has weight %v", i, j, n.types[i], w)
			}
		}
	}
	if back == 0 || n.connections() != before {
		t.Errorf("%d synapses came back; %d connections, %d at the start", back, n.connections(), before)
	}
}

// TestFeedback: random feedback goes to the output neurons only, broadcast feedback to
// all, and both are fixed.
func TestFeedback(t *testing.T) {
	for feedback, want := range map[string]bool{"random": false, "broadcast": true} {
		c := Fig3C(EProp)
		c.Learning.Feedback, c.Learning.RateCost = feedback, 0
		must(t, c.Validate())
		task := data.DefaultEvidence()
		n, err := newNetwork[float32](&c, task.Shape())
		must(t, err)
		n.planFeedback(&n.plan)
		if all := len(n.plan.heard) == n.neurons; all != want || len(n.plan.heard) < 10 {
			t.Errorf("%s: %d neurons hear the error", feedback, len(n.plan.heard))
		}
		same, err := newNetwork[float32](&c, task.Shape())
		must(t, err)
		if !reflect.DeepEqual(n.feedback, same.feedback) {
			t.Errorf("%s: not fixed by the seed", feedback)
		}
	}
}

// TestOrderOfRules trains a small network to generate a pattern: the fewer paths a rule
// drops, the lower is the error. e-prop must still learn.
func TestOrderOfRules(t *testing.T) {
	task := data.DefaultPattern()
	task.Steps = 500
	errors := map[Rule]float64{}
	var start float64
	const seeds = 2
	for seed := range uint32(seeds) {
		for _, rule := range []Rule{BPTT, MDGL, EProp} {
			c := Pattern(rule)
			c.Seed, c.Task.Set = seed+1, "own"
			c.Cells.Regular = 150
			c.Learning.Rate = 0.002
			c.Iterations, c.Validation.Every = 120, 120
			r, err := Train(context.Background(), c, &Options{Task: task})
			must(t, err)
			errors[rule] += r.Last().Score.NMSE / seeds
			start += r.Points[0].Score.NMSE / seeds / 3
		}
	}
	t.Logf("normalised error: start %.2f, BPTT %.3f, MDGL %.3f, e-prop %.3f", start, errors[BPTT], errors[MDGL], errors[EProp])
	if !(errors[BPTT] < errors[MDGL] && errors[MDGL] < errors[EProp] && errors[EProp] < 0.9*start) {
		t.Error("the order of the rules is lost")
	}
}

// TestGreyValues: one channel cannot have both signs, so it needs dense input weights.
func TestGreyValues(t *testing.T) {
	c := SequentialMNIST(BPTT)
	c.Task.Channels = 1
	shape := data.SequentialMNIST{Channels: 1, PixelTime: 1}.Shape()
	if _, err := Build(c, shape); err == nil || !strings.Contains(err.Error(), "wiring.in: 0") {
		t.Errorf("sparse input of one channel: %v", err)
	}
	c.Wiring.In = 0
	n, err := Build(c, shape)
	must(t, err)
	w, err := n.Weights("in")
	must(t, err)
	if mat.Max(w) <= 0 || mat.Min(w) >= 0 {
		t.Errorf("dense input weights lie between %v and %v", mat.Min(w), mat.Max(w))
	}
}
