package plotting

import (
	"fmt"
	"image/color"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Scatter adds points without lines. X and Y must have the same length, or it
// panics.
func (p *Panel) Scatter(name string, x, y []float64) {
	checkPair("scatter", name, x, y)
	p.marks = append(p.marks, scatterMark{name, x, y})
}

type scatterMark struct {
	name string
	x, y []float64
}

const dotRadius = 1.5

func (m scatterMark) extent(p *Panel) (x, y span) { return p.cover(m.x, m.y) }

func (m scatterMark) draw(a *area) {
	style := a.look(m.name).glyph(dotRadius)
	if len(m.y) < 100 {
		style.Radius = 2.2
	}
	style.Color = fade(a.look(m.name).color(), 0.75)
	for i, v := range m.y {
		if at := a.at(abscissa(m.x, i), v); finite(at) {
			a.DrawGlyph(style, at)
		}
	}
}

func (m scatterMark) entries() []entry {
	if m.name == "" {
		return nil
	}
	return []entry{{name: m.name, sample: func(c draw.Canvas, s series) { c.DrawGlyph(s.glyph(2.4), c.Center()) }, dot: true}}
}

// Classes adds points of a classification task. The marker of a point shows its
// true class, as its number if there are more than five, the colour the class that was
// predicted; wrong ones are larger and drawn on top. predicted nil shows the true
// classes alone. Classes count from 0. It panics if the lengths differ or a class is
// negative.
func (p *Panel) Classes(x, y []float64, class, predicted []int) {
	checkPair("classes", "points", x, y)
	if predicted == nil {
		predicted = class
	}
	if len(class) != len(x) || len(predicted) != len(x) {
		panic(fmt.Sprintf("plotting: classes: %d points, %d classes, %d predictions", len(x), len(class), len(predicted)))
	}
	n := 0
	for i, c := range class {
		if c < 0 || predicted[i] < 0 {
			panic(fmt.Sprintf("plotting: classes: point %d has class %d and prediction %d, want >= 0", i, c, predicted[i]))
		}
		n = max(n, c+1, predicted[i]+1)
	}
	p.marks = append(p.marks, classMark{x, y, class, predicted, n})
}

type classMark struct {
	x, y             []float64
	class, predicted []int
	n                int
}

func (m classMark) extent(p *Panel) (x, y span) { return p.cover(m.x, m.y) }

// muted is a palette of ten colours, those of Paul Tol's of that name with a darker
// grey.
var muted = hex(0xCC6677, 0x332288, 0xC9B04A, 0x117733, 0x58B4E0, 0x882255, 0x44AA99, 0x7F7F1F, 0xAA4499, 0x808080)

// color returns the colour of a class. Up to seven take those of all figures.
func (m classMark) color(class int) color.NRGBA {
	if m.n <= len(okabeIto) {
		return Color(class)
	}
	return muted[class%len(muted)]
}

// shape returns the marker of a class.
func (m classMark) shape(class int, bold bool) draw.GlyphDrawer {
	if m.n <= len(glyphs) {
		return glyphs[class]
	}
	return numeral{strconv.Itoa(class), bold}
}

// numeral is a marker that is a number.
type numeral struct {
	text string
	bold bool
}

func (n numeral) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	label{size: 4 * s.Radius, bold: n.bold, color: s.Color}.draw(*c, at, 0.5, 0.5, n.text)
}

func (m classMark) draw(a *area) {
	for _, wrong := range []bool{false, true} {
		for i, c := range m.class {
			at := a.at(m.x[i], m.y[i])
			if (c != m.predicted[i]) != wrong || !finite(at) {
				continue
			}
			style := draw.GlyphStyle{Color: m.color(m.predicted[i]), Radius: dotRadius, Shape: m.shape(c, wrong)}
			numbers := m.n > len(glyphs)
			if !wrong && !numbers {
				style.Color = fade(m.color(m.predicted[i]), 0.45)
			}
			if wrong {
				if !numbers {
					back := style
					back.Color, back.Radius = ink, dotRadius*1.75
					a.DrawGlyph(back, at)
				}
				style.Radius = dotRadius * 1.3
			}
			a.DrawGlyph(style, at)
		}
	}
}

func (m classMark) entries() []entry {
	all := make([]entry, m.n)
	for k := range all {
		all[k] = entry{name: fmt.Sprintf("class %d", k), dot: true, sample: func(c draw.Canvas, _ series) {
			c.DrawGlyph(draw.GlyphStyle{Color: m.color(k), Radius: 2.4, Shape: m.shape(k, true)}, c.Center())
		}}
	}
	return all
}
