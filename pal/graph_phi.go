package pal

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neurocredit/neurocredit/internal/loop"
)

// phi is the transfer function.
func (f *frame) phi(x *graph.Node) *graph.Node {
	return graphTransfer(f.g.nets[0].cfg.Circuit.Activation, x)
}

// slope is its derivative, 0 at a kink.
func (f *frame) slope(x *graph.Node) *graph.Node {
	return graphSlope(f.g.nets[0].cfg.Circuit.Activation, x)
}

func graphTransfer(name string, x *graph.Node) *graph.Node {
	number := func(v float64) *graph.Node { return loop.Like(x, v) }
	switch name {
	case "linear":
		return x
	case "relu":
		return graph.Max(x, number(0))
	case "soft_relu":
		return graph.Add(graph.Max(x, number(0)), graph.Log1P(graph.Exp(graph.Neg(graph.Abs(x)))))
	case "tanh":
		return graph.Tanh(x)
	case "hard_sigmoid":
		return graph.Min(graph.Max(graph.Add(graph.Div(x, number(6)), number(0.5)), number(0)), number(1))
	}
	return graph.Sigmoid(x)
}

func graphSlope(name string, x *graph.Node) *graph.Node {
	number := func(v float64) *graph.Node { return loop.Like(x, v) }
	zero := graph.Mul(x, number(0))
	where := func(is *graph.Node, slope float64) *graph.Node {
		return graph.Where(is, graph.Add(zero, number(slope)), zero)
	}
	switch name {
	case "linear":
		return graph.Add(zero, number(1))
	case "relu":
		return where(graph.GreaterThan(x, number(0)), 1)
	case "soft_relu":
		return graph.Sigmoid(x)
	case "tanh":
		t := graph.Tanh(x)
		return graph.Sub(number(1), graph.Mul(t, t))
	case "hard_sigmoid":
		return where(graph.LessThan(graph.Abs(x), number(3)), 1.0/6)
	}
	y := graph.Sigmoid(x)
	return graph.Mul(y, graph.Sub(number(1), y))
}
