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
// filled in at run time are accepted and not used.
type publishedMeta struct {
	Backend         string          `yaml:"backend"`
	DatasetKey      string          `yaml:"dataset_key" enum:"yinyang,mnist,bars,mimic"`
	Dt              float64         `yaml:"dt" min:"0" exclusive:"min"`
	InputRates      *yaml.Node      `yaml:"input_rates"`
	OutputRates     *yaml.Node      `yaml:"output_rates"`
	Name            string          `yaml:"name"`
	NumpySeed       uint32          `yaml:"numpy_seed"`
	PrintEveryNRecs int             `yaml:"print_every_n_recs"`
	Record          publishedRecord `yaml:"record"`
	SimConfig       publishedSim    `yaml:"sim_config"`
}

type publishedRecord struct {
	Filename      *string            `yaml:"filename"`
	Recordings    Variables          `yaml:"recordings"`
	UpdateIndices publishedIntervals `yaml:"update_indices"`
}

type publishedIntervals struct {
	Rates   *int `yaml:"rates"`
	Sample  *int `yaml:"sample"`
	Test    *int `yaml:"test"`
	Train   *int `yaml:"train"`
	Valid   *int `yaml:"valid"`
	Weights *int `yaml:"weights"`
	Write   *int `yaml:"write"`
}

type publishedSim struct {
	DataNoise      float64  `yaml:"data_noise"`
	DataSeed       uint32   `yaml:"data_seed"`
	IdxEpoch       *int     `yaml:"idx_epoch"`
	IdxRec         *int     `yaml:"idx_rec"`
	IdxSample      *int     `yaml:"idx_sample"`
	IdxTest        *int     `yaml:"idx_test"`
	IdxTrain       *int     `yaml:"idx_train"`
	IdxValid       *int     `yaml:"idx_valid"`
	NClass         int      `yaml:"n_class"`
	NEpochs        int      `yaml:"n_epochs"`
	NTest          int      `yaml:"n_test"`
	NTrain         int      `yaml:"n_train"`
	NValid         int      `yaml:"n_valid"`
	PatT           float64  `yaml:"pat_t"`
	RecsPerSample  int      `yaml:"recs_per_sample"`
	ShuffleSamples bool     `yaml:"shuffle_samples"`
	SimTime        *float64 `yaml:"sim_time"`
	UHigh          float64  `yaml:"uhigh"`
	ULow           float64  `yaml:"ulow"`
}

type publishedNet struct {
	ActivationTemplate   string           `yaml:"activation_template"`
	Alpha                float64          `yaml:"alpha"`
	Bias                 publishedBias    `yaml:"bias"`
	DebugMode            bool             `yaml:"debug_mode"`
	Dims                 []int            `yaml:"dims"`
	Eta                  publishedEta     `yaml:"eta"`
	Ga                   float64          `yaml:"ga"`
	Gb                   float64          `yaml:"gb"`
	Gd                   float64          `yaml:"gd"`
	Gl                   float64          `yaml:"gl"`
	Gsom                 float64          `yaml:"gsom"`
	Gtar                 float64          `yaml:"gtar"`
	HighpassTau          float64          `yaml:"highpass_tau"`
	InitWeights          publishedWeights `yaml:"init_weights"`
	LeActive             int              `yaml:"le_active" min:"0" max:"1"`
	LearningLag          float64          `yaml:"learning_lag"`
	Noise                float64          `yaml:"noise"`
	NoiseSig             float64          `yaml:"noise_sig"`
	NoiseTau             float64          `yaml:"noise_tau"`
	OutLag               float64          `yaml:"out_lag"`
	ReinforceSelfPredict bool             `yaml:"reinforce_self_predict"`
	ResetDeltas          bool             `yaml:"reset_deltas"`
	SetWBackwToWTransp   bool             `yaml:"set_wBackw_to_wTransp"`
	StartInSelfPredict   bool             `yaml:"start_in_self_predict"`
	TPattern             float64          `yaml:"t_pattern"`
	Tau0                 float64          `yaml:"tau_0"`
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

// ReadPublished reads a configuration file of the original program: a list of
// two mappings. Errors name the line and the key.
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
	meta, net := publishedMeta{}, publishedNet{}
	if err := config.DecodeNode(&parts[0], &meta, file); err != nil {
		return Config{}, err
	}
	if err := config.DecodeNode(&parts[1], &net, file); err != nil {
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
