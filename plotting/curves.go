package plotting

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curve is a quantity measured in one or several runs that differ in their seed:
// its mean is a line, its standard deviation over the runs a shaded band.
type Curve struct {
	Name   string
	X      []float64   // nil stands for 0, 1, 2, ...
	Y      [][]float64 // [runs][at most len(X)] NaN: missing
	Runs   bool        // a thin line for every run in place of the band
	Sample bool        // the band is the deviation in sample form (divided by n-1), not in population form
	Color  int         // 1 + n: the n-th colour of the palette, with its dashes and marker; 0: by the name
}

// Curves adds curves. It panics if a run has more values than X, or a colour is
// negative.
func (p *Panel) Curves(curves ...Curve) {
	for _, c := range curves {
		checkColor("curve", c.Name, c.Color)
		for i, y := range c.Y {
			if c.X != nil && len(y) > len(c.X) {
				panic(fmt.Sprintf("plotting: curve %q: run %d has %d values, X has %d", c.Name, i, len(y), len(c.X)))
			}
		}
		m := curveMark{Curve: c}
		m.mean, m.std = spread(c.Y, c.Sample)
		if m.X != nil {
			m.X = m.X[:len(m.mean)]
		}
		p.marks = append(p.marks, &m)
	}
}

// spread returns mean and standard deviation over runs that may have different lengths.
// Missing values are left out. In sample form the deviation of a single value is 0.
func spread(runs [][]float64, sample bool) (mean, std []float64) {
	n := 0
	for _, y := range runs {
		n = max(n, len(y))
	}
	mean, std = make([]float64, n), make([]float64, n)
	for i := range n {
		var column []float64
		for _, y := range runs {
			if i < len(y) {
				column = append(column, y[i])
			}
		}
		mean[i], std[i] = MeanStd(column)
		if n := present(column); sample && n > 1 {
			std[i] *= math.Sqrt(n / (n - 1))
		}
	}
	return mean, std
}

