package pal

import (
	"fmt"

	"github.com/neurocredit/neurocredit/internal/mt19937"
	"github.com/neurocredit/neurocredit/internal/vec"
)

// network is the native engine: the state of one circuit and its time step.
type network struct {
	cfg   *Config
	phi   transfer
	cells *cells

	in     *population
	pyr    []*population // hidden levels, then the output
	inters []*population // of the hidden levels

	synapses       []*synapses // all, in the order in which input sums add up
	up             []*synapses // into pyr[i]
	p2i, i2p, down []*synapses // of hidden level i

	phase   phase
	target  []float64 // of the output, nil for none
	predict bool      // predictions are read in the present phase
	count   int64     // steps so far

	// Populations whose derived quantities a rule reads.
	wantSlope, wantLowpass, wantError []*population

	decay, filter, lag float64        // dt/τ_hp, dt/τ, dt/τ_d (1 without low-passed dendrites)
	slow               []float64      // scratch of low-passed dendrites
	deviates           func() float64 // standard normal numbers of the noise, nil without
}

// phase says which synapses learn, and with the top-down ones whether there is
// noise (section 7).
type phase struct{ Up, Lateral, Down bool }

// newNetwork builds a circuit with all state and weights zero. rng, if not nil,
// gives the noise.
func newNetwork(cfg *Config, rng *mt19937.Source) (*network, error) {
	levels := cfg.Circuit.Levels
	h := cfg.Hidden()
	n := &network{cfg: cfg, phi: transferOf(cfg.Circuit.Activation)}
	pyramidals := 0
	for _, size := range levels[1:] {
		pyramidals += size
	}
	n.cells = newCells(2*pyramidals-levels[1], pyramidals) // a partner for all but the first hidden level
	n.in = &population{kind: input, n: levels[0], rate: make([]float64, levels[0]), rateLast: make([]float64, levels[0])}
	at := 0
	window := func(k kind, level, size int) *population {
		p := n.cells.window(k, level, at, size)
		at += size
		return p
	}
	for l := 1; l <= h; l++ {
		n.pyr = append(n.pyr, window(pyramidal, l, levels[l]))
	}
	n.pyr = append(n.pyr, window(output, h+1, levels[h+1]))
	for l := 1; l <= h; l++ {
		n.inters = append(n.inters, window(inter, l, levels[l+1]))
	}
	n.setConstants()
	if cfg.noisy() && rng != nil {
		n.deviates = rng.Normal
	}
	if err := n.connect(); err != nil {
		return nil, err
	}
	n.setTarget(nil)
	n.setPhase(phase{})
	return n, nil
}

// out returns the output population.
func (n *network) out() *population { return n.pyr[len(n.pyr)-1] }

// setConstants fills the constants of the neuron equation (section 2).
func (n *network) setConstants() {
	c := &n.cfg.Circuit
	g, dt := c.Conductances, c.Dt
	n.decay, n.filter, n.lag = dt/c.HighpassTau, dt/n.cfg.Learning.Tau, 1
	if c.DendriteTau > 0 {
		n.lag = dt / c.DendriteTau
		n.slow = make([]float64, n.cells.n-n.cells.pyramidal)
	}
	set := func(p *population, basal, top, leak, scale float64) {
		for i := p.at; i < p.at+p.n; i++ {
			n.cells.gBasal[i], n.cells.gTop[i], n.cells.leak[i] = basal, top, leak
			n.cells.reach[i] = c.Prospectivity / leak / dt
			n.cells.scale[i] = scale
		}
	}
	for i := range n.inters {
		total := g.Leak + g.Basal + g.Apical
		set(n.pyr[i], g.Basal, g.Apical, total, g.Basal/total)
		set(n.inters[i], g.Dendrite, g.Soma, g.Leak+g.Dendrite+g.Soma, g.Dendrite/(g.Leak+g.Dendrite))
	}
	set(n.out(), g.Basal, g.Target, g.Leak+g.Basal+g.Target, g.Basal/(g.Leak+g.Basal))
}

// setTarget sets the target of the output neurons, nil for none. Without one the
// published program drives the output as if its conductances were those of an
// untaught neuron, but keeps the time constant of a taught one (section 3).
func (n *network) setTarget(y []float64) {
	n.target = y
	g, out := n.cfg.Circuit.Conductances, n.out()
	basal, leak := g.Basal, g.Leak+g.Basal+g.Target
	switch {
	case y != nil:
		copy(out.top, y)
	case n.cfg.Corrections.FreeOutput:
		clear(out.top)
		leak = g.Leak + g.Basal
	default:
		clear(out.top)
		basal *= leak / (g.Leak + g.Basal)
	}
	for i := out.at; i < out.at+out.n; i++ {
		n.cells.gBasal[i], n.cells.leak[i] = basal, leak
	}
}

// setPhase switches plasticity. Noise ends with top-down learning.
func (n *network) setPhase(p phase) {
	n.phase = p
	n.predict = len(n.wantError) > 0
	for _, s := range n.synapses {
		on := map[string]bool{groupUp: p.Up, groupP2I: p.Lateral, groupI2P: p.Lateral, groupDown: p.Down}[s.group]
		s.plastic = on && s.rule.active
		n.predict = n.predict || s.plastic && s.predicts
	}
}

// learning reports whether any synapses are meant to learn.
func (p phase) learning() bool { return p.Up || p.Lateral || p.Down }

