package equation

import (
	"math"
	"strconv"
	"strings"
)

// Node is one node of an expression tree: *[Const], *[Var], *[Unary], *[Binary]
// or *[Call]. Trees are immutable and may share nodes.
type Node interface {
	node()
}

// Const is a finite number.
type Const struct {
	Value float64
}

// Var is a quantity of the scope.
type Var struct {
	Quantity Quantity
}

// Unary is the negation -X, the only unary operation.
type Unary struct {
	X Node
}

// Op is a binary operation: '+', '-', '*' or '/'.
type Op byte

// String gives the sign of the operation.
func (op Op) String() string { return string(rune(op)) }

// Binary is the operation X Op Y.
type Binary struct {
	Op   Op
	X, Y Node
}

// Call applies a function of [Functions]; the number of arguments is right.
type Call struct {
	Func string
	Args []Node
}

func (*Const) node()  {}
func (*Var) node()    {}
func (*Unary) node()  {}
func (*Binary) node() {}
func (*Call) node()   {}

// Expr is a checked expression. It is immutable and safe for concurrent use.
type Expr struct {
	root Node
}

// Root gives the tree, for compilers of other engines.
func (e *Expr) Root() Node { return e.root }

// Walk calls visit for every node, parents before children and from left to
// right. Children of a node for which visit returns false are left out.
func (e *Expr) Walk(visit func(Node) bool) { walk(e.root, visit) }

func walk(n Node, visit func(Node) bool) {
	if !visit(n) {
		return
	}
	switch n := n.(type) {
	case *Unary:
		walk(n.X, visit)
	case *Binary:
		walk(n.X, visit)
		walk(n.Y, visit)
	case *Call:
		for _, arg := range n.Args {
			walk(arg, visit)
		}
	}
}

// Names lists the quantities of the expression, each once, in the order of
// their first appearance.
func (e *Expr) Names() []string {
	var names []string
	seen := map[string]bool{}
	e.Walk(func(n Node) bool {
		if v, ok := n.(*Var); ok && !seen[v.Quantity.Name] {
			seen[v.Quantity.Name] = true
			names = append(names, v.Quantity.Name)
		}
		return true
	})
	return names
}

// Side tells the shape of the expression's value: Scalar, Pre or Post when all
// its quantities are scalars or of that one side, otherwise Synapse.
func (e *Expr) Side() Side { return sideOf(e.root) }

func sideOf(n Node) Side {
	side := Scalar
	walk(n, func(n Node) bool {
		if v, ok := n.(*Var); ok {
			side = side.join(v.Quantity.Side)
		}
		return side != Synapse
	})
	return side
}

// DependsOn tells whether the expression names any quantity of the side.
func (e *Expr) DependsOn(side Side) bool {
	found := false
	e.Walk(func(n Node) bool {
		if v, ok := n.(*Var); ok && v.Quantity.Side == side {
			found = true
		}
		return !found
	})
	return found
}

// String writes the expression with as few parentheses as its tree allows.
// Parsing the text in the same scope gives the same tree.
func (e *Expr) String() string { return text(e.root) }

func text(n Node) string {
	var b strings.Builder
	writeText(&b, n)
	return b.String()
}

// Binding strengths, weakest first. A negative constant binds like a negation.
const (
	precSum = iota
	precProduct
	precUnary
	precAtom
)

func precedence(n Node) int {
	switch n := n.(type) {
	case *Const:
		if math.Signbit(n.Value) {
			return precUnary
		}
	case *Unary:
		return precUnary
	case *Binary:
		if n.Op == '+' || n.Op == '-' {
			return precSum
		}
		return precProduct
	}
	return precAtom
}

func writeText(b *strings.Builder, n Node) {
	switch n := n.(type) {
	case *Const:
		b.WriteString(numberText(n.Value))
	case *Var:
		b.WriteString(n.Quantity.Name)
	case *Unary:
		b.WriteByte('-')
		writeOperand(b, n.X, precedence(n.X) < precAtom) // --x would be another token
	case *Binary:
		prec := precedence(n)
		writeOperand(b, n.X, precedence(n.X) < prec)
		if prec == precSum {
			b.WriteString(" " + n.Op.String() + " ")
		} else {
			b.WriteByte(byte(n.Op))
		}
		// Operations associate to the left, so a right operand of equal
		// strength needs parentheses; a sign there gets them for the eye.
		right := precedence(n.Y)
		writeOperand(b, n.Y, right <= prec || right == precUnary)
	case *Call:
		b.WriteString(n.Func)
		b.WriteByte('(')
		for i, arg := range n.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			writeText(b, arg)
		}
		b.WriteByte(')')
	}
}

func writeOperand(b *strings.Builder, n Node, parentheses bool) {
	if parentheses {
		b.WriteByte('(')
	}
	writeText(b, n)
	if parentheses {
		b.WriteByte(')')
	}
}

// numberText writes the shortest text that reads back as v.
func numberText(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	mantissa, exponent, ok := strings.Cut(s, "e")
	if !ok {
		return s
	}
	sign := strings.TrimSuffix(exponent[:1], "+")
	return mantissa + "e" + sign + strings.TrimLeft(exponent[1:], "0")
}
