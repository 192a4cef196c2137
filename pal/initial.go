package pal

import "github.com/neurocredit/neurocredit/internal/mt19937"

// initialize sets the initial state of section 6 from a seed: one stream for the
// voltages, and the same stream from its start for the weights.
func (n *network) initialize(seed uint32, w Weights, selfPredict bool) {
	rng := mt19937.New(seed)
	for i := range n.cells.v {
		n.cells.v[i] = rng.Normal()
	}
	n.rest()
	rng = mt19937.New(seed)
	draw := func(list []*synapses, r Range) {
		for _, s := range list {
			for j := range s.post.n {
				for i := range s.pre.n {
					s.w[s.at(i, j)] = rng.Uniform(r.Low, r.High)
				}
			}
		}
	}
	draw(n.up, w.Up)
	draw(n.p2i, w.P2I)
	draw(n.down, w.Down)
	draw(n.i2p, w.I2P)
	if n.cfg.Learning.CopyTransposed {
		n.transport()
	}
	if selfPredict {
		n.selfPredict()
	}
}

// rest derives everything that follows from the initial voltages.
func (n *network) rest() {
	c := n.cells
	copy(c.vLast, c.v)
	copy(c.phiArg[:c.n], c.v)
	n.phi.apply(c.phiVal[:c.n], c.phiArg[:c.n])
	if !n.cfg.Corrections.HighpassRest {
		copy(c.highpass, c.phiVal)
	}
}

// selfPredict sets p2i and i2p so that interneurons predict the level above and
// cancel its effect on the apical dendrites (section 6).
func (n *network) selfPredict() {
	g := n.cfg.Circuit.Conductances
	last := len(n.inters) - 1
	for i := range n.inters {
		total := g.Leak + g.Basal
		if i < last {
			total += g.Apical
		}
		n.p2i[i].copyScaled(n.up[i+1], g.Basal*(g.Leak+g.Dendrite)/(g.Dendrite*total))
		n.i2p[i].copyScaled(n.down[i], -1)
	}
}
