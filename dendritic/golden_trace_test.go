package dendritic

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// trace is a golden file with a complete course of states.
type trace struct {
	Name       string
	Dims       []int
	Params     json.RawMessage
	ULow       float64 `json:"ulow"`
	UHigh      float64 `json:"uhigh"`
	I2PPlastic bool    `json:"i2p_plastic_when_learning"`
	Steps      int     `json:"steps_per_sample"`
	Inputs     [][]float64
	Targets    [][]float64
	Segments   []struct {
		Stage string
		Order []int
	}
	InitialWeights map[string][][]float64 `json:"initial_weights"`
	Xi             map[string][][]float64
	Snapshots      []map[string]json.RawMessage
	Records        map[string]json.RawMessage
	SegmentResults []struct {
		Predicted, Target []int
		Accuracy          float64 `json:"accuracy_percent"`
		MeanAbsError      float64 `json:"mean_abs_error"`
		RMSE              float64
	} `json:"segment_results"`
}

// traceConfig returns the settings of a trace.
func traceConfig(t *testing.T, tr *trace) Config {
	t.Helper()
	c := goldenConfig(t, tr.Params, tr.Dims, 0)
	c.Presentation.High, c.Presentation.Low = tr.UHigh, tr.ULow
	if c.StepsPerPattern() != tr.Steps {
		t.Fatalf("%d steps per pattern, want %d", c.StepsPerPattern(), tr.Steps)
	}
	return c
}

var goldenNames = map[string]string{"up": "ff", "fb": "fb", "p2i": "p2i", "i2p": "i2p", "bias_up": "bias_to_pyr", "bias_ip": "bias_to_inter"}

// matrix finds a synapse group by its name in a trace, such as "up_1".
func matrix[F float](t *testing.T, n *network[F], name string) *synapses[F] {
	t.Helper()
	return group(t, n, name).base()
}

// group is matrix with the projection that owns the weights.
func group[F float](t *testing.T, n *network[F], name string) projection[F] {
	t.Helper()
	i := strings.LastIndexByte(name, '_')
	var level int
	if _, err := fmt.Sscan(name[i+1:], &level); err != nil {
		t.Fatalf("synapse group %q: %v", name, err)
	}
	p := n.find(level, goldenNames[name[:i]])
	if p == nil {
		t.Fatalf("no synapse group %q", name)
	}
	return p
}

// tolerances of a precision: state and weights, and delta.
func tolerances(precision string) (state, delta float64) {
	if precision == Float32 {
		return 2e-5, 2e-8
	}
	return 1e-10, 1e-10
}

func TestGoldenTrace(t *testing.T) {
	found := 0
	for _, file := range goldenFiles(t, ".json") {
		tr := &trace{}
		if json.Unmarshal(readFile(t, file), tr) != nil || tr.Segments == nil || tr.Snapshots == nil {
			continue
		}
		found++
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Run("float64", func(t *testing.T) { replay[float64](t, tr, Float64, true) })
			t.Run("float32", func(t *testing.T) { replay[float32](t, tr, Float32, true) })
			if cfg := traceConfig(t, tr); cfg.Circuit.LatentEquilibrium {
				t.Run("lean", func(t *testing.T) { replay[float64](t, tr, Float64, false) })
			}
		})
	}
	if found == 0 {
		t.Fatal("no trace among the golden files")
	}
}

