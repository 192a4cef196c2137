package plotting

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sample is a set of values of one quantity, such as the test accuracies of runs
// that differ in their seed. It is shown as mean ± standard deviation (population
// form).
type Sample struct {
	Name   string
	X      float64 // place on the x axis of Points; not used by Bars
	Values []float64
	Color  int // 1 + n: the n-th colour of the palette; 0: by the name, of Bars by the place
}

// Points adds the mean of every sample as a marker with an error bar at X. It
// panics if a colour is negative.
func (p *Panel) Points(samples ...Sample) {
	for _, s := range samples {
		checkColor("sample", s.Name, s.Color)
		p.marks = append(p.marks, pointMark{s})
	}
}

type pointMark struct{ Sample }

func (m pointMark) extent(p *Panel) (x, y span) {
	mean, std := MeanStd(m.Values)
	return p.cover([]float64{m.X, m.X, m.X}, []float64{mean, mean - std, mean + std})
}

func (m pointMark) draw(a *area) {
	mean, std := MeanStd(m.Values)
	s := m.style(a.look(m.Name))
	at := a.at(m.X, mean)
	if !finite(at) {
		return
	}
	if len(m.Values) > 1 {
		a.errorBar(draw.LineStyle{Color: s.color(), Width: 1}, m.X, mean, std)
	}
	a.DrawGlyph(s.glyph(2.8), at)
}

func (s Sample) style(byName series) series {
	if s.Color > 0 {
		return series{s.Color - 1}
	}
	return byName
}

// errorBar draws mean ± std with short caps.
func (a *area) errorBar(style draw.LineStyle, x, mean, std float64) {
	const capHalf = 2.2
	lo, hi := a.at(x, mean-std), a.at(x, mean+std)
	if a.panel.LogY && mean-std <= 0 {
		lo.Y = a.Min.Y
	}
	if !finite(lo) || !finite(hi) {
		return
	}
	a.StrokeLines(style, a.ClipLinesXY([]vg.Point{lo, hi})...)
	for _, end := range []vg.Point{lo, hi} {
		if a.Contains(end) {
			a.StrokeLine2(style, end.X-capHalf, end.Y, end.X+capHalf, end.Y)
		}
	}
}

func (m pointMark) entries() []entry {
	if m.Name == "" {
		return nil
	}
	return []entry{{name: m.Name, dot: true, sample: func(c draw.Canvas, s series) {
		c.DrawGlyph(m.style(s).glyph(2.8), c.Center())
	}}}
}

// Bars adds one bar per sample, side by side and named below the axis, with the
// single values as dots if there are several. It panics if a colour is negative.
func (p *Panel) Bars(samples ...Sample) {
	p.xTicks = []tick{}
	for i, s := range samples {
		checkColor("bar", s.Name, s.Color)
		p.xTicks = append(p.xTicks, tick{float64(i), s.Name})
	}
	p.marks = append(p.marks, barMark(samples))
}

type barMark []Sample

// barHalf is half the width of a bar; bars are 1 apart.
const barHalf = 0.34

func (m barMark) extent(p *Panel) (x, y span) {
	x, y = span{-0.6, float64(len(m)) - 0.4}, nothing
	if !p.LogY {
		y = y.add(0)
	}
	for _, s := range m {
		mean, std := MeanStd(s.Values)
		for _, v := range append([]float64{mean, mean + std}, s.Values...) {
			if !p.LogY || v > 0 {
				y = y.add(v)
			}
		}
	}
	return x, y
}

func (m barMark) draw(a *area) {
	base := a.atY(0)
	if !finite(vg.Point{Y: base}) || base < a.Min.Y {
		base = a.Min.Y
	}
	for i, s := range m {
		mean, std := MeanStd(s.Values)
		top := a.atY(mean)
		if !finite(vg.Point{Y: top}) {
			continue
		}
		x := float64(i)
		l, r := a.atX(x-barHalf), a.atX(x+barHalf)
		if !finite(vg.Point{X: l, Y: r}) {
			continue
		}
		color := s.style(series{i}).color()
		corners := a.ClipPolygonXY([]vg.Point{{X: l, Y: base}, {X: r, Y: base}, {X: r, Y: top}, {X: l, Y: top}})
		a.FillPolygon(fade(color, 0.35), corners)
		a.StrokeLines(draw.LineStyle{Color: color, Width: 0.9}, append(corners, corners[:min(1, len(corners))]...))
		if len(s.Values) < 2 {
			continue
		}
		// The dots are spread over the bar in their order, so that equal values
		// stay apart.
		for k, v := range s.Values {
			off := (float64(k)+0.5)/float64(len(s.Values))*1.4 - 0.7
			if at := a.at(x+off*barHalf, v); finite(at) {
				a.DrawGlyph(draw.GlyphStyle{Color: color, Radius: 1.3, Shape: disc{}}, at)
			}
		}
		a.errorBar(draw.LineStyle{Color: ink, Width: 1}, x, mean, std)
	}
}

