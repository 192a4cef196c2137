package main

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

func TestTrain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	args := append([]string{"train", "fig4cd", "--out", dir, "--seeds", "5,7", "--workers", "2"}, tiny...)
	status, out, stderr := cli(t, args...)
	if status != 0 {
		t.Fatal(stderr)
	}
	contains(t, stderr, "8 of fig4cd_fa, fig4cd_pal", "steps       28.8 k", "recordings  none", "precision   float64, 2 runs at a time", "engine native: ", "8/8 runs")
	contains(t, out, "variant", "fig4cd_eta-zero", "±")
	if n := strings.Count(out, "\n"); n != 5 {
		t.Errorf("%d lines, want a header and 4 variants:\n%s", n, out)
	}
	for _, name := range []string{"fig4cd_fa_seed_5", "fig4cd_fa-plastic-i2p_seed_7"} {
		r, err := dendritic.Load(t.Context(), filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !r.Done || len(r.Epochs) != 3 || r.Test == nil || r.Config.Data.Train != 2 {
			t.Errorf("%s: done %v, %d epochs, test %v, %+v", name, r.Done, len(r.Epochs), r.Test, r.Config.Data)
		}
	}

	t.Run("again", func(t *testing.T) {
		status, _, stderr := cli(t, args...)
		if status != 1 {
			t.Errorf("status %d", status)
		}
		contains(t, stderr, "8 of 8 runs are in "+dir, "--resume")
	})
	t.Run("resume", func(t *testing.T) {
		again := append([]string{"--resume", "--quiet", "--seeds", "5,7,9"}, args...) // the later --seeds counts
		if got := ok(t, again...); got != out {
			t.Errorf("table after resume\n%s, want\n%s", got, out)
		}
	})
	t.Run("resume with another setting", func(t *testing.T) {
		status, _, stderr := cli(t, append(args, "--resume", "--quiet", "--set", "learning.alpha=0.5")...)
		if status != 1 {
			t.Errorf("status %d", status)
		}
		contains(t, stderr, "8 of 8 runs are not done", "failed: fig4cd_fa_seed_5", "learning.alpha: 1.0e-06 → 0.5")
	})
	t.Run("from a results directory", func(t *testing.T) {
		again := trainTiny(t, filepath.Join(dir, "fig4cd_fa_seed_5"))
		for _, file := range []string{"metrics.csv", "config.yaml"} {
			want, err1 := os.ReadFile(filepath.Join(dir, "fig4cd_fa_seed_5", file))
			got, err2 := os.ReadFile(filepath.Join(again, "fig4cd_fa_seed_5", file))
			if err1 != nil || err2 != nil || string(got) != string(want) {
				t.Errorf("%s differs (%v, %v)", file, err1, err2)
			}
		}
	})
}

// TestInterrupt stops a training in its first epochs, resumes it, and compares
// with an undisturbed one.
func TestInterrupt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my runs")
	args := []string{"train", "yin-yang/pal", "--out", dir, "--seeds", "2", "--set", "data.train=40", "--set", "data.valid=4", "--set", "data.test=4", "--epochs", "30"}
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		for { // until the first epoch of a run is on disk
			files, _ := filepath.Glob(filepath.Join(dir, "*", "metrics.csv"))
			for _, f := range files {
				if text, _ := os.ReadFile(f); strings.Count(string(text), "\n") > 2 {
					cancel(&experiment.SignalError{Signal: os.Interrupt})
					return
				}
			}
			time.Sleep(time.Millisecond)
		}
	}()
	status, _, stderr := cliContext(t, ctx, args...)
	if status != 130 {
		t.Fatalf("status %d, want 130\n%s", status, stderr)
	}
	hint := "train yin-yang/pal --out '" + dir + "' --seeds 2"
	contains(t, stderr, "interrupted: ", hint, "--epochs 30 --resume\n")
	got := ok(t, append(args, "--quiet", "--resume")...)
	args[3] = t.TempDir()
	if want := ok(t, append(args, "--quiet")...); got != want {
		t.Errorf("after resume\n%s, undisturbed\n%s", got, want)
	}
}

// TestFailure: one variant with a rule that explodes does not stop the other.
func TestFailure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "half.yaml")
	text := "system: dendritic\nvariants:\n  bad: {learning: {rates: {down: [1]}, rules: {down: 1e9*eta*w}}}\n  good: {}\nseeds: [3]\n"
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	status, out, stderr := cli(t, append([]string{"train", file, "--quiet", "--out", dir}, tiny...)...)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, stderr, "1 of 2 runs are not done", "failed: half_bad_seed_3: dendritic: ", "its rule: 1e9*eta*w")
	contains(t, out, "half_good")
	if strings.Contains(stderr, "resume") {
		t.Errorf("proposes to resume:\n%s", stderr)
	}
	text = ok(t, "sweep", "status", dir)
	contains(t, text, out, filepath.Join(dir, "half_bad_seed_3")+": failed at ", "its rule: 1e9*eta*w")
	if strings.Contains(text, filepath.Join(dir, "half_good")) {
		t.Errorf("lists a run that is done:\n%s", text)
	}
}

