package mdgl

import (
	"fmt"
	"slices"

	"github.com/neurocredit/neurocredit/internal/config"
)

// Rule is a learning rule for input and recurrent weights. All rules share the
// simulation, the exact gradient of the readout, and the optimiser. A rule gives
// each neuron p a signal S_p[t]; the gradient of a synapse q→p is the sum over
// time of S_p[t] times the eligibility trace e_pq[t], the exact derivative of the
// neuron's output with respect to the weight inside the neuron. The adjoint form
// (docs/models/mdgl.md, section 6) computes that sum without storing traces.
//
// Costs below are for one trial of T steps, N neurons and E existing synapses,
// with spikes few enough not to count. Memory is for the adjoint form, which keeps
// T N numbers per trial; the online form of every rule but BPTT keeps about 4 E
// numbers and nothing that grows with T, for T E operations.
type Rule string

const (
	// BPTT is backpropagation through time: the exact gradient, up to the surrogate
	// derivative of the spike. S_p is the total derivative, through all paths. It
	// needs the future of the whole network. Time T (N + E), no online form.
	BPTT Rule = "bptt"

	// EProp keeps only the direct derivative: S_p[t] = L_p[t], the effect of
	// a spike on the loss through the readout. All paths through other neurons are
	// dropped, so neurons without output synapse learn nothing. Time T N.
	EProp Rule = "eprop"

	// MDGL adds the paths through exactly one recurrent synapse, weighted by cell
	// type: S_p[t] = L_p[t] + (1-α) Σ_j W_ab L_j[t+1] ψ_j[t+1] over the targets j of p,
	// W_ab the mean weight from p's type to j's. Dropped are paths through two or
	// more synapses, the membrane memory of j, and differences of weights within a
	// pair of types. Time T (N + E).
	MDGL Rule = "mdgl"

	// MDGLCell is MDGL before its approximation by types: W_ab is the synapse's own
	// weight W[p,j]. Time T (N + E).
	MDGLCell Rule = "mdgl_cell"

	// NLMDGL is the non-local MDGL: the modulator diffuses everywhere, so the sum
	// runs over all neurons j, and W_ab is the mean over all entries of the block,
	// zeros included. Time T N.
	NLMDGL Rule = "nl_mdgl"

	// OnMDGL is the causal form of MDGL: the product of two filtered factors, the
	// trace and ψ, replaces the filtered product. The part of e-prop is unchanged.
	// Time T (N + E), E only at the steps where the loss is evaluated; memory 2 T N.
	OnMDGL Rule = "on_mdgl"
)

// Rules lists the published rules, from the exact one down.
func Rules() []Rule { return []Rule{BPTT, MDGLCell, MDGL, NLMDGL, OnMDGL, EProp} }

// ParseRule returns the rule of that name.
func ParseRule(name string) (Rule, error) {
	known := append(Rules(), Own)
	if slices.Contains(known, Rule(name)) {
		return Rule(name), nil
	}
	return "", fmt.Errorf("mdgl: unknown rule %q%s, must be one of %v", name, config.Suggest(name, known), known)
}