// present counts the values that are not NaN.
func present(values []float64) (n float64) {
	for _, v := range values {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// MeanStd returns the mean and the standard deviation of the values that are not
// NaN, in population form (divided by n). Without any both are NaN.
func MeanStd(values []float64) (mean, std float64) {
	n := present(values)
	for _, v := range values {
		if !math.IsNaN(v) {
			mean += v
		}
	}
	mean /= n
	for _, v := range values {
		if !math.IsNaN(v) {
			std += (v - mean) * (v - mean)
		}
	}
	return mean, math.Sqrt(std / n)
}

type curveMark struct {
	Curve
	mean, std []float64
}

func (m *curveMark) extent(p *Panel) (x, y span) {
	x, y = p.cover(m.X, m.mean)
	if m.Runs {
		for _, run := range m.Y {
			_, s := p.cover(prefix(m.X, len(run)), run)
			y = y.add(s.lo).add(s.hi)
		}
		return x, y
	}
	for i, v := range m.mean {
		hi, lo := v+m.std[i], v-m.std[i]
		if p.LogY && lo < v/3 {
			lo = v / 3 // the band may reach to zero, the axis cannot
		}
		if !p.LogY || lo > 0 {
			y = y.add(lo).add(hi)
		}
	}
	return x, y
}

func prefix(x []float64, n int) []float64 {
	if x == nil {
		return nil
	}
	return x[:n]
}

func (m *curveMark) style(byName series) series {
	if m.Color > 0 {
		return series{m.Color - 1}
	}
	return byName
}

func (m *curveMark) draw(a *area) {
	s := m.style(a.look(m.Name))
	switch {
	case m.Runs:
		for _, run := range m.Y {
			a.stroke(draw.LineStyle{Color: fade(s.color(), 0.5), Width: thin}, prefix(m.X, len(run)), run)
		}
	case len(m.Y) > 1:
		a.band(fade(s.color(), 0.2), m.X, m.mean, m.std)
	}
	a.stroke(s.line(medium), m.X, m.mean)
	m.markers(a, s)
}

// markers puts a few markers along a curve. Curves have them at different places.
func (m *curveMark) markers(a *area, s series) {
	const wanted = 6
	every := max(1, len(m.mean)/wanted)
	first := 0
	if every > 1 {
		first = (s.n*every/4 + every/2) % every
	}
	for i := first; i < len(m.mean); i += every {
		if p := a.at(abscissa(m.X, i), m.mean[i]); finite(p) {
			a.DrawGlyph(s.glyph(2.2), p)
		}
	}
}

func (m *curveMark) entries() []entry {
	if m.Name == "" {
		return nil
	}
	return []entry{{name: m.Name, sample: func(c draw.Canvas, byName series) {
		s := m.style(byName)
		if len(m.Y) > 1 && !m.Runs {
			half := c.Max.Y - c.Center().Y
			c.FillPolygon(fade(s.color(), 0.2), []vg.Point{{X: c.Min.X, Y: c.Center().Y - half*0.8}, {X: c.Max.X, Y: c.Center().Y - half*0.8},
				{X: c.Max.X, Y: c.Center().Y + half*0.8}, {X: c.Min.X, Y: c.Center().Y + half*0.8}})
		}
		c.StrokeLine2(s.line(medium), c.Min.X, c.Center().Y, c.Max.X, c.Center().Y)
		c.DrawGlyph(s.glyph(2.2), c.Center())
	}}}
}

// band fills mean ± std. On a logarithmic axis it ends at the axis where it would
// reach zero.
func (a *area) band(fill color.Color, x, mean, std []float64) {
	var upper, lower []vg.Point
	flush := func() {
		for i := len(lower) - 1; i >= 0; i-- {
			upper = append(upper, lower[i])
		}
		if len(lower) > 1 {
			a.FillPolygon(fill, a.ClipPolygonXY(upper))
		}
		upper, lower = nil, nil
	}
	for i, v := range mean {
		hi := a.at(abscissa(x, i), v+std[i])
		lo := a.at(abscissa(x, i), v-std[i])
		if a.panel.LogY && v-std[i] <= 0 {
			lo.Y = a.Min.Y
		}
		if !finite(hi) || !finite(lo) {
			flush()
			continue
		}
		upper, lower = append(upper, hi), append(lower, lo)
	}
	flush()
}

// Line is one line through values.
type Line struct {
	Name   string // in the legend, if not empty
	X      []float64
	Y      []float64
	Color  int  // 1 + n: the n-th colour of the palette; 0: by the name
	Dashed bool // with Color: dashed
	Thin   bool // with Color: thin and pale, for dense data
}

// Lines adds lines. X nil stands for 0, 1, 2, ... It panics if X and Y differ in
// length, or a colour is negative.
func (p *Panel) Lines(lines ...Line) {
	for _, l := range lines {
		checkPair("line", l.Name, l.X, l.Y)
		checkColor("line", l.Name, l.Color)
		p.marks = append(p.marks, lineMark{l})
	}
}

type lineMark struct{ Line }

func (m lineMark) extent(p *Panel) (x, y span) { return p.cover(m.X, m.Y) }

func (m lineMark) style(s series) draw.LineStyle {
	if m.Color == 0 {
		return s.line(medium)
	}
	// After one round of the palette the lines are dashed.
	style := draw.LineStyle{Color: Color(m.Color - 1), Width: medium, Dashes: dashes[(m.Color-1)/len(okabeIto)%len(dashes)]}
	if m.Dashed {
		style.Width, style.Dashes = 0.9, []vg.Length{3, 2}
	}
	if m.Thin {
		style.Width, style.Color = thin, fade(Color(m.Color-1), 0.6)
	}
	return style
}

func (m lineMark) draw(a *area) { a.stroke(m.style(a.look(m.Name)), m.X, m.Y) }

func (m lineMark) entries() []entry {
	if m.Name == "" {
		return nil
	}
	return []entry{{name: m.Name, sample: func(c draw.Canvas, s series) {
		c.StrokeLine2(m.style(s), c.Min.X, c.Center().Y, c.Max.X, c.Center().Y)
	}}}
}

// Signals adds many thin lines without legend, such as all weights of a matrix
// over time: y[i] holds the values of all lines at x[i]. It panics if x and y
// differ in length or rows of y do.
func (p *Panel) Signals(x []float64, y [][]float64) {
	if x != nil && len(x) != len(y) {
		panic(fmt.Sprintf("plotting: signals: %d values of x, %d rows of y", len(x), len(y)))
	}
	for i, row := range y {
		if len(row) != len(y[0]) {
			panic(fmt.Sprintf("plotting: signals: row %d has %d values, row 0 has %d", i, len(row), len(y[0])))
		}
	}
	p.marks = append(p.marks, signalMark{x, y})
}

type signalMark struct {
	x []float64
	y [][]float64
}

func (m signalMark) column(k int) []float64 {
	column := make([]float64, len(m.y))
	for i, row := range m.y {
		column[i] = row[k]
	}
	return column
}

func (m signalMark) width() int {
	if len(m.y) == 0 {
		return 0
	}
	return len(m.y[0])
}

func (m signalMark) extent(p *Panel) (x, y span) {
	x, y = nothing, nothing
	for k := range m.width() {
		sx, sy := p.cover(m.x, m.column(k))
		x, y = x.add(sx.lo).add(sx.hi), y.add(sy.lo).add(sy.hi)
	}
	return x, y
}

func (m signalMark) draw(a *area) {
	alpha := 0.9
	if m.width() > 8 {
		alpha = 0.55
	}
	for k := range m.width() {
		a.stroke(draw.LineStyle{Color: fade(Color(k), alpha), Width: thin}, m.x, m.column(k))
	}
}

func (m signalMark) entries() []entry { return nil }
