package mdgl

import "math"

type float interface{ float32 | float64 }

// synapses is a bundle of synapses from pre to post units, as rows of a sparse
// matrix: synapse k of row i, start[i] <= k < start[i+1], goes to unit col[k].
// A signed bundle keeps magnitudes theta and fixed signs; a synapse with
// theta <= 0 is disconnected, its weight 0. Otherwise theta is the weight.
type synapses[F float] struct {
	pre, post int
	start     []int32 // [pre+1]
	row, col  []int32 // [synapses]
	target    []int32 // [synapses] where a spike arrives: col + post times the extra delay
	signed    bool
	sign      []F     // [synapses] 1 or -1
	theta     []F     // [synapses]
	w         []F     // [synapses] weights that follow from theta
	m, v      []F     // [synapses] moments of Adam
	silent    bool    // synapses of a unit onto itself have weight 0
	slots     float64 // expected number of connections, for rewiring
}

// newSynapses makes the bundle of all entries of a [pre, post] matrix for which
// there returns true.
func newSynapses[F float](pre, post int, there func(i, j int) bool) *synapses[F] {
	s := &synapses[F]{pre: pre, post: post, start: make([]int32, pre+1)}
	for i := range pre {
		for j := range post {
			if there(i, j) {
				s.row, s.col = append(s.row, int32(i)), append(s.col, int32(j))
			}
		}
		s.start[i+1] = int32(len(s.col))
	}
	n := len(s.col)
	s.target = s.col
	s.sign, s.theta, s.w, s.m, s.v = make([]F, n), make([]F, n), make([]F, n), make([]F, n), make([]F, n)
	return s
}

// setDelays gives every synapse an extra delay in steps.
func (s *synapses[F]) setDelays(delay func(k int) int) {
	s.target = make([]int32, len(s.col))
	for k, j := range s.col {
		s.target[k] = int32(delay(k)*s.post) + j
	}
}

// setWeights computes w from theta.
func (s *synapses[F]) setWeights() {
	for k, theta := range s.theta {
		switch {
		case s.silent && s.row[k] == s.col[k], s.signed && theta <= 0:
			s.w[k] = 0
		default:
			s.w[k] = theta * s.sign[k]
		}
	}
}

// connected counts the synapses that are not disconnected.
func (s *synapses[F]) connected() int {
	if !s.signed {
		return len(s.theta)
	}
	n := 0
	for _, theta := range s.theta {
		if theta > 0 {
			n++
		}
	}
	return n
}

// adam holds the constants of one update.
type adam struct {
	rate float64 // learning rate
	step int     // updates so far, this one included
}

const (
	beta1, beta2 = 0.9, 0.999
	epsilon      = 1e-8
	reborn       = 1e-12 // magnitude of a synapse that comes back
)

// update moves parameters against the gradient (Kingma and Ba 2015, with ε outside
// the correction of bias).
func adamUpdate[F float](a adam, theta, m, v, grad []F) {
	lr := F(a.rate * math.Sqrt(1-math.Pow(beta2, float64(a.step))) / (1 - math.Pow(beta1, float64(a.step))))
	const b1, b2 = beta1, beta2
	for k, g := range grad {
		m[k] += (1 - b1) * (g - m[k])
		v[k] += (1 - b2) * (g*g - v[k])
		theta[k] -= lr * m[k] / (F(math.Sqrt(float64(v[k]))) + epsilon)
	}
}

// learn makes one update with the gradient of the weights, which it turns into that
// of theta (section 3.4): Adam; connections that were lost stay lost; L1 shift and
// noise of the others. normal draws the noise.
func (s *synapses[F]) learn(a adam, grad []F, l1, temperature float64, normal func() float64) {
	if !s.signed {
		adamUpdate(a, s.theta, s.m, s.v, grad)
		return
	}
	for k := range grad {
		grad[k] *= s.sign[k]
		if s.theta[k] <= 0 {
			s.w[k] = 0 // marks it, also on the diagonal
		} else {
			s.w[k] = 1
		}
	}
	adamUpdate(a, s.theta, s.m, s.v, grad)
	shift, noise := F(a.rate*l1), math.Sqrt(2*a.rate*temperature)
	for k, alive := range s.w {
		if alive == 0 {
			s.theta[k] = 0
		} else if s.theta[k] > 0 {
			s.theta[k] -= shift
			if temperature > 0 {
				s.theta[k] += F(noise * normal())
			}
		}
	}
}

// lost lists the synapses with theta <= 0 in dst.
func (s *synapses[F]) lost(dst []int) []int {
	dst = dst[:0]
	for k, theta := range s.theta {
		if theta <= 0 {
			dst = append(dst, k)
		}
	}
	return dst
}
