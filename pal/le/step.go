package le

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neurocredit/neurocredit/internal/loop"
)

// phase says what a program does besides the dynamics.
type phase struct {
	learn  bool // errors come from the target, weights change
	inject bool // noise enters the voltages
	rest   bool // the network starts without errors and gets none: there is nothing to send down
	stream uint32
}

// setting is what a step reads. All arrays have the leading axis of runs.
type setting struct {
	x, y   *graph.Node   // samples and targets; y nil: x
	seeds  *graph.Node   // uint64 [R]
	table  *graph.Node   // of loop.Normal
	rates  []*graph.Node // parameters, [R]: see parameters
	deltas []*graph.Node // normal deviates by layer, nil unless given
}

// Parameters of a layer, in the order in which programs take them.
const (
	paramUp = iota
	paramDown
	paramDecay
	paramAmplitude
	parameters
)

// parameter returns a parameter of a layer, with axes for arrays of the given rank.
func (c *setting) parameter(l *layer, which, rank int) *graph.Node {
	p := c.rates[parameters*l.index+which]
	dims := []int{p.Shape().Dimensions[0]}
	for len(dims) < rank {
		dims = append(dims, 1)
	}
	return graph.Reshape(p, dims...)
}

// Elementary operations that are safe in bodies of loops.
func times(x *graph.Node, f float64) *graph.Node { return graph.Mul(x, loop.Like(x, f)) }

func zeros(x *graph.Node) *graph.Node {
	return graph.BroadcastToDims(loop.Like(x, 0), x.Shape().Dimensions...)
}

// sum adds the terms that are there.
func sum(terms ...*graph.Node) *graph.Node {
	var s *graph.Node
	for _, t := range terms {
		switch {
		case t == nil:
		case s == nil:
			s = t
		default:
			s = graph.Add(s, t)
		}
	}
	return s
}

// step makes one update of dynamics and, in a learning phase, weights
// (docs/models/pal.md, section 19). It returns the new state. "Old" is what the
// update before has left.
//
//  1. The rate below the first layer is the sample; its slope is 0.
//  2. Target error from the old output; 0 unless learning.
//  3. Layers, from the old rates of the layer below: noise, then prospective
//     voltage, rate and slope, high-passed rate, and the error to be sent down,
//     from the layer's old error. Pools take the new noise of the layer below.
//  4. Own errors, from the top: each layer takes what the layer above sends down in
//     this update; pools hand it on at once. Direct feedback takes the target error.
//  5. Bottom-up weights and biases, from old rates below and new errors.
//  6. Top-down weights, from new high-passed rates and the new noise below.
func (n *network) step(old []*graph.Node, c *setting, ph phase) []*graph.Node {
	next := append([]*graph.Node(nil), old...)
	clock := old[0]
	next[0] = graph.Add(clock, graph.ConstAsDType(clock.Graph(), dtypes.Uint64, uint64(1)))
	top := n.layers[len(n.layers)-1]

	var target *graph.Node
	if ph.learn {
		target = n.targetError(old[top.rate], old[top.slope], old[top.voltage], c)
	} else if !ph.rest {
		target = zeros(old[top.rate])
	}

	xi := make([]*graph.Node, len(n.layers)) // noise that the layer above learns from
	back := make([]*graph.Node, len(n.layers))
	masks := make([][]*graph.Node, len(n.layers)) // of pools: where the maxima are
	for i, l := range n.layers {
		below, slope := c.x, (*graph.Node)(nil)
		if i > 0 {
			below, slope = old[n.layers[i-1].rate], old[n.layers[i-1].slope]
		}
		if l.noisy {
			next[l.noise] = n.ornsteinUhlenbeck(l, old[l.noise], clock, c, ph)
			xi[i] = next[l.noise]
		}
		if l.Kind == KindPool {
			masks[i] = l.maxima(below)
			next[l.rate] = l.pick(below, masks[i])
			if slope != nil {
				next[l.slope] = l.pick(slope, masks[i])
			}
			if l.noisy && ph.inject {
				next[l.rate] = graph.Add(next[l.rate], xi[i])
			}
			if i > 0 && xi[i-1] != nil {
				xi[i] = sum(l.pick(xi[i-1], masks[i]), xi[i])
			}
			continue
		}
		n.fire(l, below, old, next, clock, c, ph)
		if i == 0 || ph.rest {
			continue
		}
		sent := old[l.fall]
		if n.cfg.Network.Dynamics == DynamicsVoltage && ph.inject && l.noisy {
			sent = graph.Add(sent, next[l.noise])
		}
		if n.cfg.Learning.Algorithm != DFA {
			weights := old[l.up]
			if l.down >= 0 {
				weights = old[l.down]
			}
			back[i] = graph.Mul(slope, l.sendDown(sent, weights, l.down < 0))
		}
	}
	if ph.rest {
		return next
	}

	arriving := target
	for i := len(n.layers) - 1; i >= 0; i-- {
		l := n.layers[i]
		if l.Kind == KindPool {
			if arriving != nil {
				arriving = l.unpick(arriving, masks[i])
			}
			continue
		}
		if l.direct >= 0 {
			arriving = graph.Mul(next[l.slope], l.directError(target, old[l.direct], n.batch))
		}
		next[l.fall] = arriving
		arriving = back[i]
		if !ph.learn {
			continue
		}
		below := c.x
		if i > 0 {
			below = old[n.layers[i-1].rate]
		}
		n.learnUp(l, below, old, next, c)
		if l.learns {
			n.learnDown(l, xi[i-1], old, next, c)
		}
	}
	return next
}

