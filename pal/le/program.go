package le

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neurocredit/neurocredit/internal/loop"
)

// inputs of a program, in order. Targets are float32 [capacity, R, batch, outputs],
// or a scalar where they are the samples; deviates, one array per noisy layer, are
// there in tests only.
const (
	inSamples = iota // float32 [capacity, R, batch, values]
	inTargets
	inCount   // int32: batches that there are
	inUpdates // int32: updates of each
	inSeeds   // uint64 [R]
	inRates   // float32 [layers*parameters, R]
	inDeviates
)

// build returns the program of one phase: updates of the state for batch after
// batch. For each batch it returns, after its last update, [capacity, R] the mean
// squared distance of output and target, [capacity, R] the number of samples whose
// largest output is that of the target, and, if code is a layer (counted from 1),
// its rates [capacity, R, batch, neurons].
func (n *network) build(ph phase, code int, given bool) loop.Build {
	return func(state, in []*graph.Node) (newState, results []*graph.Node) {
		samples := in[inSamples]
		d := samples.Shape().Dimensions
		capacity, runs := d[0], d[1]
		consts := []*graph.Node{samples, in[inTargets], in[inUpdates], in[inSeeds], loop.NoiseTable(samples.Graph())}
		for i := range parameters * len(n.layers) {
			consts = append(consts, graph.Reshape(graph.Slice(in[inRates], graph.AxisRange(i, i+1)), runs))
		}
		consts = append(consts, in[inDeviates:]...)
		like := graph.Slice(samples, graph.AxisElem(0))
		top := n.layers[len(n.layers)-1]
		all := append(append([]*graph.Node(nil), state...), loop.Record(like, capacity, runs), loop.Record(like, capacity, runs))
		if code > 0 {
			l := n.layers[code-1]
			all = append(all, loop.Record(like, append([]int{capacity, runs}, l.dims(n.batch)...)...))
		}
		out := loop.Loop{Steps: in[inCount], Consts: consts, Body: func(t *graph.Node, s, c, _ []*graph.Node) []*graph.Node {
			state, records := s[:len(state)], s[len(state):]
			x, y := n.shown(loop.Row(c[0], t)), c[1]
			if !y.IsScalar() {
				y = loop.Row(y, t)
			}
			inner := append([]*graph.Node{x, y}, c[3:]...)
			after := loop.Loop{Steps: c[2], Consts: inner, Body: func(_ *graph.Node, s, c, _ []*graph.Node) []*graph.Node {
				return n.step(s, n.setting(c, given), ph)
			}}.Run(state...)
			rate := after[top.rate]
			goal := y
			if goal.IsScalar() {
				goal = x
			}
			missed := graph.Sub(goal, rate)
			// XLA has one function of each reduction per program, and it belongs to the
			// body of the step: here sums are products.
			loss := times(graph.Einsum("rbn,rbn->r", missed, missed), 1/float64(n.batch*top.Units))
			right := graph.ConvertDType(graph.Equal(graph.ArgMax(rate, -1), graph.ArgMax(goal, -1)), rate.DType())
			next := append(append([]*graph.Node(nil), after...), loop.SetRow(records[0], t, loss), loop.SetRow(records[1], t, graph.Einsum("rb,rb->r", right, right)))
			if code > 0 {
				next = append(next, loop.SetRow(records[2], t, after[n.layers[code-1].rate]))
			}
			return next
		}}.Run(all...)
		return out[:len(state)], out[len(state):]
	}
}

// shown brings samples [R, batch, values] into the layout of the first layer.
func (n *network) shown(x *graph.Node) *graph.Node {
	if !n.input.image() {
		return x
	}
	d := x.Shape().Dimensions
	return graph.TransposeAllAxes(graph.Reshape(x, d[0], d[1], n.input.c, n.input.s, n.input.s), 0, 2, 1, 3, 4)
}

// setting sorts the constants of a step.
func (n *network) setting(c []*graph.Node, given bool) *setting {
	count := parameters * len(n.layers)
	k := &setting{x: c[0], seeds: c[2], table: c[3], rates: c[4 : 4+count]}
	if !c[1].IsScalar() {
		k.y = c[1]
	}
	if given {
		k.deltas = make([]*graph.Node, len(n.layers))
		rest := c[4+count:]
		for _, l := range n.layers {
			if l.noisy {
				k.deltas[l.index], rest = rest[0], rest[1:]
			}
		}
	}
	return k
}

// rates returns the parameters of runs, [layers*parameters, R].
func (n *network) rates(runs []*Config) []float32 {
	var flat []float32
	for i := range n.layers {
		for which := range parameters {
			for _, c := range runs {
				var v float64
				switch which {
				case paramUp:
					v = c.BaseRate() * entry(c.Learning.Up, i)
				case paramDown:
					v = c.BaseRate() * entry(c.Learning.Down, i)
				case paramDecay:
					v = entry(c.Learning.Decay, i)
				case paramAmplitude:
					v = entry(c.Network.Noise.Amplitude, i)
				}
				flat = append(flat, float32(v))
			}
		}
	}
	return flat
}
