package plotting

import (
	"cmp"
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Panel is one pair of axes with what is drawn in it. Fill in the texts and add
// content with the methods; things added later are drawn on top. A series is
// known by its name: in all panels of a figure the same name has the same colour,
// line style and marker. Texts may have superscripts ^{...} and subscripts _{...}.
type Panel struct {
	Title string
	Note  string // small grey text below the title
	X, Y  string // names of the axes, with units

	LogX, LogY     bool       // logarithmic axes; values <= 0 are left out
	XRange, YRange [2]float64 // ends of the axes; equal ends: from the data
	Width, Height  float64    // of the data area, in inches, at most 1000; 0: by the number of panels
	Bare           bool       // no axes, for images

	marks          []mark
	xTicks         []tick // in place of the automatic ones, if not nil
	extra          *tick  // of the x axis, beside the automatic ones up to ticksTo
	ticksTo        float64
	wholeX, wholeY bool // ticks at whole numbers only
	downwards      bool // the y axis grows downwards
	bar            *colorBar
}

// NewPanel returns a panel with a title and names of its axes.
func NewPanel(title, x, y string) *Panel { return &Panel{Title: title, X: x, Y: y} }

// maxInches is the largest width and height of a data area.
const maxInches = 1000

// check returns an error that names what of the panel's settings cannot be drawn.
func (p *Panel) check() error {
	for _, v := range []struct {
		name string
		size float64
	}{{"Width", p.Width}, {"Height", p.Height}} {
		if !(v.size >= 0 && v.size <= maxInches) {
			return fmt.Errorf("%s is %v inches, must be 0 to %d", v.name, v.size, maxInches)
		}
	}
	if err := cmp.Or(checkRange("XRange", p.XRange, p.LogX), checkRange("YRange", p.YRange, p.LogY)); err != nil {
		return err
	}
	for _, m := range p.marks {
		if h, ok := m.(heatMark); ok {
			if err := cmp.Or(checkRange("Heat.Range", h.Range, false), checkRange("Heat.X", h.X, false), checkRange("Heat.Y", h.Y, false)); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkRange returns an error if an axis cannot have these ends. Equal ones, which
// stand for those of the data, can only be wrong by not being finite.
func checkRange(name string, ends [2]float64, log bool) error {
	s := span{math.Min(ends[0], ends[1]), math.Max(ends[0], ends[1])}
	switch {
	case !(math.Abs(ends[0]) <= huge && math.Abs(ends[1]) <= huge):
		return fmt.Errorf("%s is %v, must be finite and at most %g", name, ends, float64(huge))
	case s.lo == s.hi:
		return nil
	case log && s.lo <= tiny:
		return fmt.Errorf("%s is %v, must be above 0 on a logarithmic axis", name, ends)
	case s.single():
		return fmt.Errorf("%s is %v: the ends are too close to each other for an axis", name, ends)
	}
	return nil
}

// mark is something drawn in a panel.
type mark interface {
	// extent returns the range of values that the axes should show.
	extent(p *Panel) (x, y span)
	draw(a *area)
	// entries returns what the legend says about the mark.
	entries() []entry
}

// entry is a line of a legend. Its sample is drawn within the canvas.
type entry struct {
	name   string
	sample func(c draw.Canvas, s series)
	dot    bool // the sample is a marker only
}

// area is the data area of a panel while it is drawn.
type area struct {
	draw.Canvas
	panel *Panel
	x, y  span
	looks map[string]series
}

// look returns the style of a named series.
func (a *area) look(name string) series { return a.looks[name] }

// atX returns the place of a value, NaN if it has none.
func (a *area) atX(v float64) vg.Length { return place(v, a.x, a.panel.LogX, a.Min.X, a.Max.X) }

func (a *area) atY(v float64) vg.Length { return place(v, a.y, a.panel.LogY, a.Min.Y, a.Max.Y) }

func place(v float64, s span, log bool, from, to vg.Length) vg.Length {
	f := (v - s.lo) / (s.hi - s.lo)
	if log {
		if v <= tiny {
			return vg.Length(math.NaN())
		}
		f = (math.Log(v) - math.Log(s.lo)) / (math.Log(s.hi) - math.Log(s.lo))
	}
	return from + vg.Length(f)*(to-from)
}

func (a *area) at(x, y float64) vg.Point { return vg.Point{X: a.atX(x), Y: a.atY(y)} }

func finite(p vg.Point) bool {
	s := float64(p.X + p.Y)
	return !math.IsNaN(s) && !math.IsInf(s, 0)
}

// stroke draws a line through values, with gaps where they are not finite. x nil
// stands for 0, 1, 2, ...
func (a *area) stroke(style draw.LineStyle, x, y []float64) {
	var piece []vg.Point
	flush := func() {
		if len(piece) == 1 && a.Contains(piece[0]) {
			// A value alone between gaps would be invisible as a line.
			a.DrawGlyph(draw.GlyphStyle{Color: style.Color, Radius: style.Width, Shape: disc{}}, piece[0])
		}
		for _, line := range a.ClipLinesXY(piece) {
			a.polyline(style, line)
		}
		piece = piece[:0]
	}
	for i, v := range y {
		p := a.at(abscissa(x, i), v)
		if !finite(p) {
			flush()
			continue
		}
		piece = append(piece, p)
	}
	flush()
}

func abscissa(x []float64, i int) float64 {
	if x == nil {
		return float64(i)
	}
	return x[i]
}

// cover returns the spans of points, leaving out what a logarithmic axis cannot
// show.
func (p *Panel) cover(x, y []float64) (sx, sy span) {
	sx, sy = nothing, nothing
	for i, v := range y {
		u := abscissa(x, i)
		if p.LogX && u <= tiny || p.LogY && v <= tiny || math.IsNaN(u) || math.IsNaN(v) {
			continue
		}
		sx, sy = sx.add(u), sy.add(v)
	}
	return sx, sy
}

// checkPair panics if x and y are not of the same length.
func checkPair(what, name string, x, y []float64) {
	if x != nil && len(x) != len(y) {
		panic(fmt.Sprintf("plotting: %s %q: %d values of x, %d of y", what, name, len(x), len(y)))
	}
}

// checkColor panics if a colour is not 0 or the number of one of the palette.
func checkColor(what, name string, color int) {
	if color < 0 {
		panic(fmt.Sprintf("plotting: %s %q: colour %d, want >= 0", what, name, color))
	}
}

// Add draws any plotter of gonum.org/v1/plot in the panel. It panics if there is none.
func (p *Panel) Add(plotter plot.Plotter) {
	if plotter == nil {
		panic("plotting: Add: the plotter is nil")
	}
	p.marks = append(p.marks, foreign{plotter})
}

// foreign is a plotter of gonum.
type foreign struct{ plot.Plotter }

func (f foreign) extent(p *Panel) (x, y span) {
	r, ok := f.Plotter.(plot.DataRanger)
	if !ok {
		return nothing, nothing
	}
	xmin, xmax, ymin, ymax := r.DataRange()
	return p.cover([]float64{xmin, xmax}, []float64{ymin, ymax})
}

func (f foreign) entries() []entry { return nil }

func (f foreign) draw(a *area) {
	g := plot.New()
	g.X.Min, g.X.Max, g.Y.Min, g.Y.Max = a.x.lo, a.x.hi, a.y.lo, a.y.hi
	if a.panel.LogX {
		g.X.Scale = plot.LogScale{}
	}
	if a.panel.LogY {
		g.Y.Scale = plot.LogScale{}
	}
	f.Plot(a.Canvas, g)
}

// HLine draws a horizontal reference line at y; name, if not empty, goes to the
// legend.
func (p *Panel) HLine(name string, y float64) {
	p.marks = append(p.marks, reference{name, y, false})
}

// VLine draws a vertical reference line at x; name, if not empty, goes to the
// legend.
func (p *Panel) VLine(name string, x float64) {
	p.marks = append(p.marks, reference{name, x, true})
}

// reference is a straight line across the panel.
type reference struct {
	name     string
	at       float64
	vertical bool
}

var referenceStyle = draw.LineStyle{Color: faint, Width: 0.8, Dashes: []vg.Length{2, 2}}

func (r reference) extent(p *Panel) (x, y span) {
	if r.vertical {
		return nothing.add(r.at), nothing
	}
	return nothing, nothing.add(r.at)
}

func (r reference) draw(a *area) {
	line := []vg.Point{{X: a.Min.X, Y: a.atY(r.at)}, {X: a.Max.X, Y: a.atY(r.at)}}
	if r.vertical {
		line = []vg.Point{{X: a.atX(r.at), Y: a.Min.Y}, {X: a.atX(r.at), Y: a.Max.Y}}
	}
	if finite(line[0]) && finite(line[1]) {
		a.StrokeLines(referenceStyle, a.ClipLinesXY(line)...)
	}
}

func (r reference) entries() []entry {
	if r.name == "" {
		return nil
	}
	return []entry{{name: r.name, sample: func(c draw.Canvas, s series) {
		c.StrokeLine2(referenceStyle, c.Min.X, c.Center().Y, c.Max.X, c.Center().Y)
	}}}
}
