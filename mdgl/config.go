package mdgl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/config"
)

// Config describes one run completely. The presets return published settings;
// every field can then be changed. Time is in ms, which is also the time step;
// voltages have no unit.
//
// Symbols and sections in the comments refer to docs/models/mdgl.md.
type Config struct {
	Name       string `yaml:"name" doc:"name of the run and prefix of its results directory"`
	Seed       uint32 `yaml:"seed" doc:"seed of initial weights, trials and rewiring"`
	Seeding    string `yaml:"seeding" enum:"keyed,fresh" doc:"keyed: everything follows from seed; fresh: a new random seed replaces it when the run starts (and is saved)"`
	Iterations int    `yaml:"iterations" min:"0" max:"10000000" doc:"number of weight updates"`
	Precision  string `yaml:"precision" enum:"float32,float64" doc:"floating-point type of all state"`

	Task       Task       `yaml:"task"`
	Cells      Cells      `yaml:"cells"`
	Wiring     Wiring     `yaml:"wiring"`
	Learning   Learning   `yaml:"learning"`
	Validation Validation `yaml:"validation"`
}

// Task names the task (section 4).
type Task struct {
	Set         string  `yaml:"set" enum:"evidence,delayed_match,pattern,store_recall,sequential_mnist,own" doc:"task; own: a data.Task given in Go"`
	Delay       int     `yaml:"delay" unit:"ms" min:"0" max:"100000" doc:"delay before the question, of evidence and delayed_match; 0: as published"`
	Channels    int     `yaml:"channels" min:"0" max:"100000" doc:"input channels of sequential_mnist, 1 for grey values, which needs wiring.in: 0; 0: as published"`
	PixelTime   int     `yaml:"pixel_time" unit:"ms" min:"0" max:"1000" doc:"duration of a pixel of sequential_mnist; 0: as published"`
	Downsampled bool    `yaml:"downsampled" doc:"sequential_mnist with channels: 1 shows means of 2 x 2 pixels"`
	Symbols     int     `yaml:"symbols" min:"0" max:"10000" doc:"symbols per trial of store_recall; 0: as published"`
	SymbolTime  int     `yaml:"symbol_time" unit:"ms" min:"0" max:"100000" doc:"duration of a symbol of store_recall; 0: as published"`
	Spacing     int     `yaml:"spacing" min:"0" max:"10000" doc:"mean number of symbols between commands of store_recall; 0: as published"`
	Rate        float64 `yaml:"rate" unit:"Hz" min:"0" max:"1000" exclusive:"max" doc:"firing rate of the channels of a cue or symbol, of evidence, delayed_match and store_recall; 0: as published"`
	Dir         string  `yaml:"dir,omitempty" doc:"folder of the MNIST files; empty: NEUROCREDIT_DATA/mnist, then the user's cache"`
}

// Cells holds neurons and their constants (section 2).
type Cells struct {
	Model         string  `yaml:"model" enum:"alif,lsnn" doc:"alif: cell of the MDGL code; lsnn: cell of the LSNN toolbox, with delays"`
	Regular       int     `yaml:"regular" min:"0" max:"100000" doc:"neurons without adaptation (LIF), the first ones"`
	Adaptive      int     `yaml:"adaptive" min:"0" max:"100000" doc:"neurons with adaptive threshold (ALIF)"`
	Threshold     float64 `yaml:"threshold" min:"0" exclusive:"min" doc:"base threshold ϑ"`
	Adaptation    float64 `yaml:"adaptation" min:"0" doc:"strength β of the adaptation"`
	Dampening     float64 `yaml:"dampening" min:"0" doc:"height γ of the surrogate derivative of a spike"`
	Refractory    int     `yaml:"refractory" unit:"ms" min:"0" max:"1000" doc:"steps after a spike without another one"`
	MembraneTau   float64 `yaml:"membrane_tau" unit:"ms" min:"0" exclusive:"min" doc:"time constant τ_v of the membrane"`
	AdaptationTau float64 `yaml:"adaptation_tau" unit:"ms" min:"0" exclusive:"min" doc:"time constant τ_a of the adaptation"`
	ReadoutTau    float64 `yaml:"readout_tau" unit:"ms" min:"0" exclusive:"min" doc:"time constant τ_out of the readout"`
	Delays        int     `yaml:"delays" unit:"ms" min:"1" max:"255" doc:"each synapse of an lsnn network has a random extra delay of 0 to delays-1 steps"`
	Noise         float64 `yaml:"noise" min:"0" doc:"standard deviation of a current that is drawn for every neuron and step"`
	Bias          bool    `yaml:"bias" doc:"the readout has a trainable bias"`

	MembraneTaus   []float64 `yaml:"membrane_taus" unit:"ms" min:"0" exclusive:"min" doc:"τ_v of every neuron, in place of membrane_tau"`
	AdaptationTaus []float64 `yaml:"adaptation_taus" unit:"ms" min:"0" exclusive:"min" doc:"τ_a of every neuron, in place of adaptation_tau"`
	Adaptations    []float64 `yaml:"adaptations" min:"0" doc:"β of every neuron, in place of adaptation; 0 for regular ones"`

	Types  string `yaml:"types" enum:"ei,ei_adaptive,own" doc:"cell types, between which rules tell affinities; ei: inhibitory and excitatory; ei_adaptive: also regular and adaptive; own: those of type_of"`
	TypeOf []int  `yaml:"type_of" min:"0" doc:"with types: own, the type of every neuron, numbered from 0"`
}

