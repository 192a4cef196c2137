package mdgl

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/vec"
)

// blockSize is the number of trials whose gradients are added in one go. Blocks are
// then added in their order, so that the number of workers does not change a bit.
const blockSize = 4

// score is the outcome of a batch.
type score struct {
	tally
	rateLoss float64
}

// run simulates a batch and, with a rule, computes the gradient of its loss in
// n.sums. workers 0 takes all cores.
func (n *network[F]) run(trials []data.Trial, rule Rule, workers int) score {
	decisions := 0
	for i := range trials {
		decisions += len(trials[i].Decisions)
	}
	blocks := (len(trials) + blockSize - 1) / blockSize
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	n.reserve(min(blocks, workers), blocks)
	if rule == Own {
		n.reserveOwn()
	}
	if rule != "" && n.cfg.Learning.Form == "online" {
		return n.runOnline(trials, rule, decisions, blocks)
	}
	// The rate cost couples the trials, so their traces wait for the last one.
	// The equations of Own may name rates. Without both a worker goes forward and back while the trace is in its cache.
	wait := rule == Own || rule != "" && n.cfg.Learning.RateCost > 0
	slots := len(n.active)
	if wait {
		slots = len(trials)
	}
	for len(n.traces) < slots {
		n.traces = append(n.traces, &trace[F]{})
	}
	if rule != "" && !wait {
		n.makePlan(rule, len(trials))
	}
	tallies := make([]tally, len(trials))
	counts := make([]int32, blocks*n.neurons)
	n.each(blocks, func(w *worker[F], wi, block int) {
		n.blocks[block].clear()
		for i := block * blockSize; i < min((block+1)*blockSize, len(trials)); i++ {
			slot := wi
			if wait {
				slot = i
			}
			tc := n.traces[slot]
			var state *State
			if n.states != nil {
				state = &n.states[i]
			}
			w.setNoise(n.noiseOf(i))
			tallies[i] = n.forward(w, &trials[i], tc, state, decisions, len(trials), rule)
			for j, c := range tc.counts {
				counts[block*n.neurons+j] += c
			}
			if rule != "" && !wait {
				n.backward(w, &trials[i], tc, &n.blocks[block])
			}
		}
	})
	result := n.finish(tallies, counts, len(trials))
	if wait {
		n.makePlan(rule, len(trials))
		n.each(blocks, func(w *worker[F], _, block int) {
			for i := block * blockSize; i < min((block+1)*blockSize, len(trials)); i++ {
				n.backward(w, &trials[i], n.traces[i], &n.blocks[block])
			}
		})
	}
	if rule != "" {
		n.addBlocks(blocks, rule)
	}
	return result
}

// reserve makes workers and blocks, and sets the number of workers of a batch.
func (n *network[F]) reserve(workers, blocks int) {
	for len(n.workers) < workers {
		w := &worker[F]{scratch: make([]float64, n.outputs), total: make([]F, 2*n.kinds), active: make([]uint64, words(n.neurons))}
		for _, x := range []*[]F{&w.base, &w.s, &w.x, &w.v, &w.q, &w.r} {
			*x = make([]F, n.neurons)
		}
		o := &n.own
		w.back = vec.AdjointALIF[F]{V: w.v, Q: w.q, Alpha: o.alpha, Rho: o.rho, Beta: o.beta, Reset: o.reset, Gamma: n.c.gamma}
		if n.cfg.Cells.Model == "lsnn" {
			w.lsnn = n.newLSNN(w.q, w.s)
		} else {
			w.alif = n.newALIF()
		}
		n.workers = append(n.workers, w)
	}
	n.active = n.workers[:workers]
	for len(n.blocks) < blocks {
		n.blocks = append(n.blocks, n.newGradient())
	}
}

// reserveOwn gives the active workers what a rule of one's own needs.
func (n *network[F]) reserveOwn() {
	for _, w := range n.active {
		if w.own == nil {
			var err error
			if w.own, err = newOwnSignal(n); err != nil {
				panic(err) // the configuration was validated with this rule
			}
		}
	}
}

