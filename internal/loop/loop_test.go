package loop

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
)

// program makes a program or fails the test.
func program(t *testing.T, b *backend.Backend, size int, build Build) *Program {
	t.Helper()
	p := NewProgram(b.Engine, "test", size, build)
	t.Cleanup(p.Close)
	return p
}

func state(t *testing.T, b *backend.Backend, arrays ...*tensors.Tensor) *State {
	t.Helper()
	s, err := NewState(b.Engine, 0, arrays...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func vector(x ...float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(x, len(x)) }

func run(t *testing.T, p *Program, s *State, inputs ...*tensors.Tensor) []*tensors.Tensor {
	t.Helper()
	results, err := p.Run(s, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func steps(n int) *tensors.Tensor { return tensors.FromScalar(int32(n)) }

// want compares array i of a state.
func want[T int32 | float64](t *testing.T, s *State, i int, want ...T) {
	t.Helper()
	got, err := Read[T](s, i)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("array %d is %v, want %v", i, got, want)
	}
}

// Any number of steps, with one compilation. Scalars made outside by GoMLX's own
// functions must not spoil those in the body.
func TestSteps(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		p := program(t, b, 2, func(s, in []*graph.Node) (newState, results []*graph.Node) {
			start := graph.AddScalar(graph.MulScalar(s[1], 1), 2)
			return Loop{Steps: in[0], Consts: in[1:], Body: func(i *graph.Node, s, consts, rows []*graph.Node) []*graph.Node {
				if rows != nil {
					t.Error("rows without Rows")
				}
				return []*graph.Node{graph.Add(s[0], i), graph.Add(graph.Mul(s[1], Like(s[1], 2)), consts[0])}
			}}.Run(s[0], start), nil
		})
		for n, sum := range map[int]int32{-1: 0, 0: 0, 1: 0, 2: 1, 17: 136} {
			s := state(t, b, tensors.FromScalar(int32(0)), vector(1, -2))
			run(t, p, s, steps(n), vector(10, 20))
			want(t, s, 0, sum)
			x, y := 3.0, 0.0
			for range max(n, 0) {
				x, y = 2*x+10, 2*y+20
			}
			want(t, s, 1, x, y)
		}
		if p.Compiled() != 1 {
			t.Errorf("compiled %d times, want 1", p.Compiled())
		}
	})
}

// Loops within loops, with the inner number of steps taken from the outer one.
func TestNested(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		p := program(t, b, 1, func(s, in []*graph.Node) (newState, results []*graph.Node) {
			return Loop{Steps: in[0], Consts: in[1:], Body: func(outer *graph.Node, s, consts, _ []*graph.Node) []*graph.Node {
				scaled := graph.Mul(s[0], Like(s[0], 3))
				return Loop{Steps: outer, Consts: append(consts, outer), Body: func(inner *graph.Node, s, consts, _ []*graph.Node) []*graph.Node {
					return []*graph.Node{graph.Add(s[0], graph.ConvertDType(graph.Add(graph.Mul(consts[1], Like(inner, 10)), inner), dtypes.Float64))}
				}}.Run(scaled)
			}}.Run(s...), nil
		})
		s := state(t, b, vector(1))
		run(t, p, s, steps(4), vector(0))
		x := 1.0
		for outer := range 4 {
			x *= 3
			for inner := range outer {
				x += float64(10*outer + inner)
			}
		}
		want(t, s, 0, x)
	})
}

// Rows of chunks reach the step they belong to, whatever the number of steps.
func TestChunks(t *testing.T) {
	const chunk, capacity = 8, 20
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		p := program(t, b, 2, func(s, in []*graph.Node) (newState, results []*graph.Node) {
			return Loop{
				Steps: in[0], Consts: in[1:], Chunk: chunk,
				Rows: func(first *graph.Node, consts []*graph.Node) []*graph.Node {
					times := graph.Add(graph.Const(first.Graph(), []int32{0, 1, 2, 3, 4, 5, 6, 7}), first)
					both := graph.Concatenate([]*graph.Node{graph.ExpandAxes(times, 1), graph.ExpandAxes(graph.Mul(times, times), 1)}, 1)
					return []*graph.Node{graph.Add(graph.ConvertDType(both, dtypes.Float64), graph.ExpandAxes(consts[0], 0)), times}
				},
				Body: func(i *graph.Node, s, consts, rows []*graph.Node) []*graph.Node {
					return []*graph.Node{SetRow(s[0], i, rows[0]), graph.Add(s[1], rows[1])}
				},
			}.Run(s...), nil
		})
		for _, n := range []int{0, 1, 7, 8, 9, 16, 17, capacity} {
			s := state(t, b, tensors.FromFlatDataAndDimensions(make([]float64, 2*capacity), capacity, 2), tensors.FromScalar(int32(0)))
			run(t, p, s, steps(n), vector(100, 1000))
			record, sum := make([]float64, 2*capacity), 0
			for i := range n {
				record[2*i], record[2*i+1] = float64(100+i), float64(1000+i*i)
				sum += i
			}
			want(t, s, 0, record...)
			want(t, s, 1, int32(sum))
		}
		if p.Compiled() != 1 {
			t.Errorf("compiled %d times, want 1", p.Compiled())
		}
	})
}

