package pal

import (
	"context"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// comparison measures, after training, the angle between the forward weight
// changes of the circuit and those of backpropagation in the same weights
// (docs/models/pal.md, section 9.2). The circuit goes on from its last voltages,
// without noise and plasticity.
type comparison struct {
	cfg     *Config
	net     *network
	inputs  func(sample, step int) []float64
	targets func(sample, step int) []float64
	samples int

	basal    [][]float64 // [weight levels] basal voltages one step before the last
	backprop backprop
}

// newComparison prepares the inputs and targets. trained is copied.
func newComparison(ctx context.Context, trained *network, set *data.Set) (*comparison, error) {
	c := trained.cfg
	net, err := newNetwork(c, nil)
	if err != nil {
		return nil, err
	}
	net.copyState(trained)
	for _, p := range net.pyr {
		clear(p.noise)
	}
	net.setPhase(phase{})
	y := &comparison{cfg: c, net: net, samples: len(set.Inputs), backprop: newBackprop(net)}
	for _, p := range net.pyr {
		y.basal = append(y.basal, make([]float64, p.n))
	}
	first := y.firstRows(set.Inputs)
	y.inputs = func(sample, step int) []float64 {
		if step == 0 {
			return first[sample]
		}
		return set.Inputs[sample]
	}
	if c.Task == TaskOwn {
		y.targets = func(sample, _ int) []float64 { return set.Targets[sample] }
		return y, nil
	}
	teacher, err := newTeacher(c)
	if err != nil {
		return nil, err
	}
	steps, out := c.StepsPerSample(), net.out().n
	all := make([]float64, 0, y.samples*steps*out)
	err = teacher.runThrough(ctx, y.samples, y.inputs, func(_, _ int, voltage []float64) { all = append(all, voltage...) })
	y.targets = func(sample, step int) []float64 {
		at := (sample*steps + step) * out
		return all[at : at+out]
	}
	return y, err
}

// firstRows returns the input of the first step of every sample. In the published
// program the shuffle of the first epoch has moved these rows.
func (y *comparison) firstRows(inputs [][]float64) [][]float64 {
	if y.cfg.Corrections.CleanInputs || y.cfg.Task != TaskBackward || y.cfg.Epochs == 0 {
		return inputs
	}
	order := identity(len(inputs))
	mt19937.New(y.cfg.Seed).Shuffle(order)
	rows := make([][]float64, len(inputs))
	for k, i := range order {
		rows[k] = inputs[i]
	}
	return rows
}

// begin sets the weights to those of an epoch, self-predicting.
func (y *comparison) begin(w []float64) {
	y.net.setSnapshot(w)
	y.net.selfPredict()
}

// sample shows one sample and writes the angle of every weight level to dst, in
// degrees.
func (y *comparison) sample(k int, dst []float64) {
	n, steps := y.net, y.cfg.StepsPerSample()
	for t := range steps {
		if t == steps-1 {
			for i, p := range n.pyr {
				copy(y.basal[i], p.basal)
			}
		}
		n.setTarget(y.targets(k, t))
		n.step(y.inputs(k, t))
	}
	y.backprop.run(y.inputs(k, steps-1), y.targets(k, steps-1))
	below := n.in
	for i, p := range n.pyr {
		// Both changes are outer products, so their cosine is that of the factors.
		var post, pre cosine
		for j, v := range y.basal[i] {
			y.basal[i][j] = n.cells.scale[p.at] * v
		}
		n.phi.apply(y.basal[i], y.basal[i])
		for j, r := range p.rate {
			post.add(r-y.basal[i][j], y.backprop.errors[i][j])
		}
		for j, r := range below.rateLast {
			pre.add(r, y.backprop.rates[i][j])
		}
		dst[i] = product(post, pre).degrees()
		below = p
	}
}

// product returns the cosine of two outer products from those of their factors.
func product(a, b cosine) *cosine {
	return &cosine{xy: a.xy * b.xy, xx: a.xx * b.xx, yy: a.yy * b.yy}
}

// backprop is a feed-forward network with the weights of a circuit, in which
// every level has the predicted voltage of its dendritic input.
type backprop struct {
	net    *network
	volts  [][]float64 // [weight levels][neurons]
	rates  [][]float64 // [weight levels] presynaptic rates: input, hidden levels
	errors [][]float64 // [weight levels] postsynaptic errors
}

func newBackprop(n *network) backprop {
	b := backprop{net: n, rates: [][]float64{make([]float64, n.in.n)}}
	for i, p := range n.pyr {
		b.volts = append(b.volts, make([]float64, p.n))
		b.errors = append(b.errors, make([]float64, p.n))
		if i < len(n.inters) {
			b.rates = append(b.rates, make([]float64, p.n))
		}
	}
	return b
}

// run computes voltages and errors for an input and a target voltage. The weight
// change of level i is the outer product of errors[i] and rates[i].
func (b *backprop) run(x, target []float64) {
	n := b.net
	copy(b.rates[0], x)
	for i, s := range n.up {
		k := n.cells.scale[s.post.at]
		for j := range b.volts[i] {
			sum := 0.0
			for l, r := range b.rates[i] {
				sum += float64(s.w[s.at(l, j)] * r)
			}
			b.volts[i][j] = k * sum
		}
		if i < len(n.inters) {
			n.phi.apply(b.rates[i+1], b.volts[i])
		}
	}
	last := len(n.up) - 1
	for j, y := range target {
		b.errors[last][j] = y - b.volts[last][j]
	}
	for i := last; i > 0; i-- {
		s := n.up[i]
		for l, v := range b.volts[i-1] {
			sum := 0.0
			for j, e := range b.errors[i] {
				sum += float64(s.w[s.at(l, j)] * e)
			}
			b.errors[i-1][l] = n.phi.slope(v) * sum
		}
	}
}
