package dendritic

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
	sound := true
	fail := func(path, format string, args ...any) {
		sound = false
		report(path, fmt.Sprintf(format, args...))
	}
	c.checkTime(fail)
	if why, text := c.needsMembrane(), c.checkMembrane(); why != "" && text != "" {
		fail("circuit.dt", "%s: %s", text, why)
	}
	c.checkSize(fail)
	c.checkLearning(fail)
	c.checkData(fail)
	c.checkRecord(fail)
	for _, group := range []string{groupUp, groupP2I, groupI2P, groupDown} {
		if _, _, err := c.parseRule(group); err != nil {
			fail("learning.rules."+group, "is no rule: %v", err)
		}
	}
	if d := &c.Data; sound && d.Train > 0 && d.Valid > 0 { // else it is checked when the data are there
		if key, why := c.checkRows(d.Train*d.Classes, d.Valid*d.Classes); key != "" {
			fail(key, "%s", why)
		}
	}
}

type failer func(path, format string, args ...any)

// Bounds of what a run may ask for: beyond what is sensible, but far from where
// numbers overflow.
const (
	maxSteps    = 10_000_000    // per presentation
	maxRunSteps = 1e15          // of a run
	maxValues   = 1_000_000_000 // synapses, and input values of generated data
)

func (c *Config) checkTime(fail failer) {
	if n := c.Presentation.Time / c.Circuit.Dt; !(n <= maxSteps) {
		fail("presentation.time", "%g ms has %.3g steps of %g ms (circuit.dt), must have at most %d", c.Presentation.Time, n, c.Circuit.Dt, maxSteps)
		return
	}
	p := c.StepsPerPattern()
	switch {
	case p < 1:
		fail("presentation.time", "%g ms is shorter than one step of %g ms", c.Presentation.Time, c.Circuit.Dt)
		return
	case p%c.Presentation.Records != 0:
		fail("presentation.records", "%d must divide the %d steps of a presentation", c.Presentation.Records, p)
	}
	if lag := c.Presentation.LearningLag; lag/c.Circuit.Dt > maxSteps || steps(lag, c.Circuit.Dt) >= p {
		fail("presentation.learning_lag", "%g ms must be shorter than presentation.time, %g ms", c.Presentation.LearningLag, c.Presentation.Time)
	}
	for _, t := range []struct {
		path string
		tau  float64
	}{
		{"circuit.input_tau", c.Circuit.InputTau}, {"circuit.highpass_tau", c.Circuit.HighpassTau}, {"circuit.noise.tau", c.Circuit.Noise.Tau},
		{"learning.taus.up", c.Learning.Taus.Up}, {"learning.taus.p2i", c.Learning.Taus.P2I}, {"learning.taus.i2p", c.Learning.Taus.I2P},
	} {
		if t.tau < c.Circuit.Dt {
			fail(t.path, "%g ms must be >= dt, %g ms", t.tau, c.Circuit.Dt)
		}
	}
}

// needsMembrane says why a run simulates membrane voltages, "" if it does not.
func (c *Config) needsMembrane() string {
	switch {
	case !c.Circuit.LatentEquilibrium:
		return "circuit.latent_equilibrium is off"
	case c.Precision == Float32:
		return "precision is float32"
	case c.needsFull():
		return "record.variables asks for membrane variables"
	}
	return ""
}

// checkMembrane says why the Euler steps of membrane voltages,
// dV = dt·G·(v_steady − V), overshoot more and more, "" if they do not.
func (c *Config) checkMembrane() string {
	g, dt := &c.Circuit.Conductances, c.Circuit.Dt
	for _, p := range []struct {
		kind  kind
		total float64
	}{{pyramidal, g.Leak + g.Basal + g.Apical}, {inter, g.Leak + g.Dendrite + g.Soma}, {output, g.Leak + g.Basal + g.Target}} {
		if !(dt*p.total < 2) {
			return fmt.Sprintf("%g ms times the total conductance of %s neurons, %g/ms, is %g, must be < 2 where membrane voltages are simulated", dt, p.kind, p.total, dt*p.total)
		}
	}
	return ""
}

