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
	// side contiguous: [pre][post], or [post][pre] if transposed. A row takes
	// stride values; what it has beyond its columns stays 0.
	w, d               []F
	rows, cols, stride int
	transposed         bool

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
	// read copies the present w, or d, to dst as [pre][post], row-major. Unlike
	// settle it leaves the state, and with it all later rounding, as it is.
	read(dst []float64, delta bool)
}

func (s *synapses[F]) base() *synapses[F] { return s }

func (s *synapses[F]) setPlastic(on bool) { s.plastic = on && s.rule.active }

// size returns the number of synapses.
func (s *synapses[F]) size() int { return s.rows * s.cols }

// at returns the index of the synapse from pre neuron i to post neuron j.
func (s *synapses[F]) at(i, j int) int {
	if s.transposed {
		return j*s.stride + i
	}
	return i*s.stride + j
}

func (s *synapses[F]) read(dst []float64, delta bool) {
	m := s.w
	if delta {
		m = s.d
	}
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
	k            *kernels[F]
	x, y         []F // presynaptic rates and the input sum they go to
	outer, inner []F // plasticity factors of rows and columns
}

func newDense[F float](s synapses[F], k *kernels[F]) *dense[F] {
	d := &dense[F]{synapses: s, k: k, x: s.pre.rate, y: s.target, outer: s.rule.pre, inner: s.rule.post}
	if s.transposed {
		d.outer, d.inner = d.inner, d.outer
		d.y = make([]F, s.rows)
	}
	if s.stride > s.cols {
		d.inner = wide(d.inner)
		if s.transposed {
			d.x = wide(d.x)
		} else {
			d.y = wide(d.y)
		}
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
	form := d.rule.form
	if !d.plastic {
		form = fixed
	}
	if form == byRows {
		d.rule.advanceRows(d.w, d.d, d.cols)
	}
	if !d.transposed {
		switch form {
		case lowPass:
			d.k.lowPassMulT(d.w, d.d, d.outer, d.inner, d.rule.forget, d.x, d.y)
		case hebb:
			d.k.hebbMulT(d.w, d.outer, d.inner, d.rule.decay, d.x, d.y)
		default:
			d.k.mulT(d.w, d.x, d.y)
		}
		return
	}
	switch form {
	case lowPass:
		d.k.lowPassMul(d.w, d.d, d.outer, d.inner, d.rule.forget, d.x, d.y)
	case hebb:
		d.k.hebbMul(d.w, d.outer, d.inner, d.rule.decay, d.x, d.y)
	default:
		d.k.mul(d.w, d.x, d.y)
	}
	for j, v := range d.y {
		d.target[j] += v
	}
}
