package dendritic

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

// One's own source, with all patterns of every part or with some per class.
func TestOwnData(t *testing.T) {
	cfg := small(PAL, 5, 6, 2)
	cfg.Epochs = 1
	src := source{in: 5, out: 2, train: 12, valid: 8, test: 4}
	r, err := Train(t.Context(), cfg, &Options{Data: src})
	must(t, err)
	if r.Last().Score.Samples != 8 || r.Test.Samples != 4 || len(r.Epochs) != 2 {
		t.Errorf("%+v, %+v", r.Epochs, r.Test)
	}
	cfg.Data.Train, cfg.Data.Valid, cfg.Data.Test = 3, 2, 1
	r, err = Train(t.Context(), cfg, &Options{Data: src})
	must(t, err)
	if r.Last().Score.Samples != 4 || r.Test.Samples != 2 {
		t.Errorf("%+v, %+v", r.Epochs, r.Test)
	}
	broken := errors.New("no disk")
	for _, c := range []struct {
		o    *Options
		want string
	}{
		{nil, "Options.Data"},
		{&Options{Data: source{err: broken}}, "no disk"},
		{&Options{Data: source{in: 4, out: 2, train: 12, valid: 8, test: 4}}, "4 inputs"},
		{&Options{Data: source{in: 5, out: 3, train: 12, valid: 8, test: 4}}, "3 outputs"},
		{&Options{Data: source{in: 5, out: 2, train: 12, valid: 3, test: 4}}, "needs 4 patterns, there are 3"},
	} {
		r, err := Train(t.Context(), cfg, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) || r != nil {
			t.Errorf("error %v, want %q", err, c.want)
		}
		if c.want == "no disk" && !errors.Is(err, broken) {
			t.Errorf("%v does not wrap the error of the source", err)
		}
	}
}

// The same data from files and from Go give the same run.
func TestFiles(t *testing.T) {
	splits, err := data.YinYang{Seed: 3, Train: 12, Valid: 6, Test: 3}.Load(t.Context())
	must(t, err)
	dir := t.TempDir()
	write := func(name string, set *data.Set) string {
		var b strings.Builder
		for i, x := range set.Inputs {
			for _, v := range x {
				fmt.Fprintf(&b, "%v,", v)
			}
			fmt.Fprintln(&b, set.Labels[i])
		}
		file := filepath.Join(dir, name)
		must(t, os.WriteFile(file, []byte(b.String()), 0o666))
		return file
	}
	want := YinYang(PAL)
	want.Epochs = 1
	want.Data = Data{Set: "yinyang", Seed: 3, Classes: 3, Train: 4, Valid: 2, Test: 1}
	got := want
	got.Data = Data{Set: "files", Classes: 3, Files: Files{write("train.csv", splits.Train), write("valid.csv", splits.Valid), write("test.csv", splits.Test)}}
	a, err := Train(t.Context(), want, nil)
	must(t, err)
	b, err := Train(t.Context(), got, nil)
	must(t, err)
	if !bytes.Equal(finalState(t, a), finalState(t, b)) || a.Test.RMSE != b.Test.RMSE {
		t.Error("files give another run")
	}
	got.Data.Files.Valid = filepath.Join(dir, "none.csv")
	if _, err := Train(t.Context(), got, nil); err == nil || !strings.Contains(err.Error(), "none.csv") {
		t.Errorf("error %v", err)
	}
	must(t, os.WriteFile(filepath.Join(dir, "bad.csv"), []byte("0.1,0.2,0.3,0.4,7\n"), 0o666))
	got.Data.Files.Valid = filepath.Join(dir, "bad.csv")
	if _, err := Train(t.Context(), got, nil); err == nil || !strings.Contains(err.Error(), "bad.csv") || !strings.Contains(err.Error(), "7") {
		t.Errorf("error %v", err)
	}
}

