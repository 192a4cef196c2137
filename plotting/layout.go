package plotting

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Distances in points.
const (
	tickLength  vg.Length = 3
	tickGap     vg.Length = 2.5 // between tick and its text
	axisGap     vg.Length = 3   // between tick texts and the axis's name
	sampleWidth vg.Length = 18  // of a legend's samples
	sampleGap   vg.Length = 4
	dotWidth    vg.Length = 8 // of those that are a marker only
	entryGap    vg.Length = 11
	panelGapX   vg.Length = 14
	panelGapY   vg.Length = 12
	margin      vg.Length = 5 // around the figure
	maxEntries            = 12
)

var (
	titleLabel  = label{size: titleSize, color: ink}
	noteLabel   = label{size: tickSize, color: faint}
	letterLabel = label{size: letterSize, bold: true, color: ink}
)

// frame is a panel with everything about it that has been decided.
type frame struct {
	*Panel
	x, y           span
	xTick, yTick   []tick
	xName, yName   string
	width, height  vg.Length // of the data area
	title          []string  // lines
	legend         [][]entry // lines
	left, right    vg.Length // room beside the data area
	bottom, header vg.Length // room below and above it
	letter         string
}

// withFactor adds the power of ten that tick texts leave out.
func withFactor(name string, exponent int) string {
	if exponent == 0 {
		return name
	}
	return strings.TrimSpace(fmt.Sprintf("%s (×10^{%s})", name, number(float64(exponent), 0)))
}

// newFrame decides ranges and ticks of a panel with a data area of the given
// size.
func newFrame(p *Panel, width, height vg.Length) *frame {
	f := &frame{Panel: p, width: width, height: height, xName: p.X, yName: p.Y}
	f.x, f.y = nothing, nothing
	image := p.bar != nil
	for _, m := range p.marks {
		x, y := p.shown(m)
		f.x, f.y = f.x.add(x.lo).add(x.hi), f.y.add(y.lo).add(y.hi)
		_, isHeat := m.(heatMark)
		image = image || isHeat
	}
	f.x = limits(f.x, p.XRange, p.LogX, image || p.xTicks != nil)
	floor := f.y.lo == 0 && f.onFloor()
	f.y = limits(f.y, p.YRange, p.LogY, image)
	if floor && p.YRange[0] == p.YRange[1] {
		f.y.lo = 0
	}
	if p.Bare {
		return f
	}
	if !f.empty() {
		f.xTick, f.xName = xTicks(f.x, p, width)
		f.yTick, f.yName = ticksOf(f.y, p.LogY, int(height/20), p.wholeY, nil, p.Y)
	}
	if p.extra != nil {
		f.xTick = slices.DeleteFunc(f.xTick, func(t tick) bool { return t.at > p.ticksTo })
		f.xTick = append(f.xTick, *p.extra)
	}
	f.measure()
	return f
}

// shown returns the ranges of a mark on the panel's axes.
func (p *Panel) shown(m mark) (x, y span) {
	x, y = m.extent(p)
	if p.LogX {
		x = x.positive()
	}
	if p.LogY {
		y = y.positive()
	}
	return x, y
}

// onFloor reports whether the panel has bars, which stand on zero.
func (f *frame) onFloor() bool {
	return slices.ContainsFunc(f.marks, func(m mark) bool {
		switch m.(type) {
		case barMark, histogramMark:
			return true
		}
		return false
	})
}

func limits(data span, wanted [2]float64, log, tight bool) span {
	switch {
	case wanted[0] != wanted[1]:
		return nothing.add(wanted[0]).add(wanted[1])
	case tight && !data.empty() && !data.single():
		return data
	}
	return data.padded(log, 0.03)
}

// xTicks returns as many ticks as have room for their texts.
func xTicks(s span, p *Panel, width vg.Length) (ticks []tick, name string) {
	for n := int(width / 28); n >= 1; n-- {
		ticks, name = ticksOf(s, p.LogX, n, p.wholeX, p.xTicks, p.X)
		var texts vg.Length
		for _, t := range ticks {
			if t.text != "" {
				texts += tickLabel.width(t.text) + 8
			}
		}
		if texts <= width {
			break
		}
	}
	return ticks, name
}

