package mdgl

import "github.com/neurocredit/neurocredit/data"

// columns orders the input and recurrent synapses by their target, as the online
// form needs them: those of neuron p are start[p]..start[p+1]-1.
type columns struct {
	start   []int32 // [N+1]
	in, rec []int32 // place of each input and recurrent synapse
}

func newColumns(neurons int, in, rec []int32) columns {
	c := columns{start: make([]int32, neurons+1), in: make([]int32, len(in)), rec: make([]int32, len(rec))}
	for _, cols := range [][]int32{in, rec} {
		for _, p := range cols {
			c.start[p+1]++
		}
	}
	for p := range neurons {
		c.start[p+1] += c.start[p]
	}
	next := append([]int32(nil), c.start...)
	for i, cols := range [][]int32{in, rec} {
		to := [][]int32{c.in, c.rec}[i]
		for k, p := range cols {
			to[k] = next[p]
			next[p]++
		}
	}
	return c
}

// online is the state of one trial of the strictly forward form (section 7). Its size
// does not depend on the number of steps. For each synapse q→p it keeps the
// eligibility vector, the trace e, and e filtered by the readout; the latter also
// multiplied by what p hears from its neighbours. S counts synapses, C error
// channels.
type online[F float] struct {
	ev, ea, e  []F   // [S] eligibility vector in units of 1-α, trace in units of (1-α) γ/ϑ
	f          []F   // [S] filtered trace
	before     []F   // [S] f of the step before (OnMDGL)
	hear       [][]F // [C][S] filtered product of trace and modulator
	sum        []F   // [S] sum of f over the steps of a decision
	sumHear    [][]F // [C][S] sum of hear
	unit       []F   // [S] sum of e: effect of a unit signal, for the rate cost
	grad       []F   // [S]
	h          []F   // [N] pseudo-derivative of this step
	low        []F   // [N] filtered h
	x          []F   // [N] secreted modulator of a channel
	m          [][]F // [C][N] modulator that arrives
	psp, sumPS []F   // [N] filtered spikes, and their sum over a decision
	out, err   []F   // [K]
	total      []F   // [2, types]
	counts     []int32
	logits     []float64
}

func newOnline[F float](synapses, neurons, outputs, types int) *online[F] {
	o := &online[F]{total: make([]F, 2*types), counts: make([]int32, neurons), logits: make([]float64, outputs)}
	for _, x := range []*[]F{&o.ev, &o.ea, &o.e, &o.f, &o.before, &o.sum, &o.unit, &o.grad} {
		*x = make([]F, synapses)
	}
	for _, x := range []*[]F{&o.h, &o.low, &o.x, &o.psp, &o.sumPS} {
		*x = make([]F, neurons)
	}
	for range outputs {
		o.hear, o.sumHear = append(o.hear, make([]F, synapses)), append(o.sumHear, make([]F, synapses))
		o.m = append(o.m, make([]F, neurons))
	}
	o.out, o.err = make([]F, outputs), make([]F, outputs)
	return o
}

func (o *online[F]) reset() {
	for _, x := range [][]F{o.ev, o.ea, o.e, o.f, o.before, o.sum, o.h, o.low, o.x, o.psp, o.sumPS, o.out} {
		clear(x)
	}
	for c := range o.hear {
		clear(o.hear[c])
		clear(o.sumHear[c])
	}
	clear(o.counts)
}

