package dendritic

// rounded is a projection of the float32 engine. Every operation is carried out
// in the order of the original program and rounded there, so that a run agrees
// with one of the original's single-threaded backend to the last bit:
//
//	low-passed:  w += δ,  δ += k (s - δ),  k = dt/τ,  s = ((dt η) err) pre
//	top-down:    w += (dt η) (post pre - α w)
//
// with the old δ. Only for i2p the original multiplies err by pre first.
type rounded[F float] struct {
	synapses[F]
	err, sum []F
}

func newRounded[F float](s synapses[F]) *rounded[F] {
	return &rounded[F]{synapses: s, err: make([]F, s.post.n), sum: make([]F, s.post.n)}
}

func (r *rounded[F]) inputChanged() {}
func (r *rounded[F]) inputReset()   {}
func (r *rounded[F]) settle()       {}

func (r *rounded[F]) prepare() {
	if r.plastic {
		r.rule.factors()
	}
}

func (r *rounded[F]) advance() {
	if r.plastic {
		switch r.rule.form {
		case byRows:
			r.rule.advanceRows(r.w, r.d, r.cols)
		case lowPass:
			r.lowPass()
		case hebb:
			r.hebb()
		}
	}
	clear(r.sum)
	for i, x := range r.pre.rate {
		for j, w := range r.w[i*r.cols : (i+1)*r.cols] {
			r.sum[j] += F(w * x)
		}
	}
	for j, v := range r.sum {
		r.target[j] += v
	}
}

func (r *rounded[F]) lowPass() {
	gain, k := r.rule.gain, r.rule.forget
	last := gain // factor to come after the product
	copy(r.err, r.rule.post)
	if r.group != groupI2P {
		last = 1
		for j, e := range r.err {
			r.err[j] = F(gain * e)
		}
	}
	for i, pre := range r.rule.pre {
		w, d := r.w[i*r.cols:(i+1)*r.cols], r.d[i*r.cols:(i+1)*r.cols]
		for j, e := range r.err {
			w[j] += d[j]
			d[j] += F(k * F(F(last*F(e*pre))-d[j]))
		}
	}
}

func (r *rounded[F]) hebb() {
	gain, decay := r.rule.gain, r.rule.decay
	for i, pre := range r.rule.pre {
		w := r.w[i*r.cols : (i+1)*r.cols]
		for j, post := range r.rule.post {
			w[j] += F(gain * F(F(post*pre)-F(decay*w[j])))
		}
	}
}
