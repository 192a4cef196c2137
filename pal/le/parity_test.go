package le

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
	"github.com/neurocredit/neurocredit/internal/noise"
)

// parityCases are configurations that together have every kind of layer, activation,
// algorithm, dynamics, target error and option. Their constants are none of the
// published ones.
func parityCases() map[string]Config {
	dense := func(a, b, c, d string) Config {
		return New([]int{5}, Linear(6, a), Linear(4, b), Linear(7, c), Linear(3, d))
	}
	images := func(side int, layers ...Layer) Config { return New([]int{2, side, side}, layers...) }
	cases := map[string]Config{
		"bp-rate-rate":       dense("relu", "sigmoid", "hard_sigmoid", "tanh"),
		"bp-voltage-softmax": dense("hard_sigmoid", "relu", "linear", "linear"),
		"fa-rate-softmax":    dense("tanh", "hard_sigmoid", "relu", "sigmoid"),
		"fa-voltage-mse":     dense("sigmoid", "linear", "relu", "hard_sigmoid"),
		"dfa-rate-mse":       dense("hard_sigmoid", "tanh", "relu", "relu"),
		"dfa-voltage-rate":   dense("relu", "tanh", "hard_sigmoid", "sigmoid"),
		"pal-rate-softmax":   dense("relu", "hard_sigmoid", "tanh", "linear"),
		"pal-voltage-rate":   dense("hard_sigmoid", "linear", "relu", "sigmoid"),
		"pal-voltage-mse":    dense("tanh", "relu", "sigmoid", "linear"),
		// A remainder at the border of a pool, pools on pools and on the input, kernels
		// of one pixel.
		"bp-rate-mse-images":        images(9, Conv(3, 3, "relu"), MaxPool(3), Conv(2, 2, "hard_sigmoid"), Projection(4, "tanh"), Linear(3, "linear")),
		"fa-voltage-rate-images":    images(8, MaxPool(2), Conv(3, 1, "tanh"), Conv(2, 2, "relu"), MaxPool(2), Projection(3, "hard_sigmoid")),
		"dfa-rate-softmax-images":   images(9, Conv(3, 2, "hard_sigmoid"), MaxPool(2), MaxPool(2), Conv(2, 2, "relu"), Projection(3, "linear")),
		"dfa-voltage-mse-images":    images(7, Conv(2, 2, "relu"), Conv(3, 2, "sigmoid"), MaxPool(3), Projection(3, "linear")),
		"pal-rate-mse-images":       images(7, Conv(3, 2, "hard_sigmoid"), MaxPool(2), Conv(2, 2, "relu"), MaxPool(2), Projection(3, "tanh")),
		"pal-voltage-softmax-image": images(8, Conv(2, 2, "tanh"), MaxPool(3), Conv(3, 1, "relu"), Projection(3, "linear")),
		"pal-rate-rate-input":       New([]int{4}, Linear(5, "hard_sigmoid"), Linear(4, "relu")),
	}
	for name, c := range cases {
		word := strings.Split(name, "-")
		c.Name, c.Learning.Algorithm, c.Network.Dynamics, c.Learning.Error = name, Mode(word[0]), word[1], word[2]
		c.Presentation = Presentation{Batch: 3, Updates: 9}
		n := &c.Network
		n.Dt, n.Tau, n.HighpassTau, n.Noise.Tau, n.Weights = 0.25, 1.5, 0.9, 1.3, 0.5
		c.Learning.Beta, c.Learning.Multiplier = 0.3, 40
		c.Evaluation = Evaluation{Updates: 8, Noise: true, Code: 1}
		if n.Layers[0].Kind == KindPool {
			c.Evaluation.Code = 2
		}
		for i, l := range n.Layers {
			weights := 1.0
			if l.Kind == KindPool {
				weights = 0
			}
			c.Learning.Up[i] = weights * (0.3 + 0.2*float64(i))
			if c.Learning.Algorithm != PAL {
				continue
			}
			c.Learning.Down = append(c.Learning.Down, weights*(0.8+0.3*float64(i)))
			c.Learning.Decay = append(c.Learning.Decay, 0.1*weights)
			n.Noise.Amplitude = append(n.Noise.Amplitude, 0.2+0.1*float64(i%3))
			c.Learning.Tau = append(c.Learning.Tau, weights*float64(i%2)*(0.5+float64(i)))
		}
		switch name {
		case "fa-rate-softmax", "dfa-voltage-rate", "pal-rate-mse-images", "bp-voltage-softmax":
			n.Noise.White = 0.15
		case "fa-voltage-mse":
			c.Learning.Multiplier = 15 // with more it grows, and rounding with it
		case "pal-voltage-mse":
			n.Noise.Amplitude[1], c.Learning.Down[2] = 0, 0 // a silent layer, a fixed B
		case "pal-voltage-softmax-image":
			n.Noise.Amplitude[1] = 0 // a pool that only hands noise on
		case "pal-voltage-rate":
			c.Evaluation.Noise = false
		case "pal-rate-rate-input":
			c.Data.Target = TargetInput
		}
		cases[name] = c
	}
	return cases
}

