package mdgl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/config"
)

// lookup returns the value of a dotted key of a configuration.
func lookup(t *testing.T, c *Config, key string) any {
	t.Helper()
	text, err := config.EncodeCommented(c)
	must(t, err)
	var node any
	must(t, yaml.Unmarshal(text, &node))
	for _, part := range strings.Split(key, ".") {
		m, ok := node.(map[string]any)
		if !ok || m[part] == nil {
			t.Fatalf("the configuration has no key %s", key)
		}
		node = m[part]
	}
	return node
}

// TestFlags compares the defaults of the original programs with those of the presets.
func TestFlags(t *testing.T) {
	keys := map[string]string{}
	for _, f := range Flags() {
		if f.Key != "" && keys[f.Name] == "" {
			keys[f.Name] = f.Key
		}
	}
	for _, p := range []struct {
		preset   func(Rule) Config
		defaults map[string]any
	}{
		{Fig3C, map[string]any{
			"n_batch_train": 64, "n_batch_validation": 64, "n_regular": 50, "n_adaptive": 50, "n_iter": 2000, "n_delay": 1, "n_ref": 5,
			"lr_decay_every": 200000, "print_every": 10, "NP_mode": "mdgl", "beta": 1.8, "tau_a": 2000.0, "delay_window": 850, "tau_v": 20.0, "thr": 0.01,
			"learning_rate": 0.0025, "lr_decay": 0.8, "rewiring_temperature": 0.0, "proportion_excitatory": 0.8, "neuron_sign": true,
			"rewiring_connectivity": 0.1, "wout_connectivity": 0.1, "l1": 0.01, "dampening_factor": 0.3, "reg": 0.1, "reg_rate": 10.0,
		}},
		{SequentialMNIST, map[string]any{
			"downsampled": false, "n_batch_train": 256, "n_batch_validation": 256, "n_regular": 120, "n_adaptive": 100, "reg_rate": 10.0, "n_iter": 36000,
			"n_delay": 10, "n_ref": 5, "lr_decay_every": 2500, "print_every": 400, "ext_time": 1, "beta": 1.8, "tau_a": 700.0, "tau_v": 20.0, "thr": 0.01,
			"learning_rate": 0.01, "lr_decay": 0.8, "reg": 0.1, "rewiring_temperature": 0.0, "proportion_excitatory": 0.75, "neuron_sign": true, "crs_thr": 80,
			"rewiring_connectivity": 0.12, "l1": 0.01, "dampening_factor": 0.3, "model": "lsnn",
		}},
		{StoreRecall, map[string]any{
			"batch_train": 128, "batch_val": 128, "batch_test": 128, "n_lif": 10, "n_alif": 10, "f0": 50.0, "reg_rate": 10.0, "n_iter": 200, "n_delay": 10,
			"n_ref": 3, "seq_len": 12, "seq_delay": 6, "tau_char": 200, "lr_decay_every": 100, "stop_crit": 5.0, "thr": 0.01, "beta": 1.7,
			"tau_a": 1200.0, "tau_out": 20.0, "learning_rate": 0.01, "lr_decay": 0.3, "reg": 0.01, "dampening_factor": 0.3,
		}},
	} {
		c := p.preset(MDGL)
		for flag, want := range p.defaults {
			if keys[flag] == "" {
				t.Errorf("%s: no key", flag)
				continue
			}
			got := lookup(t, &c, keys[flag])
			if i, ok := got.(int); ok {
				if f, ok := want.(float64); ok && float64(i) == f {
					continue
				}
			}
			if got != want {
				t.Errorf("%s: %s (%s) is %v, want %v", c.Name, flag, keys[flag], got, want)
			}
		}
	}
	c := Fig3C(MDGL)
	for _, f := range Flags() {
		if f.Key != "" {
			lookup(t, &c, f.Key)
		}
	}
}

