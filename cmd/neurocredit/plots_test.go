package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/npy"
)

func exists(t *testing.T, files ...string) {
	t.Helper()
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestEval(t *testing.T) {
	dir := trainTiny(t, "yin-yang/pal", "--set", `record.variables={"1": {fb: [g]}, "2": {ff: [g], output: [rate]}}`)
	run := filepath.Join(dir, "yin_yang_pal")
	text := ok(t, "eval", run, "--every", "9", "--dpi", "30", "-v")
	contains(t, text, "yin_yang_pal", filepath.Join(run, "accuracy.png"), "no 000_training_ff_vs_p2i.png", "not recorded", "not made")
	exists(t, filepath.Join(run, "accuracy.png"), filepath.Join(run, "000_training_angle_ff_fb.png"))
	if short := ok(t, "eval", run, "--every", "9", "--dpi", "30"); strings.Contains(short, "accuracy.png") {
		t.Errorf("lists files without --verbose:\n%s", short)
	}
	contains(t, ok(t, "detail", run, "2", "--dpi", "30"), "files in "+filepath.Join(run, "epoch_2"))
	exists(t, filepath.Join(run, "epoch_2", "validation_2_output_rate_epoch_2.png"))
	for _, flag := range []string{"--every=-1", "--dpi=5"} {
		if status, _, stderr := cli(t, "eval", run, flag); status != 1 || !strings.Contains(stderr, flag[:5]) {
			t.Errorf("%s: status %d\n%s", flag, status, stderr)
		}
	}
	for _, epoch := range []string{"3", "-1", "x"} {
		status, out, _ := cli(t, "detail", "--", run, epoch)
		if status != 1 || out != "" {
			t.Errorf("epoch %s: status %d\n%s", epoch, status, out)
		}
	}
}

func TestFigure(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	status, _, stderr := cli(t, "figure", "fig4cd", "--runs", dir)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, stderr, "holds no runs of fig4cd", "neurocredit train fig4cd --out "+dir)

	ok(t, append([]string{"train", "fig4cd", "--quiet", "--seeds", "2", "--out", dir}, tiny...)...)
	out := filepath.Join(t.TempDir(), "figures")
	status, stdout, stderr := cli(t, "figure", "fig4cd", "--runs", dir, "--out", out)
	if status != 0 {
		t.Fatal(stderr)
	}
	contains(t, stderr, "8 of 40 runs are in "+dir)
	contains(t, stdout, "fig4cd_fa-plastic-i2p", filepath.Join(out, "fig4cd.png"))
	exists(t, filepath.Join(out, "fig4cd.png"))
	svg, err := os.ReadFile(filepath.Join(out, "fig4cd.svg"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(svg), "FA, plastic i2p (n = 2)")

	t.Run("train", func(t *testing.T) {
		status, _, stderr := cli(t, "figure", "fig4cd", "--train", "--quick", "--runs", dir)
		if status != 1 { // the runs that are there have other settings
			t.Errorf("status %d", status)
		}
		contains(t, stderr, "8 of 8 runs are not done", "epochs: 2 → 20")
	})
	status, _, stderr = cli(t, "figure", "fig4ce")
	if status != 1 || !strings.Contains(stderr, "did you mean fig4cd?") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// TestFigures draws all figures of the registry from short runs.
func TestFigures(t *testing.T) {
	for _, f := range paperFigures {
		if slices.Contains([]string{"fig4cd", "fig4ef", "fig5", "fig6"}, f.name) {
			continue // drawn by TestFigure, or like it, or by TestTrainLE
		}
		t.Run(f.name, func(t *testing.T) {
			dir := t.TempDir()
			short, shows := tinyPAL, "angle 1 (°)"
			if f.system == mdglSystem {
				short, shows = tinyMDGL, "loss"
			}
			ok(t, append([]string{"train", f.name, "--quiet", "--seeds", "2", "--out", dir}, short...)...)
			out := t.TempDir()
			table := ok(t, "figure", f.name, "--runs", dir, "--out", out)
			contains(t, table, f.name+".png", shows)
			// Also seeds that the experiment does not list are drawn.
			configs, err := readConfigs(f.name)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range newPlan(configs, 1).variants {
				if !regexp.MustCompile(`(?m)^` + v + ` +2 +2 `).MatchString(table) {
					t.Errorf("not both runs of %s:\n%s", v, table)
				}
			}
			exists(t, filepath.Join(out, f.name+".png"), filepath.Join(out, f.name+".svg"))
		})
	}
	contains(t, ok(t, "figure", "--help"), figureNames()...)
}

func TestSweepEval(t *testing.T) {
	dir := trainTiny(t, "fig4cd", "--seeds", "3")
	out := filepath.Join(t.TempDir(), "evaluation")
	text := ok(t, "sweep", "eval", dir, "--out", out, "--epochs", "1,2")
	contains(t, text, "fig4cd_eta-zero", "28 files in "+out)
	summary, err := os.ReadFile(filepath.Join(out, "summary.csv"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(summary), "fig4cd_fa-plastic-i2p,3,3")
	acc, err := npy.OpenReader(filepath.Join(out, "fig4cd_pal", "acc_collection.npy"))
	if err != nil {
		t.Fatal(err)
	}
	defer acc.Close()
	if shape := acc.Shape(); !reflect.DeepEqual(shape, []int{3, 3}) {
		t.Errorf("accuracies have shape %v, want 3 runs, 3 validation passes", shape)
	}
	one := filepath.Join(t.TempDir(), "one")
	ok(t, "sweep", "eval", filepath.Join(dir, "*_pal_*"), "-o", one)
	exists(t, filepath.Join(one, "acc_collection.png"), filepath.Join(one, "learning_curves.png"))
	for wrong, want := range map[string]string{"-1": "epoch -1, must be 0 or more", "2,2": "epoch 2 more than once"} {
		if status, _, stderr := cli(t, "sweep", "eval", dir, "-o", filepath.Join(dir, "new"), "--epochs", wrong); status != 1 || !strings.Contains(stderr, want) {
			t.Errorf("--epochs %s: status %d: %s", wrong, status, stderr)
		}
	}
}

// TestSweepEvalPAL draws runs of pal, for which some flags mean nothing.
func TestSweepEvalPAL(t *testing.T) {
	dir := t.TempDir()
	ok(t, append([]string{"train", "--quiet", "--out", dir, "chain/fa", "--seeds", "2"}, tinyPAL...)...)
	out := filepath.Join(t.TempDir(), "evaluation")
	for _, flag := range []string{"--epochs=1", "--log", "--recalc"} {
		status, _, stderr := cli(t, "sweep", "eval", dir, "--out", out, flag)
		name, _, _ := strings.Cut(flag, "=")
		if status != 1 || !strings.Contains(stderr, name+" is for runs of dendritic") {
			t.Errorf("%s: status %d: %s", flag, status, stderr)
		}
	}
	ok(t, "sweep", "eval", dir, "--out", out)
	exists(t, filepath.Join(out, "mse.png"), filepath.Join(out, "angle_1.png"))
}

func TestFindRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a [1]")
	var runs []string
	for i := range 3 {
		run := filepath.Join(dir, fmt.Sprintf("run_%d", i))
		if err := os.MkdirAll(run, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(run, "config.yaml"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	if err := os.Mkdir(filepath.Join(dir, "run_other"), 0o777); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(list, []byte("# best first\n\n"+runs[2]+"\n"+runs[0]+"/\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.txt")
	if err := os.WriteFile(wrong, []byte(runs[0]+"\n/nowhere\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want []string
		err  string
	}{
		{[]string{runs[1]}, runs[1:2], ""},
		{[]string{dir}, runs, ""},
		{[]string{list}, []string{runs[2], runs[0]}, ""},
		{[]string{list, dir}, []string{runs[2], runs[0], runs[1]}, ""},
		{[]string{filepath.Join(escape(dir), "run_[12]")}, runs[1:], ""},
		{[]string{filepath.Join(escape(dir), "run_o*")}, nil, "no results directories match"},
		{[]string{filepath.Join(dir, "run_other")}, nil, "neither"},
		{[]string{wrong}, nil, wrong + ":2: /nowhere"},
	} {
		got, err := findRuns(test.args)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%v: error %v, want one with %q", test.args, err, test.err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v: %v, %v, want %v", test.args, got, err, test.want)
		}
	}
}