// ticksOf returns about n ticks, at whole numbers only if so asked.
func ticksOf(s span, log bool, n int, whole bool, fixed []tick, name string) ([]tick, string) {
	if fixed != nil {
		return fixed, name
	}
	if log {
		ticks := logTicks(s.lo, s.hi, n)
		labels := 0
		for _, t := range ticks {
			if t.text != "" {
				labels++
			}
		}
		// Within a decade a linear axis may have more of them.
		if labels > 1 || s.hi > 10*s.lo {
			return ticks, name
		}
	}
	ticks, e := linearTicks(s.lo, s.hi, n, whole)
	return ticks, withFactor(name, e)
}

// measure finds the room that axes need around the data area.
func (f *frame) measure() {
	f.left, f.bottom = tickLength+tickGap, tickLength+tickGap
	widest := vg.Length(0)
	for _, t := range f.yTick {
		widest = max(widest, tickLabel.width(t.text))
	}
	f.left += widest
	if f.yName != "" {
		f.left += axisGap + axisLabel.height()
	}
	lines := 1
	slot := f.slot()
	for _, t := range f.xTick {
		at := place(t.at, f.x, f.LogX, 0, f.width)
		if !(at >= -1 && at <= f.width+1) {
			continue // not drawn
		}
		texts := wrap(tickLabel, t.text, slot)
		lines = max(lines, len(texts))
		for _, s := range texts {
			f.right = max(f.right, at+tickLabel.width(s)/2-f.width)
		}
	}
	f.bottom += vg.Length(lines) * tickLabel.height()
	if f.xName != "" {
		f.bottom += axisGap + axisLabel.height()
	}
	if f.bar != nil {
		f.right = max(f.right, f.bar.width(f.height))
	}
}

// slot returns the width for the text of one tick of the x axis.
func (f *frame) slot() vg.Length {
	if f.xTicks == nil {
		return f.width
	}
	return f.width/vg.Length(max(1, len(f.xTicks))) - 2
}

// setHeader breaks title and legend into lines and finds the room above the data
// area.
func (f *frame) setHeader(entries []entry, letter string) {
	f.letter = letter
	f.legend = legendLines(entries, f.width)
	f.title = wrap(titleLabel, f.Title, f.width+f.right)
	f.header = 3 + f.titleHeight()
	if f.Note != "" {
		f.header += noteLabel.height() + 1
	}
	f.header += legendHeight(f.legend)
}

func (f *frame) titleHeight() vg.Length {
	n := len(f.title)
	if f.letter != "" {
		n = max(n, 1)
	}
	if n == 0 {
		return 0
	}
	return vg.Length(n)*titleLabel.height() + 2
}

func legendHeight(lines [][]entry) vg.Length {
	if len(lines) == 0 {
		return 0
	}
	return vg.Length(len(lines))*(tickLabel.height()+1.5) + 2
}

func (e entry) sampleWidth() vg.Length {
	if e.dot {
		return dotWidth
	}
	return sampleWidth
}

func (e entry) width() vg.Length { return e.sampleWidth() + sampleGap + tickLabel.width(e.name) }

// legendLines breaks entries into lines. Very many entries are cut off.
func legendLines(entries []entry, width vg.Length) [][]entry {
	if len(entries) > maxEntries {
		rest := entry{name: fmt.Sprintf("and %d more", len(entries)-maxEntries+1)}
		entries = append(slices.Clone(entries[:maxEntries-1]), rest)
	}
	var lines [][]entry
	var used vg.Length
	for _, e := range entries {
		w := e.width()
		if len(lines) == 0 || used+entryGap+w > width {
			lines = append(lines, nil)
			used = -entryGap
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], e)
		used += entryGap + w
	}
	return lines
}

// drawLegend draws lines of a legend downwards from a point.
func drawLegend(c draw.Canvas, at vg.Point, lines [][]entry, looks map[string]series) {
	for _, line := range lines {
		x := at.X
		at.Y -= tickLabel.height() + 1.5
		for _, e := range line {
			box := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: x, Y: at.Y}, Max: vg.Point{X: x + e.sampleWidth(), Y: at.Y + tickSize*0.72}}}
			if e.sample != nil {
				e.sample(box, looks[e.name])
			}
			tickLabel.draw(c, vg.Point{X: x + e.sampleWidth() + sampleGap, Y: at.Y}, 0, 0, e.name)
			x += e.width() + entryGap
		}
	}
}

