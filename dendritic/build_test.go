package dendritic

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// A network driven by hand does what a run does.
func TestNetworkByHand(t *testing.T) {
	cfg := New(4, 9, 6, 3)
	cfg.Learning.Rates = Rates{Up: []float64{5, 5, 0.01}, Down: []float64{0.5, 0.5}, P2I: []float64{0.05, 0.05}, I2P: []float64{0.02, 0.02}}
	cfg.Circuit.Noise.Amplitude = 0.01
	n, err := Build(cfg)
	must(t, err)
	o := newOracle(t, newborn[float64](t, &cfg, true), publishedOracle)
	inputs, targets := patterns(12, 12, 4, 3)
	steps := 0
	for k := range inputs {
		training := k%4 > 0
		must(t, n.Present(inputs[k], targets[k], training, func(int) { steps++ }))
		o.present(k%4 < 2, training, inputs[k], targets[k])
		if k == 6 { // between two patterns of training
			w := mat.NewDense(4, 9, nil)
			for i := range 4 {
				for j := range 9 {
					o.synapses[0].w[i][j] = float64(i-j) / 10
					w.Set(i, j, o.synapses[0].w[i][j])
				}
			}
			must(t, n.SetWeights(1, "ff", w))
			if got, err := n.Weights(1, "ff"); err != nil || !mat.Equal(got, w) {
				t.Errorf("weights %v, %v", got, err)
			}
		}
	}
	if steps != 1200 {
		t.Errorf("called after %d steps", steps)
	}
	if d, where := distance(t, o, n.sim.(*network[float64])); !(d < 1e-12) {
		t.Errorf("off by %g in the %s", d, where)
	}
	v, err := n.Read(1, "pyramidal", "V")
	if err != nil || difference(t, v, o.hidden[0].v) > 1e-12 {
		t.Errorf("V %v, %v; want %v", v, err, o.hidden[0].v)
	}
	v[0] = 7
	if w, _ := n.Read(1, "pyramidal", "V"); w[0] == 7 {
		t.Error("Read gives away the state")
	}
	for _, c := range []struct {
		err   error
		parts []string
	}{
		{n.Present(inputs[0][:3], targets[0], true, nil), []string{"3 values", "4"}},
		{n.Present(inputs[0], targets[0][:2], true, nil), []string{"2", "3"}},
		{n.SetWeights(1, "ff", mat.NewDense(9, 4, nil)), []string{"ff", "4 x 9", "9 x 4"}},
		{n.SetWeights(4, "ff", mat.NewDense(9, 4, nil)), []string{"level 4", "ff"}},
		{second(n.Read(1, "pyramidal", "v_target")), []string{"level 1", "v_target", "pyramidal"}},
		{second(Build(Config{})), []string{"circuit.levels"}},
	} {
		for _, part := range c.parts {
			if c.err == nil || !strings.Contains(c.err.Error(), part) {
				t.Errorf("error %v lacks %q", c.err, part)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// The network of a result is a copy in its last state.
func TestResultNetwork(t *testing.T) {
	r, err := Train(t.Context(), quick(PAL, 1, 5), nil)
	must(t, err)
	before := finalState(t, r)
	n, err := r.Network()
	must(t, err)
	w, err := r.Weights(1, "ff")
	must(t, err)
	if got, err := n.Weights(1, "ff"); err != nil || !mat.Equal(got, w) {
		t.Errorf("weights %v, %v", got, err)
	}
	must(t, n.Present([]float64{1, 0, 0, 1}, []float64{1, 0.1, 0.1}, true, nil))
	if got, _ := n.Weights(1, "ff"); mat.Equal(got, w) {
		t.Error("the network does not learn")
	}
	if !slices.Equal(finalState(t, r), before) {
		t.Error("the result changes")
	}
}

// The options that copy weights: exactly, and only then.
func TestCopiedWeights(t *testing.T) {
	for _, on := range []bool{true, false} {
		cfg := quick(FA, 2, 5)
		cfg.Learning.CopyTransposed, cfg.Learning.ReinforceSelfPredict = on, on
		r, err := Train(t.Context(), cfg, nil)
		must(t, err)
		w := map[string]*mat.Dense{}
		for group, level := range map[string]int{"ff": 2, "fb": 1, "p2i": 1, "i2p": 1} {
			w[group], err = r.Weights(level, group)
			must(t, err)
		}
		var cancel mat.Dense
		cancel.Scale(-1, w["i2p"])
		if mat.Equal(w["fb"], w["ff"].T()) != on || mat.Equal(w["p2i"], w["ff"]) != on || !mat.Equal(&cancel, w["fb"]) {
			t.Errorf("on %v: top-down is transposed: %v, p2i reinforced: %v", on, mat.Equal(w["fb"], w["ff"].T()), mat.Equal(w["p2i"], w["ff"]))
		}
		if a := r.Last().Alignment[0]; (a.Angle < 1e-5) != on || (a.P2IMismatch == 0) != on {
			t.Errorf("on %v: alignment %+v", on, a)
		}
	}
}

// RecordingSize is what the files take, but for their headers.
func TestRecordingSize(t *testing.T) {
	published, err := ReadConfigs("sweep_yin_yang_fa")
	must(t, err)
	if size := float64(published[0].RecordingSize()); size < 25e9 || size > 26e9 {
		t.Errorf("a published run records %g bytes", size)
	}
	for _, every := range [][2]int{{0, 0}, {7, 33}, {130, 250}, {100, 2699}} {
		cfg := recorded(quick(PAL, 3, 6))
		cfg.Record.Every, cfg.Record.WeightsEvery = every[0], every[1]
		r, err := Train(t.Context(), cfg, &Options{Dir: filepath.Join(t.TempDir(), "run")})
		must(t, err)
		size, files := int64(0), int64(0)
		must(t, filepath.WalkDir(filepath.Join(r.Dir, "recordings"), func(_ string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			info, err := e.Info()
			size, files = size+info.Size(), files+1
			return err
		}))
		want := cfg.RecordingSize()
		if rest := size - want; files != 36 || rest < 36*64 || rest > 36*128 {
			t.Errorf("%v: %d files take %d bytes, expected %d", every, files, size, want)
		}
	}
}
