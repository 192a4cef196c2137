package dendritic

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/neurocredit/neurocredit/internal/config"
)

// publishedMeta and publishedNet are the two mappings of a configuration file of
// the original program (docs/models/dendritic.md, section 10). Fields that are
// filled in at run time are accepted and not used. With omitempty are those that may
// be absent: they have a default (publishedDefaults), only say what is recorded, or are
// not used.
type publishedMeta struct {
	Backend         string          `yaml:"backend,omitempty"`
	DatasetKey      string          `yaml:"dataset_key" enum:"yinyang,mnist,bars,mimic"`
	Dt              float64         `yaml:"dt" min:"0" exclusive:"min"`
	InputRates      *yaml.Node      `yaml:"input_rates,omitempty"`
	OutputRates     *yaml.Node      `yaml:"output_rates,omitempty"`
	Name            string          `yaml:"name"`
	NumpySeed       uint32          `yaml:"numpy_seed"`
	PrintEveryNRecs int             `yaml:"print_every_n_recs,omitempty"`
	Record          publishedRecord `yaml:"record,omitempty"`
	SimConfig       publishedSim    `yaml:"sim_config"`
}

type publishedRecord struct {
	Filename      *string            `yaml:"filename,omitempty"`
	Recordings    Variables          `yaml:"recordings,omitempty"`
	UpdateIndices publishedIntervals `yaml:"update_indices,omitempty"`
}

type publishedIntervals struct {
	Rates   *int `yaml:"rates,omitempty"`
	Sample  *int `yaml:"sample,omitempty"`
	Test    *int `yaml:"test,omitempty"`
	Train   *int `yaml:"train,omitempty"`
	Valid   *int `yaml:"valid,omitempty"`
	Weights *int `yaml:"weights,omitempty"`
	Write   *int `yaml:"write,omitempty"`
}

type publishedSim struct {
	DataNoise      float64  `yaml:"data_noise"`
	DataSeed       uint32   `yaml:"data_seed"`
	IdxEpoch       *int     `yaml:"idx_epoch,omitempty"`
	IdxRec         *int     `yaml:"idx_rec,omitempty"`
	IdxSample      *int     `yaml:"idx_sample,omitempty"`
	IdxTest        *int     `yaml:"idx_test,omitempty"`
	IdxTrain       *int     `yaml:"idx_train,omitempty"`
	IdxValid       *int     `yaml:"idx_valid,omitempty"`
	NClass         int      `yaml:"n_class"`
	NEpochs        int      `yaml:"n_epochs"`
	NTest          int      `yaml:"n_test"`
	NTrain         int      `yaml:"n_train"`
	NValid         int      `yaml:"n_valid"`
	PatT           float64  `yaml:"pat_t"`
	RecsPerSample  int      `yaml:"recs_per_sample"`
	ShuffleSamples bool     `yaml:"shuffle_samples"`
	SimTime        *float64 `yaml:"sim_time,omitempty"`
	UHigh          float64  `yaml:"uhigh"`
	ULow           float64  `yaml:"ulow"`
}

type publishedNet struct {
	ActivationTemplate   string           `yaml:"activation_template,omitempty"`
	Alpha                float64          `yaml:"alpha"`
	Bias                 publishedBias    `yaml:"bias"`
	DebugMode            bool             `yaml:"debug_mode,omitempty"`
	Dims                 []int            `yaml:"dims"`
	Eta                  publishedEta     `yaml:"eta"`
	Ga                   float64          `yaml:"ga,omitempty"`
	Gb                   float64          `yaml:"gb,omitempty"`
	Gd                   float64          `yaml:"gd,omitempty"`
	Gl                   float64          `yaml:"gl,omitempty"`
	Gsom                 float64          `yaml:"gsom,omitempty"`
	Gtar                 float64          `yaml:"gtar,omitempty"`
	HighpassTau          float64          `yaml:"highpass_tau,omitempty"`
	InitWeights          publishedWeights `yaml:"init_weights"`
	LeActive             int              `yaml:"le_active,omitempty" min:"0" max:"1"`
	LearningLag          float64          `yaml:"learning_lag"`
	Noise                float64          `yaml:"noise,omitempty"`
	NoiseSig             float64          `yaml:"noise_sig,omitempty"`
	NoiseTau             float64          `yaml:"noise_tau,omitempty"`
	OutLag               float64          `yaml:"out_lag,omitempty"`
	ReinforceSelfPredict bool             `yaml:"reinforce_self_predict"`
	ResetDeltas          bool             `yaml:"reset_deltas,omitempty"`
	SetWBackwToWTransp   bool             `yaml:"set_wBackw_to_wTransp"`
	StartInSelfPredict   bool             `yaml:"start_in_self_predict"`
	TPattern             float64          `yaml:"t_pattern"`
	Tau0                 float64          `yaml:"tau_0,omitempty"`
	TauWFF               float64          `yaml:"tau_w_ff"`
	TauWIP               float64          `yaml:"tau_w_ip"`
	TauWPI               float64          `yaml:"tau_w_pi"`
}

