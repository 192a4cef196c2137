package pal

import "math"

// Alignment compares the top-down weights B of one hidden level l with the
// bottom-up weights W of the level above (docs/models/pal.md, section 9). Angles
// are in degrees.
type Alignment struct {
	Angle    float64 // between B and Wᵀ
	Theory   float64 // between B and φ'_l Wᵀ φ'_{l+1}, the fixed point of PAL
	Jacobian float64 // between B φ'_{l+1} and φ'_l Wᵀ: do both paths carry errors alike?
	NormUp   float64 // Frobenius norm of W
	NormDown float64 // Frobenius norm of B
}

// alignments compares all hidden levels at the voltages of the last step.
func (n *network) alignments() []Alignment {
	all := make([]Alignment, len(n.inters))
	below := n.metricSlopes(0)
	for l := range all {
		above := n.metricSlopes(l + 1)
		all[l] = align(n.up[l+1], n.down[l], below, above)
		below = above
	}
	return all
}

// metricSlopes returns φ' of the predicted voltage of pyr[i]. The published
// program takes the factor k of hidden neurons for the output, too.
func (n *network) metricSlopes(i int) []float64 {
	p := n.pyr[i]
	k := n.cells.scale[0]
	if n.cfg.Corrections.OutputSlope {
		k = n.cells.scale[p.at]
	}
	d := make([]float64, p.n)
	for j, v := range p.basal {
		d[j] = n.phi.slope(k * v)
	}
	return d
}

// align compares up (from level l to l+1) with down (from l+1 to l); below and above are the
// slopes of the two levels.
func align(up, down *synapses, below, above []float64) Alignment {
	var plain, theory, jacobian cosine
	for i, di := range below {
		for j, dj := range above {
			w, b := up.w[up.at(i, j)], down.w[down.at(j, i)]
			plain.add(b, w)
			theory.add(b, di*w*dj)
			jacobian.add(b*dj, di*w)
		}
	}
	return Alignment{
		Angle: plain.degrees(), Theory: theory.degrees(), Jacobian: jacobian.degrees(),
		NormUp: math.Sqrt(plain.yy), NormDown: math.Sqrt(plain.xx),
	}
}

// cosine gathers the products of the elements of two arrays.
type cosine struct{ xy, xx, yy float64 }

func (c *cosine) add(x, y float64) {
	c.xy += float64(x * y)
	c.xx += float64(x * x)
	c.yy += float64(y * y)
}

// degrees returns the angle between the arrays, NaN if one of them is 0. Rounding
// may have pushed the cosine beyond ±1.
func (c *cosine) degrees() float64 {
	return math.Acos(max(-1, min(1, c.xy/math.Sqrt(c.xx*c.yy)))) * 180 / math.Pi
}
