package mdgl

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
)

// ownNetwork is smallNetwork with a rule of one's own.
func ownNetwork(t *testing.T, seed uint32, signal, secretion string, change func(*Config)) *network[float64] {
	t.Helper()
	base := smallNetwork(t, seed)
	c := *base.cfg
	c.Learning.Rule, c.Learning.Signal, c.Learning.Secretion = Own, signal, secretion
	if change != nil {
		change(&c)
	}
	must(t, c.Validate())
	n, err := newNetwork[float64](&c, base.shape)
	must(t, err)
	copy(n.rec.theta, base.rec.theta)
	n.refresh()
	return n
}

// TestOwnBeside looks at networks with a rule of one's own, and takes its gradient in a
// network with another rule.
func TestOwnBeside(t *testing.T) {
	task := shortTask()
	trials, err := task.Draw(1, data.Training, 0, 4)
	must(t, err)
	c := short(MDGL)
	c.Learning.Signal = "L + M"
	n, err := Build(c, task.Shape())
	must(t, err)
	own, _, err := n.Gradient(Own, trials)
	must(t, err)
	published, _, err := n.Gradient(MDGL, trials)
	must(t, err)
	if !mat.EqualApprox(own.Recurrent, published.Recurrent, 1e-6*mat.Max(published.Recurrent)) {
		t.Error("L + M is not MDGL")
	}
	var heard []*mat.Dense
	for _, rule := range []Rule{MDGL, Own} {
		c.Learning.Rule = rule
		n, err := Build(c, task.Shape())
		must(t, err)
		a, err := n.Watch(trials[0])
		must(t, err)
		heard = append(heard, a.Modulatory)
	}
	if mat.Norm(heard[0], 1) == 0 || !mat.EqualApprox(heard[0], heard[1], 1e-6*mat.Max(heard[0])) {
		t.Error("with L + M other modulators arrive than with MDGL")
	}
}

// TestOwnSignal writes the published rules as equations, and demands that they are told apart.
func TestOwnSignal(t *testing.T) {
	rules := map[Rule][]string{
		EProp:    {"L", "L + 0*M"},
		MDGL:     {"L + M", "L + M_i + M_e"},
		MDGLCell: {"L + M_cell"},
		NLMDGL:   {"L + M_all"},
	}
	for seed := uint32(1); seed <= 3; seed++ {
		for _, cost := range []float64{0, 0.1} {
			for _, modulates := range []bool{false, true} {
				with := func(c *Config) { c.Learning.RateCost, c.Learning.RateModulates = cost, modulates }
				for rule, signals := range rules {
					for _, signal := range signals {
						n := ownNetwork(t, seed, signal, "", with)
						_, tr := newOracle(n, rand.New(rand.NewPCG(uint64(seed), 1)))
						n.run([]data.Trial{tr}, Own, 1)
						own := n.newGradient()
						own.add(&n.sums)
						for other := range rules {
							n.run([]data.Trial{tr}, other, 1)
							d := max(difference(n.in, own.in, n.in.dense(n.sums.in)), difference(n.rec, own.rec, n.rec.dense(n.sums.rec)))
							if other == rule && !(d < 1e-12) {
								t.Errorf("seed %d, cost %v: %q differs from %s by %v", seed, cost, signal, rule, d)
							}
							if other != rule && d < 1e-6 {
								t.Errorf("seed %d, cost %v: %q cannot be told from %s", seed, cost, signal, other)
							}
						}
					}
				}
			}
		}
	}
}

