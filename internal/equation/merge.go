package equation

import (
	"math"
	"slices"
)

// merge joins monomials that agree in everything but one part, which is the
// scale (side Scalar), the post or the pre factors: that part of the joint
// monomial is the sum of the two. The joint one takes the place of the first.
func merge(sum []monomial, part Side) []monomial {
	at := map[string]int{}
	var out []monomial
	for _, m := range sum {
		key := m.synapse
		if part != Post {
			key += "\npost\n" + keyOf(m.post)
		}
		if part != Pre {
			key += "\npre\n" + keyOf(m.pre)
		}
		i, seen := at[key]
		if !seen {
			at[key] = len(out)
			out = append(out, m)
			continue
		}
		out[i] = out[i].plus(m, part)
	}
	return slices.DeleteFunc(out, func(m monomial) bool { return m.coef == 0 })
}

// plus adds o, which differs from m in one part and the scale. What the two
// scales have in common stays in the scale; the rest moves into the sum, which
// becomes the only factor of the part.
func (m monomial) plus(o monomial, part Side) monomial {
	if m.coef == 0 {
		return o
	}
	common, x, y := shared(m.scale, o.scale)
	switch part {
	case Post:
		x, y = append(x, m.post...), append(y, o.post...)
	case Pre:
		x, y = append(x, m.pre...), append(y, o.pre...)
	default:
		if len(x) == 0 && len(y) == 0 {
			m.coef += o.coef
			return m
		}
	}
	a, b := m.coef, o.coef
	if math.Abs(a) == math.Abs(b) {
		a, b = 1, b/a
	} else {
		m.coef = math.Copysign(1, m.coef)
		a, b = m.coef*a, m.coef*b
	}
	total := &Binary{'+', product(a, x), product(math.Abs(b), y)}
	if b < 0 {
		total.Op = '-'
	}
	f := newFactor(total, false)
	m.scale = common
	switch part {
	case Post:
		m.post = []factor{f}
	case Pre:
		m.pre = []factor{f}
	default:
		m.scale = append(m.scale, f)
	}
	return m
}

// shared separates two products into their common factors, in the order of x,
// and the two rests.
func shared(x, y []factor) (common, restX, restY []factor) {
	restY = slices.Clone(y)
	for _, f := range x {
		i := slices.IndexFunc(restY, func(g factor) bool { return g.key == f.key })
		if i < 0 {
			restX = append(restX, f)
			continue
		}
		common = append(common, f)
		restY = slices.Delete(restY, i, i+1)
	}
	return common, restX, restY
}
