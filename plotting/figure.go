package plotting

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is a grid of panels, filled row by row. With several panels each has a
// letter.
type Figure struct {
	Title     string
	Columns   int // 0: all panels in one row, but at most three
	Panels    []*Panel
	NoLetters bool // panels have no letters
}

// NewFigure returns a figure of the given panels.
func NewFigure(title string, panels ...*Panel) *Figure { return &Figure{Title: title, Panels: panels} }

// Sizes of data areas in inches, by the number of columns.
var areas = [...][2]float64{{4.6, 3}, {2.75, 2.1}, {2.05, 1.7}}

// layout is a figure with all sizes decided.
type layout struct {
	*Figure
	frames        []*frame
	columns       int
	looks         map[string]series
	shared        [][]entry // legend above all panels
	width, height vg.Length
	colLeft       []vg.Length // room left of the data area
	colRight      []vg.Length
	colData       []vg.Length
	rowTop        []vg.Length // room above the data area
	rowBottom     []vg.Length
	rowData       []vg.Length
	head          vg.Length // room above all panels
}

func (f *Figure) layout() (*layout, error) {
	if f == nil || len(f.Panels) == 0 {
		return nil, errors.New("plotting: figure without panels")
	}
	if f.Columns < 0 {
		return nil, fmt.Errorf("plotting: %d columns, want >= 0", f.Columns)
	}
	l := &layout{Figure: f, columns: f.Columns, looks: map[string]series{}}
	if l.columns == 0 {
		l.columns = min(len(f.Panels), 3)
	}
	l.columns = min(l.columns, len(f.Panels))
	for i, p := range f.Panels {
		if p == nil {
			return nil, fmt.Errorf("plotting: panel %d of the figure is nil", i)
		}
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("plotting: panel %d of the figure: %w", i, err)
		}
		size := areas[min(l.columns, len(areas))-1]
		if p.Width > 0 {
			size[0] = p.Width
		}
		if p.Height > 0 {
			size[1] = p.Height
		}
		l.frames = append(l.frames, newFrame(p, vg.Length(size[0])*vg.Inch, vg.Length(size[1])*vg.Inch))
	}
	l.legends()
	l.measure()
	return l, nil
}

// legends gives every name its look, in the order of appearance, and decides
// where the legends go: above the figure if all panels that need one need the
// same, else above each panel. So no legend ever covers data.
func (l *layout) legends() {
	own := make([][]entry, len(l.frames))
	var union []entry
	agree, users := true, 0
	for i, f := range l.frames {
		own[i] = f.named()
		for _, e := range own[i] {
			if _, seen := l.looks[e.name]; !seen {
				l.looks[e.name] = series{len(l.looks)}
			}
		}
		if len(own[i]) == 0 {
			continue
		}
		users++
		agree = agree && (union == nil || sameNames(union, own[i]))
		union = own[i]
	}
	for i, f := range l.frames {
		letter := ""
		if len(l.frames) > 1 && !f.Bare && !l.NoLetters {
			letter = letterOf(i)
		}
		if agree && users > 1 {
			f.setHeader(nil, letter)
		} else {
			f.setHeader(own[i], letter)
		}
	}
	if agree && users > 1 {
		l.shared = [][]entry{union}
	}
}

// letterOf returns a, b, ..., z, aa, ab, ... for 0, 1, ...
func letterOf(i int) string {
	if i < 26 {
		return string(rune('a' + i))
	}
	return letterOf(i/26-1) + letterOf(i%26)
}

// named returns the legend of a panel, each name once.
func (f *frame) named() []entry {
	var all []entry
	seen := map[string]bool{}
	for _, m := range f.marks {
		for _, e := range m.entries() {
			if !seen[e.name] {
				seen[e.name] = true
				all = append(all, e)
			}
		}
	}
	return all
}

func sameNames(a, b []entry) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].name != b[i].name {
			return false
		}
	}
	return true
}