// targetError returns the error at the output.
func (n *network) targetError(rate, slope, voltage *graph.Node, c *setting) *graph.Node {
	y := c.y
	if y == nil {
		y = c.x
	}
	beta := n.cfg.Learning.Beta
	switch n.cfg.Learning.Error {
	case ErrorRate:
		return times(graph.Mul(slope, graph.Sub(y, rate)), beta)
	case ErrorSoftmax:
		e := graph.Exp(graph.Sub(voltage, graph.ExpandAxes(graph.ReduceMax(voltage, -1), -1)))
		return times(graph.Sub(y, graph.Div(e, graph.ExpandAxes(graph.ReduceSum(e, -1), -1))), beta)
	}
	return times(graph.Sub(y, voltage), beta)
}

// ornsteinUhlenbeck advances the noise of a layer.
func (n *network) ornsteinUhlenbeck(l *layer, old, clock *graph.Node, c *setting, ph phase) *graph.Node {
	dt, tau := n.cfg.Network.Dt, n.cfg.Network.Noise.Tau
	kick := graph.Mul(n.deviates(l, old, clock, c, ph.stream), times(c.parameter(l, paramAmplitude, old.Rank()), math.Sqrt(tau*dt)))
	return graph.Add(old, times(graph.Sub(kick, times(old, dt)), 1/tau))
}

// deviates returns normal deviates for the neurons of a layer: those that are given,
// or those of the seed, stream and update.
func (n *network) deviates(l *layer, like, clock *graph.Node, c *setting, stream uint32) *graph.Node {
	if c.deltas != nil {
		return c.deltas[l.index]
	}
	dims := like.Shape().Dimensions
	bits := loop.Bits(c.seeds, clock, stream+uint32(l.index), 1, size(dims[1:]))
	x := graph.ConvertDType(loop.Normal(bits, c.table), dtypes.Float32)
	return graph.Reshape(graph.TransposeAllAxes(x, 0, 2, 1), dims...)
}

