package dendritic

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neurocredit/neurocredit/internal/loop"
)

// noiseChunk is the number of steps for which noise is drawn at once: few, because
// the noise is the largest part of the state, and many, because a chunk costs.
const noiseChunk = 20

// param is a parameter of the runs, as the number of a constant of the program.
type param int

func (p param) node(consts []*graph.Node) *graph.Node { return consts[p] }

// perRun adds a parameter, float64 [1, R].
func (g *graphBatch) perRun(value func(r int) float64) param {
	return g.perNeuron(1, func(r, _ int) float64 { return value(r) })
}

// perNeuron adds a parameter of neurons, float64 [n, R]. It has that shape even if
// all runs agree: another program could round otherwise.
func (g *graphBatch) perNeuron(n int, value func(r, i int) float64) param {
	flat := make([]float64, 0, n*len(g.lanes))
	for i := range n {
		for r := range g.lanes {
			flat = append(flat, value(min(r, len(g.nets)-1), i))
		}
	}
	g.params = append(g.params, g.tensor(flat, n, len(g.lanes)))
	return param(len(g.params) - 1)
}

// parameters adds the constants of the dynamics.
func (g *graphBatch) parameters() {
	c := &g.common
	perNeuron := func(of func(a *arena[float64]) []float64) param {
		return g.perNeuron(g.n, func(r, i int) float64 { return of(g.nets[r].arena)[i] })
	}
	nudged := make([]bool, len(g.nets))
	for r, n := range g.nets {
		nudged[r] = n.nudge
		n.setNudge(true)
	}
	c.wBasal = perNeuron(func(a *arena[float64]) []float64 { return a.wBasal })
	c.wTop = perNeuron(func(a *arena[float64]) []float64 { return a.wTop })
	for _, n := range g.nets {
		n.setNudge(false)
	}
	c.wBasalFree = perNeuron(func(a *arena[float64]) []float64 { return a.wBasal })
	c.wTopFree = perNeuron(func(a *arena[float64]) []float64 { return a.wTop })
	for r, n := range g.nets {
		n.setNudge(nudged[r])
	}
	c.gTotal = perNeuron(func(a *arena[float64]) []float64 { return a.gTotal })
	c.scale = perNeuron(func(a *arena[float64]) []float64 { return a.scale })
	circuit := func(of func(c *Circuit) float64) param {
		return g.perRun(func(r int) float64 { return of(&g.nets[r].cfg.Circuit) })
	}
	c.follow = circuit(func(c *Circuit) float64 { return c.Dt / c.InputTau })
	c.up = circuit(func(c *Circuit) float64 { return math.Sqrt(c.Dt*c.Noise.Tau) * c.Noise.Amplitude / c.Noise.Tau })
	c.down = circuit(func(c *Circuit) float64 { return c.Dt / c.Noise.Tau })
	c.decay = circuit(func(c *Circuit) float64 { return c.Dt / c.HighpassTau })
	c.biasRate = circuit(func(c *Circuit) float64 { return c.Bias.Rate })
	c.dt = circuit(func(c *Circuit) float64 { return c.Dt })
}

// program describes the program of a training pass or of another one. Its inputs
// are the parameters, then patterns [M, inputs], targets [M, outputs], seeds [R],
// orders [capacity, R], the number of patterns, and whether the first one resets
// the players.
func (g *graphBatch) program(learn bool) loop.Build {
	return func(s, in []*graph.Node) (newState, results []*graph.Node) {
		k := len(g.params)
		patterns, targets, seeds, orders, count, reset := in[k], in[k+1], in[k+2], in[k+3], in[k+4], in[k+5]
		zero := loop.Int32(s[0].Graph(), 0)
		x, y := show(patterns, targets, loop.Row(orders, zero))
		restart := graph.GreaterThan(reset, zero)
		s = slices.Clone(s)
		for _, i := range []int{slotIn, slotInLast} {
			s[i] = graph.Where(restart, x, s[i])
			s[i+slotSup-slotIn] = graph.Where(restart, y, s[i+slotSup-slotIn])
		}
		cfg := g.nets[0].cfg
		total, every := cfg.StepsPerPattern(), cfg.StepsPerPattern()/cfg.Presentation.Records
		outputs, runs := g.nets[0].out.n, len(g.lanes)
		record := loop.Record(s[slotRate], g.capacity, (total+every-1)/every, 2*outputs, runs)
		consts := append(in[:k:k], patterns, targets, seeds, orders)
		if g.noisy {
			consts = append(consts, loop.NoiseTable(s[0].Graph()))
		}
		all := loop.Loop{Steps: count, Consts: consts, Body: func(i *graph.Node, s, consts, _ []*graph.Node) []*graph.Node {
			s, record := s[:len(s)-1], s[len(s)-1]
			x, y := show(consts[k], consts[k+1], loop.Row(consts[k+3], i))
			s, shown := g.pattern(learn, s, consts, x, y)
			picked := graph.Slice(shown, graph.AxisRange().Stride(every))
			return append(s, loop.SetRow(record, i, picked))
		}}.Run(append(s[:len(s):len(s)], record)...)
		return all[:len(s)], all[len(s):]
	}
}