// A record of matrices made in a loop, and rows read back in another.
func TestRecord(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		p := program(t, b, 1, func(s, in []*graph.Node) (newState, results []*graph.Node) {
			out := Loop{Steps: in[0], Body: func(i *graph.Node, s, _, _ []*graph.Node) []*graph.Node {
				next := graph.Add(s[0], Like(s[0], 1))
				return []*graph.Node{next, SetRow(s[1], i, next)}
			}}.Run(s[0], Record(s[0], 5, 2, 3))
			back := Loop{Steps: in[0], Consts: out[1:], Body: func(i *graph.Node, s, consts, _ []*graph.Node) []*graph.Node {
				return []*graph.Node{graph.Add(graph.Mul(s[0], Like(s[0], 2)), Row(consts[0], i))}
			}}.Run(Record(s[0], 2, 3))
			return out[:1], []*graph.Node{out[1], back[0]}
		})
		for _, n := range []int{0, 1, 5} {
			s := state(t, b, tensors.FromFlatDataAndDimensions([]float64{0, 1, 2, 3, 4, 5}, 2, 3))
			results := run(t, p, s, steps(n))
			record, err := Values[float64](results[0])
			if err != nil {
				t.Fatal(err)
			}
			sum, err := Values[float64](results[1])
			if err != nil {
				t.Fatal(err)
			}
			for k := range 6 {
				total := 0.0
				for row := range 5 {
					x := 0.0
					if row < n {
						x = float64(k + row + 1)
						total = 2*total + x
					}
					if got := record[6*row+k]; got != x {
						t.Errorf("%d steps: record [%d, %d] is %g, want %g", n, row, k, got, x)
					}
				}
				if sum[k] != total {
					t.Errorf("%d steps: sum %d is %g, want %g", n, k, sum[k], total)
				}
			}
		}
	})
}

// Many states of different types and shapes keep their places.
func TestManyStates(t *testing.T) {
	const n = 40
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		p := program(t, b, n, func(s, in []*graph.Node) (newState, results []*graph.Node) {
			return Loop{Steps: in[0], Body: func(_ *graph.Node, s, _, _ []*graph.Node) []*graph.Node {
				next := make([]*graph.Node, n)
				for i, x := range s {
					next[i] = graph.Add(x, Like(x, float64(i)))
				}
				return next
			}}.Run(s...), nil
		})
		var arrays []*tensors.Tensor
		for i := range n {
			if i%2 == 0 {
				arrays = append(arrays, tensors.FromFlatDataAndDimensions(make([]int32, i+1), i+1))
			} else {
				arrays = append(arrays, vector(make([]float64, i)...))
			}
		}
		s := state(t, b, arrays...)
		for range 3 { // states come back in the form in which they go in
			run(t, p, s, steps(2))
		}
		for i := range n {
			if i%2 == 0 {
				want(t, s, i, slices.Repeat([]int32{int32(6 * i)}, i+1)...)
			} else {
				want(t, s, i, slices.Repeat([]float64{float64(6 * i)}, i)...)
			}
		}
	})
}

func TestBadLoops(t *testing.T) {
	body := func(_ *graph.Node, s, _, _ []*graph.Node) []*graph.Node { return s }
	for want, build := range map[string]func(s, in []*graph.Node) []*graph.Node{
		"Steps must be a scalar of type int32": func(s, in []*graph.Node) []*graph.Node {
			return Loop{Steps: s[0], Body: body}.Run(s...)
		},
		"the body returns 0 values for a state of 1": func(s, in []*graph.Node) []*graph.Node {
			return Loop{Steps: in[0], Body: func(_ *graph.Node, _, _, _ []*graph.Node) []*graph.Node { return nil }}.Run(s...)
		},
		"the body returns state 0 as (Float64), it must stay (Float64)[2]": func(s, in []*graph.Node) []*graph.Node {
			return Loop{Steps: in[0], Body: func(_ *graph.Node, s, _, _ []*graph.Node) []*graph.Node {
				return []*graph.Node{graph.ReduceSum(s[0])}
			}}.Run(s...)
		},
		"Chunk is 0": func(s, in []*graph.Node) []*graph.Node {
			return Loop{Steps: in[0], Body: body, Rows: func(*graph.Node, []*graph.Node) []*graph.Node { return nil }}.Run(s...)
		},
		"the leading axis must be the chunk of 3": func(s, in []*graph.Node) []*graph.Node {
			return Loop{Steps: in[0], Body: body, Chunk: 3, Consts: s, Rows: func(_ *graph.Node, c []*graph.Node) []*graph.Node { return c }}.Run(s...)
		},
		"the row of a record has shape (Float64)[2], must be (Float64)": func(s, in []*graph.Node) []*graph.Node {
			return []*graph.Node{SetRow(s[0], in[0], s[0])}
		},
		"want a scalar and an array": func(s, in []*graph.Node) []*graph.Node { return []*graph.Node{Row(in[0], in[0])} },
	} {
		backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
			p := program(t, b, 1, func(s, in []*graph.Node) (newState, results []*graph.Node) { return build(s, in), nil })
			_, err := p.Run(state(t, b, vector(1, 2)), steps(1))
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		})
	}
}

// The rule against nodes from outside has its reason on XLA.
func TestCapturedNode(t *testing.T) {
	b := backendtest.XLA(t)
	p := program(t, b, 1, func(s, in []*graph.Node) (newState, results []*graph.Node) {
		outside := graph.Mul(s[0], s[0])
		return Loop{Steps: in[0], Body: func(_ *graph.Node, s, _, _ []*graph.Node) []*graph.Node {
			return []*graph.Node{graph.Add(s[0], outside)}
		}}.Run(s...), nil
	})
	if _, err := p.Run(state(t, b, vector(1)), steps(1)); err == nil {
		t.Error("a node from outside a body was accepted: the rule can go")
	}
}
