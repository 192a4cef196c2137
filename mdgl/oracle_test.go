package mdgl

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
)

// oracle is a dense network in float64, written from the equations of the model page
// without any of the engine's transformations. Its spike can be the hard one with
// surrogate derivative, or a smooth one whose derivative is exact.
type oracle struct {
	T, in, N, K     int
	Win, Wrec, Wout *mat.Dense
	bias            []float64
	beta            []float64
	alpha, rho      []float64 // [N]
	kappa           float64
	thr, gamma      float64
	refractory      int
	smooth          float64     // steepness, 0: hard spikes
	frozen          [][]float64 // recurrent spikes that are heard, nil: the own ones
	z, psi          [][]float64 // [T][N]
	errors          []float64   // [K] of the last step
	x               [][]float64
}

func rows(n, m int) [][]float64 {
	x := make([][]float64, n)
	for i := range x {
		x[i] = make([]float64, m)
	}
	return x
}

// run simulates a trial with the answer at the last step and returns its loss.
func (o *oracle) run(x [][]float64, label int) float64 {
	o.x, o.z, o.psi = x, rows(o.T, o.N), rows(o.T, o.N)
	v, b, psp := make([]float64, o.N), make([]float64, o.N), make([]float64, o.N)
	for t := range o.T {
		for j := range o.N {
			current, last := 0.0, 0.0
			for i := range o.in {
				current += o.Win.At(i, j) * x[t][i]
			}
			if t > 0 {
				last = o.z[t-1][j]
				heard := o.z[t-1]
				if o.frozen != nil {
					heard = o.frozen[t-1]
				}
				for i := range o.N {
					current += o.Wrec.At(i, j) * heard[i]
				}
			}
			b[j] = o.rho[j]*b[j] + (1-o.rho[j])*last
			v[j] = o.alpha[j]*v[j] + (1-o.alpha[j])*current - o.thr*last
			u := (v[j] - o.thr - o.beta[j]*b[j]) / o.thr
			if o.smooth > 0 {
				s := 1 / (1 + math.Exp(-o.smooth*u))
				o.z[t][j], o.psi[t][j] = s, o.smooth*s*(1-s)/o.thr
				continue
			}
			resting := true
			for back := 1; back <= o.refractory && back <= t; back++ {
				resting = resting && o.z[t-back][j] == 0
			}
			if resting {
				o.psi[t][j] = o.gamma / o.thr * math.Max(0, 1-math.Abs(u))
				if u > 0 {
					o.z[t][j] = 1
				}
			}
		}
		for j := range psp {
			psp[j] = o.kappa*psp[j] + (1-o.kappa)*o.z[t][j]
		}
	}
	y := make([]float64, o.K)
	for k := range y {
		y[k] = o.bias[k]
		for j := range psp {
			y[k] += psp[j] * o.Wout.At(j, k)
		}
	}
	loss, _ := softmaxLoss(y, 1, label)
	o.errors = y
	return loss
}

// direct returns L[t][j].
func (o *oracle) direct() [][]float64 {
	L := rows(o.T, o.N)
	for t := range L {
		for j := range L[t] {
			for k, e := range o.errors {
				L[t][j] += (1 - o.kappa) * math.Pow(o.kappa, float64(o.T-1-t)) * o.Wout.At(j, k) * e
			}
		}
	}
	return L
}

