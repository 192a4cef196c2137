package pal

import (
	"fmt"
	"maps"
	"slices"
)

// recordable lists the variables of every group of a level, in the names of the
// recordings (section 10).
func (c *Config) recordable(level int) map[string][]string {
	synapses := []string{"g", "delta"}
	neurons := []string{"V", "v_brev", "rate", "rate_last"}
	with := func(more ...string) []string { return append(slices.Clone(neurons), more...) }
	weights := func(group string) []string {
		if c.rule(group).Delta == "" {
			return synapses[:1]
		}
		return synapses
	}
	switch {
	case level == 0:
		return map[string][]string{"input": {"rate", "rate_last"}}
	case level == c.Hidden()+1:
		return map[string][]string{"output": with("v_basal", "rate_highpass"), "ff": weights(groupUp)}
	}
	return map[string][]string{
		"pyramidal": with("v_basal", "v_apical", "noise", "rate_highpass"), "inter": with("v_dendrite"),
		"ff": weights(groupUp), "fb": weights(groupDown), "p2i": weights(groupP2I), "i2p": weights(groupI2P),
	}
}

func groupNames(known map[string][]string) []string { return slices.Sorted(maps.Keys(known)) }

// population returns a population of a level by its recording name, or nil.
func (n *network) population(level int, name string) *population {
	h := len(n.inters)
	switch {
	case name == "input" && level == 0:
		return n.in
	case name == "pyramidal" && level >= 1 && level <= h:
		return n.pyr[level-1]
	case name == "inter" && level >= 1 && level <= h:
		return n.inters[level-1]
	case name == "output" && level == h+1:
		return n.out()
	}
	return nil
}

// find returns the synapse group of a level by its recording name, or nil.
func (n *network) find(level int, file string) *synapses {
	for _, s := range n.synapses {
		if s.level == level && s.file == file {
			return s
		}
	}
	return nil
}

// read copies the present values of a recordable variable; weights as [pre][post].
func (n *network) read(level int, group, variable string) ([]float64, error) {
	if p := n.population(level, group); p != nil {
		if x := p.variable(variable); x != nil {
			return slices.Clone(x), nil
		}
	}
	if s := n.find(level, group); s != nil {
		if m := map[string][]float64{"g": s.w, "delta": s.d}[variable]; m != nil {
			return slices.Clone(m), nil
		}
	}
	if level < 0 || level > n.cfg.Hidden()+1 {
		return nil, fmt.Errorf("pal: no level %d, must be 0 to %d", level, n.cfg.Hidden()+1)
	}
	return nil, fmt.Errorf("pal: level %d has no variable %s of %s, must be one of %v", level, variable, group, n.cfg.recordable(level))
}
