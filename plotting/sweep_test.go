package plotting

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// sweepGroups trains two groups of two runs in results directories.
func sweepGroups(t *testing.T, change func(*dendritic.Config)) []Group {
	t.Helper()
	var groups []Group
	for _, mode := range []dendritic.Mode{dendritic.PAL, dendritic.FA} {
		var dirs []string
		for seed := range uint32(2) {
			c := tinyConfig(mode)
			c.Seed += seed
			c.Name = fmt.Sprintf("tiny_%s_%d", mode, c.Seed)
			change(&c)
			dirs = append(dirs, train(t, c).Dir)
		}
		g, err := LoadGroup(context.Background(), string(mode), dirs...)
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, g)
	}
	return groups
}

func readArray(t *testing.T, file string) (shape []int, values []float64) {
	t.Helper()
	r, err := npy.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if values, err = r.ReadAll(); err != nil {
		t.Fatal(err)
	}
	return r.Shape(), values
}

func TestSweep(t *testing.T) {
	for name, change := range map[string]func(*dendritic.Config){
		"recorded":     func(c *dendritic.Config) { c.Record.Variables = everything(c) },
		"not recorded": func(c *dendritic.Config) {},
	} {
		t.Run(name, func(t *testing.T) {
			groups := sweepGroups(t, change)
			save := t.TempDir()
			written, err := Sweep(context.Background(), groups, save, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(written) != 2*6+4 {
				t.Errorf("%d files: %v", len(written), written)
			}
			for _, f := range written {
				if info, err := os.Stat(f); err != nil || info.Size() == 0 {
					t.Errorf("%s: %v", f, err)
				}
			}
			for _, g := range groups {
				compareCollection(t, g, filepath.Join(save, g.Name), name == "recorded")
			}
		})
	}
}

func compareCollection(t *testing.T, g Group, dir string, recorded bool) {
	t.Helper()
	shape, accuracy := readArray(t, filepath.Join(dir, "acc_collection.npy"))
	if !slices.Equal(shape, []int{2, 4}) {
		t.Fatalf("acc_collection has shape %v", shape)
	}
	_, test := readArray(t, filepath.Join(dir, "test_acc_collection.npy"))
	shape, angle := readArray(t, filepath.Join(dir, "angle_collection_layer_1.npy"))
	columns := 4
	if recorded {
		columns = 3 * 3 * 8 * 5 // epochs × classes × patterns × records
	}
	if !slices.Equal(shape, []int{2, columns}) {
		t.Errorf("angle_collection_layer_1 has shape %v", shape)
	}
	for i, r := range g.Runs {
		for e, epoch := range r.Epochs {
			if accuracy[i*4+e] != epoch.Score.Accuracy {
				t.Errorf("run %d, epoch %d: accuracy %g, want %g", i, e, accuracy[i*4+e], epoch.Score.Accuracy)
			}
		}
		if test[i] != r.Test.Accuracy {
			t.Errorf("run %d: test accuracy %g, want %g", i, test[i], r.Test.Accuracy)
		}
		// The last record lies 20 steps before the end.
		if got, want := angle[(i+1)*columns-1], r.Last().Alignment[0].Angle; math.Abs(got-want) > 0.05 {
			t.Errorf("run %d: angle %g°, want %g°", i, got, want)
		}
	}
}

func TestSweepReusesArrays(t *testing.T) {
	groups := sweepGroups(t, func(*dendritic.Config) {})[:1]
	save := t.TempDir()
	sweep := func(groups []Group, o *SweepOptions) []float64 {
		t.Helper()
		if _, err := Sweep(context.Background(), groups, save, o); err != nil {
			t.Fatal(err)
		}
		_, values := readArray(t, filepath.Join(save, "test_acc_collection.npy"))
		return values
	}
	right := sweep(groups, nil)
	mark := []float64{1, 2}
	if err := npy.WriteArray(filepath.Join(save, "test_acc_collection.npy"), mark, 2); err != nil {
		t.Fatal(err)
	}
	if got := sweep(groups, nil); !slices.Equal(got, mark) {
		t.Errorf("second call: %v, want the %v of the file", got, mark)
	}
	if got := sweep(groups, &SweepOptions{Recalc: true}); !slices.Equal(got, right) {
		t.Errorf("recalc: %v, want %v", got, right)
	}
	if err := npy.WriteArray(filepath.Join(save, "test_acc_collection.npy"), mark, 2); err != nil {
		t.Fatal(err)
	}
	turned := []Group{{"turned", []*dendritic.Result{groups[0].Runs[1], groups[0].Runs[0]}}}
	if got := sweep(turned, nil); !slices.Equal(got, []float64{right[1], right[0]}) {
		t.Errorf("other runs: %v, want %v turned", got, right)
	}
}

// TestSweepSeesNewRuns trains runs anew in the same directories.
func TestSweepSeesNewRuns(t *testing.T) {
	c := tinyConfig(dendritic.PAL)
	dir, save := filepath.Join(t.TempDir(), "run"), t.TempDir()
	for _, change := range []func(){func() {}, func() { c.Epochs = 2 }, func() { c.Seed++ }} {
		change()
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		r, err := dendritic.Train(context.Background(), c, &dendritic.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Sweep(context.Background(), []Group{{"PAL", []*dendritic.Result{r}}}, save, nil); err != nil {
			t.Fatal(err)
		}
		_, accuracy := readArray(t, filepath.Join(save, "acc_collection.npy"))
		_, angle := readArray(t, filepath.Join(save, "angle_collection_layer_1.npy"))
		var wantAccuracy, wantAngle []float64
		for _, e := range r.Epochs {
			wantAccuracy, wantAngle = append(wantAccuracy, e.Score.Accuracy), append(wantAngle, e.Alignment[0].Angle)
		}
		if !slices.Equal(accuracy, wantAccuracy) || !slices.Equal(angle, wantAngle) {
			t.Errorf("%d epochs, seed %d: accuracies %v, angles %v, want %v, %v", c.Epochs, c.Seed, accuracy, angle, wantAccuracy, wantAngle)
		}
	}
}

func TestSweepErrors(t *testing.T) {
	groups := twoGroups() // in memory
	if _, err := Sweep(context.Background(), groups, t.TempDir(), nil); err == nil {
		t.Error("runs in memory are no error")
	}
	if _, err := Sweep(context.Background(), nil, t.TempDir(), nil); err == nil {
		t.Error("no groups are no error")
	}
	if _, err := Sweep(context.Background(), []Group{{Name: "empty"}}, t.TempDir(), nil); err == nil {
		t.Error("a group without runs is no error")
	}
	if _, err := Sweep(context.Background(), []Group{{Name: "../a"}, {Name: "b"}}, t.TempDir(), nil); err == nil {
		t.Error("a group named ../a is no error")
	}
	if _, err := LoadGroup(context.Background(), "none", t.TempDir()); err == nil {
		t.Error("an empty folder is no error")
	}
}

// result makes a run with given accuracies.
func result(done bool, test float64, accuracy ...float64) *dendritic.Result {
	r := &dendritic.Result{Done: done}
	for i, a := range accuracy {
		r.Epochs = append(r.Epochs, dendritic.Epoch{Epoch: i, Score: dendritic.Score{Accuracy: a}, Alignment: []dendritic.Alignment{{Angle: a / 2, NormDown: 5}}})
	}
	if done {
		r.Test = &dendritic.Score{Accuracy: test}
	}
	return r
}

func summarize(t *testing.T, groups []Group, epochs ...int) Summary {
	t.Helper()
	s, err := Summarize(groups, epochs...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSummarize(t *testing.T) {
	groups := []Group{
		{"PAL", []*dendritic.Result{result(true, 90, 30, 80, 88), result(true, 94, 34, 84, 92), result(false, 0, 32)}},
		{"a|b", []*dendritic.Result{result(false, 0, 33)}},
	}
	s := summarize(t, groups, 0, 2)
	want := "| group | runs | validation, epoch 0 (%) | validation, epoch 2 (%) | test (%) | angle (°) | norm of fb |\n" +
		"|---|---|---|---|---|---|---|\n" +
		"| PAL | 3 (2 done) | 32.0 ± 1.6 | 90.0 ± 2.0 | 92.0 ± 2.0 | 45.0 ± 1.0 | 5.0 ± 0.0 |\n" +
		"| a\\|b | 1 (0 done) | 33.0 ± 0.0 | – | – | – | – |\n"
	if got := s.Markdown(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	rows, err := csv.NewReader(strings.NewReader(s.CSV())).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][3] != "32" || rows[1][6] != "2" || rows[2][5] != "NaN" || rows[0][5] != "validation_2_mean" {
		t.Errorf("CSV %v, error %v", rows, err)
	}
	if got := summarize(t, groups).Epochs; !slices.Equal(got, []int{2}) {
		t.Errorf("epochs of short runs: %v", got)
	}
	long := []Group{{"long", []*dendritic.Result{result(true, 90, make([]float64, 401)...)}}}
	if got := summarize(t, long).Epochs; !slices.Equal(got, []int{20, 40, 80, 200, 400}) {
		t.Errorf("epochs of a published run: %v", got)
	}
}

// TestSummarizeSummary gives the same table for runs and for what a summary of them keeps,
// which are not all epochs.
func TestSummarizeSummary(t *testing.T) {
	g := Group{Name: "long"}
	for seed := range uint32(2) {
		r := result(true, 90, make([]float64, 63)...)
		for e := range r.Epochs {
			r.Epochs[e].Score.Accuracy = float64(e) + float64(seed)/2
		}
		r.Config = tinyConfig(dendritic.PAL)
		r.Config.Seed = seed
		r.Config.Name = fmt.Sprintf("long_%d", seed)
		g.Runs = append(g.Runs, r)
	}
	var file strings.Builder
	if err := dendritic.WriteSummary(&file, g.Runs, ""); err != nil {
		t.Fatal(err)
	}
	runs, err := dendritic.ReadSummary(strings.NewReader(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	kept := Group{Name: "long", Runs: runs}
	if len(runs) != 2 || len(runs[0].Epochs) >= 63 {
		t.Fatalf("the summary has %d runs with %d epochs, want 2 with less than 63", len(runs), len(runs[0].Epochs))
	}
	for _, epochs := range [][]int{nil, {40}, {0, 10, 60, 62}} {
		want, got := summarize(t, []Group{g}, epochs...), summarize(t, []Group{kept}, epochs...)
		if want.Markdown() != got.Markdown() {
			t.Errorf("epochs %v: got\n%swant\n%s", epochs, got.Markdown(), want.Markdown())
		}
	}
	s := summarize(t, []Group{kept})
	if !slices.Equal(s.Epochs, []int{20, 40, 62}) || s.Rows[0].Validation[1].Mean != 40.25 {
		t.Errorf("epochs %v with the accuracies %v, want 20.25, 40.25, 62.25 at 20, 40, 62", s.Epochs, s.Rows[0].Validation)
	}
	// 55 is no epoch of the summary.
	if v := summarize(t, []Group{kept}, 55).Rows[0].Validation[0]; !math.IsNaN(v.Mean) {
		t.Errorf("accuracy %v at an epoch that is not known", v)
	}
}

func TestSummaryEpochs(t *testing.T) {
	groups := []Group{{"PAL", []*dendritic.Result{result(true, 90, 30, 80, 88)}}}
	for want, epochs := range map[string][]int{"epoch -1, must be 0 or more": {2, -1}, "epoch 2 more than once": {2, 1, 2}} {
		if _, err := Summarize(groups, epochs...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Summarize at %v: error %v, want %q", epochs, err, want)
		}
		save := filepath.Join(t.TempDir(), "new")
		if _, err := Sweep(context.Background(), sweepGroups(t, func(*dendritic.Config) {})[:1], save, &SweepOptions{Epochs: epochs}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Sweep at %v: error %v, want %q", epochs, err, want)
		}
		if _, err := os.Stat(save); err == nil {
			t.Errorf("Sweep at %v wrote files before its error", epochs)
		}
	}
}

func TestRunNames(t *testing.T) {
	for _, c := range []struct{ dirs, want []string }{
		{[]string{"a/fa_seed_123456", "b/fa_seed_123457/"}, []string{"123456", "123457"}},
		{[]string{"a/one"}, []string{"one"}},
		{[]string{"a/x_1", "b/x_1"}, []string{"1", "1"}},
		{[]string{"x_", "x_1"}, []string{"x_", "1"}},
		{[]string{"one", "two"}, []string{"one", "two"}},
	} {
		var g Group
		for _, d := range c.dirs {
			g.Runs = append(g.Runs, &dendritic.Result{Dir: d})
		}
		if got := g.runNames(); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.dirs, got, c.want)
		}
	}
}

func TestLearningCurves(t *testing.T) {
	groups := twoGroups()
	for _, o := range []*LearningOptions{nil, {Accuracy: true}, {Log: true, Runs: true}} {
		fig, err := LearningCurves(groups, o)
		if err != nil {
			t.Fatal(err)
		}
		m := fig.Panels[0].marks[0].(*curveMark)
		want := 0.0
		for _, r := range groups[0].Runs {
			v := r.Epochs[2].Score.Accuracy
			if o == nil || !o.Accuracy {
				v = 100 - v
			}
			want += v / float64(len(groups[0].Runs))
		}
		if math.Abs(m.mean[2]-want) > 1e-9 || m.Name != "pal (n = 3)" {
			t.Errorf("%+v: curve %q has %g at epoch 2, want %g", o, m.Name, m.mean[2], want)
		}
		angle := fig.Panels[1].marks[1].(*curveMark)
		if got, want := angle.Y[2][3], groups[1].Runs[2].Epochs[3].Alignment[0].Angle; got != want {
			t.Errorf("angle %g, want %g", got, want)
		}
	}
}