// bptt returns the gradients of input and recurrent weights by the full adjoint.
func (o *oracle) bptt() (in, rec *mat.Dense) {
	in, rec = mat.NewDense(o.in, o.N, nil), mat.NewDense(o.N, o.N, nil)
	L, V, Q := o.direct(), make([]float64, o.N), make([]float64, o.N)
	for t := o.T - 1; t >= 0; t-- {
		Z := make([]float64, o.N)
		for i := range Z {
			Z[i] = L[t][i] - o.thr*V[i] + (1-o.rho[i])*Q[i]
			for j, w := range o.Wrec.RawRowView(i) {
				Z[i] += (1 - o.alpha[j]) * w * V[j]
			}
		}
		for j := range V {
			V[j] = Z[j]*o.psi[t][j] + o.alpha[j]*V[j]
			Q[j] = -o.beta[j]*Z[j]*o.psi[t][j] + o.rho[j]*Q[j]
			for i, x := range o.x[t] {
				in.Set(i, j, in.At(i, j)+(1-o.alpha[j])*x*V[j])
			}
			for i := range o.N {
				if t > 0 {
					rec.Set(i, j, rec.At(i, j)+(1-o.alpha[j])*o.z[t-1][i]*V[j])
				}
			}
		}
	}
	for i := range o.N {
		rec.Set(i, i, 0)
	}
	return in, rec
}

// traces returns the gradients Σ_t S[t] e[t] with stored eligibility traces, and for
// OnMDGL the second sum with filtered traces.
func (o *oracle) traces(S, filtered [][]float64) (in, rec *mat.Dense) {
	in, rec = mat.NewDense(o.in, o.N, nil), mat.NewDense(o.N, o.N, nil)
	for p := range o.N {
		for q := range o.in + o.N {
			var ev, ea, low, sum float64
			for t := range o.T {
				pre, psi := 0.0, 0.0
				if q < o.in {
					pre = o.x[t][q]
				} else if t > 0 {
					pre = o.z[t-1][q-o.in]
				}
				if t > 0 {
					psi = o.psi[t-1][p]
				}
				ev, ea = (o.alpha[p]-o.thr*psi)*ev+o.thr*o.beta[p]*psi*ea+(1-o.alpha[p])*pre, (1-o.rho[p])*psi*ev+(o.rho[p]-(1-o.rho[p])*o.beta[p]*psi)*ea
				e := o.psi[t][p] * (ev - o.beta[p]*ea)
				low = o.kappa*low + (1-o.kappa)*e
				sum += S[t][p] * e
				if filtered != nil {
					sum += filtered[t][p] * low
				}
			}
			if q < o.in {
				in.Set(q, p, sum)
			} else {
				rec.Set(q-o.in, p, sum)
			}
		}
	}
	return in, rec
}

// rule returns the gradients under a rule, for neurons of the given types.
func (o *oracle) rule(rule Rule, types []int8) (in, rec *mat.Dense) {
	if rule == BPTT {
		return o.bptt()
	}
	L := o.direct()
	if rule == EProp {
		return o.traces(L, nil)
	}
	var sum, nonzero, all [2][2]float64
	for i := range o.N {
		for j := range o.N {
			a, b := types[i], types[j]
			sum[a][b] += o.Wrec.At(i, j)
			all[a][b]++
			if o.Wrec.At(i, j) != 0 {
				nonzero[a][b]++
			}
		}
	}
	weight := func(p, j int) float64 {
		a, b := types[p], types[j]
		switch {
		case rule == NLMDGL:
			return sum[a][b] / all[a][b]
		case rule == MDGLCell || o.Wrec.At(p, j) == 0:
			return o.Wrec.At(p, j)
		}
		return sum[a][b] / nonzero[a][b]
	}
	S, filtered := rows(o.T, o.N), rows(o.T, o.N)
	low := make([]float64, o.N)
	for t := range o.T {
		for p := range o.N {
			S[t][p] = L[t][p]
			if t+1 < o.T && rule != OnMDGL {
				for j := range o.N {
					S[t][p] += (1 - o.alpha[j]) * weight(p, j) * L[t+1][j] * o.psi[t+1][j]
				}
			}
		}
		for j := range low {
			low[j] = o.kappa*low[j] + (1-o.kappa)*o.psi[t][j]
		}
	}
	if rule != OnMDGL {
		return o.traces(S, nil)
	}
	for p := range o.N {
		for j := range o.N {
			delta := 0.0
			for k, e := range o.errors {
				delta += o.Wout.At(j, k) * e
			}
			filtered[o.T-2][p] += (1 - o.alpha[j]) * weight(p, j) * delta * low[j]
		}
	}
	return o.traces(S, filtered)
}