// show returns patterns and targets of the given numbers, [inputs, R] and
// [outputs, R].
func show(patterns, targets, numbers *graph.Node) (x, y *graph.Node) {
	at := graph.ExpandAxes(numbers, -1)
	return graph.Transpose(graph.Gather(patterns, at), 0, 1), graph.Transpose(graph.Gather(targets, at), 0, 1)
}

// pattern makes all steps of one pattern. shown is what the output shows after
// every step, [steps, 2·outputs, R].
func (g *graphBatch) pattern(learn bool, s, consts []*graph.Node, x, y *graph.Node) (newState []*graph.Node, shown *graph.Node) {
	cfg := g.nets[0].cfg
	total, k := cfg.StepsPerPattern(), len(g.params)
	carried := append(s[:len(s):len(s)], loop.Record(x, total, 2*g.nets[0].out.n, len(g.lanes)))
	for _, n := range g.sumSizes() {
		carried = append(carried, loop.Record(x, n, len(g.lanes)))
	}
	inner := append(consts[:k:k], x, y)
	l := loop.Loop{Steps: loop.Int32(x.Graph(), total), Body: func(t *graph.Node, carried, consts, rows []*graph.Node) []*graph.Node {
		s, record := carried[:len(s)], carried[len(s)]
		var xi *graph.Node
		if rows != nil {
			xi = rows[0]
		}
		next, sums := g.step(learn, t, s, xi, consts, consts[k], consts[k+1])
		output := graph.Concatenate([]*graph.Node{g.window(next[slotVoltage], g.nets[0].out), next[slotSup]}, 0)
		return append(append(next, loop.SetRow(record, t, output)), sums...)
	}}
	if g.noisy {
		inner = append(inner, consts[k+2], consts[k+4], s[slotClock])
		l.Chunk = min(total, noiseChunk)
		l.Rows = func(t *graph.Node, consts []*graph.Node) []*graph.Node {
			seeds, table, clock := consts[k+2], consts[k+3], consts[k+4]
			return []*graph.Node{g.draw(seeds, table, graph.Add(clock, graph.ConvertDType(t, dtypes.Uint64)), l.Chunk)}
		}
	}
	l.Consts = inner
	out := l.Run(carried...)
	newState = out[:len(s):len(s)]
	newState[slotClock] = graph.Add(s[slotClock], loop.Like(s[slotClock], float64(total)))
	return newState, out[len(s)]
}

// deviates draws the noise of a chunk, [chunk, n, R], 0 but for pyramidal neurons.
func (g *graphBatch) deviates(seeds, table, step *graph.Node, chunk int) *graph.Node {
	var parts []*graph.Node
	drawn := 0
	for _, p := range g.nets[0].hidden { // which are first in the arena
		parts = append(parts, loop.Normal(loop.Bits(seeds, step, uint32(p.level), chunk, p.n), table))
		drawn += p.n
	}
	xi := graph.Concatenate(append(parts, loop.Record(table, chunk, g.n-drawn, len(g.lanes))), 1)
	return graph.ConvertDType(xi, g.dtype)
}

// window returns the part of a vector over all neurons that is one population's.
func (g *graphBatch) window(x *graph.Node, p *population[float64]) *graph.Node {
	return graph.Slice(x, graph.AxisRange(p.at, p.at+p.n))
}

