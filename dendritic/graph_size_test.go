package dendritic

import (
	"maps"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/loop"
)

// TestGraphOperations keeps the step of the compiled program small: on a GPU its time
// is that of starting its operations, on a processor much of it.
func TestGraphOperations(t *testing.T) {
	b, err := backend.Open(backend.Go)
	must(t, err)
	defer b.Close()
	for _, c := range []struct {
		name            string
		cfgs            []Config
		learn           bool
		most, mostTotal int // arithmetic, and with what only moves numbers
	}{
		{"training FA", []Config{YinYang(FA)}, true, 49, 144},
		{"training PAL, FA and eta-zero", []Config{YinYang(PAL), YinYang(FA), YinYang(EtaZero)}, true, 70, 217},
		{"validation", []Config{YinYang(PAL), YinYang(FA)}, false, 30, 46},
	} {
		nets, st, _ := sweepRuns(t, c.cfgs...)
		g, err := newGraphBatch(b, 0, 1, nets)
		must(t, err)
		must(t, g.push())
		arithmetic, total := 0, 0
		kinds := map[string]int{}
		p := loop.NewProgram(b.Engine, "count", len(g.slots), func(s, in []*graph.Node) (newState, results []*graph.Node) {
			k := len(g.params)
			before := len(s[0].Graph().Nodes())
			var xi *graph.Node
			if g.noisy {
				xi = s[slotNoise]
			}
			next, _ := g.step(c.learn, in[k], s, xi, in[:k], s[slotIn], s[slotSup])
			for _, n := range s[0].Graph().Nodes()[before:] {
				total++
				switch kind := n.Type().String(); kind {
				case "Constant", "Parameter", "Reshape", "BroadcastInDim", "ConvertDType", "Slice", "Concatenate", "Transpose":
				default:
					arithmetic++
					kinds[kind]++
				}
			}
			return next, nil
		})
		_, err = p.Run(g.state, append(slices.Clone(g.params), tensors.FromScalar(int32(0)))...)
		must(t, err)
		t.Logf("%s: %d operations, %d with those that move numbers: %v", c.name, arithmetic, total, slices.Sorted(maps.Keys(kinds)))
		if arithmetic > c.most || total > c.mostTotal {
			t.Errorf("%s: %d operations (%v), %d in all, want at most %d and %d", c.name, arithmetic, kinds, total, c.most, c.mostTotal)
		}
		if arithmetic < 20 || len(st.patterns) == 0 {
			t.Errorf("%s: only %d operations were counted", c.name, arithmetic)
		}
		p.Close()
		g.close()
	}
}
