package dendritic

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// gennFile is one file that the original program wrote. Which fields it has
// tells what it is:
//
//	meta, weights          settings and initial state, NAME_init.json
//	groups alone           course of populations or synapses, a row per step
//	weights_after_steps    weights after long training
//	before, after_steps    continuation from a given state
type gennFile struct {
	Meta    *gennMeta
	Inputs  [][]float64                     `json:"samples_input_rates"`
	Targets [][]float64                     `json:"samples_target_rates"`
	Weights map[string]gennWeights          `json:"weights"`
	Neurons map[string]map[string][]float64 `json:"neurons_before_first_step"`

	Checkpoints map[string]map[string][]float64 `json:"weights_after_steps"`

	Before *gennState
	After  map[string]json.RawMessage `json:"after_steps"`
}

type gennMeta struct {
	Simulator string
	Dims      []int
	Dt        float64
	Seed      uint32          `json:"numpy_seed"`
	DataSeed  uint32          `json:"data_seed"`
	Steps     int             `json:"steps_per_sample"`
	Params    json.RawMessage `json:"network_params"`
	Learning  map[string]int  `json:"learning_on_flags"`
	Stage     string
}

type gennWeights struct{ G, Delta []float64 }

type gennState struct {
	Neurons map[string]map[string][]float64
	Weights map[string]gennWeights
}

// state decodes an entry of after_steps. Without weights it is the neurons alone.
func (g *gennFile) state(t *testing.T, step string) gennState {
	t.Helper()
	var s gennState
	if decode(t, g.After[step], &s); s.Neurons == nil {
		decode(t, g.After[step], &s.Neurons)
	}
	return s
}

// gennCase is one setting: a NAME_init.json and the files NAME_*.json beside it.
type gennCase struct {
	init  *gennFile
	files []string
	noise [][]float64 // course of the apical noise, nil if not recorded
	end   *gennState  // last state of the file whose state has weights
}

func TestGoldenGeNN(t *testing.T) {
	all := goldenFiles(t, ".json")
	inits := map[string]*gennFile{} // by path without _init.json
	for _, file := range all {
		if prefix, ok := strings.CutSuffix(file, "_init.json"); ok {
			g := &gennFile{}
			if decode(t, readFile(t, file), g); g.Meta != nil && g.Weights != nil {
				inits[prefix] = g
			}
		}
	}
	if len(inits) == 0 {
		t.Fatal("no settings among the golden files")
	}
	cases := map[string]*gennCase{}
	for _, file := range all {
		longest := ""
		for prefix := range inits {
			if strings.HasPrefix(file, prefix+"_") && len(prefix) > len(longest) {
				longest = prefix
			}
		}
		if longest == "" {
			continue
		}
		c := cases[longest]
		if c == nil {
			c = &gennCase{init: inits[longest]}
			cases[longest] = c
		}
		c.files = append(c.files, file)
		c.collect(t, file)
	}
	for _, prefix := range slices.Sorted(maps.Keys(cases)) {
		c := cases[prefix]
		for _, file := range c.files {
			t.Run(filepath.Base(file), func(t *testing.T) { c.check(t, file) })
		}
	}
}

// collect keeps what other files of the setting need.
func (c *gennCase) collect(t *testing.T, file string) {
	t.Helper()
	var trace struct{ Pyramidal struct{ Noise [][]float64 } }
	if json.Unmarshal(readFile(t, file), &trace) == nil && trace.Pyramidal.Noise != nil {
		c.noise = trace.Pyramidal.Noise
	}
	g := &gennFile{}
	decode(t, readFile(t, file), g)
	last := -1
	for step := range g.After {
		if n := atoi(t, step); n > last {
			if s := g.state(t, step); s.Weights != nil {
				last, c.end = n, &s
			}
		}
	}
}

func (c *gennCase) check(t *testing.T, file string) {
	g := &gennFile{}
	raw := readFile(t, file)
	decode(t, raw, g)
	switch {
	case g.Weights != nil:
		c.checkInit(t)
	case g.Checkpoints != nil:
		if strings.Contains(g.Meta.Simulator, "float64") {
			checkpoints[float64](t, g, Float64)
		} else {
			checkpoints[float32](t, g, Float32)
		}
	case g.Before != nil:
		t.Run("float64", func(t *testing.T) { continuation[float64](t, c, g, Float64, true) })
		t.Run("float32", func(t *testing.T) { continuation[float32](t, c, g, Float32, true) })
		if cfg := g.Meta.config(t, Float64); cfg.Circuit.LatentEquilibrium {
			t.Run("lean", func(t *testing.T) { continuation[float64](t, c, g, Float64, false) })
		}
	default:
		var course map[string]map[string][][]float64
		decode(t, raw, &course)
		t.Run("float64", func(t *testing.T) { follow[float64](t, c, course, Float64, true) })
		t.Run("float32", func(t *testing.T) { follow[float32](t, c, course, Float32, true) })
		if cfg := c.init.Meta.config(t, Float64); cfg.Circuit.LatentEquilibrium {
			t.Run("lean", func(t *testing.T) { follow[float64](t, c, course, Float64, false) })
		}
	}
}

func (m *gennMeta) config(t *testing.T, precision string) Config {
	t.Helper()
	c := goldenConfig(t, m.Params, m.Dims, m.Dt)
	c.Precision, c.Seed = precision, m.Seed
	return c
}

