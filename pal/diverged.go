package pal

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// limit bounds prospective voltages and weights. Both are of order 1; a circuit
// that reaches the limit has lost all meaning and would end in NaN.
const limit = 1e6

// bounded checks the prospective voltages, where whatever a rule breaks shows
// within two steps.
func (n *network) bounded() bool {
	sum := 0.0
	for _, u := range n.cells.phiArg[:n.cells.n] {
		sum += u * u
	}
	return sum < limit*limit // false for NaN
}

// DivergedError reports a run that was stopped because a quantity became NaN or
// left all bounds. Where several groups of weights are NaN or infinite by then, it names
// all: one spoils the others within a few steps.
type DivergedError struct {
	Step     int64   // steps since the start of the run
	Quantity string  // what is out of bounds
	Value    float64 // its value; NaN for several groups
	Rule     string  // the rule that changes it, if it is a weight; of several groups: group: rule; group: rule

	several bool
}

func (e *DivergedError) Error() string {
	if e.several {
		return fmt.Sprintf("pal: step %d: %s are not finite, and one of them was first; their rules: %s", e.Step, e.Quantity, e.Rule)
	}
	s := fmt.Sprintf("pal: step %d: %s is %g, out of bounds (%g)", e.Step, e.Quantity, e.Value, float64(limit))
	if e.Rule != "" {
		s += "; its rule: " + e.Rule
	}
	return s
}

// diagnose names the synapse or neuron that left the bounds: weights first,
// because they cause the rest.
func (n *network) diagnose() error {
	worst := &DivergedError{Step: n.count}
	largest := 0.0
	consider := func(name, rule string, values []float64) {
		for i, v := range values {
			x := math.Abs(v)
			if math.IsNaN(x) {
				x = math.Inf(1)
			}
			if x > largest {
				largest = x
				worst.Quantity, worst.Value, worst.Rule = fmt.Sprintf("%s[%d]", name, i), v, rule
			}
		}
	}
	var lost []*synapses
	for _, s := range n.synapses {
		if s.rule.active {
			rule := n.cfg.rule(s.group)
			consider(fmt.Sprintf("weight %s of level %d", s.file, s.level), rule.String(), s.w)
			consider(fmt.Sprintf("delta %s of level %d", s.file, s.level), rule.String(), s.d)
			if slices.ContainsFunc(slices.Concat(s.w, s.d), notFinite) {
				lost = append(lost, s)
			}
		}
	}
	if len(lost) > 1 {
		return n.lostWeights(lost)
	}
	if largest < limit {
		largest = 0
		consider("prospective voltage of neuron", "", n.cells.phiArg[:n.cells.n])
	}
	return worst
}

func notFinite(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }

// lostWeights names groups that are not finite, with their rules.
func (n *network) lostWeights(lost []*synapses) error {
	var names, rules []string
	for _, s := range lost {
		names = append(names, fmt.Sprintf("%s of level %d", s.file, s.level))
		rule := n.cfg.rule(s.group)
		if text := s.group + ": " + rule.String(); !slices.Contains(rules, text) {
			rules = append(rules, text)
		}
	}
	return &DivergedError{n.count, "weights " + strings.Join(names, ", "), math.NaN(), strings.Join(rules, "; "), true}
}

// outputError returns the squared distance of the output's prospective voltage
// from its target, NaN without one.
func (n *network) outputError() float64 {
	if n.target == nil {
		return math.NaN()
	}
	return squaredDistance(n.out().u, n.target)
}

func squaredDistance(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += float64((v - y[i]) * (v - y[i]))
	}
	return sum
}
