package pal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/neurocredit/neurocredit/internal/config"
)

// published is a parameter file of the original program (docs/models/pal.md,
// section 13).
type published struct {
	Dt           float64    `json:"dt"`
	Tpres        float64    `json:"Tpres"`
	Dtxi         float64    `json:"dtxi"`
	TauHP        float64    `json:"tauHP"`
	TauLO        float64    `json:"tauLO"`
	Tauxi        float64    `json:"tauxi"`
	Taur         *float64   `json:"taur"`
	Taueps       float64    `json:"taueps"`
	DatasetSize  int        `json:"dataset_size"`
	Epochs       int        `json:"epochs"`
	SettlingTime float64    `json:"settling_time"`
	Layers       []int      `json:"layers"`
	Activation   string     `json:"activation"`
	ModelType    string     `json:"model_type"`
	NoiseType    string     `json:"noise_type"`
	NoiseScale   []float64  `json:"noise_scale"`
	NoiseDeg     float64    `json:"noise_deg"`
	NoiseMode    string     `json:"noise_mode"`
	Gl           float64    `json:"gl"`
	Gbas         float64    `json:"gbas"`
	Gapi         float64    `json:"gapi"`
	Gden         float64    `json:"gden"`
	GnI          float64    `json:"gnI"`
	Gntgt        float64    `json:"gntgt"`
	EtaFw        []float64  `json:"eta_fw"`
	EtaBw        []float64  `json:"eta_bw"`
	EtaIP        []float64  `json:"eta_IP"`
	EtaPI        []float64  `json:"eta_PI"`
	InitWPP      [2]float64 `json:"init_WPP_range"`
	InitWIP      [2]float64 `json:"init_WIP_range"`
	InitBPP      [2]float64 `json:"init_BPP_range"`
	InitBPI      [2]float64 `json:"init_BPI_range"`
	TeacherWPP   [2]float64 `json:"init_teacher_WPP_range"`
	TeacherWIP   [2]float64 `json:"init_teacher_WIP_range"`
	TeacherBPP   [2]float64 `json:"init_teacher_BPP_range"`
	TeacherBPI   [2]float64 `json:"init_teacher_BPI_range"`
	Alpha        []float64  `json:"alpha"`
	RandomSeed   []uint32   `json:"random_seed"`

	InitInSPS           bool   `json:"init_in_SPS"`
	InterLowPass        bool   `json:"inter_low_pass"`
	PyrHiPass           bool   `json:"pyr_hi_pass"`
	DWPPLowPass         bool   `json:"dWPP_low_pass"`
	DWPPRLowPass        bool   `json:"dWPP_r_low_pass"`
	DWPPPostLowPass     bool   `json:"dWPP_post_low_pass"`
	GateRegularizer     bool   `json:"gate_regularizer"`
	VarphiRegularizer   bool   `json:"varphi_regularizer"`
	DWPPUseActivation   bool   `json:"dWPP_use_activation"`
	InputSignal         string `json:"input_signal"`
	CopyTeacherWeights  bool   `json:"copy_teacher_weights"`
	CopyTeacherVoltages bool   `json:"copy_teacher_voltages"`
	BwConnectionMode    string `json:"bw_connection_mode"`

	RecPerSteps int `json:"rec_per_steps"`
}

// optional are the keys that the original reads with a default.
var optional = []string{"taur", "taueps", "noise_deg", "varphi_regularizer", "rec_per_steps", "bw_connection_mode"}

// recordings maps the rec_ keys of a parameter file to variables of hidden levels;
// synapses and populations that a level does not have are left out. Keys without
// an entry have no counterpart or are points of the learning curve anyway.
var recordings = map[string][2]string{
	"rec_WPP": {"ff", "g"}, "rec_WIP": {"p2i", "g"}, "rec_BPP": {"fb", "g"}, "rec_BPI": {"i2p", "g"}, "rec_dWPP": {"ff", "delta"},
	"rec_uP": {"pyramidal", "V"}, "rec_uP_breve": {"pyramidal", "v_brev"}, "rec_rP_breve": {"pyramidal", "rate"},
	"rec_rP_breve_HI": {"pyramidal", "rate_highpass"}, "rec_vbas": {"pyramidal", "v_basal"}, "rec_vapi": {"pyramidal", "v_apical"},
	"rec_noise": {"pyramidal", "noise"}, "rec_uI": {"inter", "V"}, "rec_uI_breve": {"inter", "v_brev"}, "rec_rI_breve": {"inter", "rate"},
	"rec_input": {"input", "rate"},
}

// otherRecords are the remaining rec_ keys.
var otherRecords = []string{"rec_MSE", "rec_error", "rec_target", "rec_vapi_noise", "rec_epsilon", "rec_epsilon_LO", "rec_lat_mismatch", "rec_dWIP", "rec_dBPP", "rec_dBPI"}

