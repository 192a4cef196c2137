package dendritic

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/neurocredit/neurocredit/internal/equation"
)

// form says how a rule is carried out.
type form int

const (
	// fixed: the weights do not change.
	fixed form = iota
	// byRows evaluates the equations row by row: any rule.
	byRows
	// lowPass: w += delta, delta += post·pre − forget·delta.
	lowPass
	// hebb: w += post·pre − decay·w.
	hebb
)

// plasticity is a rule bound to the state of one projection. The factors of the
// low-passed and the Hebbian form are vectors, evaluated once per step; the
// matrix is then passed once, together with the input sum.
type plasticity[F float] struct {
	form          form
	active        bool // false if the rule cannot change any weight
	pre, post     []F
	preName       string // quantity that pre is, "" if pre is an expression
	copyPre       []F    // where to copy pre from, nil if it lies there or is evaluated
	evalPre       *equation.Vector[F]
	evalPost      *equation.Vector[F]
	forget, decay F
	// In the float32 engine post does not include the factor dt·η but gain does,
	// and decay is a multiple of gain.
	rounded bool
	gain    F

	weight, delta *equation.Matrix[F] // byRows
	rowW, rowD    []F
	dt            F
}

// factors evaluates the vectors of the coming pass.
func (p *plasticity[F]) factors() {
	if p.copyPre != nil {
		copy(p.pre, p.copyPre)
	}
	if p.evalPre != nil {
		p.evalPre.Eval(p.pre)
	}
	if p.evalPost != nil {
		p.evalPost.Eval(p.post)
	}
}

// advanceRows makes an Euler step of both equations, row by row.
func (p *plasticity[F]) advanceRows(w, d []F, cols int) {
	for i := range len(w) / cols {
		p.weight.EvalRow(p.rowW, i)
		if p.delta != nil {
			p.delta.EvalRow(p.rowD, i)
			for j, v := range p.rowD {
				d[i*cols+j] += F(p.dt * v)
			}
		}
		for j, v := range p.rowW {
			w[i*cols+j] += F(p.dt * v)
		}
	}
}

