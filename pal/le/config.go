package le

import (
	"fmt"

	"github.com/neurocredit/neurocredit/internal/config"
)

// Config describes one run completely: data, network, learning and evaluation. The
// presets Autoencoder and CIFAR10 return the published settings; every field can
// then be changed. Times are in ms. Symbols and sections in the comments refer to
// docs/models/pal.md.
type Config struct {
	Name   string `yaml:"name" doc:"name of the run and of its results directory"`
	Seed   uint64 `yaml:"seed" doc:"seed of initial weights, split of the data, sample orders and noise"`
	Epochs int    `yaml:"epochs" min:"0" max:"1000000" doc:"number of passes over the training samples"`

	Data         Data         `yaml:"data"`
	Presentation Presentation `yaml:"presentation"`
	Network      Network      `yaml:"network"`
	Learning     Learning     `yaml:"learning"`
	Evaluation   Evaluation   `yaml:"evaluation"`
}

// Data says what is learned (section 21).
type Data struct {
	Source string  `yaml:"source" enum:"mnist,cifar10,images,own" doc:"data set; images: your own in the format of CIFAR-10, from dir; own: the samples of a data.Source given in Go"`
	Dir    string  `yaml:"dir,omitempty" doc:"folder of the files; empty, not for images: NEUROCREDIT_DATA/mnist or /cifar10, then the user's cache"`
	Sum    string  `yaml:"sum,omitempty" doc:"images: SHA-256 of the bytes of all files, training files first, in hexadecimal; empty: not compared"`
	Target string  `yaml:"target" enum:"input,class" doc:"what the output should be: the input itself, or 1 for the class of the sample and 0 for the others"`
	Split  string  `yaml:"split" enum:"random,given" doc:"random: training and validation samples are mixed and divided anew by the seed of the run; given: as in the data set"`
	Train  int     `yaml:"train" min:"0" doc:"use only the first training samples; 0: all"`
	Valid  int     `yaml:"valid" min:"0" doc:"use only the first validation samples; 0: all"`
	Test   int     `yaml:"test" min:"0" doc:"use only the first test samples; 0: all"`
	Scale  float64 `yaml:"scale" doc:"inputs are multiplied by this"`
	Offset float64 `yaml:"offset" doc:"then this is added"`
}

// Presentation says how samples are shown (section 19).
type Presentation struct {
	Batch   int `yaml:"batch" min:"1" max:"100000" doc:"samples shown together; incomplete batches are left out"`
	Updates int `yaml:"updates" min:"1" max:"1000000" doc:"updates of dynamics and weights for each batch"`
}

// Network is a chain of layers and its dynamics (sections 18 and 19).
type Network struct {
	Input       []int   `yaml:"input" minlen:"1" min:"1" doc:"shape of a sample: [values], or [channels, height, width] with equal height and width"`
	Layers      []Layer `yaml:"layers" minlen:"1" doc:"layers from the input to the output, which must be linear or projection"`
	Dynamics    string  `yaml:"dynamics" enum:"rate,voltage" doc:"rate: errors only teach; voltage: errors also drive the voltage, and what is sent down is the voltage without its input, with the noise (as in the published results of Fig. 5)"`
	Dt          float64 `yaml:"dt" unit:"ms" min:"0" exclusive:"min" doc:"time of one update"`
	Tau         float64 `yaml:"tau" unit:"ms" min:"0" exclusive:"min" doc:"membrane time constant τ"`
	HighpassTau float64 `yaml:"highpass_tau" unit:"ms" min:"0" exclusive:"min" doc:"time constant τ_hp of the high-passed rate that top-down weights learn from"`
	Noise       Noise   `yaml:"noise"`
	Weights     float64 `yaml:"weights" min:"0" doc:"standard deviation of all initial weights and biases"`
}

// Layer is one layer; Linear, Projection, Conv and MaxPool make them.
type Layer struct {
	Kind       string `yaml:"kind" enum:"linear,projection,conv,pool" doc:"linear: all to all; projection: all to all from images; conv: convolution without padding, stride 1; pool: maximum of windows"`
	Units      int    `yaml:"units,omitempty" min:"0" doc:"neurons, or filters of a convolution; none for pool"`
	Size       int    `yaml:"size,omitempty" min:"0" doc:"side of the kernel or window; conv and pool only"`
	Activation string `yaml:"activation,omitempty" doc:"transfer function: linear, tanh, sigmoid, relu or hard_sigmoid; none for pool"`
}

