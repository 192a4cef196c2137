package dendritic

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/config"
)

func TestValidate(t *testing.T) {
	for _, mode := range Modes() {
		for _, c := range []Config{YinYang(mode), MNIST(mode), small(mode, 2, 3, 5)} {
			must(t, c.Validate())
		}
	}
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   []string // parts of the message: the key, the value, what is allowed
	}{
		{"noise", func(c *Config) { c.Circuit.Noise.Amplitude = -0.1 }, []string{"circuit.noise.amplitude", "-0.1", ">= 0"}},
		{"seeding", func(c *Config) { c.Seeding = "random" }, []string{"seeding", "random", "keyed", "fresh"}},
		{"epochs", func(c *Config) { c.Epochs = -1 }, []string{"epochs", "-1", "[0, 1000000]"}},
		{"precision", func(c *Config) { c.Precision = "float16" }, []string{"precision", "float16", "float64", "float32"}},
		{"data set", func(c *Config) { c.Data.Set = "yin-yang" }, []string{"data.set", "yin-yang", "yinyang"}},
		{"no levels", func(c *Config) { c.Circuit.Levels = nil }, []string{"circuit.levels"}},
		{"no hidden level", func(c *Config) { c.Circuit.Levels = []int{4, 3} }, []string{"circuit.levels", "3"}},
		{"empty level", func(c *Config) { c.Circuit.Levels = []int{4, 0, 3} }, []string{"circuit.levels", "0", "in [1, 10000000]"}},
		{"inputs", func(c *Config) { c.Circuit.Levels = []int{5, 30, 3} }, []string{"circuit.levels", "[5 30 3]", "begin with 4", "yinyang"}},
		{"classes", func(c *Config) { c.Data.Classes = 4 }, []string{"data.classes", "4", "3"}},
		{"activation", func(c *Config) { c.Circuit.Activation = "relu" }, []string{"circuit.activation", "relu", "soft_relu"}},
		{"dt", func(c *Config) { c.Circuit.Dt = 0 }, []string{"circuit.dt", "0", "> 0"}},
		{"short presentation", func(c *Config) { c.Presentation.Time = 0.001 }, []string{"presentation.time", "0.001", "0.01"}},
		{"records", func(c *Config) { c.Presentation.Records = 7 }, []string{"presentation.records", "7", "100"}},
		{"one record", func(c *Config) { c.Presentation.Records = 1 }, []string{"presentation.records", "1", ">= 2"}},
		{"lag", func(c *Config) { c.Presentation.LearningLag = 1 }, []string{"presentation.learning_lag", "1", "shorter"}},
		{"input tau", func(c *Config) { c.Circuit.InputTau = 0.005 }, []string{"circuit.input_tau", "0.005", "dt"}},
		{"highpass tau", func(c *Config) { c.Circuit.HighpassTau = 0.005 }, []string{"circuit.highpass_tau", "0.005", "dt"}},
		{"noise tau", func(c *Config) { c.Circuit.Noise.Tau = 0.005 }, []string{"circuit.noise.tau", "0.005", "dt"}},
		{"up tau", func(c *Config) { c.Learning.Taus.Up = 0.005 }, []string{"learning.taus.up", "0.005", "dt"}},
		{"conductance", func(c *Config) { c.Circuit.Conductances.Leak = 0 }, []string{"circuit.conductances.leak", "0", "> 0"}},
		{"membrane without latent equilibrium", func(c *Config) { c.Circuit.Conductances.Leak = 300; c.Circuit.LatentEquilibrium = false },
			[]string{"circuit.dt", "0.01 ms", "300.16/ms", "3.0016", "< 2", "latent_equilibrium"}},
		{"membrane in float32", func(c *Config) { c.Circuit.Conductances.Soma = 200; c.Precision = Float32 }, []string{"circuit.dt", "inter", "< 2", "float32"}},
		{"recorded membrane", func(c *Config) {
			c.Circuit.Conductances.Target = 200
			c.Record.Variables = Variables{"1": {"pyramidal": {"V"}}}
		}, []string{"circuit.dt", "output", "< 2", "record.variables"}},
		{"a brain", func(c *Config) { c.Circuit.Levels = []int{4, 1000000000, 3} }, []string{"circuit.levels", "1000000000", "in [1, 10000000]"}},
		{"too many synapses", func(c *Config) { *c = small(FA, 1000000, 1000000, 3) }, []string{"circuit.levels", "[1000000 1000000 3]", "1e+12 synapses"}},
		{"too many samples", func(c *Config) { c.Data.Train = 500000000000000 }, []string{"data.train", "500000000000000", "in [0, 1000000000]"}},
		{"too many values", func(c *Config) { c.Data.Train = 1000000000 }, []string{"data", "1.2e+10 input values", "1000000000"}},
		{"too long a run", func(c *Config) { c.Data.Train, c.Epochs = 10000000, 1000000 }, []string{"epochs", "1000000", "3e+15 steps"}},
		{"endless pattern", func(c *Config) { c.Presentation.Time = 1e300 }, []string{"presentation.time", "1e+300", "1e+302 steps", "10000000"}},
		{"no time step", func(c *Config) { c.Circuit.Dt = 1e-300 }, []string{"presentation.time", "1e+300 steps", "1e-300"}},
		{"endless lag", func(c *Config) { c.Presentation.LearningLag = 1e300 }, []string{"presentation.learning_lag", "1e+300", "shorter"}},
		{"rates up", func(c *Config) { c.Learning.Rates.Up = []float64{1} }, []string{"learning.rates.up", "1 entries", "2"}},
		{"rates down", func(c *Config) { c.Learning.Rates.Down = []float64{0, 0.5} }, []string{"learning.rates.down", "2 entries", "1"}},
		{"rates p2i", func(c *Config) { c.Learning.Rates.P2I = nil }, []string{"learning.rates.p2i", "0 entries"}},
		{"rates i2p", func(c *Config) { c.Learning.Rates.I2P = nil }, []string{"learning.rates.i2p", "0 entries"}},
		{"range", func(c *Config) { c.Initial.Up = Range{1, -1} }, []string{"initial.up", "[1, -1]", "low <= high"}},
		{"i2p", func(c *Config) { c.Learning.I2P = "on" }, []string{"learning.i2p", "on", "plastic"}},
		{"alpha", func(c *Config) { c.Learning.Alpha = -1 }, []string{"learning.alpha", "-1", ">= 0"}},
		{"backpropagation in two levels", func(c *Config) { *c = small(BP, 4, 5, 6, 3) }, []string{"learning.copy_transposed", "one hidden level", "2"}},
		{"reinforced prediction in two levels", func(c *Config) { *c = small(FA, 4, 5, 6, 3); c.Learning.ReinforceSelfPredict = true }, []string{"learning.reinforce_self_predict", "one hidden level", "2"}},
		{"no samples", func(c *Config) { c.Data.Valid = 0 }, []string{"data", "valid 0", ">= 1"}},
		{"files missing", func(c *Config) { *c = small(FA, 4, 5, 3); c.Data.Set = "files"; c.Data.Files.Train = "a.csv" }, []string{"data.files", "valid and test"}},
		{"files not used", func(c *Config) { c.Data.Files.Train = "a.csv" }, []string{"data.files", "not used", "yinyang"}},
		{"mimic has no classes", func(c *Config) {
			*c = small(FA, 4, 5, 3)
			c.Data = Data{Set: "mimic", Classes: 3, Train: 1, Valid: 1, Test: 1}
		}, []string{"data.classes", "3", "1"}},
		{"record level", func(c *Config) { c.Record.Variables = Variables{"4": {"output": {"rate"}}} }, []string{"record.variables.4", "0 to 3"}},
		{"record level name", func(c *Config) { c.Record.Variables = Variables{"one": {"pyramidal": {"rate"}}} }, []string{"record.variables.one", "0 to 3"}},
		{"record group", func(c *Config) { c.Record.Variables = Variables{"1": {"pyramids": {"rate"}}} }, []string{"record.variables.1", "pyramids", "pyramidal"}},
		{"record variable", func(c *Config) { c.Record.Variables = Variables{"1": {"inter": {"rate_basal"}}} }, []string{"record.variables.1.inter", "rate_basal", "rate_dendrite"}},
		{"record delta of fb", func(c *Config) { c.Record.Variables = Variables{"1": {"fb": {"delta"}}} }, []string{"record.variables.1.fb", "delta", "[g]"}},
		{"record bias without bias", func(c *Config) { c.Record.Variables = Variables{"1": {"bias_to_pyr": {"g"}}} }, []string{"bias_to_pyr"}},
		{"record level with a zero", func(c *Config) { c.Record.Variables = Variables{"01": {"fb": {"g"}}} }, []string{"record.variables.01", "0 to 3"}},
		{"record level with a sign", func(c *Config) { c.Record.Variables = Variables{"+1": {"fb": {"g"}}} }, []string{"record.variables.+1", "0 to 3"}},
		{"record delta of an own rule", func(c *Config) {
			c.Learning.Rules.P2I.Weight = "eta*rate_post"
			c.Record.Variables = Variables{"1": {"p2i": {"delta"}}}
		}, []string{"record.variables.1.p2i", "delta", "[g]"}},
		{"record no weights", func(c *Config) {
			c.Record = Record{WeightsEvery: 690000, Variables: Variables{"1": {"fb": {"g"}}}}
		}, []string{"record.weights_every", "690000", "90000 steps of validation", "at most 600000"}},
		{"record no weights, either", func(c *Config) {
			c.Record = Record{Every: 300e6, Variables: Variables{"1": {"fb": {"g"}}}}
		}, []string{"record.every", "300000000", "at most 600000"}},
		{"record interval", func(c *Config) { c.Record.Every = -5 }, []string{"record.every", "-5", ">= 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := YinYang(PAL)
			c.change(&cfg)
			err := cfg.Validate()
			if err == nil {
				t.Fatal("accepted")
			}
			for _, part := range append(c.want, "dendritic: ") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q lacks %q", err, part)
				}
			}
			if r, err := Train(t.Context(), cfg, &Options{Dir: filepath.Join(t.TempDir(), "run")}); err == nil || r != nil {
				t.Errorf("Train gives %v, %v", r, err)
			}
		})
	}
	stiff := YinYang(PAL) // nothing depends on the membrane voltages
	stiff.Circuit.Conductances.Leak = 300
	stiff.Record.Variables = Variables{"1": {"pyramidal": {"v_brev"}}}
	if err := stiff.Validate(); err != nil {
		t.Error(err)
	}
	if _, err := Build(stiff); err == nil || !strings.Contains(err.Error(), "300.16/ms") {
		t.Errorf("error %v", err)
	}
	for _, every := range []int{345000, 600000} { // once per epoch
		cfg := YinYang(PAL)
		cfg.Record = Record{WeightsEvery: every, Variables: Variables{"1": {"fb": {"g"}}}}
		if err := cfg.Validate(); err != nil || cfg.RecordingSize() != 400*4*90 {
			t.Errorf("every %d steps: %v, %d bytes", every, err, cfg.RecordingSize())
		}
	}
	all := YinYang(PAL)
	all.Presentation.Records, all.Circuit.InputTau, all.Data.Classes = 7, 0.001, 2
	err := all.Validate()
	for _, part := range []string{"presentation.records", "circuit.input_tau", "data.classes"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("of several problems %q is not told: %v", part, err)
		}
	}
}

