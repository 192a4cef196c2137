package pal

import (
	"encoding/gob"
	"fmt"
)

// vectors lists all state of a network: cells, what populations have of their own,
// weights. The slices are the state itself.
func (n *network) vectors() [][]float64 {
	all := [][]float64{n.cells.state}
	for _, list := range [][]*population{{n.in}, n.pyr, n.inters} {
		for _, p := range list {
			all = append(all, p.vectors()...)
		}
	}
	for _, s := range n.synapses {
		all = append(all, s.w, s.d)
	}
	return all
}

// copyState makes n equal to another network of the same configuration, but for
// phase and target.
func (n *network) copyState(from *network) {
	src := from.vectors()
	for i, dst := range n.vectors() {
		copy(dst, src[i])
	}
	n.count = from.count
}

// netState is everything of a network that is not in its configuration.
type netState struct {
	Vectors [][]float64
	Target  []float64
	Phase   phase
	Count   int64
}

func (n *network) save(enc *gob.Encoder) error {
	return enc.Encode(netState{Vectors: n.vectors(), Target: n.target, Phase: n.phase, Count: n.count})
}

func (n *network) load(dec *gob.Decoder) error {
	var s netState
	if err := dec.Decode(&s); err != nil {
		return err
	}
	all := n.vectors()
	if len(s.Vectors) != len(all) {
		return fmt.Errorf("pal: saved state is of another circuit")
	}
	for i, v := range s.Vectors {
		if len(v) != len(all[i]) {
			return fmt.Errorf("pal: saved state is of another circuit: vector %d has %d values, not %d", i, len(v), len(all[i]))
		}
		copy(all[i], v)
	}
	n.count = s.Count
	n.setTarget(s.Target)
	n.setPhase(s.Phase)
	return nil
}

// snapshot returns the bottom-up and top-down weights in one vector.
func (n *network) snapshot() (all []float64) {
	for _, list := range [][]*synapses{n.up, n.down} {
		for _, s := range list {
			all = append(all, s.w...)
		}
	}
	return all
}

// setSnapshot sets the weights to those of snapshot.
func (n *network) setSnapshot(all []float64) {
	for _, list := range [][]*synapses{n.up, n.down} {
		for _, s := range list {
			all = all[copy(s.w, all):]
		}
	}
}
