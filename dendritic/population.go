package dendritic

// float is the type of all state. With float32 every state variable is rounded
// where the original program rounds it.
type float interface{ float32 | float64 }

// kind tells the populations apart.
type kind int

const (
	input kind = iota
	pyramidal
	inter
	output
	supervisor
	bias
)

func (k kind) String() string {
	return [...]string{"input", "pyramidal", "inter", "output", "supervisor", "bias"}[k]
}

// population is the state of one population. Slices have one entry per neuron;
// those of hidden, inter- and output neurons are windows of the arena, so that
// the neuron phase treats all of them in one loop.
type population[F float] struct {
	kind  kind
	level int
	n     int
	at    int // first index in the arena

	rate, rateLast []F

	v, basal, top, steady, vDot, dv, brev []F
	predicted, predictedLast              []F // rate of the basal dendrite alone
	noise, highpass                       []F
	sumBasal, sumTop                      []F // input sums of the running step

	xi []float64 // normal deviates of the running step, pyramidal only
}

// arena holds the neurons with a membrane, population after population. They
// share one equation,
//
//	v_steady = wBasal·basal + wTop·(top + noise)
//
// where top is the apical voltage of a pyramidal neuron, the target of an output
// neuron and the drive from above of an interneuron, and noise is 0 but for
// pyramidal neurons.
type arena[F float] struct {
	n     int // neurons, rounded up to whole vectors of eight; the last ones are idle
	block []F // all vectors below, one after the other

	phiArg []F // [2n] prospective voltage, then scaled basal voltage
	phiVal []F // [2n] rate, then predicted rate

	v, basal, top, steady, vDot, dv []F
	rateLast, predictedLast         []F
	noise, highpass                 []F
	sumBasal, sumTop                []F
	gBasal, gTop, gSum              []F // conductances, and the divisor of v_steady
	gTotal                          []F // total conductance, 1/τ of the soma
	wBasal, wTop                    []F // gBasal/gSum, gTop/gSum
	scale                           []F // s: factor from basal voltage to the predicted voltage
}

func newArena[F float](neurons int) *arena[F] {
	const vectors = 19
	n := roundUp(neurons)
	// Eight more values behind each vector let windows be widened, see wide.
	block := make([]F, 2*(2*n+8)+vectors*(n+8))
	a := &arena[F]{n: n, block: block}
	take := func(k int) []F {
		s := block[: k : k+8]
		block = block[k+8:]
		return s
	}
	a.phiArg, a.phiVal = take(2*n), take(2*n)
	for _, s := range []*[]F{
		&a.v, &a.basal, &a.top, &a.steady, &a.vDot, &a.dv, &a.rateLast, &a.predictedLast, &a.noise, &a.highpass,
		&a.sumBasal, &a.sumTop, &a.gBasal, &a.gTop, &a.gSum, &a.gTotal, &a.wBasal, &a.wTop, &a.scale,
	} {
		*s = take(n)
	}
	for i := range a.gSum {
		a.gSum[i], a.gTotal[i] = 1, 1 // idle neurons must not divide by 0
	}
	return a
}

// roundUp returns the next multiple of eight.
func roundUp(n int) int { return (n + 7) &^ 7 }

// wide extends a vector over the padding, or the neighbours, behind it to a
// multiple of eight values. Whoever uses it multiplies what is read there by 0, or
// adds 0 to it.
func wide[F float](x []F) []F { return x[:roundUp(len(x))] }

// padded makes a vector of n values that can be widened.
func padded[F float](n int) []F { return make([]F, n, roundUp(n)) }

// window returns the population of n neurons at index at.
func (a *arena[F]) window(k kind, level, at, n int) *population[F] {
	w := func(s []F) []F { return s[at : at+n] }
	p := &population[F]{
		kind: k, level: level, n: n, at: at,
		rate: w(a.phiVal), rateLast: w(a.rateLast),
		v: w(a.v), basal: w(a.basal), top: w(a.top), steady: w(a.steady), vDot: w(a.vDot), dv: w(a.dv), brev: w(a.phiArg),
		predicted: w(a.phiVal[a.n:]), predictedLast: w(a.predictedLast),
		noise: w(a.noise), highpass: w(a.highpass), sumBasal: w(a.sumBasal), sumTop: w(a.sumTop),
	}
	if k == pyramidal {
		p.xi = make([]float64, n)
	}
	return p
}

// player is a population that plays patterns: input and supervisor.
func player[F float](k kind, level, n int) *population[F] {
	return &population[F]{kind: k, level: level, n: n, rate: padded[F](n), rateLast: padded[F](n)}
}

// variable returns the state variable of that name, nil if there is none.
func (p *population[F]) variable(name string) []F {
	switch name {
	case "rate":
		return p.rate
	case "rate_last":
		return p.rateLast
	}
	if p.kind == input || p.kind == supervisor || p.kind == bias {
		return nil
	}
	top := map[kind]string{pyramidal: "v_apical", inter: "v_down", output: "v_target"}[p.kind]
	basal, predicted := "v_basal", "rate_basal"
	if p.kind == inter {
		basal, predicted = "v_dendrite", "rate_dendrite"
	}
	switch name {
	case "V":
		return p.v
	case basal:
		return p.basal
	case top:
		return p.top
	case "v_steady":
		return p.steady
	case "v_dot":
		return p.vDot
	case "dv":
		return p.dv
	case "v_brev":
		return p.brev
	case predicted:
		return p.predicted
	case "rate_dendrite_last":
		if p.kind == inter {
			return p.predictedLast
		}
	case "noise":
		if p.kind == pyramidal {
			return p.noise
		}
	case "rate_highpass":
		if p.kind != inter {
			return p.highpass
		}
	}
	return nil
}