func (m barMark) entries() []entry { return nil }

// Histogram adds the distribution of values over the given number of equal bins;
// values that are not finite or beyond 1e300 are left out. It panics if bins < 1.
func (p *Panel) Histogram(name string, values []float64, bins int) {
	if bins < 1 {
		panic(fmt.Sprintf("plotting: histogram %q: %d bins, want >= 1", name, bins))
	}
	s := nothing
	for _, v := range values {
		s = s.add(v)
	}
	m := histogramMark{name: name, counts: make([]float64, bins)}
	if !s.empty() {
		if s.single() {
			s = s.padded(false, 0)
		}
		m.from, m.step = s.lo, (s.hi-s.lo)/float64(bins)
		for _, v := range values {
			if math.Abs(v) <= huge { // as the span has them
				m.counts[min(int((v-m.from)/m.step), bins-1)]++
			}
		}
	}
	p.marks = append(p.marks, m)
}

type histogramMark struct {
	name       string
	from, step float64
	counts     []float64
}

func (m histogramMark) extent(p *Panel) (x, y span) {
	if m.step == 0 {
		return nothing, nothing
	}
	y = nothing
	for _, n := range m.counts {
		if n > 0 || !p.LogY {
			y = y.add(n)
		}
	}
	if !p.LogY {
		y = y.add(0)
	}
	return span{m.from, m.from + m.step*float64(len(m.counts))}, y
}

func (m histogramMark) draw(a *area) {
	s := a.look(m.name)
	outline := []vg.Point{a.at(m.from, 0)}
	for i, n := range m.counts {
		l := m.from + float64(i)*m.step
		outline = append(outline, a.at(l, n), a.at(l+m.step, n))
	}
	outline = append(outline, a.at(m.from+float64(len(m.counts))*m.step, 0))
	for i := range outline {
		if !finite(outline[i]) {
			outline[i].Y = a.Min.Y // no count on a logarithmic axis
		}
	}
	outline = slices.DeleteFunc(outline, func(p vg.Point) bool { return !finite(p) })
	a.FillPolygon(fade(s.color(), 0.25), a.ClipPolygonXY(outline))
	a.StrokeLines(s.line(1), a.ClipLinesXY(outline)...)
}

func (m histogramMark) entries() []entry {
	if m.name == "" {
		return nil
	}
	return []entry{{name: m.name, sample: func(c draw.Canvas, s series) {
		c.FillPolygon(fade(s.color(), 0.25), []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
		c.StrokeLine2(s.line(1), c.Min.X, c.Max.Y, c.Max.X, c.Max.Y)
	}}}
}

// Raster adds spike trains: times[i] holds the spike times of the i-th neuron.
// Further populations go above the ones before, in another colour.
func (p *Panel) Raster(name string, times [][]float64) {
	base := 0
	for _, m := range p.marks {
		if r, ok := m.(rasterMark); ok {
			base = r.base + len(r.times)
		}
	}
	p.wholeY = true
	p.marks = append(p.marks, rasterMark{name, times, base})
}

type rasterMark struct {
	name  string
	times [][]float64
	base  int
}

func (m rasterMark) extent(*Panel) (x, y span) {
	x = nothing
	for _, train := range m.times {
		for _, t := range train {
			x = x.add(t)
		}
	}
	return x, span{float64(m.base) - 0.5, float64(m.base+len(m.times)) - 0.5}
}

func (m rasterMark) draw(a *area) {
	style := draw.LineStyle{Color: a.look(m.name).color(), Width: 0.7}
	for i, train := range m.times {
		lo, hi := a.atY(float64(m.base+i)-0.4), a.atY(float64(m.base+i)+0.4)
		for _, t := range train {
			x := a.atX(t)
			if a.ContainsX(x) && finite(vg.Point{X: x, Y: lo + hi}) {
				a.StrokeLines(style, a.ClipLinesXY([]vg.Point{{X: x, Y: lo}, {X: x, Y: hi}})...)
			}
		}
	}
}

func (m rasterMark) entries() []entry {
	if m.name == "" {
		return nil
	}
	return []entry{{name: m.name, sample: func(c draw.Canvas, s series) {
		for i := range 4 {
			x := c.Min.X + (c.Max.X-c.Min.X)*vg.Length(0.2+0.2*float64(i))
			c.StrokeLine2(draw.LineStyle{Color: s.color(), Width: 0.9}, x, c.Min.Y, x, c.Max.Y)
		}
	}}}
}

// wrap breaks a text at spaces into lines that fit the width, if they can.
func wrap(l label, s string, width vg.Length) []string {
	var lines []string
	for word := range strings.FieldsSeq(s) {
		if n := len(lines); n > 0 && l.width(lines[n-1]+" "+word) <= width {
			lines[n-1] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}
