package mdgl

import (
	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/vec"
)

// lsnn is the state of one trial of the LSNN cell (section 2.2). It differs from
// alif: the spike follows from the voltage of the step before, scaling and reset use
// the adaptive threshold, and synapses have delays. A step is:
//
//  1. inputs and the spikes of the last step become currents of step t+d, with
//     the delays d; those of step t are taken;
//  2. b = ρ b + (1-ρ) z[t-1]; θ = ϑ + β b;
//  3. u = (v[t-1] - θ)/θ; h = max(0, 1-|u|); spike if u > 0;
//  4. v = α v[t-1] + (1-α) I - θ z[t-1];
//  5. neurons that spiked in the last n_ref steps have h = 0 and do not spike.
//
// The surrogate derivative of z by u is γ h.
type lsnn[F float] struct {
	spiking[F]
	cells    vec.LSNN[F] // v and b, and where a step finds currents and writes h
	currents []F         // [steps + delays, N] what arrives at a step, times 1-α

	// Backward, with rows of 0 behind the last step:
	backV, backX []F                // [steps + delays + 2, N] V and X
	back         vec.AdjointLSNN[F] // with U/θ of step t+1
}

// newLSNN makes the state of a worker whose adaptation has the adjoint q, signal s.
func (n *network[F]) newLSNN(q, s []F) *lsnn[F] {
	l, N, o := &lsnn[F]{spiking: newSpiking[F](n.neurons, n.cfg.Cells.Refractory)}, n.neurons, &n.own
	size := (n.shape.Steps + n.cfg.Cells.Delays + 2) * N
	l.currents, l.backV, l.backX = make([]F, size), make([]F, size), make([]F, size)
	l.cells = vec.LSNN[F]{V: l.v, B: l.b, Alpha: o.alpha, Beta: o.beta, Above: make([]uint64, words(N)), Threshold: n.c.thr}
	l.back = vec.AdjointLSNN[F]{
		S: s, U: make([]F, N), Q: q, Alpha: o.alpha, Rho: o.rho, Rho1: o.rho1, Beta: o.beta, Threshold: n.c.thr, Gamma: n.c.gamma,
	}
	return l
}

func (s *lsnn[F]) begin(from *State) {
	s.spiking.begin(from)
	clear(s.currents)
	if from != nil {
		for i, x := range from.Pending {
			s.currents[i] = F(x)
		}
	}
}

// simulateLSNN runs one trial and fills the trace, up to the readout. tc.v[t] is the
// voltage before step t, tc.b[t] the adaptation of step t. It begins at, and ends in,
// the given state; nil is rest.
func (n *network[F]) simulateLSNN(s *lsnn[F], tr *data.Trial, tc *trace[F], state *State) {
	N := n.neurons
	s.begin(state)
	at := 0
	before := s.ring[len(s.ring)-1]
	for t := range n.shape.Steps {
		for ; at < len(tr.Events) && int(tr.Events[at].Step) == t; at++ {
			e := &tr.Events[at]
			send(s.currents[t*N:], n.in, n.inDrive, e.Channel, F(e.Value))
		}
		for _, i := range before {
			send(s.currents[t*N:], n.rec, n.recDrive, i, 1)
		}
		arrived := s.currents[t*N : (t+1)*N]
		if s.noise != nil {
			n.addNoise(s.noise, arrived)
		}
		h, v, b := tc.row(tc.h, t, N), tc.row(tc.v, t, N), tc.row(tc.b, t, N)
		for j := range s.b {
			s.b[j] *= n.own.rho[j]
		}
		for _, j := range before {
			if int(j) >= n.regular {
				s.b[j] += n.own.rho1[j]
			}
			arrived[j] -= n.threshold(int(j), s.b[j])
		}
		copy(v, s.v)
		copy(b, s.b)
		s.cells.H, s.cells.Arrived = h, arrived
		s.cells.Step()
		before = s.fire(t, h, s.cells.Above)
		tc.note(t, before)
		if t%flushEvery == flushEvery-1 {
			flush(s.v, n.tiny)
			flush(s.b, n.tiny)
		}
	}
	if state != nil {
		s.end(n.shape.Steps, state)
		behind := n.shape.Steps * N
		state.Pending = float64s(s.currents[behind : behind+n.cfg.Cells.Delays*N])
	}
}

// send puts the currents of a spike of unit i under way, from the present step on.
func send[F float](currents []F, s *synapses[F], drive []F, i int32, x F) {
	from, to := s.start[i], s.start[i+1]
	w := drive[from:to]
	for k, j := range s.target[from:to] {
		currents[j] += x * w[k]
	}
}

// threshold returns θ of a neuron with adaptation b.
func (n *network[F]) threshold(j int, b F) F {
	if j < n.regular {
		return n.c.thr
	}
	return n.c.thr + n.own.beta[j]*b
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
	p, s := &n.plan, w.lsnn
	clear(s.backV)
	clear(s.backX)
	clear(w.q)
	clear(s.back.U)
	copy(w.base, p.rate)
	secreteRate := n.modulatesRate(p.rule)
	silent := false
	at := len(tr.Events)
	steps := n.shape.Steps
	later := tc.b[(steps-1)*N : steps*N] // of step t+1; any at the end, where V and Q are 0
	for t := steps - 1; t >= 0; t-- {
		h, before := tc.h[t*N:(t+1)*N], tc.v[t*N:(t+1)*N]
		b := tc.b[t*N : (t+1)*N]
		silent = n.direct(w.base, tc.lambda[t*K:(t+1)*K], silent)
		switch p.rule {
		case EProp:
			copy(w.s, w.base)
		case BPTT:
			vec.NonZero(h, w.active)
			n.gather(w.s, w.base, s.backV[(t+1)*N:], w.active)
		case NLMDGL:
			// The modulator reaches all neurons after the shortest delay.
			n.spread(w.s, w.base, s.backX[(t+2)*N:(t+3)*N], w.total)
		default:
			vec.NonZero(h, w.active)
			n.gather(w.s, w.base, s.backX[(t+2)*N:], w.active)
		}
		v, x := s.backV[t*N:(t+1)*N], s.backX[t*N:(t+1)*N]
		s.back.H, s.back.V, s.back.NextV = h, v, s.backV[(t+1)*N:(t+2)*N]
		s.back.Before, s.back.B, s.back.NextB = before, b, later
		s.back.Step()
		later = b
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
			collect(g.in, n.in, e.Channel, s.backV[t*N:], F(e.Value))
		}
		if t > 0 {
			for _, i := range tc.spikes[tc.start[t-1]:tc.start[t]] {
				collect(g.rec, n.rec, i, s.backV[t*N:], 1)
				if int(i) >= n.regular {
					w.q[i] -= n.own.beta[i] * v[i]
				}
			}
		}
		if t%flushEvery == 0 {
			flush(v, n.tiny)
			flush(w.q, n.tiny)
		}
	}
}