// replay runs a trace. With full false only what the lean engine keeps is
// compared.
func replay[F float](t *testing.T, tr *trace, precision string, full bool) {
	cfg := traceConfig(t, tr)
	cfg.Precision = precision
	n := build[F](t, &cfg, full)
	if n.i2pPlastic != tr.I2PPlastic {
		t.Errorf("i2p plastic %v, want %v", n.i2pPlastic, tr.I2PPlastic)
	}
	for name, rows := range tr.InitialWeights {
		s := matrix(t, n, name)
		s.load(s.w, flat(rows))
	}
	if len(tr.Xi) > 0 {
		n.deviates = func(dst []float64, level int, step uint64) { copy(dst, tr.Xi[fmt.Sprint(level)][step]) }
	}
	cmp := newCompare(t)
	snapshots := map[int]map[string]json.RawMessage{}
	for _, s := range tr.Snapshots {
		var step int
		decode(t, s["step"], &step)
		snapshots[step] = s
	}
	recorded := map[string][][]float64{}
	for name, raw := range tr.Records {
		if name != "step" && name != "stage" {
			var rows [][]float64
			decode(t, raw, &rows)
			recorded[name] = rows
		}
	}
	row, compared := 0, 0
	every := cfg.StepsPerPattern() / cfg.Presentation.Records
	for k, seg := range tr.Segments {
		tally := newTally(&cfg)
		for i, pattern := range seg.Order {
			err := n.present(i == 0, seg.Stage == "training", tr.Inputs[pattern], tr.Targets[pattern], 1, func(step int) {
				if s, ok := snapshots[int(n.clock)]; ok {
					compareSnapshot(t, cmp, n, s, full)
					compared++
				}
				if step%every == 0 {
					tally.add(step/every, float64s(n.out.brev), float64s(n.sup.rate))
					for name, rows := range recorded {
						compareRecord(t, cmp, n, name, rows[row])
					}
					row++
				}
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		got, want := tally.score(), tr.SegmentResults[k]
		if !equalInts(got.Predicted, want.Predicted) || !equalInts(got.Target, want.Target) {
			t.Errorf("segment %d: predicted %v of %v, want %v of %v", k, got.Predicted, got.Target, want.Predicted, want.Target)
		}
		tol, _ := tolerances(precision)
		cmp.near("score", fmt.Sprintf("segment %d score", k), []float64{got.Accuracy, got.MeanAbsError, got.RMSE},
			[]float64{want.Accuracy, want.MeanAbsError, want.RMSE}, max(tol, 1e-9), 0)
	}
	if compared != len(tr.Snapshots) || row == 0 {
		t.Errorf("compared %d of %d snapshots and %d records", compared, len(tr.Snapshots), row)
	}
	t.Logf("largest differences: %v", cmp)
}

func equalInts(a, b []int) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// leanVariables are those that the lean engine keeps.
var leanVariables = map[string]bool{"rate": true, "rate_last": true, "v_brev": true, "noise": true,
	"v_basal": true, "v_apical": true, "v_target": true, "v_down": true, "v_dendrite": true}

func compareSnapshot[F float](t *testing.T, cmp *compare, n *network[F], s map[string]json.RawMessage, full bool) {
	t.Helper()
	state, delta := tolerances(n.cfg.Precision)
	for name, raw := range s {
		switch name {
		case "step":
		case "weights", "delta":
			var groups map[string][][]float64
			decode(t, raw, &groups)
			for which, rows := range groups {
				p, tol := group(t, n, which), state
				if name == "delta" {
					tol = delta
				}
				got := make([]float64, p.base().size())
				p.read(got, name == "delta")
				cmp.near(name, fmt.Sprintf("step %d: %s %s", n.clock, name, which), got, flat(rows), tol, 0)
			}
		default:
			var vars map[string][]float64
			decode(t, raw, &vars)
			p := goldenPopulation(t, n, name)
			for v, want := range vars {
				if !full && !leanVariables[v] {
					continue
				}
				got := p.variable(v)
				if got == nil {
					t.Fatalf("%s has no variable %q", name, v)
				}
				cmp.near(v, fmt.Sprintf("step %d: %s %s", n.clock, name, v), float64s(got), want, state, 0)
			}
		}
	}
}

// goldenPopulation finds "pyramidal_1", "inter_1", "output", "input", "supervisor".
func goldenPopulation[F float](t *testing.T, n *network[F], name string) *population[F] {
	t.Helper()
	kind, level, numbered := strings.Cut(name, "_")
	l := map[string]int{"input": 0, "output": len(n.hidden) + 1, "supervisor": len(n.hidden) + 2}[kind]
	if numbered {
		if _, err := fmt.Sscan(level, &l); err != nil {
			t.Fatal(err)
		}
	}
	p := n.population(l, kind)
	if p == nil {
		t.Fatalf("no population %q", name)
	}
	return p
}

// compareRecord checks one row of "output_v_brev", "pyramidal_1_rate", ….
func compareRecord[F float](t *testing.T, cmp *compare, n *network[F], name string, want []float64) {
	t.Helper()
	for _, v := range []string{"_v_brev", "_rate"} {
		if population, ok := strings.CutSuffix(name, v); ok {
			tol, _ := tolerances(n.cfg.Precision)
			cmp.near("record", name, float64s(goldenPopulation(t, n, population).variable(v[1:])), want, tol, 0)
			return
		}
	}
	t.Fatalf("unknown record %q", name)
}