// measure adds up rows and columns.
func (l *layout) measure() {
	rows := (len(l.frames) + l.columns - 1) / l.columns
	l.colLeft, l.colRight, l.colData = make([]vg.Length, l.columns), make([]vg.Length, l.columns), make([]vg.Length, l.columns)
	l.rowTop, l.rowBottom, l.rowData = make([]vg.Length, rows), make([]vg.Length, rows), make([]vg.Length, rows)
	for i, f := range l.frames {
		r, c := i/l.columns, i%l.columns
		if f.letter != "" {
			f.left = max(f.left, letterLabel.width(f.letter)+5)
		}
		l.colLeft[c], l.colRight[c], l.colData[c] = max(l.colLeft[c], f.left), max(l.colRight[c], f.right), max(l.colData[c], f.width)
		l.rowTop[r], l.rowBottom[r], l.rowData[r] = max(l.rowTop[r], f.header), max(l.rowBottom[r], f.bottom), max(l.rowData[r], f.height)
	}
	l.width = 2*margin + vg.Length(l.columns-1)*panelGapX
	for c := range l.columns {
		l.width += l.colLeft[c] + l.colData[c] + l.colRight[c]
	}
	l.width = max(l.width, 2*margin+l.colLeft[0]+titleLabel.width(l.Title)*1.1)
	if l.shared != nil {
		l.shared = legendLines(l.shared[0], l.width-2*margin-l.colLeft[0])
	}
	if l.Title != "" {
		l.head = titleLabel.height() + 5
	}
	if l.shared != nil {
		l.head += legendHeight(l.shared) + 5
	}
	l.height = 2*margin + l.head + vg.Length(rows-1)*panelGapY
	for r := range rows {
		l.height += l.rowTop[r] + l.rowData[r] + l.rowBottom[r]
	}
}

// draw draws the figure on a canvas of its size.
func (l *layout) draw(canvas vg.CanvasSizer) {
	c := draw.New(canvas)
	top := c.Max.Y - margin
	left := c.Min.X + margin + l.colLeft[0]
	if l.Title != "" {
		bold := titleLabel
		bold.bold = true
		bold.draw(c, vg.Point{X: left, Y: top - bold.size*0.85}, 0, 0, l.Title)
		top -= titleLabel.height() + 5
	}
	drawLegend(c, vg.Point{X: left, Y: top}, l.shared, l.looks)
	for i, f := range l.frames {
		data := l.data(i)
		f.draw(c, data, data.Min.X-l.colLeft[i%l.columns], data.Max.Y+l.rowTop[i/l.columns], l.looks)
	}
}

// data returns the data area of a panel.
func (l *layout) data(i int) vg.Rectangle {
	row, col := i/l.columns, i%l.columns
	x, y := margin+l.colLeft[col], l.height-margin-l.head-l.rowTop[row]
	for c := range col {
		x += l.colLeft[c] + l.colData[c] + l.colRight[c] + panelGapX
	}
	for r := range row {
		y -= l.rowTop[r] + l.rowData[r] + l.rowBottom[r] + panelGapY
	}
	f := l.frames[i]
	return vg.Rectangle{Min: vg.Point{X: x, Y: y - f.height}, Max: vg.Point{X: x + f.width, Y: y}}
}

// PNG returns the figure as a PNG file with the given resolution in dots per
// inch. The same figure always gives the same bytes.
func (f *Figure) PNG(dpi int) ([]byte, error) {
	l, err := f.layout()
	if err != nil {
		return nil, err
	}
	if pixels := float64(l.width/vg.Inch) * float64(l.height/vg.Inch) * float64(dpi) * float64(dpi); dpi < 1 || pixels > 1<<28 {
		return nil, fmt.Errorf("plotting: %d dpi: a figure of %.1f x %.1f inches must have 1 to %d pixels", dpi, l.width/vg.Inch, l.height/vg.Inch, 1<<28)
	}
	c := vgimg.NewWith(vgimg.UseWH(l.width, l.height), vgimg.UseDPI(dpi))
	l.draw(c)
	var buf bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(&buf); err != nil {
		return nil, fmt.Errorf("plotting: %w", err)
	}
	return buf.Bytes(), nil
}

// SVG returns the figure as an SVG file. Texts stay texts, in Liberation Sans or
// the like. The same figure always gives the same bytes.
func (f *Figure) SVG() ([]byte, error) {
	l, err := f.layout()
	if err != nil {
		return nil, err
	}
	c := vgsvg.New(l.width, l.height)
	l.draw(c)
	var buf bytes.Buffer
	if _, err := c.WriteTo(&buf); err != nil {
		return nil, fmt.Errorf("plotting: %w", err)
	}
	return bytes.ReplaceAll(buf.Bytes(), []byte("font-family:Liberation Sans"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif")), nil
}

// Size returns width and height of the figure in inches.
func (f *Figure) Size() (width, height float64) {
	l, err := f.layout()
	if err != nil {
		return math.NaN(), math.NaN()
	}
	return float64(l.width / vg.Inch), float64(l.height / vg.Inch)
}
