package mdgl

import (
	"encoding/json"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

type goldenGradient struct {
	In  tensor `json:"dW_in"`
	Rec tensor `json:"dW_rec"`
}

func part[T any](t *testing.T, parts map[string]json.RawMessage, name string) (x T) {
	t.Helper()
	must(t, json.Unmarshal(parts[name], &x))
	return x
}

func TestGoldenGradient(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *goldenCase) bool {
		if g.Gradients["bptt"] == nil {
			return false
		}
		both(t, g, goldenGradients[float64], goldenGradients[float32])
		return true
	})
}

func goldenGradients[F float](t *testing.T, g *goldenCase, tol float64) {
	n := goldenNetwork[F](t, g)
	trials := g.trials(1)
	worst := map[string]*float64{}
	compare := func(name string, want goldenGradient) {
		t.Helper()
		if worst[name] == nil {
			worst[name] = new(float64)
		}
		near(t, name+" dW_in", n.sums.in, want.In, tol, worst[name])
		near(t, name+" dW_rec", n.sums.rec, want.Rec, tol, worst[name])
		near(t, name+" dW_out", n.sums.out, part[tensor](t, g.Gradients, "dW_out"), tol, worst[name])
		near(t, name+" db_out", n.sums.bias, part[tensor](t, g.Gradients, "db_out"), tol, worst[name])
	}
	for _, rule := range Rules() {
		n.cfg.Learning.RateCost = 0
		want := part[goldenGradient](t, g.Gradients, string(rule))
		n.cfg.Learning.Form = "adjoint"
		n.run(trials, rule, 1)
		compare(string(rule), want)
		if rule != BPTT {
			n.cfg.Learning.Form = "online"
			n.run(trials, rule, 1)
			compare(string(rule)+" online", want)
		}
		if want := g.Modulation[string(rule)].Signal; want != nil && rule != OnMDGL {
			n.cfg.Learning.Rule = rule
			var all []float64
			T, N := g.Params.T, n.neurons
			for b := range trials {
				m := n.watch(&trials[b]).Modulatory.RawMatrix().Data
				for t := range (T - 1) * N {
					// Golden: the sum over a[t+1], for the loss of the whole batch.
					all = append(all, m[t]/float64(n.c.alpha1)/float64(len(trials)))
				}
			}
			near(t, string(rule)+" modulatory signal", all, want, tol, new(float64))
		}
		if m, ok := g.Modulation[string(rule)]; ok {
			checkAffinity(t, n, rule, m.M, m.Means)
		}
		if g.Regularised[string(rule)] == nil {
			continue
		}
		n.cfg.Learning.RateCost = part[float64](t, g.Regularised, "reg")
		n.cfg.Learning.RateTarget = 1000 * part[float64](t, g.Regularised, "f0")
		n.cfg.Learning.Form = "adjoint"
		s := n.run(trials, rule, 1)
		want = part[goldenGradient](t, g.Regularised, string(rule))
		compare(string(rule)+" with rate cost", want)
		near(t, "rate cost", []float64{s.rateLoss}, part[tensor](t, g.Regularised, "loss_reg"), tol, worst[string(rule)])
		near(t, "mean rates", n.rates, part[tensor](t, g.Regularised, "av"), tol, worst[string(rule)])
		near(t, "L_reg", n.plan.rate, part[tensor](t, g.Regularised, "L_reg_per_step"), tol, worst[string(rule)])
		if rule == EProp {
			n.cfg.Learning.Form = "online"
			n.run(trials, rule, 1)
			compare("eprop online with rate cost", want)
		}
	}
	for name, w := range worst {
		t.Logf("%s: largest relative difference %.1e", name, *w)
	}
}

// checkAffinity compares the weights of the modulators, [pre, post].
func checkAffinity[F float](t *testing.T, n *network[F], rule Rule, want tensor, means map[string]float64) {
	t.Helper()
	N := n.neurons
	n.cfg.Learning.RateCost = 1 // all neurons secrete
	n.cfg.Learning.RateModulates = true
	if rule == OnMDGL {
		rule = MDGL // the same weights, but for all neurons
	}
	n.makePlan(rule, 1)
	unit := n.c.alpha1 * n.c.slope
	got := make([]F, N*N)
	p := &n.plan
	for i := range N {
		if rule == NLMDGL {
			for j := range N {
				got[i*N+j] = p.types[n.pair(int32(i), int32(j))] / unit
			}
			continue
		}
		for k := p.start[i]; k < p.start[i+1]; k++ {
			got[i*N+int(p.target[k])] += p.gain[k] / unit
		}
	}
	var worst float64
	near(t, string(rule)+" weights of modulators", got, want, 1e-6, &worst)
	mean := n.typeMeans(rule == NLMDGL)
	for i, name := range []string{"II", "IE", "EI", "EE"} {
		if w, ok := means[name]; ok {
			near(t, string(rule)+" mean "+name, mean[i:i+1], []float64{w}, 1e-6, &worst)
		}
	}
}

