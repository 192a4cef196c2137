package mdgl

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neurocredit/neurocredit/internal/loop"
)

// dense describes a program of the graph engine. In the order of time, chunk by chunk:
//
//  1. input currents of the chunk, as one product;
//  2. the steps of the cell (graph_cells.go), which record y = u+1, 0 in
//     refractoriness: z = 1 where y > 1, and h = max(0, min(y, 2-y));
//  3. spikes through the output weights, as one product, and their low-pass.
//
// Then, if there is something to learn, the errors of all steps, and against the
// order of time, chunk by chunk:
//
//  1. the direct signal L, from the errors by the low-pass against time, as products;
//  2. what neurons secrete, and what of it arrives through one synapse, as a product
//     (rules of the MDGL kind);
//  3. the steps of the adjoint (section 6), which record V. For BPTT a step contains the
//     product of V with the recurrent weights;
//  4. the gradients, products of inputs and spikes with V.
type dense struct {
	layout
	variant
	runs int
}

// scope collects the state of a loop: add returns the place of an array.
type scope []*graph.Node

func (s *scope) add(x *graph.Node) int {
	*s = append(*s, x)
	return len(*s) - 1
}

// nodes gives the fields of inputs the nodes that a function of the program sees, and
// returns those that are left.
func nodes(fields []**graph.Node, from []*graph.Node) []*graph.Node {
	for i, f := range fields {
		*f = from[i]
	}
	return from[len(fields):]
}

// program builds the program. Its results are spike counts [R, N] and the readout
// [n, L, R, B, K], then the gradients of input weights [R, C, D N], recurrent weights
// [R, N, D N], output weights [R, N, K] and bias [R, K].
func (p dense) program(state, in []*graph.Node) (newState, results []*graph.Node) {
	var f forward[*graph.Node]
	rest := nodes(f.all(), in)
	tr := p.simulate(&f)
	results = []*graph.Node{tr.counts, tr.out}
	if p.learn {
		var b backward[*graph.Node]
		nodes(b.all(), rest)
		results = append(results, p.gradients(&f, &b, &tr)...)
	}
	return state, results
}

// traced is what a simulation leaves behind.
type traced struct {
	counts *graph.Node // int32 [R, N] spikes
	out    *graph.Node // [n, L, R, B, K] readout with bias
	y      *graph.Node // [n, L, R, B, N] u+1, 0 in refractoriness
	b      *graph.Node // [n, L, R, B, N] adaptation (LSNN)
	low    *graph.Node // [n, L, R, B, N] low-pass of h (OnMDGL)
}

func (p dense) record(like *graph.Node, width int) *graph.Node {
	return loop.Record(like, p.chunks, p.chunk, p.runs, p.trials, width)
}

// perRun returns zeros [R, B, width].
func (p dense) perRun(like *graph.Node, width int) *graph.Node {
	return loop.Record(like, p.runs, p.trials, width)
}

