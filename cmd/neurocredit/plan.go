package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// plan is what a training is going to do.
type plan struct {
	runs, workers       int
	variants, precision []string
	notes               []string // see amounts
	work                int64    // of all runs; 0: known only when the data are read
	unit                string
	bytes               int64 // of all recordings
}

func newPlan(configs []settings, workers int) plan {
	p := plan{runs: len(configs), workers: workers}
	if workers <= 0 {
		p.workers = runtime.NumCPU()
	}
	p.workers = min(p.workers, p.runs)
	known := true
	for _, c := range configs {
		if v := variantOf(c); !slices.Contains(p.variants, v) {
			p.variants = append(p.variants, v)
		}
		a := c.amounts()
		if !slices.Contains(p.precision, a.precision) {
			p.precision = append(p.precision, a.precision)
		}
		if a.note != "" && !slices.Contains(p.notes, a.note) {
			p.notes = append(p.notes, a.note)
		}
		known = known && a.work > 0
		p.work += a.work
		p.bytes += a.recordings
		p.unit = c.of().about().unit
	}
	if !known {
		p.work = 0
	}
	return p
}

// String describes the plan in lines.
func (p plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "runs        %d of %s\n", p.runs, strings.Join(p.variants, ", "))
	if p.work > 0 {
		fmt.Fprintf(&b, "%-10s  %s\n", p.unit, count(float64(p.work)))
	} else {
		fmt.Fprintf(&b, "%-10s  as many as the data have patterns\n", p.unit)
	}
	if p.bytes > 0 {
		fmt.Fprintf(&b, "recordings  %sB\n", count(float64(p.bytes)))
	} else {
		b.WriteString("recordings  none\n")
	}
	fmt.Fprintf(&b, "precision   %s, %d runs at a time\n", strings.Join(p.precision, " and "), p.workers)
	for _, n := range p.notes {
		fmt.Fprintf(&b, "note        %s\n", n)
	}
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
