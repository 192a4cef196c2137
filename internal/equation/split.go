package equation

import (
	"math"
	"slices"
	"strings"
)

// Term is one summand Scale * Post_j * Pre_i * Synapse_ij of a split expression.
type Term struct {
	Scale   *Expr  // over scalars and constants only; never nil
	Post    *Expr  // over postsynaptic quantities and scalars; nil means 1
	Pre     *Expr  // over presynaptic quantities and scalars; nil means 1
	Synapse string // name of one synapse quantity, of degree one; "" means 1
}

// String writes the term as "[scale] * [post] * [pre] * synapse", leaving out
// what is 1 except the scale.
func (t Term) String() string {
	var b strings.Builder
	b.WriteString("[" + t.Scale.String() + "]")
	for _, e := range []*Expr{t.Post, t.Pre} {
		if e != nil {
			b.WriteString(" * [" + e.String() + "]")
		}
	}
	if t.Synapse != "" {
		b.WriteString(" * " + t.Synapse)
	}
	return b.String()
}

// maxTerms bounds the sum that Split makes out of products of sums. An
// expression with more terms is cheaper to evaluate directly.
const maxTerms = 64

// Split rewrites the expression as a sum of terms. It reports false when the
// expression is no such sum: a function or divisor mixes sides, as in
// tanh(rate_pre*rate_post), a synapse quantity stands in a function or a divisor
// or meets another one, as in w*w, or the sum would exceed 64 terms. No terms and
// true mean that the expression is zero.
//
// The result depends on the expression alone. Its canonical form:
//
//  1. A sum, or a function call, whose quantities are scalars or of one side is
//     one factor and stays as written, constants folded. Other sums are
//     multiplied out; square(x) of a mixed x is x*x.
//  2. The factors of a product go to Scale, Post, Pre or Synapse by their side,
//     each in the order of the text, divisors last. Constant factors and signs
//     become one number at the front of Scale. Thus Post and Pre never are a
//     scalar, and a product in them holds no scalar factor, sign or number; the
//     only number is the 1 of 1/x.
//  3. Terms with equal Post, Pre and Synapse become one, their scales added.
//     A term with scale zero is left out.
//  4. Terms with equal Pre and Synapse become one, their posts added; then those
//     with equal Post and Synapse, their pres added; repeated until nothing
//     changes. Scalar factors and signs common to all summands stay in Scale. So
//     no two terms share (Pre, Synapse) or (Post, Synapse).
//  5. Terms are in the order in which their first part appears in the text.
//
// Equality of factors is that of their canonical text, with factors of a product
// in any order. The sum of the terms equals the expression up to rounding, save
// that 0*x is zero even where x is infinite or NaN.
func (e *Expr) Split() (terms []Term, ok bool) {
	sum, ok := expand(e.root)
	if !ok || len(sum) > maxTerms {
		return nil, false
	}
	for n := -1; n != len(sum); {
		n = len(sum)
		sum = merge(sum, Post)
		sum = merge(sum, Pre)
	}
	for _, m := range sum {
		if math.IsInf(m.coef, 0) || math.IsNaN(m.coef) {
			return nil, false
		}
		t := Term{Scale: &Expr{product(m.coef, m.scale)}, Synapse: m.synapse}
		if len(m.post) > 0 {
			t.Post = &Expr{product(1, m.post)}
		}
		if len(m.pre) > 0 {
			t.Pre = &Expr{product(1, m.pre)}
		}
		terms = append(terms, t)
	}
	return terms, true
}

// monomial is a product of a number, factors sorted by side, and at most one
// synapse quantity.
type monomial struct {
	coef             float64 // finite, not 0
	scale, post, pre []factor
	synapse          string
}

type factor struct {
	node    Node
	divides bool
	key     string // canonical text with a mark for division
}

func newFactor(n Node, divides bool) factor {
	mark := "*"
	if divides {
		mark = "/"
	}
	return factor{n, divides, mark + text(n)}
}

// keyOf identifies a product of factors regardless of order.
func keyOf(factors []factor) string {
	keys := make([]string, len(factors))
	for i, f := range factors {
		keys[i] = f.key
	}
	slices.Sort(keys)
	return strings.Join(keys, "\n")
}

