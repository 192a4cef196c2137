package dendritic

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// New returns a configuration with the published constants for a circuit of any
// size: input, hidden levels, output. Learning rates are 0 and there is no data
// set ("own"); set what you need.
func New(levels ...int) Config {
	c := base("circuit", "")
	c.Name = "circuit"
	c.Circuit.Levels = levels
	if h := len(levels) - 2; h > 0 {
		c.Learning.Rates = Rates{Up: make([]float64, h+1), Down: make([]float64, h), P2I: make([]float64, h), I2P: make([]float64, h)}
		c.Data = Data{Set: "own", Classes: levels[h+1]}
	}
	return c
}

// Network is a microcircuit that you drive yourself, pattern by pattern. Train
// does that for whole experiments. A Network is used by one goroutine at a time.
type Network struct {
	cfg      Config
	sim      simulator
	shown    bool
	training bool
}

// Build makes a network with initial weights drawn from the seed, every other
// state 0.
func Build(c Config) (*Network, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if text := c.checkMembrane(); text != "" {
		return nil, fmt.Errorf("dendritic: circuit.dt: %s: Build does that", text)
	}
	n := &Network{cfg: c}
	var err error
	if n.sim, err = newSimulator(&n.cfg, true); err != nil {
		return nil, err
	}
	n.sim.drawWeights(newGenerator(&n.cfg))
	return n, nil
}

// Network returns a copy of the trained network in its last saved state.
func (r *Result) Network() (*Network, error) {
	s, err := r.restore()
	if err != nil {
		return nil, err
	}
	return &Network{cfg: r.Config, sim: s.sim}, nil
}

// Present shows one pattern [inputs] with a target [outputs] (voltages) for the
// duration of a presentation. With training, the target drives the output and
// all rules are at work; without, the target has no influence. each, if not nil,
// is called after every step t = 0, 1, ….
//
// The first pattern after a change of training is there at once, later ones
// follow as the input filter says. It returns a *DivergedError if a rule drives
// the circuit out of bounds.
func (n *Network) Present(pattern, target []float64, training bool, each func(t int)) error {
	levels := n.cfg.Circuit.Levels
	if in, out := levels[0], levels[len(levels)-1]; len(pattern) != in || len(target) != out {
		return fmt.Errorf("dendritic: pattern has %d values and target %d, the circuit needs %d and %d", len(pattern), len(target), in, out)
	}
	first := !n.shown || n.training != training
	n.shown, n.training = true, training
	every := 1
	if each == nil {
		every, each = n.cfg.StepsPerPattern(), func(int) {}
	}
	return n.sim.present(first, training, pattern, target, every, each)
}

// Read copies the present values of a state variable: of a population (input,
// pyramidal, inter, output, supervisor) the variables that can be recorded, of a
// synapse group g and delta, [pre][post] row-major.
func (n *Network) Read(level int, group, variable string) ([]float64, error) {
	read, err := n.sim.reader(level, group, variable)
	if err != nil {
		return nil, err
	}
	return append([]float64(nil), read()...), nil
}

// Weights returns the weights of a synapse group as [pre × post]: level l and
// group ff (into level l), fb, p2i, i2p, bias_to_pyr or bias_to_inter (of hidden
// level l).
func (n *Network) Weights(level int, group string) (*mat.Dense, error) {
	w, err := n.Read(level, group, "g")
	if err != nil {
		return nil, err
	}
	post := n.cfg.Circuit.Levels[level]
	if group == "p2i" || group == "bias_to_inter" {
		post = n.cfg.Circuit.Levels[level+1]
	}
	return mat.NewDense(len(w)/post, post, w), nil
}

// SetWeights sets the weights of a synapse group from [pre × post].
func (n *Network) SetWeights(level int, group string, w mat.Matrix) error {
	rows, cols := w.Dims()
	have, err := n.Weights(level, group)
	if err != nil {
		return err
	}
	if r, c := have.Dims(); r != rows || c != cols {
		return fmt.Errorf("dendritic: %s of level %d is %d x %d, not %d x %d", group, level, r, c, rows, cols)
	}
	return n.sim.setWeights(level, group, mat.DenseCopyOf(w).RawMatrix().Data)
}
