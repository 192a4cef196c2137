package pal

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// probe is one recorded variable.
type probe struct {
	level           int
	group, variable string
}

// probes lists the recorded variables in a fixed order, without duplicates.
func (c *Config) probes() []probe {
	var all []probe
	for _, level := range slices.Sorted(maps.Keys(c.Record.Variables)) {
		groups := c.Record.Variables[level]
		l, _ := strconv.Atoi(level) // checked by Validate
		for _, group := range slices.Sorted(maps.Keys(groups)) {
			variables := slices.Sorted(slices.Values(groups[group]))
			for _, v := range slices.Compact(variables) {
				all = append(all, probe{l, group, v})
			}
		}
	}
	return all
}

// width returns the number of values of a variable.
func (c *Config) width(p probe) int {
	n := c.Circuit.Levels
	switch p.group {
	case "inter":
		return n[p.level+1]
	case "ff":
		return n[p.level-1] * n[p.level]
	case "fb", "p2i", "i2p":
		return n[p.level] * n[p.level+1]
	}
	return n[p.level]
}

// RecordingSize returns the bytes that the recordings of a complete run take on
// disk, without those of the comparison; with TaskOwn, whose number of samples is not
// in the settings, those of settling only.
func (c *Config) RecordingSize() int64 {
	if c.Task == TaskOwn {
		return c.recordingSize(0)
	}
	return c.recordingSize(c.Data.Samples)
}

// recordingSize is RecordingSize for a known number of samples.
func (c *Config) recordingSize(samples int) int64 {
	values := 0
	for _, p := range c.probes() {
		values += c.width(p)
	}
	steps := float64(c.SettlingSteps()) + float64(c.Epochs)*float64(samples)*float64(c.StepsPerSample())
	return int64(min(8*float64(values)*math.Floor(steps/float64(c.Record.Every)), 1<<62))
}

// recorder writes the recordings of a run: one file per variable and stage, named
// stage/level/group/variable.
type recorder struct {
	net    *network
	probes []probe
	files  map[string][]*npy.Appender // by stage, in the order of probes
}

func newRecorder(c *Config, n *network, run *experiment.Run) (*recorder, error) {
	r := &recorder{net: n, probes: c.probes(), files: map[string][]*npy.Appender{}}
	for _, stage := range []string{stageSettle, stageTrain} {
		for _, p := range r.probes {
			f, err := run.Record(RecordingName{stage, p.level, p.group, p.variable}.String(), npy.Float64, c.width(p))
			if err != nil {
				return nil, err
			}
			r.files[stage] = append(r.files[stage], f)
		}
	}
	return r, nil
}

// append writes one row of every variable.
func (r *recorder) append(stage string) error {
	for i, p := range r.probes {
		row, err := r.net.read(p.level, p.group, p.variable)
		if err != nil {
			return err
		}
		if err := r.files[stage][i].Append(row); err != nil {
			return fmt.Errorf("pal: recording: %w", err)
		}
	}
	return nil
}
