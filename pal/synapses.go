package pal

import "github.com/neurocredit/neurocredit/internal/vec"

// synapses is one dense projection: its weights, where they read and add, and
// their rule.
type synapses struct {
	group     string // rule: up, p2i, i2p or down
	file      string // name in recordings: ff, p2i, i2p or fb
	level     int    // level of the recordings
	eta       float64
	alpha     float64
	pre, post *population
	target    []float64 // the input sum of post that it adds to

	// w and d (delta, nil without a second state) are stored with the longer side
	// contiguous: [pre][post], or [post][pre] if transposed.
	w, d       []float64
	cols       int
	transposed bool
	sum        []float64 // scratch of a transposed product

	rule     *plasticity
	predicts bool // the rule reads the predictions of post
	plastic  bool // in the present phase
}

func newSynapses(s synapses) *synapses {
	s.cols = s.post.n
	if s.transposed = s.pre.n > s.post.n; s.transposed {
		s.cols = s.pre.n
		s.sum = make([]float64, s.post.n)
	}
	s.w = make([]float64, s.pre.n*s.post.n)
	return &s
}

// propagate adds the weighted presynaptic rates to the target.
func (s *synapses) propagate() {
	if !s.transposed {
		vec.MulT(s.w, s.pre.rate, s.target)
		return
	}
	vec.Mul(s.w, s.pre.rate, s.sum)
	for j, v := range s.sum {
		s.target[j] += v
	}
}

// at returns the index of the synapse from pre neuron i to post neuron j.
func (s *synapses) at(i, j int) int {
	if s.transposed {
		return j*s.cols + i
	}
	return i*s.cols + j
}

// export writes m (w or d) to dst as [pre][post], row-major.
func (s *synapses) export(dst, m []float64) {
	for i := range s.pre.n {
		for j := range s.post.n {
			dst[i*s.post.n+j] = m[s.at(i, j)]
		}
	}
}

// load sets m (w or d) from src, [pre][post] row-major.
func (s *synapses) load(m, src []float64) {
	for i := range s.pre.n {
		for j := range s.post.n {
			m[s.at(i, j)] = src[i*s.post.n+j]
		}
	}
}

// copyScaled sets the weights to a multiple of another group's of the same shape.
func (s *synapses) copyScaled(from *synapses, scale float64) {
	for i := range s.pre.n {
		for j := range s.post.n {
			s.w[s.at(i, j)] = scale * from.w[from.at(i, j)]
		}
	}
}

// copyTransposed sets the weights to another group's, transposed.
func (s *synapses) copyTransposed(from *synapses) {
	for i := range s.pre.n {
		for j := range s.post.n {
			s.w[s.at(i, j)] = from.w[from.at(j, i)]
		}
	}
}
