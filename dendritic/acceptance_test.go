package dendritic

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

// The tests TestAcceptance1 to 9 are what an implementation of the model must
// show, each with a control that must not show it.

// Generators, data, initial weights and orders: bit for bit. The weights and
// orders themselves are in TestGoldenInitial.
func TestAcceptance1(t *testing.T) {
	cfg := YinYang(FA)
	src, err := cfg.source(nil)
	must(t, err)
	splits, err := src.Load(t.Context())
	must(t, err)
	count := func(s *data.Set) (c [3]int) {
		for _, l := range s.Labels {
			c[l]++
		}
		return c
	}
	if got, want := [3][3]int{count(splits.Train), count(splits.Valid), count(splits.Test)}, [3][3]int{{1983, 2007, 2010}, {311, 300, 289}, {300, 307, 293}}; got != want {
		t.Errorf("class counts %v, want %v", got, want)
	}
	first := func(seed uint32) []float64 {
		cfg.Seed = seed
		return newborn[float64](t, &cfg, false).values(t, 1, "ff", "g")
	}
	// From the published generator, seed 123456.
	if got, want := first(123456)[:3], []float64{-0.07460603339237981, 0.09334356769640059, -0.047904798826843335}; !slices.Equal(got, want) {
		t.Errorf("first weights %v, want %v", got, want)
	}
	if slices.Equal(first(123456), first(123457)) {
		t.Error("two seeds give the same weights")
	}
}

// Golden traces (TestGoldenTrace): the largest error of weights is rounding, and
// each slip of timing, sign or constant shows.
func TestAcceptance2(t *testing.T) {
	tr := &trace{}
	decode(t, readFile(t, filepath.Join("testdata", "golden", "pal_strong.json")), tr)
	if e := traceError(t, tr, func(*Config) {}); e > 1e-13 {
		t.Errorf("error %g", e)
	}
	rules := PublishedRules()
	for name, slip := range map[string]func(*Config){
		"up pairs with the present rate": func(c *Config) {
			c.Learning.Rules.Up = Rule{Weight: rules.Up.Weight, Delta: "(dt*eta*(rate_post - predicted_rate_post)*rate_pre - delta)/tau"}
		},
		"i2p has the wrong sign": func(c *Config) {
			c.Learning.Rules.I2P = Rule{Weight: rules.I2P.Weight, Delta: "(dt*eta*apical_post*last_rate_pre - delta)/tau"}
		},
		"i2p sees the noise": func(c *Config) {
			c.Learning.Rules.I2P = Rule{Weight: rules.I2P.Weight, Delta: "(-dt*eta*(apical_post + noise_post)*last_rate_pre - delta)/tau"}
		},
		"top-down without high pass": func(c *Config) { c.Learning.Rules.Down = Rule{Weight: "eta*(noise_post*rate_pre - alpha*w)"} },
		"no decay":                   func(c *Config) { c.Learning.Alpha = 0 },
		"high-pass time constant":    func(c *Config) { c.Circuit.HighpassTau *= 1.001 },
		"noise time constant":        func(c *Config) { c.Circuit.Noise.Tau *= 1.001 },
		"low-pass time constant":     func(c *Config) { c.Learning.Taus.Up *= 1.001 },
		"apical conductance":         func(c *Config) { c.Circuit.Conductances.Apical *= 1.001 },
		"no latent equilibrium":      func(c *Config) { c.Circuit.LatentEquilibrium = false },
		"i2p frozen":                 func(c *Config) { c.Learning.I2P = "frozen" },
	} {
		if e := traceError(t, tr, slip); !(e > 1e-9) {
			t.Errorf("%s: error only %g", name, e)
		}
	}
}

// traceError replays a trace and returns the largest error of its last weights.
func traceError(t *testing.T, tr *trace, change func(*Config)) float64 {
	cfg := traceConfig(t, tr)
	change(&cfg)
	n := build[float64](t, &cfg, false)
	for name, rows := range tr.InitialWeights {
		s := matrix(t, n, name)
		s.load(s.w, flat(rows))
	}
	n.deviates = func(dst []float64, level int, step uint64) { copy(dst, tr.Xi[fmt.Sprint(level)][step]) }
	for _, seg := range tr.Segments {
		var inputs, targets [][]float64
		for _, k := range seg.Order {
			inputs, targets = append(inputs, tr.Inputs[k]), append(targets, tr.Targets[k])
		}
		n.pass(t, seg.Stage == "training", inputs, targets)
	}
	var want map[string][][]float64
	last := tr.Snapshots[len(tr.Snapshots)-1]
	decode(t, last["weights"], &want)
	worst := 0.0
	for name, rows := range want {
		worst = max(worst, difference(t, n.goldenWeights(t, name), flat(rows)))
	}
	return worst
}

