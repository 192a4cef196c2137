package plotting

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/neurocredit/neurocredit/mdgl"
)

// MDGLNetwork shows a network with its cell types: on the left every type as a cloud of
// its neurons, filled ones adapt, rings have an output synapse, with arrows
// between types as thick as their mean weight; on the right the weights between all
// neurons, ordered by type. Modulators run against the arrows.
func MDGLNetwork(c *mdgl.Config, n *mdgl.Network, title string) (*Figure, error) {
	weights, err := n.Weights("recurrent")
	if err != nil {
		return nil, fmt.Errorf("plotting: %w", err)
	}
	out, err := n.Weights("out")
	if err != nil {
		return nil, fmt.Errorf("plotting: %w", err)
	}
	if rows, _ := weights.Dims(); rows != c.Neurons() {
		return nil, fmt.Errorf("plotting: a network of %d neurons, but the configuration has %d", rows, c.Neurons())
	}
	m := networkMark{affinity: n.Affinity(false)}
	types := c.CellTypes()
	var order []int
	for k, name := range c.TypeNames() {
		g := cloud{name: typeTitle(name)}
		for j, a := range types {
			if a == k {
				_, outputs := out.Dims()
				output := false
				for o := range outputs {
					output = output || out.At(j, o) != 0
				}
				g.adaptive, g.output = append(g.adaptive, j >= c.Cells.Regular), append(g.output, output)
				order = append(order, j)
			}
		}
		m.clouds = append(m.clouds, g)
	}
	diagram := &Panel{Title: "Cell types and mean weights", Bare: true, Width: 3.2, Height: 3.2, XRange: [2]float64{-2, 2}, YRange: [2]float64{-2, 2}}
	diagram.marks = append(diagram.marks, m)
	sorted := mat.NewDense(len(order), len(order), nil)
	limit := 0.0
	for i, a := range order {
		for j, b := range order {
			sorted.Set(i, j, weights.At(a, b))
			limit = math.Max(limit, math.Abs(weights.At(a, b)))
		}
	}
	heat := NewPanel("Recurrent weights", "to neuron", "from neuron")
	heat.Width, heat.Height = 3.2, 3.2
	heat.Heat(Heat{Z: sorted, Label: "weight", Range: [2]float64{-limit / 2, limit / 2}})
	return &Figure{Title: title, Panels: []*Panel{diagram, heat}, NoLetters: true}, nil
}

// cloud is a cell type in the diagram.
type cloud struct {
	name             string
	adaptive, output []bool // per neuron
}

// networkMark draws cell types as clouds of dots on a circle, and arrows between them.
type networkMark struct {
	clouds   []cloud
	affinity [][]float64
}

func (m networkMark) extent(*Panel) (x, y span) {
	return nothing.add(-2).add(2), nothing.add(-2).add(2)
}

func (m networkMark) entries() []entry {
	var all []entry
	for _, g := range m.clouds {
		if len(g.adaptive) > 0 {
			all = append(all, entry{name: g.name, dot: true, sample: func(c draw.Canvas, s series) {
				c.DrawGlyph(draw.GlyphStyle{Color: s.color(), Radius: 2.6, Shape: disc{}}, c.Center())
			}})
		}
	}
	return all
}

const cloudRadius = 0.42