// step advances all networks by dt, in the order that type network states.
func (g *graphBatch) step(learn bool, t *graph.Node, s []*graph.Node, xi *graph.Node, consts []*graph.Node, x, y *graph.Node) (newState, sums []*graph.Node) {
	next := slices.Clone(s)
	cfg, c := g.nets[0].cfg, &g.common
	teach := learn && cfg.Presentation.Teach
	var on *graph.Node // whether the learning lag is over, nil: it always is
	if lag := steps(cfg.Presentation.LearningLag, cfg.Circuit.Dt); learn && lag > 0 {
		on = graph.GreaterOrEqual(t, loop.Like(t, float64(lag)))
	}
	if learn {
		g.plastic(false, next, s, consts, on, nil)
	}
	basal, top, sums := g.sums(next, s, consts)
	if teach {
		target := s[slotSup]
		if on != nil {
			target = graph.Where(on, target, graph.Mul(target, loop.Like(target, 0)))
		}
		top[g.nets[0].out.at] = target
	} else {
		top[g.nets[0].out.at] = loop.Record(s[slotSup], g.nets[0].out.n, len(g.lanes))
	}

	follow := c.follow.node(consts)
	next[slotInLast], next[slotSupLast] = s[slotIn], s[slotSup]
	next[slotIn] = graph.Add(s[slotIn], graph.Mul(follow, graph.Sub(x, s[slotIn])))
	next[slotSup] = graph.Add(s[slotSup], graph.Mul(follow, graph.Sub(y, s[slotSup])))

	if xi != nil {
		change := graph.Sub(graph.Mul(c.up.node(consts), xi), graph.Mul(c.down.node(consts), s[slotNoise]))
		next[slotNoise] = graph.Add(s[slotNoise], change)
	}
	for i, p := range g.highpass {
		hp := s[slotFirst+i]
		risen := graph.Sub(graph.Add(hp, g.window(s[slotRate], p)), g.window(s[slotLast], p))
		next[slotFirst+i] = graph.Sub(risen, graph.Mul(c.decay.node(consts), hp))
	}

	next[slotLast] = s[slotRate]
	next[slotBasal], next[slotTop] = g.arena(basal), g.arena(top)
	wBasal, wTop := c.wBasalFree.node(consts), c.wTopFree.node(consts)
	if teach {
		free := [2]*graph.Node{wBasal, wTop}
		wBasal, wTop = c.wBasal.node(consts), c.wTop.node(consts)
		if on != nil {
			wBasal, wTop = graph.Where(on, wBasal, free[0]), graph.Where(on, wTop, free[1])
		}
	}
	u := graph.Add(graph.Mul(wBasal, next[slotBasal]), graph.Mul(wTop, graph.Add(next[slotTop], next[slotNoise])))
	if !cfg.Circuit.LatentEquilibrium {
		rise := graph.Mul(c.gTotal.node(consts), graph.Sub(u, s[slotMembrane]))
		u = graph.Add(s[slotMembrane], graph.Mul(c.dt.node(consts), rise))
		next[slotMembrane] = u
	}
	next[slotVoltage], next[slotRate] = u, g.phi(u)
	if learn {
		g.plastic(true, next, s, consts, on, graph.Mul(u, loop.Like(u, 0)))
		next[slotPredicted] = g.phi(graph.Mul(c.scale.node(consts), next[slotBasal]))
	}
	return next, sums
}

// arena joins the vectors of populations, given by their first index.
func (g *graphBatch) arena(parts map[int]*graph.Node) *graph.Node {
	var all []*graph.Node
	for at := 0; at < g.n; {
		part := parts[at]
		all = append(all, part)
		at += part.Shape().Dimensions[0]
	}
	return graph.Concatenate(all, 0)
}

// sums returns the input sums of basal and upper compartments, by the first index
// of the population.
func (g *graphBatch) sums(next, s, consts []*graph.Node) (basal, top map[int]*graph.Node, all []*graph.Node) {
	basal, top = map[int]*graph.Node{}, map[int]*graph.Node{}
	for k, p := range g.nets[0].projections {
		syn := p.base()
		to := basal
		if syn.group == groupDown || syn.group == groupI2P {
			to = top
		}
		w := next[g.weightAt[k]]
		sum := graph.ReduceSum(graph.Mul(w, graph.ExpandAxes(g.rate(syn.pre, s, consts), 1)), 0)
		all = append(all, sum)
		if have := to[syn.post.at]; have != nil {
			sum = graph.Add(have, sum)
		}
		to[syn.post.at] = sum
	}
	for _, r := range g.nets[0].relays {
		top[r.to.at] = g.window(s[slotVoltage], r.from)
	}
	return basal, top, all
}