// TestOriginalResults reads results.json with the keys of the original.
func TestOriginalResults(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	r := train(t, context.Background(), short(MDGL), &Options{Dir: dir})
	text, err := os.ReadFile(filepath.Join(dir, "results.json"))
	must(t, err)
	var o map[string]any
	must(t, json.Unmarshal(text, &o))
	for _, key := range []string{"error_list", "accuracy_list", "loss_list", "loss_with_reg_list", "loss_reg_list", "loss_tot_list", "iter_list"} {
		if list, _ := o[key].([]any); len(list) != len(r.Points) {
			t.Errorf("%s has %d entries, want %d", key, len(list), len(r.Points))
		}
	}
	last := len(r.Points) - 1
	if got := o["error_list"].([]any)[last].(float64); got != r.Last().Score.Accuracy/100 {
		t.Errorf("error_list ends with %v, want the accuracy %v", got, r.Last().Score.Accuracy/100)
	}
	if got := o["loss_tot_list"].([]any)[last].(float64); got != r.Last().Score.Total() {
		t.Errorf("loss_tot_list ends with %v, want %v", got, r.Last().Score.Total())
	}
	if av, _ := o["av"].([]any); len(av) != r.Config.Neurons() {
		t.Errorf("av has %d entries, want %d", len(av), r.Config.Neurons())
	}
	if f := o["flags"].(map[string]any); f["NP_mode"] != 3.0 || f["thr"] != 0.01 || f["NP"] != true {
		t.Errorf("flags %v", f)
	}
	loaded, err := Load(context.Background(), dir)
	must(t, err)
	var again bytes.Buffer
	must(t, loaded.WriteOriginal(&again))
	if !bytes.Equal(again.Bytes(), text) {
		t.Error("a loaded run writes another results.json")
	}
}

// blank is a task of any shape, with trials without input.
type blank struct{ shape data.Shape }

func (b blank) Shape() data.Shape { return b.shape }

func (b blank) Draw(_ uint64, _ data.Stage, _, n int) ([]data.Trial, error) {
	trials := make([]data.Trial, n)
	for i := range trials {
		trials[i].Decisions = []data.Decision{{From: b.shape.Steps - 1, To: b.shape.Steps, Label: i % 2}}
	}
	return trials, nil
}

// TestBadInput demands clear errors.
func TestBadInput(t *testing.T) {
	base := short(MDGL)
	shape := shortTask().Shape()
	for name, c := range map[string]struct {
		change func(*Config)
		task   data.Task
		want   string
	}{
		"T = 0":            {nil, blank{data.Shape{Channels: 40, Outputs: 2}}, "Steps:0"},
		"delay too long":   {func(c *Config) { c.Cells.Model, c.Cells.Delays = "lsnn", 210 }, blank{shape}, "cells.delays 210 is longer than a trial of"},
		"delay of alif":    {func(c *Config) { c.Cells.Delays = 3 }, blank{shape}, "3 must be 1"},
		"silent":           {func(c *Config) { c.Learning.RateCost = 0 }, blank{shape}, "silent (0 Hz"},
		"NaN":              {func(c *Config) { c.Learning.Rate = 1e300 }, shortTask(), "a smaller learning.rate"},
		"no neurons":       {func(c *Config) { c.Cells.Regular, c.Cells.Adaptive = 0, 0 }, shortTask(), "no neurons"},
		"length of a list": {func(c *Config) { c.Cells.MembraneTaus = []float64{20} }, shortTask(), "one for each of 40 neurons"},
		"regular adapts":   {func(c *Config) { vary(c, 0); c.Cells.Adaptations[3] = 1 }, shortTask(), "neuron 3"},
	} {
		cfg := base
		if c.change != nil {
			c.change(&cfg)
		}
		_, err := Train(context.Background(), cfg, &Options{Task: c.task})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	n, err := Build(base, shape)
	must(t, err)
	trials, err := shortTask().Draw(1, data.Training, 0, 2)
	must(t, err)
	trials[1].Events[0].Channel = 40
	if _, err := n.Score(trials); err == nil || !strings.Contains(err.Error(), "channel 40") {
		t.Errorf("channel 40: %v", err)
	}
	cfg := base
	cfg.Learning.RateCost = 0
	var silent *ActivityError
	if _, err := Train(context.Background(), cfg, &Options{Task: blank{shape}}); !errors.As(err, &silent) || silent.Rate != 0 {
		t.Errorf("silent network: %v", err)
	}

	cfg.Wiring.In, cfg.Cells.Refractory, cfg.Cells.Adaptation = 0, 0, 0
	wild, err := Build(cfg, shape)
	must(t, err)
	strong := mat.NewDense(shape.Channels, cfg.Neurons(), nil)
	strong.Apply(func(int, int, float64) float64 { return 100 }, strong)
	must(t, wild.SetWeights("in", strong))
	strong.Set(0, 0, math.NaN())
	if err := wild.SetWeights("in", strong); err == nil || !strings.Contains(err.Error(), "0→0 is NaN, must be finite") {
		t.Errorf("weights with NaN: %v", err)
	}
	trials[1].Events[0].Channel = 0
	var exploded *ActivityError
	if _, err := wild.Update(trials); !errors.As(err, &exploded) || exploded.Rate < 950 || exploded.Limit != 1000 {
		t.Errorf("exploding network: %v", err)
	}
}
