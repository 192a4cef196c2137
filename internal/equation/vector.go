package equation

import (
	"fmt"

	"github.com/neurocredit/neurocredit/internal/vec"
)

// Bindings says where a compiled expression finds its quantities. Slices are
// kept, not copied: a program reads what they hold when it runs.
type Bindings[F Float] struct {
	// Scalars holds the scalar quantities. Their values are fixed when the
	// expression is compiled.
	Scalars map[string]float64

	// Arrays holds the other quantities: pre [n_pre], post [n_post], synapse
	// n_pre*n_post values in row-major order.
	Arrays map[string][]F

	// Pre and Post are n_pre and n_post. CompileMatrix needs both;
	// CompileVector takes the length from the arrays where it is 0.
	Pre, Post int

	// Transposed says that synapse quantities are stored [n_post][n_pre].
	// CompileVector ignores it.
	Transposed bool
}

// Vector evaluates an expression of one side over slices.
type Vector[F Float] struct {
	code []instruction
	regs [][]F
	n    int // -1: any length
	// whole, if not nil, does what code does, with the inner loops of package vec.
	whole func(dst []F)
}

// CompileVector prepares an expression that names, besides scalars, quantities
// of one side only, pre or post. All that it names must be bound, arrays with
// equal lengths. An expression of scalars alone is constant and fills a
// destination of any length.
func CompileVector[F Float](expr *Expr, bind Bindings[F]) (*Vector[F], error) {
	side := expr.Side()
	n := -1
	switch side {
	case Pre:
		n = bind.Pre
	case Post:
		n = bind.Post
	case Synapse:
		return nil, fmt.Errorf("equation: %s has shape %s; a vector expression names pre or post quantities, not both", expr, side.Shape())
	}
	if n == 0 {
		n = len(bind.Arrays[expr.firstArray()])
	}
	c := newCompiler(bind, side)
	c.length[side] = n
	if err := c.compile(expr); err != nil {
		return nil, err
	}
	run(c.each, c.regs) // what is single does not change
	return &Vector[F]{c.code, c.regs, n, vectorised(c.code, c.regs)}, nil
}

// vectorised returns the program of a single instruction that package vec has a
// loop for, or nil. Results are the same.
func vectorised[F Float](code []instruction, regs [][]F) func(dst []F) {
	if len(code) != 1 {
		return nil
	}
	in := code[0]
	a, b, c := regs[in.a], regs[in.b], regs[in.c]
	switch in.op {
	case opTimes:
		if scale, ok := any(vec.Scale).(func(dst, x []F, c F)); ok {
			return func(dst []F) { scale(dst, a, c[0]) }
		}
	case opTimesDiff:
		if difference, ok := any(vec.ScaledDifference).(func(dst, a, b []F, c F)); ok {
			return func(dst []F) { difference(dst, a, b, c[0]) }
		}
	}
	return nil
}

// firstArray names the first quantity that is not a scalar, or "".
func (e *Expr) firstArray() string {
	name := ""
	e.Walk(func(n Node) bool {
		if v, ok := n.(*Var); ok && name == "" && v.Quantity.Side != Scalar {
			name = v.Quantity.Name
		}
		return name == ""
	})
	return name
}

// Eval writes the values of the expression to dst, which may be one of the bound
// arrays. It panics if len(dst) differs from the length of the bound arrays.
func (v *Vector[F]) Eval(dst []F) {
	if v.n >= 0 && len(dst) != v.n {
		panic("equation: Vector.Eval: wrong length of dst")
	}
	if v.whole != nil {
		v.whole(dst)
		return
	}
	v.regs[0] = dst
	run(v.code, v.regs)
}