// sumSizes returns the lengths of the input sums, by projection.
func (g *graphBatch) sumSizes() (sizes []int) {
	for _, p := range g.nets[0].projections {
		sizes = append(sizes, p.base().post.n)
	}
	return sizes
}

// rate returns the rate of a population, [n, R].
func (g *graphBatch) rate(p *population[float64], s, consts []*graph.Node) *graph.Node {
	switch p.kind {
	case input:
		return s[slotIn]
	case bias:
		return g.common.biasRate.node(consts)
	}
	return g.window(s[slotRate], p)
}

// plastic makes the Euler step of one equation of all rules, from old values only:
// first that of the weights, later that of delta. zero is 0 for every neuron and
// known only when the input sums are: made to depend on it, delta changes where it
// lies, after the weights have read it. XLA would copy it otherwise.
func (g *graphBatch) plastic(delta bool, next, s, consts []*graph.Node, on, zero *graph.Node) {
	for k, rule := range g.rules {
		if rule == nil || delta && rule.delta == nil {
			continue
		}
		syn := g.nets[0].projections[k].base()
		at := g.weightAt[k]
		q := quantities{
			pre: g.side(syn.pre, "_pre", s, consts), post: g.side(syn.post, "_post", s, consts),
			synapse: map[string]*graph.Node{"w": s[at]},
			scalar:  func(name string) *graph.Node { return rule.scalars[name].node(consts) },
		}
		c := rule.weight
		if rule.delta != nil {
			q.synapse["delta"] = s[at+1]
		}
		if delta {
			c, at = rule.delta, at+1
			q.zero = g.window(zero, syn.post)
		}
		x := c.add(s[at], q, consts)
		if on != nil {
			x = graph.Where(on, x, s[at])
		}
		next[at] = x
	}
}

// side returns what a rule may read of a population.
func (g *graphBatch) side(p *population[float64], suffix string, s, consts []*graph.Node) map[string]*graph.Node {
	names := map[string]*graph.Node{"rate" + suffix: g.rate(p, s, consts)}
	switch p.kind {
	case input:
		names["last_rate"+suffix] = s[slotInLast]
		return names
	case bias:
		rate := names["rate"+suffix]
		names["last_rate"+suffix] = rate
		names["u"+suffix] = graph.ZerosLike(rate) // it has no voltage and its rate is constant
		names["highpass"+suffix] = names["u"+suffix]
		return names
	}
	for _, v := range []struct {
		name string
		of   *graph.Node
	}{
		{"last_rate", s[slotLast]}, {"u", s[slotVoltage]}, {"predicted_rate", s[slotPredicted]},
		{"basal", s[slotBasal]}, {"apical", s[slotTop]}, {"noise", s[slotNoise]},
	} {
		names[v.name+suffix] = g.window(v.of, p)
	}
	for i, h := range g.highpass {
		if h.at == p.at {
			names["highpass"+suffix] = s[slotFirst+i]
		}
	}
	return names
}

// phi is the transfer function.
func (g *graphBatch) phi(x *graph.Node) *graph.Node {
	number := func(v float64) *graph.Node { return loop.Like(x, v) }
	within := func(f *graph.Node, above *graph.Node) *graph.Node {
		inside := graph.LessThan(graph.Abs(x), number(cutoff))
		outside := graph.Where(graph.LessThan(x, number(-cutoff)), graph.Mul(x, number(0)), above)
		return graph.Where(inside, f, outside)
	}
	switch g.nets[0].cfg.Circuit.Activation {
	case "sigmoid_stable":
		return within(graph.Sigmoid(x), graph.Add(graph.Mul(x, number(0)), number(1)))
	case "soft_relu":
		return within(graph.Log(graph.Add(number(1), graph.Exp(x))), x)
	}
	return graph.Sigmoid(x)
}
