package dendritic

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// leanKeeps are the neuron variables that the engine has without simulating
// membrane voltages.
var leanKeeps = []string{"rate", "rate_last", "v_brev", "noise", "v_basal", "v_apical", "v_target", "v_down", "v_dendrite", "g", "delta"}

// needsFull reports whether a recording asks for variables that the lean engine
// skips.
func (c *Config) needsFull() bool {
	for _, groups := range c.Record.Variables {
		for _, variables := range groups {
			for _, v := range variables {
				if !slices.Contains(leanKeeps, v) {
					return true
				}
			}
		}
	}
	return false
}

// intervals returns the steps between neuron rows and between synapse rows.
func (c *Config) intervals() (neurons, synapses int) {
	neurons = c.StepsPerPattern() / c.Presentation.Records
	if c.Record.Every > 0 {
		neurons = c.Record.Every
	}
	synapses = neurons
	if c.Record.WeightsEvery > 0 {
		synapses = c.Record.WeightsEvery
	}
	return neurons, synapses
}

// probe is one recorded variable.
type probe struct {
	level    int
	group    string
	variable string
	synapse  bool
	read     func() []float64
	files    map[string]*npy.Appender // by stage
}

// probes lists the recorded variables in a fixed order, without duplicates.
func (c *Config) probes() []probe {
	var all []probe
	for _, level := range slices.Sorted(maps.Keys(c.Record.Variables)) {
		groups := c.Record.Variables[level]
		l, _ := strconv.Atoi(level) // checked by Validate
		for _, group := range slices.Sorted(maps.Keys(groups)) {
			variables := slices.Clone(groups[group])
			slices.Sort(variables)
			for _, v := range slices.Compact(variables) {
				all = append(all, probe{level: l, group: group, variable: v, synapse: v == "g" || v == "delta"})
			}
		}
	}
	return all
}

// width returns the number of values of a variable.
func (c *Config) width(p *probe) int {
	n := c.Circuit.Levels
	top := len(n) - 1
	switch p.group {
	case "input":
		return n[0]
	case "supervisor", "output":
		if !p.synapse {
			return n[top]
		}
	case "pyramidal", "bias_to_pyr":
		return n[p.level]
	case "inter", "bias_to_inter":
		return n[p.level+1]
	case "ff":
		return n[p.level-1] * n[p.level]
	}
	return n[p.level] * n[p.level+1]
}

// RecordingSize returns the bytes that the recordings of a complete run take on
// disk. A published Yin-Yang recording has 25 GB, a MNIST one 414 GB. Parts of the
// data whose size is 0, all that is in the files, are not counted.
func (c *Config) RecordingSize() int64 {
	return c.recordingSize(c.Data.Train*c.Data.Classes, c.Data.Valid*c.Data.Classes, c.Data.Test*c.Data.Classes)
}

// recordingSize is RecordingSize for known numbers of patterns per pass.
func (c *Config) recordingSize(train, valid, test int) int64 {
	neurons, synapses := c.rows(train, valid, test)
	size := 0.0
	for _, p := range c.probes() {
		rows := neurons
		if p.synapse {
			rows = synapses
		}
		size += 4 * float64(c.width(&p)) * float64(rows)
	}
	return int64(min(size, 1<<62))
}

// rows returns how many rows a complete run records of a neuron variable and of a
// synapse variable, for known numbers of patterns per pass.
func (c *Config) rows(train, valid, test int) (neurons, synapses int64) {
	everyN, everyS := c.intervals()
	steps := c.StepsPerPattern()
	at := 0
	for range c.Epochs {
		synapses += int64(multiples(everyS, at+steps*valid, at+steps*(valid+train)))
		at += steps * (valid + train)
	}
	return int64(multiples(everyN, 0, at) + multiples(everyN, at, at+steps*valid) + multiples(everyN, at, at+steps*test)), synapses
}

// multiples returns how many multiples of every there are from one step up to
// another one.
func multiples(every, from, to int) int { return (to+every-1)/every - (from+every-1)/every }

// checkRows returns which key gives synapse variables an interval at which a run
// has no row of them, and why, for known numbers of patterns per pass; "" if none.
func (c *Config) checkRows(train, valid int) (key, why string) {
	synapse := slices.ContainsFunc(c.probes(), func(p probe) bool { return p.synapse })
	if _, rows := c.rows(train, valid, 0); !synapse || rows > 0 || c.Epochs == 0 {
		return "", ""
	}
	if key = "record.weights_every"; c.Record.WeightsEvery == 0 {
		key = "record.every"
	}
	_, every := c.intervals()
	steps := c.StepsPerPattern()
	return key, fmt.Sprintf("is %d, but no step of training is a multiple of that: an epoch has %d steps of validation, then %d of training; at most %d give weights a row in every pass",
		every, steps*valid, steps*train, steps*train)
}

// checkDisk returns an error if the recordings of the run, less those that are
// there already, do not fit the disk.
func checkDisk(c *Config, splits *data.Splits, dir string) error {
	size := c.recordingSize(c.passSize(splits.Train, c.Data.Train), c.passSize(splits.Valid, c.Data.Valid), c.passSize(splits.Test, c.Data.Test))
	if err := experiment.RequireRecordings(dir, size); err != nil {
		return fmt.Errorf("dendritic: the recordings of %s: %w; record.weights_every and record.every make them smaller", c.Name, err)
	}
	return nil
}

// recorder writes the recordings of a run.
type recorder struct {
	probes            []probe
	neurons, synapses int64
}

// newRecorder opens one file per variable and stage, named as the groups of the
// original's HDF5 file: stage/level/group/variable.
func newRecorder(c *Config, sim simulator, run *experiment.Run) (*recorder, error) {
	neurons, synapses := c.intervals()
	r := &recorder{probes: c.probes(), neurons: int64(neurons), synapses: int64(synapses)}
	for i := range r.probes {
		p := &r.probes[i]
		var err error
		if p.read, err = sim.reader(p.level, p.group, p.variable); err != nil {
			return nil, err
		}
		p.files = map[string]*npy.Appender{}
		for _, stage := range []string{stageTrain, stageValid, stageTest} {
			name := fmt.Sprintf("%s/%d/%s/%s", stage, p.level, p.group, p.variable)
			if p.files[stage], err = run.Record(name, npy.Float32, c.width(p)); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// tick returns the largest interval at which no row and no readout is missed.
func (r *recorder) tick(readout int) int {
	n := readout
	if r != nil && len(r.probes) > 0 {
		n = gcd(gcd(n, int(r.neurons)), int(r.synapses))
	}
	return n
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// observe writes the rows that are due after the step of a global index.
func (r *recorder) observe(stage string, index int64) error {
	for i := range r.probes {
		p := &r.probes[i]
		every := r.neurons
		if p.synapse {
			if stage != stageTrain {
				continue
			}
			every = r.synapses
		}
		if index%every != 0 {
			continue
		}
		if err := p.files[stage].Append(p.read()); err != nil {
			return fmt.Errorf("dendritic: recording: %w", err)
		}
	}
	return nil
}