type publishedBias struct {
	On  bool    `yaml:"on"`
	Val float64 `yaml:"val"`
}

type publishedEta struct {
	Down []float64 `yaml:"down"`
	IP   []float64 `yaml:"ip"`
	PI   []float64 `yaml:"pi"`
	Up   []float64 `yaml:"up"`
}

type publishedWeights struct {
	Down Range `yaml:"down"`
	IP   Range `yaml:"ip"`
	PI   Range `yaml:"pi"`
	Up   Range `yaml:"up"`
}

// publishedDefaults are those of the original's network class. Nothing else has one.
func publishedDefaults() publishedNet {
	return publishedNet{
		ActivationTemplate: "soft_relu", LeActive: 1, Tau0: 3, HighpassTau: 1, NoiseTau: 1,
		Gl: 0.1, Gb: 1, Ga: 0.8, Gd: 1, Gsom: 0.8, Gtar: 1,
	}
}

// ReadPublished reads a configuration file of the original program: a list of
// two mappings. What it leaves out has the default of the original's network class (latent
// equilibrium on, soft_relu, conductances of 0.1 to 1/ms, filters of 1 ms, inputs of 3 ms,
// no noise), or records nothing; any other key that is missing is an error. Errors name the
// line and the key.
func ReadPublished(file string) (Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Config{}, fmt.Errorf("dendritic: %w", err)
	}
	return parsePublished(text, file)
}

func parsePublished(text []byte, file string) (Config, error) {
	var parts []yaml.Node
	if err := yaml.Unmarshal(text, &parts); err != nil {
		return Config{}, fmt.Errorf("dendritic: %s: %w", file, err)
	}
	if len(parts) != 2 {
		return Config{}, fmt.Errorf("dendritic: %s: a published configuration is a list of two mappings, this one has %d", file, len(parts))
	}
	meta, net := publishedMeta{}, publishedDefaults()
	const why = ", and the original program has no default for it"
	if err := config.DecodeComplete(&parts[0], &meta, file, why); err != nil {
		return Config{}, err
	}
	if err := config.DecodeComplete(&parts[1], &net, file, why); err != nil {
		return Config{}, err
	}
	c, err := fromPublished(&meta, &net)
	if err != nil {
		return Config{}, fmt.Errorf("dendritic: %s: %w", file, err)
	}
	if err := config.Check(&c); err != nil {
		return Config{}, fmt.Errorf("dendritic: %s: %w", file, err)
	}
	return c, nil
}