// newOracle returns the oracle of an engine's network, and a random trial for both.
func newOracle(n *network[float64], rng *rand.Rand) (*oracle, data.Trial) {
	c := &n.c
	o := &oracle{
		T: n.shape.Steps, in: n.shape.Channels, N: n.neurons, K: n.outputs, bias: n.bias, beta: make([]float64, n.neurons),
		alpha: n.own.alpha, rho: n.own.rho, kappa: c.kappa, thr: c.thr, gamma: c.gamma, refractory: n.cfg.Cells.Refractory,
		Win: n.in.dense(n.in.w), Wrec: n.rec.dense(n.rec.w), Wout: n.out.dense(n.out.w),
	}
	copy(o.beta, n.own.beta)
	o.x = rows(o.T, o.in)
	tr := data.Trial{Decisions: []data.Decision{{From: o.T - 1, To: o.T, Label: rng.IntN(o.K)}}}
	for t := range o.x {
		for i := range o.x[t] {
			if rng.Float64() < 0.2 {
				o.x[t][i] = float64(1 + rng.IntN(2))
				tr.Events = append(tr.Events, data.Event{Step: int32(t), Channel: int32(i), Value: float32(o.x[t][i])})
			}
		}
	}
	return o, tr
}

// smallNetwork returns a lively network of random size.
func smallNetwork(t *testing.T, seed uint32, change ...func(*Config)) *network[float64] {
	c := Fig3C(MDGL)
	c.Seed, c.Precision, c.Task.Set = seed, "float64", "own"
	c.Cells.Regular, c.Cells.Adaptive, c.Cells.Threshold = 6+int(seed%3), 6, 0.03
	c.Cells.AdaptationTau, c.Cells.ReadoutTau = 50, 15
	c.Wiring.In, c.Wiring.Recurrent, c.Wiring.Out, c.Wiring.Excitatory = 0.6, 0.6, 0.4, 0.5
	c.Learning.RateCost = 0
	for _, f := range change {
		f(&c)
	}
	n, err := newNetwork[float64](&c, data.Shape{Steps: 80 + 40*int(seed%3), Channels: 6, Outputs: 2 + int(seed%2)})
	must(t, err)
	for k := range n.rec.theta {
		n.rec.theta[k] *= 2
	}
	n.refresh()
	return n
}

// difference returns the largest difference, relative to the largest value of want.
// Only entries where the engine has a synapse are compared.
func difference(s *synapses[float64], got []float64, want *mat.Dense) float64 {
	worst, scale := 0.0, 0.0
	for k, g := range got {
		w := want.At(int(s.row[k]), int(s.col[k]))
		scale = max(scale, math.Abs(w))
		worst = max(worst, math.Abs(g-w))
	}
	if scale == 0 {
		return math.Inf(1)
	}
	return worst / scale
}

// TestAgainstStoredTraces compares adjoint and online form of every rule with the
// oracle on random networks, and demands that the comparison tells the rules apart.
func TestAgainstStoredTraces(t *testing.T) {
	worst := 0.0
	for seed := uint32(1); seed <= 8; seed++ {
		n := smallNetwork(t, seed, func(c *Config) {
			if seed > 6 { // without refractoriness
				c.Cells.Refractory = 0
			}
		})
		o, tr := newOracle(n, rand.New(rand.NewPCG(uint64(seed), 1)))
		loss := o.run(o.x, tr.Decisions[0].Label)
		for _, rule := range Rules() {
			in, rec := o.rule(rule, n.types)
			for _, form := range []string{"adjoint", "online"} {
				if rule == BPTT && form == "online" {
					continue
				}
				n.cfg.Learning.Form = form
				s := n.run([]data.Trial{tr}, rule, 1)
				d := max(math.Abs(s.loss-loss), difference(n.in, n.sums.in, in), difference(n.rec, n.sums.rec, rec))
				if worst = max(worst, d); !(d < 1e-10) {
					t.Errorf("seed %d %s %s: relative difference %v", seed, rule, form, d)
				}
				for _, other := range Rules() {
					if _, rec := o.rule(other, n.types); other != rule && difference(n.rec, n.sums.rec, rec) < 1e-6 {
						t.Errorf("seed %d: %s cannot be told from %s", seed, rule, other)
					}
				}
			}
		}
	}
	t.Logf("largest relative difference %.1e", worst)
}