// fire advances voltage, rate and high-passed rate of a layer with neurons.
func (n *network) fire(l *layer, below *graph.Node, old, next []*graph.Node, clock *graph.Node, c *setting, ph phase) {
	cfg := &n.cfg.Network
	drive := l.drive(below, old[l.up], old[l.bias])
	if cfg.Noise.White > 0 && ph.inject {
		drive = graph.Add(drive, times(n.deviates(l, drive, clock, c, ph.stream+streamWhite), cfg.Noise.White))
	}
	if cfg.Dynamics == DynamicsVoltage && !ph.rest {
		drive = graph.Add(drive, old[l.fall])
	}
	if l.noisy && ph.inject {
		drive = graph.Add(drive, next[l.noise])
	}
	change := times(graph.Sub(drive, old[l.u]), 1/cfg.Tau)
	next[l.voltage] = graph.Add(old[l.u], times(change, cfg.Tau))
	next[l.u] = graph.Add(old[l.u], times(change, cfg.Dt))
	next[l.rate], next[l.slope] = activate(l.Activation, next[l.voltage])
	if l.highpass >= 0 && !ph.rest {
		// The very first update has no rate before it.
		begun := graph.ConvertDType(graph.Min(clock, graph.ConstAsDType(clock.Graph(), dtypes.Uint64, uint64(1))), dtypes.Float32)
		difference := graph.Mul(graph.Sub(next[l.rate], old[l.rate]), begun)
		next[l.highpass] = graph.Sub(graph.Add(old[l.highpass], difference), times(old[l.highpass], cfg.Dt/cfg.HighpassTau))
	}
}

// learnUp changes bottom-up weights and biases. Convolutions sum over positions, but
// their biases take the mean, as the published program does.
func (n *network) learnUp(l *layer, below *graph.Node, old, next []*graph.Node, c *setting) {
	dt := n.cfg.Network.Dt
	e := next[l.fall]
	weights, bias := l.gradient(below, e)
	weights, bias = times(weights, dt/float64(n.batch)), times(bias, dt/float64(n.batch*max(1, l.out.s*l.out.s)))
	if l.upSlow >= 0 {
		slow := func(at int, change *graph.Node) *graph.Node {
			next[at] = graph.Add(old[at], times(graph.Sub(change, old[at]), dt/n.cfg.Learning.Tau[l.index]))
			return next[at]
		}
		weights, bias = slow(l.upSlow, weights), slow(l.biasSlow, bias)
	}
	next[l.up] = graph.Add(old[l.up], graph.Mul(weights, c.parameter(l, paramUp, 3)))
	next[l.bias] = graph.Add(old[l.bias], graph.Mul(bias, c.parameter(l, paramUp, 2)))
}

// learnDown changes top-down weights by the rule of PAL.
func (n *network) learnDown(l *layer, below *graph.Node, old, next []*graph.Node, c *setting) {
	change := graph.Neg(graph.Mul(old[l.down], c.parameter(l, paramDecay, 3)))
	if below != nil {
		change = graph.Add(times(l.correlation(next[l.highpass], below), 1/float64(n.batch)), change)
	}
	next[l.down] = graph.Add(old[l.down], graph.Mul(change, times(c.parameter(l, paramDown, 3), n.cfg.Network.Dt)))
}

// activate returns rate and slope at voltage p.
func activate(name string, p *graph.Node) (rate, slope *graph.Node) {
	one := loop.Like(p, 1)
	zero := zeros(p)
	switch name {
	case "tanh":
		rate = graph.Tanh(p)
		return rate, graph.Sub(one, graph.Mul(rate, rate))
	case "sigmoid":
		rate = graph.Logistic(p)
		return rate, graph.Mul(rate, graph.Sub(one, rate))
	case "relu":
		return graph.Max(p, zero), graph.ConvertDType(graph.GreaterThan(p, zero), p.DType())
	case "hard_sigmoid":
		rate = graph.Min(graph.Max(p, zero), one)
		inside := graph.Mul(graph.ConvertDType(graph.GreaterThan(p, zero), p.DType()), graph.ConvertDType(graph.LessThan(p, one), p.DType()))
		return rate, inside
	}
	return p, graph.BroadcastToDims(one, p.Shape().Dimensions...)
}