// draw draws the panel around its data area. Title and letter go to the height
// top and the letter to the place left, as in the other panels of row and column.
func (f *frame) draw(c draw.Canvas, data vg.Rectangle, left, top vg.Length, looks map[string]series) {
	a := &area{Canvas: draw.Canvas{Canvas: c.Canvas, Rectangle: data}, panel: f.Panel, x: f.x, y: f.y, looks: looks}
	if f.downwards {
		a.y = span{f.y.hi, f.y.lo}
	}
	if !f.Bare {
		f.grid(a)
	}
	for _, m := range f.marks {
		m.draw(a)
	}
	if !f.Bare {
		f.axes(a)
	}
	if f.empty() {
		noteLabel.draw(c, a.Center(), 0.5, 0.5, f.emptyText())
	}
	if f.bar != nil {
		f.bar.draw(a.Canvas)
	}
	y := top - letterSize*0.72
	if f.letter != "" {
		letterLabel.draw(c, vg.Point{X: left, Y: y}, 0, 0, f.letter)
	}
	for _, line := range f.title {
		titleLabel.draw(c, vg.Point{X: data.Min.X, Y: y}, 0, 0, line)
		y -= titleLabel.height()
	}
	y = top - f.titleHeight()
	if f.Note != "" {
		noteLabel.draw(c, vg.Point{X: data.Min.X, Y: y - noteLabel.size*0.8}, 0, 0, f.Note)
	}
	drawLegend(c, vg.Point{X: data.Min.X, Y: data.Max.Y + 3 + legendHeight(f.legend)}, f.legend, looks)
}

// empty reports whether no mark has a value that the axes can show.
func (f *frame) empty() bool {
	for _, m := range f.marks {
		if _, isForeign := m.(foreign); isForeign {
			return false
		}
		if x, y := f.shown(m); !x.empty() && !y.empty() {
			return false
		}
	}
	return true
}

func (f *frame) emptyText() string {
	if f.LogY && len(f.marks) > 0 {
		return "no value above zero"
	}
	return "no data"
}

var gridStyle = draw.LineStyle{Color: ground, Width: 0.5}

func (f *frame) grid(a *area) {
	for _, t := range f.xTick {
		if x := a.atX(t.at); t.text != "" && f.xTicks == nil && a.ContainsX(x) {
			a.StrokeLine2(gridStyle, x, a.Min.Y, x, a.Max.Y)
		}
	}
	for _, t := range f.yTick {
		if y := a.atY(t.at); t.text != "" && a.ContainsY(y) {
			a.StrokeLine2(gridStyle, a.Min.X, y, a.Max.X, y)
		}
	}
}

// axes draws the left and the bottom axis with ticks and texts.
func (f *frame) axes(a *area) {
	line := draw.LineStyle{Color: ink, Width: 0.7}
	a.StrokeLines(line, []vg.Point{{X: a.Min.X, Y: a.Max.Y}, a.Min, {X: a.Max.X, Y: a.Min.Y}})
	slot := f.slot()
	for _, t := range f.xTick {
		x := a.atX(t.at)
		if !a.ContainsX(x) {
			continue
		}
		a.StrokeLine2(line, x, a.Min.Y, x, a.Min.Y-length(t))
		for i, s := range wrap(tickLabel, t.text, slot) {
			y := a.Min.Y - tickLength - tickGap - vg.Length(i)*tickLabel.height()
			tickLabel.draw(a.Canvas, vg.Point{X: x, Y: y}, 0.5, 1, s)
		}
	}
	for _, t := range f.yTick {
		y := a.atY(t.at)
		if !a.ContainsY(y) {
			continue
		}
		a.StrokeLine2(line, a.Min.X, y, a.Min.X-length(t), y)
		tickLabel.draw(a.Canvas, vg.Point{X: a.Min.X - tickLength - tickGap, Y: y}, 1, 0.5, t.text)
	}
	if f.xName != "" {
		axisLabel.draw(a.Canvas, vg.Point{X: a.Center().X, Y: a.Min.Y - f.bottom + axisLabel.size*0.3}, 0.5, 0, f.xName)
	}
	if f.yName != "" {
		axisLabel.drawUp(a.Canvas, vg.Point{X: a.Min.X - f.left + axisLabel.size, Y: a.Center().Y}, f.yName)
	}
}

func length(t tick) vg.Length {
	if t.text == "" {
		return tickLength * 0.6
	}
	return tickLength
}
