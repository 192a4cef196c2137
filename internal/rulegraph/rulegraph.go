// Package rulegraph translates the equations of plasticity rules into nodes of a
// tensor graph.
//
// Arrays have the runs as their last axis: vectors over neurons are [n, R],
// synapses [pre, post, R], scalars [1, R]. Nodes are made with package loop, so they
// may stand in the body of a loop.
package rulegraph

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/neurocredit/neurocredit/internal/equation"
	"github.com/neurocredit/neurocredit/internal/loop"
)

// Quantities gives the nodes that the names of a rule stand for.
type Quantities struct {
	Pre, Post, Synapse, Scalar map[string]*graph.Node
}

// Step returns dt times the value of an equation, in a shape that can be added to
// [pre, post, R]; nil if the equation is 0. dt is [1, R]. Products of vectors are
// computed as such. It panics with an error, as all that builds graphs does, if a
// name has no node.
func Step(e *equation.Expr, q Quantities, dt *graph.Node) *graph.Node {
	terms, ok := e.Split()
	if !ok {
		value := Evaluate(e.Root(), func(v *equation.Var) *graph.Node {
			n := q.node(v)
			switch v.Quantity.Side {
			case equation.Pre:
				return graph.ExpandAxes(n, 1)
			case equation.Post, equation.Scalar:
				return graph.ExpandAxes(n, 0)
			}
			return n
		}, dt)
		return graph.Mul(value, graph.ExpandAxes(dt, 0))
	}
	var sum *graph.Node
	for _, t := range terms {
		v := q.term(t, dt)
		if sum == nil {
			sum = v
		} else {
			sum = graph.Add(sum, v)
		}
	}
	return sum
}

// term returns dt * scale * post * pre * synapse.
func (q Quantities) term(t equation.Term, dt *graph.Node) *graph.Node {
	factor := graph.Mul(Evaluate(t.Scale.Root(), q.node, dt), dt)
	if t.Post != nil {
		factor = graph.Mul(Evaluate(t.Post.Root(), q.node, dt), factor)
	}
	out := graph.ExpandAxes(factor, 0)
	if t.Pre != nil {
		out = graph.Mul(graph.ExpandAxes(Evaluate(t.Pre.Root(), q.node, dt), 1), out)
	}
	if t.Synapse != "" {
		out = graph.Mul(q.Synapse[t.Synapse], out)
	}
	return out
}

// node returns the node of a quantity.
func (q Quantities) node(v *equation.Var) *graph.Node {
	of := map[equation.Side]map[string]*graph.Node{
		equation.Pre: q.Pre, equation.Post: q.Post, equation.Synapse: q.Synapse, equation.Scalar: q.Scalar,
	}[v.Quantity.Side]
	n, ok := of[v.Quantity.Name]
	if !ok {
		panic(fmt.Errorf("rulegraph: no node for %s", v.Quantity.Name))
	}
	return n
}

// Evaluate translates an expression. leaf gives the node of a quantity; numbers
// have the type of like.
func Evaluate(n equation.Node, leaf func(*equation.Var) *graph.Node, like *graph.Node) *graph.Node {
	switch n := n.(type) {
	case *equation.Const:
		return loop.Like(like, n.Value)
	case *equation.Var:
		return leaf(n)
	case *equation.Unary:
		return graph.Neg(Evaluate(n.X, leaf, like))
	case *equation.Binary:
		x, y := Evaluate(n.X, leaf, like), Evaluate(n.Y, leaf, like)
		switch n.Op {
		case '+':
			return graph.Add(x, y)
		case '-':
			return graph.Sub(x, y)
		case '*':
			return graph.Mul(x, y)
		}
		return graph.Div(x, y)
	case *equation.Call:
		x := make([]*graph.Node, len(n.Args))
		for i, arg := range n.Args {
			x[i] = Evaluate(arg, leaf, like)
		}
		return functions[n.Func](x, func(v float64) *graph.Node { return loop.Like(like, v) })
	}
	panic(fmt.Errorf("rulegraph: unknown node %T of an equation", n))
}

type number func(float64) *graph.Node

// functions are those of the language of equations.
var functions = map[string]func(x []*graph.Node, num number) *graph.Node{
	"exp":     func(x []*graph.Node, _ number) *graph.Node { return graph.Exp(x[0]) },
	"log":     func(x []*graph.Node, _ number) *graph.Node { return graph.Log(x[0]) },
	"sqrt":    func(x []*graph.Node, _ number) *graph.Node { return graph.Sqrt(x[0]) },
	"abs":     func(x []*graph.Node, _ number) *graph.Node { return graph.Abs(x[0]) },
	"tanh":    func(x []*graph.Node, _ number) *graph.Node { return graph.Tanh(x[0]) },
	"sigmoid": func(x []*graph.Node, _ number) *graph.Node { return graph.Sigmoid(x[0]) },
	"relu":    func(x []*graph.Node, num number) *graph.Node { return graph.Max(x[0], num(0)) },
	"sign":    func(x []*graph.Node, _ number) *graph.Node { return graph.Sign(x[0]) },
	"step": func(x []*graph.Node, num number) *graph.Node { // NaN stays NaN
		return graph.Where(graph.GreaterThan(x[0], num(0)), num(1), graph.Where(graph.LessOrEqual(x[0], num(0)), num(0), x[0]))
	},
	"square": func(x []*graph.Node, _ number) *graph.Node { return graph.Mul(x[0], x[0]) },
	"min":    func(x []*graph.Node, _ number) *graph.Node { return graph.Min(x[0], x[1]) },
	"max":    func(x []*graph.Node, _ number) *graph.Node { return graph.Max(x[0], x[1]) },
	"pow":    func(x []*graph.Node, _ number) *graph.Node { return graph.Pow(x[0], x[1]) },
	"clip":   func(x []*graph.Node, _ number) *graph.Node { return graph.Min(graph.Max(x[0], x[1]), x[2]) },
}
