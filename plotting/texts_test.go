package plotting

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	"github.com/neurocredit/neurocredit/dendritic"
)

// textCanvas is a canvas that only notes where texts are.
type textCanvas struct {
	width, height vg.Length
	origin        vg.Point
	turned        bool // by a quarter to the left
	stack         []textCanvas
	texts         *[]placedText
}

type placedText struct {
	text string
	box  vg.Rectangle
}

func (c *textCanvas) Size() (x, y vg.Length)                       { return c.width, c.height }
func (c *textCanvas) SetLineWidth(vg.Length)                       {}
func (c *textCanvas) SetLineDash([]vg.Length, vg.Length)           {}
func (c *textCanvas) SetColor(color.Color)                         {}
func (c *textCanvas) Scale(x, y float64)                           { panic("not used by figures") }
func (c *textCanvas) Stroke(vg.Path)                               {}
func (c *textCanvas) Fill(vg.Path)                                 {}
func (c *textCanvas) DrawImage(rect vg.Rectangle, img image.Image) {}
func (c *textCanvas) Rotate(rad float64)                           { c.turned = math.Abs(rad-math.Pi/2) < 1e-9 }
func (c *textCanvas) Translate(pt vg.Point)                        { c.origin = c.origin.Add(pt) }
func (c *textCanvas) Push()                                        { c.stack = append(c.stack, *c) }
func (c *textCanvas) Pop()                                         { *c = c.stack[len(c.stack)-1] }

func (c *textCanvas) FillString(f font.Face, pt vg.Point, text string) {
	lo, hi := pt, pt.Add(vg.Point{X: f.Width(text), Y: f.Font.Size * 0.7})
	if c.turned {
		lo, hi = vg.Point{X: -hi.Y, Y: lo.X}, vg.Point{X: -lo.Y, Y: hi.X}
	}
	*c.texts = append(*c.texts, placedText{text, vg.Rectangle{Min: lo.Add(c.origin), Max: hi.Add(c.origin)}})
}

// textsOf returns all texts of a figure with their places.
func textsOf(t *testing.T, fig *Figure) (*layout, []placedText) {
	t.Helper()
	l, err := fig.layout()
	if err != nil {
		t.Fatal(err)
	}
	var texts []placedText
	l.draw(&textCanvas{width: l.width, height: l.height, texts: &texts})
	return l, texts
}

func overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

// problems lists texts that cover each other, cover data, or leave the figure.
func problems(t *testing.T, fig *Figure) []string {
	l, texts := textsOf(t, fig)
	var list []string
	for i, a := range texts {
		if strings.TrimSpace(a.text) == "" {
			continue
		}
		if a.box.Min.X < 0 || a.box.Min.Y < 0 || a.box.Max.X > l.width || a.box.Max.Y > l.height {
			list = append(list, fmt.Sprintf("%q leaves the figure", a.text))
		}
		for _, b := range texts[:i] {
			if overlap(a.box, b.box) {
				list = append(list, fmt.Sprintf("%q covers %q", a.text, b.text))
			}
		}
		for k, f := range l.frames {
			if overlap(a.box, l.data(k)) && !f.empty() {
				list = append(list, fmt.Sprintf("%q covers the data of panel %d", a.text, k))
			}
		}
	}
	return list
}

func TestNoTextCoversAnything(t *testing.T) {
	figures := pictures()
	delete(figures, "classes") // whose markers are numbers
	many := NewPanel("A title that is much longer than the panel is wide, so that it takes several lines", "x", "y")
	many.Note = "note"
	for k := range 20 {
		many.Lines(Line{Name: fmt.Sprintf("a line with a long name %d", k), Y: []float64{0, float64(k)}})
	}
	figures["many names"] = NewFigure("", many, many)
	figures["one panel"] = NewFigure("Title", many)
	for _, scale := range []float64{1e-12, 1e-5, 0.3, 1, 77, 9999, 123456, 1e9} {
		p := NewPanel("", "x", "y")
		p.Lines(Line{X: []float64{-scale, 2.3 * scale}, Y: []float64{1000 * scale, 1001 * scale}})
		figures[fmt.Sprint("scale ", scale)] = NewFigure("", p, p, p)
		log := NewPanel("", "x", "y")
		log.LogX, log.LogY = true, true
		log.Lines(Line{X: []float64{1, 1 + scale}, Y: []float64{scale, 1}})
		figures[fmt.Sprint("log scale ", scale)] = NewFigure("", log, log, log)
	}
	curves, err := LearningCurves(twoGroups(), &LearningOptions{Title: "Yin-Yang"})
	if err != nil {
		t.Fatal(err)
	}
	figures["learning curves"] = curves
	for name, fig := range figures {
		for _, p := range problems(t, fig) {
			t.Errorf("%s: %s", name, p)
		}
	}
}

// TestTextProblemsAreSeen proves that the test above can fail.
func TestTextProblemsAreSeen(t *testing.T) {
	p := NewPanel("", "x", "y")
	p.Lines(Line{Y: []float64{0, 1}})
	p.xTicks = []tick{{0, "onelongword"}, {0.1, "anotherlongword"}}
	if list := problems(t, NewFigure("", p)); len(list) == 0 {
		t.Error("two texts at one place are no problem")
	}
}

// TestNoTextCoversAnythingInEval looks at all diagnostic plots of a run.
func TestNoTextCoversAnythingInEval(t *testing.T) {
	c := tinyConfig(dendritic.PAL)
	c.Record.Variables = everything(&c)
	r := train(t, c)
	e, err := newEvaluation(context.Background(), r.Dir, r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	e.plan(&EvalOptions{AllTraining: true, AllTesting: true})
	n := 0
	for _, j := range e.jobs {
		products, err := j.make(context.Background())
		if err != nil {
			continue // TestEval knows what may be missing
		}
		for i, product := range products {
			if product.figure == nil {
				continue
			}
			n++
			for _, p := range problems(t, product.figure) {
				t.Errorf("%s: %s", filepath.Base(j.files[i]), p)
			}
		}
	}
	if n < 40 {
		t.Errorf("looked at %d figures, want at least 40", n)
	}
}
