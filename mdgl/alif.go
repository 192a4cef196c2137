package mdgl

import (
	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/vec"
)

// alif is the state of one trial of the ALIF cell (section 2.1). A step is:
//
//  1. v and b have decayed since the last step, v ← α v, b ← ρ b;
//  2. v += (1-α) W x[t] + (1-α) W z[t-1] - ϑ z[t-1]; b += (1-ρ) z[t-1];
//  3. u = (v - ϑ - β b)/ϑ; h = max(0, 1-|u|); spike if u > 0;
//  4. neurons that spiked in the last n_ref steps have h = 0 and do not spike.
//
// The surrogate derivative of z by v is ψ = (γ/ϑ) h. Only spikes and inputs touch
// synapses.
type alif[F float] struct {
	spiking[F]
	cells vec.ALIF[F] // v and b, and where a step writes h

	watchV, watchB []F // v and b of the step before they decay, if not nil
}

func (n *network[F]) newALIF() *alif[F] {
	s := &alif[F]{spiking: newSpiking[F](n.neurons, n.cfg.Cells.Refractory)}
	s.cells = vec.ALIF[F]{
		V: s.v, B: s.b, Alpha: n.own.alpha, Rho: n.own.rho, Beta: n.own.beta,
		Above: make([]uint64, words(n.neurons)), Scale: n.c.invThr,
	}
	return s
}

// step advances by one step with the events of step t and returns the neurons that
// spike, valid until the ring comes round. It writes h.
func (n *network[F]) step(s *alif[F], t int, events []data.Event, h []F) []int32 {
	c := &n.c
	v, b := s.v, s.b
	for _, e := range events {
		from, to := n.in.start[e.Channel], n.in.start[e.Channel+1]
		w, x := n.inDrive[from:to], F(e.Value)
		for k, j := range n.in.col[from:to] {
			v[j] += x * w[k]
		}
	}
	for _, i := range s.before(t) {
		from, to := n.rec.start[i], n.rec.start[i+1]
		w := n.recDrive[from:to]
		for k, j := range n.rec.col[from:to] {
			v[j] += w[k]
		}
		v[i] -= c.thr
		if int(i) >= n.regular {
			b[i] += n.own.rho1[i]
		}
	}
	if s.noise != nil {
		n.addNoise(s.noise, v)
	}
	if s.watchV != nil {
		copy(s.watchV, v)
		copy(s.watchB, b)
	}
	s.cells.H = h
	s.cells.Step()
	now := s.fire(t, h, s.cells.Above)
	if t%flushEvery == flushEvery-1 {
		flush(v, n.tiny)
		flush(b, n.tiny)
	}
	return now
}

// flushEvery is the number of steps after which numbers on the way to underflow are
// set to 0. Between, they lose less than a factor of 1e-14 for all sensible time
// constants; without it, arithmetic on subnormal numbers would be slow.
const flushEvery = 64

func flush[F float](x []F, tiny F) {
	for j, y := range x {
		if y < tiny && y > -tiny {
			x[j] = 0
		}
	}
}

// simulateALIF runs one trial and fills the trace, up to the readout.
// It begins at, and ends in, the given state; nil is rest.
func (n *network[F]) simulateALIF(s *alif[F], tr *data.Trial, tc *trace[F], state *State) {
	N := n.neurons
	s.begin(state)
	at := 0
	for t := range n.shape.Steps {
		from := at
		for at < len(tr.Events) && int(tr.Events[at].Step) == t {
			at++
		}
		if tc.watched {
			s.watchV, s.watchB = tc.row(tc.v, t, N), tc.row(tc.b, t, N)
		}
		tc.note(t, n.step(s, t, tr.Events[from:at], tc.row(tc.h, t, N)))
	}
	s.watchV, s.watchB = nil, nil
	if state != nil {
		s.end(n.shape.Steps, state)
	}
}
