package pal

import (
	"fmt"
	"math"
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
// left all bounds.
type DivergedError struct {
	Step     int64   // steps since the start of the run
	Quantity string  // what is out of bounds
	Value    float64 // its value
	Rule     string  // the rule that changes it, if it is a weight
}

func (e *DivergedError) Error() string {
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
	for _, s := range n.synapses {
		if s.rule.active {
			rule := n.cfg.rule(s.group)
			consider(fmt.Sprintf("weight %s of level %d", s.file, s.level), rule.String(), s.w)
			consider(fmt.Sprintf("delta %s of level %d", s.file, s.level), rule.String(), s.d)
		}
	}
	if largest < limit {
		largest = 0
		consider("prospective voltage of neuron", "", n.cells.phiArg[:n.cells.n])
	}
	return worst
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
