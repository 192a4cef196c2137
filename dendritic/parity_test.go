package dendritic

import (
	"fmt"
	"testing"
)

// engineCases are circuits and protocols in which all engines must agree.
var engineCases = map[string]func() Config{
	"Yin-Yang":       func() Config { return small(PAL, 4, 30, 3) },
	"two levels":     func() Config { return small(PAL, 4, 9, 6, 3) },
	"three levels":   func() Config { return small(PAL, 5, 4, 7, 3, 2) },
	"frozen i2p":     func() Config { return small(FA, 4, 9, 6, 3) },
	"narrow top":     func() Config { return small(PAL, 3, 2, 8, 9, 5) },
	"one of each":    func() Config { return small(PAL, 1, 1, 1) },
	"fast low pass":  func() Config { c := small(PAL, 4, 10, 3); c.Learning.Taus.Up = c.Circuit.Dt; return c },
	"slow lateral":   func() Config { c := small(PAL, 4, 10, 3); c.Learning.Taus.P2I, c.Learning.Taus.I2P = 3, 7; return c },
	"random lateral": func() Config { c := small(PAL, 4, 10, 3); c.Initial.SelfPredict = false; return c },
	"bias": func() Config {
		c := small(PAL, 4, 9, 6, 3)
		c.Circuit.Bias = Bias{On: true, Rate: 0.7}
		return c
	},
	"learning lag": func() Config {
		c := small(PAL, 4, 10, 3)
		c.Presentation.LearningLag = 0.23
		return c
	},
	"soft rectifier": func() Config {
		c := small(PAL, 4, 10, 3)
		c.Circuit.Activation = "soft_relu"
		c.Learning.Rates.Up = []float64{0.5, 0.01}
		return c
	},
	"saturating sigmoid": func() Config {
		c := small(PAL, 4, 10, 3)
		c.Circuit.Activation = "sigmoid_stable"
		c.Initial.Up = Range{-40, 40}
		return c
	},
	"filtered input": func() Config { c := small(PAL, 4, 10, 3); c.Circuit.InputTau = 0.07; return c },
	"membrane voltage": func() Config {
		c := small(PAL, 4, 9, 6, 3)
		c.Circuit.LatentEquilibrium = false
		return c
	},
	"short patterns": func() Config {
		c := small(PAL, 4, 10, 3)
		c.Presentation.Time, c.Presentation.Records = 0.02, 2
		return c
	},
}

// variant is a way to carry out the same model.
type variant struct {
	full  bool
	rules Rules
	peek  int // read all weights every so many steps
}

// inOtherWords gives rules that say the same but are carried out in other ways.
func inOtherWords(wrap func(string) string) Rules {
	r := PublishedRules()
	for _, rule := range []*Rule{&r.Up, &r.P2I, &r.I2P} {
		rule.Delta = wrap(rule.Delta)
	}
	r.Down.Weight = wrap(r.Down.Weight)
	return r
}

// variants of the float64 engine: full state; weights read in mid-pattern; no
// shortcut for the input; every synapse evaluated by itself.
func variants() map[string]variant {
	dense := PublishedRules()
	dense.Up.Delta = "(dt*eta*(rate_post - predicted_rate_post)*(last_rate_pre + 0*rate_pre) - delta)/tau"
	single := inOtherWords(func(s string) string { return "max(" + s + ", -1e300)" })
	return map[string]variant{
		"lean":             {},
		"full":             {full: true},
		"weights read":     {peek: 13},
		"dense input":      {rules: dense},
		"single synapses":  {rules: single},
		"full, all single": {full: true, rules: single},
	}
}

// protocol shows patterns: two training passes with validation before, between
// and after them, more than 1,000 plastic steps.
func protocol(t *testing.T, cfg *Config, show func(first, training bool, pattern, target []float64)) {
	t.Helper()
	levels := cfg.Circuit.Levels
	inputs, targets := patterns(11, 30, levels[0], levels[len(levels)-1])
	if levels[0] > 100 { // images: most pixels are 0, some patterns are blank or repeat
		for k, x := range inputs {
			for i := range x {
				if (i*7+k*3)%5 != 0 || k == 4 {
					x[i] = 0
				}
			}
		}
		inputs[7] = inputs[6]
	}
	for _, pass := range []struct {
		training bool
		from, to int
	}{{false, 0, 2}, {true, 2, 12}, {false, 12, 15}, {true, 15, 20}, {true, 20, 24}, {false, 24, 27}} {
		for k := pass.from; k < pass.to; k++ {
			show(k == pass.from, pass.training, inputs[k], targets[k])
		}
	}
}

