package pal

import (
	"fmt"
	"math"

	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/equation"
)

// Rule is a plasticity rule as equations: the time derivative of the weight w
// and, if the synapse has a second state, of delta (docs/models/pal.md, section
// 5). RuleScope lists the quantities that its equations may use.
type Rule = equation.Rule

// Config describes one run completely: task, circuit, plasticity, protocol and
// recording. The presets AlignLinear, AlignNonlinear, Chain and NoiseTimescale
// return the published settings; every field can then be changed. Time is in ms,
// conductances and learning rates in 1/ms (unit membrane capacitance), voltages
// and rates without unit.
//
// Symbols and sections in the comments refer to docs/models/pal.md.
type Config struct {
	Name   string `yaml:"name" doc:"name of the run and prefix of its results directory"`
	Seed   uint32 `yaml:"seed" doc:"seed of initial state, initial weights, sample orders and noise"`
	Epochs int    `yaml:"epochs" min:"0" max:"10000000" doc:"number of training passes over the samples"`
	Task   string `yaml:"task" enum:"backward,teacher,own" doc:"backward: no target, forward weights frozen; teacher: targets from a teacher circuit, all weights learn; own: the samples of a data.Source given in Go"`

	Data         Data         `yaml:"data"`
	Presentation Presentation `yaml:"presentation"`
	Circuit      Circuit      `yaml:"circuit"`
	Initial      Initial      `yaml:"initial"`
	Teacher      Weights      `yaml:"teacher" doc:"initial weights of the teacher, which always starts self-predicting"`
	Learning     Learning     `yaml:"learning"`
	Corrections  Corrections  `yaml:"corrections,omitempty" doc:"departures from the published program where it is peculiar"`
	Record       Record       `yaml:"record"`
}

// Data describes the input vectors (section 8).
type Data struct {
	Seed    uint32 `yaml:"seed" doc:"seed of inputs and teacher, shared by all runs of an experiment"`
	Samples int    `yaml:"samples" min:"0" max:"10000000" doc:"number of input vectors; unused with task: own"`
}

// Presentation says how samples are shown (section 7).
type Presentation struct {
	Time     float64 `yaml:"time" unit:"ms" min:"0" exclusive:"min" doc:"duration of one sample, a whole number of steps dt"`
	Settling float64 `yaml:"settling" unit:"ms" min:"0" doc:"time before training, without target, noise and plasticity, a whole number of steps dt"`
}

// Circuit holds the constants of the dynamics (sections 2 and 3).
type Circuit struct {
	Levels        []int        `yaml:"levels" minlen:"3" min:"1" doc:"neurons per level: input, hidden levels, output"`
	Activation    string       `yaml:"activation" enum:"logistic,linear,relu,soft_relu,tanh,hard_sigmoid" doc:"transfer function φ"`
	Dt            float64      `yaml:"dt" unit:"ms" min:"0" exclusive:"min" doc:"time step"`
	Prospectivity float64      `yaml:"prospectivity" min:"0" doc:"factor q of the prospective term: 1 rates follow the prospective voltage, 0 the voltage"`
	Conductances  Conductances `yaml:"conductances"`
	HighpassTau   float64      `yaml:"highpass_tau" unit:"ms" min:"0" exclusive:"min" doc:"time constant τ_hp of the high-passed rate"`
	DendriteTau   float64      `yaml:"dendrite_tau" unit:"ms" min:"0" doc:"low-pass of the interneurons' dendrite; 0: none"`
	Noise         Noise        `yaml:"noise"`
}

// Conductances couple the compartments to the soma (section 2).
type Conductances struct {
	Leak     float64 `yaml:"leak" unit:"1/ms" min:"0" exclusive:"min" doc:"leak g_l of every neuron"`
	Basal    float64 `yaml:"basal" unit:"1/ms" min:"0" exclusive:"min" doc:"basal dendrite g_b of pyramidal and output neurons"`
	Apical   float64 `yaml:"apical" unit:"1/ms" min:"0" doc:"apical dendrite g_a of pyramidal neurons"`
	Dendrite float64 `yaml:"dendrite" unit:"1/ms" min:"0" exclusive:"min" doc:"dendrite g_d of interneurons"`
	Soma     float64 `yaml:"soma" unit:"1/ms" min:"0" doc:"drive g_s of interneurons by their partner above"`
	Target   float64 `yaml:"target" unit:"1/ms" min:"0" doc:"drive g_t of output neurons by the target"`
}

// Noise is the noise of the apical compartments (section 4). It is there while
// top-down weights learn.
type Noise struct {
	Amplitude []float64 `yaml:"amplitude" min:"0" doc:"amplitude σ: entry l-1 for hidden level l; all 0 or no entry: no noise and no draws"`
	Tau       float64   `yaml:"tau" unit:"ms" min:"0" exclusive:"min" doc:"time constant τ_n of Ornstein-Uhlenbeck noise"`
	White     bool      `yaml:"white" doc:"a new independent value in every step instead of Ornstein-Uhlenbeck noise"`
	Scale     string    `yaml:"scale" enum:"constant,voltage,prospective,apical" doc:"what multiplies the amplitude: 1, or the absolute value of that voltage of the same neuron"`
}

// Initial describes the initial state (section 6).
type Initial struct {
	Weights     `yaml:",inline"`
	SelfPredict bool `yaml:"self_predict" doc:"replace p2i and i2p by the values with which the interneurons predict the level above"`
}