// pair are two runs that differ in numbers only. They share no list.
func pair(c Config) []*Config {
	scaled := func(list []float64, by float64) []float64 {
		s := slices.Clone(list)
		for i := range s {
			s[i] *= by
		}
		return s
	}
	run := func(seed uint64, up, down, decay, amplitude float64) *Config {
		r := c
		r.Seed, r.Network.Layers = seed, slices.Clone(c.Network.Layers)
		r.Learning.Up, r.Learning.Down, r.Learning.Decay = scaled(c.Learning.Up, up), scaled(c.Learning.Down, down), scaled(c.Learning.Decay, decay)
		r.Learning.Tau, r.Network.Noise.Amplitude = slices.Clone(c.Learning.Tau), scaled(c.Network.Noise.Amplitude, amplitude)
		return &r
	}
	return []*Config{run(3, 1, 1, 1, 1), run(4, 0.5, 1.4, 3, 0.6)}
}

// parityBatches are the batches of samples of training and evaluation.
const parityBatches = 2

// paritySamples are random samples and targets.
func paritySamples(c *Config) *samples {
	rng := rand.New(rand.NewPCG(5, 6))
	s := &samples{count: 2 * parityBatches * c.Presentation.Batch, values: size(c.Network.Input), outputs: c.Network.Layers[len(c.Network.Layers)-1].Units}
	for range s.count * s.values {
		s.x = append(s.x, float32(rng.NormFloat64()))
	}
	if c.Data.Target == TargetClass {
		for range s.count * s.outputs {
			s.y = append(s.y, float32(rng.Float64()))
		}
	}
	return s
}

// parityRows are the samples of batch k of run r.
func parityRows(c *Config, k, r int) []int {
	rows := make([]int, c.Presentation.Batch)
	for i := range rows {
		rows[i] = (2*i + k*c.Presentation.Batch + 5*r) % (2*parityBatches*c.Presentation.Batch - 1)
	}
	return rows
}

// outcome is what a pair of runs has come to, [run]...
type outcome struct {
	state       [][][]float64 // after training
	loss, right [][]float64   // of every batch of training
	score       []Score
	codes       [][][]float64
}

// engineOutcome trains and measures with the programs of the package.
func engineOutcome(t *testing.T, b *backend.Backend, configs []*Config) *outcome {
	t.Helper()
	g, err := newBatch(b, configs)
	must(t, err)
	defer g.close()
	states := make([][][]float32, len(configs))
	for r, c := range configs {
		states[r] = g.net.initial(c.Seed)
	}
	must(t, g.push(states, 0))
	set := paritySamples(configs[0])
	s, err := g.show(g.train, set, parityBatches, configs[0].Presentation.Updates, func(k, r int) []int { return parityRows(configs[0], k, r) })
	must(t, err)
	states, clock, err := g.pull()
	must(t, err)
	o, err := newObserver(b, configs, configs[0].Evaluation.Code)
	must(t, err)
	defer o.close()
	must(t, o.rest(states, clock))
	out := &outcome{}
	for r := range configs {
		out.state, out.loss, out.right = append(out.state, nil), append(out.loss, nil), append(out.right, nil)
		for _, a := range states[r] {
			out.state[r] = append(out.state[r], double(a))
		}
		for k := range parityBatches {
			out.loss[r], out.right[r] = append(out.loss[r], float64(s.loss[k][r])), append(out.right[r], float64(s.right[k][r]))
		}
	}
	out.score, out.codes, err = o.show(t.Context(), set, func(r int) []int {
		return slices.Concat(parityRows(configs[0], 1, r), parityRows(configs[0], 0, r))
	})
	must(t, err)
	return out
}

