package pal

import (
	"os"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/config"
)

func TestValidate(t *testing.T) {
	for _, test := range []struct {
		change func(c *Config)
		want   string
	}{
		{func(c *Config) {}, ""},
		{func(c *Config) { c.Task = "both" }, "task"},
		{func(c *Config) { c.Data.Samples = 0 }, "data.samples 0 must be >= 1 with task: backward"},
		{func(c *Config) { c.Circuit.Levels = []int{3, 2} }, "circuit.levels"},
		{func(c *Config) { c.Circuit.Activation = "sine" }, `circuit.activation is "sine"`},
		{func(c *Config) { c.Circuit.Noise.Amplitude = []float64{-0.1, 0, 0} }, "circuit.noise.amplitude[0] is -0.1"},
		{func(c *Config) { c.Circuit.Noise.Amplitude = []float64{1} }, "circuit.noise.amplitude has 1 entries, needs 3 for 3 hidden level(s)"},
		{func(c *Config) { c.Circuit.Noise.Amplitude = nil }, ""},
		{func(c *Config) { c.Learning.Alpha = nil }, ""},
		{func(c *Config) { c.Learning.Rates.Up = nil }, "learning.rates.up has 0 entries, needs 4"},
		{func(c *Config) { c.Learning.Tau = 0.001 }, "learning.tau 0.001 ms must be >= dt, 0.01 ms"},
		{func(c *Config) { c.Circuit.DendriteTau = 0.001 }, "circuit.dendrite_tau 0.001 ms must be >= dt"},
		{func(c *Config) { c.Presentation.Time = 0.001 }, "presentation.time 0.001 ms is shorter than one step"},
		{func(c *Config) { c.Presentation.Time = 0.009 }, "presentation.time 0.009 ms is shorter than one step of 0.01 ms"},
		{func(c *Config) { c.Presentation.Time = 0.019 }, "presentation.time 0.019 ms are 1.9 steps of 0.01 ms, must be a whole number, such as 0.01 or 0.02 ms"},
		{func(c *Config) { c.Presentation.Time = 1e300 }, "presentation.time 1e+300 ms are 1e+302 steps of 0.01 ms, must be at most 1e+15"},
		{func(c *Config) { c.Presentation.Settling = 1e300 }, "presentation.settling 1e+300 ms are 1e+302 steps"},
		{func(c *Config) { c.Presentation.Settling = 0.005 }, "presentation.settling 0.005 ms are 0.5 steps of 0.01 ms, must be a whole number, such as 0 or 0.01 ms"},
		{func(c *Config) { c.Presentation.Settling = 0 }, ""},
		{func(c *Config) { c.Presentation.Time, c.Epochs = 1e9, 1e6 }, "epochs 1000000 are 1e+19 steps with 100 samples of 100000000000 steps, must be at most 1e+15"},
		{func(c *Config) {
			c.Circuit.Dt, c.Presentation.Time, c.Presentation.Settling, c.Record.Every = 0.1, 0.3, 1e7+0.7, 1
		}, ""},
		{func(c *Config) { c.Initial.Up = Range{1, 0} }, "initial.up [1, 0] must be finite with low <= high"},
		{func(c *Config) { c.Record.Every = 10001 }, "record.every 10001 steps must be at most one epoch, 10000 steps"},
		{func(c *Config) { c.Record.Every = 10001; c.Record.Updates = false }, ""},
		{func(c *Config) { c.Record.Variables = Variables{"5": nil} }, "record.variables.5 is no level, must be 0 to 4"},
		{func(c *Config) { c.Record.Variables = Variables{"1": {"output": {"rate"}}} }, `record.variables.1 has no "output"`},
		{func(c *Config) { c.Record.Variables = Variables{"1": {"pyramidal": {"rates"}}} }, `has no variable "rates" (did you mean "rate"?)`},
		{func(c *Config) { c.Record.Variables = Variables{"1": {"fb": {"delta"}}} }, `has no variable "delta"`},
		{func(c *Config) { c.Learning.Rules.Down = Rule{Weight: "eta*rate"} }, "learning.rules.down is no rule"},
		{func(c *Config) { c.Learning.Rules.Up = Rule{Weight: "highpass_pre"} }, "learning.rules.up is no rule"},
	} {
		c := AlignLinear()
		test.change(&c)
		err := c.Validate()
		switch {
		case test.want == "" && err != nil:
			t.Errorf("unexpected error: %v", err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}

// TestConfigYAML writes presets and reads them back.
func TestConfigYAML(t *testing.T) {
	own := New(3, 4, 2)
	own.Initial.Up = Range{-0.5, 2}
	own.Corrections.NoiseLag = true
	own.Learning.Rules.Down = Rule{Weight: "eta*noise_post*rate_pre"}
	own.Record.Variables = Variables{"1": {"ff": {"g"}}}
	for _, c := range []Config{AlignLinear(), AlignNonlinear(), NoiseTimescale(10, false), Chain(BP), Chain(FA), Chain(PAL), own} {
		must(t, c.Validate())
		text, err := config.EncodeCommented(c)
		must(t, err)
		var back Config
		must(t, config.Decode(text, &back, "config.yaml"))
		if d := config.Diff(&c, &back); len(d) > 0 {
			t.Errorf("%s: %v", c.Name, d)
		}
	}
}

// TestExperiments compares the experiment files with the presets.
func TestExperiments(t *testing.T) {
	for name, presets := range map[string][]Config{
		"fig3abc": {AlignLinear()},
		"fig3def": {AlignNonlinear()},
		"fig4ab":  {Chain(BP), Chain(FA), Chain(PAL)},
		"prospective": {
			NoiseTimescale(1, true), NoiseTimescale(1, false), NoiseTimescale(10, true), NoiseTimescale(10, false), NoiseTimescale(100, true), NoiseTimescale(100, false),
		},
	} {
		all, err := ReadConfigs(name)
		must(t, err)
		if len(all) != 10*len(presets) {
			t.Fatalf("%s: %d runs, want %d", name, len(all), 10*len(presets))
		}
		for i, c := range all {
			want := presets[i/10]
			if want.Name = c.Name; want.Seed == c.Seed == (i%10 != 0) {
				t.Errorf("%s: run %d has seed %d", name, i, c.Seed)
			}
			want.Seed = c.Seed
			if d := config.Diff(&want, &c); len(d) > 0 {
				t.Errorf("%s: %v", c.Name, d)
			}
		}
	}
	if len(ExperimentNames()) != 4 {
		t.Errorf("experiments %v: this test knows four", ExperimentNames())
	}
}

func TestReadConfigsErrors(t *testing.T) {
	for _, test := range []struct{ file, set, want string }{
		{"fig3", "", "experiments that come with neurocredit: [fig3abc fig3def fig4ab prospective]"},
		{"no/such.yaml", "", "no such file"},
		{"fig3abc", "epoch=1", "did you mean epochs"},
		{"fig3abc", "epochs=-1", "epochs is -1"},
	} {
		var set []string
		if test.set != "" {
			set = append(set, test.set)
		}
		if _, err := ReadConfigs(test.file, set...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: error %v, want %q", test.file, test.set, err, test.want)
		}
	}
	for name, want := range map[string]string{
		"align": "unknown preset", "chain/dfa": `unknown mode "dfa"`, "noise-timescale/fast": "must be a number > 0", "noise-timescale/-1": "must be a number > 0",
	} {
		if _, err := Preset(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
}

// A folder of results with the name of an experiment does not hide it.
func TestReadConfigsBesideResults(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.Mkdir("fig4ab", 0o777))
	configs, err := ReadConfigs("fig4ab")
	must(t, err)
	if len(configs) != 30 {
		t.Errorf("%d runs, want 30", len(configs))
	}
}
