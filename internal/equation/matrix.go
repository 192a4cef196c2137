package equation

import "fmt"

// Matrix evaluates an expression of any shape, one row of the synapse matrix at
// a time.
type Matrix[F Float] struct {
	each       []instruction // single values, once per row
	code       []instruction // vectors along the row
	regs       [][]F
	loads      []load[F]
	rows, cols int
}

// load points a register to the part of an array that belongs to a row.
type load[F Float] struct {
	reg    int32
	array  []F
	stride int
}

// CompileMatrix prepares an expression of any shape; bind.Pre and bind.Post are
// required. Rows are presynaptic cells, or postsynaptic cells with
// bind.Transposed.
func CompileMatrix[F Float](expr *Expr, bind Bindings[F]) (*Matrix[F], error) {
	if bind.Pre <= 0 || bind.Post <= 0 {
		return nil, fmt.Errorf("equation: matrix of n_pre = %d by n_post = %d cells: both must be > 0", bind.Pre, bind.Post)
	}
	rows, cols, along := bind.Pre, bind.Post, Post
	if bind.Transposed {
		rows, cols, along = cols, rows, Pre
	}
	c := newCompiler(bind, along)
	c.length = [...]int{Pre: bind.Pre, Post: bind.Post, Synapse: bind.Pre * bind.Post}
	if err := c.compile(expr); err != nil {
		return nil, err
	}
	return &Matrix[F]{c.each, c.code, c.regs, c.loads, rows, cols}, nil
}

// EvalRow writes the values of row i to dst: those of presynaptic cell i for all
// n_post postsynaptic cells or, transposed, of postsynaptic cell i for all n_pre
// presynaptic cells. dst may be row i of a bound matrix. EvalRow panics if dst or
// i do not fit the matrix.
func (m *Matrix[F]) EvalRow(dst []F, i int) {
	if len(dst) != m.cols {
		panic("equation: Matrix.EvalRow: wrong length of dst")
	}
	if uint(i) >= uint(m.rows) {
		panic("equation: Matrix.EvalRow: row out of range")
	}
	for _, l := range m.loads {
		m.regs[l.reg] = l.array[i*l.stride : (i+1)*l.stride]
	}
	m.regs[0] = dst
	run(m.each, m.regs)
	run(m.code, m.regs)
}