func TestModes(t *testing.T) {
	for _, c := range []struct {
		mode                  Mode
		noise, down, i2p      float64
		plastic, backpropages bool
	}{
		{FA, 0, 0, 0, false, false},
		{PAL, 0.01, 0.5, 0.02, true, false},
		{EtaZero, 0.01, 0, 0.02, false, false},
		{FAPlasticI2P, 0, 0, 0.02, true, false},
		{PALFrozenI2P, 0.01, 0.5, 0.02, false, false},
		{BP, 0, 0, 0, false, true},
	} {
		cfg := YinYang(c.mode)
		got := []any{cfg.Circuit.Noise.Amplitude, cfg.Learning.Rates.Down[0], cfg.Learning.Rates.I2P[0], cfg.i2pPlastic(), cfg.Learning.CopyTransposed}
		if want := []any{c.noise, c.down, c.i2p, c.plastic, c.backpropages}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", c.mode, got, want)
		}
		if m, err := ParseMode(string(c.mode)); m != c.mode || err != nil {
			t.Errorf("ParseMode(%q) = %q, %v", c.mode, m, err)
		}
	}
	if _, err := ParseMode("bw"); err == nil || !strings.Contains(err.Error(), `"bw"`) || !strings.Contains(err.Error(), "pal") {
		t.Errorf("error %v", err)
	}
	defer func() {
		if r := fmt.Sprint(recover()); !strings.Contains(r, `dendritic: unknown mode "x"`) {
			t.Errorf("panic %q", r)
		}
	}()
	YinYang("x")
}

