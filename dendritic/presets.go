package dendritic

import (
	"fmt"
	"slices"
)

// Mode is one of the published learning schemes, or a control.
type Mode string

const (
	// FA is feedback alignment: fixed random top-down weights, no noise. The
	// original then freezes i2p as well.
	FA Mode = "fa"
	// PAL is phaseless alignment learning: top-down weights learn from noise.
	PAL Mode = "pal"
	// EtaZero is PAL with a top-down rate of 0: noise, fixed top-down weights and
	// frozen i2p.
	EtaZero Mode = "eta-zero"
	// FAPlasticI2P is FA with plastic i2p. It separates the effect of i2p from
	// that of learned feedback, which the published comparison of PAL and FA
	// confounds.
	FAPlasticI2P Mode = "fa-plastic-i2p"
	// PALFrozenI2P is PAL with frozen i2p, the reverse control.
	PALFrozenI2P Mode = "pal-frozen-i2p"
	// BP copies the transposed bottom-up weights to the top-down ones before
	// every validation pass.
	BP Mode = "bp"
)

// Modes lists all modes.
func Modes() []Mode { return []Mode{FA, PAL, EtaZero, FAPlasticI2P, PALFrozenI2P, BP} }

// ParseMode returns the mode of that name.
func ParseMode(name string) (Mode, error) {
	if mode := Mode(name); slices.Contains(Modes(), mode) {
		return mode, nil
	}
	return "", fmt.Errorf("dendritic: unknown mode %q, must be one of %v", name, Modes())
}

// YinYang returns the published settings for the Yin-Yang data set: levels
// 4-30-3, 400 epochs (Fig. 4c,d; docs/models/dendritic.md, section 10). It panics
// if the mode is not one of Modes.
func YinYang(mode Mode) Config {
	c := base("yin_yang", mode)
	c.Epochs = 400
	c.Data = Data{Set: "yinyang", Seed: 9876543, Classes: 3, Train: 2000, Valid: 300, Test: 300}
	c.Circuit.Levels = []int{4, 30, 3}
	c.Learning.Rates = Rates{Up: []float64{50, 0.01}, Down: []float64{0}, P2I: []float64{0.05}, I2P: []float64{0}}
	c.setMode(mode, 0.5)
	return c
}

// MNIST returns the published settings for MNIST: levels 784-100-10, 100 epochs
// (Fig. 4e,f; docs/models/dendritic.md, section 10). It panics if the mode is not
// one of Modes.
func MNIST(mode Mode) Config {
	c := base("mnist", mode)
	c.Epochs = 100
	c.Data = Data{Set: "mnist", Seed: 9876543, Classes: 10, Train: 5000, Valid: 1000, Test: 1000}
	c.Circuit.Levels = []int{784, 100, 10}
	c.Learning.Rates = Rates{Up: []float64{1, 0.005}, Down: []float64{0}, P2I: []float64{0.02}, I2P: []float64{0}}
	c.setMode(mode, 0.2)
	return c
}

// base returns what all published settings share.
func base(name string, mode Mode) Config {
	return Config{
		Name: fmt.Sprintf("%s_%s", name, mode), Seed: 123456, Seeding: "keyed", Precision: Float64,
		Presentation: Presentation{Time: 1, Records: 5, Shuffle: true, High: 1, Low: 0.1, Teach: true},
		Circuit: Circuit{
			Activation: "sigmoid", Dt: 0.01, LatentEquilibrium: true,
			Conductances: Conductances{Leak: 0.03, Basal: 0.1, Apical: 0.06, Dendrite: 0.1, Soma: 0.06, Target: 0.06},
			InputTau:     0.01, HighpassTau: 0.1, Noise: Noise{Tau: 0.1},
		},
		Initial:  Initial{Up: Range{-0.1, 0.1}, Down: Range{-1, 1}, P2I: Range{-0.1, 0.1}, I2P: Range{-1, 1}, SelfPredict: true},
		Learning: Learning{Alpha: 1e-6, Taus: Taus{Up: 100, P2I: 0.01, I2P: 0.01}, I2P: "auto"},
	}
}

// setMode sets what the modes differ in. down is the top-down rate of PAL.
func (c *Config) setMode(mode Mode, down float64) {
	const noise, i2p = 0.01, 0.02
	rates := &c.Learning.Rates
	switch mode {
	case FA:
	case PAL, PALFrozenI2P:
		c.Circuit.Noise.Amplitude, rates.Down[0], rates.I2P[0] = noise, down, i2p
		if mode == PALFrozenI2P {
			c.Learning.I2P = "frozen"
		}
	case EtaZero:
		c.Circuit.Noise.Amplitude, rates.I2P[0] = noise, i2p
	case FAPlasticI2P:
		c.Learning.I2P, rates.I2P[0] = "plastic", i2p
	case BP:
		c.Learning.CopyTransposed = true
	default:
		panic(fmt.Sprintf("dendritic: unknown mode %q", mode))
	}
}
