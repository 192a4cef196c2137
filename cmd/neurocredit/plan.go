package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/neurocredit/neurocredit/dendritic"
)

// plan is what a training is going to do.
type plan struct {
	runs, workers       int
	variants, precision []string
	steps               int64 // of all runs; 0: known only when the data are read
	bytes               int64 // of all recordings
}

func newPlan(configs []dendritic.Config, workers int) plan {
	p := plan{runs: len(configs), workers: workers}
	if workers <= 0 {
		p.workers = runtime.NumCPU()
	}
	p.workers = min(p.workers, p.runs)
	known := true
	for _, c := range configs {
		if v := variantName(&c); !slices.Contains(p.variants, v) {
			p.variants = append(p.variants, v)
		}
		if !slices.Contains(p.precision, c.Precision) {
			p.precision = append(p.precision, c.Precision)
		}
		n := stepsOf(&c)
		known = known && n > 0
		p.steps += n
		p.bytes += c.RecordingSize()
	}
	if !known {
		p.steps = 0
	}
	return p
}

// stepsOf returns the time steps of a complete run, 0 if the size of the data is
// not in the configuration.
func stepsOf(c *dendritic.Config) int64 {
	d := &c.Data
	if d.Train == 0 || d.Valid == 0 || d.Test == 0 {
		return 0
	}
	patterns := d.Classes * (c.Epochs*(d.Train+d.Valid) + d.Valid + d.Test)
	return int64(patterns) * int64(c.StepsPerPattern())
}

// String describes the plan in lines.
func (p plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "runs        %d of %s\n", p.runs, strings.Join(p.variants, ", "))
	if p.steps > 0 {
		fmt.Fprintf(&b, "steps       %s\n", count(float64(p.steps)))
	} else {
		b.WriteString("steps       as many as the data have patterns\n")
	}
	if p.bytes > 0 {
		fmt.Fprintf(&b, "recordings  %sB\n", count(float64(p.bytes)))
	} else {
		b.WriteString("recordings  none\n")
	}
	fmt.Fprintf(&b, "engine      native, %s, %d at a time\n", strings.Join(p.precision, " and "), p.workers)
	return b.String()
}

// count writes a number with three digits and a decimal prefix.
func count(x float64) string {
	unit := ""
	for _, u := range []string{" k", " M", " G", " T", " P"} {
		if x < 999.5 {
			break
		}
		x, unit = x/1000, u
	}
	if unit == "" {
		return fmt.Sprintf("%.0f ", x)
	}
	return fmt.Sprintf("%.3g%s", x, unit)
}
