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

	w, d []float64 // weights, and delta of a rule with a second state: [pre][post], row-major

	rule     *plasticity
	predicts bool // the rule reads the predictions of post
	plastic  bool // in the present phase
}

// propagate adds the weighted presynaptic rates to the target.
func (s *synapses) propagate() { vec.MulT(s.w, s.pre.rate, s.target) }

// at returns the index of the synapse from pre neuron i to post neuron j.
func (s *synapses) at(i, j int) int { return i*s.post.n + j }

// copyScaled sets the weights to a multiple of another group's of the same shape.
func (s *synapses) copyScaled(from *synapses, scale float64) {
	for i, w := range from.w {
		s.w[i] = scale * w
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
