package pal

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/loop"
)

// Arrays of the graph engine have the runs as their last axis: vectors over neurons
// are [n, R], synapses [pre, post, R], parameters of runs [1, R].

// slot is one array of the state.
type slot struct {
	dims []int // without the runs
	live func(n *network) []float64
}

// Slots of the state that every circuit has. Vectors over all cells are in their
// order.
const (
	slotV = iota
	slotVLast
	slotU
	slotRate
	slotRateLast
	slotBasal
	slotHighpass
	slotIn
	slotInLast
	slotFirst // of those that depend on the circuit
)

// layout lists the arrays of the state: all from which the next step follows, and
// those that points and recordings show.
func (g *graphBatch) layout() {
	first := g.nets[0]
	add := func(live func(n *network) []float64, dims ...int) { g.slots = append(g.slots, slot{dims, live}) }
	c := first.cells
	add(func(n *network) []float64 { return n.cells.v }, c.n)
	add(func(n *network) []float64 { return n.cells.vLast }, c.n)
	add(func(n *network) []float64 { return n.cells.phiArg[:c.n] }, c.n)
	add(func(n *network) []float64 { return n.cells.phiVal[:c.n] }, c.n)
	add(func(n *network) []float64 { return n.cells.rateLast }, c.n)
	add(func(n *network) []float64 { return n.cells.basal }, c.n)
	add(func(n *network) []float64 { return n.cells.highpass }, c.pyramidal)
	add(func(n *network) []float64 { return n.in.rate }, first.in.n)
	add(func(n *network) []float64 { return n.in.rateLast }, first.in.n)
	populations := func(at *int, count int, of func(n *network, i int) (p *population, x []float64)) {
		*at = len(g.slots)
		for i := range count {
			p, _ := of(first, i)
			add(func(n *network) []float64 { _, x := of(n, i); return x }, p.n)
		}
	}
	hidden := len(first.inters)
	populations(&g.first.apical, hidden, func(n *network, i int) (*population, []float64) { return n.pyr[i], n.pyr[i].apical })
	populations(&g.first.noise, hidden, func(n *network, i int) (*population, []float64) { return n.pyr[i], n.pyr[i].noise })
	populations(&g.first.lowpass, len(first.wantLowpass), func(n *network, i int) (*population, []float64) {
		return n.wantLowpass[i], n.wantLowpass[i].lowpass
	})
	populations(&g.first.lowpassError, len(first.wantError), func(n *network, i int) (*population, []float64) {
		return n.wantError[i], n.wantError[i].lowpassError
	})
	g.first.weights = len(g.slots)
	for k, s := range first.synapses {
		add(func(n *network) []float64 { return n.synapses[k].w }, s.pre.n, s.post.n)
	}
	for k, s := range first.synapses {
		if s.d == nil {
			g.delta = append(g.delta, -1)
			continue
		}
		g.delta = append(g.delta, len(g.slots))
		add(func(n *network) []float64 { return n.synapses[k].d }, s.pre.n, s.post.n)
	}
}

// lane returns the network whose numbers lane r has.
func (g *graphBatch) lane(r int) *network { return g.nets[min(r, len(g.nets)-1)] }

// tensor gathers one array of all runs.
func (g *graphBatch) tensor(of func(n *network) []float64, dims ...int) *tensors.Tensor {
	size := 1
	for _, d := range dims {
		size *= d
	}
	flat := make([]float64, size*g.lanes)
	for r := range g.lanes {
		for i, v := range of(g.lane(r))[:size] {
			flat[i*g.lanes+r] = v
		}
	}
	return tensors.FromFlatDataAndDimensions(flat, append(slices.Clone(dims), g.lanes)...)
}

// push copies the states of the networks to the device.
func (g *graphBatch) push() (err error) {
	var arrays []*tensors.Tensor
	for _, s := range g.slots {
		arrays = append(arrays, g.tensor(s.live, s.dims...))
	}
	g.drop()
	g.state, err = loop.NewState(g.backend.Engine, 0, arrays...)
	return err
}

// pull copies the states from the device to the networks that are wanted.
func (g *graphBatch) pull(wanted func(r int) bool) error {
	for i, s := range g.slots {
		flat, err := loop.Read[float64](g.state, i)
		if err != nil {
			return err
		}
		for r, n := range g.nets {
			if !wanted(r) {
				continue
			}
			x := s.live(n)
			for k := range x {
				x[k] = flat[k*g.lanes+r]
			}
		}
	}
	return nil
}

// param is a parameter of the runs, as the number of a constant of the program.
type param int

func (p param) node(consts []*graph.Node) *graph.Node { return consts[p] }

// perRun adds a parameter [1, R].
func (g *graphBatch) perRun(value func(n *network) float64) param {
	g.params = append(g.params, g.tensor(func(n *network) []float64 { return []float64{value(n)} }, 1))
	return param(len(g.params) - 1)
}

// perNeuron adds a parameter of all cells, [n, R]. It has that shape even if all
// runs agree: another program could round otherwise.
func (g *graphBatch) perNeuron(of func(n *network) []float64) param {
	g.params = append(g.params, g.tensor(of, g.nets[0].cells.n))
	return param(len(g.params) - 1)
}
