package plotting

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// tick is a mark on an axis; without text it is a minor one.
type tick struct {
	at   float64
	text string
}

// linearTicks marks an axis from lo to hi with about n labels at round numbers, at
// whole ones only if so asked. The texts of very large or small numbers leave out
// a power of ten, the exponent. A span that has no room for numbers has no ticks.
func linearTicks(lo, hi float64, n int, whole bool) (ticks []tick, exponent int) {
	if (span{lo, hi}).single() {
		return nil, 0
	}
	step := niceStep((hi - lo) / float64(max(n, 1)))
	for whole && step != math.Floor(step) {
		step = niceStep(step * 1.01)
	}
	biggest := math.Max(math.Abs(lo), math.Abs(hi))
	if e := math.Floor(math.Log10(biggest) + 1e-9); e >= 5 || e <= -4 {
		exponent = int(math.Floor(e/3) * 3)
	}
	unit := math.Pow10(exponent)
	decimals := 0
	for v := step / unit; math.Abs(v-math.Round(v)) > 1e-6*v; v *= 10 {
		decimals++
	}
	first, last := math.Ceil(lo/step-1e-9), math.Floor(hi/step+1e-9)
	for i := range int(last-first) + 1 {
		at := (first + float64(i)) * step
		ticks = append(ticks, tick{at, number(at/unit, decimals)})
	}
	return ticks, exponent
}

// niceStep returns the smallest of 1, 2, 2.5, 5 times a power of ten that is not
// below x.
func niceStep(x float64) float64 {
	p := math.Pow10(int(math.Floor(math.Log10(x))))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*p >= x*(1-1e-9) {
			return m * p
		}
	}
	return 10 * p
}

// number writes v with a fixed number of decimals and a true minus sign.
func number(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", "−", 1)
}

// logTicks marks a logarithmic axis from lo to hi > 0: powers of ten, and on
// short axes 2 and 5 times them as well.
func logTicks(lo, hi float64, n int) []tick {
	first, last := int(math.Floor(math.Log10(lo)+1e-9)), int(math.Ceil(math.Log10(hi)-1e-9))
	every := max(1, int(math.Ceil(float64(last-first)/float64(max(n, 1)))))
	within := func(v float64) bool { return v >= lo*(1-1e-9) && v <= hi*(1+1e-9) }
	labelled := []int{1}
	if decades := math.Log10(hi) - math.Log10(lo); decades < 2.2 {
		labelled = []int{1, 2, 5}
		switch {
		case decades < 0.5:
			labelled = []int{1, 2, 3, 4, 5, 6, 7, 8, 9}
		case decades < 1:
			labelled = []int{1, 2, 3, 4, 6, 8}
		}
	}
	var ticks []tick
	for e := first; e <= last; e++ {
		for m := 1; m <= 9; m++ {
			v := float64(m) * math.Pow10(e)
			switch {
			case !within(v):
			case e%every == 0 && contains(labelled, m):
				ticks = append(ticks, tick{v, decade(m, e, first, last)})
			case m == 1 && last-first <= 60 || last-first <= 6:
				ticks = append(ticks, tick{at: v})
			}
		}
	}
	return ticks
}

func contains(list []int, x int) bool {
	for _, v := range list {
		if v == x {
			return true
		}
	}
	return false
}

// decade writes m times ten to the power of e, as a plain number where all of
// the axis from 10^first to 10^last can be.
func decade(m, e, first, last int) string {
	if first >= -3 && last <= 3 {
		return number(float64(m)*math.Pow10(e), max(0, -e))
	}
	power := "10^{" + strings.Replace(strconv.Itoa(e), "-", "−", 1) + "}"
	if m == 1 {
		return power
	}
	return fmt.Sprintf("%d×%s", m, power)
}

// span is the range of an axis.
type span struct{ lo, hi float64 }

// nothing is the span that any value extends.
var nothing = span{math.Inf(1), math.Inf(-1)}

// Axes show values up to huge, and logarithmic ones from tiny: beyond, the
// arithmetic of axes overflows.
const (
	huge = 1e300
	tiny = 1e-300
)

func (s span) add(v float64) span {
	if math.IsNaN(v) || math.Abs(v) > huge {
		return s
	}
	return span{math.Min(s.lo, v), math.Max(s.hi, v)}
}

// positive returns what a logarithmic axis can show of the ends of the span.
func (s span) positive() span {
	switch {
	case s.lo > tiny:
		return s
	case s.hi > tiny:
		return span{s.hi, s.hi}
	}
	return nothing
}

func (s span) empty() bool { return s.lo > s.hi }

// resolution is the smallest span of an axis, as a share of its values. Values
// that differ by less do so by rounding, and the numbers at the ticks would not
// tell them apart.
const resolution = 1e-9

// single reports whether the span is too short for an axis, as that of one value.
func (s span) single() bool {
	return !(s.hi-s.lo > math.Max(resolution*math.Max(math.Abs(s.lo), math.Abs(s.hi)), tiny))
}

// padded returns the span with room around the data, so that nothing is drawn on
// the axes. An empty span or a single value gets a range as well.
func (s span) padded(log bool, share float64) span {
	switch {
	case s.empty() && log:
		return span{0.1, 10}
	case s.empty():
		return span{0, 1}
	case log && s.hi/s.lo <= 1+resolution:
		return span{s.lo / 3, s.hi * 3}
	case log:
		f := math.Exp((math.Log(s.hi) - math.Log(s.lo)) * share)
		return span{math.Max(s.lo/f, tiny/10), math.Min(s.hi*f, huge*10)}
	case s.single():
		d := math.Max(math.Abs(s.lo)*0.1, 1e-12)
		if s.lo == 0 {
			d = 1
		}
		return span{s.lo - d, s.hi + d}
	}
	d := (s.hi - s.lo) * share
	return span{s.lo - d, s.hi + d}
}
