package mdgl

import (
	"math"

	"github.com/neurocredit/neurocredit/data"
)

// trace is what one trial leaves behind for the backward pass: T steps, N neurons,
// K outputs.
type trace[F float] struct {
	h      []F     // [T, N] pseudo-derivative max(0, 1-|u|), 0 in refractoriness
	start  []int32 // [T+1] spikes of step t are start[t]..start[t+1]-1
	spikes []int32 // neurons
	out    []F     // [T, K] readout
	errors []F     // [T, K] derivative of the loss by the readout
	lambda []F     // [T, K] derivative of the loss by the readout's drive
	counts []int32 // [N] spikes

	low     []F // [T, N] filtered h, for OnMDGL
	v, b    []F // [T, N] voltage and adaptation, if watched; lsnn needs them backward
	watched bool
	kept    bool // h, v and b of all steps are kept; otherwise only those of the last
}

// reset prepares the trace for a trial. kept: see there; low and states ask for these
// arrays.
func (tc *trace[F]) reset(steps, neurons, outputs int, kept, low, states bool) {
	tc.kept, tc.watched = kept, states
	size := neurons
	if kept {
		size = steps * neurons
	}
	tc.h = grow(tc.h, size)
	tc.start = grow(tc.start, steps+1)
	tc.start[0] = 0
	tc.spikes = tc.spikes[:0]
	tc.out, tc.errors = grow(tc.out, steps*outputs), grow(tc.errors, steps*outputs)
	tc.counts = grow(tc.counts, neurons)
	clear(tc.counts)
	if kept {
		tc.lambda = grow(tc.lambda, steps*outputs)
	}
	if low {
		tc.low = grow(tc.low, size)
	}
	if states {
		tc.v, tc.b = grow(tc.v, size), grow(tc.b, size)
	}
}

// row returns the part of h, v or b that belongs to step t.
func (tc *trace[F]) row(x []F, t, neurons int) []F {
	if !tc.kept {
		t = 0
	}
	return x[t*neurons : (t+1)*neurons]
}

// note adds the spikes of step t.
func (tc *trace[F]) note(t int, spikes []int32) {
	tc.spikes = append(tc.spikes, spikes...)
	tc.start[t+1] = int32(len(tc.spikes))
	for _, j := range spikes {
		tc.counts[j]++
	}
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// tally adds up what trials cost.
type tally struct {
	loss       float64 // sum of the terms of the loss
	correct, n int     // decisions
	square     float64 // Σ y*², for the normalised error of targets
}

func (t *tally) add(o tally) {
	t.loss += o.loss
	t.correct += o.correct
	t.n += o.n
	t.square += o.square
}

// judge compares the readout of a trial, [T, K] with bias, with what is wanted. It
// fills errors, the derivative of the loss, and returns the trial's part of it. A
// decision has weight 1/decisions, a trial with target 1/trials.
func judge[F float](tr *data.Trial, readout, errors []F, outputs, decisions, trials int, scratch []float64) tally {
	clear(errors)
	var sum tally
	for _, d := range tr.Decisions {
		y := scratch[:outputs]
		clear(y)
		for t := d.From; t < d.To; t++ {
			for k := range y {
				y[k] += float64(readout[t*outputs+k])
			}
		}
		loss, correct := softmaxLoss(y, float64(d.To-d.From), d.Label)
		sum.loss += loss / float64(decisions)
		sum.n++
		if correct {
			sum.correct++
		}
		share := 1 / (float64(decisions) * float64(d.To-d.From))
		for t := d.From; t < d.To; t++ {
			for k := range y {
				errors[t*outputs+k] = F(y[k] * share)
			}
		}
	}
	steps := len(tr.Target) / outputs
	for i, want := range tr.Target {
		e := float64(readout[i]) - want
		sum.loss += e * e / float64(steps*trials)
		sum.square += want * want / float64(steps*trials)
		errors[i] = F(2 * e / float64(steps*trials))
	}
	return sum
}

// softmaxLoss takes the sum of logits over a number of steps and returns the cross
// entropy of their mean. It replaces y by the probabilities, less 1 at the label.
// The first of equal logits is the answer.
func softmaxLoss(y []float64, steps float64, label int) (loss float64, correct bool) {
	best := 0
	for k := range y {
		y[k] /= steps
		if y[k] > y[best] {
			best = k
		}
	}
	top, sum := y[best], 0.0
	loss = -(y[label] - top)
	for k := range y {
		y[k] = math.Exp(y[k] - top)
		sum += y[k]
	}
	for k := range y {
		y[k] /= sum
	}
	y[label]--
	return loss + math.Log(sum), best == label
}

// backFilter turns errors ε[t] into λ[t] = κ λ[t+1] + (1-κ) ε[t], the effect of
// a spike of weight 1 at step t on the loss. What is below tiny becomes 0.
func backFilter[F float](lambda, errors []F, outputs int, kappa, kappa1, tiny F) {
	for i := len(errors) - 1; i >= 0; i-- {
		x := kappa1 * errors[i]
		if i+outputs < len(errors) {
			x += kappa * lambda[i+outputs]
		}
		if x < tiny && x > -tiny {
			x = 0
		}
		lambda[i] = x
	}
}
