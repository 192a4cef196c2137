package dendritic

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
	"github.com/neurocredit/neurocredit/internal/equation"
	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// sweepRuns returns the runs of published sweeps, and random patterns.
func sweepRuns(t testing.TB, cfgs ...Config) (nets []*network[float64], st *stage, orders [][]int) {
	t.Helper()
	cfgs = slices.Clone(cfgs)
	for i := range cfgs {
		c := &cfgs[i]
		c.Seed += uint32(i)
		n, err := newNetwork[float64](c, false)
		if err != nil {
			t.Fatal(err)
		}
		n.drawWeights(mt19937.New(c.Seed))
		nets = append(nets, n)
	}
	c := &cfgs[0]
	rng := mt19937.New(1)
	const count = 40
	set := &data.Set{Inputs: make([][]float64, count), Labels: make([]int, count)}
	out := c.Circuit.Levels[len(c.Circuit.Levels)-1]
	for i := range count {
		set.Labels[i] = i % out
		for range c.Circuit.Levels[0] {
			set.Inputs[i] = append(set.Inputs[i], rng.Float64())
		}
	}
	st = &stage{patterns: set.Inputs, samples: count}
	for _, label := range set.Labels {
		target := make([]float64, out)
		for k := range target {
			target[k] = c.Presentation.Low
		}
		target[label] = c.Presentation.High
		st.targets = append(st.targets, target)
	}
	for r := range nets {
		order := make([]int, count)
		for i := range order {
			order[i] = (i*7 + int(nets[r].cfg.Seed)*3) % count
		}
		orders = append(orders, order)
	}
	return nets, st, orders
}

