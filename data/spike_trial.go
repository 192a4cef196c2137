package data

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Task draws trials for spiking networks. Time is in steps of 1 ms. A batch is a
// pure function of its arguments, so a run that is resumed, or computed on
// another machine, sees the same trials.
type Task interface {
	// Shape returns the size of every trial of the task.
	Shape() Shape

	// Draw returns batch number index (from 0) of a stage, n trials. It fails if
	// the task's fields or n are out of range.
	Draw(seed uint64, stage Stage, index, n int) ([]Trial, error)
}

// Shape is the size of a trial.
type Shape struct {
	Steps    int // duration in steps of 1 ms
	Channels int // input channels
	Outputs  int // classes, or components of the target
}

// Stage says what a batch is for. Stages have independent random numbers.
type Stage int

// The stages of a run.
const (
	Training Stage = iota
	Validation
	Testing
)

// Trial is one input sequence with the answer that is wanted: classes at certain
// times, or a target to follow.
type Trial struct {
	Events    []Event    // inputs other than 0, ordered by step, then channel
	Decisions []Decision // classes to name; nil for a target
	Target    []float64  // [steps, outputs] row-major; nil for decisions
}

// Event is an input of one channel at one step: a number of spikes, or an analogue
// value.
type Event struct {
	Step, Channel int32
	Value         float32
}

// Decision asks for a class: the mean of the readout over the steps From..To-1
// must be largest for output Label.
type Decision struct{ From, To, Label int }

// Check returns an error that names the first entry that does not fit the shape.
func (tr *Trial) Check(s Shape) error {
	for i, e := range tr.Events {
		switch {
		case e.Step < 0 || int(e.Step) >= s.Steps || e.Channel < 0 || int(e.Channel) >= s.Channels:
			return fmt.Errorf("event %d: step %d, channel %d, want steps 0..%d and channels 0..%d", i, e.Step, e.Channel, s.Steps-1, s.Channels-1)
		case i > 0 && e.Step < tr.Events[i-1].Step:
			return fmt.Errorf("event %d: step %d comes after step %d, want them in order", i, e.Step, tr.Events[i-1].Step)
		case math.IsNaN(float64(e.Value)) || math.IsInf(float64(e.Value), 0):
			return fmt.Errorf("event %d: value %v must be finite", i, e.Value)
		}
	}
	if (len(tr.Decisions) == 0) == (len(tr.Target) == 0) {
		return fmt.Errorf("%d decisions and %d target values, want one of the two", len(tr.Decisions), len(tr.Target))
	}
	for i, d := range tr.Decisions {
		if d.From < 0 || d.From >= d.To || d.To > s.Steps || d.Label < 0 || d.Label >= s.Outputs {
			return fmt.Errorf("decision %d: steps %d..%d with label %d, want a range within 0..%d and a label 0..%d", i, d.From, d.To-1, d.Label, s.Steps-1, s.Outputs-1)
		}
		if i > 0 && d.From < tr.Decisions[i-1].To {
			return fmt.Errorf("decision %d: begins at step %d, before the one before it ends", i, d.From)
		}
	}
	if tr.Target != nil && len(tr.Target) != s.Steps*s.Outputs {
		return fmt.Errorf("target has %d values, want %d steps x %d outputs", len(tr.Target), s.Steps, s.Outputs)
	}
	for i, y := range tr.Target {
		if math.IsNaN(y) || math.IsInf(y, 0) {
			return fmt.Errorf("target %d: %v must be finite", i, y)
		}
	}
	return nil
}

// trialRand returns the generator of a batch.
func trialRand(task string, seed uint64, stage Stage, index int) *rand.Rand {
	var name uint64
	for _, b := range []byte(task) {
		name = name*257 + uint64(b)
	}
	return rand.New(rand.NewPCG(seed+name<<32, uint64(stage)<<56|uint64(index)))
}

// spikeTrains appends spikes of the channels first..first+n-1 in the steps
// from..to-1: counts from a Poisson distribution of the given mean per step, or
// with binary at most one, with that probability. Only steps with spikes cost
// time: the gap to the next one is drawn on the grid [step, channel].
func spikeTrains(rng *rand.Rand, events []Event, from, to, first, n int, mean float64, binary bool) []Event {
	if mean <= 0 || n == 0 {
		return events
	}
	rate := mean // -log of the probability of no spike
	if binary {
		rate = -math.Log1p(-mean)
	}
	cells := float64(n) * float64(to-from)
	for at := math.Floor(rng.ExpFloat64() / rate); at < cells; at += 1 + math.Floor(rng.ExpFloat64()/rate) {
		count := 1
		if !binary {
			// A Poisson count given that it is not 0.
			u := 1 - rng.Float64()*-math.Expm1(-mean) // in (e^-mean, 1]
			p, sum := math.Exp(-mean), math.Exp(-mean)
			for count = 0; sum < u && count < 100; {
				count++
				p *= mean / float64(count)
				sum += p
			}
		}
		i := int(at)
		events = append(events, Event{Step: int32(from + i/n), Channel: int32(first + i%n), Value: float32(max(count, 1))})
	}
	return events
}

// sortEvents orders events by step, then channel.
func sortEvents(events []Event) {
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.Channel, b.Channel))
	})
}

// checkPositive checks sizes of a task, given as name and value in turn.
func checkPositive(task string, n int, pairs ...any) error {
	if n < 1 {
		return fmt.Errorf("data: %s: %d trials, want at least 1", task, n)
	}
	for i := 0; i < len(pairs); i += 2 {
		if v := pairs[i+1].(int); v < 1 || v > 1e6 {
			return fmt.Errorf("data: %s: %s %d, want 1..1000000", task, pairs[i], v)
		}
	}
	return nil
}

// checkRate checks a firing rate in Hz.
func checkRate(task, name string, rate float64) error {
	if !(rate >= 0 && rate < 1000) {
		return fmt.Errorf("data: %s: %s %v Hz, want at least 0 and below 1000", task, name, rate)
	}
	return nil
}