// setNoise sets the noise of the next trial.
func (w *worker[F]) setNoise(rng *rand.Rand) {
	if w.lsnn != nil {
		w.lsnn.noise = rng
	} else {
		w.alif.noise = rng
	}
}

// each calls f for all blocks, on all workers at the same time.
func (n *network[F]) each(blocks int, f func(w *worker[F], wi, block int)) {
	if len(n.active) == 1 {
		for block := range blocks {
			f(n.active[0], 0, block)
		}
		return
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for wi, w := range n.active {
		wait.Go(func() {
			for block := int(next.Add(1)) - 1; block < blocks; block = int(next.Add(1)) - 1 {
				f(w, wi, block)
			}
		})
	}
	wait.Wait()
}

// forward simulates a trial, from a state (nil: rest) into it, and judges it.
func (n *network[F]) forward(w *worker[F], tr *data.Trial, tc *trace[F], state *State, decisions, trials int, rule Rule) tally {
	watched := tc.watched || w.lsnn != nil
	tc.reset(n.shape.Steps, n.neurons, n.outputs, rule != "", rule == OnMDGL, watched)
	if w.lsnn != nil {
		n.simulateLSNN(w.lsnn, tr, tc, state)
	} else {
		n.simulateALIF(w.alif, tr, tc, state)
	}
	n.readout(tc)
	sum := judge(tr, tc.out, tc.errors, n.outputs, decisions, trials, w.scratch)
	if rule != "" {
		backFilter(tc.lambda, tc.errors, n.outputs, n.c.kappa, n.c.kappa1, n.tiny)
	}
	if rule == OnMDGL {
		n.lowPass(tc)
	}
	return sum
}

// readout integrates the spikes, psp[t] = κ psp[t-1] + (1-κ) z[t], seen through the
// output weights: out[t] = psp[t] W_out + bias.
func (n *network[F]) readout(tc *trace[F]) {
	K := n.outputs
	for t := range n.shape.Steps {
		out := tc.out[t*K : (t+1)*K]
		if t == 0 {
			clear(out)
		} else {
			for k, x := range tc.out[(t-1)*K : t*K] {
				out[k] = n.c.kappa * x
			}
		}
		for _, j := range tc.spikes[tc.start[t]:tc.start[t+1]] {
			a, b := n.out.start[j], n.out.start[j+1]
			w := n.out.w[a:b]
			for k, c := range n.out.col[a:b] {
				out[c] += n.c.kappa1 * w[k]
			}
		}
	}
	for i := range tc.out {
		tc.out[i] += n.bias[i%K]
	}
}

func (n *network[F]) backward(w *worker[F], tr *data.Trial, tc *trace[F], g *gradient[F]) {
	if w.lsnn != nil {
		n.adjointLSNN(w, tr, tc, g)
	} else {
		n.adjointALIF(w, tr, tc, g)
	}
	n.collectReadout(tc, g)
}

// finish computes mean rates and the score of a batch.
func (n *network[F]) finish(tallies []tally, counts []int32, trials int) score {
	var s score
	for _, t := range tallies {
		s.tally.add(t)
	}
	l := &n.cfg.Learning
	for j := range n.rates {
		sum := 0
		for i := j; i < len(counts); i += n.neurons {
			sum += int(counts[i])
		}
		n.rates[j] = float64(sum) / float64(trials*n.shape.Steps)
		d := n.rates[j] - l.RateTarget/1000
		s.rateLoss += l.RateCost * d * d
	}
	return s
}

// addBlocks sums the gradients of the blocks in their order and gives them their
// common factor.
func (n *network[F]) addBlocks(blocks int, rule Rule) {
	n.sums.clear()
	for i := range blocks {
		n.sums.add(&n.blocks[i])
	}
	slope := n.c.slope
	if n.cfg.Cells.Model == "lsnn" {
		slope = 1
	}
	for k := range n.sums.in {
		n.sums.in[k] *= n.own.alpha1[n.in.col[k]] * slope
	}
	for k := range n.sums.rec {
		n.sums.rec[k] *= n.own.alpha1[n.rec.col[k]] * slope
		if rule == BPTT && n.rec.row[k] == n.rec.col[k] {
			n.sums.rec[k] = 0 // the exact gradient: the weight is always 0
		}
	}
}
