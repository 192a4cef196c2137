package dendritic

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/neurocredit/neurocredit/internal/equation"
	"github.com/neurocredit/neurocredit/internal/loop"
	"github.com/neurocredit/neurocredit/internal/rulegraph"
)

// Arrays of the graph engine have the runs as their last axis: vectors over
// neurons are [n, R], synapses [pre, post, R], parameters of runs [1, R].

// change is the right side of one equation of a rule, times dt.
type change struct {
	terms []changeTerm
	whole *equation.Expr // if it does not split
	dt    param
}

// changeTerm is scale * post * pre * synapse.
type changeTerm struct {
	scale     param
	one       bool // scale is 1 in all runs
	post, pre *equation.Expr
	synapse   string
}

// graphRule is the plasticity of one synapse group in the graph.
type graphRule struct {
	weight, delta *change
	scalars       map[string]param
}

// graphRule translates the rule of projection k, the same in all networks but for
// its scalars. It returns nil if no network changes the weights.
func (g *graphBatch) graphRule(k int) (*graphRule, error) {
	first := g.nets[0].projections[k].base()
	weight, delta, err := g.nets[0].cfg.parseRule(first.group)
	if err != nil {
		return nil, err
	}
	runs := make([]map[string]float64, len(g.nets))
	plastic := make([]bool, len(g.nets))
	learns := false
	for r, n := range g.nets {
		s := n.projections[k].base()
		runs[r] = map[string]float64{"eta": s.eta, "tau": s.tau, "alpha": n.cfg.Learning.Alpha, "dt": n.cfg.Circuit.Dt}
		plastic[r] = s.rule.active && (s.group != groupI2P || n.i2pPlastic)
		learns = learns || plastic[r]
	}
	if !learns {
		return nil, nil
	}
	rule := &graphRule{scalars: map[string]param{}}
	for name := range runs[0] {
		rule.scalars[name] = g.perRun(func(r int) float64 { return runs[r][name] })
	}
	if rule.weight, err = g.change(weight, runs, plastic); err != nil {
		return nil, err
	}
	if delta != nil {
		rule.delta, err = g.change(delta, runs, plastic)
	}
	return rule, err
}

func (g *graphBatch) change(e *equation.Expr, runs []map[string]float64, plastic []bool) (*change, error) {
	step := func(r int) float64 {
		if plastic[r] {
			return runs[r]["dt"]
		}
		return 0
	}
	terms, ok := e.Split()
	if !ok {
		return &change{whole: e, dt: g.perRun(step)}, nil
	}
	c := &change{}
	for _, t := range terms {
		scales := make([]float64, len(runs))
		zero, one := true, true
		for r := range runs {
			v, err := t.Scale.Value(runs[r])
			if err != nil {
				return nil, fmt.Errorf("run %d: %w", r, err)
			}
			scales[r] = v * step(r)
			if abs := scales[r] - 1; abs < 1e-12 && abs > -1e-12 {
				scales[r] = 1 // as addsDelta takes it
			}
			zero, one = zero && scales[r] == 0, one && scales[r] == 1
		}
		if !zero {
			c.terms = append(c.terms, changeTerm{g.perRun(func(r int) float64 { return scales[r] }), one, t.Post, t.Pre, t.Synapse})
		}
	}
	return c, nil
}

// quantities gives the nodes that the names of a rule stand for: vectors [n, R]
// and the two states of the synapses.
type quantities struct {
	pre, post map[string]*graph.Node
	synapse   map[string]*graph.Node
	scalar    func(name string) *graph.Node // [1, R]
	zero      *graph.Node                   // [n_post, R], added to the change unless nil
}

// add returns x plus the change, nil standing for no change.
func (c *change) add(x *graph.Node, q quantities, consts []*graph.Node) *graph.Node {
	if c.whole != nil {
		v := rulegraph.Evaluate(c.whole.Root(), func(v *equation.Var) *graph.Node {
			name := v.Quantity.Name
			switch v.Quantity.Side {
			case equation.Pre:
				return graph.ExpandAxes(q.pre[name], 1)
			case equation.Post:
				return graph.ExpandAxes(q.post[name], 0)
			case equation.Synapse:
				return q.synapse[name]
			}
			return graph.ExpandAxes(q.scalar(name), 0)
		}, x)
		return graph.Add(x, graph.Mul(v, graph.ExpandAxes(c.dt.node(consts), 0)))
	}
	var sum *graph.Node
	for _, t := range c.terms {
		v := t.value(q, consts, x)
		if sum == nil {
			sum = v
		} else {
			sum = graph.Add(sum, v)
		}
	}
	if sum == nil {
		return x
	}
	return graph.Add(x, sum)
}

func (t changeTerm) value(q quantities, consts []*graph.Node, like *graph.Node) *graph.Node {
	vector := func(e *equation.Expr, of map[string]*graph.Node) *graph.Node {
		return rulegraph.Evaluate(e.Root(), func(v *equation.Var) *graph.Node {
			if v.Quantity.Side == equation.Scalar {
				return q.scalar(v.Quantity.Name)
			}
			return of[v.Quantity.Name]
		}, like)
	}
	var out *graph.Node
	times := func(x *graph.Node) {
		if out == nil {
			out = x
		} else {
			out = graph.Mul(out, x)
		}
	}
	scale := t.scale.node(consts)
	if t.post != nil {
		post := graph.Mul(vector(t.post, q.post), scale)
		if q.zero != nil {
			post = graph.Add(post, q.zero)
		}
		times(graph.ExpandAxes(post, 0))
	} else if !t.one {
		times(graph.ExpandAxes(scale, 0))
	}
	if t.pre != nil {
		times(graph.ExpandAxes(vector(t.pre, q.pre), 1))
	}
	if t.synapse != "" {
		times(q.synapse[t.synapse])
	}
	if out == nil {
		out = loop.Like(like, 1)
	}
	return out
}