// expand writes the tree as a sum of monomials of which no two agree in post,
// pre and synapse.
func expand(n Node) ([]monomial, bool) {
	side := sideOf(n)
	switch n := n.(type) {
	case *Const:
		if n.Value == 0 {
			return nil, true
		}
		return []monomial{{coef: n.Value}}, true
	case *Var:
		if side == Synapse {
			return []monomial{{coef: 1, synapse: n.Quantity.Name}}, true
		}
		return whole(n, side)
	case *Unary:
		sum, ok := expand(n.X)
		for i := range sum {
			sum[i].coef = -sum[i].coef
		}
		return sum, ok
	case *Call:
		if side != Synapse {
			return whole(n, side)
		}
		if n.Func == "square" {
			return expandProduct(n.Args[0], n.Args[0])
		}
		return nil, false
	case *Binary:
		switch n.Op {
		case '*':
			return expandProduct(n.X, n.Y)
		case '/':
			return expandQuotient(n.X, n.Y)
		}
		if side != Synapse {
			return whole(n, side)
		}
		return expandSum(n)
	}
	return nil, false
}

// whole makes a tree of one side one factor.
func whole(n Node, side Side) ([]monomial, bool) {
	n = fold(n)
	if c, ok := n.(*Const); ok {
		return expand(c)
	}
	f := []factor{newFactor(n, false)}
	switch side {
	case Pre:
		return []monomial{{coef: 1, pre: f}}, true
	case Post:
		return []monomial{{coef: 1, post: f}}, true
	}
	return []monomial{{coef: 1, scale: f}}, true
}

func expandSum(n *Binary) ([]monomial, bool) {
	x, ok := expand(n.X)
	if !ok {
		return nil, false
	}
	y, ok := expand(n.Y)
	if !ok || len(x)+len(y) > maxTerms {
		return nil, false
	}
	for _, m := range y {
		if n.Op == '-' {
			m.coef = -m.coef
		}
		x = append(x, m)
	}
	return merge(x, Scalar), true
}

func expandProduct(x, y Node) ([]monomial, bool) {
	xs, ok := expand(x)
	if !ok {
		return nil, false
	}
	ys, ok := expand(y)
	if !ok || len(xs)*len(ys) > maxTerms {
		return nil, false
	}
	var sum []monomial
	for _, a := range xs {
		for _, b := range ys {
			m, ok := a.times(b)
			if !ok {
				return nil, false
			}
			sum = append(sum, m)
		}
	}
	return merge(sum, Scalar), true
}

func expandQuotient(x, y Node) ([]monomial, bool) {
	xs, ok := expand(x)
	if !ok {
		return nil, false
	}
	ys, ok := expand(y)
	if !ok || len(ys) != 1 || ys[0].synapse != "" {
		return nil, false
	}
	inverse := ys[0]
	inverse.coef = 1 / inverse.coef
	inverse.scale = inverted(inverse.scale)
	inverse.post = inverted(inverse.post)
	inverse.pre = inverted(inverse.pre)
	for i, a := range xs {
		if xs[i], ok = a.times(inverse); !ok {
			return nil, false
		}
	}
	return xs, true
}

func inverted(factors []factor) []factor {
	out := make([]factor, len(factors))
	for i, f := range factors {
		out[i] = newFactor(f.node, !f.divides)
	}
	return out
}

// times fails when both factors hold a synapse quantity, or when the numbers
// leave the range of float64.
func (m monomial) times(o monomial) (monomial, bool) {
	if m.synapse != "" && o.synapse != "" {
		return m, false
	}
	coef := m.coef * o.coef
	if coef == 0 || math.IsInf(coef, 0) || math.IsNaN(coef) {
		return m, false
	}
	return monomial{
		coef:    coef,
		scale:   slices.Concat(m.scale, o.scale),
		post:    slices.Concat(m.post, o.post),
		pre:     slices.Concat(m.pre, o.pre),
		synapse: m.synapse + o.synapse,
	}, true
}

// product writes coef times the factors as a tree, divisors last.
func product(coef float64, factors []factor) Node {
	var n Node
	multiply := func(f Node) {
		if n == nil {
			n = f
		} else {
			n = &Binary{'*', n, f}
		}
	}
	if math.Abs(coef) != 1 {
		multiply(&Const{coef})
	}
	for _, f := range factors {
		if f.divides {
			continue
		}
		if n == nil && coef == -1 {
			multiply(&Unary{f.node})
		} else {
			multiply(f.node)
		}
	}
	if n == nil {
		n = &Const{coef}
	}
	for _, f := range factors {
		if f.divides {
			n = &Binary{'/', n, f.node}
		}
	}
	return n
}
