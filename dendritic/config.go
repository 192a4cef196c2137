package dendritic

import (
	"fmt"
	"math"

	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/equation"
)

// Rule is a plasticity rule as equations: the time derivative of the weight w
// and, if the synapse has a second state, of delta (docs/models/dendritic.md,
// section 4). RuleScope lists the quantities that its equations may use.
type Rule = equation.Rule

// Config describes one run completely: data, circuit, plasticity, protocol and
// recording. The presets YinYang and MNIST return the published settings; every
// field can then be changed. Time is in ms, conductances in 1/ms (unit membrane
// capacitance), voltages and rates without unit.
//
// Symbols and sections in the comments refer to docs/models/dendritic.md.
type Config struct {
	Name      string `yaml:"name" doc:"name of the run and prefix of its results directory"`
	Seed      uint32 `yaml:"seed" doc:"seed of initial weights, sample orders and noise"`
	Seeding   string `yaml:"seeding" enum:"keyed,fresh" doc:"keyed: everything follows from seed; fresh: a new random seed replaces it when the run starts (and is saved)"`
	Epochs    int    `yaml:"epochs" min:"0" max:"1000000" doc:"number of training passes"`
	Precision string `yaml:"precision" enum:"float64,float32" doc:"floating-point type of all state; float32 rounds where the original program rounds"`

	Data         Data         `yaml:"data"`
	Presentation Presentation `yaml:"presentation"`
	Circuit      Circuit      `yaml:"circuit"`
	Initial      Initial      `yaml:"initial"`
	Learning     Learning     `yaml:"learning"`
	Record       Record       `yaml:"record"`
}

// Data names the data set and its size (section 9).
type Data struct {
	Set     string  `yaml:"set" enum:"yinyang,mnist,bars,mimic,files,own" doc:"data set; files: CSV or NPY files of one's own; own: a data.Source given in Go"`
	Seed    uint32  `yaml:"seed" doc:"seed of the data set, independent of the run's seed"`
	Noise   float64 `yaml:"noise" min:"0" max:"1" doc:"pixel noise of bars"`
	Classes int     `yaml:"classes" min:"1" max:"100000" doc:"number of classes"`
	Train   int     `yaml:"train" min:"0" max:"1000000000" doc:"training samples per class and pass; 0 with files or own data: all"`
	Valid   int     `yaml:"valid" min:"0" max:"1000000000" doc:"validation samples per class and pass; 0 with files or own data: all"`
	Test    int     `yaml:"test" min:"0" max:"1000000000" doc:"test samples per class"`
	Dir     string  `yaml:"dir,omitempty" doc:"folder of the MNIST files; empty: NEUROCREDIT_DATA/mnist, then the user's cache"`
	Files   Files   `yaml:"files,omitempty"`
}

// Files names the files of one's own data, set "files".
type Files struct {
	Train string `yaml:"train,omitempty" doc:"training data, CSV or NPY: inputs, then the class in the last column"`
	Valid string `yaml:"valid,omitempty" doc:"validation data"`
	Test  string `yaml:"test,omitempty" doc:"test data"`
}

// Presentation says how one pattern is shown (sections 5 and 7).
type Presentation struct {
	Time        float64 `yaml:"time" unit:"ms" min:"0" exclusive:"min" doc:"duration of one pattern"`
	Records     int     `yaml:"records" min:"2" doc:"readouts per pattern, equally spaced; the first is dropped from the decision"`
	Shuffle     bool    `yaml:"shuffle" doc:"a fresh random order in every pass of every stage"`
	High        float64 `yaml:"high" doc:"target voltage of the correct class"`
	Low         float64 `yaml:"low" doc:"target voltage of the other classes"`
	Teach       bool    `yaml:"teach" doc:"show the target during training"`
	LearningLag float64 `yaml:"learning_lag" unit:"ms" min:"0" doc:"time after the start of a training pattern during which teaching and plasticity are off"`
}

