package equation

import (
	"strings"
	"unicode/utf8"
)

// LaTeX writes the expression for math mode, with fractions for divisions and
// as few parentheses as possible. A quantity shows as its Quantity.LaTeX or else
// as its name: Greek words become letters and what follows the first underscore
// becomes a subscript, noise_post giving \text{noise}_{\text{post}}.
func (e *Expr) LaTeX() string { return latex(e.root) }

func latex(n Node) string {
	switch n := n.(type) {
	case *Const:
		return numberLaTeX(n.Value)
	case *Var:
		return symbol(n.Quantity)
	case *Unary:
		return "-" + enclosed(n.X, latexPrecedence(n.X) <= precUnary && !isProduct(n.X))
	case *Binary:
		return binaryLaTeX(n)
	case *Call:
		return callLaTeX(n)
	}
	return ""
}

// latexPrecedence differs from precedence in that a fraction is a closed box.
func latexPrecedence(n Node) int {
	if n, ok := n.(*Binary); ok && n.Op == '/' {
		return precAtom
	}
	return precedence(n)
}

func isProduct(n Node) bool { return latexPrecedence(n) == precProduct }

func enclosed(n Node, parentheses bool) string {
	if parentheses {
		return `\left(` + latex(n) + `\right)`
	}
	return latex(n)
}

func binaryLaTeX(n *Binary) string {
	switch n.Op {
	case '/':
		if x, ok := n.X.(*Binary); ok && x.Op == '/' { // a/b/c is a/(b c)
			return latex(&Binary{'/', x.X, &Binary{'*', x.Y, n.Y}})
		}
		return `\frac{` + latex(n.X) + `}{` + latex(n.Y) + `}`
	case '*':
		x := enclosed(n.X, latexPrecedence(n.X) == precSum)
		y := enclosed(n.Y, latexPrecedence(n.Y) == precSum || startsWithSign(n.Y))
		if y[0] >= '0' && y[0] <= '9' {
			return x + ` \cdot ` + y
		}
		return x + `\,` + y
	}
	x := latex(n.X)
	y := enclosed(n.Y, startsWithSign(n.Y) || n.Op == '-' && latexPrecedence(n.Y) == precSum)
	return x + " " + n.Op.String() + " " + y
}

// startsWithSign tells whether the formula of n begins with a minus sign that
// must not follow another operation.
func startsWithSign(n Node) bool {
	switch n := n.(type) {
	case *Binary:
		return n.Op != '/' && startsWithSign(n.X)
	case *Unary:
		return true
	}
	return precedence(n) == precUnary
}

func callLaTeX(n *Call) string {
	args := make([]string, len(n.Args))
	for i, arg := range n.Args {
		args[i] = latex(arg)
	}
	inner := `\left(` + strings.Join(args, ", ") + `\right)`
	switch n.Func {
	case "exp", "log", "tanh", "min", "max":
		return `\` + n.Func + inner
	case "sqrt":
		return `\sqrt{` + args[0] + `}`
	case "abs":
		return `\left|` + args[0] + `\right|`
	case "relu":
		return `\left[` + args[0] + `\right]_{+}`
	case "step":
		return `\Theta` + inner
	case "square":
		return base(n.Args[0]) + `^{2}`
	case "pow":
		return base(n.Args[0]) + `^{` + args[1] + `}`
	}
	return `\operatorname{` + n.Func + `}` + inner
}

// base writes what stands under an exponent; a subscripted name is one symbol,
// everything else that is not a plain number goes into parentheses.
func base(n Node) string {
	switch n := n.(type) {
	case *Var:
		if !strings.Contains(n.Quantity.LaTeX, "^") {
			return latex(n)
		}
	case *Const:
		if s := latex(n); !strings.ContainsAny(s, `-^`) {
			return s
		}
	}
	return enclosed(n, true)
}

// numberLaTeX writes powers of ten as such.
func numberLaTeX(v float64) string {
	mantissa, exponent, ok := strings.Cut(numberText(v), "e")
	if !ok {
		return mantissa
	}
	power := `10^{` + exponent + `}`
	switch mantissa {
	case "1":
		return power
	case "-1":
		return "-" + power
	}
	return mantissa + ` \cdot ` + power
}

func symbol(q Quantity) string {
	if q.LaTeX != "" {
		return q.LaTeX
	}
	name, subscript, ok := strings.Cut(q.Name, "_")
	if !ok || name == "" || subscript == "" {
		return word(q.Name)
	}
	parts := strings.Split(subscript, "_")
	for i, p := range parts {
		parts[i] = word(p)
	}
	return word(name) + "_{" + strings.Join(parts, ",") + "}"
}

const greekLetters = " alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau " +
	"upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega "

// word writes one part of a name: a Greek letter, a single letter or number as
// it is, and longer words upright.
func word(s string) string {
	switch {
	case strings.Contains(greekLetters, " "+s+" "):
		return `\` + s
	case utf8.RuneCountInString(s) == 1, strings.Trim(s, "0123456789") == "":
		return s
	}
	return `\text{` + strings.ReplaceAll(s, "_", `\_`) + `}`
}
