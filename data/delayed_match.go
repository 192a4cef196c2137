package data

import "errors"

// DelayedMatch is the task of delayed match to sample: two cues, each on or off
// by a fair coin, with a delay between them. Class 1 means that they are equal.
//
// The channels are two groups for the two cues and a background group that is
// always on. A cue that is off is silence. The answer is due at the last step.
type DelayedMatch struct {
	Fixation   int     // time before the first cue
	Cue, Delay int     // duration of a cue; time between the cues
	Group      int     // channels per cue
	Extra      int     // background channels
	Rate       float64 // of the channels of a cue that is on, Hz
	Background float64 // of the background channels, Hz
}

// DefaultDelayedMatch returns the task as the paper describes it, 1100 steps and
// 50 channels; the duration of the fixation is our choice.
func DefaultDelayedMatch() DelayedMatch {
	return DelayedMatch{Fixation: 50, Cue: 150, Delay: 750, Group: 20, Extra: 10, Rate: 40, Background: 10}
}

// Shape returns the size of a trial: two outputs.
func (d DelayedMatch) Shape() Shape {
	return Shape{Steps: d.Fixation + 2*d.Cue + d.Delay, Channels: 2*d.Group + d.Extra, Outputs: 2}
}

// Draw implements [Task].
func (d DelayedMatch) Draw(seed uint64, stage Stage, index, n int) ([]Trial, error) {
	const name = "delayed match"
	if err := errors.Join(
		checkPositive(name, n, "cue", d.Cue, "group", d.Group, "fixation + 1", d.Fixation+1, "delay + 1", d.Delay+1, "extra + 1", d.Extra+1),
		checkRate(name, "rate", d.Rate), checkRate(name, "background", d.Background)); err != nil {
		return nil, err
	}
	rng := trialRand(name, seed, stage, index)
	steps := d.Shape().Steps
	trials := make([]Trial, n)
	for i := range trials {
		var events []Event
		var on [2]bool
		for c := range on {
			if on[c] = rng.IntN(2) == 1; on[c] {
				from := d.Fixation + c*(d.Cue+d.Delay)
				events = spikeTrains(rng, events, from, from+d.Cue, c*d.Group, d.Group, d.Rate/1000, false)
			}
		}
		events = spikeTrains(rng, events, 0, steps, 2*d.Group, d.Extra, d.Background/1000, false)
		sortEvents(events)
		label := 0
		if on[0] == on[1] {
			label = 1
		}
		trials[i] = Trial{Events: events, Decisions: []Decision{{steps - 1, steps, label}}}
	}
	return trials, nil
}