func runEngine[F float](t *testing.T, cfg Config, v variant) *network[F] {
	t.Helper()
	cfg.Learning.Rules = v.rules
	n := newborn[F](t, &cfg, v.full)
	every := v.peek
	if every == 0 {
		every = cfg.StepsPerPattern()
	}
	protocol(t, &cfg, func(first, training bool, pattern, target []float64) {
		must(t, n.present(first, training, pattern, target, every, func(int) {
			if v.peek > 0 {
				n.settle()
			}
		}))
	})
	return n
}

// All engines agree with the oracle to rounding.
func TestEngines(t *testing.T) {
	for name, config := range engineCases {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			var o *oracle
			protocol(t, &cfg, func(first, training bool, pattern, target []float64) {
				if o == nil {
					o = newOracle(t, newborn[float64](t, &cfg, false), publishedOracle)
				}
				o.present(first, training, pattern, target)
			})
			for engine, v := range variants() {
				if d, where := distance(t, o, runEngine[float64](t, cfg, v)); !(d < 1e-12) {
					t.Errorf("%s is off by %g in the %s", engine, d, where)
				}
			}
			cfg.Precision = Float32
			d, where := distance(t, o, runEngine[float32](t, cfg, variant{full: true}))
			if !(d < 3e-4) {
				t.Errorf("float32 is off by %g in the %s", d, where)
			}
			if !(d > 1e-12) {
				t.Errorf("control: float32 is off by only %g", d)
			}
		})
	}
}

// With 784 sparse inputs the shortcut for the input layer has rows to skip and to
// catch up with.
func TestSparseInput(t *testing.T) {
	cfg := sized(MNIST(PAL), 784, 12, 10)
	cfg.Data.Train = 0
	lean := runEngine[float64](t, cfg, variant{})
	if _, ok := lean.find(1, "ff").(*factored[float64]); !ok {
		t.Fatal("no shortcut")
	}
	moved := difference(t, lean.values(t, 1, "ff", "g"), newborn[float64](t, &cfg, false).values(t, 1, "ff", "g"))
	for engine, v := range variants() {
		n := runEngine[float64](t, cfg, v)
		if _, ok := n.find(1, "ff").(*factored[float64]); ok == (v.rules != Rules{}) {
			t.Errorf("%s: shortcut %v", engine, ok)
		}
		d, where := differences(t, lean.synapseState(t), n.synapseState(t))
		if !(d < 1e-13) || !(moved > 1e-4) {
			t.Errorf("%s is off by %g in %s; weights move by %g", engine, d, where, moved)
		}
	}
}

// The shortcut for the input layer agrees with the plain form for any share of delta
// that is forgotten in a step. It is not taken where delta overshoots.
func TestForgetting(t *testing.T) {
	for _, c := range []struct {
		forget, rate float64
		shortcut     bool
	}{{0, 1e-4, true}, {1e-3, 1e-2, true}, {1, 1, true}, {1.5, 1, false}, {-1e-3, 1e-4, true}} {
		cfg := sized(YinYang(PAL), 120, 12, 3)
		cfg.Data.Train, cfg.Learning.Rates.Up[0] = 0, c.rate
		rule := func(pre string) Rules {
			return Rules{Up: Rule{Weight: "delta/dt", Delta: fmt.Sprintf("dt*eta*(rate_post - predicted_rate_post)*%s/tau - %g*delta", pre, c.forget/cfg.Circuit.Dt)}}
		}
		got := runEngine[float64](t, cfg, variant{rules: rule("last_rate_pre"), peek: 13})
		want := runEngine[float64](t, cfg, variant{rules: rule("(last_rate_pre + 0*rate_pre)")})
		if _, ok := got.find(1, "ff").(*factored[float64]); ok != c.shortcut {
			t.Errorf("forget %g: shortcut %v", c.forget, ok)
		}
		moved := difference(t, want.values(t, 1, "ff", "g"), newborn[float64](t, &cfg, false).values(t, 1, "ff", "g"))
		d, where := differences(t, got.synapseState(t), want.synapseState(t))
		if !(d < 1e-13) || !(moved > 1e-8) {
			t.Errorf("forget %g: off by %g in %s; weights move by %g", c.forget, d, where, moved)
		}
	}
}