// connect builds all projections.
func (n *network) connect() error {
	rates := n.cfg.Learning.Rates
	add := func(list *[]*synapses, s synapses) (err error) {
		s.w = make([]float64, s.pre.n*s.post.n)
		if s.rule, err = n.compile(&s); err != nil {
			return fmt.Errorf("pal: %s of level %d: %w", s.file, s.level, err)
		}
		*list = append(*list, &s)
		n.synapses = append(n.synapses, &s)
		return nil
	}
	below := n.in
	for i, p := range n.pyr {
		if err := add(&n.up, synapses{group: groupUp, file: "ff", level: i + 1, eta: rates.Up[i], pre: below, post: p, target: p.basal}); err != nil {
			return err
		}
		below = p
	}
	for i, inter := range n.inters {
		p, above := n.pyr[i], n.pyr[i+1]
		for _, s := range []struct {
			list *[]*synapses
			synapses
		}{
			{&n.p2i, synapses{group: groupP2I, file: "p2i", eta: rates.P2I[i], pre: p, post: inter, target: inter.basal}},
			{&n.i2p, synapses{group: groupI2P, file: "i2p", eta: rates.I2P[i], pre: inter, post: p, target: p.apical}},
			{&n.down, synapses{group: groupDown, file: "fb", eta: rates.Down[i], alpha: entry(n.cfg.Learning.Alpha, i), pre: above, post: p, target: p.apical}},
		} {
			s.level = i + 1
			if err := add(s.list, s.synapses); err != nil {
				return err
			}
		}
	}
	return nil
}

// step advances the network by dt under an input pattern (docs/models/pal.md,
// section 3):
//
//  1. Prospective voltages from the last two voltages, u = v⁻ + q τ (v − v⁻)/dt; rates φ(u).
//  2. Dendrites from the new rates; the apical noise is that of the previous step.
//  3. Noise (section 4).
//  4. Soma: v += dt (g_b v_b + g_top v_top − v/τ), from the u of 1.
//  5. Plasticity. Every change comes from the weights, noise and rates of now, and
//     from the dendritic voltages, rates and high-passed rates of the previous
//     step; backpropagation copies the weights before they change.
//  6. High-passed rates.
func (n *network) step(pattern []float64) {
	c := n.cells
	copy(n.in.rateLast, n.in.rate)
	copy(n.in.rate, pattern)
	copy(c.rateLast, c.phiVal[:c.n])
	copy(c.basalLast, c.basal)
	n.lookAhead()
	n.dendrites()
	n.soma()
	n.learn()
	for i, hp := range c.highpass {
		c.highpass[i] = hp + (c.phiVal[i] - c.rateLast[i]) - float64(n.decay*hp)
	}
	n.count++
}

// lookAhead computes prospective voltages, rates and predictions.
func (n *network) lookAhead() {
	c := n.cells
	u, v, vLast, reach := c.phiArg[:c.n], c.v[:c.n], c.vLast[:c.n], c.reach[:c.n]
	for i, last := range vLast {
		u[i] = last + float64(reach[i]*(v[i]-last))
	}
	copy(vLast, v)
	if !n.predict {
		n.phi.apply(c.phiVal[:c.n], u)
		return
	}
	for i, basal := range c.basalLast {
		c.phiArg[c.n+i] = c.scale[i] * basal
	}
	n.phi.apply(c.phiVal, c.phiArg)
}

// dendrites computes the input sums, and the second input of every soma.
func (n *network) dendrites() {
	for _, p := range n.pyr[:len(n.inters)] {
		copy(p.apicalLast, p.apical)
		clear(p.apical)
	}
	interneurons := n.cells.basal[n.cells.pyramidal:]
	if n.lag != 1 {
		copy(n.slow, interneurons)
	}
	clear(n.cells.basal)
	for _, s := range n.synapses {
		s.propagate()
	}
	if n.lag != 1 {
		for i, now := range interneurons {
			interneurons[i] = n.slow[i] + float64(n.lag*(now-n.slow[i]))
		}
	}
	early := n.cfg.Corrections.NoiseLag
	if early {
		n.diffuse()
	}
	for i, p := range n.pyr[:len(n.inters)] {
		copy(p.top, p.apical)
		if n.phase.Down {
			vec.Axpy(1, p.noise, p.top)
		}
		copy(n.inters[i].top, n.pyr[i+1].u)
	}
	if !early {
		n.diffuse()
	}
}

// soma makes the Euler step of all voltages.
func (n *network) soma() {
	c, dt := n.cells, n.cfg.Circuit.Dt
	size := c.n
	v, basal, top := c.v[:size], c.basal[:size], c.top[:size]
	gBasal, gTop, leak := c.gBasal[:size], c.gTop[:size], c.leak[:size]
	for i, old := range v {
		v[i] = old + float64(dt*(float64(gBasal[i]*basal[i])+float64(gTop[i]*top[i])-float64(old*leak[i])))
	}
}

// learn changes the weights.
func (n *network) learn() {
	for _, p := range n.wantSlope {
		for i, u := range p.u {
			p.slope[i] = n.phi.slope(u)
		}
	}
	for _, p := range n.wantLowpass {
		for i, r := range p.rateLast {
			p.lowpass[i] += float64(n.filter * (r - p.lowpass[i]))
		}
	}
	for _, p := range n.wantError {
		for i, r := range p.rate {
			p.lowpassError[i] += float64(n.filter * (r - p.predicted[i] - p.lowpassError[i]))
		}
	}
	if !n.phase.learning() {
		return
	}
	for _, s := range n.synapses {
		if s.plastic {
			s.rule.factors()
		}
	}
	if n.cfg.Learning.CopyTransposed {
		n.transport()
	}
	for _, s := range n.synapses {
		if s.plastic {
			s.rule.change(s)
		}
	}
}

// transport makes the feedback that of backpropagation.
func (n *network) transport() {
	for i := range n.down {
		n.down[i].copyTransposed(n.up[i+1])
		n.i2p[i].copyScaled(n.down[i], -1)
	}
}
