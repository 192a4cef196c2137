package le

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neurocredit/neurocredit/internal/loop"
)

// The products of a layer. Axes: r run, b sample, m input, n neuron; for
// convolutions f filter, q channel and place in the kernel, p sample and position.

// flat returns the activity below as r b m.
func (l *layer) flat(below *graph.Node) *graph.Node {
	if !l.in.image() {
		return below
	}
	d := below.Shape().Dimensions
	return graph.Reshape(graph.TransposeAllAxes(below, 0, 2, 1, 3, 4), d[0], d[2], l.in.n)
}

// drive returns the input of the neurons.
func (l *layer) drive(below, weights, bias *graph.Node) *graph.Node {
	runs := bias.Shape().Dimensions[0]
	if l.Kind != KindConv {
		return graph.Add(graph.Einsum("rbm,rmn->rbn", l.flat(below), weights), graph.Reshape(bias, runs, 1, l.Units))
	}
	s := graph.Einsum("rfq,rqp->rfp", weights, l.unfold(below))
	return l.images(graph.Add(s, graph.Reshape(bias, runs, l.Units, 1)))
}

// images splits the axis p.
func (l *layer) images(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	return graph.Reshape(x, d[0], d[1], d[2]/(l.out.s*l.out.s), l.out.s, l.out.s)
}

// positions joins samples and pixels to the axis p.
func positions(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	return graph.Reshape(x, d[0], d[1], d[2]*d[3]*d[4])
}

// sendDown returns what errors give in the layer below, through the top-down weights
// or, transposed, through the bottom-up ones.
func (l *layer) sendDown(e, weights *graph.Node, transposed bool) *graph.Node {
	if l.Kind == KindConv {
		return l.fold(graph.Einsum("rfq,rfp->rqp", weights, positions(e)), e.Shape().Dimensions[2])
	}
	equation := "rbn,rnm->rbm"
	if transposed {
		equation = "rbn,rmn->rbm"
	}
	x := graph.Einsum(equation, e, weights)
	if !l.in.image() {
		return x
	}
	d := x.Shape().Dimensions
	return graph.TransposeAllAxes(graph.Reshape(x, d[0], d[1], l.in.c, l.in.s, l.in.s), 0, 2, 1, 3, 4)
}

// gradient returns the sums over samples (and positions) of rate below times error,
// and of the error.
func (l *layer) gradient(below, e *graph.Node) (weights, bias *graph.Node) {
	if l.Kind == KindConv {
		flat := positions(e)
		return graph.Einsum("rfp,rqp->rfq", flat, l.unfold(below)), graph.ReduceSum(flat, 2)
	}
	return graph.Einsum("rbm,rbn->rmn", l.flat(below), e), graph.ReduceSum(e, 1)
}

// correlation returns the sums over samples (and positions) of high-passed rate
// times the noise below.
func (l *layer) correlation(highpass, below *graph.Node) *graph.Node {
	if l.Kind == KindConv {
		return graph.Einsum("rfp,rqp->rfq", positions(highpass), l.unfold(below))
	}
	return graph.Einsum("rbn,rbm->rnm", highpass, l.flat(below))
}

// directError returns what the target error gives in the layer.
func (l *layer) directError(target, weights *graph.Node, batch int) *graph.Node {
	e := graph.Einsum("rbn,rnm->rbm", target, weights)
	if !l.out.image() {
		return e
	}
	runs := e.Shape().Dimensions[0]
	return graph.TransposeAllAxes(graph.Reshape(e, runs, batch, l.out.c, l.out.s, l.out.s), 0, 2, 1, 3, 4)
}

// unfold returns the pixels under the kernel at every position, r q p.
func (l *layer) unfold(x *graph.Node) *graph.Node {
	d, o, k := x.Shape().Dimensions, l.out.s, l.Size
	var places []*graph.Node
	for y := range k {
		for z := range k {
			part := graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(), graph.AxisRange(y, y+o), graph.AxisRange(z, z+o))
			places = append(places, graph.Reshape(part, d[0], d[1], 1, d[2]*o*o))
		}
	}
	return graph.Reshape(graph.Concatenate(places, 2), d[0], d[1]*k*k, d[2]*o*o)
}

// fold adds what every position gives to the pixels under its kernel: the transposed
// of unfold.
func (l *layer) fold(x *graph.Node, batch int) *graph.Node {
	runs, o, k := x.Shape().Dimensions[0], l.out.s, l.Size
	parts := graph.Reshape(x, runs, l.in.c, k*k, batch, o, o)
	var all *graph.Node
	for y := range k {
		for z := range k {
			part := graph.Slice(parts, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(y*k+z, y*k+z+1))
			all = sum(all, pad(graph.Reshape(part, runs, l.in.c, batch, o, o), y, k-1-y, z, k-1-z))
		}
	}
	return all
}

// pad adds zeros around images.
func pad(x *graph.Node, top, bottom, left, right int) *graph.Node {
	return spread(x, compute.PadAxis{Start: top, End: bottom}, compute.PadAxis{Start: left, End: right})
}

// spread adds zeros around and between the rows and columns of images.
func spread(x *graph.Node, rows, columns compute.PadAxis) *graph.Node {
	axes := make([]compute.PadAxis, x.Rank())
	axes[x.Rank()-2], axes[x.Rank()-1] = rows, columns
	return graph.Pad(x, loop.Like(x, 0), axes...)
}

// places returns, for each place in the windows of a pool, row by row, its pixels of
// all windows. What remains at the border is left out.
func (l *layer) places(x *graph.Node) []*graph.Node {
	o, k := l.out.s, l.Size
	var all []*graph.Node
	for y := range k {
		for z := range k {
			all = append(all, graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(),
				graph.AxisRange(y, y+k*(o-1)+1).Stride(k), graph.AxisRange(z, z+k*(o-1)+1).Stride(k)))
		}
	}
	return all
}

// maxima returns for each place 1 in the windows that have their first maximum there
// and 0 in the others.
func (l *layer) maxima(x *graph.Node) []*graph.Node {
	places := l.places(x)
	top := places[0]
	for _, p := range places[1:] {
		top = graph.Max(top, p)
	}
	open := graph.Add(zeros(top), loop.Like(top, 1))
	masks := make([]*graph.Node, len(places))
	for i, p := range places {
		masks[i] = graph.Mul(open, graph.ConvertDType(graph.Equal(p, top), x.DType()))
		open = graph.Sub(open, masks[i])
	}
	return masks
}

// pick returns the values where the maxima are.
func (l *layer) pick(x *graph.Node, masks []*graph.Node) *graph.Node {
	var all *graph.Node
	for i, p := range l.places(x) {
		all = sum(all, graph.Mul(p, masks[i]))
	}
	return all
}

// unpick puts values where the maxima are: the transposed of pick.
func (l *layer) unpick(x *graph.Node, masks []*graph.Node) *graph.Node {
	o, k := l.out.s, l.Size
	axis := func(at int) compute.PadAxis {
		return compute.PadAxis{Start: at, End: l.in.s - 1 - at - k*(o-1), Interior: k - 1}
	}
	var all *graph.Node
	for i, m := range masks {
		all = sum(all, spread(graph.Mul(x, m), axis(i/k), axis(i%k)))
	}
	return all
}
