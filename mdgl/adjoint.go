package mdgl

import (
	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/vec"
)

// worker holds what one goroutine needs for a trial.
type worker[F float] struct {
	alif    *alif[F]
	lsnn    *lsnn[F]
	online  *online[F]
	scratch []float64 // [K]

	base []F                // [N] direct derivative L plus that of the rate cost
	s    []F                // [N] signal S
	x    []F                // [N] what goes through recurrent synapses
	v, q []F                // [N] adjoint voltage and adaptation, in units of γ/ϑ
	back vec.AdjointALIF[F] // v and q, and from what a step makes them
	r    []F                // [N] filtered modulator of OnMDGL

	active []uint64 // bits of the neurons with h above 0: for others the signal has no effect

	total []F           // [2, types] sums of NLMDGL
	own   *ownSignal[F] // Own
}

// adjointALIF adds the gradient of one trial to g, for any rule (section 6). From the
// last step to the first, with V and Q in units of γ/ϑ,
//
//	Z[t] = S[t] - γ V[t+1] + (γ/ϑ)(1-ρ) Q[t+1]
//	V[t] = Z[t] h[t] + α V[t+1]
//	Q[t] = -β Z[t] h[t] + ρ Q[t+1]
//
// S is the direct derivative L, plus what the rule sends through recurrent synapses:
// nothing for EProp, W V[t+1] for BPTT, Ω a[t+1] with a = L ψ for the others; Own
// computes S and a by its equations. The
// gradient of a weight collects V at the target for each spike of its source.
func (n *network[F]) adjointALIF(w *worker[F], tr *data.Trial, tc *trace[F], g *gradient[F]) {
	N, K := n.neurons, n.outputs
	p, c := &n.plan, &n.c
	clear(w.v)
	clear(w.q)
	clear(w.x)
	clear(w.r)
	copy(w.base, p.rate)
	w.back.S = w.base
	if p.rule != EProp {
		w.back.S = w.s
	}
	secreteRate := n.modulatesRate(p.rule)
	silent := false // base holds no more than the rate cost
	due := false    // OnMDGL: there is an error at step t+1
	at := len(tr.Events)
	for t := n.shape.Steps - 1; t >= 0; t-- {
		h := tc.h[t*N : (t+1)*N]
		faded := silent // at step t+1
		silent = n.direct(w.base, tc.lambda[t*K:(t+1)*K], silent)
		switch p.rule {
		case EProp:
		case BPTT:
			vec.NonZero(h, w.active)
			n.gather(w.s, w.base, w.v, w.active)
		case NLMDGL:
			n.spread(w.s, w.base, w.x, w.total)
		case Own:
			w.own.evaluate(n, w, h)
		case OnMDGL:
			copy(w.s, w.base)
			if due {
				n.gather(w.s, w.base, w.x, p.all)
			}
			for j, m := range w.s {
				w.r[j] = c.kappa*w.r[j] + (m - w.base[j])
				w.s[j] = w.base[j] + c.kappa1*w.r[j]
			}
			due = n.secreteError(w, tc, t)
		default:
			if faded && silent && !secreteRate {
				copy(w.s, w.base)
			} else {
				vec.NonZero(h, w.active)
				n.gather(w.s, w.base, w.x, w.active)
			}
		}
		w.back.H = h
		w.back.Step()
		n.secrete(w, h, secreteRate)

		for ; at > 0 && int(tr.Events[at-1].Step) == t; at-- {
			e := &tr.Events[at-1]
			collect(g.in, n.in, e.Channel, w.v, F(e.Value))
		}
		if t > 0 {
			for _, i := range tc.spikes[tc.start[t-1]:tc.start[t]] {
				collect(g.rec, n.rec, i, w.v, 1)
			}
		}
		if t%flushEvery == 0 {
			flush(w.v, n.tiny)
			flush(w.q, n.tiny)
			flush(w.r, n.tiny)
		}
	}
}

