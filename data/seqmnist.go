package data

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// SequentialMNIST shows handwritten digits pixel by pixel, row by row, one pixel
// per step. The answer is the mean readout over the last 28 steps of the 56 that
// follow the image, in which an output cue is on.
//
// With threshold encoding (Channels >= 4) a pixel's value becomes spikes when it
// crosses a threshold ([ThresholdCrossings]). With Channels 1 the input is the grey
// value itself, and there is no cue.
type SequentialMNIST struct {
	Digits   *Splits // loaded by [MNIST]
	Channels int     // even number >= 4, 80 in the LSNN tutorial; or 1 for grey values

	PixelTime   int  // steps per pixel, 0 and 1: one
	Downsampled bool // with Channels 1: means of 2 x 2 pixels, 14 x 14 of them
}

// MNIST pixels are 28 by 28; the cue lasts two rows.
const (
	digitRow   = 28
	digitSteps = 28 * 28
)

// row returns the duration of a row in steps, and the number of rows.
func (s SequentialMNIST) row() (steps, rows int) {
	rows = digitRow
	if s.Downsampled {
		rows /= 2
	}
	return rows * max(1, s.PixelTime), rows
}

// Shape returns the size of a trial: the image and two more rows, 840 steps as published,
// and ten outputs.
func (s SequentialMNIST) Shape() Shape {
	row, rows := s.row()
	return Shape{row * (rows + 2), s.Channels, 10}
}

// Draw implements [Task]. Training and validation batches run through a new random
// order of the images in every pass; a pass's last batch goes on with the next
// pass. Test batches show the images in their order.
func (s SequentialMNIST) Draw(seed uint64, stage Stage, index, n int) ([]Trial, error) {
	const name = "sequential mnist"
	if err := checkPositive(name, n); err != nil {
		return nil, err
	}
	if s.Channels != 1 && (s.Channels < 4 || s.Channels%2 != 0) {
		return nil, fmt.Errorf("data: %s: channels %d, want 1 or an even number from 4", name, s.Channels)
	}
	if s.PixelTime < 0 || s.PixelTime > 1000 || s.Downsampled && s.Channels != 1 {
		return nil, fmt.Errorf("data: %s: pixel time %d, downsampled %v with %d channels, want 0..1000, and downsampled only with 1 channel", name, s.PixelTime, s.Downsampled, s.Channels)
	}
	if s.Digits == nil {
		return nil, fmt.Errorf("data: %s: no digits", name)
	}
	set := s.Digits.Train
	switch stage {
	case Validation:
		set = s.Digits.Valid
	case Testing:
		set = s.Digits.Test
	}
	if set.InputSize() != digitSteps || set.Classes > 10 {
		return nil, fmt.Errorf("data: %s: images have %d pixels and %d classes, want %d and at most 10", name, set.InputSize(), set.Classes, digitSteps)
	}
	trials := make([]Trial, n)
	var order []int
	pass := -1
	for i := range trials {
		at := index*n + i
		if stage != Testing && at/set.Len() != pass {
			pass = at / set.Len()
			order = rand.New(rand.NewPCG(seed, uint64(stage)<<56|uint64(pass))).Perm(set.Len())
		}
		image := at % set.Len()
		if order != nil {
			image = order[image]
		}
		trials[i] = s.trial(set.Inputs[image], set.Labels[image])
	}
	return trials, nil
}

func (s SequentialMNIST) trial(pixels []float64, label int) Trial {
	row, rows := s.row()
	steps := row * (rows + 2)
	grey := make([]float64, len(pixels))
	for i, p := range pixels {
		grey[i] = math.Round(p*256) / 255 // MNIST divides by 256; here 1 is white
	}
	if s.Downsampled {
		grey = pool(grey)
	}
	if s.PixelTime > 1 {
		long := make([]float64, 0, len(grey)*s.PixelTime)
		for _, g := range grey {
			for range s.PixelTime {
				long = append(long, g)
			}
		}
		grey = long
	}
	tr := Trial{Decisions: []Decision{{steps - row, steps, label}}}
	if s.Channels > 1 {
		tr.Events = ThresholdCrossings(grey, s.Channels, 2*row)
		return tr
	}
	for t, g := range grey {
		if g != 0 {
			tr.Events = append(tr.Events, Event{int32(t), 0, float32(g)})
		}
	}
	return tr
}

// pool returns the means of 2 x 2 pixels.
func pool(grey []float64) []float64 {
	small := make([]float64, 0, digitSteps/4)
	for i := 0; i < digitRow; i += 2 {
		for j := 0; j < digitRow; j += 2 {
			at := i*digitRow + j
			small = append(small, (grey[at]+grey[at+1]+grey[at+digitRow]+grey[at+digitRow+1])/4)
		}
	}
	return small
}

// ThresholdCrossings turns a sequence of values in [0, 1], one per step, into
// spikes. channels/2 thresholds lie at equal distances from 0 to 1, both included.
// Each threshold h below 1 has two channels: one spikes in the step before the value
// rises to h or above, the next one in the step before it falls below. For h = 1 one
// channel spikes in every step with a value of 1. The last channel is the output
// cue: it spikes in each of the cue steps that follow the sequence. It panics if
// channels is odd or below 4.
func ThresholdCrossings(values []float64, channels, cue int) []Event {
	if channels < 4 || channels%2 != 0 {
		panic("data: ThresholdCrossings: channels must be even and at least 4")
	}
	var events []Event
	last := channels/2 - 1
	for t, y := range values {
		for k := range last {
			if t+1 == len(values) {
				break
			}
			h, next := float64(k)/float64(last), values[t+1]
			switch {
			case y < h && h <= next:
				events = append(events, Event{int32(t), int32(2 * k), 1})
			case y >= h && h > next:
				events = append(events, Event{int32(t), int32(2*k + 1), 1})
			}
		}
		if y == 1 {
			events = append(events, Event{int32(t), int32(2 * last), 1})
		}
	}
	for t := range cue {
		events = append(events, Event{int32(len(values) + t), int32(channels - 1), 1})
	}
	return events
}