// Circuit holds the constants of the dynamics (section 2).
type Circuit struct {
	Levels            []int        `yaml:"levels" minlen:"3" min:"1" max:"10000000" doc:"neurons per level: input, hidden levels, output"`
	Activation        string       `yaml:"activation" enum:"sigmoid,sigmoid_stable,soft_relu" doc:"transfer function φ"`
	Dt                float64      `yaml:"dt" unit:"ms" min:"0" exclusive:"min" doc:"time step"`
	LatentEquilibrium bool         `yaml:"latent_equilibrium" doc:"rates follow the prospective voltage V + τ dV/dt; off: the voltage V"`
	Conductances      Conductances `yaml:"conductances"`
	InputTau          float64      `yaml:"input_tau" unit:"ms" min:"0" exclusive:"min" doc:"low-pass time constant τ_0 of input and target; dt: no filter"`
	HighpassTau       float64      `yaml:"highpass_tau" unit:"ms" min:"0" exclusive:"min" doc:"time constant τ_hp of the high-passed rate"`
	Noise             Noise        `yaml:"noise"`
	Bias              Bias         `yaml:"bias"`
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

// Noise is the Ornstein-Uhlenbeck noise of the apical compartments (section 2).
type Noise struct {
	Amplitude float64 `yaml:"amplitude" min:"0" doc:"amplitude σ"`
	Tau       float64 `yaml:"tau" unit:"ms" min:"0" exclusive:"min" doc:"time constant τ_n"`
}

// Bias is the optional bias unit. It reaches the hidden levels, not the output.
type Bias struct {
	On   bool    `yaml:"on" doc:"add the bias unit"`
	Rate float64 `yaml:"rate" doc:"its constant rate"`
}

// Initial describes the initial weights (section 6).
type Initial struct {
	Up                Range `yaml:"up" doc:"bottom-up weights, all levels"`
	Down              Range `yaml:"down" doc:"top-down weights"`
	P2I               Range `yaml:"p2i" doc:"pyramidal to interneuron; unused with self_predict"`
	I2P               Range `yaml:"i2p" doc:"interneuron to pyramidal; unused with self_predict"`
	SelfPredict       bool  `yaml:"self_predict" doc:"start with p2i = bottom-up weights of the level above and i2p = minus the top-down weights"`
	ScaledSelfPredict bool  `yaml:"scaled_self_predict" doc:"corrected form: below the last hidden level scale the copied p2i by g_b(g_l+g_d)/(g_d(g_l+g_b+g_a)), so that it predicts exactly"`
}

// Range is an interval [Low, High) of a uniform distribution. In YAML a single
// number a stands for [-a, a].
type Range struct{ Low, High float64 }

// Learning holds plasticity: rates per level, constants and rules (section 4).
type Learning struct {
	Rates Rates   `yaml:"rates"`
	Alpha float64 `yaml:"alpha" min:"0" doc:"decay α of the top-down weights"`
	Taus  Taus    `yaml:"taus"`
	// I2P decides whether interneuron-to-pyramidal synapses learn. The
	// original freezes them whenever the circuit starts self-predicting and no
	// top-down rate is positive, which confounds its comparison of rules.
	I2P                  string `yaml:"i2p" enum:"auto,plastic,frozen" doc:"plasticity of i2p; auto: frozen if self_predict and no down rate is positive, as in the original"`
	CopyTransposed       bool   `yaml:"copy_transposed" doc:"backpropagation: before every validation pass copy the transposed bottom-up weights to the top-down weights and their negative to i2p"`
	ReinforceSelfPredict bool   `yaml:"reinforce_self_predict" doc:"after every training pass copy the bottom-up weights to p2i"`
	Rules                Rules  `yaml:"rules,omitempty"`
}

// Rates are learning rates η, one entry per level that has the synapses.
type Rates struct {
	Up   []float64 `yaml:"up" doc:"bottom-up: entry l-1 for the synapses into level l (levels 1 to output)"`
	Down []float64 `yaml:"down" doc:"top-down: entry l-1 for the synapses into hidden level l"`
	P2I  []float64 `yaml:"p2i" doc:"pyramidal to interneuron: entry l-1 for hidden level l"`
	I2P  []float64 `yaml:"i2p" doc:"interneuron to pyramidal: entry l-1 for hidden level l"`
}

// Taus are the time constants that smooth weight changes.
type Taus struct {
	Up  float64 `yaml:"up" unit:"ms" min:"0" exclusive:"min" doc:"bottom-up (and bias)"`
	P2I float64 `yaml:"p2i" unit:"ms" min:"0" exclusive:"min" doc:"pyramidal to interneuron"`
	I2P float64 `yaml:"i2p" unit:"ms" min:"0" exclusive:"min" doc:"interneuron to pyramidal"`
}

// Rules replaces the published rules by one's own; an empty one means the
// published rule (PublishedRules).
type Rules struct {
	Up   Rule `yaml:"up,omitempty" doc:"rule of bottom-up synapses"`
	P2I  Rule `yaml:"p2i,omitempty" doc:"rule of pyramidal-to-interneuron synapses"`
	I2P  Rule `yaml:"i2p,omitempty" doc:"rule of interneuron-to-pyramidal synapses"`
	Down Rule `yaml:"down,omitempty" doc:"rule of top-down synapses"`
}

// Record says what is written to disk while a run goes on. Every is in steps;
// 0 takes the readout interval. Weights may have a longer interval of their own:
// at the readout interval a published run records 25 GB. Rows lie at multiples of
// an interval on the axis of all steps, where every epoch has its validation and
// then its training: half an epoch gives one row of the weights per epoch.
type Record struct {
	Every        int       `yaml:"every" min:"0" doc:"steps between rows of neuron variables; 0: the readout interval"`
	WeightsEvery int       `yaml:"weights_every" min:"0" doc:"steps, counted through validation and training, between rows of synapse variables (training only); 0: as every"`
	Variables    Variables `yaml:"variables,omitempty" doc:"level → population or synapse group → variables"`
}

// Variables maps a level (decimal) to its groups and their recorded variables:
// populations input, pyramidal, inter, output, supervisor; synapse groups ff,
// fb, p2i, i2p, bias_to_pyr, bias_to_inter with g and delta.
type Variables map[string]map[string][]string

// Hidden returns the number of hidden levels.
func (c *Config) Hidden() int { return len(c.Circuit.Levels) - 2 }

// StepsPerPattern returns the number of time steps of one presentation.
func (c *Config) StepsPerPattern() int { return steps(c.Presentation.Time, c.Circuit.Dt) }

// steps converts a time to steps as the original does, by truncation, but
// forgives a quotient that misses a whole number by rounding alone.
func steps(t, dt float64) int {
	q := t / dt
	if r := math.Round(q); math.Abs(q-r) < 1e-9*math.Max(1, r) {
		return int(r)
	}
	return int(q)
}

// i2pPlastic applies the rule of section 5.
func (c *Config) i2pPlastic() bool {
	switch c.Learning.I2P {
	case "plastic":
		return true
	case "frozen":
		return false
	}
	if !c.Initial.SelfPredict {
		return true
	}
	for _, eta := range c.Learning.Rates.Down {
		if eta > 0 {
			return true
		}
	}
	return false
}

// Validate checks every field and the relations between them. The error lists
// every problem, each with the value and what is allowed.
func (c *Config) Validate() error {
	if err := config.Check(c); err != nil {
		return fmt.Errorf("dendritic: %w", err)
	}
	return nil
}