// Bars and Mimic: the circuit learns what they ask for, and does not untaught.
func TestBars(t *testing.T) {
	cfg := small(FA, 9, 30, 3)
	cfg.Data = Data{Set: "bars", Seed: 5, Noise: 0.1, Classes: 3, Train: 300, Valid: 20, Test: 20}
	cfg.Epochs = 5
	cfg.Learning.Rates.Up[1] = 0.05
	r, err := Train(t.Context(), cfg, nil)
	must(t, err)
	if r.Test.Samples != 60 || r.Test.Accuracy < 90 {
		t.Errorf("accuracy %.1f of %d", r.Test.Accuracy, r.Test.Samples)
	}
	cfg.Presentation.Teach = false
	r, err = Train(t.Context(), cfg, nil)
	must(t, err)
	if r.Test.Accuracy > 70 {
		t.Errorf("control: accuracy %.1f without teaching", r.Test.Accuracy)
	}
}

// Mimic has targets and no classes: the error of the voltages falls.
func TestMimic(t *testing.T) {
	cfg := small(FA, 4, 10, 2)
	cfg.Data = Data{Set: "mimic", Seed: 5, Classes: 1, Train: 1000, Valid: 50, Test: 20}
	cfg.Epochs = 2
	cfg.Presentation.Low, cfg.Presentation.High = 0, 1
	cfg.Learning.Rates.Up = []float64{5, 1}
	r, err := Train(t.Context(), cfg, nil)
	must(t, err)
	first, last := r.Epochs[0].Score.RMSE, r.Last().Score.RMSE
	if !(last < first/5) || r.Test.Samples != 20 {
		t.Errorf("RMSE %.3f, then %.3f", first, last)
	}
	// The teacher's own weights give its voltages: there is nothing to learn.
	src, err := cfg.source(nil)
	must(t, err)
	splits, err := src.Load(t.Context())
	must(t, err)
	x, y := splits.Test.Inputs[0], splits.Test.Targets[0]
	g := cfg.Circuit.Conductances
	lo, hi := 0.0, 0.0 // bounds from weights in [1.99, 2)
	for _, v := range x {
		lo, hi = lo+1.99*v, hi+2*v
	}
	s := g.Basal / (g.Leak + g.Basal + g.Apical)
	out := g.Basal / (g.Leak + g.Basal)
	lo, hi = out*10*1.99*sigmoid(s*lo), out*10*2*sigmoid(s*hi)
	if y[0] < lo || y[0] > hi || math.Abs(y[0]-y[1]) > hi-lo {
		t.Errorf("targets %v beyond [%g, %g]", y, lo, hi)
	}
}

func TestWeights(t *testing.T) {
	cfg := small(PAL, 5, 7, 4, 2)
	cfg.Epochs = 1
	cfg.Circuit.Bias = Bias{On: true, Rate: 1}
	r, err := Train(t.Context(), cfg, &Options{Data: source{in: 5, out: 2, train: 4, valid: 2, test: 2}})
	must(t, err)
	for _, c := range []struct {
		level      int
		group      string
		rows, cols int
	}{
		{1, "ff", 5, 7}, {2, "ff", 7, 4}, {3, "ff", 4, 2},
		{1, "fb", 4, 7}, {2, "fb", 2, 4},
		{1, "p2i", 7, 4}, {2, "p2i", 4, 2},
		{1, "i2p", 4, 7}, {2, "i2p", 2, 4},
		{1, "bias_to_pyr", 1, 7}, {2, "bias_to_pyr", 1, 4},
		{1, "bias_to_inter", 1, 4}, {2, "bias_to_inter", 1, 2},
	} {
		w, err := r.Weights(c.level, c.group)
		must(t, err)
		if rows, cols := w.Dims(); rows != c.rows || cols != c.cols {
			t.Errorf("%s of level %d is %d x %d, want %d x %d", c.group, c.level, rows, cols, c.rows, c.cols)
		}
		s, err := r.restore()
		must(t, err)
		n := s.sim.(*network[float64])
		syn := n.find(c.level, c.group).base()
		n.settle()
		for i := range c.rows {
			for j := range c.cols {
				if w.At(i, j) != syn.w[syn.at(i, j)] {
					t.Fatalf("%s of level %d: wrong place of [%d,%d]", c.group, c.level, i, j)
				}
			}
		}
	}
	for _, c := range []struct {
		level int
		group string
	}{{0, "ff"}, {4, "ff"}, {3, "fb"}, {1, "up"}, {1, "pyramidal"}} {
		if _, err := r.Weights(c.level, c.group); err == nil || !strings.Contains(err.Error(), c.group) {
			t.Errorf("%s of level %d: error %v", c.group, c.level, err)
		}
	}
}

