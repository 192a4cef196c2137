package pal

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/neurocredit/neurocredit/internal/config"
)

// CheckFields reports conditions that concern several fields. It is called by
// Validate and when a configuration is read.
func (c *Config) CheckFields(report func(path, text string)) {
	fail := func(path, format string, args ...any) { report(path, fmt.Sprintf(format, args...)) }
	c.checkTime(fail)
	c.checkLengths(fail)
	c.checkRanges(fail)
	c.checkRecord(fail)
	if c.Task == TaskTeacher && c.Data.Samples < 1 || c.Task == TaskBackward && c.Data.Samples < 1 {
		fail("data.samples", "%d must be >= 1 with task: %s", c.Data.Samples, c.Task)
	}
	for _, group := range []string{groupUp, groupP2I, groupI2P, groupDown} {
		if _, _, err := c.parseRule(group); err != nil {
			fail("learning.rules."+group, "is no rule: %v", err)
		}
	}
}

type failer func(path, format string, args ...any)

func (c *Config) checkTime(fail failer) {
	dt := c.Circuit.Dt
	sound := c.checkDuration(fail, "presentation.time", c.Presentation.Time, 1)
	sound = c.checkDuration(fail, "presentation.settling", c.Presentation.Settling, 0) && sound
	if samples := float64(c.Data.Samples); sound && c.Task != TaskOwn {
		if all := float64(c.Epochs) * samples * float64(c.StepsPerSample()); all > maxSteps {
			fail("epochs", "%d are %g steps with %d samples of %d steps, must be at most %g", c.Epochs, all, c.Data.Samples, c.StepsPerSample(), float64(maxSteps))
		}
	}
	for _, t := range []struct {
		path string
		tau  float64
	}{
		{"circuit.highpass_tau", c.Circuit.HighpassTau}, {"circuit.noise.tau", c.Circuit.Noise.Tau}, {"learning.tau", c.Learning.Tau},
		{"circuit.dendrite_tau", c.Circuit.DendriteTau},
	} {
		if t.tau < dt && t.tau != 0 {
			fail(t.path, "%g ms must be >= dt, %g ms", t.tau, dt)
		}
	}
}

// checkDuration checks that a time is a number of steps that can be made.
func (c *Config) checkDuration(fail failer, path string, t, least float64) bool {
	dt := c.Circuit.Dt
	switch q := t / dt; {
	case q > maxSteps:
		fail(path, "%g ms are %g steps of %g ms, must be at most %g", t, q, dt, float64(maxSteps))
	case q < least && (math.Round(q) < least || !whole(q)):
		fail(path, "%g ms is shorter than one step of %g ms", t, dt)
	case !whole(q):
		fail(path, "%g ms are %g steps of %g ms, must be a whole number, such as %.15g or %.15g ms", t, q, dt, math.Floor(q)*dt, math.Ceil(q)*dt)
	default:
		return true
	}
	return false
}

// checkLengths compares lists with the number of levels.
func (c *Config) checkLengths(fail failer) {
	h := c.Hidden()
	rates := c.Learning.Rates
	for _, r := range []struct {
		path     string
		got      []float64
		want     int
		optional bool
	}{
		{"learning.rates.up", rates.Up, h + 1, false}, {"learning.rates.down", rates.Down, h, false},
		{"learning.rates.p2i", rates.P2I, h, false}, {"learning.rates.i2p", rates.I2P, h, false},
		{"learning.alpha", c.Learning.Alpha, h, true}, {"circuit.noise.amplitude", c.Circuit.Noise.Amplitude, h, true},
	} {
		if len(r.got) != r.want && !(r.optional && len(r.got) == 0) {
			fail(r.path, "has %d entries, needs %d for %d hidden level(s)", len(r.got), r.want, h)
		}
	}
}

func (c *Config) checkRanges(fail failer) {
	for _, w := range []struct {
		path string
		Weights
	}{{"initial", c.Initial.Weights}, {"teacher", c.Teacher}} {
		for _, r := range []struct {
			key string
			Range
		}{{"up", w.Up}, {"down", w.Down}, {"p2i", w.P2I}, {"i2p", w.I2P}} {
			if !(r.Low <= r.High) || math.IsInf(r.High-r.Low, 0) {
				fail(w.path+"."+r.key, "[%g, %g] must be finite with low <= high", r.Low, r.High)
			}
		}
	}
}

// checkRecord verifies the recording: interval, levels, groups and variables.
func (c *Config) checkRecord(fail failer) {
	if perEpoch := c.StepsPerSample() * c.Data.Samples; c.Record.Updates && c.Task != TaskOwn && c.Record.Every > perEpoch {
		fail("record.every", "%d steps must be at most one epoch, %d steps, for record.updates", c.Record.Every, perEpoch)
	}
	for level, groups := range c.Record.Variables {
		path := "record.variables." + level
		l, err := strconv.Atoi(level)
		if err != nil || l < 0 || l > c.Hidden()+1 {
			fail(path, "is no level, must be 0 to %d", c.Hidden()+1)
			continue
		}
		known := c.recordable(l)
		for group, variables := range groups {
			if known[group] == nil {
				names := groupNames(known)
				fail(path, "has no %q%s, must be one of %v", group, config.Suggest(group, names), names)
				continue
			}
			for _, v := range variables {
				if !slices.Contains(known[group], v) {
					fail(path+"."+group, "has no variable %q%s, must be one of %v", v, config.Suggest(v, known[group]), known[group])
				}
			}
		}
	}
}
