package dendritic

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// newborn makes an engine with the initial weights of its configuration.
func newborn[F float](t testing.TB, cfg *Config, full bool) *network[F] {
	t.Helper()
	n := build[F](t, cfg, full)
	n.drawWeights(mt19937.New(cfg.Seed))
	return n
}

// small returns a published setting with smaller levels.
func small(mode Mode, levels ...int) Config {
	c := sized(YinYang(mode), levels...)
	c.Data.Train, c.Data.Valid, c.Data.Test = 0, 0, 0
	return c
}

// quick returns a published Yin-Yang setting with few epochs and samples.
func quick(mode Mode, epochs, samples int) Config {
	c := YinYang(mode)
	c.Epochs = epochs
	c.Data.Train, c.Data.Valid, c.Data.Test = samples, max(1, samples/2), max(1, samples/3)
	return c
}

// values copies a variable.
func (n *network[F]) values(t testing.TB, level int, group, variable string) []float64 {
	t.Helper()
	read, err := n.reader(level, group, variable)
	must(t, err)
	return slices.Clone(read())
}

// synapseState copies all weights and deltas, by "variable group level".
func (n *network[F]) synapseState(t testing.TB) map[string][]float64 {
	t.Helper()
	all := map[string][]float64{}
	for _, p := range n.projections {
		s := p.base()
		all[fmt.Sprintf("g %s %d", s.file, s.level)] = n.values(t, s.level, s.file, "g")
		if s.d != nil {
			all[fmt.Sprintf("delta %s %d", s.file, s.level)] = n.values(t, s.level, s.file, "delta")
		}
	}
	return all
}

// neuronState copies the given kind of variables of all populations, by
// "variable group level": all that the engine has, or those it keeps up always.
func (n *network[F]) neuronState(t testing.TB) map[string][]float64 {
	t.Helper()
	all := map[string][]float64{}
	for level := 0; level < len(n.cfg.Circuit.Levels)+1; level++ {
		for _, group := range n.cfg.groups(level) {
			if n.population(level, group) == nil {
				continue
			}
			for _, v := range n.cfg.recordable(level, group) {
				if n.full || leanVariables[v] {
					all[fmt.Sprintf("%s %s %d", v, group, level)] = n.values(t, level, group, v)
				}
			}
		}
	}
	return all
}

// hold puts a network on a pattern.
func (n *network[F]) hold(learn, teach bool, pattern, target []float64) {
	n.setPhase(learn, teach)
	n.resetPlayers(pattern, target)
}

// run makes steps.
func (n *network[F]) run(steps int) {
	for range steps {
		n.step()
	}
}

// pass presents patterns, a pass of its own.
func (n *network[F]) pass(t testing.TB, training bool, patterns, targets [][]float64) {
	t.Helper()
	for i := range patterns {
		must(t, n.present(i == 0, training, patterns[i], targets[i], n.cfg.StepsPerPattern(), func(int) {}))
	}
}

// patterns draws random patterns with one-of-n targets.
func patterns(seed uint32, count, in, out int) (inputs, targets [][]float64) {
	rng := mt19937.New(seed)
	for i := range count {
		x, y := make([]float64, in), make([]float64, out)
		for j := range x {
			x[j] = rng.Float64()
		}
		for j := range y {
			y[j] = 0.1
		}
		y[i%out] = 1
		inputs, targets = append(inputs, x), append(targets, y)
	}
	return inputs, targets
}

// source is a data.Source of random patterns.
type source struct {
	in, out, train, valid, test int
	err                         error
}

func (s source) Load(context.Context) (*data.Splits, error) {
	if s.err != nil {
		return nil, s.err
	}
	set := func(seed uint32, count int) *data.Set {
		inputs, _ := patterns(seed, count, s.in, s.out)
		d := &data.Set{Inputs: inputs, Classes: s.out}
		for i := range count {
			d.Labels = append(d.Labels, i%s.out)
		}
		return d
	}
	return &data.Splits{Name: "random", Train: set(1, s.train), Valid: set(2, s.valid), Test: set(3, s.test)}, nil
}

// largest returns the largest magnitude.
func largest(x []float64) float64 {
	m := 0.0
	for _, v := range x {
		if a := math.Abs(v); !(a <= m) {
			m = a
		}
	}
	return m
}

// difference returns the largest difference between two lists of equal length.
func difference(t testing.TB, a, b []float64) float64 {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%d values and %d", len(a), len(b))
	}
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return largest(d)
}

// differences returns the largest difference between two states, relative to
// 1 + magnitude, and where it is.
func differences(t testing.TB, a, b map[string][]float64) (worst float64, where string) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%d variables and %d", len(a), len(b))
	}
	for name := range a {
		if d := difference(t, a[name], b[name]) / (1 + largest(a[name])); !(d <= worst) {
			worst, where = d, name
		}
	}
	return worst, where
}