// TestForgetfulReadout compares adjoint and online form with a readout without memory, in
// which the error is gone one step before the modulators that follow from it.
func TestForgetfulReadout(t *testing.T) {
	task := shortTask()
	trials, err := task.Draw(1, data.Training, 0, 16)
	must(t, err)
	gradient := func(rule Rule, form string) []float64 {
		c := short(rule)
		c.Precision, c.Cells.ReadoutTau = "float64", 1e-3
		c.Learning.RateCost, c.Learning.Form = 0, form
		must(t, c.Validate())
		n, err := newNetwork[float64](&c, task.Shape())
		must(t, err)
		n.run(trials, rule, 1)
		return slices.Clone(n.sums.rec)
	}
	eprop := gradient(EProp, "adjoint")
	for _, rule := range []Rule{MDGL, MDGLCell, NLMDGL, OnMDGL} {
		adjoint, online := gradient(rule, "adjoint"), gradient(rule, "online")
		if !closeTo(adjoint, online) {
			t.Errorf("%s: adjoint and online form differ", rule)
		}
		if closeTo(adjoint, eprop) {
			t.Errorf("%s is e-prop, so the test sees nothing", rule)
		}
	}
}

// TestGradientIsExact compares the oracle with central differences of a network with
// smooth spikes: BPTT as it is, and e-prop with the recurrent spikes frozen.
func TestGradientIsExact(t *testing.T) {
	n := smallNetwork(t, 2)
	o, tr := newOracle(n, rand.New(rand.NewPCG(5, 1)))
	o.smooth, o.T = 3, 30
	label := tr.Decisions[0].Label
	for _, rule := range []Rule{BPTT, EProp} {
		o.frozen = nil
		o.run(o.x, label)
		if rule == EProp {
			o.frozen = o.z
		}
		o.run(o.x, label)
		in, rec := o.rule(rule, n.types)
		for name, m := range map[string][2]*mat.Dense{"input": {o.Win, in}, "recurrent": {o.Wrec, rec}} {
			w, grad := m[0], m[1]
			r, c := w.Dims()
			scale := mat.Max(grad) - mat.Min(grad)
			for i := range r {
				for j := range c {
					if name == "recurrent" && i == j {
						continue
					}
					const h = 1e-5
					x := w.At(i, j)
					w.Set(i, j, x+h)
					up := o.run(o.x, label)
					w.Set(i, j, x-h)
					down := o.run(o.x, label)
					w.Set(i, j, x)
					if d := math.Abs((up-down)/(2*h) - grad.At(i, j)); !(d < 1e-6*scale) {
						t.Fatalf("%s: %s weight %d→%d: gradient %v, differences %v", rule, name, i, j, grad.At(i, j), (up-down)/(2*h))
					}
				}
			}
		}
	}
	// Negative control: e-prop is not the gradient of the network whose spikes are free.
	o.frozen = nil
	o.run(o.x, label)
	_, exact := o.rule(BPTT, n.types)
	_, eprop := o.rule(EProp, n.types)
	if mat.EqualApprox(exact, eprop, 1e-3*(mat.Max(exact)-mat.Min(exact))) {
		t.Error("e-prop equals the exact gradient; the test cannot see recurrent paths")
	}
}
