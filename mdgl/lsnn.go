package mdgl

import "github.com/neurocredit/neurocredit/data"

// lsnn is the state of one trial of the LSNN cell (section 2.2). It differs from
// alif: the spike follows from the voltage of the step before, scaling and reset use
// the adaptive threshold, and synapses have delays. A step is:
//
//  1. currents due now, slot t of the buffer, are taken; inputs and the spikes of the
//     last step enter the slots t+d of their delays d before that;
//  2. b = ρ b + (1-ρ) z[t-1]; θ = ϑ + β b;
//  3. u = (v[t-1] - θ)/θ; h = max(0, 1-|u|); spike if u > 0;
//  4. v = α v[t-1] + (1-α) I - θ z[t-1];
//  5. neurons that spiked in the last n_ref steps have h = 0 and do not spike.
//
// The surrogate derivative of z by u is γ h.
type lsnn[F float] struct {
	v, b    []F
	pending [][]F // [delays] currents that are on their way, times 1-α
	last    []int32
	ring    [][]int32

	// Backward: the last delays+2 steps of V and X, and U/θ of step t+1.
	backV, backX [][]F
	u            []F
}

func newLSNN[F float](neurons, refractory, delays int) *lsnn[F] {
	s := &lsnn[F]{v: make([]F, neurons), b: make([]F, neurons), u: make([]F, neurons), last: make([]int32, neurons)}
	for range refractory + 1 {
		s.ring = append(s.ring, make([]int32, 0, neurons))
	}
	for range delays {
		s.pending = append(s.pending, make([]F, neurons))
	}
	for range delays + 2 {
		s.backV, s.backX = append(s.backV, make([]F, neurons)), append(s.backX, make([]F, neurons))
	}
	return s
}

func (s *lsnn[F]) reset() {
	clear(s.v)
	clear(s.b)
	for _, x := range s.pending {
		clear(x)
	}
	for j := range s.last {
		s.last[j] = -1 << 30
	}
	for i := range s.ring {
		s.ring[i] = s.ring[i][:0]
	}
}

// simulateLSNN runs one trial and fills the trace, up to the readout. tc.v[t] is the
// voltage before step t, tc.b[t] the adaptation of step t.
func (n *network[F]) simulateLSNN(s *lsnn[F], tr *data.Trial, tc *trace[F]) {
	N, c := n.neurons, &n.c
	s.reset()
	slots := len(s.ring)
	at := 0
	var before []int32
	for t := range n.shape.Steps {
		for ; at < len(tr.Events) && int(tr.Events[at].Step) == t; at++ {
			e := &tr.Events[at]
			s.send(n.in, n.inDrive, e.Channel, t, F(e.Value))
		}
		for _, i := range before {
			s.send(n.rec, n.recDrive, i, t, 1)
		}
		arrived := s.pending[t%len(s.pending)]
		h, v, b := tc.h[t*N:(t+1)*N], tc.v[t*N:(t+1)*N], tc.b[t*N:(t+1)*N]
		for j := range s.b {
			s.b[j] *= c.rho
		}
		for _, j := range before {
			if int(j) >= n.regular {
				s.b[j] += c.rho1
			}
			arrived[j] -= n.threshold(int(j), s.b[j])
		}
		copy(v, s.v)
		copy(b, s.b)
		now := s.ring[t%slots][:0]
		for j, x := range v {
			y := x / n.threshold(j, b[j])
			h[j] = max(min(y, 2-y), 0)
			if t-int(s.last[j]) < slots {
				h[j] = 0
			} else if y > 1 {
				s.last[j] = int32(t)
				now = append(now, int32(j))
			}
			s.v[j] = c.alpha*x + arrived[j]
			arrived[j] = 0
		}
		s.ring[t%slots] = now
		before = now
		tc.note(t, now)
		if t%flushEvery == flushEvery-1 {
			flush(s.v, n.tiny)
			flush(s.b, n.tiny)
		}
	}
}

// send puts the currents of a spike of unit i under way.
func (s *lsnn[F]) send(b *synapses[F], drive []F, i int32, t int, x F) {
	for k := b.start[i]; k < b.start[i+1]; k++ {
		s.pending[(t+int(b.delay[k]))%len(s.pending)][b.col[k]] += x * drive[k]
	}
}

// threshold returns θ of a neuron with adaptation b.
func (n *network[F]) threshold(j int, b F) F {
	if j < n.regular {
		return n.c.thr
	}
	return n.c.thr + n.c.beta*b
}

