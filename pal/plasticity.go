package pal

import (
	"fmt"
	"maps"
	"math"

	"github.com/neurocredit/neurocredit/internal/equation"
	"github.com/neurocredit/neurocredit/internal/vec"
)

// form says how a rule is carried out.
type form int

const (
	// byRows evaluates the equations row by row: any rule.
	byRows form = iota
	// lowPass: delta += post·pre − forget·delta, then w += delta.
	lowPass
	// hebb: w += post·pre − forget·w.
	hebb
)

// plasticity is a rule bound to one projection. Of the two fast forms, the
// factors are vectors that are evaluated once per step.
type plasticity struct {
	form   form
	active bool // false if the rule cannot change any weight
	forget float64

	pre, post         []float64 // factors
	evalPre, evalPost *equation.Vector[float64]

	weight, delta *equation.Matrix[float64] // byRows
	row           []float64
	dt            float64
}

// factors evaluates the vectors of the coming change.
func (p *plasticity) factors() {
	if p.evalPre != nil {
		p.evalPre.Eval(p.pre)
	}
	if p.evalPost != nil {
		p.evalPost.Eval(p.post)
	}
}

// change makes one step of the rule: delta first, then w with the new delta.
func (p *plasticity) change(s *synapses) {
	switch p.form {
	case lowPass:
		vec.Hebb(s.d, p.pre, p.post, p.forget)
		vec.Axpy(1, s.d, s.w)
	case hebb:
		if p.forget == 0 {
			vec.AddOuter(s.w, p.pre, p.post)
		} else {
			vec.Hebb(s.w, p.pre, p.post, p.forget)
		}
	default:
		p.stepRows(p.delta, s.d, s.post.n)
		p.stepRows(p.weight, s.w, s.post.n)
	}
}

// stepRows makes an Euler step of one equation. A row of the equation depends on
// nothing but that row of the state.
func (p *plasticity) stepRows(eq *equation.Matrix[float64], state []float64, cols int) {
	if eq == nil {
		return
	}
	for i := range len(state) / cols {
		eq.EvalRow(p.row, i)
		for j, v := range p.row {
			state[i*cols+j] += float64(p.dt * v)
		}
	}
}

// compile binds the rule of a projection to its state and picks its form.
func (n *network) compile(s *synapses) (*plasticity, error) {
	weight, delta, err := n.cfg.parseRule(s.group)
	if err != nil {
		return nil, err
	}
	n.want(s, weight, delta)
	scalars := map[string]float64{"eta": s.eta, "alpha": s.alpha, "tau": n.cfg.Learning.Tau, "dt": n.cfg.Circuit.Dt}
	if delta != nil {
		s.d = make([]float64, len(s.w))
	}
	bind := n.bindings(s, scalars)
	p := &plasticity{active: true, dt: n.cfg.Circuit.Dt, pre: make([]float64, s.pre.n), post: make([]float64, s.post.n)}
	terms, split := weight.Split()
	if split && delta == nil {
		if ok, err := p.asOuter(hebb, terms, "w", s, bind); ok || err != nil {
			return p, err
		}
	}
	if split && delta != nil && addsDelta(terms, scalars) {
		if more, also := delta.Split(); also {
			if ok, err := p.asOuter(lowPass, more, "delta", s, bind); ok || err != nil {
				return p, err
			}
		}
	}
	p.form, p.row = byRows, make([]float64, s.post.n)
	if p.weight, err = equation.CompileMatrix(weight, bind); err != nil {
		return nil, err
	}
	if delta != nil {
		p.delta, err = equation.CompileMatrix(delta, bind)
	}
	return p, err
}

// addsDelta reports whether the terms of ẇ mean w += delta.
func addsDelta(terms []equation.Term, scalars map[string]float64) bool {
	if len(terms) != 1 || terms[0].Synapse != "delta" || terms[0].Pre != nil || terms[0].Post != nil {
		return false
	}
	c, err := terms[0].Scale.Value(scalars)
	return err == nil && math.Abs(c*scalars["dt"]-1) < 1e-12
}

