package dendritic

import (
	"fmt"
	"slices"

	"github.com/neurocredit/neurocredit/internal/equation"
)

// Synapse groups, as Rules names them.
const (
	groupUp   = "up"
	groupP2I  = "p2i"
	groupI2P  = "i2p"
	groupDown = "down"
)

// PublishedRules returns the rules of the original program (docs/models/dendritic.md,
// section 4): low-passed error times presynaptic rate for up, p2i and i2p, and the
// PAL rule for the top-down synapses. With a rate of 0 the latter is feedback
// alignment.
//
// The state delta is the weight change of the next step; dt stands in the
// equations because the original adds it once per step.
func PublishedRules() Rules {
	lowPassed := func(err string) Rule {
		return Rule{Weight: "delta/dt", Delta: "(dt*eta*" + err + "*last_rate_pre - delta)/tau"}
	}
	return Rules{
		Up:   lowPassed("(rate_post - predicted_rate_post)"),
		P2I:  lowPassed("(rate_post - predicted_rate_post)"),
		I2P:  lowPassed("(-apical_post)"),
		Down: Rule{Weight: "eta*(noise_post*highpass_pre - alpha*w)"},
	}
}

// RuleScope lists the local quantities that the rule of a synapse group (up, p2i,
// i2p, down) may use. Values are those the previous step left behind.
func RuleScope(group string) (equation.Scope, error) {
	scope := equation.Scope{
		{Name: "w", Side: equation.Synapse, LaTeX: "w", Doc: "weight"},
		{Name: "delta", Side: equation.Synapse, LaTeX: `\delta`, Doc: "second state of the synapse, 0 at the start"},
		{Name: "eta", Side: equation.Scalar, LaTeX: `\eta`, Doc: "learning rate of the group and level"},
		{Name: "dt", Side: equation.Scalar, Unit: "ms", LaTeX: `\Delta t`, Doc: "time step"},
		{Name: "rate_pre", Side: equation.Pre, LaTeX: `r^{pre}`, Doc: "presynaptic rate"},
		{Name: "last_rate_pre", Side: equation.Pre, LaTeX: `\bar r^{pre}`, Doc: "presynaptic rate one step earlier, which caused the present dendritic voltage"},
		{Name: "rate_post", Side: equation.Post, LaTeX: `r^{post}`, Doc: "postsynaptic rate"},
		{Name: "last_rate_post", Side: equation.Post, LaTeX: `\bar r^{post}`, Doc: "postsynaptic rate one step earlier"},
		{Name: "predicted_rate_post", Side: equation.Post, LaTeX: `\hat r^{post}`, Doc: "rate predicted from the basal dendrite alone, φ(s v_basal)"},
		{Name: "u_post", Side: equation.Post, LaTeX: `\breve u^{post}`, Doc: "prospective voltage"},
		{Name: "basal_post", Side: equation.Post, LaTeX: `v_b^{post}`, Doc: "voltage of the basal dendrite"},
	}
	preMembrane := equation.Scope{
		{Name: "highpass_pre", Side: equation.Pre, LaTeX: `r_{hp}^{pre}`, Doc: "high-passed presynaptic rate"},
		{Name: "u_pre", Side: equation.Pre, LaTeX: `\breve u^{pre}`, Doc: "presynaptic prospective voltage"},
	}
	postPyramidal := equation.Scope{
		{Name: "apical_post", Side: equation.Post, LaTeX: `v_a^{post}`, Doc: "voltage of the apical dendrite, without its noise"},
		{Name: "noise_post", Side: equation.Post, LaTeX: `\xi^{post}`, Doc: "noise of the apical dendrite"},
		{Name: "highpass_post", Side: equation.Post, LaTeX: `r_{hp}^{post}`, Doc: "high-passed postsynaptic rate"},
	}
	tau := equation.Scope{{Name: "tau", Side: equation.Scalar, Unit: "ms", LaTeX: `\tau`, Doc: "time constant that smooths weight changes"}}
	switch group {
	case groupUp:
		return append(scope, tau...), nil
	case groupP2I:
		return append(append(scope, tau...), preMembrane...), nil
	case groupI2P:
		return append(append(scope, tau...), postPyramidal...), nil
	case groupDown:
		scope = append(append(scope, preMembrane...), postPyramidal...)
		return append(scope, equation.Quantity{Name: "alpha", Side: equation.Scalar, LaTeX: `\alpha`, Doc: "decay constant learning.alpha"}), nil
	}
	return nil, fmt.Errorf("dendritic: unknown synapse group %q, must be up, p2i, i2p or down", group)
}

// rule returns the rule of a group: the user's, or else the published one.
func (c *Config) rule(group string) Rule {
	published := PublishedRules()
	own := c.Learning.Rules
	pick := func(own, published Rule) Rule {
		if own != (Rule{}) {
			return own
		}
		return published
	}
	switch group {
	case groupUp:
		return pick(own.Up, published.Up)
	case groupP2I:
		return pick(own.P2I, published.P2I)
	case groupI2P:
		return pick(own.I2P, published.I2P)
	}
	return pick(own.Down, published.Down)
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

// idleRules says which of the configuration's own rules cannot change any weight.
func (c *Config) idleRules() (notes []string) {
	own, rates, taus := c.Learning.Rules, c.Learning.Rates, c.Learning.Taus
	for _, g := range []struct {
		group string
		own   Rule
		rates []float64
		tau   float64
	}{{groupUp, own.Up, rates.Up, taus.Up}, {groupP2I, own.P2I, rates.P2I, taus.P2I}, {groupI2P, own.I2P, rates.I2P, taus.I2P}, {groupDown, own.Down, rates.Down, 0}} {
		if g.own == (Rule{}) {
			continue
		}
		if g.group == groupI2P && !c.i2pPlastic() {
			notes = append(notes, fmt.Sprintf("learning.rules.i2p is not used: learning.i2p %s freezes i2p", c.Learning.I2P))
			continue
		}
		active := slices.ContainsFunc(g.rates, func(eta float64) bool {
			return c.ruleActive(g.group, map[string]float64{"eta": eta, "tau": g.tau, "alpha": c.Learning.Alpha, "dt": c.Circuit.Dt})
		})
		if !active {
			notes = append(notes, fmt.Sprintf("learning.rules.%s changes no weight: learning.rates.%s is %v", g.group, g.group, g.rates))
		}
	}
	return notes
}

// ruleActive reports whether a rule can change weights: with delta at 0, unless a
// term moves it.
func (c *Config) ruleActive(group string, scalars map[string]float64) bool {
	weight, delta, err := c.parseRule(group)
	moved := delta == nil || err != nil
	moves := func(e *equation.Expr) bool {
		terms, split := e.Split()
		return !split || slices.ContainsFunc(terms, func(t equation.Term) bool {
			v, err := t.Scale.Value(scalars)
			return (err != nil || v != 0) && (moved || t.Synapse != "delta")
		})
	}
	moved = moved || moves(delta)
	return err != nil || moves(weight)
}
