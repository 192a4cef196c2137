package pal

import (
	"fmt"

	"github.com/neurocredit/neurocredit/internal/equation"
)

// Synapse groups, as Rules names them.
const (
	groupUp   = "up"
	groupP2I  = "p2i"
	groupI2P  = "i2p"
	groupDown = "down"
)

// unfiltered is the bottom-up rule without low-pass, with which the published
// program trains under feedback alignment and backpropagation.
var unfiltered = Rule{Weight: "eta*(rate_post - predicted_rate_post)*last_rate_pre"}

// PublishedRules returns the rules of the published program for PAL
// (docs/models/pal.md, section 5): low-passed error times presynaptic rate for
// up, the same without low-pass for p2i, apical voltage times rate for i2p, and
// noise times high-passed rate with decay for down.
//
// In a step, delta changes first, and w takes the new delta; dt stands in the
// equations because the published program adds delta once per step.
func PublishedRules() Rules {
	return Rules{
		Up:   Rule{Weight: "delta/dt", Delta: "(dt*eta*(rate_post - predicted_rate_post)*last_rate_pre - delta)/tau"},
		P2I:  unfiltered,
		I2P:  Rule{Weight: "eta*(-apical_post)*last_rate_pre"},
		Down: Rule{Weight: "eta*(noise_post*highpass_pre - alpha*w)"},
	}
}

// RuleScope lists the local quantities that the rule of a synapse group (up, p2i,
// i2p, down) may use. Dendritic voltages and last rates belong to the previous
// step, which caused the present rates (section 5).
func RuleScope(group string) (equation.Scope, error) {
	scope := equation.Scope{
		{Name: "w", Side: equation.Synapse, LaTeX: "w", Doc: "weight"},
		{Name: "delta", Side: equation.Synapse, LaTeX: `\delta`, Doc: "second state of the synapse, 0 at the start"},
		{Name: "eta", Side: equation.Scalar, Unit: "1/ms", LaTeX: `\eta`, Doc: "learning rate of the group and level"},
		{Name: "dt", Side: equation.Scalar, Unit: "ms", LaTeX: `\Delta t`, Doc: "time step"},
		{Name: "tau", Side: equation.Scalar, Unit: "ms", LaTeX: `\tau`, Doc: "time constant learning.tau, which smooths weight changes"},
		{Name: "rate_pre", Side: equation.Pre, LaTeX: `r^{pre}`, Doc: "presynaptic rate"},
		{Name: "last_rate_pre", Side: equation.Pre, LaTeX: `\bar r^{pre}`, Doc: "presynaptic rate one step earlier, which caused the present dendritic voltage"},
		{Name: "lowpass_pre", Side: equation.Pre, LaTeX: `r_{lp}^{pre}`, Doc: "last_rate_pre, low-passed with tau"},
		{Name: "rate_post", Side: equation.Post, LaTeX: `r^{post}`, Doc: "postsynaptic rate"},
		{Name: "last_rate_post", Side: equation.Post, LaTeX: `\bar r^{post}`, Doc: "postsynaptic rate one step earlier"},
		{Name: "predicted_rate_post", Side: equation.Post, LaTeX: `\hat r^{post}`, Doc: "rate predicted from the basal dendrite alone, φ(predicted_u_post)"},
		{Name: "u_post", Side: equation.Post, LaTeX: `\breve u^{post}`, Doc: "prospective voltage"},
		{Name: "predicted_u_post", Side: equation.Post, LaTeX: `\hat u^{post}`, Doc: "prospective voltage predicted from the basal dendrite alone"},
		{Name: "lowpass_error_post", Side: equation.Post, LaTeX: `e_{lp}^{post}`, Doc: "rate_post - predicted_rate_post, low-passed with tau"},
		{Name: "basal_post", Side: equation.Post, LaTeX: `v_b^{post}`, Doc: "voltage of the basal dendrite"},
		{Name: "slope_post", Side: equation.Post, LaTeX: `\varphi'^{post}`, Doc: "slope of the transfer function at u_post"},
	}
	preMembrane := equation.Scope{
		{Name: "highpass_pre", Side: equation.Pre, LaTeX: `r_{hp}^{pre}`, Doc: "high-passed presynaptic rate"},
	}
	preNeuron := equation.Scope{
		{Name: "u_pre", Side: equation.Pre, LaTeX: `\breve u^{pre}`, Doc: "presynaptic prospective voltage"},
		{Name: "slope_pre", Side: equation.Pre, LaTeX: `\varphi'^{pre}`, Doc: "slope of the transfer function at u_pre"},
	}
	postPyramidal := equation.Scope{
		{Name: "apical_post", Side: equation.Post, LaTeX: `v_a^{post}`, Doc: "voltage of the apical dendrite, without its noise"},
		{Name: "noise_post", Side: equation.Post, LaTeX: `\xi^{post}`, Doc: "noise of the apical dendrite"},
		{Name: "highpass_post", Side: equation.Post, LaTeX: `r_{hp}^{post}`, Doc: "high-passed postsynaptic rate"},
	}
	switch group {
	case groupUp:
		return scope, nil
	case groupP2I:
		return append(append(scope, preMembrane...), preNeuron...), nil
	case groupI2P:
		return append(append(scope, preNeuron...), postPyramidal...), nil
	case groupDown:
		scope = append(append(append(scope, preMembrane...), preNeuron...), postPyramidal...)
		return append(scope, equation.Quantity{Name: "alpha", Side: equation.Scalar, LaTeX: `\alpha`, Doc: "decay constant learning.alpha of the level"}), nil
	}
	return nil, fmt.Errorf("pal: unknown synapse group %q, must be up, p2i, i2p or down", group)
}

// rule returns the rule of a group: the user's, or else the published one.
func (c *Config) rule(group string) Rule {
	own, published := c.Learning.Rules.of(group), PublishedRules()
	if own != (Rule{}) {
		return own
	}
	return published.of(group)
}

func (r *Rules) of(group string) Rule {
	switch group {
	case groupUp:
		return r.Up
	case groupP2I:
		return r.P2I
	case groupI2P:
		return r.I2P
	}
	return r.Down
}

// parseRule parses the equations of a group's rule. delta is nil for a rule
// without second state.
func (c *Config) parseRule(group string) (weight, delta *equation.Expr, err error) {
	scope, err := RuleScope(group)
	if err != nil {
		return nil, nil, err
	}
	return c.rule(group).Parse(scope)
}