// training returns the training set in its own order, and its target voltages; nil
// where only Yin-Yang's are known and the levels are not its.
func (m *gennMeta) training(t *testing.T, cfg *Config) *stage {
	t.Helper()
	if m.Dims[0] != 4 || m.Dims[len(m.Dims)-1] != 3 {
		t.Logf("levels %v are not those of Yin-Yang: training data unknown, not compared", m.Dims)
		return nil
	}
	splits, err := data.YinYang{Seed: int(m.DataSeed), Train: 6000, Valid: 3, Test: 3}.Load(t.Context())
	must(t, err)
	cfg.Presentation.High, cfg.Presentation.Low = 1, 0.1
	st, err := newStage(cfg, splits.Train, 0)
	must(t, err)
	return st
}

// checkInit compares what a run starts from: weights drawn from the seed, the
// first training patterns, and neurons at rest.
func (c *gennCase) checkInit(t *testing.T) {
	cfg := c.init.Meta.config(t, Float32)
	n := build[float32](t, &cfg, true)
	n.drawWeights(mt19937.New(cfg.Seed))
	cmp := newCompare(t)
	cmp.float32 = true
	for name, want := range c.init.Weights {
		cmp.near("weights", name, n.gennWeights(t, name, "g"), want.G, 0, 0)
	}
	n.resetPlayers(c.init.Inputs[0], c.init.Targets[0])
	n.compareNeurons(t, cmp, c.init.Neurons, 0)
	st := c.init.Meta.training(t, &cfg)
	if st == nil {
		return
	}
	for i := range c.init.Inputs {
		cmp.near("input", fmt.Sprintf("pattern %d", i), st.patterns[i], c.init.Inputs[i], 0, 1e-7)
		cmp.near("target", fmt.Sprintf("target %d", i), st.targets[i], c.init.Targets[i], 0, 1e-7)
	}
}

var gennName = regexp.MustCompile(`^(?:w_)?(ff|fb|p2i|i2p|bias_to_pyr|bias_to_inter|input|pyramidal|inter|output|supervisor)_?(\d*)$`)

// gennGroup splits a name such as ff1, w_p2i or pyramidal; a hidden population
// or group without number is that of level 1.
func gennGroup(t *testing.T, dims []int, name string) (group string, level int) {
	t.Helper()
	m := gennName.FindStringSubmatch(name)
	if m == nil {
		t.Fatalf("unknown group %q", name)
	}
	if m[2] != "" {
		return m[1], atoi(t, m[2])
	}
	level, ok := map[string]int{"input": 0, "output": len(dims) - 1, "supervisor": len(dims)}[m[1]]
	if !ok {
		level = 1
	}
	return m[1], level
}

func atoi(t testing.TB, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	must(t, err)
	return n
}

// gennWeights returns g or delta of a synapse group, [pre][post].
func (n *network[F]) gennWeights(t *testing.T, name, variable string) []float64 {
	t.Helper()
	group, level := gennGroup(t, n.cfg.Circuit.Levels, name)
	read, err := n.reader(level, group, variable)
	must(t, err)
	return slices.Clone(read())
}

// gennVariable returns a variable of a population, nil if the engine skips it.
func (n *network[F]) gennVariable(t *testing.T, name, variable string) []float64 {
	t.Helper()
	if !n.full && !leanVariables[variable] {
		return nil
	}
	group, level := gennGroup(t, n.cfg.Circuit.Levels, name)
	read, err := n.reader(level, group, variable)
	must(t, err)
	return read()
}

func (n *network[F]) compareNeurons(t *testing.T, cmp *compare, want map[string]map[string][]float64, tol float64) {
	t.Helper()
	for pop, variables := range want {
		for v, values := range variables {
			if got := n.gennVariable(t, pop, v); got != nil {
				cmp.near(v, fmt.Sprintf("step %d: %s %s", n.clock, pop, v), got, values, tol, tol)
			}
		}
	}
}

// setGeNN puts weights of a file into a network.
func (n *network[F]) setGeNN(t *testing.T, weights map[string]gennWeights) {
	t.Helper()
	for name, w := range weights {
		group, level := gennGroup(t, n.cfg.Circuit.Levels, name)
		must(t, n.setWeights(level, group, w.G))
		if s := n.find(level, group).base(); w.Delta != nil {
			s.load(s.d, w.Delta)
		}
	}
}

// replayNoise makes the noise follow a recorded course.
func (n *network[F]) replayNoise(t *testing.T, course [][]float64) {
	t.Helper()
	if n.cfg.Circuit.Noise.Amplitude == 0 {
		return
	}
	if course == nil || len(n.hidden) != 1 {
		t.Skip("the noise of this course is not recorded")
	}
	// The noise is put where it belongs, with the deviate that keeps it there: the
	// rest that rounding leaves is below its last digit.
	dt, tau := n.cfg.Circuit.Dt, n.cfg.Circuit.Noise.Tau
	keep := math.Sqrt(dt/tau) / n.cfg.Circuit.Noise.Amplitude
	noise := n.hidden[0].noise
	n.deviates = func(dst []float64, _ int, step uint64) {
		for i, want := range course[step] {
			noise[i], dst[i] = F(want), keep*want
		}
	}
}
