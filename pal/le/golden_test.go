package le

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
	"github.com/neurocredit/neurocredit/internal/loop"
)

// golden is a trace of the original program (testdata/golden/README.md).
type golden struct {
	Algorithm string `json:"algorithm"`
	Batch     int    `json:"batch"`
	Voltage   bool   `json:"error_injected_into_voltage"`
	Layers    []struct {
		Type, Act             string
		In, Out, Cin, Cout, K int
		Size                  int
		Chw                   []int
	} `json:"layers"`
	Hyper struct {
		Rate   float64   `json:"learning_rate"`
		Up     []float64 `json:"lr_factors"`
		Down   []float64 `json:"bw_lr_factors"`
		Decay  []float64 `json:"regularizer"`
		Sigma  []float64 `json:"sigma"`
		Tau    float64   `json:"tau"`
		Dt     float64   `json:"dt"`
		Beta   float64   `json:"beta"`
		Target string    `json:"target_type"`
		TauXi  []float64 `json:"tau_xi"`
		TauHP  []float64 `json:"tau_HP"`
		TauLO  []float64 `json:"tau_LO"`
	} `json:"hyper"`
	Hold int `json:"hold_steps"`
	Plan []struct {
		Steps  int    `json:"steps"`
		Mode   string `json:"mode"`
		Inject bool   `json:"noise_injected"`
	} `json:"plan"`
	Init      []map[string]array `json:"init"`
	Direct    []array            `json:"dfa_matrices"`
	Inputs    array              `json:"inputs"`
	Targets   json.RawMessage    `json:"targets"`
	White     [][]array          `json:"white_noise"`
	Snapshots map[string]struct {
		Layers []map[string]array `json:"layers"`
	} `json:"snapshots"`

	worst float64 // deviation
}

// array is a nested list with its dimensions. Texts and null are empty.
type array struct {
	dims []int
	flat []float64
}

func (a *array) UnmarshalJSON(text []byte) error {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	a.add(v, 0)
	return nil
}

func (a *array) add(v any, depth int) {
	switch v := v.(type) {
	case float64:
		a.flat = append(a.flat, v)
	case []any:
		if len(a.dims) == depth {
			a.dims = append(a.dims, len(v))
		}
		for _, x := range v {
			a.add(x, depth+1)
		}
	}
}

// transposed returns the array with its axes in another order.
func (a array) transposed(order ...int) array {
	t := array{flat: make([]float64, 0, len(a.flat))}
	strides := make([]int, len(a.dims))
	s := 1
	for i := len(a.dims) - 1; i >= 0; i-- {
		strides[i], s = s, s*a.dims[i]
	}
	for _, axis := range order {
		t.dims = append(t.dims, a.dims[axis])
	}
	var walk func(depth, at int)
	walk = func(depth, at int) {
		if depth == len(order) {
			t.flat = append(t.flat, a.flat[at])
			return
		}
		for i := range t.dims[depth] {
			walk(depth+1, at+i*strides[order[depth]])
		}
	}
	walk(0, 0)
	return t
}

// activity brings an array of activity into the layout of the state.
func (a array) activity() []float64 {
	if len(a.dims) == 4 {
		return a.transposed(1, 0, 2, 3).flat
	}
	return a.flat
}