// ReadPublished reads a JSON parameter file of the original program and returns
// one configuration for every seed of its list. The task, which the original
// takes from its command line, is TaskBackward (bw_only) or TaskTeacher (fw_bw).
//
// An unknown or missing key is an error, and so is an option that the published
// program has but cannot run.
func ReadPublished(file, task string) ([]Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("pal: %w", err)
	}
	configs, err := parsePublished(text, task)
	if err != nil {
		return nil, fmt.Errorf("pal: %s: %w", file, err)
	}
	return configs, nil
}

func parsePublished(text []byte, task string) ([]Config, error) {
	if task != TaskBackward && task != TaskTeacher {
		return nil, fmt.Errorf("task %q must be %s or %s for a published file", task, TaskBackward, TaskTeacher)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, fmt.Errorf("line %d: %w", jsonLine(text, err), err)
	}
	if err := checkKeys(keys); err != nil {
		return nil, err
	}
	var p published
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("line %d: %w", jsonLine(text, err), err)
	}
	c, err := p.config(task)
	if err != nil {
		return nil, err
	}
	if c.Record.Variables, err = c.publishedRecords(keys); err != nil {
		return nil, err
	}
	var all []Config
	for i, seed := range p.RandomSeed {
		one := c
		one.Name, one.Seed, one.Data.Seed = fmt.Sprintf("%s_seed_%d", c.Name, seed), seed, p.RandomSeed[0]
		if slices.Contains(p.RandomSeed[:i], seed) {
			return nil, fmt.Errorf("random_seed has %d twice", seed)
		}
		if err := one.Validate(); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("random_seed must name at least one seed")
	}
	return all, nil
}

// jsonLine returns the line at which decoding failed.
func jsonLine(text []byte, err error) int {
	at := int64(0)
	switch e := err.(type) {
	case *json.SyntaxError:
		at = e.Offset
	case *json.UnmarshalTypeError:
		at = e.Offset
	}
	return 1 + bytes.Count(text[:min(int(at), len(text))], []byte("\n"))
}

// checkKeys refuses unknown and missing keys, as the original looks them up
// without defaults.
func checkKeys(keys map[string]json.RawMessage) error {
	var known []string
	example, _ := json.Marshal(published{}) // plain fields: cannot fail
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(example, &fields)
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		known = append(known, key)
		if keys[key] == nil && !slices.Contains(optional, key) {
			return fmt.Errorf("key %q is missing", key)
		}
	}
	known = append(append(known, otherRecords...), slices.Sorted(maps.Keys(recordings))...)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if key != "_comment" && !slices.Contains(known, key) {
			return fmt.Errorf("unknown key %q%s", key, config.Suggest(key, known))
		}
	}
	return nil
}

// config translates names, models and options. Options that change a rule become
// that rule.
func (p *published) config(task string) (Config, error) {
	switch {
	case p.Dtxi != p.Dt:
		return Config{}, fmt.Errorf("dtxi %g must equal dt %g: the original's counter is shared between layers", p.Dtxi, p.Dt)
	case p.InputSignal != "step":
		return Config{}, fmt.Errorf("input_signal %q must be \"step\"", p.InputSignal)
	case p.CopyTeacherWeights || p.CopyTeacherVoltages:
		return Config{}, fmt.Errorf("copy_teacher_weights and copy_teacher_voltages must be false")
	case p.BwConnectionMode != "" && p.BwConnectionMode != "layered":
		return Config{}, fmt.Errorf("bw_connection_mode %q must be \"layered\"", p.BwConnectionMode)
	case len(p.Layers) < 3:
		return Config{}, fmt.Errorf("layers %v must name input, hidden and output layer", p.Layers)
	}
	mode, err := ParseMode(strings.ToLower(p.ModelType))
	if err != nil {
		return Config{}, fmt.Errorf("model_type %q must be BP, FA or PAL", p.ModelType)
	}
	c := New(p.Layers...)
	h := c.Hidden()
	for _, e := range []struct {
		key  string
		list *[]float64
		want int
	}{
		{"eta_fw", &p.EtaFw, h + 1}, {"eta_bw", &p.EtaBw, h}, {"eta_IP", &p.EtaIP, h}, {"eta_PI", &p.EtaPI, h},
		{"alpha", &p.Alpha, h}, {"noise_scale", &p.NoiseScale, h},
	} {
		if len(*e.list) < e.want {
			return Config{}, fmt.Errorf("%s has %d entries, needs %d", e.key, len(*e.list), e.want)
		}
		*e.list = (*e.list)[:e.want] // the original reads no further
	}
	c.Name, c.Task, c.Epochs, c.Data.Samples = "published_"+string(mode), task, p.Epochs, p.DatasetSize
	c.Presentation = Presentation{Time: truncated(p.Tpres, p.Dt), Settling: truncated(p.SettlingTime, p.Dt)}
	c.Circuit.Activation, c.Circuit.Dt, c.Circuit.HighpassTau = p.Activation, p.Dt, p.TauHP
	c.Circuit.Conductances = Conductances{Leak: p.Gl, Basal: p.Gbas, Apical: p.Gapi, Dendrite: p.Gden, Soma: p.GnI, Target: p.Gntgt}
	if p.Taur != nil {
		c.Circuit.Prospectivity = *p.Taur
	}
	if p.InterLowPass {
		c.Circuit.DendriteTau = p.TauLO
	}
	if c.Circuit.Noise, err = p.noise(); err != nil {
		return Config{}, err
	}
	weights := func(up, p2i, down, i2p [2]float64) Weights {
		r := func(a [2]float64) Range { return Range{a[0], a[1]} }
		return Weights{Up: r(up), P2I: r(p2i), Down: r(down), I2P: r(i2p)}
	}
	c.Initial = Initial{Weights: weights(p.InitWPP, p.InitWIP, p.InitBPP, p.InitBPI), SelfPredict: p.InitInSPS}
	c.Teacher = weights(p.TeacherWPP, p.TeacherWIP, p.TeacherBPP, p.TeacherBPI)
	c.Learning.Rates = Rates{Up: p.EtaFw, Down: p.EtaBw, P2I: p.EtaIP, I2P: p.EtaPI}
	c.Learning.Alpha, c.Learning.Tau = p.Alpha, p.TauLO
	if err := p.rules(&c.Learning.Rules); err != nil {
		return Config{}, err
	}
	c.setMode(mode)
	if p.RecPerSteps > 0 {
		c.Record.Every = p.RecPerSteps
	}
	return c, nil
}