func TestCurve(t *testing.T) {
	r := &Result{Epochs: []Epoch{
		{Epoch: 0, Score: Score{Accuracy: 30, MeanAbsError: 1, RMSE: 2}, Alignment: []Alignment{{3, 4, 5, 6, 7}, {8, 9, 10, 11, 12}}},
		{Epoch: 1, Score: Score{Accuracy: 80, MeanAbsError: 0.5, RMSE: 0.25}, Alignment: []Alignment{{13, 14, 15, 16, 17}, {}}},
	}}
	for quantity, want := range map[string][]float64{
		"accuracy": {30, 80}, "error": {70, 20}, "mean_abs_error": {1, 0.5}, "rmse": {2, 0.25},
		"angle": {3, 13}, "norm_up": {4, 14}, "norm_down": {5, 15}, "p2i_mismatch": {6, 16}, "i2p_mismatch": {7, 17},
	} {
		x, y, err := r.Curve(quantity)
		if err != nil || !slices.Equal(y, want) || !slices.Equal(x, []float64{0, 1}) {
			t.Errorf("%s: %v, %v, %v", quantity, x, y, err)
		}
	}
	if _, _, err := new(Result).Curve("acuracy"); err == nil {
		t.Error("without epochs a wrong name is accepted")
	}
	if _, _, err := r.Curve("acuracy"); err == nil || !strings.Contains(err.Error(), `"accuracy"`) {
		t.Errorf("error %v", err)
	}
	if (&Result{}).Last().Epoch != 0 || r.Last().Epoch != 1 {
		t.Error("last epoch")
	}
}

// The teacher of mimic has the circuit's conductances and activation, so runs that
// differ in them have targets of their own, whatever they are trained with.
func TestMimicInCompany(t *testing.T) {
	base := small(PAL, 3, 5, 2)
	base.Epochs, base.Learning.Rates.Up = 1, []float64{0.5, 0.1}
	base.Data = Data{Set: "mimic", Seed: 5, Classes: 1, Train: 12, Valid: 6, Test: 4}
	var configs []Config
	for i, change := range []func(c *Config){
		func(*Config) {},
		func(c *Config) { c.Circuit.Conductances.Leak = 0.3 },
		func(c *Config) { c.Circuit.Conductances.Apical = 0.01 },
		func(c *Config) { c.Circuit.Activation = "soft_relu" },
		func(c *Config) { c.Learning.Rates.Up = []float64{0.7, 0.2} },
	} {
		c := base
		change(&c)
		c.Name = fmt.Sprintf("run_%d", i)
		configs = append(configs, c)
	}
	for _, engine := range []string{EngineNative, EngineGraph} {
		o := &Options{Engine: engine, Backend: "go"}
		together := trainedAll(t, configs, o)
		for i, c := range configs {
			alone, err := Train(t.Context(), c, o)
			must(t, err)
			if a, b := alone.Epochs, together[i].Epochs; !reflect.DeepEqual(a, b) {
				t.Errorf("%s: %s has %+v, alone %+v", engine, c.Name, b, a)
			}
		}
	}
}
