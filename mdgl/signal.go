package mdgl

import (
	"errors"

	"github.com/neurocredit/neurocredit/internal/equation"
)

// Own is a rule of one's own: learning.signal is an equation for S_p[t], and
// learning.secretion one for what a neuron secretes. [Config.SignalScope] lists what they may
// name. With the signal "L" it is e-prop, with "L + M" MDGL, with "L + M_cell" MDGLCell and
// with "L + M_all" NLMDGL, all with the secretion "L*psi". Time T (N + E) or, with M_all
// alone, T N, times the length of the equations. It needs the adjoint form and cell alif.
const Own Rule = "own"

// defaultSecretion is what neurons secrete under the published rules.
const defaultSecretion = "L*psi"

// SignalScope lists the quantities that learning.signal may name, at one step, for the
// neuron p that learns. All are local to p, or arrive at it. Types are those of
// [Config.TypeNames].
func (c *Config) SignalScope() equation.Scope {
	scope := append(c.SecretionScope(), equation.Scope{
		{Name: "M", Side: equation.Post, LaTeX: `M`, Doc: "what arrives from the targets j of p, weighted by type: (1-α) Σ_j W_ab a_j[t+1]"},
		{Name: "M_cell", Side: equation.Post, LaTeX: `M^{cell}`, Doc: "the same with the synapse's own weight W[p,j]"},
		{Name: "M_all", Side: equation.Post, LaTeX: `M^{all}`, Doc: "the same from all neurons, with means over all pairs"},
	}...)
	for _, name := range c.TypeNames() {
		tex := `{\text{` + name + `}}`
		scope = append(scope,
			equation.Quantity{Name: typeName("M", name), Side: equation.Post, LaTeX: `M_` + tex, Doc: "the part of M from targets of type " + name},
			equation.Quantity{Name: typeName("A", name), Side: equation.Post, LaTeX: `A_` + tex, Doc: "Σ_j a_j[t+1] over the targets of type " + name + ", not weighted"})
	}
	return append(scope, equation.Quantity{Name: "gain", Side: equation.Scalar, LaTeX: `g`, Doc: "(1-α) γ/ϑ, by which an affinity times A becomes a signal"})
}

// SecretionScope lists the quantities that learning.secretion may name, at one step, for
// the neuron j that secretes.
func (c *Config) SecretionScope() equation.Scope {
	scope := equation.Scope{
		{Name: "L", Side: equation.Post, LaTeX: `L`, Doc: "direct learning signal, the rate cost included (in the secretion: if learning.rate_modulates)"},
		{Name: "psi", Side: equation.Post, LaTeX: `\psi`, Doc: "pseudo-derivative max(0, 1-|u|), 0 in refractoriness"},
		{Name: "rate", Side: equation.Post, Unit: "1/ms", LaTeX: `r`, Doc: "mean rate of the neuron in this batch"},
	}
	for _, name := range c.TypeNames() {
		scope = append(scope, equation.Quantity{Name: typeName("is", name), Side: equation.Post, LaTeX: `[` + name + `]`, Doc: "1 if the neuron has type " + name + ", else 0"})
	}
	return scope
}

// SignalLaTeX returns the two equations of a rule of one's own as formulas.
func (c *Config) SignalLaTeX() (signal, secretion string, err error) {
	s, a, err := c.parseSignal()
	if err != nil {
		return "", "", err
	}
	return `S = ` + s.LaTeX(), `a = ` + a.LaTeX(), nil
}

func (c *Config) parseSignal() (signal, secretion *equation.Expr, err error) {
	if signal, err = equation.Parse(c.Learning.Signal, c.SignalScope()); err != nil {
		return nil, nil, &signalError{"learning.signal", err}
	}
	text := c.Learning.Secretion
	if text == "" {
		text = defaultSecretion
	}
	if secretion, err = equation.Parse(text, c.SecretionScope()); err != nil {
		return nil, nil, &signalError{"learning.secretion", err}
	}
	return signal, secretion, nil
}

// signalError is an error in the equation of a key.
type signalError struct {
	key string
	err error
}

func (e *signalError) Error() string { return e.key + ": " + e.err.Error() }
func (e *signalError) Unwrap() error { return e.err }

// checkSignal checks the rule of one's own.
func (c *Config) checkSignal(fail func(path, format string, args ...any)) {
	l := &c.Learning
	if l.Rule != Own {
		return
	}
	switch {
	case l.Signal == "":
		fail("learning.signal", "must be given with learning.rule: own, for example \"L + M\"")
	case l.Form == "online":
		fail("learning.form", "online does not exist for own, because its signal may be any equation")
	case c.Cells.Model != "alif":
		fail("learning.rule", "own needs cells.model: alif")
	case c.varied():
		fail("learning.rule", "own needs the same constants for all neurons, so cells.membrane_taus, adaptation_taus and adaptations must be empty")
	default:
		var wrong *signalError
		if _, _, err := c.parseSignal(); errors.As(err, &wrong) {
			fail(wrong.key, "%v", wrong.err)
		}
	}
}

