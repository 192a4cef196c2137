package rulegraph

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
	"github.com/neurocredit/neurocredit/internal/equation"
	"github.com/neurocredit/neurocredit/internal/loop"
)

const pres, posts, runs = 3, 2, 4

var scope = equation.Scope{
	{Name: "eta", Side: equation.Scalar}, {Name: "dt", Side: equation.Scalar},
	{Name: "r", Side: equation.Pre}, {Name: "s", Side: equation.Pre},
	{Name: "e", Side: equation.Post}, {Name: "f", Side: equation.Post},
	{Name: "w", Side: equation.Synapse}, {Name: "d", Side: equation.Synapse},
}

// size returns the number of values of one run.
func size(s equation.Side) int {
	return map[equation.Side]int{equation.Scalar: 1, equation.Pre: pres, equation.Post: posts, equation.Synapse: pres * posts}[s]
}

// Steps of equations, split or not, with every function, are those that the
// expressions have element by element.
func TestStep(t *testing.T) {
	texts := []string{
		"0", "eta", "3", "w", "-eta*w", "d/dt", "eta*e*r", "eta*(e - f)*r - eta*w", "e*r + f*s - d", "(e - f)/(1 + eta) - r",
		"eta*(e*r*step(0.5 - abs(s)) - 0.1*w)", "w*w", "tanh(e*r)", "square(w - e*r)/(2 + w)", "sigmoid(w)*pow(r, 2) + sign(e - f)*d",
		"relu(e - f)*sqrt(square(r))", "min(e, f)*max(r, s) + clip(w, -0.2, 0.3)", "log(1 + exp(e))*r", "step(e*r - f)",
	}
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([][]float64, len(scope))
	for i, q := range scope {
		for range size(q.Side) * runs {
			values[i] = append(values[i], 2*rng.Float64()-1)
		}
	}
	for i := range values[1] {
		values[1][i] = 0.1 + math.Abs(values[1][i]) // dt
	}
	used := map[string]bool{}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, text := range texts {
			expr, err := equation.Parse(text, scope)
			if err != nil {
				t.Fatal(err)
			}
			expr.Walk(func(n equation.Node) bool {
				if c, ok := n.(*equation.Call); ok {
					used[c.Func] = true
				}
				return true
			})
			got := steps(t, b, expr, values)
			for i := range pres {
				for j := range posts {
					for r := range runs {
						at := map[equation.Side]int{equation.Scalar: 0, equation.Pre: i, equation.Post: j, equation.Synapse: i*posts + j}
						want := values[1][r] * scalar(t, text, func(k int) float64 { return values[k][at[scope[k].Side]*runs+r] })
						if g := got[(i*posts+j)*runs+r]; !(math.Abs(g-want) <= 1e-14*max(1, math.Abs(want))) {
							t.Errorf("%s at %d, %d of run %d: %v, want %v", text, i, j, r, g, want)
						}
					}
				}
			}
		}
	})
	for _, f := range equation.Functions() {
		if !used[f.Name] {
			t.Errorf("no equation with %s", f.Name)
		}
	}
}

// scalar evaluates an equation with numbers for all names.
func scalar(t *testing.T, text string, value func(k int) float64) float64 {
	t.Helper()
	numbers := equation.Scope{}
	values := map[string]float64{}
	for k, q := range scope {
		numbers = append(numbers, equation.Quantity{Name: q.Name, Side: equation.Scalar})
		values[q.Name] = value(k)
	}
	e, err := equation.Parse(text, numbers)
	if err != nil {
		t.Fatal(err)
	}
	v, err := e.Value(values)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// steps evaluates an equation in a loop of one step, where graphs of rules are.
func steps(t *testing.T, b *backend.Backend, e *equation.Expr, values [][]float64) []float64 {
	t.Helper()
	p := loop.NewProgram(b.Engine, "rule", 1, func(state, inputs []*graph.Node) (newState, results []*graph.Node) {
		return loop.Loop{Steps: inputs[0], Consts: inputs[1:], Body: func(_ *graph.Node, state, consts, _ []*graph.Node) []*graph.Node {
			q := Quantities{map[string]*graph.Node{}, map[string]*graph.Node{}, map[string]*graph.Node{}, map[string]*graph.Node{}}
			for i, s := range scope {
				map[equation.Side]map[string]*graph.Node{equation.Pre: q.Pre, equation.Post: q.Post, equation.Synapse: q.Synapse, equation.Scalar: q.Scalar}[s.Side][s.Name] = consts[i]
			}
			change := Step(e, q, consts[1])
			if change == nil {
				return state
			}
			return []*graph.Node{graph.Add(state[0], change)}
		}}.Run(state...), nil
	})
	defer p.Close()
	state, err := loop.NewState(b.Engine, 0, tensors.FromFlatDataAndDimensions(make([]float64, pres*posts*runs), pres, posts, runs))
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	inputs := []*tensors.Tensor{tensors.FromScalar(int32(1))}
	for i, q := range scope {
		dims := []int{size(q.Side), runs}
		if q.Side == equation.Synapse {
			dims = []int{pres, posts, runs}
		}
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(values[i], dims...))
	}
	if _, err := p.Run(state, inputs...); err != nil {
		t.Fatal(err)
	}
	got, err := loop.Read[float64](state, 0)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