// native presents the same with the native engine and returns the readouts.
func native(t testing.TB, nets []*network[float64], training bool, st *stage, orders [][]int) (voltages [][]float64) {
	t.Helper()
	for r, n := range nets {
		every := n.cfg.StepsPerPattern() / n.cfg.Presentation.Records
		var all []float64
		for i, k := range orders[r] {
			err := n.present(i == 0, training, st.patterns[k], st.targets[k], every, func(int) {
				all = append(append(all, n.out.brev...), n.sup.rate...)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		n.settle()
		voltages = append(voltages, all)
	}
	return voltages
}

// differ returns the largest difference of what two networks hold.
func differ(a, b *network[float64]) float64 {
	a.settle()
	b.settle()
	worst := 0.0
	consider := func(x, y []float64) {
		for i := range x {
			if d := math.Abs(x[i] - y[i]); !(d <= worst) {
				worst = d
			}
		}
	}
	size := a.out.at + a.out.n // idle neurons, which round up the arena, do not count
	for _, of := range []func(a *arena[float64]) []float64{
		func(a *arena[float64]) []float64 { return a.phiArg }, func(a *arena[float64]) []float64 { return a.phiArg[a.n:] },
		func(a *arena[float64]) []float64 { return a.phiVal }, func(a *arena[float64]) []float64 { return a.rateLast },
		func(a *arena[float64]) []float64 { return a.noise }, func(a *arena[float64]) []float64 { return a.highpass },
		func(a *arena[float64]) []float64 { return a.basal }, func(a *arena[float64]) []float64 { return a.top },
	} {
		consider(of(a.arena)[:size], of(b.arena)[:size])
	}
	for k := range a.projections {
		x, y := a.projections[k].base(), b.projections[k].base()
		consider(x.w, y.w)
		consider(x.d, y.d)
	}
	for i := range a.players() {
		consider(a.players()[i], b.players()[i])
	}
	return worst
}

func firstOf(orders [][]int, from, to int) (part [][]int) {
	for _, o := range orders {
		part = append(part, o[from:to])
	}
	return part
}

// collect presents with the graph engine and returns the readouts by run.
func collect(t testing.TB, g *graphBatch, first, training bool, st *stage, orders [][]int) [][]float64 {
	t.Helper()
	all := make([][]float64, len(g.nets))
	err := g.present(t.Context(), first, training, st, orders, func(count int, o readouts) bool {
		v, y := make([]float64, o.outputs), make([]float64, o.outputs)
		for r := range all {
			for i := range count {
				for k := range o.records {
					o.at(r, i, k, v, y)
					all[r] = append(append(all[r], v...), y...)
				}
			}
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The graph engine agrees with the native one over 1200 steps of the published
// sweeps, and with whatever else a configuration may ask for.
func TestGraphParity(t *testing.T) {
	with := func(change func(c *Config), modes ...Mode) (cfgs []Config) {
		for _, m := range modes {
			c := YinYang(m)
			change(&c)
			cfgs = append(cfgs, c)
		}
		return cfgs
	}
	rule := func(text string) Rule {
		r, err := equation.ParseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for name, cfgs := range map[string][]Config{
		"yin-yang": {YinYang(FA), YinYang(PAL), YinYang(EtaZero), YinYang(FAPlasticI2P)},
		"mnist":    {MNIST(FA), MNIST(PAL)},
		"deep": with(func(c *Config) {
			c.Circuit.Levels = []int{3, 5, 4, 2}
			c.Circuit.Bias = Bias{On: true, Rate: 0.5}
			c.Circuit.InputTau = 0.1
			c.Presentation.LearningLag = 0.33
			c.Initial.ScaledSelfPredict = true
			c.Learning.Rates = Rates{Up: []float64{5, 1, 0.1}, Down: []float64{0.5, 0.4}, P2I: []float64{0.05, 0.04}, I2P: []float64{0.02, 0.03}}
		}, PAL, FA),
		"membrane": with(func(c *Config) {
			c.Circuit.LatentEquilibrium = false
			c.Circuit.Activation = "sigmoid_stable"
			c.Presentation.Teach = false
		}, PAL, EtaZero),
		"rules": with(func(c *Config) {
			c.Learning.Rules = Rules{
				Down: rule("eta*noise_post*u_pre"),
				Up:   rule("eta*(rate_post - predicted_rate_post)*last_rate_pre - 0.01*rate_post*w + 1e-6*basal_post"),
				P2I:  rule("w: delta/(2*dt); delta: (eta*dt*tanh((rate_post - predicted_rate_post)/eta)*exp(-rate_pre) - delta)/tau"),
				I2P:  rule("-eta*tanh(w*rate_pre)*sigmoid(apical_post) + step(noise_post - w)*clip(w, -0.1, 0.1)*0.01"),
			}
		}, PAL, FA),
		"rules of bias synapses": with(func(c *Config) {
			c.Circuit.Bias = Bias{On: true, Rate: 0.5}
			c.Learning.Rules = Rules{
				Up:  rule("eta*(rate_post - predicted_rate_post)*last_rate_pre"),
				P2I: rule("eta*rate_post*u_pre + eta*tanh(highpass_pre + w)*rate_post"),
			}
		}, PAL, FA),
		"split rules of bias synapses": with(func(c *Config) {
			c.Circuit.Bias = Bias{On: true, Rate: 0.5}
			c.Learning.Rules.P2I = rule("eta*(rate_post - 0.3)*(highpass_pre + u_pre)")
		}, PAL, FA),
	} {
		t.Run(name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				nets, st, orders := sweepRuns(t, cfgs...)
				want, _, _ := sweepRuns(t, cfgs...)
				g, err := newGraphBatch(b, 0, 2, nets)
				if err != nil {
					t.Fatal(err)
				}
				defer g.close()
				moved := nets[0].projections[0].base().w[0]
				for pass, training := range []bool{true, false, true} {
					count := 3 + pass
					if name == "mnist" && b.Name == backend.Go {
						count = 1 // 10 ms a step
					}
					part := firstOf(orders, 5*pass, 5*pass+count)
					x, y := native(t, want, training, st, part), collect(t, g, true, training, st, part)
					for r := range nets {
						worst := differ(nets[r], want[r])
						for i := range x[r] {
							worst = max(worst, math.Abs(x[r][i]-y[r][i]))
						}
						if len(x[r]) != len(y[r]) || !(worst < 1e-9) {
							t.Errorf("pass %d, run %d: differs by %g", pass, r, worst)
						}
					}
				}
				if nets[0].projections[0].base().w[0] == moved || differ(nets[0], nets[1]) < 1e-6 {
					t.Error("nothing was learned, or runs do not differ")
				}
				if g.learn.Compiled() != 1 || g.observe.Compiled() != 1 {
					t.Errorf("compiled %d and %d times, want once", g.learn.Compiled(), g.observe.Compiled())
				}
			})
		})
	}
}

// A run gives the same bits alone and among others of other modes, in one call and
// in many.
func TestGraphCompany(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		states := func(capacity int, cfgs ...Config) (all []string) {
			nets, st, orders := sweepRuns(t, cfgs...)
			g, err := newGraphBatch(b, 0, capacity, nets)
			if err != nil {
				t.Fatal(err)
			}
			defer g.close()
			for _, training := range []bool{true, false} {
				for r, x := range collect(t, g, true, training, st, firstOf(orders, 0, 5)) {
					s := fmt.Sprint(x)
					for _, p := range nets[r].projections {
						s += fmt.Sprint(p.base().w, p.base().d)
					}
					all = append(all, s+fmt.Sprint(nets[r].arena.block))
				}
			}
			return all
		}
		crowd := []Config{YinYang(PAL), YinYang(FA), YinYang(EtaZero), YinYang(FAPlasticI2P)}
		for len(crowd) < 14 {
			crowd = append(crowd, YinYang(PAL))
		}
		together := states(5, crowd...)
		for r, mode := range []Mode{PAL, FA, EtaZero, FAPlasticI2P} {
			cfg := YinYang(mode)
			cfg.Seed += uint32(r) // the one it has among the others
			for pass, alone := range states(2, cfg) {
				if alone != together[len(crowd)*pass+r] {
					t.Errorf("%s, pass %d: a run gives other numbers alone than among others", mode, pass)
				}
			}
		}
	})
}

func TestGraphErrors(t *testing.T) {
	b, err := backend.Open(backend.Go)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(c *Config){
		"circuit.levels [4 31 3] differs from [4 30 3]": func(c *Config) { c.Circuit.Levels = []int{4, 31, 3} },
		"steps per pattern 200 differs from 100":        func(c *Config) { c.Presentation.Time = 2 },
		"rules ":                                        func(c *Config) { c.Learning.Rules.Down.Weight = "eta*w" },
		"circuit.activation soft_relu differs":          func(c *Config) { c.Circuit.Activation = "soft_relu" },
	} {
		other := YinYang(PAL)
		change(&other)
		nets, _, _ := sweepRuns(t, YinYang(PAL), other)
		if _, err := newGraphBatch(b, 0, 1, nets); err == nil || !strings.Contains(err.Error(), "run 1: "+want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}

	wild := YinYang(PAL)
	wild.Learning.Rates.Down = []float64{1e12}
	nets, st, orders := sweepRuns(t, YinYang(PAL), wild)
	g, err := newGraphBatch(b, 0, 2, nets)
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	shown := 0
	present := func(ctx context.Context) error {
		return g.present(ctx, true, true, st, firstOf(orders, 0, 4), func(count int, _ readouts) bool { shown += count; return true })
	}
	if err := present(t.Context()); err != nil || !nets[0].bounded() || nets[1].bounded() {
		t.Errorf("a run that leaves all bounds: %v, bounded %v and %v", err, nets[0].bounded(), nets[1].bounded())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	shown = 0
	if err := present(ctx); !errors.Is(err, context.Canceled) || shown != 0 {
		t.Errorf("cancelled: %v after %d patterns", err, shown)
	}
}

// Runs advance together if they share program, data and protocol.
func TestBatchKey(t *testing.T) {
	for name, c := range map[string]struct {
		change            func(c *Config)
		program, together bool
	}{
		"seed":     {func(c *Config) { c.Seed++ }, true, true},
		"rates":    {func(c *Config) { c.Learning.Rates.Down = []float64{0.3} }, true, true},
		"epochs":   {func(c *Config) { c.Epochs++ }, true, false},
		"data":     {func(c *Config) { c.Data.Seed++ }, true, false},
		"low":      {func(c *Config) { c.Presentation.Low = 0.05 }, true, false},
		"levels":   {func(c *Config) { c.Circuit.Levels = []int{4, 31, 3} }, false, false},
		"time":     {func(c *Config) { c.Presentation.Time = 2 }, false, false},
		"rule":     {func(c *Config) { c.Learning.Rules.Up.Weight = "eta*w" }, false, false},
		"bias":     {func(c *Config) { c.Circuit.Bias.On = !c.Circuit.Bias.On }, false, false},
		"floating": {func(c *Config) { c.Precision = Float32 }, false, false},
	} {
		a, b := YinYang(PAL), YinYang(PAL)
		c.change(&b)
		if err := sameProgram(&a, &b); (err == nil) != c.program {
			t.Errorf("%s: %v", name, err)
		}
		if (a.batchKey() == b.batchKey()) != c.together {
			t.Errorf("%s: keys %s and %s", name, a.batchKey(), b.batchKey())
		}
	}
}
