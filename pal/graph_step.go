package pal

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/neurocredit/neurocredit/internal/loop"
	"github.com/neurocredit/neurocredit/internal/rulegraph"
)

// program describes the program of a segment.
func (g *graphBatch) program(train bool) loop.Build {
	fixed := 2 // samples and targets
	if g.noisy(train) {
		fixed = 3 // and noise
	}
	return func(state, inputs []*graph.Node) (newState, results []*graph.Node) {
		steps, from := inputs[0], inputs[1]
		consts := append([]*graph.Node{from}, inputs[2:]...)
		per := float64(g.nets[0].cfg.StepsPerSample())
		newState = loop.Loop{Steps: steps, Consts: consts, Body: func(t *graph.Node, s, consts, _ []*graph.Node) []*graph.Node {
			from, data, params := consts[0], consts[1:1+fixed], consts[1+fixed:]
			k := graph.Div(graph.Add(from, t), loop.Like(t, per))
			f := &frame{g: g, train: train, s: s, next: slices.Clone(s), params: params, x: loop.Row(data[0], k), y: loop.Row(data[1], k)}
			if g.noisy(train) {
				f.w = loop.Row(data[2], t)
			}
			f.step()
			return f.next
		}}.Run(state...)
		return newState, []*graph.Node{graph.Add(steps, from)}
	}
}

// frame is one time step while its graph is built.
type frame struct {
	g       *graphBatch
	train   bool
	s, next []*graph.Node // the state before and after it
	params  []*graph.Node
	x, y, w *graph.Node // input, target, normal numbers (nil: no noise)

	predictor, predicted *graph.Node // of all cells
}

// step advances all circuits by dt, in the order that type network states.
func (f *frame) step() {
	c := &f.g.common
	f.next[slotInLast], f.next[slotIn] = f.s[slotIn], f.x
	f.next[slotRateLast] = f.s[slotRate]
	u := graph.Add(f.s[slotVLast], graph.Mul(f.at(c.reach), graph.Sub(f.s[slotV], f.s[slotVLast])))
	f.next[slotU], f.next[slotRate], f.next[slotVLast] = u, f.phi(u), f.s[slotV]
	f.predictor = graph.Mul(f.at(c.scale), f.s[slotBasal])
	f.predicted = f.phi(f.predictor)

	top := f.dendrites()
	taught := 0
	if f.taught() {
		taught = 1
	}
	drive := graph.Add(graph.Mul(f.at(c.gBasal[taught]), f.next[slotBasal]), graph.Mul(f.at(c.gTop), top))
	change := graph.Sub(drive, graph.Mul(f.s[slotV], f.at(c.leak[taught])))
	f.next[slotV] = graph.Add(f.s[slotV], graph.Mul(f.at(c.dt), change))

	f.filters()
	if f.train {
		f.learn()
	}
	hp, pyramidal := f.s[slotHighpass], f.g.nets[0].cells.pyramidal
	first := func(x *graph.Node) *graph.Node { return graph.Slice(x, graph.AxisRange(0, pyramidal)) }
	risen := graph.Add(hp, graph.Sub(first(f.next[slotRate]), first(f.s[slotRate])))
	f.next[slotHighpass] = graph.Sub(risen, graph.Mul(f.at(c.decay), hp))
}

func (f *frame) at(p param) *graph.Node { return p.node(f.params) }

// taught reports whether the output has a target.
func (f *frame) taught() bool { return f.train && f.g.nets[0].cfg.Task != TaskBackward }

// window returns the part of a vector over all cells that is one population's.
func (f *frame) window(x *graph.Node, p *population) *graph.Node {
	return graph.Slice(x, graph.AxisRange(p.at, p.at+p.n))
}

// dendrites computes input sums and noise, and returns the second input of every
// soma.
func (f *frame) dendrites() *graph.Node {
	n, g := f.g.nets[0], f.g
	basal, apical := map[int]*graph.Node{}, map[int]*graph.Node{}
	for k, s := range n.synapses {
		to := basal
		if s.group == groupI2P || s.group == groupDown {
			to = apical
		}
		sum := graph.ReduceSum(graph.Mul(f.s[g.first.weights+k], graph.ExpandAxes(f.rate(f.next, s.pre), 1)), 0)
		if have := to[s.post.at]; have != nil {
			sum = graph.Add(have, sum)
		}
		to[s.post.at] = sum
	}
	if n.lag != 1 {
		for _, p := range n.inters {
			slow := f.window(f.s[slotBasal], p)
			basal[p.at] = graph.Add(slow, graph.Mul(f.at(g.common.lag), graph.Sub(basal[p.at], slow)))
		}
	}
	var sums, tops []*graph.Node
	for _, p := range n.pyr {
		sums = append(sums, basal[p.at])
	}
	for _, p := range n.inters {
		sums = append(sums, basal[p.at])
	}
	f.next[slotBasal] = graph.Concatenate(sums, 0)
	for l, p := range n.pyr[:len(n.inters)] {
		f.next[g.first.apical+l] = apical[p.at]
		f.diffuse(l, p)
		noise := f.s[g.first.noise+l]
		if n.cfg.Corrections.NoiseLag {
			noise = f.next[g.first.noise+l]
		}
		if f.train {
			apical[p.at] = graph.Add(apical[p.at], noise)
		}
		tops = append(tops, apical[p.at])
	}
	if f.taught() {
		tops = append(tops, f.y)
	} else {
		tops = append(tops, graph.Mul(f.y, loop.Like(f.y, 0)))
	}
	for i := range n.inters {
		tops = append(tops, f.window(f.next[slotU], n.pyr[i+1]))
	}
	return graph.Concatenate(tops, 0)
}

