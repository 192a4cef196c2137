package data

import (
	"errors"
	"fmt"
)

// Evidence is the task of accumulating evidence: a row of cues on the left or
// right, a delay, and then, while the recall cue is on, the question which side
// had more cues. Class 1 is left.
//
// The channels are four groups of Group: left, right, recall, background. Spike
// counts per step come from Poisson distributions, so they may be above 1. A
// batch shows different cue patterns: the first entries of a random permutation of
// all 2^Cues. The answer is due at the last step.
type Evidence struct {
	Cues       int     // odd number of cues, 1..15
	Cue, Gap   int     // duration of a cue and of the silence behind it
	Delay      int     // from the end of the last cue to the recall cue, >= Gap
	Recall     int     // duration of the recall cue
	Group      int     // channels per group
	Rate       float64 // of the channels of a cue, Hz
	Background float64 // of the background channels, Hz
}

// DefaultEvidence returns the published task: 7 cues, 2000 steps, 40 channels.
func DefaultEvidence() Evidence {
	return Evidence{Cues: 7, Cue: 100, Gap: 50, Delay: 850, Recall: 150, Group: 10, Rate: 40, Background: 10}
}

// Shape returns the size of a trial: two outputs, four groups of channels.
func (e Evidence) Shape() Shape {
	return Shape{Steps: e.Cues*(e.Cue+e.Gap) + e.Delay - e.Gap + e.Recall, Channels: 4 * e.Group, Outputs: 2}
}

// Draw implements [Task]. n must not be above the 2^Cues patterns.
func (e Evidence) Draw(seed uint64, stage Stage, index, n int) ([]Trial, error) {
	const name = "evidence"
	if err := errors.Join(
		checkPositive(name, n, "cues", e.Cues, "cue", e.Cue, "delay", e.Delay, "recall", e.Recall, "group", e.Group),
		checkRate(name, "rate", e.Rate), checkRate(name, "background", e.Background)); err != nil {
		return nil, err
	}
	switch {
	case e.Cues > 15 || e.Cues%2 == 0:
		return nil, fmt.Errorf("data: %s: cues %d, want an odd number of 1..15", name, e.Cues)
	case e.Gap < 0 || e.Gap > e.Delay:
		return nil, fmt.Errorf("data: %s: gap %d, want 0..delay (%d)", name, e.Gap, e.Delay)
	case n > 1<<e.Cues:
		return nil, fmt.Errorf("data: %s: %d trials, but %d cues have only %d patterns", name, n, e.Cues, 1<<e.Cues)
	}
	rng := trialRand(name, seed, stage, index)
	patterns := rng.Perm(1 << e.Cues)[:n]
	trials := make([]Trial, n)
	for i, pattern := range patterns {
		trials[i] = e.trial(pattern, func(events []Event, from, to, group int, hz float64) []Event {
			return spikeTrains(rng, events, from, to, group*e.Group, e.Group, hz/1000, false)
		})
	}
	return trials, nil
}

// trial shows a pattern: its highest bit is the first cue, 1 is left.
func (e Evidence) trial(pattern int, spikes func(events []Event, from, to, group int, hz float64) []Event) Trial {
	const left, right, recall, background = 0, 1, 2, 3
	steps := e.Shape().Steps
	events := make([]Event, 0, 1024)
	lefts := 0
	for c := range e.Cues {
		side := right
		if pattern>>(e.Cues-1-c)&1 == 1 {
			side = left
			lefts++
		}
		from := c * (e.Cue + e.Gap)
		events = spikes(events, from, from+e.Cue, side, e.Rate)
	}
	events = spikes(events, steps-e.Recall, steps, recall, e.Rate)
	events = spikes(events, 0, steps, background, e.Background)
	sortEvents(events)
	label := 0
	if 2*lefts > e.Cues {
		label = 1
	}
	return Trial{Events: events, Decisions: []Decision{{steps - 1, steps, label}}}
}
