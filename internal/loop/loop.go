package loop

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Loop is a loop over time steps inside a program.
type Loop struct {
	// Steps is the number of steps, a scalar of type int32. Below 1 there are none.
	Steps *graph.Node
	// Consts are what the body reads but does not change.
	Consts []*graph.Node
	// Chunk is the number of steps for which Rows is evaluated at once.
	Chunk int
	// Rows, if not nil, is evaluated before every Chunk steps. It returns arrays
	// with a leading axis of Chunk, whose row i belongs to step t+i; t is a scalar
	// of type int32.
	Rows func(t *graph.Node, consts []*graph.Node) []*graph.Node
	// Body makes step t: it returns the new state, in the shapes of the old one.
	// rows are those of this step, without the leading axis.
	Body func(t *graph.Node, state, consts, rows []*graph.Node) []*graph.Node
}

// Run adds the loop to the graph and returns the state after the last step. Like
// all that builds graphs it panics with an error if something is wrong.
func (l Loop) Run(state ...*graph.Node) []*graph.Node {
	if l.Steps == nil || l.Steps.DType() != dtypes.Int32 || !l.Steps.IsScalar() {
		panic(fmt.Errorf("loop: Steps must be a scalar of type int32, not %v", l.Steps))
	}
	zero := Like(l.Steps, 0)
	if l.Rows == nil {
		return repeat(zero, l.Steps, state, l.Consts, func(t *graph.Node, state, consts []*graph.Node) []*graph.Node {
			return l.Body(t, state, consts, nil)
		})
	}
	if l.Chunk < 1 {
		panic(fmt.Errorf("loop: Chunk is %d, must be >= 1", l.Chunk))
	}
	chunks := graph.Div(graph.Add(l.Steps, Like(l.Steps, float64(l.Chunk-1))), Like(l.Steps, float64(l.Chunk)))
	consts := append([]*graph.Node{l.Steps}, l.Consts...)
	return repeat(zero, chunks, state, consts, func(chunk *graph.Node, state, consts []*graph.Node) []*graph.Node {
		steps, consts := consts[0], consts[1:]
		from := graph.Mul(chunk, Like(chunk, float64(l.Chunk)))
		rows := l.Rows(from, consts)
		for i, r := range rows {
			if r.Rank() == 0 || r.Shape().Dimensions[0] != l.Chunk {
				panic(fmt.Errorf("loop: rows %d have shape %s, the leading axis must be the chunk of %d steps", i, r.Shape(), l.Chunk))
			}
		}
		to := graph.Min(steps, graph.Add(from, Like(from, float64(l.Chunk))))
		inner := append(append([]*graph.Node{from}, consts...), rows...)
		return repeat(from, to, state, inner, func(t *graph.Node, state, inner []*graph.Node) []*graph.Node {
			from, consts, rows := inner[0], inner[1:1+len(consts)], inner[1+len(consts):]
			here := make([]*graph.Node, len(rows))
			for i, r := range rows {
				here[i] = Row(r, graph.Sub(t, from))
			}
			return l.Body(t, state, consts, here)
		})
	})
}

// repeat runs body for t = from … to-1. Constants travel as state that does not
// change, which costs nothing: the backends alias it.
func repeat(from, to *graph.Node, state, consts []*graph.Node, body func(t *graph.Node, state, consts []*graph.Node) []*graph.Node) []*graph.Node {
	all := append(append([]*graph.Node{from, to}, state...), consts...)
	// Names of parameters must differ between all functions of a program.
	parameters := func(g *graph.Graph, role string) []*graph.Node {
		nodes := make([]*graph.Node, len(all))
		for i, n := range all {
			nodes[i] = graph.Parameter(g, fmt.Sprintf("%s%d_%d", role, from.Id(), i), n.Shape())
		}
		return nodes
	}
	g := from.Graph()
	cond := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		p := parameters(g, "cond")
		return []*graph.Node{graph.LessThan(p[0], p[1])}
	})
	next := graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		p := parameters(g, "body")
		t, to, old, consts := p[0], p[1], p[2:2+len(state)], p[2+len(state):]
		changed := body(t, old, consts)
		checkState(old, changed)
		return append(append([]*graph.Node{graph.Add(t, Like(t, 1)), to}, changed...), consts...)
	})
	return graph.While(cond, next, all...)[2 : 2+len(state)]
}

func checkState(old, changed []*graph.Node) {
	if len(old) != len(changed) {
		panic(fmt.Errorf("loop: the body returns %d values for a state of %d", len(changed), len(old)))
	}
	for i, n := range changed {
		if !n.Shape().Equal(old[i].Shape()) {
			panic(fmt.Errorf("loop: the body returns state %d as %s, it must stay %s", i, n.Shape(), old[i].Shape()))
		}
	}
}

// Like returns a scalar of the type of x, in the function of the graph that is being
// built, which bodies of loops may use.
func Like(x *graph.Node, value float64) *graph.Node { return graph.ConstAs(x, value) }

// Record returns an array of zeros of the type of x, the beginning of a record.
// Bodies of loops may use it.
func Record(x *graph.Node, dims ...int) *graph.Node {
	return graph.BroadcastToDims(Like(x, 0), dims...)
}

// Int32 returns a scalar of type int32 in the function that is being built.
func Int32(g *graph.Graph, value int) *graph.Node {
	return graph.ConstAsDType(g, dtypes.Int32, int32(value))
}

// rowShape drops the leading axis.
func rowShape(x *graph.Node) shapes.Shape {
	return shapes.Make(x.DType(), x.Shape().Dimensions[1:]...)
}