// simulate is the forward pass.
func (p dense) simulate(f *forward[*graph.Node]) (tr traced) {
	var s scope
	N, K := p.neurons, p.outputs
	cell := s.add(p.perRun(f.x, p.delays*N)) // z of the last steps
	s.add(p.perRun(f.x, N))                  // v
	s.add(p.perRun(f.x, N))                  // b
	s.add(p.perRun(f.x, N))                  // steps of rest
	cellEnd := len(s)
	readout := s.add(p.perRun(f.x, K)) // at the end of the last chunk, without bias
	outs := s.add(p.record(f.x, K))
	counts := s.add(graph.BroadcastToDims(loop.Int32(f.x.Graph(), 0), p.runs, N))
	tail, y, b, low, lowLast := -1, -1, -1, -1, -1
	if p.delays > 1 {
		tail = s.add(loop.Record(f.x, p.delays-1, p.runs, p.trials, p.channels)) // last inputs
	}
	if p.learn {
		y = s.add(p.record(f.x, N))
		if p.lsnn {
			b = s.add(p.record(f.x, N))
		}
		if p.filtered {
			low, lowLast = s.add(p.record(f.x, N)), s.add(p.perRun(f.x, N))
		}
	}
	done := loop.Loop{Steps: loop.Int32(f.x.Graph(), p.chunks), Consts: values(f.all()), Body: func(c *graph.Node, s, consts, _ []*graph.Node) []*graph.Node {
		var f forward[*graph.Node]
		nodes(f.all(), consts)
		next := append(scope(nil), s...)
		x := loop.Row(f.x, c)
		if tail >= 0 {
			x = graph.Concatenate([]*graph.Node{s[tail], x}, 0)
			next[tail] = p.rows(x, p.chunk, p.delays-1)
		}
		var drive *graph.Node
		for d := range p.delays {
			drive = sum(drive, graph.Einsum("lrbc,rcn->lrbn", p.rows(x, p.delays-1-d, p.chunk), p.delayed(f.in, d)))
		}
		if p.noisy {
			drive = graph.Add(drive, loop.Row(f.noise, c))
		}
		steps := graph.Min(loop.Int32(c.Graph(), p.chunk), graph.Sub(loop.Int32(c.Graph(), p.steps), graph.Mul(c, loop.Int32(c.Graph(), p.chunk))))
		ys, bs := p.cells(&f, steps, drive, next[cell:cellEnd])
		z := spikes(ys)
		next[counts] = graph.Add(s[counts], graph.ConvertDType(total(z), dtypes.Int32))
		out := p.lowPass(&f, graph.Einsum("lrbn,rnk->lrbk", z, f.out), s[readout])
		next[readout], next[outs] = p.last(out), loop.SetRow(s[outs], c, out)
		if y >= 0 {
			next[y] = loop.SetRow(s[y], c, ys)
		}
		if b >= 0 {
			next[b] = loop.SetRow(s[b], c, bs)
		}
		if low >= 0 {
			h := p.lowPass(&f, pseudo(ys), s[lowLast])
			next[lowLast], next[low] = p.last(h), loop.SetRow(s[low], c, h)
		}
		return next
	}}.Run(s...)
	pick := func(i int) *graph.Node {
		if i < 0 {
			return nil
		}
		return done[i]
	}
	bias := graph.Reshape(f.bias, 1, 1, p.runs, 1, K)
	return traced{counts: done[counts], out: graph.Add(done[outs], bias), y: pick(y), b: pick(b), low: pick(low)}
}

// spikes returns z of records of y.
func spikes(y *graph.Node) *graph.Node {
	return graph.ConvertDType(graph.GreaterThan(y, loop.Like(y, 1)), y.DType())
}

// pseudo returns h of records of y.
func pseudo(y *graph.Node) *graph.Node {
	return graph.Max(graph.Min(y, graph.Sub(loop.Like(y, 2), y)), loop.Like(y, 0))
}

// ones returns ones of the type of x.
func ones(x *graph.Node, dims ...int) *graph.Node {
	return graph.BroadcastToDims(loop.Like(x, 1), dims...)
}

// total sums a chunk [L, R, B, …] over steps and trials: as a product, because XLA allows
// a reduction in one function of a program alone.
func total(x *graph.Node) *graph.Node {
	dims := x.Shape().Dimensions
	return graph.Einsum("lrbn,lrb->rn", x, ones(x, dims[0], dims[1], dims[2]))
}

// sum adds to a sum that may be nil still.
func sum(s, x *graph.Node) *graph.Node {
	if s == nil {
		return x
	}
	return graph.Add(s, x)
}

// rows returns n rows from row first on.
func (p dense) rows(x *graph.Node, first, n int) *graph.Node {
	if first == 0 && x.Shape().Dimensions[0] == n {
		return x
	}
	return graph.Slice(x, graph.AxisRange(first, first+n))
}

// last returns the last row of a chunk.
func (p dense) last(x *graph.Node) *graph.Node {
	return graph.Reshape(p.rows(x, p.chunk-1, 1), x.Shape().Dimensions[1:]...)
}

// delayed returns the part for delay d of the last axis.
func (p dense) delayed(w *graph.Node, d int) *graph.Node {
	if p.delays == 1 {
		return w
	}
	return graph.Slice(w, graph.AxisRange().Spacer(), graph.AxisRange(d*p.neurons, (d+1)*p.neurons))
}

// cell returns a constant of the cells, [1, R, 1, N].
func (p dense) cell(f *forward[*graph.Node], i int) *graph.Node {
	return graph.Slice(f.cells, graph.AxisElem(i))
}

// lowPass filters a chunk [L, R, B, …] along time; before is the value before it.
func (p dense) lowPass(f *forward[*graph.Node], x, before *graph.Node) *graph.Node {
	inside := graph.Einsum("rtl,lrbk->trbk", f.filter, x)
	return graph.Add(inside, graph.Mul(f.before, graph.ExpandAxes(before, 0)))
}

