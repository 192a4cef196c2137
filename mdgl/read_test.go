package mdgl

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/config"
)

func TestExperiments(t *testing.T) {
	for _, name := range ExperimentNames() {
		configs, err := ReadConfigs(name, "iterations=7")
		must(t, err)
		seen := map[string]bool{}
		for _, c := range configs {
			must(t, c.Validate())
			if seen[c.Name] || c.Iterations != 7 {
				t.Errorf("%s: run %s with %d iterations", name, c.Name, c.Iterations)
			}
			seen[c.Name] = true
		}
	}
	configs, err := ReadConfigs("fig3c")
	must(t, err)
	if len(configs) != 15 || configs[0].Learning.Rule != BPTT || configs[14].Learning.Rule != EProp || configs[14].Seed != 5 {
		t.Errorf("%d runs, first %s, last %s", len(configs), configs[0].Name, configs[len(configs)-1].Name)
	}
	if _, err := ReadConfigs("fig3d"); err == nil || !strings.Contains(err.Error(), "fig3c") {
		t.Errorf("unknown experiment: %v", err)
	}
}

// TestConfigRoundTrip reads back what a results directory holds.
func TestConfigRoundTrip(t *testing.T) {
	for _, c := range []Config{Fig3C(MDGL), Pattern(EProp), SequentialMNIST(BPTT), StoreRecall(BPTT)} {
		text, err := config.EncodeCommented(&c)
		must(t, err)
		file := filepath.Join(t.TempDir(), "config.yaml")
		must(t, os.WriteFile(file, text, 0o666))
		back, err := ReadConfigs(file)
		must(t, err)
		if len(back) != 1 || !reflect.DeepEqual(back[0], c) {
			t.Errorf("%s: read back as %+v", c.Name, back)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		set  string
		want string
	}{
		{"learning.rule=mdgll", "mdgl"},
		{"learning.rule=bptt|learning.form=online", "does not exist for bptt"},
		{"learning.form=online", "rate_modulates"},
		{"learning.rule=bptt|learning.feedback=random", "must be symmetric"},
		{"cells.delays=3", "has no delays"},
		{"cells.model=lsnn|learning.rule=on_mdgl", "alif"},
		{"cells.regular=0|cells.adaptive=0", "no neurons"},
		{"cells.threshold=0", "cells.threshold"},
		{"task.set=sequential_mnist|task.channels=7", "even number"},
		{"wiring.in=1", "wiring.in"},
		{"task.delay=20", "task.delay 20 must be 0 or at least 50"},
		{"learning.batch=200", "learning.batch 200 must be at most 128"},
		{"validation.batch=129", "validation.batch 129"},
		{"task.symbols=5", "task.symbols has no meaning with set: evidence"},
		{"task.set=pattern|task.rate=30", "task.rate has no meaning with set: pattern"},
		{"task.set=store_recall|task.spacing=20", "task.spacing 20 must be at most the number of symbols, 12"},
		{"learning.rates=1", "rate"},
	} {
		cfg := Fig3C(MDGL)
		if err := config.Set(&cfg, strings.Split(c.set, "|")...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.set, err, c.want)
		}
	}
	if _, err := Preset("fig3c/epropp"); err == nil || !strings.Contains(err.Error(), "eprop") {
		t.Errorf("unknown rule: %v", err)
	}
	if _, err := Preset("fig3/eprop"); err == nil || !strings.Contains(err.Error(), "fig3c") {
		t.Errorf("unknown preset: %v", err)
	}
}

func FuzzReadConfigs(f *testing.F) {
	for _, name := range ExperimentNames() {
		text, err := Experiments.ReadFile("experiments/" + name + ".yaml")
		must(f, err)
		f.Add(string(text))
	}
	c := Fig3C(MDGL)
	text, err := config.Encode(&c)
	must(f, err)
	f.Add(string(text))
	f.Add("cells: 1")
	f.Add("- a")
	f.Fuzz(func(t *testing.T, text string) {
		configs, err := reader.Parse([]byte(text), "fuzz")
		if err != nil {
			return
		}
		for _, c := range configs {
			if err := c.Validate(); err != nil {
				t.Errorf("accepted, but %v", err)
			}
		}
	})
}
