package pal

// kind tells the populations apart.
type kind int

const (
	input kind = iota
	pyramidal
	output
	inter
)

// population is the state of one population, one value per neuron in each
// vector. Those of pyramidal, output and interneurons are windows of the
// network's cells, so that one loop serves all of them.
type population struct {
	kind  kind
	level int // of the recordings: 0 input, 1, 2, … hidden levels and their interneurons, last output
	n     int
	at    int // first index in cells

	rate, rateLast []float64

	v, vLast, u          []float64 // somatic voltage, that before it, prospective voltage
	basal, basalLast     []float64 // voltage of the basal dendrite, now and one step earlier
	top                  []float64 // second input of the soma
	predicted, predictor []float64 // rate and voltage predicted from the basal dendrite
	highpass             []float64 // pyramidal and output
	apical, apicalLast   []float64 // pyramidal: voltage of the apical dendrite, now and one step earlier
	noise, deviate       []float64 // pyramidal: noise and the normal deviates behind it

	// Derived quantities that are kept only if a rule reads them, else nil.
	slope, lowpass, lowpassError []float64
}

// cells are all neurons with a membrane, population after population: first the
// pyramidal and output neurons in the order of levels, then the interneurons. They share one
// equation (section 2),
//
//	dv/dt = gBasal·basal + gTop·top − leak·v
//
// where top is the noisy apical voltage of a pyramidal neuron, the target of an
// output neuron and the prospective voltage above of an interneuron.
type cells struct {
	n, pyramidal int // neurons, and how many of them are not interneurons

	v, vLast, top      []float64
	basal, basalLast   []float64
	phiArg, phiVal     []float64 // [2n] prospective and predicted voltage, and their rates
	rateLast           []float64
	highpass           []float64 // [pyramidal]
	gBasal, gTop, leak []float64
	reach              []float64 // q·τ/dt, the factor of the prospective term
	scale              []float64 // k: predicted voltage per basal voltage
	state              []float64 // the vectors above that are state, one after the other
}

// newCells makes the vectors for n neurons.
func newCells(n, pyramidal int) *cells {
	c := &cells{n: n, pyramidal: pyramidal, state: make([]float64, 10*n+pyramidal)}
	block := c.state
	take := func(k int) []float64 {
		s := block[:k:k]
		block = block[k:]
		return s
	}
	c.phiArg, c.phiVal = take(2*n), take(2*n)
	c.v, c.vLast, c.top, c.basal, c.basalLast, c.rateLast = take(n), take(n), take(n), take(n), take(n), take(n)
	c.highpass = take(pyramidal)
	block = make([]float64, 5*n)
	c.gBasal, c.gTop, c.leak, c.reach, c.scale = take(n), take(n), take(n), take(n), take(n)
	return c
}

// window returns the population of n neurons at index at.
func (c *cells) window(k kind, level, at, n int) *population {
	w := func(s []float64) []float64 { return s[at : at+n : at+n] }
	p := &population{
		kind: k, level: level, n: n, at: at,
		v: w(c.v), vLast: w(c.vLast), u: w(c.phiArg), rate: w(c.phiVal), rateLast: w(c.rateLast),
		basal: w(c.basal), basalLast: w(c.basalLast), top: w(c.top), predictor: w(c.phiArg[c.n:]), predicted: w(c.phiVal[c.n:]),
	}
	if k != inter {
		p.highpass = w(c.highpass)
	}
	if k == pyramidal {
		p.apical, p.apicalLast = make([]float64, n), make([]float64, n)
		p.noise, p.deviate = make([]float64, n), make([]float64, n)
	}
	return p
}

// vectors returns the state that is not in cells.
func (p *population) vectors() [][]float64 {
	own := [][]float64{p.apical, p.apicalLast, p.noise, p.slope, p.lowpass, p.lowpassError}
	if p.kind == input {
		own = append(own, p.rate, p.rateLast)
	}
	return own
}

// variable returns the state variable of that name in recordings, nil if there is
// none.
func (p *population) variable(name string) []float64 {
	switch name {
	case "rate":
		return p.rate
	case "rate_last":
		return p.rateLast
	case "V":
		return p.v
	case "v_brev":
		return p.u
	case "rate_highpass":
		return p.highpass
	case "v_apical":
		return p.apical
	case "noise":
		return p.noise
	case "v_dendrite":
		if p.kind == inter {
			return p.basal
		}
	case "v_basal":
		if p.kind != inter {
			return p.basal
		}
	}
	return nil
}