// fromPublished translates names and index conventions.
func fromPublished(m *publishedMeta, n *publishedNet) (Config, error) {
	switch {
	case len(n.Dims) < 3:
		return Config{}, fmt.Errorf("dims %v must name input, hidden and output level", n.Dims)
	case n.TPattern != m.SimConfig.PatT:
		return Config{}, fmt.Errorf("t_pattern %g and pat_t %g must be equal", n.TPattern, m.SimConfig.PatT)
	case n.OutLag != 0:
		return Config{}, fmt.Errorf("out_lag %g must be 0: it has no effect in the original program", n.OutLag)
	}
	h := len(n.Dims) - 2
	for _, e := range []struct {
		key  string
		got  []float64
		want int
	}{{"up", n.Eta.Up, h + 1}, {"down", n.Eta.Down, h + 1}, {"ip", n.Eta.IP, h}, {"pi", n.Eta.PI, h}} {
		if len(e.got) < e.want {
			return Config{}, fmt.Errorf("eta.%s has %d entries, needs %d", e.key, len(e.got), e.want)
		}
		for i, rate := range e.got[e.want:] { // the published files fill their lists up with 0
			if rate != 0 {
				return Config{}, fmt.Errorf("eta.%s[%d] is %g, must be 0 or left out: dims %v have only %d levels with such synapses", e.key, e.want+i, rate, n.Dims, e.want)
			}
		}
	}
	c := Config{
		Name: m.Name, Seed: m.NumpySeed, Seeding: "keyed", Epochs: m.SimConfig.NEpochs, Precision: Float64,
		Data: Data{
			Set: m.DatasetKey, Seed: m.SimConfig.DataSeed, Noise: m.SimConfig.DataNoise, Classes: m.SimConfig.NClass,
			Train: m.SimConfig.NTrain, Valid: m.SimConfig.NValid, Test: m.SimConfig.NTest,
		},
		Presentation: Presentation{
			Time: m.SimConfig.PatT, Records: m.SimConfig.RecsPerSample, Shuffle: m.SimConfig.ShuffleSamples,
			High: m.SimConfig.UHigh, Low: m.SimConfig.ULow, Teach: true, LearningLag: n.LearningLag,
		},
		Circuit: Circuit{
			Levels: n.Dims, Activation: n.ActivationTemplate, Dt: m.Dt, LatentEquilibrium: n.LeActive == 1,
			Conductances: Conductances{Leak: n.Gl, Basal: n.Gb, Apical: n.Ga, Dendrite: n.Gd, Soma: n.Gsom, Target: n.Gtar},
			InputTau:     n.Tau0, HighpassTau: n.HighpassTau,
			Noise: Noise{Amplitude: n.NoiseSig, Tau: n.NoiseTau}, Bias: Bias{On: n.Bias.On, Rate: n.Bias.Val},
		},
		Initial: Initial{
			Up: n.InitWeights.Up, Down: n.InitWeights.Down, P2I: n.InitWeights.IP, I2P: n.InitWeights.PI, SelfPredict: n.StartInSelfPredict,
		},
		Learning: Learning{
			// Of the original's lists the entry for level l of down is l, the
			// others start at the first level that has the synapses.
			Rates: Rates{Up: n.Eta.Up[:h+1], Down: n.Eta.Down[1 : h+1], P2I: n.Eta.IP[:h], I2P: n.Eta.PI[:h]},
			Alpha: n.Alpha, Taus: Taus{Up: n.TauWFF, P2I: n.TauWIP, I2P: n.TauWPI},
			I2P: "auto", CopyTransposed: n.SetWBackwToWTransp, ReinforceSelfPredict: n.ReinforceSelfPredict,
		},
		Record: Record{Variables: m.Record.Recordings},
	}
	if n.Eta.Down[0] > 0 {
		// Unused as a rate, but it counts in the original's test for freezing i2p.
		c.Learning.I2P = "plastic"
	}
	if i := m.Record.UpdateIndices.Rates; i != nil {
		c.Record.Every = *i
	}
	if i := m.Record.UpdateIndices.Weights; i != nil {
		c.Record.WeightsEvery = *i
	}
	return c, nil
}

// UnmarshalYAML reads a number a as [-a, a], or a list [low, high].
func (r *Range) UnmarshalYAML(node *yaml.Node) error {
	var a float64
	if node.Decode(&a) == nil {
		*r = Range{-a, a}
		return nil
	}
	var list []float64
	if err := node.Decode(&list); err != nil || len(list) != 2 {
		return fmt.Errorf("line %d: a range is a number a (for -a to a) or a list [low, high]", node.Line)
	}
	*r = Range{list[0], list[1]}
	return nil
}

// MarshalYAML writes the form that UnmarshalYAML reads.
func (r Range) MarshalYAML() (any, error) {
	number := func(x float64) *yaml.Node {
		text := strconv.FormatFloat(x, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0" // so that every reader takes it for a float
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: text}
	}
	if r.Low == -r.High {
		return number(r.High), nil
	}
	return &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: []*yaml.Node{number(r.Low), number(r.High)}}, nil
}