func TestGoldenLSNN(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *goldenCase) bool {
		if g.Gradients["dW_in"] == nil {
			return false
		}
		both(t, g, goldenLSNN[float64], goldenLSNN[float32])
		return true
	})
}

func goldenLSNN[F float](t *testing.T, g *goldenCase, tol float64) {
	n := goldenNetwork[F](t, g)
	n.cfg.Learning.RateCost, n.cfg.Learning.RateTarget = g.Loss["reg"][0], 1000*g.Loss["f0"][0]
	s := n.run(g.trials(g.Params.T/g.Params.NBlocks), BPTT, 1)
	var worst float64
	near(t, "loss", []float64{s.loss}, g.Loss["value"], tol, &worst)
	near(t, "rate cost", []float64{s.rateLoss}, g.Loss["loss_reg"], tol, &worst)
	for name, got := range map[string][]F{"dW_in": n.sums.in, "dW_rec": n.sums.rec, "dW_out": n.sums.out, "db_out": n.sums.bias} {
		near(t, name, got, part[tensor](t, g.Gradients, name), tol, &worst)
	}
	t.Logf("largest relative difference %.1e", worst)
}

func TestGoldenEncoding(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *goldenCase) bool {
		if g.Encoding == nil {
			return false
		}
		e := g.Encoding
		got := make([]float64, len(e.Spikes))
		for _, ev := range data.ThresholdCrossings(e.Pixels, e.NIn, e.Cue) {
			got[int(ev.Step)*e.NIn+int(ev.Channel)] = float64(ev.Value)
		}
		for i, want := range e.Spikes {
			if got[i] != want {
				t.Fatalf("step %d channel %d: %v, want %v", i/e.NIn, i%e.NIn, got[i], want)
			}
		}
		return true
	})
}

func TestGoldenOptimizer(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *goldenCase) bool {
		if g.Steps == nil {
			return false
		}
		both(t, g, goldenOptimizer[float64], goldenOptimizer[float32])
		return true
	})
}

func goldenOptimizer[F float](t *testing.T, g *goldenCase, tol float64) {
	bundles, bias := map[string]*synapses[F]{}, make([]F, len(g.Input["b_out"]))
	for k, b := range g.Input["b_out"] {
		bias[k] = F(b)
	}
	biasM, biasV := make([]F, len(bias)), make([]F, len(bias))
	for _, name := range []string{"in", "rec", "out"} {
		mask, theta := g.Input["mask0_"+name], g.Input["theta_"+name]
		sign := g.Input["sign_in"]
		if name != "in" {
			sign = g.Input["sign_rec"]
		}
		post := len(mask) / len(sign)
		s := newSynapses[F](len(sign), post, func(i, j int) bool { return mask[i*post+j] != 0 })
		s.signed, s.slots = true, 1e6
		for k := range s.theta {
			i := int(s.row[k])
			s.theta[k], s.sign[k] = F(theta[i*post+int(s.col[k])]), F(sign[i])
		}
		bundles[name] = s
	}
	pick := func(s *synapses[F], all tensor) (x []float64) {
		for k := range s.col {
			x = append(x, all[int(s.row[k])*s.post+int(s.col[k])])
		}
		return x
	}
	var worst float64
	for i, step := range g.Steps {
		a := adam{rate: g.Params.Lr, step: i + 1}
		lost := map[string]int{}
		for name, s := range bundles {
			var grad []F
			for _, x := range pick(s, step.Gradient["dW_"+name]) {
				grad = append(grad, F(x))
			}
			s.learn(a, grad, g.Params.L1, 0, nil)
			near(t, "theta_"+name+" after L1", s.theta, pick(s, step.L1["theta_"+name]), tol, &worst)
			near(t, "m of "+name, s.m, pick(s, step.M[name]), tol, &worst)
			near(t, "v of "+name, s.v, pick(s, step.V[name]), tol, &worst)
			lost[name] = len(s.lost(nil))
		}
		if back := rewire(newRand(1, streamRewiring, uint64(i)), bundles["in"], bundles["rec"], bundles["out"]); back != lost["in"]+lost["rec"]+lost["out"] {
			t.Errorf("step %d: %d synapses came back of %v", i+1, back, lost)
		}
		for name, s := range bundles {
			if lost[name] != step.Back[name] {
				t.Errorf("step %d: %d lost synapses of %s, want %d", i+1, lost[name], name, step.Back[name])
			}
			near(t, "theta_"+name+" after rewiring", s.theta, pick(s, step.Rewired["theta_"+name]), tol, &worst)
		}
		var grad []F
		for _, x := range step.Gradient["db_out"] {
			grad = append(grad, F(x))
		}
		adamUpdate(a, bias, biasM, biasV, grad)
		near(t, "bias", bias, step.Bias, tol, &worst)
	}
	t.Logf("largest relative difference %.1e", worst)
}