// runOnline is run in the online form.
func (n *network[F]) runOnline(trials []data.Trial, rule Rule, decisions, blocks int) score {
	if n.columns.start == nil {
		n.columns = newColumns(n.neurons, n.in.col, n.rec.col)
	}
	size := len(n.in.col) + len(n.rec.col)
	for _, w := range n.active {
		if w.online == nil {
			w.online = newOnline[F](size, n.neurons, n.outputs, n.kinds)
		}
	}
	n.makePlan(rule, len(trials))
	tallies := make([]tally, len(trials))
	counts := make([]int32, blocks*n.neurons)
	n.each(blocks, func(w *worker[F], _, block int) {
		o, g := w.online, &n.blocks[block]
		g.clear()
		g.rateIn, g.rateRec = grow(g.rateIn, len(g.in)), grow(g.rateRec, len(g.rec))
		clear(o.grad)
		clear(o.unit)
		for i := block * blockSize; i < min((block+1)*blockSize, len(trials)); i++ {
			w.setNoise(n.noiseOf(i))
			tallies[i] = n.onlineTrial(w, &trials[i], g, decisions, len(trials))
			for j, c := range o.counts {
				counts[block*n.neurons+j] += c
			}
		}
		for k, at := range n.columns.in {
			g.in[k], g.rateIn[k] = o.grad[at], o.unit[at]
		}
		for k, at := range n.columns.rec {
			g.rec[k], g.rateRec[k] = o.grad[at], o.unit[at]
		}
	})
	result := n.finish(tallies, counts, len(trials))
	n.planRate(len(trials))
	for i := range blocks {
		g := &n.blocks[i]
		for k, x := range g.rateIn {
			g.in[k] += n.plan.rate[n.in.col[k]] * x
		}
		for k, x := range g.rateRec {
			g.rec[k] += n.plan.rate[n.rec.col[k]] * x
		}
	}
	n.addBlocks(blocks, rule)
	return result
}

// onlineTrial runs one trial and adds its gradient. At a step:
//
//  1. input and recurrent spikes that arrive enter the eligibility vectors;
//  2. the cell advances (section 2.1);
//  3. hear = κ hear + (1-κ) m e, with the trace e of the last step and the modulator
//     m that arrives now, per unit of error;
//  4. e = h (εv - β εa); f = κ f + (1-κ) e;
//  5. the eligibility vectors advance to the next step;
//  6. where the loss is due, the error turns f and hear into gradient.
func (n *network[F]) onlineTrial(w *worker[F], tr *data.Trial, g *gradient[F], decisions, trials int) tally {
	o := w.online
	o.reset()
	w.alif.begin(nil)
	channels := n.errorChannels(tr)
	var sum tally
	at, next := 0, 0
	var last []int32
	for t := range n.shape.Steps {
		from := at
		for at < len(tr.Events) && int(tr.Events[at].Step) == t {
			at++
		}
		for _, e := range tr.Events[from:at] {
			for k := n.in.start[e.Channel]; k < n.in.start[e.Channel+1]; k++ {
				o.ev[n.columns.in[k]] += F(e.Value)
			}
		}
		for _, i := range last { // the step may write over them
			for k := n.rec.start[i]; k < n.rec.start[i+1]; k++ {
				o.ev[n.columns.rec[k]]++
			}
		}
		spikes := n.step(w.alif, t, tr.Events[from:at], o.h)
		last = spikes
		due := len(tr.Target) > 0 || next < len(tr.Decisions) && t >= tr.Decisions[next].From
		n.modulate(o, channels, due)
		n.advance(o, channels)
		if n.plan.rule == OnMDGL && due {
			n.hearNow(o, channels)
		}
		n.filterSpikes(o, spikes)
		if len(tr.Target) > 0 {
			target := tr.Target[t*n.outputs : (t+1)*n.outputs]
			sum.add(o.judgeTarget(target, n.bias, n.shape.Steps*trials))
			n.settle(o, g, o.f, o.hear, o.psp, 1, channels)
		} else if due {
			d := tr.Decisions[next]
			if o.judgeStep(d, n.bias, t, channels) {
				next++
				sum.add(o.judgeEnd(d, decisions))
				n.settle(o, g, o.sum, o.sumHear, o.sumPS, d.To-d.From, channels)
			}
		}
		if t%flushEvery == flushEvery-1 {
			for _, x := range [][]F{o.ev, o.ea, o.f, o.psp, o.low} {
				flush(x, n.tiny)
			}
			for ch := range channels {
				flush(o.hear[ch], n.tiny)
			}
		}
	}
	return sum
}
