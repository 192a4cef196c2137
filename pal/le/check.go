package le

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// CheckFields reports conditions that concern several fields. It is called by
// Validate and when a configuration is read.
func (c *Config) CheckFields(report func(path, text string)) {
	fail := func(path, format string, args ...any) { report(path, fmt.Sprintf(format, args...)) }
	n := &c.Network
	if _, err := n.shapes(); err != nil {
		fail("network.layers", "%v", err)
		return
	}
	layers, fits := len(n.Layers), true
	for _, l := range []struct {
		path     string
		list     []float64
		optional bool
	}{
		{"learning.up", c.Learning.Up, false}, {"learning.down", c.Learning.Down, true}, {"learning.decay", c.Learning.Decay, true},
		{"learning.tau", c.Learning.Tau, true}, {"network.noise.amplitude", n.Noise.Amplitude, true},
	} {
		if len(l.list) != layers && !(l.optional && len(l.list) == 0) {
			fail(l.path, "has %d values, needs one per layer (%d)", len(l.list), layers)
			fits = false
		}
	}
	for _, t := range []struct {
		path string
		tau  float64
	}{{"network.tau", n.Tau}, {"network.highpass_tau", n.HighpassTau}, {"network.noise.tau", n.Noise.Tau}} {
		if t.tau < n.Dt {
			fail(t.path, "%g ms must be >= dt, %g ms", t.tau, n.Dt)
		}
	}
	for i, tau := range c.Learning.Tau {
		if tau != 0 && tau < n.Dt {
			fail(fmt.Sprintf("learning.tau[%d]", i), "%g ms must be 0 or >= dt, %g ms", tau, n.Dt)
		}
	}
	if fits {
		c.checkUnused(fail)
	}
	if code := c.Evaluation.Code; code > layers || code > 0 && n.Layers[code-1].Units == 0 {
		fail("evaluation.code", "%d must be 0 or the number of a layer with neurons, 1 to %d", code, layers)
	}
	switch d := &c.Data; {
	case d.Source == Images && d.Dir == "":
		fail("data.dir", "must be the folder of the images")
	case d.Source == Own && d.Dir != "":
		fail("data.dir", "%q is not used with data.source own", d.Dir)
	case d.Sum != "" && d.Source != Images:
		fail("data.sum", "is not used with data.source %s, only with images", d.Source)
	case d.Sum != "" && !isSum(d.Sum):
		fail("data.sum", "%q must be the 64 hexadecimal digits of a SHA-256", d.Sum)
	}
	if c.Data.Scale == 0 {
		fail("data.scale", "0 would make all inputs equal")
	}
	if in, out := size(n.Input), n.Layers[layers-1].Units; c.Data.Target == TargetInput && in != out {
		fail("network.layers", "the output has %d neurons, needs %d to be compared with the input", out, in)
	}
}

// checkUnused refuses what would have no effect: settings of PAL with another
// algorithm, and learning of pools.
func (c *Config) checkUnused(fail func(path, format string, args ...any)) {
	some := func(list []float64) bool { return slices.ContainsFunc(list, func(x float64) bool { return x > 0 }) }
	for _, l := range []struct {
		path, what string
		list       []float64
	}{
		{"learning.down", "learns top-down weights", c.Learning.Down}, {"learning.decay", "lets top-down weights decay", c.Learning.Decay},
		{"learning.tau", "filters bottom-up changes", c.Learning.Tau}, {"network.noise.amplitude", "has this noise", c.Network.Noise.Amplitude},
	} {
		if c.Learning.Algorithm != PAL && some(l.list) {
			fail(l.path, "%v: only algorithm pal %s, not %s; leave it out or 0", l.list, l.what, c.Learning.Algorithm)
		}
	}
	for _, l := range []struct {
		path string
		list []float64
	}{{"learning.up", c.Learning.Up}, {"learning.down", c.Learning.Down}, {"learning.decay", c.Learning.Decay}, {"learning.tau", c.Learning.Tau}} {
		for i, x := range l.list {
			if x != 0 && c.Network.Layers[i].Kind == KindPool {
				fail(fmt.Sprintf("%s[%d]", l.path, i), "%g must be 0, because layer %d is a pool, which has no weights", x, i+1)
			}
		}
	}
}

func isSum(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == sha256.Size
}

func size(shape []int) int {
	p := 1
	for _, d := range shape {
		p *= d
	}
	return p
}