// Wiring says which synapses exist and how they may change (section 3).
type Wiring struct {
	In          float64 `yaml:"in" min:"0" max:"1" exclusive:"max" doc:"connection probability of input synapses; 0: all, without signs"`
	Recurrent   float64 `yaml:"recurrent" min:"0" max:"1" exclusive:"max" doc:"connection probability of recurrent synapses; 0: all, without signs"`
	Out         float64 `yaml:"out" min:"0" max:"1" exclusive:"max" doc:"connection probability of output synapses; 0: all, without signs"`
	DenseOut    string  `yaml:"dense_out" enum:"normal,glorot" doc:"initial output weights with out: 0"`
	Dale        bool    `yaml:"dale" doc:"every neuron is excitatory or inhibitory; off: every synapse has a random sign"`
	Excitatory  float64 `yaml:"excitatory" min:"0" max:"1" doc:"share of excitatory neurons and inputs"`
	Autapses    string  `yaml:"autapses" enum:"counted,dropped" doc:"synapses of a neuron onto itself never have an effect; counted: they take part in learning and rewiring, as in the original; dropped: they do not exist"`
	Rewiring    string  `yaml:"rewiring" enum:"fixed,anywhere,off" doc:"where lost synapses come back; fixed: at places of the initial wiring; anywhere: at all places; off: not at all"`
	L1          float64 `yaml:"l1" min:"0" doc:"shift of all weights towards 0, in learning rates per update"`
	Temperature float64 `yaml:"temperature" min:"0" doc:"noise of weights per update"`
}

// Learning holds the rule and the optimiser (sections 3 and 5).
type Learning struct {
	Rule          Rule    `yaml:"rule" enum:"bptt,eprop,mdgl,mdgl_cell,nl_mdgl,on_mdgl,own" doc:"learning rule of input and recurrent weights; own: the equations signal and secretion"`
	Signal        string  `yaml:"signal" doc:"with rule: own, equation of the learning signal S of a neuron, such as L + M; ignored otherwise"`
	Secretion     string  `yaml:"secretion" doc:"with rule: own, equation of what a neuron secretes; empty: L*psi; ignored otherwise"`
	Form          string  `yaml:"form" enum:"adjoint,online" doc:"adjoint: backward in time, fastest; online: strictly forward in time, with memory that does not grow with it; same numbers up to rounding"`
	Feedback      string  `yaml:"feedback" enum:"symmetric,random,broadcast" doc:"weights of the error signal; symmetric: the output weights; random: fixed random ones at the same places; broadcast: fixed random ones to all neurons"`
	Affinity      string  `yaml:"affinity" enum:"current,initial" doc:"mean weights between types; current: of the present weights; initial: of those at the start"`
	Rate          float64 `yaml:"rate" min:"0" doc:"learning rate of Adam"`
	Decay         float64 `yaml:"decay" min:"0" exclusive:"min" max:"1" doc:"factor of the learning rate every decay_every updates"`
	DecayEvery    int     `yaml:"decay_every" min:"0" doc:"updates between decays; 0: never"`
	Batch         int     `yaml:"batch" min:"1" max:"100000" doc:"trials per update"`
	RateCost      float64 `yaml:"rate_cost" min:"0" doc:"weight of the squared distance of mean firing rates from rate_target"`
	RateTarget    float64 `yaml:"rate_target" unit:"Hz" min:"0" doc:"firing rate that costs nothing"`
	RateModulates bool    `yaml:"rate_modulates" doc:"the derivative of the rate cost is part of what neurons secrete (MDGL rules); off: it acts on the own neuron alone"`
}

// Validation says how progress is measured.
type Validation struct {
	Every int    `yaml:"every" min:"1" doc:"updates between validations"`
	Batch int    `yaml:"batch" min:"1" max:"100000" doc:"trials per validation"`
	Tests int    `yaml:"tests" min:"0" max:"100000" doc:"validation batches of the test stage at the end; 0: no test"`
	State string `yaml:"state" enum:"reset,carried" doc:"where the cells begin; reset: every trial at rest; carried: where the trial at the same place of the batch before ended, in validations and in tests each; training always begins at rest"`

	StopError  float64 `yaml:"stop_error" unit:"%" min:"0" max:"100" doc:"the run ends early when the mean error of the last stop_window validations is below it; 0: never"`
	StopWindow int     `yaml:"stop_window" min:"1" max:"100000" doc:"validations of stop_error"`
}