// oracleOutcome does the same with the oracle.
func oracleOutcome(t *testing.T, configs []*Config) *outcome {
	t.Helper()
	out := &outcome{}
	set := paritySamples(configs[0])
	for r, c := range configs {
		n, err := newNetwork(c)
		must(t, err)
		n.watch()
		initial := n.initial(c.Seed)
		o := newOracle(c)
		o.take(n, func(slot int) []float64 { return double(initial[slot]) })
		draw := func(stream uint32) func(layer int, white bool) cells {
			return func(layer int, white bool) cells {
				l, s := n.layers[layer], stream+uint32(layer)
				if white {
					s += streamWhite
				}
				flat := make([]float64, size(l.dims(n.batch)))
				noise.Fill(flat, c.Seed, s, uint64(o.updates))
				return l.shaped(flat)
			}
		}
		var loss, right []float64
		for k := range parityBatches {
			x, y := set.cells(parityRows(c, k, r))
			for range c.Presentation.Updates {
				o.update(x, y, draw(streamTrain), true, true)
			}
			distance, hits := o.reached(y)
			loss, right = append(loss, distance), append(right, hits)
		}
		state := make([][]float64, len(n.slots))
		for slot := range n.slots[1:] {
			state[slot+1] = o.values(n, slot+1)
		}
		// Measured from rest, with the weights and the clock of the training.
		rest := newOracle(c)
		rest.take(n, func(slot int) []float64 { return state[slot] })
		rest.updates, o = o.updates, rest
		var score Score
		var codes [][]float64
		for _, k := range []int{1, 0} {
			x, y := set.cells(parityRows(c, k, r))
			for range c.Evaluation.Updates {
				o.update(x, y, draw(streamEvaluate), false, c.Evaluation.Noise)
			}
			distance, hits := o.reached(y)
			score.Error += distance / parityBatches
			score.Accuracy += hits / float64(parityBatches*c.Presentation.Batch)
			score.Samples += c.Presentation.Batch
			codes = append(codes, o.layers[c.Evaluation.Code-1].rate...)
		}
		if c.Data.Target == TargetInput {
			score.Accuracy = math.NaN()
		}
		out.state, out.loss, out.right = append(out.state, state), append(out.loss, loss), append(out.right, right)
		out.score, out.codes = append(out.score, score), append(out.codes, codes)
	}
	return out
}

// cells returns samples and targets of rows.
func (s *samples) cells(rows []int) (x, y cells) {
	for _, row := range rows {
		x = append(x, double(s.x[row*s.values:(row+1)*s.values]))
		if s.y != nil {
			y = append(y, double(s.y[row*s.outputs:(row+1)*s.outputs]))
		}
	}
	if y == nil {
		y = x
	}
	return x, y
}

// reached returns the mean squared distance of output and target and the number of
// samples with the largest output at the right place.
func (o *oracle) reached(y cells) (loss, right float64) {
	for s, rates := range o.layers[len(o.layers)-1].rate {
		best, goal := 0, 0
		for n, r := range rates {
			loss += (y[s][n] - r) * (y[s][n] - r) / float64(len(y)*len(rates))
			if r > rates[best] {
				best = n
			}
			if y[s][n] > y[s][goal] {
				goal = n
			}
		}
		if best == goal {
			right++
		}
	}
	return loss, right
}