func (m networkMark) draw(a *area) {
	var shown []int
	for k, g := range m.clouds {
		if len(g.adaptive) > 0 {
			shown = append(shown, k)
		}
	}
	place := map[int]vg.Point{}
	for i, k := range shown {
		angle := math.Pi - 2*math.Pi*float64(i)/float64(len(shown))
		place[k] = vg.Point{X: vg.Length(math.Cos(angle)), Y: vg.Length(math.Sin(angle))}
	}
	if len(shown) == 1 {
		place[shown[0]] = vg.Point{}
	}
	strongest := 0.0
	for _, row := range m.affinity {
		for _, w := range row {
			strongest = math.Max(strongest, math.Abs(w))
		}
	}
	for _, from := range shown {
		for _, to := range shown {
			if w := m.affinity[from][to]; w != 0 && strongest > 0 {
				m.arrow(a, place[from], place[to], a.look(m.clouds[from].name).color(), w, math.Abs(w)/strongest)
			}
		}
	}
	for _, k := range shown {
		g, middle := m.clouds[k], place[k]
		a.FillPolygon(color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}, disk(a, middle, cloudRadius))
		a.FillPolygon(fade(a.look(g.name).color(), 0.12), disk(a, middle, cloudRadius))
		for i, adaptive := range g.adaptive {
			// A sunflower fills the disk evenly.
			r := 0.9 * cloudRadius * math.Sqrt((float64(i)+0.5)/float64(len(g.adaptive)))
			sin, cos := math.Sincos(2.399963 * float64(i))
			at := a.at(float64(middle.X)+r*cos, float64(middle.Y)+r*sin)
			shape := draw.GlyphDrawer(draw.RingGlyph{})
			if adaptive {
				shape = disc{}
			}
			a.DrawGlyph(draw.GlyphStyle{Color: a.look(g.name).color(), Radius: 1.9, Shape: shape}, at)
			if g.output[i] {
				a.DrawGlyph(draw.GlyphStyle{Color: ink, Radius: 3, Shape: draw.RingGlyph{}}, at)
			}
		}
	}
}

// disk returns the corners of a disk.
func disk(a *area, middle vg.Point, radius float64) []vg.Point {
	points := make([]vg.Point, 48)
	for i := range points {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 48)
		points[i] = a.at(float64(middle.X)+radius*cos, float64(middle.Y)+radius*sin)
	}
	return points
}

// arrow draws a bent arrow between clouds, or a loop. Inhibition ends in a disk.
func (m networkMark) arrow(a *area, from, to vg.Point, c color.NRGBA, w, share float64) {
	p, q := [2]float64{float64(from.X), float64(from.Y)}, [2]float64{float64(to.X), float64(to.Y)}
	var line [][2]float64
	const steps = 40
	if p == q {
		length := math.Max(1e-9, math.Hypot(p[0], p[1]))
		u := [2]float64{p[0] / length, p[1] / length}
		if length < 1e-6 {
			u = [2]float64{0, 1}
		}
		for i := range steps + 1 {
			phi := -2.35 + 4.7*float64(i)/steps
			sin, cos := math.Sincos(phi)
			line = append(line, [2]float64{p[0] + u[0]*(cloudRadius+0.07) + 0.2*(u[0]*cos-u[1]*sin), p[1] + u[1]*(cloudRadius+0.07) + 0.2*(u[1]*cos+u[0]*sin)})
		}
	} else {
		dx, dy := q[0]-p[0], q[1]-p[1]
		d := math.Hypot(dx, dy)
		for i := range steps + 1 {
			s := (cloudRadius + (d-2*cloudRadius-0.06)*float64(i)/steps) / d
			bend := 0.22 * math.Sin(math.Pi*float64(i)/steps)
			if i == 0 || i == steps {
				bend = 0
			}
			bend += 0.08
			line = append(line, [2]float64{p[0] + s*dx - bend*dy/d, p[1] + s*dy + bend*dx/d})
		}
	}
	points := make([]vg.Point, len(line))
	for i, x := range line {
		points[i] = a.at(x[0], x[1])
	}
	a.StrokeLines(draw.LineStyle{Color: c, Width: vg.Length(0.6 + 4*share)}, points)
	end, before := points[len(points)-1], points[len(points)-6]
	size := vg.Length(3 + 4*share)
	if w < 0 {
		a.DrawGlyph(draw.GlyphStyle{Color: c, Radius: size * 0.8, Shape: disc{}}, end)
		return
	}
	dx, dy := float64(end.X-before.X), float64(end.Y-before.Y)
	d := math.Hypot(dx, dy)
	ux, uy := vg.Length(dx/d), vg.Length(dy/d)
	a.FillPolygon(c, []vg.Point{
		{X: end.X + ux*size, Y: end.Y + uy*size}, {X: end.X - uy*size, Y: end.Y + ux*size}, {X: end.X + uy*size, Y: end.Y - ux*size},
	})
}