// Self-prediction: without teaching and noise the apical voltages and the
// mismatch of the interneurons vanish, by about a factor 10 every two steps.
func TestAcceptance3(t *testing.T) {
	// rest returns the largest apical voltage and interneuron mismatch of a level.
	rest := func(n *network[float64], l int) float64 {
		apical := largest(n.values(t, l, "pyramidal", "v_apical"))
		partner := "pyramidal"
		if l == len(n.hidden) {
			partner = "output"
		}
		return max(apical, difference(t, n.values(t, l, "inter", "rate"), n.values(t, l+1, partner, "rate")))
	}
	inputs, targets := patterns(5, 3, 4, 3)
	cfg := small(FA, 4, 30, 3)
	cfg.Initial.Up = Range{-1, 1}
	for k, x := range inputs {
		n := newborn[float64](t, &cfg, k%2 == 0)
		n.hold(false, false, x, targets[k])
		n.run(5)
		early := rest(n, 1)
		n.run(14)
		if f := math.Pow(early/rest(n, 1), 1.0/7); f < 8 || f > 100 {
			t.Errorf("input %d: shrinks by a factor %.1f in two steps", k, f)
		}
		if n.run(2); rest(n, 1) > 1e-10 {
			t.Errorf("input %d: %g after 21 steps", k, rest(n, 1))
		}
		if n.run(14); rest(n, 1) > 1e-15 {
			t.Errorf("input %d: %g after 35 steps", k, rest(n, 1))
		}
	}
	cfg.Initial.SelfPredict = false
	n := newborn[float64](t, &cfg, false)
	n.hold(false, false, inputs[0], targets[0])
	if n.run(60); rest(n, 1) < 1e-3 {
		t.Errorf("control, random lateral weights: %g", rest(n, 1))
	}
	cfg.Initial.SelfPredict = true
	n = newborn[float64](t, &cfg, false)
	n.hold(false, true, inputs[0], targets[0])
	if n.run(60); rest(n, 1) < 1e-3 {
		t.Errorf("control, teaching: %g", rest(n, 1))
	}

	// Two hidden levels: the last predicts; the first does only with scaled copies.
	deep := small(FA, 4, 8, 6, 3)
	for _, scaled := range []bool{false, true} {
		deep.Initial.ScaledSelfPredict = scaled
		n := newborn[float64](t, &deep, true)
		n.hold(false, false, inputs[0], targets[0])
		n.run(150)
		if got := rest(n, 2); !scaled && got > 1e-14 || scaled && max(got, rest(n, 1)) > 1e-14 {
			t.Errorf("scaled %v: levels are left with %g and %g", scaled, rest(n, 1), got)
		}
		if !scaled && rest(n, 1) < 1e-3 {
			t.Errorf("control, plain copy: level 1 is left with %g", rest(n, 1))
		}
	}
}

// Without learning no weight or delta changes in a whole pass.
func TestAcceptance4(t *testing.T) {
	t.Run("float64", func(t *testing.T) { frozenPass[float64](t, Float64, false) })
	t.Run("full", func(t *testing.T) { frozenPass[float64](t, Float64, true) })
	t.Run("float32", func(t *testing.T) { frozenPass[float32](t, Float32, true) })
}

func frozenPass[F float](t *testing.T, precision string, full bool) {
	inputs, targets := patterns(6, 12, 4, 3)
	for _, mode := range []Mode{PAL, FA} {
		cfg := small(mode, 4, 7, 5, 3)
		cfg.Precision = precision
		cfg.Circuit.Bias = Bias{On: true, Rate: 1}
		n := newborn[F](t, &cfg, full)
		start := n.synapseState(t)
		n.pass(t, true, inputs, targets)
		trained := n.synapseState(t)
		n.pass(t, false, inputs, targets)
		after := n.synapseState(t)
		for name := range after {
			if !slices.Equal(trained[name], after[name]) {
				t.Errorf("%s: %s changes without learning", mode, name)
			}
			// In FA top-down and i2p weights are fixed, so are their deltas.
			fixed := mode == FA && (name[:4] == "g fb" || name[:5] == "g i2p" || len(name) > 9 && name[:9] == "delta i2p")
			if moved := !slices.Equal(start[name], trained[name]); moved == fixed {
				t.Errorf("control, %s: %s changes in training: %v", mode, name, moved)
			}
		}
	}
}

