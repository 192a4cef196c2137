package pal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// teacherSeed returns the seed of the teacher (section 8).
func (c *Config) teacherSeed() uint32 {
	return uint32(100000 + mt19937.New(c.Data.Seed).IntUpTo(899998))
}

const noClass = -1 // in data.Set.Labels

// Samples returns what a run is trained on: its input vectors and, with a teacher,
// the target voltages (docs/models/pal.md, section 8). With TaskOwn these are the
// training data of own, which may be nil otherwise; with TaskBackward the set has
// inputs only.
func Samples(ctx context.Context, c Config, own data.Source) (*data.Set, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c.samples(ctx, own)
}

func (c *Config) samples(ctx context.Context, own data.Source) (*data.Set, error) {
	switch c.Task {
	case TaskOwn:
		return c.ownSamples(ctx, own)
	case TaskBackward:
		set := &data.Set{Inputs: c.drawInputs(c.Data.Seed)}
		set.Labels = slices.Repeat([]int{noClass}, set.Len())
		return set, nil
	}
	set := &data.Set{Inputs: c.drawInputs(c.teacherSeed())}
	n, err := newTeacher(c)
	if err != nil {
		return nil, err
	}
	steps := c.StepsPerSample()
	row := func(sample, _ int) []float64 { return set.Inputs[sample] }
	err = n.runThrough(ctx, len(set.Inputs), row, func(sample, step int, voltage []float64) {
		if step == steps-1 {
			set.Targets = append(set.Targets, slices.Clone(voltage))
			set.Labels = append(set.Labels, noClass)
		}
	})
	return set, err
}

// drawInputs draws the input vectors, uniform in [0, 1).
func (c *Config) drawInputs(seed uint32) [][]float64 {
	rng := mt19937.New(seed)
	inputs := make([][]float64, c.Data.Samples)
	for i := range inputs {
		inputs[i] = make([]float64, c.Circuit.Levels[0])
		for j := range inputs[i] {
			inputs[i][j] = rng.Uniform(0, 1)
		}
	}
	return inputs
}

func (c *Config) ownSamples(ctx context.Context, own data.Source) (*data.Set, error) {
	if own == nil {
		return nil, errors.New("pal: the task is own, so Options.Data must give a data.Source")
	}
	splits, err := own.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("pal: %w", err)
	}
	if err := c.checkSet(splits.Train); err != nil {
		return nil, fmt.Errorf("pal: %s: %w", splits.Name, err)
	}
	return splits.Train, nil
}

// checkSet compares a data set with the circuit.
func (c *Config) checkSet(set *data.Set) error {
	if set != nil && set.Len() > 0 && set.Targets == nil {
		return errors.New("the samples have no target vectors, which are needed; classes are not enough")
	}
	if err := set.Validate(); err != nil {
		return err
	}
	in, out := c.Circuit.Levels[0], c.Circuit.Levels[c.Hidden()+1]
	if set.InputSize() != in || set.OutputSize() != out {
		return fmt.Errorf("samples have %d inputs and %d targets, circuit.levels %v needs %d and %d", set.InputSize(), set.OutputSize(), c.Circuit.Levels, in, out)
	}
	return nil
}

// Teacher builds the circuit that gives the targets of a configuration with
// TaskTeacher, and those of the comparison with backpropagation, in its initial
// state (docs/models/pal.md, section 8).
func Teacher(c Config) (*Network, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	n := &Network{cfg: c}
	var err error
	n.net, err = newTeacher(&n.cfg)
	return n, err
}

// newTeacher builds the teacher in its initial state.
func newTeacher(c *Config) (*network, error) {
	n, err := newNetwork(c, nil)
	if err != nil {
		return nil, err
	}
	n.initialize(c.teacherSeed(), c.Teacher, true)
	return n, nil
}

// runThrough settles the network and shows it all inputs once, without target or
// plasticity. row gives the input of a step of a sample. before is called before
// every step but those of settling, with the output's prospective voltage that
// the previous step left.
func (n *network) runThrough(ctx context.Context, samples int, row func(sample, step int) []float64, before func(sample, step int, voltage []float64)) error {
	perSample := n.cfg.StepsPerSample()
	for t := range n.cfg.SettlingSteps() {
		n.step(row(t/perSample%samples, t%perSample))
	}
	for k := range samples {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for t := range perSample {
			before(k, t, n.out().u)
			n.step(row(k, t))
		}
	}
	return nil
}