func single(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func double(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func (g *golden) config(t *testing.T) *Config {
	var layers []Layer
	var input []int
	for i, l := range g.Layers {
		act := strings.ToLower(l.Act)
		switch l.Type {
		case "linear":
			layers = append(layers, Linear(l.Out, act))
		case "proj":
			layers = append(layers, Projection(l.Out, act))
		case "conv":
			layers = append(layers, Conv(l.Cout, l.K, act))
		case "pool":
			layers = append(layers, MaxPool(l.K))
		default:
			t.Fatalf("layer %q", l.Type)
		}
		if i == 0 {
			input = []int{l.In}
			if l.Type == "conv" {
				input = []int{l.Cin, l.Size, l.Size}
			}
		}
	}
	h := g.Hyper
	c := New(input, layers...)
	c.Presentation.Batch = g.Batch
	n := &c.Network
	n.Dt, n.Tau, n.HighpassTau, n.Noise.Tau = h.Dt, h.Tau, h.TauHP[0]*h.Dt, h.TauXi[0]*h.Dt
	if g.Voltage {
		n.Dynamics = DynamicsVoltage
	}
	c.Learning = Learning{Algorithm: Mode(strings.ToLower(g.Algorithm)), Error: h.Target, Beta: h.Beta, Multiplier: h.Rate * 8 * 100 * h.Dt, Up: h.Up}
	if c.Learning.Algorithm == PAL {
		c.Learning.Down, c.Learning.Decay, n.Noise.Amplitude = h.Down, h.Decay, h.Sigma
		for _, tau := range h.TauLO {
			c.Learning.Tau = append(c.Learning.Tau, tau*h.Dt)
		}
	}
	for i := range layers {
		if h.TauHP[i] != h.TauHP[0] || h.TauXi[i] != h.TauXi[0] {
			t.Fatal("time constants differ between layers")
		}
	}
	must(t, c.Validate())
	return &c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestGolden checks every golden file of layers below testdata/golden and below
// NEUROCREDIT_GOLDEN, on both backends, in float32 with given noise.
func TestGolden(t *testing.T) {
	checked := 0
	for _, file := range goldenFiles(t) {
		raw, err := os.ReadFile(file)
		must(t, err)
		var kind struct{ Algorithm string }
		if err := json.Unmarshal(raw, &kind); err != nil || kind.Algorithm == "" {
			continue // of the microcircuit
		}
		checked++
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			var g golden
			must(t, json.Unmarshal(raw, &g))
			t.Run("oracle", g.checkOracle)
			backendtest.Each(t, g.check)
		})
	}
	if checked == 0 {
		t.Error("no golden file")
	}
}

// goldenFiles returns every JSON file below testdata/golden, and those below the
// folders in NEUROCREDIT_GOLDEN whose names are new.
func goldenFiles(t *testing.T) []string {
	t.Helper()
	roots := []string{filepath.Join("testdata", "golden")}
	for _, dir := range filepath.SplitList(os.Getenv("NEUROCREDIT_GOLDEN")) {
		if _, err := os.Stat(dir); err != nil {
			t.Fatalf("NEUROCREDIT_GOLDEN: %v", err)
		}
		roots = append(roots, filepath.Join(dir, "pal", "golden"))
	}
	var files []string
	seen := map[string]bool{}
	for _, root := range roots {
		must(t, filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ".json" && !seen[filepath.Base(path)] {
				seen[filepath.Base(path)] = true
				files = append(files, path)
			}
			return err
		}))
	}
	slices.Sort(files)
	return files
}

const tolerance = 1e-5

func (g *golden) check(t *testing.T, b *backend.Backend) {
	g.worst = 0
	cfg := g.config(t)
	n, err := newNetwork(cfg)
	must(t, err)
	n.keepHighpass = cfg.Learning.Algorithm == PAL
	n.watch()
	arrays := []*tensors.Tensor{tensors.FromScalar(uint64(0))}
	values := g.initial(n)
	for i, s := range n.slots[1:] {
		arrays = append(arrays, tensors.FromFlatDataAndDimensions(single(values[i+1]), append([]int{1}, s.dims...)...))
	}
	state, err := loop.NewState(b.Engine, 0, arrays...)
	must(t, err)
	defer state.Close()
	programs := map[phase]*loop.Program{}
	rates := n.rates([]*Config{cfg})
	step, compared := 0, 0
	for _, plan := range g.Plan {
		ph := phase{learn: plan.Mode == "train", inject: plan.Inject}
		if programs[ph] == nil {
			programs[ph] = loop.NewProgram(b.Engine, "golden", len(n.slots), n.build(ph, 0, true))
			defer programs[ph].Close()
		}
		for end := step + plan.Steps; step < end; {
			// Without noise, all updates up to the next input or snapshot at once.
			updates := 1
			for !cfg.noise() && step+updates < end && (step+updates)%g.Hold != 0 && !g.has(step+updates) {
				updates++
			}
			in := []*tensors.Tensor{
				g.shown(g.Inputs, step), tensors.FromScalar(float32(0)), tensors.FromScalar(int32(1)), tensors.FromScalar(int32(updates)),
				tensors.FromFlatDataAndDimensions([]uint64{1}, 1), tensors.FromFlatDataAndDimensions(rates, len(rates), 1),
			}
			var targets array
			if json.Unmarshal(g.Targets, &targets) == nil && len(targets.flat) > 0 {
				in[inTargets] = g.shown(targets, step)
			}
			for i, l := range n.layers {
				if l.noisy {
					in = append(in, tensors.FromFlatDataAndDimensions(single(g.White[step][i].activity()), append([]int{1}, l.dims(n.batch)...)...))
				}
			}
			results, err := programs[ph].Run(state, in...)
			must(t, err)
			for _, r := range append(results, in...) {
				r.MustFinalizeAll()
			}
			step += updates
			if g.has(step) {
				compared++
				g.compare(t, n, step, tolerance, func(at int) []float64 {
					values, err := loop.Read[float32](state, at)
					must(t, err)
					return double(values)
				})
			}
		}
	}
	if compared != len(g.Snapshots) {
		t.Errorf("%d of %d snapshots compared", compared, len(g.Snapshots))
	}
	t.Logf("largest deviation %.2g", g.worst)
}

