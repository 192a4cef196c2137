package pal

import (
	"fmt"
	"slices"
)

// Mode is one of the published learning schemes.
type Mode string

const (
	// BP is backpropagation: top-down weights are the transposed bottom-up ones.
	BP Mode = "bp"
	// FA is feedback alignment: fixed random top-down weights.
	FA Mode = "fa"
	// PAL is phaseless alignment learning: top-down weights learn from noise.
	PAL Mode = "pal"
)

// Modes lists all modes.
func Modes() []Mode { return []Mode{BP, FA, PAL} }

// ParseMode returns the mode of that name.
func ParseMode(name string) (Mode, error) {
	if mode := Mode(name); slices.Contains(Modes(), mode) {
		return mode, nil
	}
	return "", fmt.Errorf("pal: unknown mode %q, must be one of %v", name, Modes())
}

// Seeds are those of the ten published runs of Fig. 3a-c, Fig. 4a,b and the
// supplement. Fig. 3d-f has 999 in place of 222.
func Seeds() []uint32 { return []uint32{123, 456, 789, 111, 222, 1, 3, 5, 7, 9} }

// AlignLinear returns the published settings of Fig. 3a-c: top-down weights learn
// to align in a circuit 5-20-10-20-5 with fixed small bottom-up weights, 100
// epochs (docs/models/pal.md, section 11).
func AlignLinear() Config {
	c := alignPreset("align_linear", Range{-1, 1}, 50, 5)
	c.Epochs = 100
	return c
}

// AlignNonlinear returns the published settings of Fig. 3d-f: as AlignLinear with
// five times larger weights, which drive the neurons into saturation, 500 epochs.
func AlignNonlinear() Config {
	c := alignPreset("align_nonlinear", Range{-5, 5}, 20, 0.5)
	c.Epochs = 500
	return c
}

func alignPreset(name string, weights Range, down, i2p float64) Config {
	c := New(5, 20, 10, 20, 5)
	c.Name, c.Task = name, TaskBackward
	c.Data.Samples = 100
	c.Circuit.Noise.Amplitude = repeat(0.05, 3)
	c.Initial.Up, c.Initial.Down = weights, weights
	c.Teacher.Up, c.Teacher.Down = weights, weights
	c.Learning.Rates = Rates{Up: repeat(1, 4), Down: repeat(down, 3), P2I: repeat(0, 3), I2P: repeat(i2p, 3)}
	c.Learning.Alpha = repeat(1e-5, 3)
	c.Record.Updates = true
	return c
}

// NoiseTimescale returns the published settings of the supplementary experiment
// on prospective coding: AlignLinear with noise and filters slowed down by a
// factor of 1, 10 or 100 and learning rates divided by it, with prospective
// voltages or (prospective false) without. The factor must be positive.
func NoiseTimescale(factor float64, prospective bool) Config {
	c := AlignLinear()
	c.Name = fmt.Sprintf("noise_timescale_%g", factor)
	if !prospective {
		c.Name += "_instantaneous"
		c.Circuit.Prospectivity = 0
	}
	c.Presentation.Time *= factor
	c.Circuit.Noise.Tau *= factor
	c.Circuit.HighpassTau *= factor
	c.Learning.Tau *= factor
	for _, list := range [][]float64{c.Learning.Rates.Up, c.Learning.Rates.Down, c.Learning.Rates.I2P} {
		for i := range list {
			list[i] /= factor
		}
	}
	if factor >= 10 {
		c.Record.Every = 10000
	}
	c.Record.Updates = false
	return c
}

// Chain returns the published settings of Fig. 4a,b: a circuit 1-1-1 whose
// weights start with the wrong sign learns from a teacher, 5000 epochs. It
// panics if the mode is not one of Modes.
func Chain(mode Mode) Config {
	c := New(1, 1, 1)
	c.Name, c.Task, c.Epochs = fmt.Sprintf("chain_%s", mode), TaskTeacher, 5000
	c.Data.Samples = 100
	c.Initial.Up, c.Initial.Down = Range{-1, 0}, Range{-1, 0}
	c.Teacher.Up = Range{2, 2}
	c.Learning.Rates = Rates{Up: []float64{2, 0.5}, Down: []float64{0}, P2I: []float64{10}, I2P: []float64{0}}
	c.Learning.Alpha = []float64{1e-6}
	weights := []string{"g"}
	c.Record.Variables = Variables{"1": {"ff": weights, "fb": weights, "p2i": weights, "i2p": weights}, "2": {"ff": weights}}
	switch mode {
	case PAL:
		c.Circuit.Noise.Amplitude = []float64{0.01}
		c.Learning.Rates.Down[0], c.Learning.Rates.I2P[0] = 20, 0.5
	case BP, FA:
		c.setMode(mode)
	default:
		panic(fmt.Sprintf("pal: unknown mode %q", mode))
	}
	return c
}

// setMode sets what the published program does besides the settings of a file
// when it is told to use a model other than PAL.
func (c *Config) setMode(mode Mode) {
	if mode == PAL {
		return
	}
	c.Circuit.Noise.Amplitude = nil
	c.Learning.Rates.Down = repeat(0, c.Hidden())
	c.Learning.Rules.Up = unfiltered
	c.Learning.CopyTransposed = mode == BP
}

// New returns a configuration with the published constants for a circuit of any
// size: input, hidden levels, output. Learning rates and noise are 0, the task is
// "own"; set what you need.
func New(levels ...int) Config {
	unit := Weights{Up: Range{-1, 1}, Down: Range{-1, 1}, P2I: Range{-1, 1}, I2P: Range{-1, 1}}
	c := Config{
		Name: "circuit", Seed: 123, Task: TaskOwn, Data: Data{Seed: 123},
		Presentation: Presentation{Time: 1, Settling: 100},
		Circuit: Circuit{
			Levels: levels, Activation: "logistic", Dt: 0.01, Prospectivity: 1,
			Conductances: Conductances{Leak: 0.03, Basal: 0.1, Apical: 0.06, Dendrite: 0.1, Soma: 0.06, Target: 0.06},
			HighpassTau:  0.1, Noise: Noise{Tau: 0.1, Scale: "constant"},
		},
		Initial: Initial{Weights: unit, SelfPredict: true}, Teacher: unit,
		Learning: Learning{Tau: 100},
		Record:   Record{Every: 1000},
	}
	if h := len(levels) - 2; h > 0 {
		c.Learning.Rates = Rates{Up: repeat(0, h+1), Down: repeat(0, h), P2I: repeat(0, h), I2P: repeat(0, h)}
	}
	return c
}

func repeat(x float64, n int) []float64 {
	list := make([]float64, n)
	fill(list, x)
	return list
}