// adjointLSNN is adjointALIF for the LSNN cell. From the last step to the first,
//
//	V[t] = α V[t+1] + U[t+1]/θ[t+1]
//	Z[t] = S[t] - θ[t+1] V[t+1] + (1-ρ) Q[t+1]
//	U[t] = γ Z[t] h[t]
//	Q[t] = β Θ[t] + ρ Q[t+1], Θ[t] = -U[t] v[t-1]/θ[t]² - V[t] z[t-1]
//
// Through a synapse of delay d go V[t+1+d] (BPTT) and a[t+2+d] with a = L γ h/θ (the
// MDGL rules; our extension to this cell).
func (n *network[F]) adjointLSNN(w *worker[F], tr *data.Trial, tc *trace[F], g *gradient[F]) {
	N, K := n.neurons, n.outputs
	p, c, s := &n.plan, &n.c, w.lsnn
	slots := len(s.backV)
	for i := range slots {
		clear(s.backV[i])
		clear(s.backX[i])
	}
	clear(w.q)
	clear(s.u)
	copy(w.base, p.rate)
	secreteRate := n.modulatesRate(p.rule)
	silent := false
	at := len(tr.Events)
	steps := n.shape.Steps
	for t := steps - 1; t >= 0; t-- {
		h, before := tc.h[t*N:(t+1)*N], tc.v[t*N:(t+1)*N]
		b := tc.b[t*N : (t+1)*N]
		silent = n.direct(w.base, tc.lambda[t*K:(t+1)*K], silent)
		switch p.rule {
		case EProp:
			copy(w.s, w.base)
		case BPTT:
			n.gatherDelayed(w.s, w.base, s.backV, t+1)
		case NLMDGL:
			// The modulator reaches all neurons after the shortest delay.
			n.spread(w.s, w.base, s.backX[(t+2)%slots])
		default:
			n.gatherDelayed(w.s, w.base, s.backX, t+2)
		}
		next, v, x := s.backV[(t+1)%slots], s.backV[t%slots], s.backX[t%slots]
		for j, z := range w.s {
			v[j] = c.alpha*next[j] + s.u[j]
			if t+1 < steps {
				z += c.rho1*w.q[j] - n.threshold(j, tc.b[(t+1)*N+j])*next[j]
			}
			u := c.gamma * z * h[j] / n.threshold(j, b[j])
			s.u[j] = u
			w.q[j] *= c.rho
			if j >= n.regular {
				w.q[j] -= c.beta * u * before[j] / n.threshold(j, b[j])
			}
		}
		switch {
		case p.rule == EProp || p.rule == BPTT:
		case secreteRate:
			for j, a := range w.base {
				x[j] = a * h[j] / n.threshold(j, b[j])
			}
		default:
			for _, j := range p.heard {
				x[j] = (w.base[j] - p.rate[j]) * h[j] / n.threshold(int(j), b[j])
			}
		}
		for ; at > 0 && int(tr.Events[at-1].Step) == t; at-- {
			e := &tr.Events[at-1]
			s.collect(g.in, n.in, e.Channel, t, F(e.Value))
		}
		if t > 0 {
			for _, i := range tc.spikes[tc.start[t-1]:tc.start[t]] {
				s.collect(g.rec, n.rec, i, t, 1)
				if int(i) >= n.regular {
					w.q[i] -= c.beta * v[i]
				}
			}
		}
		if t%flushEvery == 0 {
			flush(v, n.tiny)
			flush(w.q, n.tiny)
		}
	}
}

// gatherDelayed sets s[i] = base[i] + Σ_k gain[k] X[from+delay[k]] over the synapses
// of i. x holds the last steps in a ring.
func (n *network[F]) gatherDelayed(s, base []F, x [][]F, from int) {
	p := &n.plan
	for i, sum := range base {
		for k := p.start[i]; k < p.start[i+1]; k++ {
			sum += p.gain[k] * x[(from+int(p.delay[k]))%len(x)][p.col[k]]
		}
		s[i] = sum
	}
}

// collect adds x V[t+d] to the gradient of the synapses of unit i.
func (s *lsnn[F]) collect(grad []F, b *synapses[F], i int32, t int, x F) {
	for k := b.start[i]; k < b.start[i+1]; k++ {
		grad[k] += x * s.backV[(t+int(b.delay[k]))%len(s.backV)][b.col[k]]
	}
}
