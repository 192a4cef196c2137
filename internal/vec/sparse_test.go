package vec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// sparseRows draws rows of up to 11 elements, of which some rows stay unset.
func sparseRows[F float32 | float64](g *rand.Rand, rows, columns int, next func() float64) (m *Sparse[F], column [][]int32, value [][]F) {
	m = &Sparse[F]{}
	m.Reset(rows)
	column, value = make([][]int32, rows), make([][]F, rows)
	for _, i := range g.Perm(rows) {
		if columns == 0 || g.IntN(5) == 0 {
			continue
		}
		for range g.IntN(12) {
			column[i], value[i] = append(column[i], int32(g.IntN(columns))), append(value[i], F(next()))
		}
		m.SetRow(i, column[i], value[i])
	}
	return m, column, value
}

func compareSparse(t *testing.T, g *rand.Rand, rows, columns int, next func() float64, slice func(n int) []float32, words func(n int) []uint64) {
	t.Helper()
	m, _, _ := sparseRows[float32](g, rows, columns, next)
	y, x, those := slice(rows), slice(columns), words((rows+63)/64)
	for _, s := range [][]float32{y, x} {
		for i := range s {
			s[i] = float32(next())
		}
	}
	for i := range those {
		those[i] = g.Uint64() // with bits behind the last row
	}
	start, want := slices.Clone(y), slices.Clone(y)
	addMulPlain(m, want, x, those)
	eachForm(func(name string) {
		copy(y, start)
		if addMul(m, y, x, those); !same(y, want) {
			t.Fatalf("with %s, %d rows, %d columns: %v, plain %v", name, rows, columns, y, want)
		}
	})
}

func TestSparseFormsAgree(t *testing.T) {
	g := rand.New(rand.NewPCG(2, 3))
	odd := []float64{math.Inf(1), math.NaN(), 0, math.Copysign(0, -1), 1e-44, 1e38, -1e38}
	for _, share := range []int{0, 1} { // of odd values, in 20
		next := func() float64 {
			if g.IntN(20) < share {
				return odd[g.IntN(len(odd))]
			}
			return g.NormFloat64()
		}
		for rows := range 140 {
			for _, columns := range []int{0, 1, 7, 140} {
				compareSparse(t, g, rows, columns, next, plainSlice, plainSlice)
			}
		}
	}
}

func testSparse[F float32 | float64](t *testing.T, tolerance float64) {
	g := rand.New(rand.NewPCG(4, 5))
	m := &Sparse[F]{}
	for _, rows := range []int{0, 1, 63, 64, 65, 130} {
		t.Run(fmt.Sprint(rows), func(t *testing.T) {
			const columns = 50
			other, column, value := sparseRows[F](g, rows, columns, g.NormFloat64)
			m.Reset(rows + 3) // a used one
			m.SetRow(rows, []int32{columns}, []F{1})
			m.Reset(rows)
			for i := range column {
				m.SetRow(i, column[i], value[i])
			}
			x, those := make([]F, columns), make([]uint64, (rows+63)/64)
			for i := range x {
				x[i] = F(g.NormFloat64())
			}
			for i := range those {
				those[i] = g.Uint64()
			}
			for _, m := range []*Sparse[F]{m, other} {
				y := make([]F, rows)
				for i := range y {
					y[i] = F(i)
				}
				m.AddMul(y, x, those)
				for i, got := range y {
					want := float64(i)
					if those[i/64]>>(i%64)&1 == 1 {
						for k, j := range column[i] {
							want += float64(value[i][k]) * float64(x[j])
						}
					}
					if math.Abs(float64(got)-want) > tolerance*(1+math.Abs(want)) {
						t.Errorf("row %d is %v, want %v", i, got, want)
					}
				}
			}
		})
	}
}

func TestSparse(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testSparse[float32](t, 1e-5) })
	t.Run("float64", func(t *testing.T) { testSparse[float64](t, 1e-14) })
}

func TestSparseChecks(t *testing.T) {
	m := &Sparse[float32]{}
	m.Reset(2)
	m.SetRow(1, []int32{3}, []float32{1})
	two, four, word := make([]float32, 2), make([]float32, 4), make([]uint64, 1)
	m.AddMul(two, four, word)
	for name, f := range map[string]func(){
		"row outside":     func() { m.SetRow(2, nil, nil) },
		"lengths of row":  func() { m.SetRow(0, []int32{1}, nil) },
		"negative column": func() { m.SetRow(0, []int32{-1}, []float32{1}) },
		"row again":       func() { m.SetRow(1, nil, nil) },
		"rows":            func() { m.AddMul(four, four, word) },
		"columns":         func() { m.AddMul(two, four[:3], word) },
		"bits":            func() { m.AddMul(two, four, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}