// lowPassBack filters against time; behind is the value of the step after the chunk.
func (p dense) lowPassBack(f *forward[*graph.Node], b *backward[*graph.Node], x, behind *graph.Node) *graph.Node {
	inside := graph.Einsum("rlt,lrbk->trbk", f.filter, x)
	return graph.Add(inside, graph.Mul(b.behind, graph.ExpandAxes(behind, 0)))
}

// errors returns the derivative of the loss by the readout, [n, L, R, B, K]. Like
// judge it computes in float64.
func (p dense) errors(b *backward[*graph.Node], readout *graph.Node) *graph.Node {
	steps := p.chunks * p.chunk
	out := graph.ConvertDType(graph.Reshape(readout, steps, p.runs, p.trials, p.outputs), dtypes.Float64)
	g := out.Graph()
	var e *graph.Node
	if p.decisions == 0 {
		e = graph.Mul(graph.Sub(out, b.target), b.share)
		t := graph.Iota(g, shapes.Make(dtypes.Int32, steps, p.runs, p.trials, p.outputs), 0)
		e = graph.Where(graph.LessThan(t, loop.Int32(g, p.steps)), e, loop.Record(e, e.Shape().Dimensions...))
	} else {
		t := graph.Iota(g, shapes.Make(dtypes.Int32, steps, p.runs, p.trials, p.decisions), 0)
		within := graph.LogicalAnd(graph.GreaterOrEqual(t, graph.ExpandAxes(b.from, 0)), graph.LessThan(t, graph.ExpandAxes(b.to, 0)))
		window := graph.ConvertDType(within, dtypes.Float64)
		duration := graph.ConvertDType(graph.Max(graph.Sub(b.to, b.from), loop.Int32(g, 1)), dtypes.Float64)
		logits := graph.Div(graph.Einsum("trbd,trbk->rbdk", window, out), graph.ExpandAxes(duration, -1))
		top := graph.ExpandAxes(graph.ReduceMax(logits, -1), -1)
		odds := graph.Exp(graph.Sub(logits, top))
		label := graph.Iota(g, shapes.Make(dtypes.Int32, p.runs, p.trials, p.decisions, p.outputs), -1)
		wanted := graph.ConvertDType(graph.Equal(label, graph.ExpandAxes(b.label, -1)), dtypes.Float64)
		e = graph.Sub(graph.Div(odds, graph.Einsum("rbdk,kj->rbdj", odds, ones(odds, p.outputs, 1))), wanted)
		e = graph.Einsum("trbd,rbdk->trbk", window, graph.Mul(e, graph.ExpandAxes(b.share, -1)))
	}
	return graph.Reshape(graph.ConvertDType(e, readout.DType()), p.chunks, p.chunk, p.runs, p.trials, p.outputs)
}

// rateSignal returns the derivative of the rate cost by a spike, [1, R, 1, N].
func (p dense) rateSignal(b *backward[*graph.Node], counts *graph.Node, to dtypes.DType) *graph.Node {
	all := float64(p.trials * p.steps)
	rate := graph.Div(graph.ConvertDType(counts, dtypes.Float64), loop.Like(b.cost, all))
	weight := graph.Reshape(graph.Slice(b.cost, graph.AxisElem(0)), p.runs, 1)
	target := graph.Reshape(graph.Slice(b.cost, graph.AxisElem(1)), p.runs, 1)
	x := graph.Div(graph.Mul(weight, graph.Sub(rate, target)), loop.Like(b.cost, all))
	return graph.Reshape(graph.ConvertDType(x, to), 1, p.runs, 1, p.neurons)
}

