package dendritic

import (
	"fmt"
	"math"
	"testing"

	"github.com/neurocredit/neurocredit/internal/noise"
)

// oracle is the model once more, as plainly as it can be written: loops over
// single neurons and synapses in the order of the equations, all in float64. The
// engines are compared with it where no golden data exist.
type oracle struct {
	cfg             *Config
	in, out, sup    *cells
	hidden, inters  []*cells
	unit            *cells
	synapses        []*oracleSynapses
	learning, teach bool
	clock           uint64
	pattern, target []float64
}

// cells is a population; vectors have one entry per neuron.
type cells struct {
	n                                 int
	rate, last, pred, hp, noise       []float64
	basal, top, u, v                  []float64
	sumBasal, sumTop                  []float64
	gBasal, gTop, total, divisor, pre float64 // pre: factor of the predicted voltage
}

// local is what a rule may see at one synapse.
type local struct {
	w, d, eta, tau, dt, alpha           float64
	pre, last, preHP, preU              float64
	post, postLast, pred, postU, vb, va float64
	noise, postHP                       float64
}

// oracleRule returns the derivatives of w and d.
type oracleRule func(q local) (dw, dd float64)

type oracleSynapses struct {
	file      string
	level     int
	group     string
	eta, tau  float64
	pre, post *cells
	sum       []float64
	w, d      [][]float64
	rule      oracleRule
}

func oracleLowPass(err func(q local) float64) oracleRule {
	return func(q local) (dw, dd float64) {
		return q.d / q.dt, (q.dt*q.eta*q.last*err(q) - q.d) / q.tau
	}
}

// publishedOracle holds the published rules.
var publishedOracle = map[string]oracleRule{
	groupUp:  oracleLowPass(func(q local) float64 { return q.post - q.pred }),
	groupP2I: oracleLowPass(func(q local) float64 { return q.post - q.pred }),
	groupI2P: oracleLowPass(func(q local) float64 { return -q.va }),
	groupDown: func(q local) (dw, dd float64) {
		return q.eta * (q.noise*q.preHP - q.alpha*q.w), 0
	},
}

// newOracle starts with the weights of n.
func newOracle[F float](t *testing.T, n *network[F], rules map[string]oracleRule) *oracle {
	c := &n.cfg.Circuit
	g := c.Conductances
	o := &oracle{cfg: n.cfg, in: newCells(c.Levels[0]), sup: newCells(c.Levels[len(c.Levels)-1])}
	h := n.cfg.Hidden()
	for l := 1; l <= h; l++ {
		p, i := newCells(c.Levels[l]), newCells(c.Levels[l+1])
		p.gBasal, p.gTop, p.total = g.Basal, g.Apical, g.Leak+g.Basal+g.Apical
		p.pre, p.divisor = g.Basal/p.total, p.total
		i.gBasal, i.gTop, i.total = g.Dendrite, g.Soma, g.Leak+g.Dendrite+g.Soma
		i.pre, i.divisor = g.Dendrite/(g.Leak+g.Dendrite), i.total
		o.hidden, o.inters = append(o.hidden, p), append(o.inters, i)
	}
	o.out = newCells(c.Levels[h+1])
	o.out.gBasal, o.out.total, o.out.pre = g.Basal, g.Leak+g.Basal+g.Target, g.Basal/(g.Leak+g.Basal)
	add := func(file, group string, level int, eta, tau float64, pre, post *cells, sum []float64) {
		s := &oracleSynapses{file: file, level: level, group: group, eta: eta, tau: tau, pre: pre, post: post, sum: sum, rule: rules[group]}
		w := n.values(t, level, file, "g")
		for i := range pre.n {
			s.w, s.d = append(s.w, w[i*post.n:(i+1)*post.n]), append(s.d, make([]float64, post.n))
		}
		o.synapses = append(o.synapses, s)
	}
	rates, taus := n.cfg.Learning.Rates, n.cfg.Learning.Taus
	level := func(l int) *cells {
		switch {
		case l == 0:
			return o.in
		case l <= h:
			return o.hidden[l-1]
		}
		return o.out
	}
	for l := 1; l <= h+1; l++ {
		add("ff", groupUp, l, rates.Up[l-1], taus.Up, level(l-1), level(l), level(l).sumBasal)
	}
	for l := 1; l <= h; l++ {
		p, i := o.hidden[l-1], o.inters[l-1]
		add("p2i", groupP2I, l, rates.P2I[l-1], taus.P2I, p, i, i.sumBasal)
		add("i2p", groupI2P, l, rates.I2P[l-1], taus.I2P, i, p, p.sumTop)
		add("fb", groupDown, l, rates.Down[l-1], 0, level(l+1), p, p.sumTop)
		if c.Bias.On {
			if o.unit == nil {
				o.unit = newCells(1)
				o.unit.rate[0], o.unit.last[0] = c.Bias.Rate, c.Bias.Rate
			}
			add("bias_to_pyr", groupUp, l, rates.Up[l-1], taus.Up, o.unit, p, p.sumBasal)
			add("bias_to_inter", groupP2I, l, rates.P2I[l-1], taus.Up, o.unit, i, i.sumBasal)
		}
	}
	return o
}

func newCells(n int) *cells {
	c := &cells{n: n}
	for _, v := range []*[]float64{&c.rate, &c.last, &c.pred, &c.hp, &c.noise, &c.basal, &c.top, &c.u, &c.v, &c.sumBasal, &c.sumTop} {
		*v = make([]float64, n)
	}
	return c
}