// Without teaching the supervisor has no influence on any variable.
func TestAcceptance5(t *testing.T) {
	inputs, targets := patterns(7, 10, 4, 3)
	other := slices.Clone(targets)
	slices.Reverse(other)
	for _, full := range []bool{false, true} {
		for _, c := range []struct {
			name            string
			training, teach bool
			influence       bool
		}{
			{"validation", false, true, false},
			{"training without the teaching signal", true, false, false},
			{"training", true, true, true},
		} {
			cfg := small(PAL, 4, 7, 3)
			cfg.Presentation.Teach = c.teach
			a, b := newborn[float64](t, &cfg, full), newborn[float64](t, &cfg, full)
			a.pass(t, c.training, inputs, targets)
			b.pass(t, c.training, inputs, other)
			same := true
			stateA, stateB := a.neuronState(t), b.neuronState(t)
			for name := range stateA {
				if name != "rate supervisor 3" && name != "rate_last supervisor 3" {
					same = same && slices.Equal(stateA[name], stateB[name])
				}
			}
			synA, synB := a.synapseState(t), b.synapseState(t)
			for name := range synA {
				same = same && slices.Equal(synA[name], synB[name])
			}
			if same == c.influence {
				t.Errorf("%s, full %v: the supervisor has influence: %v", c.name, full, !same)
			}
		}
	}
}

// Without latent equilibrium V follows v_steady with time constant 1/G. With
// no apical conductance v_steady is constant under constant input, and Euler
// steps give V = v_steady (1 - (1 - G dt)^n).
func TestAcceptance6(t *testing.T) {
	inputs, targets := patterns(8, 1, 4, 3)
	cfg := small(FA, 4, 7, 3)
	cfg.Circuit.LatentEquilibrium = false
	cfg.Circuit.Conductances.Apical = 0
	g := cfg.Circuit.Conductances.Leak + cfg.Circuit.Conductances.Basal
	// euler returns the largest distance of V from the exponential at time 5.
	distance := func(dt float64) float64 {
		cfg.Circuit.Dt, cfg.Circuit.InputTau, cfg.Learning.Taus.P2I, cfg.Learning.Taus.I2P = dt, dt, dt, dt
		n := newborn[float64](t, &cfg, true)
		n.hold(false, false, inputs[0], targets[0])
		steps := int(math.Round(5 / dt))
		n.run(steps)
		v, steady := n.values(t, 1, "pyramidal", "V"), n.values(t, 1, "pyramidal", "v_steady")
		worst := 0.0
		for i := range v {
			if euler := steady[i] * (1 - math.Pow(1-g*dt, float64(steps))); math.Abs(v[i]-euler) > 1e-13 {
				t.Errorf("dt %g: V = %v, want %v", dt, v[i], euler)
			}
			worst = max(worst, math.Abs(v[i]-steady[i]*(1-math.Exp(-g*5))))
		}
		if !slices.Equal(n.values(t, 1, "pyramidal", "v_brev"), v) {
			t.Error("prospective voltage is not V")
		}
		return worst
	}
	coarse, fine := distance(0.01), distance(0.005)
	if r := coarse / fine; r < 1.98 || r > 2.02 || coarse > 1e-3 {
		t.Errorf("error %g for dt 0.01 and %g for 0.005, ratio %g: not of first order", coarse, fine, r)
	}

	// The whole circuit settles where latent equilibrium puts it at once.
	cfg = small(FA, 4, 7, 3)
	rates := func(le bool, steps int) []float64 {
		cfg.Circuit.LatentEquilibrium = le
		n := newborn[float64](t, &cfg, true)
		n.hold(false, true, inputs[0], targets[0])
		n.run(steps)
		return slices.Concat(n.values(t, 1, "pyramidal", "rate"), n.values(t, 2, "output", "rate"), n.values(t, 1, "inter", "rate"))
	}
	rest := rates(true, 200)
	if d := difference(t, rates(false, 20000), rest); d > 1e-9 {
		t.Errorf("without latent equilibrium the circuit ends %g away", d)
	}
	if d := difference(t, rates(true, 20), rest); d > 1e-6 {
		t.Errorf("with latent equilibrium it is %g away after 20 steps", d)
	}
	if d := difference(t, rates(false, 20), rest); d < 1e-3 {
		t.Errorf("control: without latent equilibrium it is only %g away after 20 steps", d)
	}
}