// truncated leaves out what the original does not simulate of a time: a part of a step.
func truncated(t, dt float64) float64 {
	if q := t / dt; !whole(q) && q < maxSteps {
		return math.Floor(q) * dt
	}
	return t
}

func (p *published) noise() (Noise, error) {
	n := Noise{Amplitude: p.NoiseScale, Tau: p.Tauxi, White: p.NoiseType == "hold_white_noise"}
	if p.NoiseType != "OU" && !n.White {
		return n, fmt.Errorf("noise_type %q must be OU or hold_white_noise", p.NoiseType)
	}
	scale, ok := map[string]string{"const": "constant", "uP": "voltage", "uP_breve": "prospective", "vapi": "apical"}[p.NoiseMode]
	if !ok {
		return n, fmt.Errorf("noise_mode %q must be const, uP, uP_breve or vapi", p.NoiseMode)
	}
	n.Scale = scale
	return n, nil
}

// rules writes the options of the original that concern plasticity as rules.
func (p *published) rules(r *Rules) error {
	post, pre := "rate_post - predicted_rate_post", "last_rate_pre"
	if !p.DWPPUseActivation {
		post = "u_post - predicted_u_post"
	}
	switch {
	case p.DWPPRLowPass:
		pre = "lowpass_pre"
	case p.DWPPPostLowPass && !p.DWPPUseActivation:
		return fmt.Errorf("dWPP_post_low_pass needs dWPP_use_activation: the original has no other")
	case p.DWPPPostLowPass:
		post = "lowpass_error_post"
	}
	change := fmt.Sprintf("eta*(%s)*%s", post, pre)
	if p.DWPPLowPass {
		r.Up = Rule{Weight: "delta/dt", Delta: fmt.Sprintf("(dt*%s - delta)/tau", change)}
	} else {
		r.Up = Rule{Weight: change}
	}
	rate, decay := "highpass_pre", "alpha*w"
	if !p.PyrHiPass {
		rate = "rate_pre"
	}
	switch {
	case p.GateRegularizer:
		decay += fmt.Sprintf("*step(%s)", rate)
	case p.VarphiRegularizer:
		decay += "*slope_post*slope_pre"
	}
	r.Down = Rule{Weight: fmt.Sprintf("eta*(noise_post*%s - %s)", rate, decay)}
	published := PublishedRules()
	if r.Up == published.Up {
		r.Up = Rule{}
	}
	if r.Down == published.Down {
		r.Down = Rule{}
	}
	return nil
}

// publishedRecords translates the rec_ keys that are on.
func (c *Config) publishedRecords(keys map[string]json.RawMessage) (Variables, error) {
	all := Variables{}
	for key, what := range recordings {
		on := false
		if keys[key] != nil {
			if err := json.Unmarshal(keys[key], &on); err != nil {
				return nil, fmt.Errorf("%s must be true or false: %w", key, err)
			}
		}
		if !on {
			continue
		}
		for l := range len(c.Circuit.Levels) {
			group, known := what[0], c.recordable(l)
			if group == "pyramidal" && known[group] == nil {
				group = "output"
			}
			if !slices.Contains(known[group], what[1]) {
				continue
			}
			level := fmt.Sprint(l)
			if all[level] == nil {
				all[level] = map[string][]string{}
			}
			all[level][group] = append(all[level][group], what[1])
		}
	}
	for _, groups := range all {
		for _, v := range groups {
			slices.Sort(v)
		}
	}
	return all, nil
}