// Neurons returns the number of recurrent neurons.
func (c *Config) Neurons() int { return c.Cells.Regular + c.Cells.Adaptive }

// Validate checks every field and the relations between them. The error lists
// every problem, each with the value and what is allowed.
func (c *Config) Validate() error {
	if err := config.Check(c); err != nil {
		return fmt.Errorf("mdgl: %w", err)
	}
	return nil
}

// CheckFields reports conditions that concern several fields. It is called by
// Validate and when a configuration is read.
func (c *Config) CheckFields(report func(path, text string)) {
	fail := func(path, format string, args ...any) { report(path, fmt.Sprintf(format, args...)) }
	n, l, w := &c.Cells, &c.Learning, &c.Wiring
	if c.Neurons() < 1 {
		fail("cells", "has no neurons: regular %d and adaptive %d", n.Regular, n.Adaptive)
	}
	if n.Model == "alif" && n.Delays != 1 {
		fail("cells.delays", "%d must be 1: cell alif has no delays", n.Delays)
	}
	if l.Form == "online" {
		switch {
		case l.Rule == BPTT:
			fail("learning.form", "online does not exist for bptt, which needs the future")
		case n.Model != "alif":
			fail("learning.form", "online needs cells.model: alif")
		case l.RateCost > 0 && l.RateModulates && l.Rule != EProp && l.Rule != OnMDGL:
			fail("learning.rate_modulates", "must be false with form: online, because rates are known only after the batch")
		}
	}
	c.checkTypes(fail)
	c.checkLists(fail)
	c.checkSignal(fail)
	if n.Model == "lsnn" && l.Rule == OnMDGL {
		fail("learning.rule", "on_mdgl needs cells.model: alif")
	}
	if l.Feedback != "symmetric" && l.Rule == BPTT {
		fail("learning.feedback", "%s would not be bptt; it must be symmetric", l.Feedback)
	}
	if w.Dale && w.Recurrent+w.Out > 0 && excitatory(c.Neurons(), w.Excitatory) == c.Neurons() {
		fail("wiring.excitatory", "%g leaves no inhibitory one of %d neurons, which balanced weights need", w.Excitatory, c.Neurons())
	}
	c.checkTask(fail)
	if v := &c.Validation; v.StopError > 0 && c.Task.Set == "pattern" {
		fail("validation.stop_error", "%g must be 0: pattern has a target, so no decisions that could be wrong", v.StopError)
	}
}

// checkTask checks what concerns the task.
func (c *Config) checkTask(fail func(path, format string, args ...any)) {
	t := &c.Task
	for _, key := range []struct {
		name  string
		given bool
		sets  []string
	}{
		{"rate", t.Rate != 0, []string{"evidence", "delayed_match", "store_recall"}},
		{"symbols", t.Symbols != 0, []string{"store_recall"}},
		{"symbol_time", t.SymbolTime != 0, []string{"store_recall"}},
		{"spacing", t.Spacing != 0, []string{"store_recall"}},
		{"channels", t.Channels != 0, []string{"sequential_mnist"}},
		{"pixel_time", t.PixelTime != 0, []string{"sequential_mnist"}},
	} {
		if key.given && !slices.Contains(key.sets, t.Set) {
			fail("task."+key.name, "has no meaning with set: %s, only with %s; leave it out", t.Set, strings.Join(key.sets, ", "))
		}
	}
	if t.Downsampled && (t.Set != "sequential_mnist" || t.Channels != 1) {
		fail("task.downsampled", "true needs sequential_mnist with channels: 1, not %s with %d", t.Set, t.Channels)
	}
	if t.Set == "sequential_mnist" && t.Channels != 0 && t.Channels != 1 && (t.Channels < 4 || t.Channels%2 != 0) {
		fail("task.channels", "%d must be 1 or an even number from 4", t.Channels)
	}
	if t.Set == "evidence" {
		e := data.DefaultEvidence()
		if t.Delay != 0 && t.Delay < e.Gap {
			fail("task.delay", "%d must be 0 or at least %d, the silence behind a cue of evidence", t.Delay, e.Gap)
		}
		most := 1 << e.Cues
		check := func(path string, batch int) {
			if batch > most {
				fail(path, "%d must be at most %d: the trials of a batch of evidence show different ones of the %d patterns of %d cues", batch, most, most, e.Cues)
			}
		}
		check("learning.batch", c.Learning.Batch)
		check("validation.batch", c.Validation.Batch)
	}
	if t.Set == "store_recall" {
		s := data.DefaultStoreRecall()
		symbols, spacing := cmp.Or(t.Symbols, s.Symbols), cmp.Or(t.Spacing, s.Spacing)
		if symbols < 3 {
			fail("task.symbols", "%d must be 0 or at least 3", symbols)
		}
		if spacing > symbols {
			fail("task.spacing", "%d must be at most the number of symbols, %d", spacing, symbols)
		}
	}
}