func (c *Config) checkLearning(fail failer) {
	h := c.Hidden()
	for _, r := range []struct {
		key  string
		got  []float64
		want int
	}{
		{"up", c.Learning.Rates.Up, h + 1}, {"down", c.Learning.Rates.Down, h},
		{"p2i", c.Learning.Rates.P2I, h}, {"i2p", c.Learning.Rates.I2P, h},
	} {
		if len(r.got) != r.want {
			fail("learning.rates."+r.key, "has %d entries, needs %d for %d hidden level(s)", len(r.got), r.want, h)
		}
	}
	for _, r := range []struct {
		key string
		Range
	}{{"up", c.Initial.Up}, {"down", c.Initial.Down}, {"p2i", c.Initial.P2I}, {"i2p", c.Initial.I2P}} {
		if !(r.Low <= r.High) || math.IsInf(r.High-r.Low, 0) {
			fail("initial."+r.key, "[%g, %g] must be finite with low <= high", r.Low, r.High)
		}
	}
	if h != 1 && c.Learning.CopyTransposed {
		fail("learning.copy_transposed", "needs exactly one hidden level, not %d", h)
	}
	if h != 1 && c.Learning.ReinforceSelfPredict {
		fail("learning.reinforce_self_predict", "needs exactly one hidden level, not %d", h)
	}
}

// checkSize verifies that the weights fit a memory.
func (c *Config) checkSize(fail failer) {
	n, synapses := c.Circuit.Levels, 0.0
	for l := 1; l < len(n); l++ {
		pair := float64(n[l-1]) * float64(n[l])
		if l > 1 { // up, down, p2i and i2p
			pair *= 4
		}
		synapses += pair
	}
	if synapses > maxValues {
		fail("circuit.levels", "%v has %.3g synapses, at most %d are possible", n, synapses, maxValues)
	}
}

// checkData relates the data set to the levels.
func (c *Config) checkData(fail failer) {
	in, out := c.Circuit.Levels[0], c.Circuit.Levels[len(c.Circuit.Levels)-1]
	d := &c.Data
	sizes := map[string][2]int{"yinyang": {4, 3}, "mnist": {784, 10}, "bars": {9, 3}}
	if w, ok := sizes[d.Set]; ok {
		if in != w[0] || out != w[1] {
			fail("circuit.levels", "%v must begin with %d and end with %d for %s", c.Circuit.Levels, w[0], w[1], d.Set)
		}
		if d.Classes != w[1] {
			fail("data.classes", "%d must be %d for %s", d.Classes, w[1], d.Set)
		}
	}
	switch {
	case d.Set == "mimic" && d.Classes != 1:
		fail("data.classes", "%d must be 1 for mimic, which has no classes", d.Classes)
	case d.Set == "files" && (d.Files.Train == "" || d.Files.Valid == "" || d.Files.Test == ""):
		fail("data.files", "must name train, valid and test for data.set: files")
	case d.Set != "files" && d.Files != (Files{}):
		fail("data.files", "is not used with data.set: %s", d.Set)
	}
	n := float64(d.Classes)
	total := (float64(c.Epochs)*(float64(d.Train)+float64(d.Valid)) + float64(d.Valid) + float64(d.Test)) * n * float64(c.StepsPerPattern())
	if total > maxRunSteps {
		fail("epochs", "%d with %g patterns per pass come to %.3g steps, at most %g are possible", c.Epochs, float64(d.Train+d.Valid)*n, total, maxRunSteps)
	}
	values := (float64(d.Train) + float64(d.Valid) + float64(d.Test)) * n * float64(in)
	if generated := slices.Contains([]string{"yinyang", "bars", "mimic"}, d.Set); generated && values > maxValues {
		fail("data", "train %d, valid %d and test %d are %.3g input values, at most %d are possible", d.Train, d.Valid, d.Test, values, maxValues)
	}
	if d.Set != "files" && d.Set != "own" && (d.Train < 1 || d.Valid < 1 || d.Test < 1) {
		fail("data", "train %d, valid %d and test %d must be >= 1 for %s", d.Train, d.Valid, d.Test, d.Set)
	}
}

// checkRecord verifies levels, groups and variables of the recording.
func (c *Config) checkRecord(fail failer) {
	for level, groups := range c.Record.Variables {
		path := "record.variables." + level
		l, err := strconv.Atoi(level)
		if err != nil || l < 0 || l > c.Hidden()+2 || strconv.Itoa(l) != level {
			fail(path, "is no level, must be 0 to %d, in plain digits", c.Hidden()+2)
			continue
		}
		for group, variables := range groups {
			if !slices.Contains(c.groups(l), group) {
				fail(path, "has no %q%s, must be one of %v", group, config.Suggest(group, c.groups(l)), c.groups(l))
				continue
			}
			known := c.recordable(l, group)
			for _, v := range variables {
				if !slices.Contains(known, v) {
					fail(path+"."+group, "has no variable %q%s, must be one of %v", v, config.Suggest(v, known), known)
				}
			}
		}
	}
}