func (o *oracle) present(first, training bool, pattern, target []float64) {
	o.pattern, o.target = pattern, target
	if first {
		copy(o.in.rate, pattern)
		copy(o.in.last, pattern)
		copy(o.sup.rate, target)
		copy(o.sup.last, target)
		o.learning, o.teach = training, training && o.cfg.Presentation.Teach
	}
	lag := int(math.Round(o.cfg.Presentation.LearningLag / o.cfg.Circuit.Dt))
	for t := range o.cfg.StepsPerPattern() {
		if training && lag > 0 && t == 0 {
			o.learning, o.teach = false, false
		}
		if training && lag > 0 && t == lag {
			o.learning, o.teach = true, o.cfg.Presentation.Teach
		}
		o.step()
	}
}

func (o *oracle) step() {
	c := &o.cfg.Circuit
	for _, s := range o.synapses {
		if o.learning && (s.group != groupI2P || o.cfg.i2pPlastic()) {
			s.learn(o.cfg)
		}
	}
	for _, p := range append(append([]*cells{o.out}, o.hidden...), o.inters...) {
		clear(p.sumBasal)
		clear(p.sumTop)
	}
	for _, s := range o.synapses {
		for i := range s.w {
			for j := range s.w[i] {
				s.sum[j] += s.w[i][j] * s.pre.rate[i]
			}
		}
	}
	for l, p := range o.inters {
		above := o.out
		if l+1 < len(o.hidden) {
			above = o.hidden[l+1]
		}
		copy(p.sumTop, above.u)
	}
	if o.teach {
		copy(o.out.sumTop, o.sup.rate)
	}
	for _, p := range []struct {
		*cells
		to []float64
	}{{o.in, o.pattern}, {o.sup, o.target}} {
		for i := range p.rate {
			p.last[i] = p.rate[i]
			p.rate[i] += c.Dt / c.InputTau * (p.to[i] - p.rate[i])
		}
	}
	g := c.Conductances
	o.out.gTop, o.out.divisor = 0, g.Leak+g.Basal
	if o.teach {
		o.out.gTop, o.out.divisor = g.Target, g.Leak+g.Basal+g.Target
	}
	for l, p := range o.hidden {
		xi := make([]float64, p.n)
		noise.Fill(xi, uint64(o.cfg.Seed), uint32(l+1), o.clock)
		for i := range xi {
			p.noise[i] += (math.Sqrt(c.Dt*c.Noise.Tau)*c.Noise.Amplitude*xi[i] - c.Dt*p.noise[i]) / c.Noise.Tau
		}
		p.advance(c)
	}
	for _, p := range o.inters {
		p.advance(c)
	}
	o.out.advance(c)
	o.clock++
}

func (s *oracleSynapses) learn(cfg *Config) {
	a, b := s.pre, s.post
	for i := range s.w {
		for j := range s.w[i] {
			dw, dd := s.rule(local{
				w: s.w[i][j], d: s.d[i][j], eta: s.eta, tau: s.tau, dt: cfg.Circuit.Dt, alpha: cfg.Learning.Alpha,
				pre: a.rate[i], last: a.last[i], preHP: a.hp[i], preU: a.u[i],
				post: b.rate[j], postLast: b.last[j], pred: b.pred[j], postU: b.u[j], vb: b.basal[j], va: b.top[j],
				noise: b.noise[j], postHP: b.hp[j],
			})
			s.w[i][j] += cfg.Circuit.Dt * dw
			s.d[i][j] += cfg.Circuit.Dt * dd
		}
	}
}

// advance is the neuron phase of one population.
func (p *cells) advance(c *Circuit) {
	phi := scalarActivation(c.Activation)
	for i := range p.n {
		p.hp[i] += p.rate[i] - p.last[i] - c.Dt/c.HighpassTau*p.hp[i]
		p.last[i] = p.rate[i]
		p.basal[i], p.top[i] = p.sumBasal[i], p.sumTop[i]
		steady := (p.gBasal*p.basal[i] + p.gTop*(p.top[i]+p.noise[i])) / p.divisor
		vDot := p.total * (steady - p.v[i])
		p.u[i] = p.v[i] + vDot/p.total
		p.v[i] += c.Dt * vDot
		if !c.LatentEquilibrium {
			p.u[i] = p.v[i]
		}
		p.rate[i], p.pred[i] = phi(p.u[i]), phi(p.pre*p.basal[i])
	}
}

// distance returns the largest relative difference between oracle and engine.
func distance[F float](t *testing.T, o *oracle, n *network[F]) (worst float64, where string) {
	t.Helper()
	note := func(what string, got, want []float64) {
		if d := difference(t, got, want) / (1 + largest(want)); !(d <= worst) {
			worst, where = d, what
		}
	}
	for _, s := range o.synapses {
		name := fmt.Sprintf("%s of level %d", s.file, s.level)
		note(name, n.values(t, s.level, s.file, "g"), flat(s.w))
		if n.find(s.level, s.file).base().d != nil {
			note("delta of "+name, n.values(t, s.level, s.file, "delta"), flat(s.d))
		}
	}
	for l, p := range o.hidden {
		note("rate", n.values(t, l+1, "pyramidal", "rate"), p.rate)
		note("apical voltage", n.values(t, l+1, "pyramidal", "v_apical"), p.top)
		note("rate of interneurons", n.values(t, l+1, "inter", "rate"), o.inters[l].rate)
	}
	note("output voltage", n.values(t, len(o.hidden)+1, "output", "v_brev"), o.out.u)
	return worst, where
}
