package mdgl

import "github.com/neurocredit/neurocredit/internal/vec"

// gradient holds the derivatives of the loss by weights, one per synapse.
type gradient[F float] struct {
	in, rec, out, bias []F
	rateIn, rateRec    []F // online form: effect of a unit signal to every neuron, summed over trials
}

func (n *network[F]) newGradient() gradient[F] {
	return gradient[F]{in: make([]F, len(n.in.w)), rec: make([]F, len(n.rec.w)), out: make([]F, len(n.out.w)), bias: make([]F, n.outputs)}
}

func (g *gradient[F]) clear() {
	for _, x := range [][]F{g.in, g.rec, g.out, g.bias, g.rateIn, g.rateRec} {
		clear(x)
	}
}

func (g *gradient[F]) add(o *gradient[F]) {
	for _, p := range [][2][]F{{g.in, o.in}, {g.rec, o.rec}, {g.out, o.out}, {g.bias, o.bias}} {
		for k, x := range p[1] {
			p[0][k] += x
		}
	}
}

// plan is what a rule needs for the backward pass of a batch, made from the present
// weights.
type plan[F float] struct {
	rule    Rule
	heard   []int32 // neurons with feedback weights
	weights []F     // [heard, K] their feedback weights
	outward []F     // [K, N] those of all neurons
	rate    []F     // [N] derivative of the rate cost by a spike

	// The part of the signal that comes through one recurrent synapse, Σ_k gain[k] X_j
	// over the synapses k of a neuron to targets j. X is the adjoint voltage for BPTT
	// and what j secretes for the MDGL rules. It is empty for EProp and NLMDGL.
	start   []int32
	target  []int32 // j, with delays as in synapses
	gain    []F
	through vec.Sparse[F] // target and gain once more
	all     []uint64      // bits of all neurons
	types   []F           // NLMDGL: gains by pairs of types
	own     ownPlan[F]    // Own
}

// typeMeans returns the mean recurrent weight by pairs of types: of the existing
// synapses, or with all of all entries of the block.
func (n *network[F]) typeMeans(all bool) []float64 {
	mean, count := make([]float64, n.pairs()), make([]float64, n.pairs())
	for k, w := range n.rec.w {
		if w != 0 {
			ab := n.pair(n.rec.row[k], n.rec.col[k])
			mean[ab] += float64(w)
			count[ab]++
		}
	}
	if all {
		size := make([]float64, n.kinds)
		for _, a := range n.types {
			size[a]++
		}
		for ab := range count {
			count[ab] = size[ab/n.kinds] * size[ab%n.kinds]
		}
	}
	for ab := range mean {
		if count[ab] > 0 {
			mean[ab] /= count[ab]
		}
	}
	return mean
}

// makePlan prepares the backward passes of a batch. n.rates must be known if the
// rate cost is on.
func (n *network[F]) makePlan(rule Rule, trials int) {
	p := &n.plan
	p.rule = rule
	n.planRate(trials)
	n.planFeedback(p)
	p.target, p.gain = p.target[:0], p.gain[:0]
	p.start = grow(p.start, n.neurons+1)
	p.through.Reset(n.neurons)
	if p.all == nil {
		p.all = make([]uint64, words(n.neurons))
		for i := range n.neurons {
			p.all[i/64] |= 1 << (i % 64)
		}
	}
	if rule == EProp {
		return
	}
	// X leaves out the factor γ/ϑ of ψ (alif) or γ (lsnn), which is put in here.
	slope := n.c.slope
	if n.cfg.Cells.Model == "lsnn" {
		slope = n.c.gamma
		if rule == BPTT {
			slope = 1
		}
	}
	unit := n.c.alpha1 * slope
	p.types = grow(p.types, n.pairs())
	if rule == Own {
		p.start[0] = 0
		n.planOwn(n.means(false), n.means(true), unit)
		return
	}
	if rule == NLMDGL {
		mean := n.means(true)
		for ab := range p.types {
			p.types[ab] = unit * F(mean[ab])
		}
		return
	}
	mean := n.means(false)
	secretes := n.secreting(p)
	p.start[0] = 0
	for i := range n.neurons {
		for k := n.rec.start[i]; k < n.rec.start[i+1]; k++ {
			j := n.rec.col[k]
			w := n.rec.w[k]
			if w == 0 || !secretes[j] {
				continue
			}
			if rule == MDGL || rule == OnMDGL {
				w = F(mean[n.pair(int32(i), j)])
			}
			p.target, p.gain = append(p.target, n.rec.target[k]), append(p.gain, n.own.alpha1[j]*slope*w)
		}
		p.start[i+1] = int32(len(p.target))
		p.through.SetRow(i, p.target[p.start[i]:], p.gain[p.start[i]:])
	}
}

// words returns the number of words that hold a bit for each of n neurons.
func words(n int) int { return (n + 63) / 64 }

// planRate computes the derivative of the rate cost from the mean rates.
func (n *network[F]) planRate(trials int) {
	l := &n.cfg.Learning
	n.plan.rate = grow(n.plan.rate, n.neurons)
	for j, r := range n.rates {
		n.plan.rate[j] = F(2 * l.RateCost * (r - l.RateTarget/1000) / float64(trials*n.shape.Steps))
	}
}

// means returns the affinities between types.
func (n *network[F]) means(all bool) []float64 {
	switch {
	case n.cfg.Learning.Affinity != "initial":
		return n.typeMeans(all)
	case all:
		return n.affinityAll
	}
	return n.affinity
}

// planFeedback lists the neurons that hear the error.
func (n *network[F]) planFeedback(p *plan[F]) {
	K := n.outputs
	p.heard, p.weights = p.heard[:0], p.weights[:0]
	for j := range n.neurons {
		row := len(p.weights)
		for range K {
			p.weights = append(p.weights, 0)
		}
		if n.feedback != nil && p.rule != BPTT {
			copy(p.weights[row:], n.feedback[j*K:(j+1)*K])
		} else {
			for k := n.out.start[j]; k < n.out.start[j+1]; k++ {
				p.weights[row+int(n.out.col[k])] = n.out.w[k]
			}
		}
		zero := true
		for _, w := range p.weights[row:] {
			zero = zero && w == 0
		}
		if zero {
			p.weights = p.weights[:row]
		} else {
			p.heard = append(p.heard, int32(j))
		}
	}
	p.outward = grow(p.outward, K*n.neurons)
	clear(p.outward)
	for i, w := range p.weights {
		p.outward[i%K*n.neurons+int(p.heard[i/K])] = w
	}
}

// secreting marks the neurons whose X can differ from 0.
func (n *network[F]) secreting(p *plan[F]) []bool {
	s := make([]bool, n.neurons)
	all := p.rule == BPTT || n.modulatesRate(p.rule)
	for j := range s {
		s[j] = all
	}
	for _, j := range p.heard {
		s[j] = true
	}
	return s
}

// modulatesRate reports whether neurons secrete the derivative of the rate cost.
func (n *network[F]) modulatesRate(rule Rule) bool {
	l := &n.cfg.Learning
	return l.RateCost > 0 && l.RateModulates && rule != EProp && rule != BPTT && rule != OnMDGL
}
