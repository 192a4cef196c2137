package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/neurocredit/neurocredit/internal/config"
)

// TestNames: every name of an experiment or preset means one thing.
func TestNames(t *testing.T) {
	owner := map[string]string{}
	take := func(name, by string) {
		if other, taken := owner[name]; taken {
			t.Errorf("%s is of %s and of %s", name, other, by)
		}
		owner[name] = by
	}
	for _, s := range systems {
		i := s.about()
		heads := map[string]bool{}
		for _, name := range i.presets {
			take(name, i.name+" (preset)")
			head, _, _ := strings.Cut(name, "/")
			heads[head+"/"] = true
			got, err := locate(name)
			if err != nil || got.system != s {
				t.Errorf("%s: system %v, %v", name, got, err)
				continue
			}
			if configs, err := got.read(); err != nil || len(configs) != 1 {
				t.Errorf("%s: %d configurations, %v", name, len(configs), err)
			}
		}
		for head := range heads {
			take(head, i.name)
		}
		for _, name := range i.experiments {
			take(name, i.name+" (experiment)")
			if got, err := locate(name); err != nil || got.system != s || got.preset != "" {
				t.Errorf("%s: system %v, %v", name, got, err)
			}
		}
		for _, name := range i.benchmarks {
			if owner[name] != i.name+" (preset)" {
				t.Errorf("bench measures %s, which is no preset", name)
			}
		}
	}
}

// TestSystemOfFile: a single configuration, as in a results directory, tells by its
// keys whose it is, also if some are misspelt or missing.
func TestSystemOfFile(t *testing.T) {
	for _, s := range systems {
		defaults, err := s.preset("")
		if err != nil {
			t.Fatal(err)
		}
		text, err := config.Encode(defaults.config())
		if err != nil {
			t.Fatal(err)
		}
		for _, content := range []string{
			string(text),
			strings.Replace(string(text), "\nseed:", "\nsead:", 1),
			"system: " + s.about().name + "\nbase: {}\n",
		} {
			file := filepath.Join(t.TempDir(), "c.yaml")
			if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
				t.Fatal(err)
			}
			if got, err := systemOf(file); err != nil || got != s {
				t.Errorf("%s: found %v, %v in\n%s", s.about().name, got, err, content)
			}
		}
	}
}

// TestMissingKeys takes every key away from the complete configuration of every
// preset, one at a time: it must be named, not become 0 or false.
func TestMissingKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	for _, s := range systems {
		for _, name := range s.about().presets[:1] {
			preset, err := s.preset(name)
			if err != nil {
				t.Fatal(err)
			}
			text, err := config.Encode(preset.config())
			if err != nil {
				t.Fatal(err)
			}
			var doc yaml.Node
			if err := yaml.Unmarshal(text, &doc); err != nil {
				t.Fatal(err)
			}
			tried := 0
			var drop func(n *yaml.Node, path string)
			drop = func(n *yaml.Node, path string) {
				for i, inner := range n.Content {
					if n.Kind == yaml.SequenceNode {
						drop(inner, fmt.Sprintf("%s[%d]", path, i))
					}
				}
				if n.Kind != yaml.MappingNode {
					return
				}
				for i := 0; i < len(n.Content); i += 2 {
					key, all := n.Content[i].Value, n.Content
					at := strings.TrimPrefix(path+"."+key, ".")
					n.Content = append(slices.Clone(all[:i]), all[i+2:]...)
					rest, err := yaml.Marshal(&doc)
					n.Content = all
					if err != nil || os.WriteFile(file, rest, 0o666) != nil {
						t.Fatal(err)
					}
					if _, err := s.read(file); err == nil || !strings.Contains(err.Error(), at+" is missing") && !strings.Contains(err.Error(), ": "+key+" ") {
						t.Errorf("%s without %s: %v", name, at, err)
					}
					tried++
					drop(all[i+1], at)
				}
			}
			drop(doc.Content[0], "")
			if tried < 20 {
				t.Errorf("%s: only %d keys", name, tried)
			}
		}
	}
}

// tinyPAL and tinyMDGL make runs of some milliseconds.
var (
	tinyPAL  = []string{"--set", "data.samples=3", "--set", "presentation.settling=1", "--set", "record.every=50", "--epochs", "2"}
	tinyMDGL = []string{"--set", "learning.batch=2", "--set", "validation.batch=2", "--set", "validation.every=2", "--set", "cells.regular=5", "--set", "cells.adaptive=5",
		"--set", "task.delay=100", "--set", "wiring.in=0.5", "--set", "wiring.recurrent=0.5", "--set", "wiring.out=0.5", "--iterations", "3"}
)