// asOuter takes a derivative of the form Σ post·pre − c·state with at most one
// outer product. It reports false if there is anything else.
func (p *plasticity) asOuter(f form, terms []equation.Term, state string, s *synapses, bind equation.Bindings[float64]) (bool, error) {
	var source *equation.Term
	var linear float64
	for i, t := range terms {
		switch {
		case t.Synapse == "" && source == nil:
			source = &terms[i]
		case t.Synapse == state && t.Pre == nil && t.Post == nil:
			c, err := t.Scale.Value(bind.Scalars)
			if err != nil {
				return false, nil
			}
			linear += c
		default:
			return false, nil
		}
	}
	p.form, p.forget = f, -linear*p.dt
	return true, p.bindOuter(source, s, bind)
}

// bindOuter binds dt·scale·post to the postsynaptic factor and pre to the
// presynaptic one.
func (p *plasticity) bindOuter(source *equation.Term, s *synapses, bind equation.Bindings[float64]) error {
	scale := 0.0
	if source != nil {
		c, err := source.Scale.Value(bind.Scalars)
		if err != nil {
			return err
		}
		scale = c * p.dt
	}
	if scale == 0 {
		// Without a source, delta stays 0.
		p.active = p.form == hebb && p.forget != 0
		return nil
	}
	fill(p.pre, 1)
	fill(p.post, scale)
	if source.Post != nil {
		scope, err := RuleScope(s.group)
		if err != nil {
			return err
		}
		scaled, err := equation.Parse(fmt.Sprintf("%v*(%s)", scale, source.Post), scope)
		if err != nil {
			return err
		}
		if p.evalPost, err = equation.CompileVector(scaled, bind); err != nil {
			return err
		}
	}
	if source.Pre == nil {
		return nil
	}
	eval, err := equation.CompileVector(source.Pre, bind)
	if v, ok := source.Pre.Root().(*equation.Var); ok && err == nil {
		p.pre = bind.Arrays[v.Quantity.Name] // no need to copy it
		return nil
	}
	p.evalPre = eval
	return err
}

func fill(x []float64, v float64) {
	for i := range x {
		x[i] = v
	}
}

// want makes the derived quantities that a rule reads.
func (n *network) want(s *synapses, rule ...*equation.Expr) {
	need := func(list *[]*population, p *population, field *[]float64) {
		if *field == nil {
			*field = make([]float64, p.n)
			*list = append(*list, p)
		}
	}
	for _, e := range rule {
		if e == nil {
			continue
		}
		for _, name := range e.Names() {
			switch name {
			case "slope_pre":
				need(&n.wantSlope, s.pre, &s.pre.slope)
			case "slope_post":
				need(&n.wantSlope, s.post, &s.post.slope)
			case "lowpass_pre":
				need(&n.wantLowpass, s.pre, &s.pre.lowpass)
			case "lowpass_error_post":
				need(&n.wantError, s.post, &s.post.lowpassError)
				s.predicts = true
			case "predicted_rate_post", "predicted_u_post":
				s.predicts = true
			}
		}
	}
}

// bindings maps the names of RuleScope to the state of a projection.
func (n *network) bindings(s *synapses, scalars map[string]float64) equation.Bindings[float64] {
	all := map[string][]float64{
		"w": s.w, "delta": s.d,
		"rate_pre": s.pre.rate, "last_rate_pre": s.pre.rateLast, "lowpass_pre": s.pre.lowpass,
		"highpass_pre": s.pre.highpass, "u_pre": s.pre.u, "slope_pre": s.pre.slope,
		"rate_post": s.post.rate, "last_rate_post": s.post.rateLast, "u_post": s.post.u, "slope_post": s.post.slope,
		"predicted_rate_post": s.post.predicted, "predicted_u_post": s.post.predictor, "lowpass_error_post": s.post.lowpassError,
		"basal_post": s.post.basalLast, "apical_post": s.post.apicalLast, "noise_post": s.post.noise, "highpass_post": s.post.highpass,
	}
	maps.DeleteFunc(all, func(_ string, x []float64) bool { return x == nil })
	return equation.Bindings[float64]{Scalars: scalars, Arrays: all, Pre: s.pre.n, Post: s.post.n}
}
