package mdgl

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

// tensor is a nested list of numbers, flattened row-major.
type tensor []float64

func (x *tensor) UnmarshalJSON(raw []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		var v float64
		err := json.Unmarshal(raw, &v)
		*x = append(*x, v)
		return err
	}
	for _, part := range list {
		if err := x.UnmarshalJSON(part); err != nil {
			return err
		}
	}
	return nil
}

// goldenCase holds the fields of all kinds of golden files; testdata/golden/README.md
// describes them.
type goldenCase struct {
	Params struct {
		NIn        int `json:"n_in"`
		NRegular   int `json:"n_regular"`
		NAdaptive  int `json:"n_adaptive"`
		NInhibited int `json:"n_inhibitory"`
		NOut       int `json:"n_out"`
		NDelay     int `json:"n_delay"`
		NBlocks    int `json:"n_blocks"`
		NRef       int `json:"n_ref"`
		T, B       int
		TauV       float64 `json:"tau_v"`
		TauOut     float64 `json:"tau_out"`
		TauA       float64 `json:"tau_a"`
		Thr, Beta  float64
		Dampening  float64 `json:"dampening_factor"`
		Gamma      float64
		Lr, L1     float64
	}
	Input, Forward, Weights map[string]tensor
	Loss                    map[string]tensor
	Traces                  map[string]tensor
	Modulation              map[string]struct {
		M, Signal tensor
		Means     map[string]float64 `json:"W_type_means"`
	}
	Gradients   map[string]json.RawMessage
	Regularised map[string]json.RawMessage
	Encoding    *struct {
		Pixels, Thresholds, Spikes tensor
		NIn                        int `json:"n_in"`
		Cue                        int `json:"cue_duration"`
	}
	Steps []struct {
		Gradient map[string]tensor
		L1       map[string]tensor `json:"after_l1"`
		Rewired  map[string]tensor `json:"after_rewiring"`
		M        map[string]tensor `json:"adam_m"`
		V        map[string]tensor `json:"adam_v"`
		Bias     tensor            `json:"b_out"`
		Back     map[string]int    `json:"n_reconnected"`
	}
}

// eachGolden runs f for every golden file of the package and of the folders in
// NEUROCREDIT_GOLDEN.
func eachGolden(t *testing.T, f func(t *testing.T, g *goldenCase) bool) {
	roots := []string{filepath.Join("testdata", "golden")}
	if env := os.Getenv("NEUROCREDIT_GOLDEN"); env != "" {
		for _, dir := range filepath.SplitList(env) {
			if _, err := os.Stat(dir); err != nil {
				t.Fatalf("NEUROCREDIT_GOLDEN: %v", err)
			}
			roots = append(roots, filepath.Join(dir, "mdgl", "golden"))
		}
	}
	used := 0
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".json" {
				return err
			}
			t.Run(filepath.Base(path), func(t *testing.T) {
				raw, err := os.ReadFile(path)
				must(t, err)
				var g goldenCase
				must(t, json.Unmarshal(raw, &g))
				if f(t, &g) {
					used++
				}
			})
			return nil
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if used == 0 {
		t.Fatal("no golden file holds what this test needs")
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// near demands |got - want| <= tol times the largest magnitude of want, and notes the
// largest relative difference.
func near[F float](t *testing.T, what string, got []F, want []float64, tol float64, worst *float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	scale := 0.0
	for _, x := range want {
		scale = max(scale, math.Abs(x))
	}
	for i, x := range want {
		d := math.Abs(float64(got[i]) - x)
		if scale > 0 {
			*worst = max(*worst, d/scale)
		}
		if !(d <= tol*scale) {
			t.Fatalf("%s[%d] = %v, want %v (largest %v, tolerance %v)", what, i, got[i], x, scale, tol)
		}
	}
}

// config makes the configuration of a golden network.
func (g *goldenCase) config() *Config {
	c := Fig3C(BPTT)
	p := &g.Params
	c.Cells = Cells{
		Types: "ei",
		Model: "alif", Regular: p.NRegular, Adaptive: p.NAdaptive, Threshold: p.Thr, Adaptation: p.Beta, Dampening: p.Dampening + p.Gamma,
		Refractory: p.NRef, MembraneTau: p.TauV, AdaptationTau: p.TauA, ReadoutTau: p.TauOut, Delays: max(1, p.NDelay), Bias: true,
	}
	if p.NDelay > 0 {
		c.Cells.Model, c.Cells.ReadoutTau = "lsnn", p.TauV
	}
	c.Task.Set, c.Wiring.Excitatory = "own", 0.5
	c.Learning.RateCost = 0
	return &c
}

// network builds a golden network, with all entries of the matrices as synapses.
func goldenNetwork[F float](t *testing.T, g *goldenCase) *network[F] {
	cfg := g.config()
	must(t, cfg.Validate())
	p := &g.Params
	n, err := newNetwork[F](cfg, data.Shape{Steps: p.T, Channels: p.NIn, Outputs: p.NOut})
	must(t, err)
	N := n.neurons
	dense := func(pre, post int, name string) *synapses[F] {
		s := newSynapses[F](pre, post, func(i, j int) bool { return true })
		theta, sign := g.Input["theta_"+name], g.Input["sign_"+name]
		if name == "out" {
			sign = g.Input["sign_rec"]
		}
		s.silent = name == "rec"
		for k := range s.theta {
			s.sign[k] = 1
			if theta != nil {
				s.signed = true
				s.theta[k], s.sign[k] = F(theta[k]), F(sign[s.row[k]])
			} else {
				s.theta[k] = F(g.Input["W_"+name][k])
			}
		}
		if d := g.Input["delay_"+name]; d != nil {
			s.setDelays(func(k int) int { return int(d[k]) })
		}
		s.setWeights()
		return s
	}
	n.in, n.rec, n.out = dense(p.NIn, N, "in"), dense(N, N, "rec"), dense(N, p.NOut, "out")
	for j, s := range g.Input["sign_rec"] {
		n.types[j] = 0
		if s > 0 {
			n.types[j] = 1
		}
	}
	n.prepare()
	for k, b := range g.Input["b_out"] {
		n.bias[k] = F(b)
	}
	return n
}

// trials returns the trials of a golden network, with decisions over the last steps.
func (g *goldenCase) trials(window int) []data.Trial {
	p := &g.Params
	trials := make([]data.Trial, p.B)
	for b := range trials {
		for i := range p.T * p.NIn {
			if x := g.Input["x"][b*p.T*p.NIn+i]; x != 0 {
				trials[b].Events = append(trials[b].Events, data.Event{Step: int32(i / p.NIn), Channel: int32(i % p.NIn), Value: float32(x)})
			}
		}
		trials[b].Decisions = []data.Decision{{From: p.T - window, To: p.T, Label: int(g.Input["target"][b])}}
	}
	return trials
}

// raster writes the spikes of a trace as [T, N].
func raster[F float](tc *trace[F], steps, neurons int) []float64 {
	z := make([]float64, steps*neurons)
	for t := range steps {
		for _, j := range tc.spikes[tc.start[t]:tc.start[t+1]] {
			z[t*neurons+int(j)] = 1
		}
	}
	return z
}

// both runs a test in both precisions, with the tolerances of each.
func both(t *testing.T, g *goldenCase, f64, f32 func(t *testing.T, g *goldenCase, tol float64)) {
	t.Run("float64", func(t *testing.T) { f64(t, g, 1e-9) })
	t.Run("float32", func(t *testing.T) { f32(t, g, 1e-4) })
}

func TestGoldenForward(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *goldenCase) bool {
		if g.Forward == nil {
			return false
		}
		both(t, g, goldenForward[float64], goldenForward[float32])
		return true
	})
}

