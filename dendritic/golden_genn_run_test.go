package dendritic

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// gennTolerance bounds deviations from files of the original program, absolute
// and relative alike. Their state is float32, and the float32 engine has every
// bit of it. The float64 engine differs by their accumulated rounding, most after
// long training; only the checkpoints of a build in double precision, printed
// with 12 digits, are for it alone.
var gennTolerance = map[string]struct{ course, delta, late, checkpoint float64 }{
	Float64: {course: 2e-6, delta: 1e-9, late: 1.2e-5, checkpoint: 1e-11},
	Float32: {},
}

// follow runs the first patterns of training and compares every step.
func follow[F float](t *testing.T, c *gennCase, course map[string]map[string][][]float64, precision string, full bool) {
	cfg := c.init.Meta.config(t, precision)
	n := build[F](t, &cfg, full)
	c.checkFlags(t, n.i2pPlastic)
	n.setGeNN(t, c.init.Weights)
	n.replayNoise(t, c.noise)
	rows := 0
	for _, variables := range course {
		for _, r := range variables {
			rows = len(r)
		}
	}
	tol := gennTolerance[precision]
	cmp := newCompare(t)
	cmp.float32 = precision == Float32
	for k := range rows / c.init.Meta.Steps {
		err := n.present(k == 0, true, c.init.Inputs[k], c.init.Targets[k], 1, func(int) {
			row := int(n.clock) - 1
			for name, variables := range course {
				for v, want := range variables {
					switch what := fmt.Sprintf("row %d: %s %s", row, name, v); v {
					case "g":
						cmp.near(v, what, n.gennWeights(t, name, v), want[row], tol.course, tol.course)
					case "delta":
						cmp.near(v, what, n.gennWeights(t, name, v), want[row], tol.delta, tol.delta)
					default:
						if got := n.gennVariable(t, name, v); got != nil {
							cmp.near(v, what, got, want[row], tol.course, tol.course)
						}
					}
				}
			}
		})
		must(t, err)
	}
	t.Logf("%d rows; largest differences: %v", rows, cmp)
}

// checkFlags compares which synapses learn in training with the file's flags.
func (c *gennCase) checkFlags(t *testing.T, i2pPlastic bool) {
	t.Helper()
	for group, on := range c.init.Meta.Learning {
		if want := group != "i2p" || i2pPlastic; (on == 1) != want {
			t.Errorf("learning flag of %s is %d in the file, %v here", group, on, want)
		}
	}
}

// checkpoints trains from the start and compares the weights now and then.
func checkpoints[F float](t *testing.T, g *gennFile, precision string) {
	cfg := g.Meta.config(t, precision)
	st := g.Meta.training(t, &cfg)
	n := build[F](t, &cfg, false)
	n.drawWeights(mt19937.New(cfg.Seed))
	n.replayNoise(t, nil)
	tol := gennTolerance[precision].checkpoint
	p := cfg.StepsPerPattern()
	var due []int
	for step := range maps.Keys(g.Checkpoints) {
		due = append(due, atoi(t, step))
	}
	slices.Sort(due)
	for _, step := range due {
		for k := int(n.clock) / p; k*p < step; k++ {
			i := k % len(st.patterns)
			must(t, n.present(k == 0, true, st.patterns[i], st.targets[i], p, func(int) {}))
		}
		if int(n.clock) != step {
			t.Fatalf("checkpoint at step %d is within a pattern", step)
		}
		cmp := newCompare(t)
		cmp.float32 = precision == Float32
		for name, want := range g.Checkpoints[fmt.Sprint(step)] {
			cmp.near(name, fmt.Sprintf("step %d: %s", step, name), n.gennWeights(t, name, "g"), want, tol, tol)
		}
		t.Logf("step %d: largest differences: %v", step, cmp)
	}
}

// continuation starts from a recorded state and compares later ones.
func continuation[F float](t *testing.T, c *gennCase, g *gennFile, precision string, full bool) {
	cfg := g.Meta.config(t, precision)
	n := build[F](t, &cfg, full)
	n.replayNoise(t, nil)
	weights := g.Before.Weights
	if weights == nil {
		if c.end == nil {
			t.Fatal("no file of this setting ends with weights")
		}
		weights = c.end.Weights
	}
	n.setGeNN(t, weights)
	for pop, variables := range g.Before.Neurons {
		for v, values := range variables {
			group, level := gennGroup(t, cfg.Circuit.Levels, pop)
			for i, x := range values {
				n.population(level, group).variable(v)[i] = F(x)
			}
		}
	}
	tol := gennTolerance[precision]
	cmp := newCompare(t)
	cmp.float32 = precision == Float32
	compared := 0
	for k := 0; compared < len(g.After); k++ {
		err := n.present(k == 0, g.Meta.Stage == "training", g.Inputs[k], g.Targets[k], 1, func(int) {
			step := fmt.Sprint(n.clock)
			if g.After[step] == nil {
				return
			}
			compared++
			want := g.state(t, step)
			n.compareNeurons(t, cmp, want.Neurons, tol.late)
			for name, w := range want.Weights {
				cmp.near("g", fmt.Sprintf("step %s: %s", step, name), n.gennWeights(t, name, "g"), w.G, tol.late, tol.late)
				if w.Delta != nil {
					cmp.near("delta", fmt.Sprintf("step %s: delta of %s", step, name), n.gennWeights(t, name, "delta"), w.Delta, tol.delta, tol.delta)
				}
			}
		})
		must(t, err)
	}
	t.Logf("%d states; largest differences: %v", compared, cmp)
}
