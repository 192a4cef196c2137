package mdgl

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neurocredit/neurocredit/internal/loop"
)

// stepConstants returns the constants of the cells as [R, 1, N].
func (p dense) stepConstants(f *forward[*graph.Node]) []*graph.Node {
	all := make([]*graph.Node, cellConstants)
	for i := range all {
		all[i] = graph.Reshape(p.cell(f, i), p.runs, 1, p.neurons)
	}
	return all
}

// threshold returns θ for a record [L, R, B, N] of b.
func (p dense) threshold(f *forward[*graph.Node], b *graph.Node) *graph.Node {
	return graph.Add(p.cell(f, cellThreshold), graph.Mul(p.cell(f, cellBeta), b))
}

// cells makes the steps of a chunk. drive is the input current of every step; s holds the
// spikes of the last D steps, v, b and the steps of rest that are left, and is
// advanced. It returns the records of y and, for the LSNN cell, b, which stay 0 behind the last
// step. The order of a step is that of types alif and lsnn:
//
//  1. I = drive + W z of the steps before;
//  2. b = ρ b + (1-ρ) z;
//  3. alif: v = α v + I - ϑ z; y = (v - β b)/ϑ;
//     lsnn: θ = ϑ + β b; y = v/θ; v = α v + I - θ z;
//  4. y = 0 in refractoriness; spike if y > 1.
func (p dense) cells(f *forward[*graph.Node], steps, drive *graph.Node, s []*graph.Node) (y, b *graph.Node) {
	state := append(scope(nil), s...)
	ys := state.add(loop.Record(drive, drive.Shape().Dimensions...))
	bs := -1
	if p.learn && p.lsnn {
		bs = state.add(loop.Record(drive, drive.Shape().Dimensions...))
	}
	consts := append([]*graph.Node{drive, f.rec}, p.stepConstants(f)...)
	done := loop.Loop{Steps: steps, Consts: consts, Body: func(t *graph.Node, s, consts, _ []*graph.Node) []*graph.Node {
		recent, v, b, rest := s[0], s[1], s[2], s[3]
		c := consts[2:]
		beta := c[cellBeta]
		next := append(scope(nil), s...)
		z := p.newest(recent)
		current := graph.Add(loop.Row(consts[0], t), graph.Einsum("rbi,rij->rbj", recent, consts[1]))
		b = graph.Add(graph.Mul(c[cellRho], b), graph.Mul(c[cellRho1], z))
		var y *graph.Node
		if p.lsnn {
			theta := graph.Add(c[cellThreshold], graph.Mul(beta, b))
			y = graph.Div(v, theta)
			v = graph.Sub(graph.Add(graph.Mul(c[cellAlpha], v), current), graph.Mul(theta, z))
		} else {
			v = graph.Sub(graph.Add(graph.Mul(c[cellAlpha], v), current), graph.Mul(c[cellThreshold], z))
			y = graph.Mul(graph.Sub(v, graph.Mul(beta, b)), c[cellScale])
		}
		zero := loop.Record(y, y.Shape().Dimensions...)
		y = graph.Where(graph.GreaterThan(rest, zero), zero, y)
		spike := graph.GreaterThan(y, loop.Like(y, 1))
		pause := graph.Add(zero, c[cellRefractory])
		next[0] = p.push(graph.ConvertDType(spike, y.DType()), recent)
		next[1], next[2] = v, b
		next[3] = graph.Where(spike, pause, graph.Max(graph.Sub(rest, loop.Like(rest, 1)), zero))
		next[ys] = loop.SetRow(s[ys], t, y)
		if bs >= 0 {
			next[bs] = loop.SetRow(s[bs], t, b)
		}
		return next
	}}.Run(state...)
	copy(s, done)
	if bs >= 0 {
		b = done[bs]
	}
	return done[ys], b
}

// newest returns the part of the last step of a history [R, B, D N].
func (p dense) newest(history *graph.Node) *graph.Node {
	if p.delays == 1 {
		return history
	}
	return graph.Slice(history, graph.AxisRange().Spacer(), graph.AxisRange(0, p.neurons))
}

// push puts a step in front of a history and drops the oldest one.
func (p dense) push(x, history *graph.Node) *graph.Node {
	if p.delays == 1 {
		return x
	}
	older := graph.Slice(history, graph.AxisRange().Spacer(), graph.AxisRange(0, (p.delays-1)*p.neurons))
	return graph.Concatenate([]*graph.Node{x, older}, -1)
}

// adjoint makes the steps of a chunk against time, with the signal S of every step
// (without that of BPTT). s holds V of the D steps after, Q and, for the LSNN cell, U/θ and
// θ of the step after, and is advanced. It returns V of every step. The equations
// are those of adjointALIF and adjointLSNN; the term of Q with z[t-1] is added a step
// later, when that spike is read.
func (p dense) adjoint(f *forward[*graph.Node], b *backward[*graph.Node], signal, y, adaptation *graph.Node, s []*graph.Node) *graph.Node {
	state := append(scope(nil), s...)
	vs := state.add(loop.Record(signal, signal.Shape().Dimensions...))
	consts := append([]*graph.Node{signal, y, b.through}, p.stepConstants(f)...)
	if p.lsnn {
		consts = append(consts, p.threshold(f, adaptation))
	}
	done := loop.Loop{Steps: loop.Int32(signal.Graph(), p.chunk), Consts: consts, Body: func(i *graph.Node, s, consts, _ []*graph.Node) []*graph.Node {
		t := graph.Sub(loop.Int32(i.Graph(), p.chunk-1), i)
		later, q := s[0], s[1]
		c := consts[3:]
		beta := c[cellBeta]
		next := append(scope(nil), s...)
		x, y, v := loop.Row(consts[0], t), loop.Row(consts[1], t), p.newest(later)
		if p.recurrent {
			x = graph.Add(x, graph.Einsum("rbj,rji->rbi", later, consts[2]))
		}
		h := pseudo(y)
		if p.lsnn {
			u, thetaAfter, theta := s[2], s[3], loop.Row(c[cellConstants], t)
			q = graph.Sub(q, graph.Mul(beta, graph.Mul(v, spikes(y))))
			x = graph.Add(graph.Sub(x, graph.Mul(thetaAfter, v)), graph.Mul(c[cellRho1], q))
			v = graph.Add(graph.Mul(c[cellAlpha], v), u)
			u = graph.Div(graph.Mul(c[cellGamma], graph.Mul(x, h)), theta)
			q = graph.Sub(graph.Mul(c[cellRho], q), graph.Mul(beta, graph.Mul(u, y)))
			next[2], next[3] = u, theta
		} else {
			x = graph.Mul(graph.Add(graph.Sub(x, graph.Mul(c[cellGamma], v)), graph.Mul(c[cellReset], q)), h)
			v = graph.Add(x, graph.Mul(c[cellAlpha], v))
			q = graph.Sub(graph.Mul(c[cellRho], q), graph.Mul(beta, x))
		}
		next[0], next[1] = p.push(v, later), q
		next[vs] = loop.SetRow(s[vs], t, v)
		return next
	}}.Run(state...)
	copy(s, done)
	return done[vs]
}