// Noise is what neurons carry with PAL (section 19).
type Noise struct {
	Amplitude []float64 `yaml:"amplitude" min:"0" doc:"PAL: amplitude σ of Ornstein-Uhlenbeck noise, one entry per layer; no entry: no noise"`
	Tau       float64   `yaml:"tau" unit:"ms" min:"0" exclusive:"min" doc:"its time constant τ_n"`
	White     float64   `yaml:"white" min:"0" doc:"amplitude of white noise on the input of every neuron, with any algorithm"`
}

// Learning holds the plasticity (section 20).
type Learning struct {
	Algorithm  Mode      `yaml:"algorithm" enum:"bp,fa,dfa,pal" doc:"where top-down weights come from: transposed bottom-up ones, fixed random ones, fixed random ones from the output, or learned from noise"`
	Error      string    `yaml:"error" enum:"rate,mse,softmax" doc:"error at the output: target minus rate, times the slope; target minus voltage; target minus softmax of the voltage"`
	Beta       float64   `yaml:"beta" min:"0" exclusive:"min" doc:"nudging strength β, a factor of the error"`
	Multiplier float64   `yaml:"multiplier" min:"0" exclusive:"min" doc:"base learning rate times 8·updates·dt"`
	Up         []float64 `yaml:"up" min:"0" doc:"bottom-up learning rate in units of the base rate, one per layer; 0 for pool"`
	Down       []float64 `yaml:"down" min:"0" doc:"PAL: top-down learning rate in units of the base rate, one per layer; that of the first layer has no effect; no entry: 0"`
	Decay      []float64 `yaml:"decay" min:"0" doc:"PAL: decay α of top-down weights that learn, one per layer; no entry: 0"`
	Tau        []float64 `yaml:"tau" unit:"ms" min:"0" doc:"PAL: low-pass of bottom-up changes, one per layer; 0 or no entry: none"`
}

// Evaluation says what is measured before training and after every epoch (section 21).
type Evaluation struct {
	Updates int  `yaml:"updates" min:"1" max:"1000000" doc:"updates for each batch"`
	Noise   bool `yaml:"noise" doc:"neurons keep their noise"`
	Code    int  `yaml:"code" min:"0" doc:"layer, counted from 1, on whose rates a linear classifier is trained; 0: none"`
}

// Values of Data and Network.
const (
	MNIST  = "mnist"
	CIFAR  = "cifar10"
	Images = "images"
	Own    = "own"

	TargetInput = "input"
	TargetClass = "class"

	DynamicsRate    = "rate"
	DynamicsVoltage = "voltage"

	ErrorRate    = "rate"
	ErrorMSE     = "mse"
	ErrorSoftmax = "softmax"
)

// Kinds of layers.
const (
	KindLinear     = "linear"
	KindProjection = "projection"
	KindConv       = "conv"
	KindPool       = "pool"
)

// Linear is a layer of units neurons that all neurons below project to.
func Linear(units int, activation string) Layer {
	return Layer{Kind: KindLinear, Units: units, Activation: activation}
}

// Projection is Linear from images, which it takes channel by channel, row by row.
func Projection(units int, activation string) Layer {
	return Layer{Kind: KindProjection, Units: units, Activation: activation}
}

// Conv is a convolution with filters kernels of size × size pixels and all channels
// below, without padding and with stride 1.
func Conv(filters, size int, activation string) Layer {
	return Layer{Kind: KindConv, Units: filters, Size: size, Activation: activation}
}

// MaxPool takes the maximum of windows of size × size pixels that do not overlap.
func MaxPool(size int) Layer { return Layer{Kind: KindPool, Size: size} }

// Title names what is learned, for figures and messages. Images are never called
// CIFAR-10, whose format they have.
func (d *Data) Title() string {
	switch d.Source {
	case MNIST:
		return "MNIST"
	case CIFAR:
		return "CIFAR-10"
	case Images:
		return "own images in " + d.Dir
	}
	return "own data"
}

// BaseRate returns the base learning rate in 1/ms.
func (c *Config) BaseRate() float64 {
	return 0.125 * c.Learning.Multiplier / float64(c.Presentation.Updates) / c.Network.Dt
}

// noisy reports whether a layer carries Ornstein-Uhlenbeck noise.
func (c *Config) noisy(layer int) bool {
	return c.Learning.Algorithm == PAL && entry(c.Network.Noise.Amplitude, layer) > 0
}

// entry returns list[i], or 0 beyond its end.
func entry(list []float64, i int) float64 {
	if i < len(list) {
		return list[i]
	}
	return 0
}

// Validate checks every field and the relations between them. The error lists
// every problem, each with the value and what is allowed.
func (c *Config) Validate() error {
	if err := config.Check(c); err != nil {
		return fmt.Errorf("le: %w", err)
	}
	return nil
}