// checkOracle checks the second implementation, in double precision.
func (g *golden) checkOracle(t *testing.T) {
	cfg := g.config(t)
	n, err := newNetwork(cfg)
	must(t, err)
	n.keepHighpass = cfg.Learning.Algorithm == PAL
	n.watch()
	g.worst = 0
	o, initial := newOracle(cfg), g.initial(n)
	o.take(n, func(slot int) []float64 { return initial[slot] })
	step := 0
	for _, plan := range g.Plan {
		for end := step + plan.Steps; step < end; {
			x := g.cells(g.Inputs, step)
			y := x
			var targets array
			if json.Unmarshal(g.Targets, &targets) == nil && len(targets.flat) > 0 {
				y = g.cells(targets, step)
			}
			o.update(x, y, func(layer int, _ bool) cells {
				return n.layers[layer].shaped(g.White[step][layer].activity())
			}, plan.Mode == "train", plan.Inject)
			if step++; g.has(step) {
				g.compare(t, n, step, 1e-12, func(slot int) []float64 { return o.values(n, slot) })
			}
		}
	}
	t.Logf("largest deviation %.2g", g.worst)
}

// cells returns the input of an update.
func (g *golden) cells(a array, step int) cells {
	each := len(a.flat) / a.dims[0]
	k := step / g.Hold
	rows := a.flat[k*each : (k+1)*each]
	return slices.Collect(slices.Chunk(rows, each/g.Batch))
}

// initial returns the state at the start, by slots.
func (g *golden) initial(n *network) [][]float64 {
	values := make([][]float64, len(n.slots))
	for i, s := range n.slots {
		values[i] = make([]float64, size(s.dims))
	}
	for i, l := range n.layers {
		if l.Kind == KindPool {
			continue
		}
		for at, a := range map[int]array{l.up: g.Init[i]["W"], l.bias: g.Init[i]["b"], l.down: g.Init[i]["B"]} {
			if at >= 0 {
				values[at] = a.flat
			}
		}
		if l.direct >= 0 {
			d := g.Direct[i]
			if len(d.dims) == 4 { // outputs, row, column, filter
				d = d.transposed(0, 3, 1, 2)
			}
			values[l.direct] = d.flat
		}
	}
	return values
}

func (g *golden) has(step int) bool {
	_, ok := g.Snapshots[strconv.Itoa(step)]
	return ok
}

func (c *Config) noise() bool {
	return slices.ContainsFunc(c.Network.Noise.Amplitude, func(a float64) bool { return a > 0 })
}

// shown returns the input of an update, [1, 1, batch, values].
func (g *golden) shown(a array, step int) *tensors.Tensor {
	each := len(a.flat) / a.dims[0]
	k := step / g.Hold
	return tensors.FromFlatDataAndDimensions(single(a.flat[k*each:(k+1)*each]), 1, 1, g.Batch, each/g.Batch)
}

func (g *golden) compare(t *testing.T, n *network, step int, tolerance float64, read func(slot int) []float64) {
	t.Helper()
	for i, l := range n.layers {
		snapshot := g.Snapshots[strconv.Itoa(step)].Layers[i]
		weights := map[string]bool{"W": true, "b": true, "B": true}
		known := map[string]int{
			"W": l.up, "b": l.bias, "B": l.down, "u": l.u, "u_la": l.voltage, "own_error": l.fall,
			"rho_deriv": l.slope, "rho": l.rate, "noise_ou": l.noise, "rho_HP": l.highpass,
		}
		for name, want := range snapshot {
			at, ok := known[name]
			if name == "type" || len(want.flat) == 0 || name == "B" && (i == 0 || n.cfg.Learning.Algorithm == BP || n.cfg.Learning.Algorithm == DFA) {
				continue // B of the first layer is never used, that of BP and DFA neither
			}
			if !ok {
				t.Fatalf("unknown quantity %q", name)
			}
			w := want.flat
			if !weights[name] {
				w = want.activity()
			}
			if at < 0 {
				if slices.ContainsFunc(w, func(v float64) bool { return v != 0 }) {
					t.Errorf("update %d, layer %d: %s is not kept but is not 0", step, i+1, name)
				}
				continue
			}
			got := read(at)
			if name == "rho_deriv" && len(w) < len(got) { // one row for all samples
				w = slices.Repeat(w, len(got)/len(w))
			}
			off := distance(got, w)
			if !(off <= tolerance) {
				t.Errorf("update %d, layer %d: %s is off by %g", step, i+1, name, off)
			}
			g.worst = max(g.worst, off)
		}
	}
}

// distance returns the largest difference, relative where numbers are above 1.
func distance[F float32 | float64](got []F, want []float64) float64 {
	if len(got) != len(want) {
		panic(fmt.Sprintf("%d values, want %d", len(got), len(want)))
	}
	worst := 0.0
	for i, v := range got {
		worst = max(worst, math.Abs(float64(v)-want[i])/max(1, math.Abs(want[i])))
		if math.IsNaN(float64(v)) {
			return math.NaN()
		}
	}
	return worst
}