// TestTrainPAL trains, looks at, and resumes runs of the PAL microcircuit.
func TestTrainPAL(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	args := append([]string{"train", "fig4ab", "--out", dir, "--seeds", "2"}, tinyPAL...)
	status, out, stderr := cli(t, args...)
	if status != 0 {
		t.Fatal(stderr)
	}
	contains(t, stderr, "6 of fig4ab_bp, fig4ab_fa, fig4ab_pal", "precision   float64")
	contains(t, out, "variant", "epochs", "error", "angle 1 (°)", "fig4ab_pal", "±")
	if strings.Contains(out, "accuracy") {
		t.Errorf("columns of another system:\n%s", out)
	}
	if got := ok(t, "sweep", "status", dir); got != out {
		t.Errorf("status\n%s, want\n%s", got, out)
	}
	if got := ok(t, append(args, "--resume", "--quiet")...); got != out {
		t.Errorf("table after resume\n%s, want\n%s", got, out)
	}
	again := filepath.Join(t.TempDir(), "again")
	ok(t, "train", filepath.Join(dir, "fig4ab_pal_seed_124"), "--quiet", "--out", again)
	want, err1 := os.ReadFile(filepath.Join(dir, "fig4ab_pal_seed_124", "metrics.csv"))
	got, err2 := os.ReadFile(filepath.Join(again, "fig4ab_pal_seed_124", "metrics.csv"))
	if err1 != nil || err2 != nil || string(got) != string(want) {
		t.Errorf("metrics differ (%v, %v)", err1, err2)
	}
	text := ok(t, "train", "align-linear", "--quiet", "--out", t.TempDir(), "--set", "record.updates=false", "--set", "data.samples=2", "--epochs", "1")
	contains(t, text, "angle 3 (°)")
	if strings.Contains(text, "error") {
		t.Errorf("a run without target has an error:\n%s", text)
	}
	contains(t, ok(t, "eval", filepath.Join(dir, "fig4ab_pal_seed_123"), "--dpi", "30", "-v"), "mse.png")
}

// TestTrainMDGL trains and looks at spiking networks.
func TestTrainMDGL(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	args := append([]string{"train", "fig3c", "--out", dir, "--seeds", "2"}, tinyMDGL...)
	status, out, stderr := cli(t, args...)
	if status != 0 {
		t.Fatal(stderr)
	}
	contains(t, stderr, "6 of fig3c_bptt, fig3c_mdgl, fig3c_eprop", "updates     18", "precision   float32")
	contains(t, out, "iterations", "loss", "accuracy (%)", "fig3c_eprop")
	if got := ok(t, append(args, "--resume", "--quiet")...); got != out {
		t.Errorf("table after resume\n%s, want\n%s", got, out)
	}
	run := filepath.Join(dir, "fig3c_mdgl_seed_1")
	if status, _, stderr := cli(t, "eval", run); status != 1 || !strings.Contains(stderr, "runs of mdgl") {
		t.Errorf("eval: status %d\n%s", status, stderr)
	}
	contains(t, ok(t, "config", "check", run), run+": ok, 1 runs of fig3c_mdgl\n")
}

// TestTrainLE trains, resumes and draws networks of layers on some digits.
func TestTrainLE(t *testing.T) {
	if os.Getenv("NEUROCREDIT_DATA") == "" {
		t.Skip("SKIPPED: set NEUROCREDIT_DATA to a folder with mnist/ to train an autoencoder")
	}
	dir := filepath.Join(t.TempDir(), "runs")
	args := []string{"train", "fig5", "--out", dir, "--seeds", "2", "--epochs", "1", "--set", "data.train=64", "--set", "data.valid=32", "--set", "data.test=32",
		"--set", "presentation.updates=2", "--set", "evaluation.updates=2", "--backend", "go"}
	status, out, stderr := cli(t, args...)
	if status != 0 {
		t.Fatal(stderr)
	}
	contains(t, stderr, "6 of fig5_bp, fig5_fa, fig5_pal", "epochs      6")
	contains(t, out, "fig5_pal", "error", "code (%)", "angle 2 (°)")
	if got := ok(t, append(args, "--resume", "--quiet")...); got != out {
		t.Errorf("table after resume\n%s, want\n%s", got, out)
	}
	figures := t.TempDir()
	contains(t, ok(t, "figure", "fig5", "--runs", dir, "--out", figures), "fig5.png")
	exists(t, filepath.Join(figures, "fig5.png"))
}