// off returns the largest difference of two outcomes, as distance does, and where.
func (a *outcome) off(n *network, b *outcome) (worst float64, where string) {
	note := func(name string, x, y []float64) {
		if len(x) != len(y) {
			worst, where = math.Inf(1), name
			return
		}
		if d := distance(x, y); d > worst || math.IsNaN(d) {
			worst, where = d, name
		}
	}
	for r := range a.state {
		for i, s := range n.slots[1:] {
			note(fmt.Sprintf("run %d: %s", r, s.name), a.state[r][i+1], b.state[r][i+1])
		}
		note("loss", a.loss[r], b.loss[r])
		note("right", a.right[r], b.right[r])
		note("score", []float64{a.score[r].Error, float64(a.score[r].Samples)}, []float64{b.score[r].Error, float64(b.score[r].Samples)})
		if x, y := a.score[r].Accuracy, b.score[r].Accuracy; !math.IsNaN(x) || !math.IsNaN(y) {
			note("accuracy", []float64{x}, []float64{y})
		}
		note("codes", slices.Concat(a.codes[r]...), slices.Concat(b.codes[r]...))
	}
	return worst, where
}

// quickParity are the cases that -short leaves for XLA, which takes seconds for each.
var quickParity = []string{"fa-rate-softmax", "pal-rate-softmax", "pal-voltage-mse", "fa-voltage-rate-images"}

// TestParity compares the programs with the oracle: whole state after training,
// measures, and codes, of two runs that share a program.
func TestParity(t *testing.T) {
	for name, c := range parityCases() {
		t.Run(name, func(t *testing.T) {
			must(t, c.Validate())
			n, err := newNetwork(&c)
			must(t, err)
			n.watch()
			want := oracleOutcome(t, pair(c))
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				if testing.Short() && b.Name != backend.Go && !slices.Contains(quickParity, name) {
					t.Skip("-short")
				}
				worst, where := engineOutcome(t, b, pair(c)).off(n, want)
				if !(worst <= tolerance) {
					t.Errorf("%s is off by %g", where, worst)
				}
				t.Logf("largest deviation %.2g, %s", worst, where)
			})
		})
	}
}

// mistakes are changes of the oracle's configuration that the comparison must see:
// each is a setting that the programs could have taken wrongly.
func mistakes(c *Config) map[string]func(c *Config) {
	all := map[string]func(c *Config){
		"sign of the error": func(c *Config) { c.Learning.Beta *= -1 },
		"nudging":           func(c *Config) { c.Learning.Beta *= 1.01 },
		"base rate":         func(c *Config) { c.Learning.Multiplier *= 1.01 },
		"membrane":          func(c *Config) { c.Network.Tau *= 1.01 },
		"white noise":       func(c *Config) { c.Network.Noise.White += 0.01 },
		"dynamics": func(c *Config) {
			c.Network.Dynamics = map[string]string{DynamicsRate: DynamicsVoltage, DynamicsVoltage: DynamicsRate}[c.Network.Dynamics]
		},
		"target error": func(c *Config) {
			c.Learning.Error = map[string]string{ErrorRate: ErrorMSE, ErrorMSE: ErrorSoftmax, ErrorSoftmax: ErrorMSE}[c.Learning.Error]
		},
	}
	if last := c.Network.Layers[len(c.Network.Layers)-1]; last.Activation == "linear" && c.Learning.Error == ErrorRate {
		delete(all, "target error") // rate and mse are the same
	}
	scale := func(what string, list func(c *Config) []float64, by float64) {
		for i, v := range list(c) {
			if v != 0 {
				all[fmt.Sprintf("%s of layer %d", what, i+1)] = func(c *Config) { list(c)[i] *= by }
			}
		}
	}
	scale("bottom-up rate", func(c *Config) []float64 { return c.Learning.Up }, 1.02)
	for i, l := range c.Network.Layers {
		if l.Kind != KindPool {
			all[fmt.Sprintf("activation %s of layer %d", l.Activation, i+1)] = func(c *Config) {
				c.Network.Layers[i].Activation = map[string]string{
					"linear": "tanh", "relu": "linear", "hard_sigmoid": "relu", "sigmoid": "tanh", "tanh": "sigmoid",
				}[l.Activation]
			}
		}
	}
	if c.Learning.Algorithm != PAL {
		return all
	}
	all["time constant of the noise"] = func(c *Config) { c.Network.Noise.Tau *= 1.01 }
	all["high pass"] = func(c *Config) { c.Network.HighpassTau *= 1.01 }
	scale("low pass", func(c *Config) []float64 { return c.Learning.Tau }, 1.02)
	for i, tau := range c.Learning.Tau {
		if tau > 0 {
			all[fmt.Sprintf("low pass, left out, of layer %d", i+1)] = func(c *Config) { c.Learning.Tau[i] = c.Network.Dt }
		}
	}
	scale("amplitude", func(c *Config) []float64 { return c.Network.Noise.Amplitude }, 1.02)
	above := func(list []float64) []float64 { // the first layer has no top-down weights
		return list[1:]
	}
	scale("top-down rate above", func(c *Config) []float64 { return above(c.Learning.Down) }, 1.02)
	if slices.Index(c.Learning.Down[1:], 0) < 0 {
		scale("decay above", func(c *Config) []float64 { return above(c.Learning.Decay) }, 1.5)
	}
	return all
}

