package dendritic

// synapses is the state of one dense projection and its place in the circuit.
type synapses[F float] struct {
	group     string // rule: up, p2i, i2p or down
	file      string // name in recordings: ff, p2i, i2p, fb, bias_to_pyr, bias_to_inter
	level     int    // level of the recordings
	eta, tau  float64
	pre, post *population[F]
	target    []F // the input sum of post that it adds to

	// w and d (delta, nil without a second state) are stored with the longer
	// side contiguous: [pre][post], or [post][pre] if transposed.
	w, d       []F
	rows, cols int
	transposed bool

	rule    *plasticity[F]
	plastic bool
}

// projection is one synapse group in the step.
type projection[F float] interface {
	base() *synapses[F]
	prepare()      // step 1, factors: reads neurons, writes nothing they see
	advance()      // steps 1 and 2: weights, then the input sum
	inputChanged() // the input player has turned to a new pattern
	inputReset()   // the input player was put on the first pattern of a pass
	settle()       // make w and d hold their present values
}

func (s *synapses[F]) base() *synapses[F] { return s }

func (s *synapses[F]) setPlastic(on bool) { s.plastic = on && s.rule.active }

// at returns the index of the synapse from pre neuron i to post neuron j.
func (s *synapses[F]) at(i, j int) int {
	if s.transposed {
		return j*s.cols + i
	}
	return i*s.cols + j
}

// export writes m (w or d) to dst as [pre][post], row-major.
func (s *synapses[F]) export(dst []float64, m []F) {
	for i := range s.pre.n {
		for j := range s.post.n {
			dst[i*s.post.n+j] = float64(m[s.at(i, j)])
		}
	}
}

// load sets m (w or d) from src, [pre][post] row-major.
func (s *synapses[F]) load(m []F, src []float64) {
	for i := range s.pre.n {
		for j := range s.post.n {
			m[s.at(i, j)] = F(src[i*s.post.n+j])
		}
	}
}

// dense is a projection that touches every synapse in every plastic step.
type dense[F float] struct {
	synapses[F]
	k     *kernels[F]
	sum   []F // of a transposed projection
	outer []F // factor of the rows
	inner []F // factor of the columns
}

func newDense[F float](s synapses[F], k *kernels[F]) *dense[F] {
	d := &dense[F]{synapses: s, k: k}
	d.outer, d.inner = s.rule.pre, s.rule.post
	if s.transposed {
		d.outer, d.inner = d.inner, d.outer
		d.sum = make([]F, s.post.n)
	}
	return d
}

func (d *dense[F]) inputChanged() {}
func (d *dense[F]) inputReset()   {}
func (d *dense[F]) settle()       {}

func (d *dense[F]) prepare() {
	if d.plastic {
		d.rule.factors()
	}
}

func (d *dense[F]) advance() {
	if d.plastic && d.rule.form == byRows {
		d.rule.advanceRows(d.w, d.d, d.cols)
	}
	x := d.pre.rate
	if !d.transposed {
		switch {
		case d.plastic && d.rule.form == lowPass:
			d.k.lowPassMulT(d.w, d.d, d.outer, d.inner, d.rule.forget, x, d.target)
		case d.plastic && d.rule.form == hebb:
			d.k.hebbMulT(d.w, d.outer, d.inner, d.rule.decay, x, d.target)
		default:
			d.k.mulT(d.w, x, d.target)
		}
		return
	}
	switch {
	case d.plastic && d.rule.form == lowPass:
		d.k.lowPassMul(d.w, d.d, d.outer, d.inner, d.rule.forget, x, d.sum)
	case d.plastic && d.rule.form == hebb:
		d.k.hebbMul(d.w, d.outer, d.inner, d.rule.decay, x, d.sum)
	default:
		d.k.mul(d.w, x, d.sum)
	}
	for j, v := range d.sum {
		d.target[j] += v
	}
}
