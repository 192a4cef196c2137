package mdgl

import "github.com/neurocredit/neurocredit/data"

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
	above []int32 // neurons with u > 0

	watchV, watchB []F // v and b of the step before they decay, if not nil
}

func newALIF[F float](neurons, refractory int) *alif[F] {
	return &alif[F]{spiking: newSpiking[F](neurons, refractory), above: make([]int32, neurons)}
}

// step advances by one step with the events of step t and returns the neurons that
// spike, valid until the ring comes round. It writes h.
func (n *network[F]) step(s *alif[F], t int, events []data.Event, h []F) []int32 {
	c := &n.c
	slots := len(s.ring)
	v, b := s.v, s.b
	for _, e := range events {
		from, to := n.in.start[e.Channel], n.in.start[e.Channel+1]
		w, x := n.inDrive[from:to], F(e.Value)
		for k, j := range n.in.col[from:to] {
			v[j] += x * w[k]
		}
	}
	for _, i := range s.ring[(t+slots-1)%slots] {
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
	lif := n.regular
	var above []int32
	if n.own.varied {
		above = s.above[:n.variedCells(v, b, h, s.above)]
	} else {
		above = s.above[:n.cells(v[:lif], h[:lif], s.above, 0)]
		above = s.above[:len(above)+n.adaptiveCells(v[lif:], b[lif:], h[lif:], s.above[len(above):], lif)]
	}

	now := s.ring[t%slots][:0]
	for i, spikes := range s.ring {
		if i != t%slots {
			for _, j := range spikes {
				h[j] = 0
			}
		}
	}
	for _, j := range above {
		if t-int(s.last[j]) >= slots {
			s.last[j] = int32(t)
			now = append(now, j)
		}
	}
	s.ring[t%slots] = now
	if t%flushEvery == flushEvery-1 {
		flush(v, n.tiny)
		flush(b, n.tiny)
	}
	return now
}

// cells computes h of neurons without adaptation, lets v decay, and lists those above
// threshold.
func (n *network[F]) cells(v, h []F, above []int32, first int) int {
	alpha, scale := n.c.alpha, n.c.invThr
	h = h[:len(v)]
	count := 0
	for j, x := range v {
		v[j] = x * alpha
		y := x * scale // u + 1
		h[j] = max(min(y, 2-y), 0)
		if y > 1 {
			above[count] = int32(first + j)
			count++
		}
	}
	return count
}

// adaptiveCells is cells with adaptation.
func (n *network[F]) adaptiveCells(v, b, h []F, above []int32, first int) int {
	alpha, rho, beta, scale := n.c.alpha, n.c.rho, n.c.beta, n.c.invThr
	h, b = h[:len(v)], b[:len(v)]
	count := 0
	for j, x := range v {
		a := b[j]
		v[j] = x * alpha
		b[j] = a * rho
		y := (x - beta*a) * scale
		h[j] = max(min(y, 2-y), 0)
		if y > 1 {
			above[count] = int32(first + j)
			count++
		}
	}
	return count
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
