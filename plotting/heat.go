package plotting

import (
	"fmt"
	"image"
	"math"

	"gonum.org/v1/gonum/mat"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Heat shows a matrix as an image with a colour bar. Row 0 is at the top.
type Heat struct {
	Z     mat.Matrix
	Label string // of the colour bar

	// X and Y are the values at the outer edges of the first and the last column
	// and of the bottom and the top row. Equal: the indices are shown.
	X, Y [2]float64
	// Range is what the ends of the colour map stand for. Equal: the data; if
	// they have both signs, symmetric around 0 and with a diverging colour map.
	Range [2]float64
	NoBar bool // without colour bar
}

// Heat adds an image of a matrix. Values that are not finite are grey. It panics
// if there is no matrix.
func (p *Panel) Heat(h Heat) {
	if h.Z == nil {
		panic(fmt.Sprintf("plotting: heat %q: Z is nil, want a matrix", h.Label))
	}
	m := heatMark{h, span{h.Range[0], h.Range[1]}, iridescent}
	rows, cols := h.Z.Dims()
	if m.limits.lo == m.limits.hi {
		m.limits = nothing
		for i := range rows {
			for j := range cols {
				m.limits = m.limits.add(h.Z.At(i, j))
			}
		}
		if m.limits.lo < 0 && m.limits.hi > 0 {
			top := math.Max(-m.limits.lo, m.limits.hi)
			m.limits = span{-top, top}
		}
		if m.limits.empty() || m.limits.single() {
			m.limits = m.limits.padded(false, 0)
		}
	}
	if m.limits.lo == -m.limits.hi {
		m.colors = sunset
	}
	if m.X[0] == m.X[1] {
		m.X, p.wholeX = [2]float64{-0.5, float64(cols) - 0.5}, true
	}
	if m.Y[0] == m.Y[1] {
		m.Y, p.wholeY = [2]float64{float64(rows) - 0.5, -0.5}, true
	}
	p.downwards = m.Y[0] > m.Y[1]
	p.marks = append(p.marks, m)
	if !h.NoBar {
		p.bar = &colorBar{h.Label, m.limits, m.colors}
	}
}

type heatMark struct {
	Heat
	limits span
	colors gradient
}

func (m heatMark) extent(*Panel) (x, y span) {
	return nothing.add(m.X[0]).add(m.X[1]), nothing.add(m.Y[0]).add(m.Y[1])
}

func (m heatMark) draw(a *area) {
	rows, cols := m.Z.Dims()
	if rows == 0 || cols == 0 {
		return
	}
	// The image is drawn enlarged, so that no backend smooths its pixels.
	const target = 400
	k := max(1, target/max(rows, cols))
	img := image.NewNRGBA(image.Rect(0, 0, cols*k, rows*k))
	for i := range rows {
		for j := range cols {
			v := m.Z.At(i, j)
			c := missing
			if !math.IsInf(v, 0) {
				c = m.colors.at((v - m.limits.lo) / (m.limits.hi - m.limits.lo))
			}
			for y := i * k; y < (i+1)*k; y++ {
				for x := j * k; x < (j+1)*k; x++ {
					img.SetNRGBA(x, y, c)
				}
			}
		}
	}
	l, r := a.atX(m.X[0]), a.atX(m.X[1])
	b, t := a.atY(m.Y[0]), a.atY(m.Y[1])
	if !finite(vg.Point{X: l, Y: b}) || !finite(vg.Point{X: r, Y: t}) {
		return // a logarithmic axis cannot show it
	}
	a.DrawImage(vg.Rectangle{Min: vg.Point{X: min(l, r), Y: min(b, t)}, Max: vg.Point{X: max(l, r), Y: max(b, t)}}, img)
}

func (m heatMark) entries() []entry { return nil }

// colorBar is the scale beside an image.
type colorBar struct {
	label  string
	limits span
	colors gradient
}

const (
	barGap   vg.Length = 7
	barWidth vg.Length = 9
)

var tickLabel = label{size: tickSize, color: ink}
var axisLabel = label{size: labelSize, color: ink}

// ticks returns the marks of the bar and its label.
func (b *colorBar) ticks(height vg.Length) ([]tick, string) {
	ticks, e := linearTicks(b.limits.lo, b.limits.hi, int(height/26), false)
	return ticks, withFactor(b.label, e)
}

// width returns the space that the bar needs at the right of the data.
func (b *colorBar) width(height vg.Length) vg.Length {
	ticks, text := b.ticks(height)
	w := barGap + barWidth + 4
	widest := vg.Length(0)
	for _, t := range ticks {
		widest = max(widest, tickLabel.width(t.text))
	}
	w += widest
	if text != "" {
		w += 4 + axisLabel.height()
	}
	return w
}

// draw draws the bar beside a data area.
func (b *colorBar) draw(a draw.Canvas) {
	const steps = 256
	img := image.NewNRGBA(image.Rect(0, 0, 1, steps))
	for i := range steps {
		img.SetNRGBA(0, steps-1-i, b.colors.at((float64(i)+0.5)/steps))
	}
	x := a.Max.X + barGap
	box := vg.Rectangle{Min: vg.Point{X: x, Y: a.Min.Y}, Max: vg.Point{X: x + barWidth, Y: a.Max.Y}}
	a.DrawImage(box, img)
	line := draw.LineStyle{Color: ink, Width: 0.5}
	a.StrokeLines(line, []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}, box.Min})
	ticks, text := b.ticks(a.Max.Y - a.Min.Y)
	widest := vg.Length(0)
	for _, t := range ticks {
		y := place(t.at, b.limits, false, a.Min.Y, a.Max.Y)
		a.StrokeLine2(line, box.Max.X, y, box.Max.X+2, y)
		tickLabel.draw(a, vg.Point{X: box.Max.X + 4, Y: y}, 0, 0.5, t.text)
		widest = max(widest, tickLabel.width(t.text))
	}
	if text != "" {
		axisLabel.drawUp(a, vg.Point{X: box.Max.X + 4 + widest + 4 + axisLabel.size*0.72, Y: a.Center().Y}, text)
	}
}
