package plotting

import (
	"image/color"
	"math"
	"strings"
	"sync"

	xfont "golang.org/x/image/font"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of texts in points, for figures printed at their size.
const (
	letterSize vg.Length = 11
	titleSize  vg.Length = 9.5
	labelSize  vg.Length = 9
	tickSize   vg.Length = 8
)

var fonts = sync.OnceValue(func() *font.Cache { return font.NewCache(liberation.Collection()) })

// label is a line of text in one size and colour. The texts may have
// superscripts ^{...} and subscripts _{...}.
type label struct {
	size  vg.Length
	bold  bool
	color color.Color
}

// run is a part of a line at one height.
type run struct {
	text  string
	shift float64 // of the baseline, in font sizes
	small bool
}

// runs splits a text at its superscripts and subscripts.
func runs(s string) []run {
	var all []run
	for s != "" {
		up, down := strings.Index(s, "^{"), strings.Index(s, "_{")
		at, shift := up, 0.38
		if up < 0 || down >= 0 && down < up {
			at, shift = down, -0.18
		}
		end := -1
		if at >= 0 {
			end = strings.IndexByte(s[at:], '}')
		}
		if end < 0 {
			return append(all, run{text: s})
		}
		if at > 0 {
			all = append(all, run{text: s[:at]})
		}
		all = append(all, run{s[at+2 : at+end], shift, true})
		s = s[at+end+1:]
	}
	return all
}

func (l label) face(small bool) font.Face {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if l.bold {
		f.Weight = xfont.WeightBold
	}
	size := l.size
	if small {
		size *= 0.72
	}
	return fonts().Lookup(f, size)
}

// width returns the length of a text.
func (l label) width(s string) vg.Length {
	var w vg.Length
	for _, r := range runs(s) {
		face := l.face(r.small)
		w += face.Width(r.text)
	}
	return w
}

// height returns the height of a line of text.
func (l label) height() vg.Length { return l.size * 1.2 }

// draw writes a text whose box has the point at the fraction alignX of its width
// (0 left, 1 right) and alignY of its height (0 bottom, 1 top).
func (l label) draw(c draw.Canvas, at vg.Point, alignX, alignY float64, s string) {
	c.SetColor(l.color)
	x := at.X - vg.Length(alignX)*l.width(s)
	// Capitals and digits are 0.72 of the size high.
	y := at.Y - vg.Length(alignY)*l.size*0.72
	for _, r := range runs(s) {
		face := l.face(r.small)
		c.FillString(face, vg.Point{X: x, Y: y + vg.Length(r.shift)*l.size}, r.text)
		x += face.Width(r.text)
	}
}

// drawUp writes a text that runs upwards, centred on the point; the point is at
// the bottom of its letters, that is at their right.
func (l label) drawUp(c draw.Canvas, at vg.Point, s string) {
	c.Push()
	c.Translate(at)
	c.Rotate(math.Pi / 2)
	l.draw(c, vg.Point{}, 0.5, 0, s)
	c.Pop()
}
