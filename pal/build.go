package pal

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// Network is a microcircuit that you drive yourself, sample by sample. Train does
// that for whole experiments. A Network is used by one goroutine at a time.
type Network struct {
	cfg Config
	net *network
}

// Build makes a network with initial state and weights drawn from the seed.
func Build(c Config) (*Network, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	n := &Network{cfg: c}
	var err error
	if n.net, err = newNetwork(&n.cfg, mt19937.New(c.Seed)); err != nil {
		return nil, err
	}
	n.net.initialize(c.Seed, c.Initial.Weights, c.Initial.SelfPredict)
	return n, nil
}

// Present shows one sample [inputs] for the duration of a presentation, with a
// target voltage [outputs] or, with nil, without. With training, all rules are at
// work, and the noise. each, if not nil, is called after every step t = 0, 1, ….
//
// It returns a *DivergedError if a rule drives the circuit out of bounds.
func (n *Network) Present(sample, target []float64, training bool, each func(t int)) error {
	levels := n.cfg.Circuit.Levels
	if in := levels[0]; len(sample) != in {
		return fmt.Errorf("pal: sample has %d values, the circuit needs %d", len(sample), in)
	}
	if out := levels[len(levels)-1]; target != nil && len(target) != out {
		return fmt.Errorf("pal: target has %d values, the circuit needs %d", len(target), out)
	}
	n.net.setPhase(phase{Up: training && n.cfg.Task != TaskBackward, Lateral: training, Down: training})
	n.net.setTarget(target)
	for t := range n.cfg.StepsPerSample() {
		n.net.step(sample)
		if each != nil {
			each(t)
		}
	}
	if !n.net.bounded() {
		return n.net.diagnose()
	}
	return nil
}

// Alignment compares the weights of every hidden level at the present voltages.
func (n *Network) Alignment() []Alignment { return n.net.alignments() }

// Read copies the present values of a state variable: of a population (input,
// pyramidal, inter, output) the variables that can be recorded, of a synapse group
// g and delta, [pre][post] row-major (docs/models/pal.md, section 10).
func (n *Network) Read(level int, group, variable string) ([]float64, error) {
	return n.net.read(level, group, variable)
}

// Weights returns the weights of a synapse group as [pre × post]: level l and
// group ff (into level l), fb (into l from above), p2i or i2p (of hidden level l).
func (n *Network) Weights(level int, group string) (*mat.Dense, error) {
	w, err := n.Read(level, group, "g")
	if err != nil {
		return nil, err
	}
	s := n.net.find(level, group)
	return mat.NewDense(s.pre.n, s.post.n, w), nil
}

// SetWeights sets the weights of a synapse group from [pre × post].
func (n *Network) SetWeights(level int, group string, w mat.Matrix) error {
	have, err := n.Weights(level, group)
	if err != nil {
		return err
	}
	rows, cols := w.Dims()
	if r, c := have.Dims(); r != rows || c != cols {
		return fmt.Errorf("pal: %s of level %d is %d x %d, not %d x %d", group, level, r, c, rows, cols)
	}
	copy(n.net.find(level, group).w, mat.DenseCopyOf(w).RawMatrix().Data)
	return nil
}
