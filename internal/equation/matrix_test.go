package equation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestMatrixRandom compares programs with the oracle, bit by bit, for matrices
// stored by presynaptic and by postsynaptic cell.
func TestMatrixRandom(t *testing.T) {
	for _, transposed := range []bool{false, true} {
		t.Run(fmt.Sprintf("float64/transposed=%v", transposed), func(t *testing.T) { testMatrixRandom[float64](t, transposed) })
		t.Run(fmt.Sprintf("float32/transposed=%v", transposed), func(t *testing.T) { testMatrixRandom[float32](t, transposed) })
	}
}

func testMatrixRandom[F Float](t *testing.T, transposed bool) {
	const pre, post = 4, 3
	r := rand.New(rand.NewPCG(9, 10))
	finite := 0
	for range 2000 {
		bind := randomBindings[F](r, pre, post)
		bind.Transposed = transposed
		src := randomExpr(r, 5, testScope)
		e, err := Parse(src, testScope)
		if err != nil {
			continue
		}
		m, err := CompileMatrix(e, bind)
		if err != nil {
			continue
		}
		rows, cols := pre, post
		if transposed {
			rows, cols = post, pre
		}
		dst := make([]F, cols)
		for row := range rows {
			m.EvalRow(dst, row)
			for col, got := range dst {
				i, j := row, col
				if transposed {
					i, j = col, row
				}
				want := oracle[F](e.root, func(q Quantity) float64 {
					switch q.Side {
					case Pre:
						return float64(bind.Arrays[q.Name][i])
					case Post:
						return float64(bind.Arrays[q.Name][j])
					case Synapse:
						return float64(bind.Arrays[q.Name][row*cols+col])
					}
					return bind.Scalars[q.Name]
				})
				if !same(float64(got), want) {
					t.Fatalf("%s: pre %d post %d is %g, want %g", src, i, j, got, want)
				}
				if !math.IsNaN(want) {
					finite++
				}
			}
		}
	}
	if finite < 10000 {
		t.Errorf("only %d numbers compared", finite)
	}
}

// TestMatrixInPlace shows that a row may be replaced in place.
func TestMatrixInPlace(t *testing.T) {
	bind := randomBindings[float64](rand.New(rand.NewPCG(1, 2)), 2, 3)
	m, err := CompileMatrix(mustParse(t, "w*w + rate_pre*w - square(w)"), bind)
	if err != nil {
		t.Fatal(err)
	}
	w := bind.Arrays["w"]
	want := make([]float64, 3)
	m.EvalRow(want, 1)
	m.EvalRow(w[3:], 1)
	for j := range want {
		if w[3+j] != want[j] {
			t.Errorf("post %d: %g in place, %g otherwise", j, w[3+j], want[j])
		}
	}
}
