package equation

import (
	"math"
	"math/rand/v2"
	"strconv"
)

// randomExpr writes an expression of at most the given depth over some
// quantities.
func randomExpr(r *rand.Rand, depth int, scope Scope) string {
	if depth == 0 {
		if r.IntN(4) == 0 {
			return strconv.FormatFloat(float64(1+r.IntN(8))/4, 'g', -1, 64)
		}
		return scope[r.IntN(len(scope))].Name
	}
	sub := func() string { return randomExpr(r, r.IntN(depth), scope) }
	switch r.IntN(14) {
	case 0:
		return "-(" + sub() + ")"
	case 1, 2, 3:
		return "(" + sub() + " + " + sub() + ")"
	case 4, 5, 6:
		return "(" + sub() + " - " + sub() + ")"
	case 7, 8, 9, 10:
		return "(" + sub() + ")*(" + sub() + ")"
	case 11, 12:
		return "(" + sub() + ")/(" + sub() + ")"
	}
	f := functions[r.IntN(len(functions))]
	call := f.Name + "("
	for i := range f.Args {
		if i > 0 {
			call += ", "
		}
		call += sub()
	}
	return call + ")"
}

// randomValues draws one value per quantity of testScope, in a range where most
// operations stay finite.
func randomValues(r *rand.Rand) map[string]float64 {
	values := map[string]float64{}
	for _, q := range testScope {
		values[q.Name] = 0.2 + 1.8*r.Float64()
	}
	return values
}

// magnitude bounds the size of all intermediate values of the tree, the scale
// against which rounding errors are judged. It is +Inf where the tree has no
// finite value.
func magnitude(n Node, value func(string) float64) float64 {
	size := 1.0
	walk(n, func(n Node) bool {
		v := math.Abs(evaluate(n, value))
		if math.IsNaN(v) {
			v = math.Inf(1)
		}
		size = max(size, v)
		return true
	})
	return size
}
