package data

import (
	"errors"
	"math"
)

// Pattern is the task of generating a pattern: the network hears the same noise
// in every trial and must follow the same target, a sum of five sinusoids. Seed
// fixes both; stage and index change nothing.
//
// The frequencies are 0.5, 1, 2, 3 and 4 Hz. Amplitudes are uniform in [0.5, 2),
// phases in [0, 2π), and the sum is divided by its largest magnitude; these and the
// form of the noise, at most one spike per step, are our choice where the paper
// gives none.
type Pattern struct {
	Steps    int     // duration
	Channels int     // input channels
	Rate     float64 // of each, Hz
}

// DefaultPattern returns the task as the paper describes it: 2000 steps, 100
// channels at 10 Hz.
func DefaultPattern() Pattern { return Pattern{Steps: 2000, Channels: 100, Rate: 10} }

// Shape returns the size of a trial: one output.
func (p Pattern) Shape() Shape { return Shape{p.Steps, p.Channels, 1} }

// Draw implements [Task]: n times the trial that seed stands for.
func (p Pattern) Draw(seed uint64, _ Stage, _, n int) ([]Trial, error) {
	const name = "pattern"
	if err := errors.Join(checkPositive(name, n, "steps", p.Steps, "channels", p.Channels), checkRate(name, "rate", p.Rate)); err != nil {
		return nil, err
	}
	rng := trialRand(name, seed, Training, 0)
	target := make([]float64, p.Steps)
	for _, hz := range []float64{0.5, 1, 2, 3, 4} {
		amplitude, phase := 0.5+1.5*rng.Float64(), 2*math.Pi*rng.Float64()
		for t := range target {
			target[t] += amplitude * math.Sin(2*math.Pi*hz*float64(t)/1000+phase)
		}
	}
	largest := 0.0
	for _, y := range target {
		largest = max(largest, math.Abs(y))
	}
	if largest > 0 {
		for t := range target {
			target[t] /= largest
		}
	}
	trial := Trial{Events: spikeTrains(rng, nil, 0, p.Steps, 0, p.Channels, p.Rate/1000, true), Target: target}
	trials := make([]Trial, n)
	for i := range trials {
		trials[i] = trial
	}
	return trials, nil
}