// ownSignal evaluates the equations of a rule of one's own for one goroutine.
type ownSignal[F float] struct {
	signal, secretion *equation.Vector[F]
	arrays            map[string][]F // [N] each, only those that the equations name
	byType            []([]F)        // [types] M_type and A_type, nil: not named
	sums              []([]F)
	total             []F // [2, types] of what is secreted, for M_all
}

func newOwnSignal[F float](n *network[F]) (*ownSignal[F], error) {
	signal, secretion, err := n.cfg.parseSignal()
	if err != nil {
		return nil, err
	}
	o := &ownSignal[F]{arrays: map[string][]F{}, total: make([]F, 2*n.kinds)}
	for _, e := range []*equation.Expr{signal, secretion} {
		for _, name := range e.Names() {
			if name != "gain" {
				o.arrays[name] = make([]F, n.neurons)
			}
		}
	}
	for a, name := range n.cfg.TypeNames() {
		o.byType = append(o.byType, o.arrays[typeName("M", name)])
		o.sums = append(o.sums, o.arrays[typeName("A", name)])
		for j, is := range o.arrays[typeName("is", name)] {
			if int(n.types[j]) == a {
				is = 1
			}
			o.arrays[typeName("is", name)][j] = is
		}
	}
	bind := equation.Bindings[F]{Arrays: o.arrays, Post: n.neurons, Scalars: map[string]float64{"gain": float64(n.c.alpha1 * n.c.slope)}}
	if o.signal, err = equation.CompileVector(signal, bind); err != nil {
		return nil, err
	}
	o.secretion, err = equation.CompileVector(secretion, bind)
	return o, err
}

// ownPlan is what rules of one's own need beside the plan: per synapse of the plan.
type ownPlan[F float] struct {
	cell []F    // gains with the weight of the synapse
	kind []int8 // type of the target
}

// planOwn makes the plan of a rule of one's own: that of MDGL, and what tells its parts.
func (n *network[F]) planOwn(mean, all []float64, unit F) {
	p := &n.plan
	p.own.cell, p.own.kind = p.own.cell[:0], p.own.kind[:0]
	for i := range n.neurons {
		for k := n.rec.start[i]; k < n.rec.start[i+1]; k++ {
			if j := n.rec.col[k]; n.rec.w[k] != 0 {
				p.target = append(p.target, j)
				p.gain = append(p.gain, unit*F(mean[n.pair(int32(i), j)]))
				p.own.cell, p.own.kind = append(p.own.cell, unit*n.rec.w[k]), append(p.own.kind, n.types[j])
			}
		}
		p.start[i+1] = int32(len(p.target))
		p.through.SetRow(i, p.target[p.start[i]:], p.gain[p.start[i]:])
	}
	for ab := range p.types {
		p.types[ab] = unit * F(all[ab])
	}
}

// evaluate sets s, the signal of a step, from what was secreted a step later.
func (o *ownSignal[F]) evaluate(n *network[F], w *worker[F], h []F) {
	p := &n.plan
	copy(o.arrays["L"], w.base)
	copy(o.arrays["psi"], h)
	for j, r := range o.rateArray(n) {
		o.arrays["rate"][j] = F(r)
	}
	m, cell, all := o.arrays["M"], o.arrays["M_cell"], o.arrays["M_all"]
	for _, x := range append(append([][]F{m, cell}, o.byType...), o.sums...) {
		clear(x)
	}
	for i := range n.neurons {
		for k := p.start[i]; k < p.start[i+1]; k++ {
			x, a := w.x[p.target[k]], p.own.kind[k]
			if x == 0 {
				continue
			}
			if m != nil {
				m[i] += p.gain[k] * x
			}
			if cell != nil {
				cell[i] += p.own.cell[k] * x
			}
			if part := o.byType[a]; part != nil {
				part[i] += p.gain[k] * x
			}
			if sum := o.sums[a]; sum != nil {
				sum[i] += x
			}
		}
	}
	if all != nil {
		clear(all)
		n.spread(all, all, w.x, o.total)
	}
	o.signal.Eval(w.s)
}

func (o *ownSignal[F]) rateArray(n *network[F]) []float64 {
	if o.arrays["rate"] == nil {
		return nil
	}
	return n.rates
}

// secrete sets x, what every neuron secretes at a step.
func (o *ownSignal[F]) secrete(n *network[F], w *worker[F], h []F, rate bool) {
	L := o.arrays["L"]
	copy(o.arrays["psi"], h)
	for j := range L {
		L[j] = w.base[j]
		if !rate {
			L[j] -= n.plan.rate[j]
		}
	}
	o.secretion.Eval(w.x)
}
