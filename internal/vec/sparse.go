package vec

import (
	"math/bits"
	"slices"
)

// Sparse is a matrix by rows, most of whose elements are not there. It is made with
// Reset and SetRow. The zero Sparse has no rows.
type Sparse[F float32 | float64] struct {
	rows    int
	columns int // behind the last one that occurs
	parts   []part[F]
	first   []uint32 // [rows] first part of the row
	words   int      // that hold a bit per row
	sizes   []uint64 // [parts of a row, words] bits of the rows of this size: loops over them are alike
}

// part is four elements of a row.
type part[F float32 | float64] struct {
	value  [4]F
	column [4]uint32
}

// Reset makes it a matrix of so many rows without elements.
func (m *Sparse[F]) Reset(rows int) {
	*m = Sparse[F]{rows: rows, parts: m.parts[:0], first: slices.Grow(m.first[:0], rows)[:rows], words: (rows + 63) / 64, sizes: m.sizes[:0]}
}

// SetRow gives row i, which must be empty, its elements. A column may occur often.
func (m *Sparse[F]) SetRow(i int, columns []int32, values []F) {
	if i < 0 || i >= m.rows || len(columns) != len(values) {
		panic("vec: Sparse: row outside the matrix, or columns and values of different length")
	}
	for k := i / 64; k < len(m.sizes); k += m.words {
		if m.sizes[k]>>(i%64)&1 == 1 {
			panic("vec: Sparse: row is not empty")
		}
	}
	for _, j := range columns {
		if j < 0 {
			panic("vec: Sparse: negative column")
		}
		m.columns = max(m.columns, int(j)+1)
	}
	size := (len(columns) + 3) / 4
	for len(m.sizes) < (size+1)*m.words {
		m.sizes = append(m.sizes, 0)
	}
	m.sizes[size*m.words+i/64] |= 1 << (i % 64)
	m.first[i] = uint32(len(m.parts))
	for k := 0; k < len(columns); k += 4 {
		var p part[F]
		for l := range 4 {
			at := min(k+l, len(columns)-1)
			p.column[l] = uint32(columns[at])
			if k+l < len(values) {
				p.value[l] = values[k+l]
			}
		}
		m.parts = append(m.parts, p)
	}
}

// AddMul adds to y[i], for every row i with a bit in those (bit i%64 of those[i/64]), the
// sum over its elements of value*x[column]. y has a value per row, x at least one per
// column that occurs. The first, third, fifth... product of a row are added to y[i] in
// turn, the others to a sum of their own, which is then added to y[i]. Rows have a
// multiple of four elements: those missing are 0 in the column of the last one.
func (m *Sparse[F]) AddMul(y, x []F, those []uint64) {
	if len(y) != m.rows || len(x) < m.columns || len(those) != m.words {
		panic("vec: Sparse: AddMul: slices of wrong length")
	}
	if single, ok := any(m).(*Sparse[float32]); ok {
		addMul(single, any(y).([]float32), any(x).([]float32), those)
	} else {
		addMulPlain(m, y, x, those)
	}
}

func addMulPlain[F float32 | float64](m *Sparse[F], y, x []F, those []uint64) {
	for k := m.words; k < len(m.sizes); k++ {
		size, at := k/m.words, k%m.words
		for word := m.sizes[k] & those[at]; word != 0; word &= word - 1 {
			i := 64*at + bits.TrailingZeros64(word)
			y[i] = sumRow(m.parts[m.first[i]:][:size], x, y[i])
		}
	}
}

func sumRow[F float32 | float64](row []part[F], x []F, sum F) F {
	var other F
	for k := range row {
		p := &row[k]
		sum += F(p.value[0] * x[p.column[0]])
		other += F(p.value[1] * x[p.column[1]])
		sum += F(p.value[2] * x[p.column[2]])
		other += F(p.value[3] * x[p.column[3]])
	}
	return sum + other
}
