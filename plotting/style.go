package plotting

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// okabeIto is the palette of Okabe and Ito (2008), made for all forms of colour
// vision, without its yellow, which is too pale for lines on white.
var okabeIto = [...]color.NRGBA{
	{0x00, 0x72, 0xB2, 0xFF}, // blue
	{0xD5, 0x5E, 0x00, 0xFF}, // vermillion
	{0x00, 0x9E, 0x73, 0xFF}, // bluish green
	{0xCC, 0x79, 0xA7, 0xFF}, // reddish purple
	{0xE6, 0x9F, 0x00, 0xFF}, // orange
	{0x56, 0xB4, 0xE9, 0xFF}, // sky blue
	{0x00, 0x00, 0x00, 0xFF}, // black
}

// Color returns the n-th colour of the palette that all figures use. It starts
// again after seven. It panics if n is negative.
func Color(n int) color.NRGBA {
	if n < 0 {
		panic(fmt.Sprintf("plotting: colour %d, want >= 0", n))
	}
	return okabeIto[n%len(okabeIto)]
}

var (
	ink    = color.NRGBA{0x1A, 0x1A, 0x1A, 0xFF} // axes and text
	faint  = color.NRGBA{0x6E, 0x6E, 0x6E, 0xFF} // notes and reference lines
	ground = color.NRGBA{0xE4, 0xE4, 0xE4, 0xFF} // grid
)

// dashes and glyphs tell series apart without colour. Their cycles differ in
// length from the palette's, so that the combination repeats late.
var dashes = [...][]vg.Length{nil, {5, 2}, {1.5, 1.5}, {6, 2, 1.5, 2}}

var glyphs = [...]draw.GlyphDrawer{disc{}, square{}, triangle{}, diamond{}, cross{}}

const (
	thin   vg.Length = 0.6
	medium vg.Length = 1.3
)

// series is the look of one named or numbered series.
type series struct{ n int }

func (s series) color() color.NRGBA { return Color(s.n) }

func (s series) line(width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: s.color(), Width: width, Dashes: dashes[s.n%len(dashes)]}
}

func (s series) glyph(radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: s.color(), Radius: radius, Shape: glyphs[s.n%len(glyphs)]}
}

// fade makes a colour transparent; alpha is 0 to 1.
func fade(c color.NRGBA, alpha float64) color.NRGBA {
	c.A = uint8(math.Round(alpha * 255))
	return c
}

// gradient is a colour map through equally spaced colours.
type gradient []color.NRGBA

// Colour maps of Paul Tol (personal.sron.nl/~pault): one for quantities from low
// to high, one for quantities around zero.
var (
	iridescent = hex(0xFEFBE9, 0xFCF7D5, 0xF5F3C1, 0xEAF0B5, 0xDDECBF, 0xD0E7CA, 0xC2E3D2, 0xB5DDD8, 0xA8D8DC, 0x9BD2E1, 0x8DCBE4, 0x81C4E7,
		0x7BBCE7, 0x7EB2E4, 0x88A5DD, 0x9398D2, 0x9B8AC4, 0x9D7DB2, 0x9A709E, 0x906388, 0x805770, 0x684957, 0x46353A)
	sunset  = hex(0x364B9A, 0x4A7BB7, 0x6EA6CD, 0x98CAE1, 0xC2E4EF, 0xEAECCC, 0xFEDA8B, 0xFDB366, 0xF67E4B, 0xDD3D2D, 0xA50026)
	missing = color.NRGBA{0x99, 0x99, 0x99, 0xFF}
)

func hex(codes ...uint32) gradient {
	g := make(gradient, len(codes))
	for i, c := range codes {
		g[i] = color.NRGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 0xFF}
	}
	return g
}

// at returns the colour of a value from 0 to 1. Values outside take the ends.
func (g gradient) at(v float64) color.NRGBA {
	if math.IsNaN(v) {
		return missing
	}
	f := max(0, min(1, v)) * float64(len(g)-1)
	i := min(int(f), len(g)-2)
	f -= float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + f*(float64(b)-float64(a)))) }
	a, b := g[i], g[i+1]
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xFF}
}

// Filled glyphs of about equal weight; gonum's are partly outlines of fixed
// width, which vanish beside thick lines.
type (
	disc     struct{}
	square   struct{}
	triangle struct{}
	diamond  struct{}
	cross    struct{}
)

func (disc) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	draw.CircleGlyph{}.DrawGlyph(c, s, at)
}

func (square) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	polygon(c, s, at, 0.9, math.Pi/4, 4)
}

func (triangle) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	polygon(c, s, at, 1.2, math.Pi/2, 3)
}

func (diamond) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	polygon(c, s, at, 1.2, math.Pi/2, 4)
}

func (cross) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	r := s.Radius
	line := draw.LineStyle{Color: s.Color, Width: r * 0.6}
	c.StrokeLine2(line, at.X-r, at.Y-r, at.X+r, at.Y+r)
	c.StrokeLine2(line, at.X-r, at.Y+r, at.X+r, at.Y-r)
}

func polygon(c *draw.Canvas, s draw.GlyphStyle, at vg.Point, scale vg.Length, start float64, corners int) {
	points := make([]vg.Point, corners)
	for i := range points {
		sin, cos := math.Sincos(start + 2*math.Pi*float64(i)/float64(corners))
		points[i] = vg.Point{X: at.X + scale*s.Radius*vg.Length(cos), Y: at.Y + scale*s.Radius*vg.Length(sin)}
	}
	c.FillPolygon(s.Color, points)
}