// TestOneSystem: runs of several systems do not mix, their results may.
func TestOneSystem(t *testing.T) {
	status, _, stderr := cli(t, "train", "chain/pal", "fig3c", "--out", "x")
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, stderr, "chain/pal is of the system pal, fig3c of mdgl")
	dir := t.TempDir()
	ok(t, append([]string{"train", "--quiet", "--out", dir, "yin-yang/fa"}, tiny...)...)
	ok(t, append([]string{"train", "--quiet", "--out", dir, "chain/fa"}, tinyPAL...)...)
	contains(t, ok(t, "sweep", "status", dir), "yin_yang_fa", "accuracy (%)", "chain_fa", "angle 1")
	if status, _, stderr := cli(t, "sweep", "eval", dir, "--out", filepath.Join(dir, "e")); status != 1 || !strings.Contains(stderr, "of pal") {
		t.Errorf("status %d\n%s", status, stderr)
	}
}

// TestConvertJSON rewrites a parameter file of the PAL program.
func TestConvertJSON(t *testing.T) {
	const file = "testdata/published.json"
	want, err := readConfigs(file)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, ok(t, "config", "check", file), "ok, 3 runs of published_pal")
	for _, task := range []string{"teacher", "backward"} {
		name := filepath.Join(t.TempDir(), "own.yaml")
		if err := os.WriteFile(name, []byte(ok(t, "config", "convert", file, "--task", task)), 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := readConfigs(name)
		if err != nil || len(got) != 3 || len(want) != 3 {
			t.Fatalf("%d configurations of %d, %v", len(got), len(want), err)
		}
		for i := range got {
			d := config.Diff(want[i].config(), got[i].config())
			if task == "teacher" && len(d) > 0 || task == "backward" && (len(d) != 1 || !strings.HasPrefix(d[0], "task: ")) {
				t.Errorf("%s, run %d differs: %v", task, i, d)
			}
		}
	}
	for _, test := range [][2]string{
		{"config convert testdata/published.yaml --task backward", "JSON"},
		{"config convert testdata/published.json --task forward", "forward"},
		{"sweep generate testdata/published.json out x", "random_seed"},
	} {
		status, _, stderr := cli(t, strings.Fields(test[0])...)
		if status != 1 || !strings.Contains(stderr, test[1]) {
			t.Errorf("%s: status %d\n%s", test[0], status, stderr)
		}
	}
}

func TestRulesOfSystems(t *testing.T) {
	contains(t, ok(t, "rules", "--system", "pal"), "down: top-down", "last_rate_pre")
	contains(t, ok(t, "rules", "--system", "mdgl"), "on_mdgl", "eprop", "learning.secretion: ", "M_cell")
	contains(t, ok(t, "rules", "check", "up", "eta*lowpass_pre", "--system", "pal"), "fast")
	contains(t, ok(t, "rules", "check", "learning.signal", "L + 0.5*M_i", "--system", "mdgl"), "learning.signal  L + 0.5*M_i\nLaTeX            ", `M_{\text{i}}`)
	contains(t, ok(t, "rules", "check", "learning.secretion", "L*psi", "--system", "mdgl"), "learning.secretion  L*psi\n")
	secretion := ok(t, "rules", "learning.secretion", "--system", "mdgl")
	contains(t, secretion, "learning.secretion: what", "psi", "tanh(x)")
	if strings.Contains(secretion, "M_cell") || strings.Contains(secretion, "on_mdgl") {
		t.Errorf("shows more:\n%s", secretion)
	}
	for _, test := range []struct{ args, want string }{
		{"rules check learning.signal L+m --system mdgl", "learning.signal: "},
		{"rules check learning.secretion L*M --system mdgl", "M"},
		{"rules check learning.secretoin L --system mdgl", "did you mean learning.secretion?"},
		{"rules check learning.rule eta --system le", "le has no equations as rules"},
		{"rules --system pall", "did you mean pal?"},
		{"rules down --system mdgl", "no synapse groups"},
		{"rules check down eta --system mdgl", "none of the equations of a rule of one's own: learning.signal, learning.secretion"},
		{"train fig3c --out x --rule down=eta", "learning.rule=NAME"},
		{"train fig3c --out x --epochs 3", "epochs"},
		{"train fig3c --out x --engine grahp", "grahp"},
		{"config reference dendrtic", "did you mean dendritic?"},
	} {
		status, _, stderr := cli(t, strings.Fields(test.args)...)
		if status != 1 || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: status %d\n%s", test.args, status, stderr)
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a refused command has made its folder")
	}
}

// TestFolderOfThatName reads experiments beside folders with their names, such as
// train NAME --out NAME leaves.
func TestFolderOfThatName(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, s := range systems {
		for _, name := range s.about().experiments {
			if err := os.Mkdir(name, 0o777); err != nil {
				t.Fatal(err)
			}
			if configs, err := readConfigs(name); err != nil || len(configs) == 0 {
				t.Errorf("%s: %d configurations, %v", name, len(configs), err)
			}
		}
	}
}
