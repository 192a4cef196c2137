package dendritic

import (
	"fmt"
	"math"
	"slices"
)

// present shows one pattern: all its time steps. The first pattern of a pass
// resets the players; later ones are turned to in their first step. after is
// called with the local step t whenever every divides it, after that step.
func (n *network[F]) present(first, training bool, pattern, target []float64, every int, after func(t int)) error {
	if first {
		n.setPhase(training, training && n.cfg.Presentation.Teach)
		n.resetPlayers(pattern, target)
	} else {
		n.show(pattern, target)
	}
	lag := steps(n.cfg.Presentation.LearningLag, n.cfg.Circuit.Dt)
	for t := range n.cfg.StepsPerPattern() {
		if training && lag > 0 {
			switch t {
			case 0:
				n.setPhase(false, false)
			case lag:
				n.setPhase(true, n.cfg.Presentation.Teach)
			}
		}
		n.step()
		if !n.bounded() {
			return n.diagnose()
		}
		if t%every == 0 {
			after(t)
		}
	}
	return nil
}

// settle makes all weights hold their present values.
func (n *network[F]) settle() {
	for _, p := range n.projections {
		p.settle()
	}
}

// limit bounds the norm of all prospective voltages. They and the weights are of
// order 1; a circuit that reaches the limit has lost all meaning and would end in
// NaN.
const limit = 1e6

// bounded checks the prospective voltages, where whatever a rule breaks shows
// within two steps.
func (n *network[F]) bounded() bool {
	var a, b, c, d F
	u := n.arena.phiArg[:n.arena.n]
	for ; len(u) >= 4; u = u[4:] {
		a += u[0] * u[0]
		b += u[1] * u[1]
		c += u[2] * u[2]
		d += u[3] * u[3]
	}
	for _, v := range u {
		a += v * v
	}
	return a+b+c+d < limit*limit // false for NaN
}

// DivergedError reports a run that was stopped because its voltages became NaN or
// left all bounds.
type DivergedError struct {
	Step     uint64  // steps since the start of the run
	Quantity string  // what grew most
	Value    float64 // its value
	Rule     string  // the rule that changes it, if it is a weight
}

func (e *DivergedError) Error() string {
	s := fmt.Sprintf("dendritic: step %d: %s has grown to %g; the norm of all prospective voltages must stay below %g", e.Step, e.Quantity, e.Value, float64(limit))
	if e.Rule != "" {
		s += "; its rule: " + e.Rule
	}
	return s
}

// diagnose names the synapse or neuron that left the bounds: weights first,
// because they cause the rest.
func (n *network[F]) diagnose() error {
	worst := &DivergedError{Step: n.clock}
	// worse notes a value and reports whether it is the worst so far.
	worse := func(v float64) bool {
		x := math.Abs(v)
		if math.IsNaN(worst.Value) || !(x > math.Abs(worst.Value) || math.IsNaN(x)) {
			return false
		}
		worst.Value = v
		return true
	}
	for _, p := range n.projections {
		s := p.base()
		if !s.rule.active {
			continue
		}
		values := make([]float64, s.size())
		for _, delta := range []bool{false, true} {
			name := "weight"
			if delta {
				name = "delta"
			}
			if delta && s.d == nil {
				continue
			}
			p.read(values, delta)
			for i, v := range values {
				if worse(v) {
					worst.Quantity = fmt.Sprintf("%s %s of level %d from neuron %d to %d", name, s.file, s.level, i/s.post.n, i%s.post.n)
					worst.Rule = n.cfg.rule(s.group).String()
				}
			}
		}
	}
	// Voltages leave the bounds before the weights do that drive them there.
	if math.Abs(worst.Value) < limit/1e3 {
		*worst = DivergedError{Step: n.clock}
		for _, p := range slices.Concat(n.hidden, n.inters, []*population[F]{n.out}) {
			for i, v := range p.brev {
				if worse(float64(v)) {
					worst.Quantity = fmt.Sprintf("prospective voltage of %s neuron %d of level %d", p.kind, i, p.level)
				}
			}
		}
	}
	return worst
}
