package equation

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Value evaluates an expression of scalars. It fails when the expression names
// other quantities, when scalars lacks a name, or when the result is not finite.
func (e *Expr) Value(scalars map[string]float64) (float64, error) {
	if e.Side() != Scalar {
		return 0, fmt.Errorf("equation: %s has shape %s, not scalar", e, e.Side().Shape())
	}
	return scalarValue(e.root, scalars)
}

func scalarValue(n Node, scalars map[string]float64) (float64, error) {
	e := &Expr{n}
	for _, name := range e.Names() {
		if _, ok := scalars[name]; !ok {
			return 0, missing(name, scalars)
		}
	}
	v := evaluate(n, func(name string) float64 { return scalars[name] })
	if math.IsNaN(v) || math.IsInf(v, 0) {
		var used []string
		for _, name := range e.Names() {
			used = append(used, fmt.Sprintf("%s = %g", name, scalars[name]))
		}
		return 0, fmt.Errorf("equation: %s is %g, not a finite number, for %s", e, v, strings.Join(used, ", "))
	}
	return v, nil
}

func missing[V any](name string, given map[string]V) error {
	names := make([]string, 0, len(given))
	for n := range given {
		names = append(names, n)
	}
	slices.Sort(names)
	return fmt.Errorf("equation: no value for %s; given are [%s]", name, strings.Join(names, " "))
}

// evaluate computes the tree in float64 for one value per quantity.
func evaluate(n Node, value func(name string) float64) float64 {
	switch n := n.(type) {
	case *Const:
		return n.Value
	case *Var:
		return value(n.Quantity.Name)
	case *Unary:
		return -evaluate(n.X, value)
	case *Binary:
		x, y := evaluate(n.X, value), evaluate(n.Y, value)
		switch n.Op {
		case '+':
			return x + y
		case '-':
			return x - y
		case '*':
			return x * y
		default:
			return x / y
		}
	case *Call:
		args := make([]float64, len(n.Args))
		for i, arg := range n.Args {
			args[i] = evaluate(arg, value)
		}
		return lookupFunction(n.Func).eval(args)
	}
	panic(fmt.Sprintf("equation: unknown node %T", n))
}

func isConstant(n Node) bool {
	constant := true
	walk(n, func(n Node) bool {
		if _, ok := n.(*Var); ok {
			constant = false
		}
		return constant
	})
	return constant
}

// fold replaces constant subexpressions by their values.
func fold(n Node) Node {
	if isConstant(n) {
		if c, ok := n.(*Const); ok {
			return c
		}
		return &Const{evaluate(n, nil)}
	}
	switch n := n.(type) {
	case *Unary:
		return &Unary{fold(n.X)}
	case *Binary:
		return &Binary{n.Op, fold(n.X), fold(n.Y)}
	case *Call:
		args := make([]Node, len(n.Args))
		for i, arg := range n.Args {
			args[i] = fold(arg)
		}
		return &Call{n.Func, args}
	}
	return n
}
