package dendritic

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
	"github.com/neurocredit/neurocredit/internal/loop"
)

// TestGoldenGraph runs the complete courses of states with the graph engine.
func TestGoldenGraph(t *testing.T) {
	for _, file := range goldenFiles(t, ".json") {
		tr := &trace{}
		if json.Unmarshal(readFile(t, file), tr) != nil || tr.Segments == nil || tr.Snapshots == nil {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				for _, precision := range []string{Float64, Float32} {
					t.Run(precision, func(t *testing.T) { replayGraph(t, tr, b, precision) })
				}
			})
		})
	}
}

func replayGraph(t *testing.T, tr *trace, b *backend.Backend, precision string) {
	cfg := traceConfig(t, tr)
	cfg.Precision = precision
	state, _ := tolerances(precision)
	n := build[float64](t, &cfg, false)
	for name, rows := range tr.InitialWeights {
		s := matrix(t, n, name)
		s.load(s.w, flat(rows))
	}
	g, err := newGraphBatch(b, 0, 3, []*network[float64]{n})
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	if len(tr.Xi) > 0 {
		g.draw = func(_, table, step *graph.Node, chunk int) *graph.Node { return tracedNoise(g, tr, table, step, chunk) }
	}
	var output [][]float64
	decode(t, tr.Records["output_v_brev"], &output)
	snapshots := map[int]map[string]json.RawMessage{}
	for _, s := range tr.Snapshots {
		var step int
		decode(t, s["step"], &step)
		snapshots[step] = s
	}
	cmp := newCompare(t)
	st := &stage{patterns: tr.Inputs, targets: tr.Targets, samples: len(tr.Inputs)}
	row, compared := 0, 0
	for k, seg := range tr.Segments {
		tally := newTally(&cfg)
		for i := range seg.Order { // one by one, to see the states after each
			err := g.present(t.Context(), i == 0, seg.Stage == "training", st, [][]int{seg.Order[i : i+1]}, func(count int, o readouts) bool {
				voltage, target := make([]float64, o.outputs), make([]float64, o.outputs)
				for j := range o.records {
					o.at(0, 0, j, voltage, target)
					tally.add(j, voltage, target)
					cmp.near("record", "output_v_brev", voltage, output[row], state, 0)
					row++
				}
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
			if s, ok := snapshots[int(n.clock)]; ok {
				compareSnapshot(t, cmp, n, s, false)
				compared++
			}
		}
		got, want := tally.score(), tr.SegmentResults[k]
		if !equalInts(got.Predicted, want.Predicted) || !equalInts(got.Target, want.Target) || math.Abs(got.MeanAbsError-want.MeanAbsError) > 10*state {
			t.Errorf("segment %d: %+v, want %+v", k, got, want)
		}
	}
	if row != len(output) || compared == 0 {
		t.Errorf("compared %d of %d records and %d snapshots", row, len(output), compared)
	}
	t.Logf("%d snapshots, largest differences: %v", compared, cmp)
}

// tracedNoise returns the deviates of a trace, as graphBatch.deviates does.
func tracedNoise(g *graphBatch, tr *trace, table, step *graph.Node, chunk int) *graph.Node {
	n, total := g.nets[0], 0
	for _, p := range n.hidden {
		total = len(tr.Xi[fmt.Sprint(p.level)])
	}
	all := make([]float64, 0, (total+chunk)*g.n*len(g.lanes))
	for t := range total + chunk {
		row := make([]float64, g.n)
		for _, p := range n.hidden {
			if t < total {
				copy(row[p.at:p.at+p.n], tr.Xi[fmt.Sprint(p.level)][t])
			}
		}
		for _, x := range row {
			for range g.lanes {
				all = append(all, x)
			}
		}
	}
	xi := graph.Const(table.Graph(), tensors.FromFlatDataAndDimensions(all, total+chunk, g.n, len(g.lanes)))
	first := graph.ConvertDType(step, dtypes.Int32)
	at := make([]int32, chunk)
	for i := range at {
		at[i] = int32(i)
	}
	return graph.ConvertDType(graph.Gather(xi, graph.ExpandAxes(graph.Add(graph.Const(table.Graph(), at), first), -1)), g.dtype)
}

// The transfer functions are those of the native engine over their whole range.
func TestGraphActivations(t *testing.T) {
	var x []float64
	for v := -40.0; v <= 40; v += 0.125 {
		x = append(x, v)
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, name := range []string{"sigmoid", "sigmoid_stable", "soft_relu"} {
			cfg := YinYang(FA)
			cfg.Circuit.Activation = name
			g := &graphBatch{nets: []*network[float64]{{cfg: &cfg}}}
			out, err := graph.CallOnce(b.Engine, func(x *graph.Node) *graph.Node { return g.phi(x) }, x)
			if err != nil {
				t.Fatal(err)
			}
			got, err := loop.Values[float64](out)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range x {
				if want := scalarActivation(name)(v); math.Abs(got[i]-want) > 4e-16*max(1, want) {
					t.Errorf("%s(%g) = %v, want %v", name, v, got[i], want)
				}
			}
		}
	})
}
