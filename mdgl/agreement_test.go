package mdgl

import (
	"math"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

// TestAgreementTiny checks the cosines by their definition.
func TestAgreementTiny(t *testing.T) {
	c := short(MDGL)
	c.Precision = "float64"
	task := shortTask()
	n, err := Build(c, task.Shape())
	must(t, err)
	trials, err := task.Draw(1, data.Training, 0, 8)
	must(t, err)
	all, err := n.Agreement(trials)
	must(t, err)
	for _, a := range all {
		exact := a.Rule == BPTT
		if exact != (math.Abs(a.Recurrent-1) < 1e-12) || exact != (math.Abs(a.Norm-1) < 1e-12) || exact != (math.Abs(a.Inner-1) < 1e-12) {
			t.Errorf("%s: %+v", a.Rule, a)
		}
		if a.Rule == EProp && !math.IsNaN(a.Inner) {
			t.Errorf("e-prop gives synapses onto neurons without output the cosine %v, want NaN: it has no gradient there", a.Inner)
		}
	}
	if n.cfg.Learning.RateCost != 0.1 {
		t.Error("the rate cost was not restored")
	}
}

// TestAgreementOfSettings: the exact gradient is the same one whatever the rules of a
// network do.
func TestAgreementOfSettings(t *testing.T) {
	task := shortTask()
	trials, err := task.Draw(1, data.Training, 0, 8)
	must(t, err)
	compare := func(change func(*Config), rules ...Rule) map[Rule]Agreement {
		c := short(MDGL)
		c.Precision, c.Learning.RateModulates = "float64", false
		change(&c)
		n, err := Build(c, task.Shape())
		must(t, err)
		all, err := n.Agreement(trials, rules...)
		must(t, err)
		by := map[Rule]Agreement{}
		for _, a := range all {
			by[a.Rule] = a
		}
		if a, ok := by[BPTT]; ok && math.Abs(a.Recurrent-1) > 1e-12 {
			t.Errorf("BPTT has cosine %v with the exact gradient", a.Recurrent)
		}
		return by
	}
	plain := compare(func(c *Config) {})
	if lsnn := compare(func(c *Config) { c.Cells.Model = "lsnn" }); len(lsnn) != len(plain)-1 {
		t.Errorf("%d rules with the lsnn cell, want all but on_mdgl of %d", len(lsnn), len(plain))
	}
	if random := compare(func(c *Config) { c.Learning.Feedback = "random" }); !(random[EProp].Output < plain[EProp].Output) {
		t.Errorf("e-prop with random feedback has cosine %v, with the output weights %v", random[EProp].Output, plain[EProp].Output)
	}
	online := compare(func(c *Config) { c.Learning.Form = "online" }, MDGL)
	if d := math.Abs(online[MDGL].Recurrent - plain[MDGL].Recurrent); d > 1e-10 {
		t.Errorf("cosines of the two forms of MDGL differ by %v", d)
	}
}

// TestAgreementFig3C compares cosines in the first 100 updates of Fig. 3C with those of
// an independent program: means over three seeds and the updates 0, 50 and 100.
func TestAgreementFig3C(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED in short mode: 300 updates of Fig. 3C, about a minute")
	}
	// in, recurrent, onto output neurons, onto others, norm
	want := map[Rule][5]float64{
		EProp: {0.41, 0.46, 0.68, math.NaN(), 0.42}, MDGLCell: {0.49, 0.49, 0.68, 0.38, 0.42},
		MDGL: {0.45, 0.48, 0.68, 0.32, 0.42}, NLMDGL: {0.41, 0.47, 0.68, 0.14, 0.41},
	}
	got := map[Rule]*[5]float64{}
	for seed := uint32(1); seed <= 3; seed++ {
		c := Fig3C(MDGL)
		c.Seed = seed
		task := data.DefaultEvidence()
		n, err := Build(c, task.Shape())
		must(t, err)
		for k := 0; k <= 100; k++ {
			trials, err := task.Draw(uint64(seed), data.Training, k, 64)
			must(t, err)
			if k%50 == 0 {
				all, err := n.Agreement(trials)
				must(t, err)
				for _, a := range all {
					if got[a.Rule] == nil {
						got[a.Rule] = &[5]float64{}
					}
					for i, x := range []float64{a.In, a.Recurrent, a.Output, a.Inner, a.Norm} {
						got[a.Rule][i] += x / 9
					}
				}
			}
			_, err = n.Update(trials)
			must(t, err)
		}
	}
	for rule, w := range want {
		t.Logf("%-10s %.2f, reference %.2f", rule, *got[rule], w)
		for i, x := range w {
			// The reference scatters by 0.25 from one to the other; the mean of nine by a third of that.
			if math.IsNaN(x) != math.IsNaN(got[rule][i]) || math.Abs(got[rule][i]-x) > 0.2 {
				t.Errorf("%s: value %d is %.3f, want %.3f ± 0.2", rule, i, got[rule][i], x)
			}
		}
	}
	if !(got[MDGLCell][3] > got[NLMDGL][3] && got[MDGL][3] > got[NLMDGL][3]) {
		t.Error("onto inner neurons, non-local modulation agrees best")
	}
}

// TestModulation checks powers against mean squares (Parseval), and that signals add up.
func TestModulation(t *testing.T) {
	c := short(MDGL)
	c.Precision = "float64"
	task := shortTask()
	n, err := Build(c, task.Shape())
	must(t, err)
	trials, err := task.Draw(1, data.Training, 0, 3)
	must(t, err)
	m, err := n.Modulation(trials)
	must(t, err)
	df := m.Hz[1]
	for a, name := range m.Types {
		power, mean := 0.0, 0.0
		for _, p := range m.ModulatoryPower[a] {
			power += p * df
		}
		for _, x := range m.Modulatory[a] {
			mean += x / float64(len(m.Modulatory[a]))
		}
		if m.ModulatorySquare[a] == 0 || power > m.ModulatorySquare[a] || power < 0.3*m.ModulatorySquare[a] {
			t.Errorf("type %s: power %g, mean square %g", name, power, m.ModulatorySquare[a])
		}
	}
	if len(m.Types) != 2 || m.Neurons[0]+m.Neurons[1] != c.Neurons() {
		t.Errorf("types %v of %v neurons", m.Types, m.Neurons)
	}
	c.Learning.Rule = EProp
	n, err = Build(c, task.Shape())
	must(t, err)
	if _, err := n.Modulation(trials); err == nil {
		t.Error("e-prop has modulatory signals")
	}
}
