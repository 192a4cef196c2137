package mdgl

import "github.com/neurocredit/neurocredit/data"

// errorChannels returns the number of independent errors. The two errors of a
// softmax with two outputs differ in sign only, so that one is enough.
func (n *network[F]) errorChannels(tr *data.Trial) int {
	switch {
	case n.plan.rule == EProp:
		return 0
	case n.outputs == 2 && len(tr.Target) == 0:
		return 1
	}
	return n.outputs
}

// channelWeight returns the feedback weight of the i-th neuron that hears the error.
func (n *network[F]) channelWeight(i, channel, channels int) F {
	w := n.plan.weights[i*n.outputs : (i+1)*n.outputs]
	if channels < n.outputs {
		return w[1] - w[0]
	}
	return w[channel]
}

// modulate computes what arrives at every neuron per unit of error.
func (n *network[F]) modulate(o *online[F], channels int, due bool) {
	p := &n.plan
	secreted := o.h
	if p.rule == OnMDGL {
		for j, h := range o.h {
			o.low[j] = n.c.kappa*o.low[j] + n.c.kappa1*h
		}
		if !due {
			return
		}
		secreted = o.low
	}
	for ch := range channels {
		for i, j := range p.heard {
			o.x[j] = n.channelWeight(i, ch, channels) * secreted[j]
		}
		m := o.m[ch]
		clear(m)
		if p.rule == NLMDGL {
			n.spread(m, m, o.x, o.total)
		} else {
			n.gather(m, m, o.x, p.all)
		}
	}
}

// advance does steps 3 to 5 of onlineTrial.
func (n *network[F]) advance(o *online[F], channels int) {
	c := &n.c
	rate := n.cfg.Learning.RateCost > 0
	filtered := n.plan.rule != OnMDGL
	for p, h := range o.h {
		from, to := n.columns.start[p], n.columns.start[p+1]
		ev, ea, e, f := o.ev[from:to], o.ea[from:to], o.e[from:to], o.f[from:to]
		if filtered {
			for ch := range channels {
				m := c.kappa1 * o.m[ch][p]
				hear := o.hear[ch][from:to]
				for k, x := range e {
					hear[k] = c.kappa*hear[k] + m*x
				}
			}
		} else {
			copy(o.before[from:to], f)
		}
		beta := c.beta
		if p < n.regular {
			beta = 0
		}
		decay, lift := c.alpha-c.gamma*h, c.gamma*beta*h
		if p < n.regular {
			for k, x := range ev {
				y := h * x
				e[k] = y
				f[k] = c.kappa*f[k] + c.kappa1*y
				ev[k] = decay * x
			}
		} else {
			rise := c.rho1 * c.slope * h
			fade := c.rho - beta*rise
			for k, x := range ev {
				a := ea[k]
				y := h * (x - beta*a)
				e[k] = y
				f[k] = c.kappa*f[k] + c.kappa1*y
				ev[k] = decay*x + lift*a
				ea[k] = rise*x + fade*a
			}
		}
		if rate {
			unit := o.unit[from:to]
			for k, x := range e {
				unit[k] += x
			}
		}
	}
}

// hearNow computes what OnMDGL uses in place of the filtered product: the arriving
// modulator of filtered derivatives, times the filtered trace of the step before.
func (n *network[F]) hearNow(o *online[F], channels int) {
	for ch := range channels {
		for p, m := range o.m[ch] {
			for k := n.columns.start[p]; k < n.columns.start[p+1]; k++ {
				o.hear[ch][k] = m * o.before[k]
			}
		}
	}
}

// filterSpikes advances the filtered spikes and the readout.
func (n *network[F]) filterSpikes(o *online[F], spikes []int32) {
	for j := range o.psp {
		o.psp[j] *= n.c.kappa
	}
	for k := range o.out {
		o.out[k] *= n.c.kappa
	}
	for _, j := range spikes {
		o.psp[j] += n.c.kappa1
		o.counts[j]++
		for k := n.out.start[j]; k < n.out.start[j+1]; k++ {
			o.out[n.out.col[k]] += n.c.kappa1 * n.out.w[k]
		}
	}
}

// judgeTarget compares the readout of a step with the target.
func (o *online[F]) judgeTarget(target []float64, bias []F, terms int) (sum tally) {
	for k, want := range target {
		e := float64(o.out[k]+bias[k]) - want
		sum.loss += e * e / float64(terms)
		sum.square += want * want / float64(terms)
		o.err[k] = F(2 * e / float64(terms))
	}
	return sum
}

// judgeStep sums readout and traces over the steps of a decision. It returns true at
// the last one.
func (o *online[F]) judgeStep(d data.Decision, bias []F, t, channels int) bool {
	if t == d.From {
		clear(o.logits)
		for _, x := range [][]F{o.sum, o.sumPS} {
			clear(x)
		}
		for ch := range channels {
			clear(o.sumHear[ch])
		}
	}
	for k, x := range o.out {
		o.logits[k] += float64(x + bias[k])
	}
	add(o.sum, o.f)
	add(o.sumPS, o.psp)
	for ch := range channels {
		add(o.sumHear[ch], o.hear[ch])
	}
	return t == d.To-1
}

func add[F float](sum, x []F) {
	sum = sum[:len(x)]
	for k, y := range x {
		sum[k] += y
	}
}

// judgeEnd computes loss and error of a decision.
func (o *online[F]) judgeEnd(d data.Decision, decisions int) tally {
	steps := float64(d.To - d.From)
	loss, correct := softmaxLoss(o.logits, steps, d.Label)
	for k, y := range o.logits {
		o.err[k] = F(y / (steps * float64(decisions)))
	}
	sum := tally{loss: loss / float64(decisions), n: 1}
	if correct {
		sum.correct = 1
	}
	return sum
}

// settle turns traces into gradient, with the errors in o.err and the sums over the
// steps they hold for.
func (n *network[F]) settle(o *online[F], g *gradient[F], f []F, hear [][]F, psp []F, steps, channels int) {
	K := n.outputs
	for i, p := range n.plan.heard {
		delta := F(0)
		for k, e := range o.err {
			delta += n.plan.weights[i*K+k] * e
		}
		for k := n.columns.start[p]; k < n.columns.start[p+1]; k++ {
			o.grad[k] += delta * f[k]
		}
	}
	for ch := range channels {
		e := o.err[ch]
		if channels < K {
			e = o.err[1]
		}
		for k, x := range hear[ch] {
			o.grad[k] += e * x
		}
	}
	for k, j := range n.out.row {
		g.out[k] += o.err[n.out.col[k]] * psp[j]
	}
	for k, e := range o.err {
		g.bias[k] += e * F(steps)
	}
}