// TestParityControls: the comparison sees every wrong setting.
func TestParityControls(t *testing.T) {
	b, err := backend.Open(backend.Go)
	must(t, err)
	defer b.Close()
	for name, c := range parityCases() {
		n, err := newNetwork(&c)
		must(t, err)
		n.watch()
		got := engineOutcome(t, b, pair(c))
		for what, change := range mistakes(&c) {
			wrong := pair(c)
			for _, w := range wrong {
				change(w)
			}
			want := oracleOutcome(t, wrong)
			worst, where := got.off(n, want)
			if worst <= 10*tolerance {
				t.Errorf("%s: a wrong %s changes only %s, by %g", name, what, where, worst)
			}
		}
	}
}

// TestAlignmentNeedsProspectiveVoltages: rates that follow the membrane instead of
// the prospective voltage come too late for the noise that top-down weights learn
// from. The programs have no such rates, the oracle has.
func TestAlignmentNeedsProspectiveVoltages(t *testing.T) {
	c := small(PAL)
	c.Learning.Up = []float64{0, 0}
	n, err := newNetwork(&c)
	must(t, err)
	n.watch()
	initial := n.initial(c.Seed)
	rng := rand.New(rand.NewPCG(7, 8))
	angle := func(o *oracle) float64 {
		state := make([][]float32, len(n.slots))
		for _, slot := range []int{n.layers[1].up, n.layers[1].down} {
			state[slot] = single(o.values(n, slot))
		}
		return n.alignments(state)[0].Angle
	}
	var before, after [2]float64
	for i, instantaneous := range []bool{false, true} {
		o := newOracle(&c)
		o.instantaneous = instantaneous
		o.take(n, func(slot int) []float64 { return double(initial[slot]) })
		before[i] = angle(o)
		x, y := newCells(c.Presentation.Batch, 6), newCells(c.Presentation.Batch, 3)
		for range 150 {
			for _, row := range x {
				for k := range row {
					row[k] = rng.NormFloat64()
				}
			}
			for range c.Presentation.Updates {
				o.update(x, y, func(layer int, _ bool) cells {
					delta := newCells(c.Presentation.Batch, n.layers[layer].out.n)
					for _, row := range delta {
						for k := range row {
							row[k] = rng.NormFloat64()
						}
					}
					return delta
				}, true, true)
			}
		}
		after[i] = angle(o)
	}
	t.Logf("prospective %.1f → %.1f degrees, instantaneous %.1f → %.1f", before[0], after[0], before[1], after[1])
	if after[0] > 30 || after[1] < after[0]+30 {
		t.Errorf("prospective %.1f → %.1f degrees, instantaneous %.1f → %.1f", before[0], after[0], before[1], after[1])
	}
}
