package le

import (
	"math"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/config"
)

func TestPresets(t *testing.T) {
	for _, mode := range Modes() {
		for _, c := range []Config{Autoencoder(mode), CIFAR10(mode)} {
			must(t, c.Validate())
		}
	}
	if c := Autoencoder(PAL); math.Abs(c.BaseRate()-0.8) > 1e-12 {
		t.Errorf("base rate %g, want 0.8", c.BaseRate())
	}
	if _, err := Preset("autoencoder/sgd"); err == nil {
		t.Error("an unknown mode is no error")
	}
}

// The experiment files and the presets say the same.
func TestExperiments(t *testing.T) {
	for _, e := range []struct {
		name string
		runs int
		make func(Mode) Config
	}{{"fig5", 30, Autoencoder}, {"fig5-sweep", 640, nil}, {"fig6", 40, CIFAR10}} {
		configs, err := ReadConfigs(e.name)
		must(t, err)
		if len(configs) != e.runs {
			t.Errorf("%s has %d runs, want %d", e.name, len(configs), e.runs)
		}
		for _, c := range configs {
			if e.make == nil {
				continue
			}
			want := e.make(c.Learning.Algorithm)
			want.Name, want.Seed = c.Name, c.Seed
			if d := config.Diff(&want, &c); len(d) > 0 {
				t.Errorf("%s: %v", c.Name, d)
			}
		}
	}
	sweep, err := ReadConfigs("fig5-sweep")
	must(t, err)
	for _, c := range sweep {
		if strings.Contains(c.Name, "pal14") {
			want := Autoencoder(PAL)
			want.Name, want.Seed = c.Name, c.Seed
			if d := config.Diff(&want, &c); len(d) > 0 {
				t.Errorf("%s: %v", c.Name, d)
			}
		}
	}
}

func TestSummary(t *testing.T) {
	c := CIFAR10(BP)
	text, err := c.Network.Summary()
	must(t, err)
	const want = `layer  kind        output        activation  weights  biases
0      input       3 × 32 × 32
1      conv 5      20 × 28 × 28  sigmoid     1500     20
2      pool 2      20 × 14 × 14
3      conv 5      50 × 10 × 10  sigmoid     25000    50
4      pool 2      50 × 5 × 5
5      projection  500           sigmoid     625000   500
6      linear      10            linear      5000     10
                                             657080   in all
`
	if text != want {
		t.Errorf("summary\n%s\nwant\n%s", text, want)
	}
}

func TestBadConfigs(t *testing.T) {
	for want, change := range map[string]func(c *Config){
		"layer 1 (linear): its input has the shape 3 × 32 × 32": func(c *Config) { c.Network.Layers[0] = Linear(3, "tanh") },
		"size 33 must be 1 to 32":                               func(c *Config) { c.Network.Layers[0].Size = 33 },
		`activation "step" must be one of`:                      func(c *Config) { c.Network.Layers[0].Activation = "step" },
		"has 1 values, needs one per layer (6)":                 func(c *Config) { c.Learning.Up = []float64{1} },
		"network.noise.tau 0.05 ms must be >= dt, 0.1 ms":       func(c *Config) { c.Network.Noise.Tau = 0.05 },
		"only algorithm pal learns top-down weights, not fa":    func(c *Config) { c.Learning.Algorithm = FA },
		"learning.decay [0 0 0 0 5e-05 5e-05]: only algorithm pal lets top-down weights decay, not bp": func(c *Config) {
			c.Learning.Algorithm = BP
		},
		"network.noise.amplitude [0 0.05 0 0.05 0.05 0.05]: only algorithm pal has this noise, not dfa": func(c *Config) {
			c.Learning.Algorithm = DFA
		},
		"learning.tau [5 0 5 0 5 5]: only algorithm pal filters bottom-up changes, not dfa; leave it out or 0": func(c *Config) {
			c.Learning.Algorithm, c.Learning.Tau = DFA, []float64{5, 0, 5, 0, 5, 5}
		},
		"learning.up[1] 2 must be 0, because layer 2 is a pool": func(c *Config) { c.Learning.Up[1] = 2 },
		"learning.down[3] 1 must be 0, because layer 4":         func(c *Config) { c.Learning.Down[3] = 1 },
		"evaluation.code 2 must be 0 or the number of a layer":  func(c *Config) { c.Evaluation.Code = 2 },
		"the output has 10 neurons, needs 3072":                 func(c *Config) { c.Data.Target = TargetInput },
		"the last layer (pool) must be linear or projection":    func(c *Config) { c.Network.Layers = c.Network.Layers[:2] },
		"data.dir must be the folder of the images":             func(c *Config) { c.Data.Source = Images },
		`data.dir "x" is not used with data.source own`:         func(c *Config) { c.Data.Source, c.Data.Dir = Own, "x" },
		"data.sum is not used with data.source cifar10":         func(c *Config) { c.Data.Sum = "00" },
		`data.sum "00" must be the 64 hexadecimal digits`:       func(c *Config) { c.Data.Source, c.Data.Dir, c.Data.Sum = Images, "x", "00" },
		"input [3 32 31] must be":                               func(c *Config) { c.Network.Input = []int{3, 32, 31} },
	} {
		c := CIFAR10(PAL)
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
