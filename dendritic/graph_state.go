package dendritic

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/loop"
)

// slot is one array of the state.
type slot struct {
	dims []int // without the runs
	// live returns the values of a network, which may be changed; nil if there is
	// read and write in its place.
	live  func(n *network[float64]) []float64
	read  func(n *network[float64]) []float64
	write func(n *network[float64], x []float64)
}

// Slots of the state that every circuit has. Vectors over all neurons with a
// membrane are in the order of the arena.
const (
	slotClock = iota
	slotIn
	slotInLast
	slotSup
	slotSupLast
	slotVoltage // prospective
	slotRate
	slotLast
	slotBasal
	slotTop
	slotNoise
	slotMembrane
	slotPredicted
	slotFirst // of those that depend on the rules
)

// layout lists the arrays of the state.
func (g *graphBatch) layout() {
	vector := func(n int, live func(n *network[float64]) []float64) {
		g.slots = append(g.slots, slot{dims: []int{n}, live: live})
	}
	first := g.nets[0]
	g.slots = append(g.slots, slot{}) // the clock
	vector(first.in.n, func(n *network[float64]) []float64 { return n.in.rate })
	vector(first.in.n, func(n *network[float64]) []float64 { return n.in.rateLast })
	vector(first.sup.n, func(n *network[float64]) []float64 { return n.sup.rate })
	vector(first.sup.n, func(n *network[float64]) []float64 { return n.sup.rateLast })
	vector(g.n, func(n *network[float64]) []float64 { return n.arena.phiArg[:g.n] })
	vector(g.n, func(n *network[float64]) []float64 { return n.arena.phiVal[:g.n] })
	vector(g.n, func(n *network[float64]) []float64 { return n.arena.rateLast })
	vector(g.n, func(n *network[float64]) []float64 { return n.arena.basal })
	vector(g.n, func(n *network[float64]) []float64 { return n.arena.top })
	vector(g.n, func(n *network[float64]) []float64 { return n.arena.noise })
	vector(g.n, func(n *network[float64]) []float64 { return n.arena.v })
	vector(g.n, func(n *network[float64]) []float64 { return n.arena.phiVal[n.arena.n:] })
	for _, p := range append(append(slices.Clone(first.hidden), first.inters...), first.out) {
		wanted := slices.ContainsFunc(g.nets, func(n *network[float64]) bool {
			return n.full || slices.ContainsFunc(n.wantHighpass, func(q *population[float64]) bool { return q.at == p.at })
		})
		if wanted {
			g.highpass = append(g.highpass, p)
			vector(p.n, func(n *network[float64]) []float64 {
				wanted := slices.ContainsFunc(n.wantHighpass, func(q *population[float64]) bool { return q.at == p.at })
				if !n.full && !wanted {
					return nil // the run keeps what it has, as on its own
				}
				return n.arena.highpass[p.at : p.at+p.n]
			})
		}
	}
	for k, p := range first.projections {
		s := p.base()
		g.weightAt = append(g.weightAt, len(g.slots))
		matrix := func(delta bool, of func(s *synapses[float64]) []float64) {
			g.slots = append(g.slots, slot{
				dims: []int{s.pre.n, s.post.n},
				read: func(n *network[float64]) []float64 {
					flat := make([]float64, s.size())
					n.projections[k].read(flat, delta)
					return flat
				},
				write: func(n *network[float64], x []float64) {
					s := n.projections[k].base()
					s.load(of(s), x)
				},
			})
		}
		matrix(false, func(s *synapses[float64]) []float64 { return s.w })
		if s.d != nil {
			matrix(true, func(s *synapses[float64]) []float64 { return s.d })
		}
	}
}

// push copies the states of the networks to the device.
func (g *graphBatch) push() error {
	runs := len(g.lanes)
	for _, n := range g.nets {
		n.settle() // pull loads weights, which nothing pending may change
		if n.predictedStale {
			n.phi(n.arena.phiVal[n.arena.n:], n.arena.phiArg[n.arena.n:])
		}
		if n.clock != g.nets[0].clock {
			return fmt.Errorf("dendritic: networks of a batch are at steps %d and %d", g.nets[0].clock, n.clock)
		}
	}
	arrays := []*tensors.Tensor{tensors.FromScalar(g.nets[0].clock)}
	for _, s := range g.slots[1:] {
		size := 1
		for _, d := range s.dims {
			size *= d
		}
		flat := make([]float64, size*runs)
		for r, n := range g.lanes {
			values := s.live
			if values == nil {
				values = s.read
			}
			x := values(n)
			for i, v := range x[:min(size, len(x))] {
				flat[i*runs+r] = v
			}
		}
		arrays = append(arrays, g.tensor(flat, append(slices.Clone(s.dims), runs)...))
	}
	g.drop()
	var err error
	g.state, err = loop.NewState(g.backend.Engine, g.device, arrays...)
	return err
}

// pull copies the states from the device to the networks. training says in which
// phase they are.
func (g *graphBatch) pull(training bool) error {
	runs := len(g.lanes)
	clock, err := loop.Read[uint64](g.state, slotClock)
	if err != nil {
		return err
	}
	for i, s := range g.slots {
		if i == slotClock {
			continue
		}
		flat, err := g.values(func() ([]float64, error) { return loop.Read[float64](g.state, i) },
			func() ([]float32, error) { return loop.Read[float32](g.state, i) })
		if err != nil {
			return err
		}
		x := make([]float64, len(flat)/runs)
		for r, n := range g.nets {
			for k := range x {
				x[k] = flat[k*runs+r]
			}
			if s.write != nil {
				s.write(n, x)
			} else {
				copy(s.live(n), x)
			}
		}
	}
	for _, n := range g.nets {
		n.clock, n.settled = clock[0], n.cfg.StepsPerPattern()
		clear(n.arena.sumBasal)
		clear(n.arena.sumTop)
		for i := range g.n {
			n.arena.phiArg[n.arena.n+i] = n.arena.scale[i] * n.arena.basal[i]
		}
		if !training { // the program leaves it to us, as nothing learns
			n.phi(n.arena.phiVal[n.arena.n:], n.arena.phiArg[n.arena.n:])
		}
		n.predictedStale = false
		n.setPhase(training, training && n.cfg.Presentation.Teach)
		for _, p := range n.projections {
			p.inputReset()
		}
	}
	return nil
}