func goldenForward[F float](t *testing.T, g *goldenCase, tol float64) {
	n := goldenNetwork[F](t, g)
	window := 1
	if g.Params.NBlocks > 0 {
		window = g.Params.T / g.Params.NBlocks
	}
	trials := g.trials(window)
	n.reserve(1, 1)
	T, N, K := g.Params.T, n.neurons, n.outputs
	lsnn := n.cfg.Cells.Model == "lsnn"
	var worst float64
	var loss tally
	for b := range trials {
		tc := &trace[F]{watched: true}
		loss.add(n.forward(n.workers[0], &trials[b], tc, nil, len(trials), len(trials), BPTT))
		at := func(name string, width int) []float64 { return g.Forward[name][b*T*width : (b+1)*T*width] }
		what := func(name string) string { return fmt.Sprintf("trial %d %s", b, name) }
		z := raster(tc, T, N)
		for i, x := range at("z", N) {
			if z[i] != x {
				t.Fatalf("trial %d: spike at step %d, neuron %d is %v, want %v", b, i/N, i%N, z[i], x)
			}
		}
		adaptation := append([]float64(nil), at("b", N)...)
		for i := range adaptation {
			if i%N < n.regular {
				adaptation[i] = 0 // has no effect, and is not kept
			}
		}
		near(t, what("b"), tc.b, adaptation, tol, &worst)
		near(t, what("out"), tc.out, at("out", K), tol, &worst)
		if lsnn {
			near(t, what("h"), scaled(tc.h, n.c.gamma), at("h", N), tol, &worst)
			near(t, what("v"), tc.v[N:], at("v", N)[:(T-1)*N], tol, &worst)
		} else {
			near(t, what("v"), tc.v, at("v", N), tol, &worst)
			near(t, what("psi"), scaled(tc.h, n.c.slope), at("psi", N), tol, &worst)
			L := make([]F, 0, T*N)
			for t := range T {
				base := make([]F, N)
				n.makePlan(BPTT, len(trials))
				n.direct(base, tc.lambda[t*K:(t+1)*K], false)
				L = append(L, base...)
			}
			near(t, what("L"), L, g.Loss["L"][b*T*N:(b+1)*T*N], tol, &worst)
		}
	}
	near(t, "loss", []float64{loss.loss}, g.Loss["value"], tol, &worst)
	if acc := g.Loss["accuracy"]; acc != nil && acc[0] != float64(loss.correct)/float64(loss.n) {
		t.Errorf("%d of %d correct, want %v", loss.correct, loss.n, acc[0])
	}
	t.Logf("largest relative difference %.1e", worst)
}

func scaled[F float](x []F, c F) []F {
	y := make([]F, len(x))
	for i := range x {
		y[i] = c * x[i]
	}
	return y
}