// A configuration survives its own text.
func TestConfigText(t *testing.T) {
	cfg := MNIST(PAL)
	cfg.Learning.Rules.Down = Rule{Weight: "eta*noise_post*highpass_pre", Delta: "w - delta"}
	cfg.Initial.Up = Range{-0.25, 1}
	cfg.Record = Record{Every: 7, WeightsEvery: 1000, Variables: Variables{"1": {"fb": {"g", "delta"}}}}
	for _, c := range []Config{cfg, YinYang(FA), small(EtaZero, 4, 5, 6, 3)} {
		text, err := config.EncodeCommented(&c)
		must(t, err)
		file := filepath.Join(t.TempDir(), "config.yaml")
		must(t, os.WriteFile(file, text, 0o666))
		got, err := ReadConfigs(file)
		must(t, err)
		if len(got) != 1 || len(config.Diff(&c, &got[0])) > 0 {
			t.Errorf("%s: %v", c.Name, config.Diff(&c, &got[0]))
		}
	}
}

func TestReadConfigs(t *testing.T) {
	for _, name := range ExperimentNames() {
		configs, err := ReadConfigs(name)
		must(t, err)
		names := map[string]bool{}
		for _, c := range configs {
			must(t, c.Validate())
			names[c.Name] = true
		}
		if len(configs) < 10 || len(names) != len(configs) {
			t.Errorf("%s: %d runs with %d names", name, len(configs), len(names))
		}
	}
	configs, err := ReadConfigs("fig4cd", "epochs=20", "learning.alpha=0.5")
	must(t, err)
	for _, c := range configs {
		if c.Epochs != 20 || c.Learning.Alpha != 0.5 {
			t.Errorf("%s: %d epochs, alpha %g", c.Name, c.Epochs, c.Learning.Alpha)
		}
	}
	write := func(text string) string {
		file := filepath.Join(t.TempDir(), "file.yaml")
		must(t, os.WriteFile(file, []byte(text), 0o666))
		return file
	}
	for _, c := range []struct {
		file string
		set  []string
		want []string
	}{
		{"fig4", nil, []string{"fig4", "fig4cd", "sweep_mnist_fa"}},
		{write(""), nil, []string{"file.yaml", "empty"}},
		{write("- {}\n"), nil, []string{"file.yaml", "two mappings", "1"}},
		{write("a: [\n"), nil, []string{"file.yaml"}},
		{write("system: dendritic\npreset: yin-yang/xx\nname: a\n"), nil, []string{"xx", "pal"}},
		{write("system: dendritic\npreset: cifar\nname: a\n"), nil, []string{"cifar", "yin-yang", "mnist"}},
		{write("system: pal\nname: a\n"), nil, []string{"file.yaml", "pal", "dendritic"}},
		{write("system: dendritic\npreset: yin-yang/fa\nname: a\nbase: {epoch: 3}\n"), nil, []string{"file.yaml", "epoch", "epochs"}},
		{"fig4cd", []string{"epoch=3"}, []string{"epoch"}},
		{"fig4cd", []string{"epochs=x"}, []string{"epochs", "x"}},
	} {
		_, err := ReadConfigs(c.file, c.set...)
		if err == nil {
			t.Errorf("%s %v is accepted", c.file, c.set)
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s %v: error %q lacks %q", c.file, c.set, err, part)
			}
		}
	}
}

// Presets do not share memory.
func TestPresetsAreIndependent(t *testing.T) {
	a := YinYang(PAL)
	a.Learning.Rates.Up[0], a.Circuit.Levels[1] = 1, 2
	if b := YinYang(PAL); b.Learning.Rates.Up[0] != 50 || b.Circuit.Levels[1] != 30 {
		t.Errorf("rates %v, levels %v", b.Learning.Rates.Up, b.Circuit.Levels)
	}
	if !slices.Equal(New(4, 5, 6, 3).Circuit.Levels, []int{4, 5, 6, 3}) {
		t.Error("levels of New")
	}
}