// compile binds the rule of a projection to its state and picks its form.
func (n *network[F]) compile(s *synapses[F]) (*plasticity[F], error) {
	weight, delta, err := n.cfg.parseRule(s.group)
	if err != nil {
		return nil, err
	}
	scalars := map[string]float64{"eta": s.eta, "tau": s.tau, "alpha": n.cfg.Learning.Alpha, "dt": n.cfg.Circuit.Dt}
	bind := n.bindings(s, scalars)
	p := &plasticity[F]{active: true, dt: F(n.cfg.Circuit.Dt), rounded: n.exact()}
	defer func() {
		if p.active {
			n.want(s, weight, delta)
		}
	}()
	terms, split := weight.Split()
	if split && delta == nil {
		if ok, err := p.asHebb(terms, s, bind, scalars); ok || err != nil {
			return p, err
		}
	}
	if split && delta != nil {
		more, also := delta.Split()
		if also && addsDelta(terms, scalars) {
			if ok, err := p.asLowPass(more, s, bind, scalars); ok || err != nil {
				return p, err
			}
		}
	}
	p.form = byRows
	p.rowW, p.rowD = make([]F, s.cols), make([]F, s.cols)
	if p.weight, err = equation.CompileMatrix(weight, bind); err != nil {
		return nil, err
	}
	if delta != nil {
		if p.delta, err = equation.CompileMatrix(delta, bind); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// addsDelta reports whether the terms of ẇ mean w += delta.
func addsDelta(terms []equation.Term, scalars map[string]float64) bool {
	if len(terms) != 1 || terms[0].Synapse != "delta" || terms[0].Pre != nil || terms[0].Post != nil {
		return false
	}
	c, err := terms[0].Scale.Value(scalars)
	return err == nil && math.Abs(c*scalars["dt"]-1) < 1e-12
}

// asLowPass takes δ̇ = Σ post·pre − c·delta with one and the same factor pre.
func (p *plasticity[F]) asLowPass(terms []equation.Term, s *synapses[F], bind equation.Bindings[F], scalars map[string]float64) (bool, error) {
	source, linear, ok := outerAndLinear(terms, "delta", scalars)
	if !ok || p.rounded && linear == 0 {
		return false, nil
	}
	p.form, p.forget = lowPass, F(-linear*scalars["dt"])
	if p.rounded {
		p.forget = p.dt / F(-1/linear)
	}
	return true, p.bindOuter(source, -linear*scalars["dt"], s, bind, scalars)
}

// asHebb takes ẇ = Σ post·pre − c·w with one and the same factor pre.
func (p *plasticity[F]) asHebb(terms []equation.Term, s *synapses[F], bind equation.Bindings[F], scalars map[string]float64) (bool, error) {
	source, linear, ok := outerAndLinear(terms, "w", scalars)
	if !ok {
		return false, nil
	}
	p.form, p.decay = hebb, F(-linear*scalars["dt"])
	if p.rounded {
		p.gain, p.decay = p.dt, F(-linear)
		if source != nil {
			if c, err := source.Scale.Value(scalars); err == nil && c != 0 {
				p.decay = F(-linear / c)
			}
		}
	}
	return true, p.bindOuter(source, 1, s, bind, scalars)
}

// outerAndLinear separates terms into one outer product (nil if there is none)
// and a multiple of one synaptic state. ok is false if there is anything else.
func outerAndLinear(terms []equation.Term, state string, scalars map[string]float64) (source *equation.Term, linear float64, ok bool) {
	for _, t := range terms {
		switch {
		case t.Synapse == "" && source == nil:
			source = &t
		case t.Synapse == state && t.Pre == nil && t.Post == nil:
			c, err := t.Scale.Value(scalars)
			if err != nil {
				return nil, 0, false
			}
			linear += c
		default:
			return nil, 0, false
		}
	}
	return source, linear, true
}

// bindOuter binds dt·scale·post to the postsynaptic factor and pre to the
// presynaptic one. A plain presynaptic quantity is used where it lies. unit is the
// part of scale that the float32 engine applies later.
func (p *plasticity[F]) bindOuter(source *equation.Term, unit float64, s *synapses[F], bind equation.Bindings[F], scalars map[string]float64) error {
	p.pre, p.post = padded[F](s.pre.n), padded[F](s.post.n)
	scale := 0.0
	if source != nil {
		c, err := source.Scale.Value(scalars)
		if err != nil {
			return err
		}
		scale = c * scalars["dt"]
	}
	if scale == 0 {
		// Without a source the low-passed state stays 0.
		p.active = p.form == hebb && p.decay != 0
		return nil
	}
	if p.rounded {
		p.gain = p.dt * F(scale/scalars["dt"]/unit)
		scale = 1
	}
	if source.Post == nil {
		fill(p.post, F(scale))
	} else {
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
		fill(p.pre, 1)
		return nil
	}
	eval, err := equation.CompileVector(source.Pre, bind)
	if err != nil {
		return err
	}
	if v, ok := source.Pre.Root().(*equation.Var); ok {
		p.preName = v.Quantity.Name
		if here := bind.Arrays[p.preName]; s.transposed {
			p.copyPre = here // a contiguous factor needs zeros behind it
		} else {
			p.pre = here
		}
		return nil
	}
	p.evalPre = eval
	return nil
}

func fill[F float](x []F, v F) {
	for i := range x {
		x[i] = v
	}
}

// want notes which derived quantities a rule reads.
func (n *network[F]) want(s *synapses[F], rule ...*equation.Expr) {
	add := func(p *population[F]) {
		if !slices.Contains(n.wantHighpass, p) {
			n.wantHighpass = append(n.wantHighpass, p)
		}
	}
	for _, e := range rule {
		if e == nil {
			continue
		}
		for _, name := range e.Names() {
			switch name {
			case "highpass_pre":
				add(s.pre)
			case "highpass_post":
				add(s.post)
			case "predicted_rate_post":
				n.wantPredicted = true
			}
		}
	}
}

// bindings maps the names of RuleScope to the state of a projection.
func (n *network[F]) bindings(s *synapses[F], scalars map[string]float64) equation.Bindings[F] {
	all := map[string][]F{
		"w": s.w, "delta": s.d,
		"rate_pre": s.pre.rate, "last_rate_pre": s.pre.rateLast, "highpass_pre": s.pre.highpass, "u_pre": s.pre.brev,
		"rate_post": s.post.rate, "last_rate_post": s.post.rateLast, "predicted_rate_post": s.post.predicted, "u_post": s.post.brev,
		"basal_post": s.post.basal, "apical_post": s.post.top, "noise_post": s.post.noise, "highpass_post": s.post.highpass,
	}
	maps.DeleteFunc(all, func(_ string, x []F) bool { return x == nil })
	return equation.Bindings[F]{Scalars: scalars, Arrays: all, Pre: s.pre.n, Post: s.post.n, Transposed: s.transposed}
}
