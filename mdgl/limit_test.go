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

// TestOnlineIsAdjoint compares both forms on all kinds of loss: decisions at the last
// step, decisions over several steps, and targets.
func TestOnlineIsAdjoint(t *testing.T) {
	recall := data.DefaultStoreRecall()
	recall.Symbols, recall.Duration, recall.Spacing, recall.Group = 5, 20, 2, 3
	pattern := data.DefaultPattern()
	pattern.Steps, pattern.Channels, pattern.Rate = 150, 12, 60
	for _, task := range []data.Task{shortTask(), recall, pattern} {
		for _, rule := range Rules() {
			c := short(rule)
			c.Precision, c.Learning.RateModulates, c.Learning.RateCost = "float64", false, 1
			if rule == BPTT {
				continue
			}
			trials, err := task.Draw(5, data.Training, 0, 6)
			must(t, err)
			n, err := newNetwork[float64](&c, task.Shape())
			must(t, err)
			adjoint := n.run(trials, rule, 1)
			want := n.newGradient()
			want.add(&n.sums)
			c.Learning.Form = "online"
			online := n.run(trials, rule, 1)
			if math.Abs(adjoint.loss-online.loss) > 1e-12 || adjoint.correct != online.correct || adjoint.rateLoss != online.rateLoss {
				t.Errorf("%T %s: score %+v, online %+v", task, rule, adjoint, online)
			}
			var worst float64
			near(t, "in", n.sums.in, want.in, 1e-10, &worst)
			near(t, "rec", n.sums.rec, want.rec, 1e-10, &worst)
			near(t, "out", n.sums.out, want.out, 1e-10, &worst)
			near(t, "bias", n.sums.bias, want.bias, 1e-10, &worst)
		}
	}
}
