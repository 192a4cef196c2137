package le

import (
	"fmt"
	"slices"
)

// Mode is a way to get top-down weights.
type Mode string

const (
	// BP is backpropagation: top-down weights are the transposed bottom-up ones.
	BP Mode = "bp"
	// FA is feedback alignment: fixed random top-down weights.
	FA Mode = "fa"
	// DFA is direct feedback alignment: fixed random weights from the output to
	// every layer.
	DFA Mode = "dfa"
	// PAL is phaseless alignment learning: top-down weights learn from noise.
	PAL Mode = "pal"
)

// Modes lists all modes.
func Modes() []Mode { return []Mode{BP, FA, DFA, PAL} }

// ParseMode returns the mode of that name.
func ParseMode(name string) (Mode, error) {
	if mode := Mode(name); slices.Contains(Modes(), mode) {
		return mode, nil
	}
	return "", fmt.Errorf("le: unknown mode %q, must be one of %v", name, Modes())
}

// Seeds are those of the ten published runs.
func Seeds() []uint64 { return []uint64{1, 3, 5, 7, 9, 11, 13, 15, 17, 19} }

// New returns a network of the given layers for samples of the given shape, with
// published constants, the dynamics of the latest published program, no noise, and
// learning rates 0.
func New(input []int, layers ...Layer) Config {
	rates := make([]float64, len(layers))
	return Config{
		Name: "le", Seed: 1, Epochs: 1,
		Data:         Data{Source: Own, Target: TargetClass, Split: "given", Scale: 1},
		Presentation: Presentation{Batch: 32, Updates: 100},
		Network: Network{
			Input: input, Layers: layers, Dynamics: DynamicsRate,
			Dt: 0.1, Tau: 10, HighpassTau: 1, Noise: Noise{Tau: 1}, Weights: 0.05,
		},
		Learning:   Learning{Algorithm: BP, Error: ErrorMSE, Beta: 0.1, Multiplier: 64, Up: rates},
		Evaluation: Evaluation{Updates: 100},
	}
}

// Autoencoder returns the published settings of Fig. 5: an autoencoder
// 784-200-2-200-784 for MNIST with the best learning rates of the published sweep.
// There is no published result for DFA; it gets the rates of FA.
func Autoencoder(mode Mode) Config {
	c := New([]int{784}, Linear(200, "tanh"), Linear(2, "linear"), Linear(200, "tanh"), Linear(784, "linear"))
	c.Name, c.Epochs = "autoencoder_"+string(mode), 10
	// The source divides pixels by 256, the published program by 255.
	c.Data = Data{Source: MNIST, Target: TargetInput, Split: "random", Scale: 256. / 255}
	c.Network.Dynamics = DynamicsVoltage
	c.Learning.Algorithm, c.Learning.Error = mode, ErrorRate
	c.Evaluation = Evaluation{Updates: 100, Noise: true, Code: 2}
	switch mode {
	case BP:
		c.Learning.Up = []float64{1e-2, 1e-2, 1e-2, 1e-2}
	case PAL:
		c.Learning.Up = []float64{1e-2, 1e-2, 1e-2, 1e-3}
		c.Learning.Down = []float64{0, 1, 1, 1}
		c.Learning.Decay = []float64{1e-4, 1e-4, 1e-4, 1e-4}
		c.Network.Noise.Amplitude = []float64{1e-2, 1e-2, 1e-2, 0}
	default:
		c.Learning.Up = []float64{1e-3, 1e-3, 1e-3, 1e-3}
	}
	return c
}

// CIFAR10 returns the published settings of Fig. 6: a convolutional network for
// CIFAR-10.
func CIFAR10(mode Mode) Config {
	c := New([]int{3, 32, 32}, Conv(20, 5, "sigmoid"), MaxPool(2), Conv(50, 5, "sigmoid"), MaxPool(2),
		Projection(500, "sigmoid"), Linear(10, "linear"))
	c.Name, c.Epochs = "cifar10_"+string(mode), 50
	c.Data = Data{Source: CIFAR, Target: TargetClass, Split: "random", Scale: 2, Offset: -1}
	c.Presentation.Batch = 128
	c.Learning.Algorithm = mode
	c.Learning.Up = map[Mode][]float64{
		BP: {5, 0, 1, 0, 2, 0.2}, FA: {10, 0, 25, 0, 2, 0.2}, DFA: {1, 0, 1, 0, 5, 0.2}, PAL: {5, 0, 1, 0, 2, 0.2},
	}[mode]
	if mode == PAL {
		c.Learning.Down = []float64{0, 0, 0, 0, 10, 10}
		c.Learning.Decay = []float64{0, 0, 0, 0, 5e-5, 5e-5}
		c.Network.Noise.Amplitude = []float64{0, 0.05, 0, 0.05, 0.05, 0.05}
	}
	return c
}