// direct sets base = L[t] + rate cost.
// It returns true, and later does nothing, when the error has faded.
func (n *network[F]) direct(base, lambda []F, silent bool) bool {
	zero := true
	for _, x := range lambda {
		zero = zero && x == 0
	}
	if zero && silent {
		return true
	}
	copy(base, n.plan.rate)
	vec.MulTOf(n.plan.outward, lambda, base)
	return zero
}

// gather sets s[i] = base[i] + Σ_k gain[k] x[target[k]] over the synapses of i, for the
// neurons that have a bit in those; others keep base.
func (n *network[F]) gather(s, base, x []F, those []uint64) {
	copy(s, base)
	n.plan.through.AddMul(s, x, those)
}

// spread adds to every neuron the modulators of all types, by its own type. total has
// two numbers per type.
func (n *network[F]) spread(s, base, x, total []F) {
	clear(total)
	sums, reach := total[:n.kinds], total[n.kinds:]
	for j := 0; j < len(n.types); { // neurons of a type mostly lie side by side
		a := n.types[j]
		sum := sums[a]
		for ; j < len(n.types) && n.types[j] == a; j++ {
			sum += x[j]
		}
		sums[a] = sum
	}
	for a := range reach {
		for b, sum := range sums {
			reach[a] += n.plan.types[a*n.kinds+b] * sum
		}
	}
	for j, a := range n.types {
		s[j] = base[j] + reach[a]
	}
}

// secrete sets x, what the MDGL rules send through recurrent synapses into the signal
// of step t-1.
func (n *network[F]) secrete(w *worker[F], h []F, rate bool) {
	p := &n.plan
	switch {
	case p.rule == EProp || p.rule == BPTT || p.rule == OnMDGL:
	case p.rule == Own:
		w.own.secrete(n, w, h, rate)
	case rate:
		x, base := w.x[:len(h)], w.base[:len(h)]
		for j, y := range h {
			x[j] = base[j] * y
		}
	default:
		for _, j := range p.heard {
			w.x[j] = (w.base[j] - p.rate[j]) * h[j]
		}
	}
}

// secreteError is secrete for OnMDGL: the error of step t times filtered h. It returns
// false, and does nothing, if there is no error.
func (n *network[F]) secreteError(w *worker[F], tc *trace[F], t int) bool {
	K, p := n.outputs, &n.plan
	errors := tc.errors[t*K : (t+1)*K]
	due := false
	for _, e := range errors {
		due = due || e != 0
	}
	if !due {
		return false
	}
	for i, j := range p.heard {
		sum := F(0)
		for k, e := range errors {
			sum += p.weights[i*K+k] * e
		}
		w.x[j] = sum * tc.low[t*n.neurons+int(j)]
	}
	return true
}

// collect adds x v[target] to the gradient of the synapses of unit i.
func collect[F float](grad []F, s *synapses[F], i int32, v []F, x F) {
	from, to := s.start[i], s.start[i+1]
	g := grad[from:to]
	for k, j := range s.target[from:to] {
		g[k] += x * v[j]
	}
}

// lowPass filters h along time, low[t] = κ low[t-1] + (1-κ) h[t].
func (n *network[F]) lowPass(tc *trace[F]) {
	N := n.neurons
	for i, h := range tc.h {
		x := n.c.kappa1 * h
		if i >= N {
			x += n.c.kappa * tc.low[i-N]
		}
		if x < n.tiny {
			x = 0
		}
		tc.low[i] = x
	}
}

// collectReadout adds the exact gradient of the readout.
func (n *network[F]) collectReadout(tc *trace[F], g *gradient[F]) {
	K := n.outputs
	for t := range n.shape.Steps {
		lambda := tc.lambda[t*K : (t+1)*K]
		for _, j := range tc.spikes[tc.start[t]:tc.start[t+1]] {
			collect(g.out, n.out, j, lambda, 1)
		}
		for k, e := range tc.errors[t*K : (t+1)*K] {
			g.bias[k] += e
		}
	}
}
