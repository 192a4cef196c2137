package dendritic

import "math"

// factored is the projection from an unfiltered input, exact and much cheaper
// than dense (docs/models/dendritic.md, section 16b). While the pattern x stays,
// the low-passed rule changes w and delta by multiples of x and of delta itself.
// So a step only advances vectors over the postsynaptic neurons:
//
//	u = wᵀx (the input sum), v = deltaᵀx, and p, q, which collect what x will
//	multiply in w and delta at the end of the pattern.
//
// With n plastic steps since row i was written and a = forget:
//
//	w_i += S_n delta_i + x_i p,  delta_i = k_n delta_i + x_i q,  k_n = (1-a)^n,  S_n = (1-k_n)/a.
//
// Without forgetting, a = 0, S_n is n. A delta that overshoots, a > 1, is left to
// dense.
//
// Rows with x_i = 0 need nothing but the count n, so they are left alone until
// their input is not 0 (most MNIST pixels).
type factored[F float] struct {
	synapses[F]
	k       *kernels[F]
	pattern []F // what the input shows or is about to show

	x          []F   // the pattern of u, v, p and q
	lit        []int // where x is not 0
	norm       F     // |x|²
	u, v, p, q []F
	e          []F // postsynaptic factor of the rule

	steps   int   // plastic steps so far
	since   int   // steps when p and q were cleared
	written []int // steps when row i was written
	stale   bool  // the input has changed: rebase after the next plasticity
	ready   bool  // v belongs to x; it is not kept up while nothing learns

	memo [61]stretch[F] // of elapsed, by n: most n are multiples of the steps per pattern
}

// stretch is S_n and k_n.
type stretch[F float] struct {
	n         int
	sum, keep F
}

func newFactored[F float](s synapses[F], k *kernels[F], pattern []F) *factored[F] {
	f := &factored[F]{synapses: s, k: k, pattern: pattern, x: make([]F, len(pattern)), lit: make([]int, 0, len(pattern)), written: make([]int, len(pattern))}
	f.e = wide(s.rule.post)
	f.u, f.v, f.p, f.q = make([]F, s.stride), make([]F, s.stride), make([]F, s.stride), make([]F, s.stride)
	return f
}

func (f *factored[F]) prepare() {
	if f.plastic {
		f.rule.factors()
	}
}

func (f *factored[F]) inputChanged() { f.stale = true }

func (f *factored[F]) inputReset() { f.rebase() }

// advance applies the plasticity of the pattern that caused the present
// voltages, and only then turns to a new one.
func (f *factored[F]) advance() {
	if f.plastic {
		if !f.ready {
			f.readDelta()
		}
		f.k.inputStep(f.u, f.v, f.p, f.q, f.e, f.rule.forget, f.norm)
		f.steps++
	}
	if f.stale {
		f.rebase()
	}
	f.k.axpy(1, f.u[:f.cols], f.target)
}

// rebase finishes the old pattern and computes u and v of the new one.
func (f *factored[F]) rebase() {
	f.flush()
	f.turnTo(f.pattern)
	f.stale, f.ready, f.norm = false, false, 0
	clear(f.u)
	for _, i := range f.lit {
		f.catchUp(i)
		f.norm += f.x[i] * f.x[i]
		f.k.axpy(f.x[i], f.row(f.w, i), f.u)
	}
	if f.plastic {
		f.readDelta()
	}
}

// turnTo sets x.
func (f *factored[F]) turnTo(pattern []F) {
	copy(f.x, pattern)
	f.lit = f.lit[:0]
	for i, x := range f.x {
		if x != 0 {
			f.lit = append(f.lit, i)
		}
	}
}

// readDelta computes v. The rows of x are up to date: nothing was plastic since
// they were written.
func (f *factored[F]) readDelta() {
	clear(f.v)
	for _, i := range f.lit {
		f.k.axpy(f.x[i], f.row(f.d, i), f.v)
	}
	f.ready = true
}

// flush writes the rows of the present pattern.
func (f *factored[F]) flush() {
	if n := f.steps - f.since; n > 0 {
		sum, keep := f.elapsed(n)
		for _, i := range f.lit {
			f.k.addSteps(f.row(f.w, i), f.row(f.d, i), f.p, f.q, sum, keep, f.x[i])
			f.written[i] = f.steps
		}
	}
	clear(f.p)
	clear(f.q)
	f.since = f.steps
}

// catchUp writes a row that had no input for a while.
func (f *factored[F]) catchUp(i int) {
	if n := f.steps - f.written[i]; n > 0 {
		sum, keep := f.elapsed(n)
		d := f.row(f.d, i)
		f.k.axpy(sum, d, f.row(f.w, i))
		f.k.scale(d, d, keep)
		f.written[i] = f.steps
	}
}

// settle writes all rows.
func (f *factored[F]) settle() {
	f.flush()
	for i := range f.written {
		f.catchUp(i)
	}
}

// read computes what settle would write.
func (f *factored[F]) read(dst []float64, delta bool) {
	for i, x := range f.x {
		sum, keep := f.elapsed(f.steps - f.written[i])
		w, d := f.row(f.w, i), f.row(f.d, i)
		for j := range f.cols {
			v := w[j] + (F(sum*d[j]) + F(x*f.p[j]))
			if delta {
				v = F(keep*d[j]) + F(x*f.q[j])
			}
			dst[i*f.cols+j] = float64(v)
		}
	}
}

// elapsed returns S_n and k_n.
func (f *factored[F]) elapsed(n int) (sum, keep F) {
	if n == 0 {
		return 0, 1 // also for a = 1, where the logarithm is infinite
	}
	m := &f.memo[n%len(f.memo)]
	if m.n != n {
		a := float64(f.rule.forget)
		log := float64(n) * math.Log1p(-a)
		*m = stretch[F]{n, F(-math.Expm1(log) / a), F(math.Exp(log))}
		if a == 0 {
			m.sum = F(n)
		}
	}
	return m.sum, m.keep
}

func (f *factored[F]) row(m []F, i int) []F { return m[i*f.stride : (i+1)*f.stride] }
