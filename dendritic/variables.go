package dendritic

import (
	"cmp"
	"slices"
)

// Names of the state variables, as in the published recordings (section 2 of
// docs/models/dendritic.md).
var (
	playerVariables    = []string{"rate", "rate_last"}
	pyramidalVariables = []string{"V", "v_basal", "v_apical", "v_steady", "v_dot", "dv", "v_brev", "noise", "rate", "rate_last", "rate_basal", "rate_highpass"}
	interVariables     = []string{"V", "v_dendrite", "v_down", "v_steady", "v_dot", "dv", "v_brev", "rate", "rate_last", "rate_dendrite", "rate_dendrite_last"}
	outputVariables    = []string{"V", "v_basal", "v_target", "v_steady", "v_dot", "dv", "v_brev", "rate", "rate_last", "rate_basal", "rate_highpass"}
	synapseVariables   = []string{"g", "delta"}
)

// groups lists the populations and synapse groups of a level.
func (c *Config) groups(level int) []string {
	out := c.Hidden() + 1
	switch {
	case level == 0:
		return []string{"input"}
	case level == out+1:
		return []string{"supervisor"}
	case level == out:
		return []string{"output", "ff"}
	}
	g := []string{"pyramidal", "inter", "ff", "fb", "p2i", "i2p"}
	if c.Circuit.Bias.On {
		g = append(g, "bias_to_pyr", "bias_to_inter")
	}
	return g
}

// recordable lists the variables of a group, nil if the level has no such group.
func (c *Config) recordable(level int, group string) []string {
	if !slices.Contains(c.groups(level), group) {
		return nil
	}
	switch group {
	case "input", "supervisor":
		return playerVariables
	case "pyramidal":
		return pyramidalVariables
	case "inter":
		return interVariables
	case "output":
		return outputVariables
	}
	rule := map[string]string{"fb": groupDown, "p2i": groupP2I, "bias_to_inter": groupP2I, "i2p": groupI2P}[group]
	if c.rule(cmp.Or(rule, groupUp)).Delta == "" {
		return synapseVariables[:1]
	}
	return synapseVariables
}