// diffuse makes the noise of hidden level l.
func (f *frame) diffuse(l int, p *population) {
	if f.w == nil {
		return
	}
	c, noise := &f.g.common, f.g.nets[0].cfg.Circuit.Noise
	w := f.window(f.w, p) // hidden neurons are the first cells
	switch noise.Scale {
	case "voltage":
		w = graph.Mul(w, graph.Abs(f.window(f.s[slotV], p)))
	case "prospective":
		w = graph.Mul(w, graph.Abs(f.window(f.next[slotU], p)))
	case "apical":
		w = graph.Mul(w, graph.Abs(f.next[f.g.first.apical+l]))
	}
	w = graph.Mul(w, f.at(c.noiseUp[l]))
	if !noise.White {
		old := f.s[f.g.first.noise+l]
		w = graph.Add(old, graph.Sub(w, graph.Mul(f.at(c.noiseDown[l]), old)))
	}
	f.next[f.g.first.noise+l] = w
}

// rate returns the rate of a population in a state.
func (f *frame) rate(of []*graph.Node, p *population) *graph.Node {
	if p.kind == input {
		return of[slotIn]
	}
	return f.window(of[slotRate], p)
}

// lastRate returns the rate of the step before.
func (f *frame) lastRate(p *population) *graph.Node { return f.rate(f.s, p) }

// filters updates the low-passed quantities that rules read.
func (f *frame) filters() {
	n, g := f.g.nets[0], f.g
	filter := func(at int, p *population, x *graph.Node) {
		f.next[at] = graph.Add(f.s[at], graph.Mul(f.at(g.common.filter), graph.Sub(x, f.s[at])))
	}
	for i, p := range n.wantLowpass {
		filter(g.first.lowpass+i, p, f.lastRate(p))
	}
	for i, p := range n.wantError {
		filter(g.first.lowpassError+i, p, graph.Sub(f.rate(f.next, p), f.window(f.predicted, p)))
	}
}

// learn changes the weights.
func (f *frame) learn() {
	g, n := f.g, f.g.nets[0]
	if n.cfg.Learning.CopyTransposed {
		f.transport()
	}
	for k, s := range n.synapses {
		rule := g.rules[k]
		if rule == nil || s.group == groupUp && n.cfg.Task == TaskBackward {
			continue
		}
		w := g.first.weights + k
		q := rulegraph.Quantities{
			Pre: f.quantities(s.pre, "_pre"), Post: f.quantities(s.post, "_post"),
			Synapse: map[string]*graph.Node{"w": f.next[w]}, Scalar: map[string]*graph.Node{},
		}
		for name, p := range rule.scalars {
			q.Scalar[name] = f.at(p)
		}
		step := f.at(g.common.dt)
		if d := g.delta[k]; d >= 0 {
			q.Synapse["delta"] = f.s[d]
			if change := rulegraph.Step(rule.delta, q, step); change != nil {
				f.next[d] = graph.Add(f.s[d], change)
			}
			q.Synapse["delta"] = f.next[d]
		}
		if change := rulegraph.Step(rule.weight, q, step); change != nil {
			f.next[w] = graph.Add(f.next[w], change)
		}
	}
}

// transport makes the feedback that of backpropagation.
func (f *frame) transport() {
	at := map[*synapses]int{}
	n := f.g.nets[0]
	for k, s := range n.synapses {
		at[s] = f.g.first.weights + k
	}
	for i := range n.down {
		b := graph.TransposeAllAxes(f.s[at[n.up[i+1]]], 1, 0, 2)
		f.next[at[n.down[i]]], f.next[at[n.i2p[i]]] = b, graph.Neg(b)
	}
}

// quantities returns what a rule may read of a population.
func (f *frame) quantities(p *population, suffix string) map[string]*graph.Node {
	n, g := f.g.nets[0], f.g
	q := map[string]*graph.Node{"rate" + suffix: f.rate(f.next, p), "last_rate" + suffix: f.lastRate(p)}
	for i, other := range n.wantLowpass {
		if other == p {
			q["lowpass"+suffix] = f.next[g.first.lowpass+i]
		}
	}
	if p.kind == input {
		return q
	}
	u := f.window(f.next[slotU], p)
	q["u"+suffix], q["basal"+suffix] = u, f.window(f.s[slotBasal], p)
	q["predicted_u"+suffix], q["predicted_rate"+suffix] = f.window(f.predictor, p), f.window(f.predicted, p)
	if slices.Contains(n.wantSlope, p) {
		q["slope"+suffix] = f.slope(u)
	}
	for i, other := range n.wantError {
		if other == p {
			q["lowpass_error"+suffix] = f.next[g.first.lowpassError+i]
		}
	}
	if p.kind != inter {
		q["highpass"+suffix] = f.window(f.s[slotHighpass], p)
	}
	if p.kind == pyramidal {
		q["apical"+suffix], q["noise"+suffix] = f.s[g.first.apical+p.level-1], f.next[g.first.noise+p.level-1]
	}
	return q
}