// gradients is the backward pass.
func (p dense) gradients(f *forward[*graph.Node], b *backward[*graph.Node], tr *traced) []*graph.Node {
	R, C, N, K, D := p.runs, p.channels, p.neurons, p.outputs, p.delays
	var consts scope
	eps := consts.add(p.errors(b, tr.out))
	rate := consts.add(p.rateSignal(b, tr.counts, f.x.DType()))
	y, bs, low := consts.add(tr.y), -1, -1
	if p.lsnn {
		bs = consts.add(tr.b)
	}
	if p.filtered {
		low = consts.add(tr.low)
	}
	fromF := len(consts)
	consts = append(append(consts, values(f.all())...), values(b.all())...)

	lag := 1 // steps from what is secreted to where it arrives
	if p.lsnn {
		lag = 2
	}
	var s scope
	adjoint := s.add(p.perRun(f.x, D*N)) // V of the steps after
	s.add(p.perRun(f.x, N))              // Q
	if p.lsnn {
		s.add(p.perRun(f.x, N)) // U/θ of the step after
		s.add(p.perRun(f.x, N)) // θ of the step after
	}
	adjointEnd := len(s)
	lambda := s.add(p.perRun(f.x, K))                   // of the first step of the chunk after
	later := s.add(loop.Record(f.x, D, R, p.trials, N)) // V of its first D steps
	gIn, gRec := s.add(loop.Record(f.x, R, C, D*N)), s.add(loop.Record(f.x, R, N, D*N))
	gOut, gBias := s.add(loop.Record(f.x, R, N, K)), s.add(loop.Record(f.x, R, K))
	secreted, heard := -1, -1
	if p.local {
		secreted = s.add(loop.Record(f.x, lag+D-1, R, p.trials, N)) // at its first steps
	}
	if p.filtered {
		heard = s.add(p.perRun(f.x, N)) // filtered modulator at its first step
	}
	done := loop.Loop{Steps: loop.Int32(f.x.Graph(), p.chunks), Consts: consts, Body: func(i *graph.Node, s, consts, _ []*graph.Node) []*graph.Node {
		var f forward[*graph.Node]
		var b backward[*graph.Node]
		nodes(b.all(), nodes(f.all(), consts[fromF:]))
		next := append(scope(nil), s...)
		c := graph.Sub(loop.Int32(i.Graph(), p.chunks-1), i)
		e, y := loop.Row(consts[eps], c), loop.Row(consts[y], c)
		z, h := spikes(y), pseudo(y)
		var bc *graph.Node
		if p.lsnn {
			bc = loop.Row(consts[bs], c)
		}

		l := p.lowPassBack(&f, &b, e, s[lambda])
		next[lambda] = graph.Reshape(p.rows(l, 0, 1), R, p.trials, K)
		next[gOut] = graph.Add(s[gOut], graph.Einsum("lrbn,lrbk->rnk", z, l))
		next[gBias] = graph.Add(s[gBias], total(e))
		direct := graph.Einsum("lrbk,rnk->lrbn", l, b.feedback)
		signal := graph.Add(direct, consts[rate])
		if p.local {
			x := graph.Mul(graph.Add(direct, graph.Mul(b.rateSecreted, consts[rate])), h)
			if p.lsnn {
				x = graph.Div(x, p.threshold(&f, bc))
			}
			if p.filtered {
				now := graph.Mul(graph.Einsum("lrbk,rnk->lrbn", e, b.feedback), loop.Row(consts[low], c))
				x = graph.Add(graph.Mul(b.direct, x), graph.Mul(b.online, now))
			}
			x = graph.Concatenate([]*graph.Node{x, s[secreted]}, 0)
			next[secreted] = p.rows(x, 0, lag+D-1)
			var m *graph.Node
			for d := range D {
				m = sum(m, graph.Einsum("lrbj,rij->lrbi", p.rows(x, lag+d, p.chunk), p.delayed(b.omega, d)))
			}
			if p.filtered {
				r := p.lowPassBack(&f, &b, m, s[heard])
				next[heard] = graph.Reshape(p.rows(r, 0, 1), R, p.trials, N)
				m = graph.Add(graph.Mul(b.direct, m), graph.Mul(b.online, r))
			}
			signal = graph.Add(signal, m)
		}

		v := p.adjoint(&f, &b, signal, y, bc, next[adjoint:adjointEnd])
		v = graph.Concatenate([]*graph.Node{v, s[later]}, 0)
		next[later] = p.rows(v, 0, D)
		x := loop.Row(f.x, c)
		var in, rec []*graph.Node
		for d := range D {
			in = append(in, graph.Einsum("lrbc,lrbn->rcn", x, p.rows(v, d, p.chunk)))
			rec = append(rec, graph.Einsum("lrbi,lrbj->rij", z, p.rows(v, d+1, p.chunk)))
		}
		next[gIn] = graph.Add(s[gIn], join(in))
		next[gRec] = graph.Add(s[gRec], join(rec))
		return next
	}}.Run(s...)
	return []*graph.Node{done[gIn], done[gRec], done[gOut], done[gBias]}
}

// join concatenates along the last axis.
func join(x []*graph.Node) *graph.Node {
	if len(x) == 1 {
		return x[0]
	}
	return graph.Concatenate(x, -1)
}