// Weights are the ranges of uniformly distributed initial weights, all levels.
type Weights struct {
	Up   Range `yaml:"up" doc:"bottom-up weights"`
	Down Range `yaml:"down" doc:"top-down weights"`
	P2I  Range `yaml:"p2i" doc:"pyramidal to interneuron"`
	I2P  Range `yaml:"i2p" doc:"interneuron to pyramidal"`
}

// Range is an interval [Low, High) of a uniform distribution. In YAML a single
// number a stands for [-a, a].
type Range struct{ Low, High float64 }

// Learning holds plasticity: rates per level, constants and rules (section 5).
type Learning struct {
	Rates          Rates     `yaml:"rates"`
	Alpha          []float64 `yaml:"alpha" min:"0" doc:"decay α of the top-down weights: entry l-1 for hidden level l; no entry: 0"`
	Tau            float64   `yaml:"tau" unit:"ms" min:"0" exclusive:"min" doc:"time constant τ that smooths bottom-up weight changes"`
	CopyTransposed bool      `yaml:"copy_transposed" doc:"backpropagation: in every plastic step copy the transposed bottom-up weights to the top-down ones and their negative to i2p"`
	Rules          Rules     `yaml:"rules,omitempty"`
}

// Rates are learning rates η, one entry per level that has the synapses.
type Rates struct {
	Up   []float64 `yaml:"up" unit:"1/ms" doc:"bottom-up: entry l-1 for the synapses into level l (levels 1 to output); without effect with task: backward"`
	Down []float64 `yaml:"down" unit:"1/ms" doc:"top-down: entry l-1 for the synapses into hidden level l"`
	P2I  []float64 `yaml:"p2i" unit:"1/ms" doc:"pyramidal to interneuron: entry l-1 for hidden level l"`
	I2P  []float64 `yaml:"i2p" unit:"1/ms" doc:"interneuron to pyramidal: entry l-1 for hidden level l"`
}

// Rules replaces the published rules by one's own; an empty one means the
// published rule (PublishedRules).
type Rules struct {
	Up   Rule `yaml:"up,omitempty" doc:"rule of bottom-up synapses"`
	P2I  Rule `yaml:"p2i,omitempty" doc:"rule of pyramidal-to-interneuron synapses"`
	I2P  Rule `yaml:"i2p,omitempty" doc:"rule of interneuron-to-pyramidal synapses"`
	Down Rule `yaml:"down,omitempty" doc:"rule of top-down synapses"`
}

// Corrections undo peculiarities of the published program (section 12). With all
// of them off, the published numbers are reproduced.
type Corrections struct {
	FreeOutput   bool `yaml:"free_output,omitempty" doc:"without target, the output leaks with the time constant of its own conductances"`
	NoiseLag     bool `yaml:"noise_lag,omitempty" doc:"the noise of a step enters the apical voltage in that step, not one later"`
	HighpassRest bool `yaml:"highpass_rest,omitempty" doc:"high-passed rates start at 0 instead of the initial rates"`
	OutputSlope  bool `yaml:"output_slope,omitempty" doc:"alignment takes the output's slope at its own predicted voltage"`
	CleanInputs  bool `yaml:"clean_inputs,omitempty" doc:"the comparison with backpropagation uses the inputs as they were drawn"`
}

// Record says what is noted while a run goes on.
type Record struct {
	Every     int       `yaml:"every" min:"1" doc:"steps between points of the learning curve, and between rows of recordings"`
	Updates   bool      `yaml:"updates" doc:"after training, compare the forward weight changes with those of backpropagation, at the weights of every epoch; takes as long as training"`
	Variables Variables `yaml:"variables,omitempty" doc:"level → population or synapse group → variables"`
}

// Variables maps a level (decimal) to its groups and their recorded variables:
// populations input, pyramidal, inter and output; synapse groups ff, fb, p2i and
// i2p with g and delta.
type Variables map[string]map[string][]string

// Values of Config.Task.
const (
	TaskBackward = "backward"
	TaskTeacher  = "teacher"
	TaskOwn      = "own"
)

// Hidden returns the number of hidden levels.
func (c *Config) Hidden() int { return len(c.Circuit.Levels) - 2 }

// StepsPerSample returns the number of time steps of one presentation.
func (c *Config) StepsPerSample() int { return steps(c.Presentation.Time, c.Circuit.Dt) }

// SettlingSteps returns the number of time steps before training.
func (c *Config) SettlingSteps() int { return steps(c.Presentation.Settling, c.Circuit.Dt) }

// maxSteps bounds durations. No computer makes so many steps, and they are counted
// exactly.
const maxSteps = 1e15

// steps converts a time to steps. Validate has made sure that it is a whole number of
// them, but for rounding.
func steps(t, dt float64) int { return int(math.Round(t / dt)) }

// whole reports whether a number of steps misses a whole one by rounding at most.
func whole(steps float64) bool {
	r := math.Round(steps)
	return math.Abs(steps-r) <= min(1e-9*max(1, r), 0.1)
}

// noisy reports whether the circuit has noise at all.
func (c *Config) noisy() bool {
	for _, a := range c.Circuit.Noise.Amplitude {
		if a > 0 {
			return true
		}
	}
	return false
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
		return fmt.Errorf("pal: %w", err)
	}
	return nil
}