// TestOwnEquations compares equations of every kind with the oracle.
func TestOwnEquations(t *testing.T) {
	n := ownNetwork(t, 2, "2*L*is_e_adaptive - 30*rate*L + gain*(0.3*A_e_regular - 0.2*A_i_adaptive) + M_i_regular*psi", "tanh(L)*psi*(1 - 2*is_i_regular)",
		func(c *Config) { c.Cells.Types = "ei_adaptive" })
	o, tr := newOracle(n, rand.New(rand.NewPCG(9, 1)))
	o.run(o.x, tr.Decisions[0].Label)
	n.run([]data.Trial{tr}, Own, 1)

	L, S := o.direct(), rows(o.T, o.N)
	names := n.cfg.TypeNames()
	is := func(j int, name string) float64 {
		if names[n.types[j]] == name {
			return 1
		}
		return 0
	}
	gain := (1 - o.alpha[0]) * o.gamma / o.thr
	mean := n.typeMeans(false)
	a := rows(o.T+1, o.N)
	for t := range o.T {
		for j := range o.N {
			a[t][j] = tanh(L[t][j]) * o.psi[t][j] * o.thr / o.gamma * (1 - 2*is(j, "i_regular"))
		}
	}
	for t := range o.T {
		for p := range o.N {
			rate, psi := 0.0, o.psi[t][p]*o.thr/o.gamma
			for s := range o.T {
				rate += o.z[s][p] / float64(o.T)
			}
			S[t][p] = 2*L[t][p]*is(p, "e_adaptive") - 30*rate*L[t][p]
			for j := range o.N {
				if o.Wrec.At(p, j) == 0 {
					continue
				}
				x := a[t+1][j]
				S[t][p] += gain * (0.3*is(j, "e_regular") - 0.2*is(j, "i_adaptive")) * x
				S[t][p] += gain * mean[n.pair(int32(p), int32(j))] * x * is(j, "i_regular") * psi
			}
		}
	}
	in, rec := o.traces(S, nil)
	if d := max(difference(n.in, n.sums.in, in), difference(n.rec, n.sums.rec, rec)); !(d < 1e-10) {
		t.Errorf("equations differ from the oracle by %v", d)
	}
}

// TestSignalErrors demands clear errors for wrong equations.
func TestSignalErrors(t *testing.T) {
	for _, c := range []struct {
		signal, secretion, want string
	}{
		{"", "", "must be given"}, {"L + N", "", "N"}, {"L + M_x", "", "M_x"}, {"L", "M*psi", "M"}, {"L +", "", "learning"},
	} {
		cfg := Fig3C(Own)
		cfg.Learning.Signal, cfg.Learning.Secretion = c.signal, c.secretion
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("signal %q, secretion %q: error %v, want one with %q", c.signal, c.secretion, err, c.want)
		}
	}
	cfg := Fig3C(Own)
	cfg.Learning.Signal = "L + M"
	cfg.Learning.Form = "online"
	if cfg.Validate() == nil {
		t.Error("own with form online was accepted")
	}
	signal, secretion, err := cfg.SignalLaTeX()
	if err != nil || signal != "S = L + M" || !strings.Contains(secretion, "psi") {
		t.Errorf("formulas %q, %q, %v", signal, secretion, err)
	}
}

// TestTypes checks what covers the neurons and what does not, and that finer types give
// another rule while renamed ones give the same.
func TestTypes(t *testing.T) {
	gradient := func(change func(*Config)) []float64 {
		n := ownNetwork(t, 3, "L + M", "", change)
		_, tr := newOracle(n, rand.New(rand.NewPCG(4, 1)))
		n.run([]data.Trial{tr}, MDGL, 1)
		return slices.Clone(n.sums.rec)
	}
	ei := gradient(nil)
	base := smallNetwork(t, 3)
	renamed := gradient(func(c *Config) {
		c.Cells.Types, c.Cells.TypeOf = "own", c.CellTypes()
		for j, a := range c.Cells.TypeOf {
			c.Cells.TypeOf[j] = 1 - a
		}
	})
	if !slices.Equal(ei, renamed) {
		t.Error("the same types under other numbers give another gradient")
	}
	if slices.Equal(ei, gradient(func(c *Config) { c.Cells.Types = "ei_adaptive" })) {
		t.Error("regular and adaptive types give the same gradient as inhibitory and excitatory ones")
	}
	cells := make([]int, base.neurons)
	for j := range cells {
		cells[j] = j
	}
	if one := gradient(func(c *Config) { c.Cells.Types, c.Cells.TypeOf = "own", cells }); !closeTo(one, func() []float64 {
		n := smallNetwork(t, 3)
		_, tr := newOracle(n, rand.New(rand.NewPCG(4, 1)))
		n.run([]data.Trial{tr}, MDGLCell, 1)
		return n.sums.rec
	}()) {
		t.Error("with a type for every neuron mdgl is not mdgl_cell")
	}
	for want, change := range map[string]func(*Config){
		"99 entries":          func(c *Config) { c.Cells.Types, c.Cells.TypeOf = "own", make([]int, 99) },
		"0 entries":           func(c *Config) { c.Cells.Types = "own" },
		"no neuron of type 1": func(c *Config) { c.Cells.Types, c.Cells.TypeOf = "own", append(make([]int, 99), 2) },
		"type 64":             func(c *Config) { c.Cells.Types, c.Cells.TypeOf = "own", append(make([]int, 99), 64) },
		"must be own":         func(c *Config) { c.Cells.TypeOf = make([]int, 100) },
	} {
		c := Fig3C(MDGL)
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