// TestWholeFailure: what no run can do without is blamed on none, and what one run
// lacks on that run alone.
func TestWholeFailure(t *testing.T) {
	status, _, stderr := cli(t, "train", "fig5", "--quiet", "--out", t.TempDir(), "--engine", "native")
	if status != 1 || strings.Contains(stderr, "failed: ") {
		t.Errorf("status %d\n%s", status, stderr)
	}
	contains(t, stderr, "none of 30 runs started: le: unknown engine \"native\"")
	status, _, stderr = cli(t, "train", "autoencoder/bp", "--quiet", "--out", t.TempDir(), "--engine", "native")
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, stderr, "1 of 1 runs are not done\nfailed: autoencoder_bp: le: unknown engine")

	file := filepath.Join(t.TempDir(), "two.yaml")
	text := "system: le\npreset: autoencoder/bp\nbase: {epochs: 0, data: {source: images, dir: /nonexistent}}\n" +
		"variants:\n  first: {data: {train: 7}}\n  second: {}\nseeds: [1]\n"
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	status, _, stderr = cli(t, "train", file, "--quiet", "--out", t.TempDir(), "--backend", "go")
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, stderr, "2 of 2 runs are not done", "failed: two_first_seed_1: le: data: images: /nonexistent", "failed: two_second_seed_1: le: data: ")
}

func TestRuleFlag(t *testing.T) {
	const rule = "w: delta/dt; delta: (dt*eta*noise_post*highpass_pre - delta)/dt"
	dir := trainTiny(t, "yin-yang/pal", "--rule", "down="+rule, "--rule", "up=eta*(rate_post - predicted_rate_post)*rate_pre")
	r, err := dendritic.Load(t.Context(), filepath.Join(dir, "yin_yang_pal"))
	if err != nil {
		t.Fatal(err)
	}
	rules := r.Config.Learning.Rules
	if got := rules.Down.String(); got != rule {
		t.Errorf("down is %s", got)
	}
	if rules.Up.Delta != "" || rules.Up.Weight != "eta*(rate_post - predicted_rate_post)*rate_pre" {
		t.Errorf("up is %v", rules.Up)
	}
}

func TestSeeds(t *testing.T) {
	for _, test := range []struct {
		text string
		want []uint64
	}{
		{"3", []uint64{11, 12, 13}},
		{"7:2", []uint64{7, 8}},
		{"5,1,9", []uint64{5, 1, 9}},
		{"5,", []uint64{5}},
		{"4294967295:1", []uint64{4294967295}},
		{"", nil},
		{"0", nil},
		{"-1", nil},
		{"x", nil},
		{"1,1", nil},
		{"1,x", nil},
		{"1:", nil},
		{":2", nil},
		{"4294967295:2", nil},
		{"4294967296,1", nil},
		{"10001", nil},
	} {
		seeds, err := parseSeeds(test.text)
		if (err == nil) != (test.want != nil) {
			t.Errorf("%q: error %v", test.text, err)
			continue
		}
		if err == nil && !reflect.DeepEqual(seeds(11), test.want) {
			t.Errorf("%q: %v, want %v", test.text, seeds(11), test.want)
		}
	}
	c := dendritic.YinYang(dendritic.PAL)
	other := c
	other.Seed, other.Epochs = 9, 5
	if _, err := withSeeds(dendriticSystem.wrap([]dendritic.Config{c, other}), "2"); err == nil || !strings.Contains(err.Error(), "epochs") {
		t.Errorf("configurations of the same name that differ: error %v", err)
	}
}

func TestPlan(t *testing.T) {
	c := dendritic.YinYang(dendritic.PAL)
	p := newPlan(dendriticSystem.wrap([]dendritic.Config{c, c, c}), 2)
	// 400 epochs of 6000 + 900 patterns, final validation and test, of 100 steps.
	if want := int64(3 * 100 * (400*6900 + 1800)); p.work != want || p.workers != 2 || p.runs != 3 || p.bytes != 0 {
		t.Errorf("%+v, want %d steps", p, want)
	}
	configs, err := readConfigs("sweep_yin_yang_fa")
	if err != nil {
		t.Fatal(err)
	}
	contains(t, newPlan(configs, 1).String(), "10 of sweep_yin_yang_fa", "recordings  25")
	c.Data.Train = 0
	contains(t, newPlan(dendriticSystem.wrap([]dendritic.Config{c}), 1).String(), "as many as the data have")
	for x, want := range map[float64]string{0: "0 ", 999: "999 ", 1234: "1.23 k", 25.3e9: "25.3 G", 999.9e3: "1 M"} {
		if got := count(x); got != want {
			t.Errorf("count(%g) is %q, want %q", x, got, want)
		}
	}
}
