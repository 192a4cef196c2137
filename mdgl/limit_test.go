package mdgl

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

// TestOneSynapseLimit checks what MDGLCell keeps. Each spike on a path from a weight to
// the loss gives a factor γ. Where neurons have no membrane memory, the paths to
// neurons without output that have the fewest factors are those through one recurrent
// synapse. So for small γ the rule must approach the exact gradient, in either cell
// and with delays.
func TestOneSynapseLimit(t *testing.T) {
	for _, model := range []string{"alif", "lsnn"} {
		for seed := uint32(1); seed <= 4; seed++ {
			small := smallNetwork(t, seed)
			c := *small.cfg
			c.Cells.Model, c.Cells.MembraneTau, c.Cells.Dampening, c.Cells.Threshold = model, 0.03, 1e-6, 0.5
			if model == "lsnn" {
				c.Cells.Delays = 4
			}
			must(t, c.Validate())
			n, err := newNetwork[float64](&c, small.shape)
			must(t, err)
			_, tr := newOracle(small, rand.New(rand.NewPCG(uint64(seed), 3)))
			inner := func(rule Rule) []float64 {
				n.run([]data.Trial{tr}, rule, 1)
				var g []float64
				for _, part := range []struct {
					s    *synapses[float64]
					grad []float64
				}{{n.in, n.sums.in}, {n.rec, n.sums.rec}} {
					for k, x := range part.grad {
						j := part.s.col[k]
						if n.out.start[j] == n.out.start[j+1] && !(part.s.silent && part.s.row[k] == j) {
							g = append(g, x)
						}
					}
				}
				return g
			}
			exact := inner(BPTT)
			distance := func(rule Rule) float64 {
				worst, scale := 0.0, 0.0
				for k, x := range inner(rule) {
					worst, scale = max(worst, math.Abs(x-exact[k])), max(scale, math.Abs(exact[k]))
				}
				return worst / scale
			}
			if d := distance(MDGLCell); !(d < 1e-4) {
				t.Errorf("%s seed %d: distance from the exact gradient %v", model, seed, d)
			}
			// Negative controls: nothing, and type means, are not exact.
			if d := distance(EProp); d != 1 {
				t.Errorf("%s seed %d: e-prop has distance %v, want 1", model, seed, d)
			}
			if d := distance(MDGL); !(d > 0.01) {
				t.Errorf("%s seed %d: type means have distance %v", model, seed, d)
			}
		}
	}
}

// TestOnlineMemory demands that the online form takes the same memory for short and
// long trials, and that the measurement sees the growth of the adjoint form.
func TestOnlineMemory(t *testing.T) {
	grows := func(form string) float64 {
		c := short(MDGL)
		c.Learning.Form, c.Learning.RateModulates = form, false
		bytes := func(delay int) float64 {
			task := shortTask()
			task.Delay = delay
			n, err := newNetwork[float32](&c, task.Shape())
			must(t, err)
			trials, err := task.Draw(1, data.Training, 0, 2)
			must(t, err)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			n.run(trials, MDGL, 1)
			runtime.ReadMemStats(&after)
			return float64(after.TotalAlloc - before.TotalAlloc)
		}
		return bytes(3000) / bytes(30)
	}
	if g := grows("online"); g > 1.05 {
		t.Errorf("online: memory grows by a factor of %v", g)
	}
	if g := grows("adjoint"); g < 3 {
		t.Errorf("adjoint: memory grows by a factor of %v only; the test sees nothing", g)
	}
}
