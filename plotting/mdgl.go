package plotting

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/neurocredit/neurocredit/mdgl"
)

// MDGLGroup is a named set of runs that differ in their seed, such as all runs with one
// learning rule.
type MDGLGroup struct {
	Name string
	Runs []*mdgl.Result
}

// LoadMDGLGroup reads the runs in the given results directories, also unfinished ones.
func LoadMDGLGroup(ctx context.Context, name string, dirs ...string) (MDGLGroup, error) {
	g := MDGLGroup{Name: name}
	for _, dir := range dirs {
		r, err := mdgl.Load(ctx, dir)
		if err != nil {
			return MDGLGroup{}, fmt.Errorf("plotting: %s: %w", name, err)
		}
		g.Runs = append(g.Runs, r)
	}
	return g, nil
}

// MDGLReference is a curve from elsewhere, over updates.
type MDGLReference struct {
	Quantity string // as in MDGLOptions
	X, Y     []float64
	Group    string // name of the group that it belongs to, if to one
}

// MDGLOptions says how runs of spiking networks are shown. A nil *MDGLOptions is the zero
// value.
type MDGLOptions struct {
	Title string
	// Quantities are the panels, in the names of mdgl.Result.Curve. None: loss_tot, and
	// accuracy or, without decisions, nmse.
	Quantities []string
	// Smooth is the number of validations of the moving average, an odd number. 0: 5, as
	// in the published figure; 1: none.
	Smooth int
	Runs   bool // a thin line for every run, to its own end, in place of the bands
	// Reference are curves from elsewhere, drawn dashed over the others, in the colour of
	// their group or black. Their quantities must be those of panels.
	Reference []MDGLReference
}

var mdglAxes = map[string]string{
	"loss": "loss", "loss_tot": "loss", "loss_reg": "rate cost", "accuracy": "accuracy (%)", "error": "error (%)", "nmse": "normalised squared error",
	"rate": "mean rate (Hz)", "rate_min": "lowest rate (Hz)", "rate_max": "highest rate (Hz)", "connections": "synapses",
}

var mdglTitles = map[string]string{
	"loss": "Loss", "loss_tot": "Loss with rate cost", "loss_reg": "Rate cost", "accuracy": "Validation accuracy", "error": "Validation error", "nmse": "Distance from the target",
	"rate": "Firing rates", "rate_min": "Lowest firing rate", "rate_max": "Highest firing rate", "connections": "Connections",
}

// MDGLCurves shows how groups of spiking networks learn (Fig. 3 of Liu et al. 2021), mean
// ± standard deviation (sample form) over the runs, after a moving average over
// validations. Its window is always full, so a curve begins and ends half a window inside.
// The mean has the iterations that all runs of the group have been validated at.
func MDGLCurves(groups []MDGLGroup, o *MDGLOptions) (*Figure, error) {
	if o == nil {
		o = &MDGLOptions{}
	}
	smooth := o.Smooth
	if smooth == 0 {
		smooth = 5
	}
	if smooth < 0 || smooth%2 == 0 {
		return nil, fmt.Errorf("plotting: moving average over %d validations, must be an odd number", smooth)
	}
	if len(groups) == 0 {
		return nil, errors.New("plotting: no groups of runs")
	}
	quantities := o.Quantities
	if len(quantities) == 0 {
		quantities = []string{"loss_tot", "accuracy"}
		if g := groups[0]; len(g.Runs) > 0 {
			if s := g.Runs[0].Last().Score; s.NMSE == s.NMSE {
				quantities[1] = "nmse"
			}
		}
	}
	for _, r := range o.Reference {
		if err := r.check(quantities, groups); err != nil {
			return nil, err
		}
	}
	// In the order of the groups, as they stand in the legend.
	references := slices.SortedStableFunc(slices.Values(o.Reference), func(a, b MDGLReference) int { return a.index(groups) - b.index(groups) })
	f := NewFigure(o.Title)
	for _, quantity := range quantities {
		p := NewPanel(mdglTitles[quantity], "training iterations", mdglAxes[quantity])
		p.LogY = quantity == "nmse"
		for i, g := range groups {
			c, err := g.curve(quantity, smooth)
			if err != nil {
				return nil, err
			}
			c.Sample, c.Color = true, i+1
			if o.Runs {
				lines, err := g.lines(quantity, smooth, c.Color)
				if err != nil {
					return nil, err
				}
				p.Lines(lines...)
				mean, _ := spread(c.Y, true)
				c.Y = [][]float64{mean}
			}
			p.Curves(c)
		}
		for _, r := range references {
			if r.Quantity == quantity {
				p.Lines(r.line(groups))
			}
		}
		f.Panels = append(f.Panels, p)
	}
	return f, nil
}

// check returns an error if no panel or no group has a place for the reference.
func (r *MDGLReference) check(quantities []string, groups []MDGLGroup) error {
	switch {
	case len(r.X) != len(r.Y):
		return fmt.Errorf("plotting: a reference of %s has %d places and %d values", r.Quantity, len(r.X), len(r.Y))
	case !slices.Contains(quantities, r.Quantity):
		return fmt.Errorf("plotting: a reference of %q, which no panel shows; they show %q", r.Quantity, quantities)
	case r.Group != "" && r.index(groups) == len(groups):
		var names []string
		for _, g := range groups {
			names = append(names, g.Name)
		}
		return fmt.Errorf("plotting: a reference of %s belongs to the group %q, must be one of %q", r.Quantity, r.Group, names)
	}
	return nil
}

// index returns the place of the reference's group, that behind all if there is none.
func (r *MDGLReference) index(groups []MDGLGroup) int {
	if i := slices.IndexFunc(groups, func(g MDGLGroup) bool { return g.Name == r.Group }); i >= 0 {
		return i
	}
	return len(groups)
}

// line shows the reference, in the colour of its group if it has one.
func (r *MDGLReference) line(groups []MDGLGroup) Line {
	l := referenceLine(r.X, r.Y)
	if r.Group != "" {
		l.Name, l.Color = r.Group+", reference", r.index(groups)+1
	}
	return l
}

// curve puts the runs on the iterations that all of them have been validated at, and
// averages.
func (g MDGLGroup) curve(quantity string, smooth int) (Curve, error) {
	if len(g.Runs) == 0 {
		return Curve{}, fmt.Errorf("plotting: group %q has no runs", g.Name)
	}
	c := Curve{Name: g.Name}
	if len(g.Runs) > 1 {
		c.Name = fmt.Sprintf("%s (n = %d)", g.Name, len(g.Runs))
	}
	var common []float64
	curves := make([]map[float64]float64, len(g.Runs))
	for i, r := range g.Runs {
		x, y, err := r.Curve(quantity)
		if err != nil {
			return Curve{}, fmt.Errorf("plotting: group %q: %w", g.Name, err)
		}
		curves[i] = map[float64]float64{}
		for k := range x {
			curves[i][x[k]] = y[k]
		}
		if i == 0 {
			common = slices.Clone(x)
		}
		common = slices.DeleteFunc(common, func(v float64) bool { _, ok := curves[i][v]; return !ok })
	}
	for _, values := range curves {
		y := make([]float64, len(common))
		for k, x := range common {
			y[k] = values[x]
		}
		c.X, y = movingAverage(common, y, smooth)
		c.Y = append(c.Y, y)
	}
	return c, nil
}

// lines returns an averaged line per run, over its own iterations.
func (g MDGLGroup) lines(quantity string, smooth, color int) ([]Line, error) {
	var lines []Line
	for _, r := range g.Runs {
		x, y, err := r.Curve(quantity)
		if err != nil {
			return nil, fmt.Errorf("plotting: group %q: %w", g.Name, err)
		}
		x, y = movingAverage(x, y, smooth)
		lines = append(lines, Line{X: x, Y: y, Color: color, Thin: true})
	}
	return lines, nil
}

// movingAverage averages over windows of n values, an odd number, at the middle of each.
func movingAverage(x, y []float64, n int) (middles, means []float64) {
	for k := range len(y) - n + 1 {
		sum := 0.0
		for _, v := range y[k : k+n] {
			sum += v
		}
		middles, means = append(middles, x[k+n/2]), append(means, sum/float64(n))
	}
	return middles, means
}

// MDGLAgreement shows how gradients of rules agree with the exact one over training:
// cosines over all recurrent synapses, those onto neurons with output synapses, those onto
// others, and input synapses. seeds holds for every run and every iteration what
// Network.Agreement returned.
func MDGLAgreement(iterations []float64, seeds [][][]mdgl.Agreement, title string) (*Figure, error) {
	names := map[mdgl.Rule]string{mdgl.MDGLCell: "MDGL, cell-specific", mdgl.MDGL: "MDGL", mdgl.NLMDGL: "NL-MDGL", mdgl.OnMDGL: "On-MDGL", mdgl.EProp: "e-prop"}
	f := &Figure{Title: title, Columns: 2}
	for _, v := range []struct {
		title string
		value func(a *mdgl.Agreement) float64
	}{
		{"All recurrent synapses", func(a *mdgl.Agreement) float64 { return a.Recurrent }},
		{"Onto neurons with output synapses", func(a *mdgl.Agreement) float64 { return a.Output }},
		{"Onto all other neurons", func(a *mdgl.Agreement) float64 { return a.Inner }},
		{"Input synapses", func(a *mdgl.Agreement) float64 { return a.In }},
	} {
		p := NewPanel(v.title, "training iterations", "cosine with BPTT")
		p.YRange = [2]float64{-0.4, 1}
		p.HLine("", 0)
		curves := map[mdgl.Rule]*Curve{}
		var order []*Curve
		for s, points := range seeds {
			if len(points) != len(iterations) {
				return nil, fmt.Errorf("plotting: run %d has agreements at %d iterations, want %d", s, len(points), len(iterations))
			}
			for k := range points {
				for i := range points[k] {
					a := &points[k][i]
					if names[a.Rule] == "" {
						continue
					}
					c := curves[a.Rule]
					if c == nil {
						c = &Curve{Name: names[a.Rule], X: iterations}
						curves[a.Rule], order = c, append(order, c)
					}
					for len(c.Y) <= s {
						c.Y = append(c.Y, nil)
					}
					c.Y[s] = append(c.Y[s], v.value(a))
				}
			}
		}
		for _, c := range order {
			p.Curves(*c)
		}
		f.Panels = append(f.Panels, p)
	}
	return f, nil
}

// MDGLModulation shows what neurons of each cell type hear: the direct learning signal and
// the modulatory one, from where they begin, and the power spectra of both.
func MDGLModulation(m *mdgl.Modulation, title string) (*Figure, error) {
	f := &Figure{Title: title, Columns: 2}
	for _, v := range []struct {
		title            string
		signals, spectra [][]float64
	}{{"Direct learning signal", m.Direct, m.DirectPower}, {"Modulatory signal", m.Modulatory, m.ModulatoryPower}} {
		time, power := NewPanel(v.title, "time (ms)", "mean over neurons"), NewPanel("Its power spectrum", "frequency (Hz)", "power (1/Hz)")
		power.LogX, power.LogY = true, true
		first := math.MaxInt
		for a, name := range m.Types {
			if m.Neurons[a] == 0 {
				continue
			}
			name = fmt.Sprintf("%s (%d neurons)", typeTitle(name), m.Neurons[a])
			time.Lines(Line{Name: name, Y: v.signals[a]})
			// Frequency 0 has no place on a logarithmic axis, and no power; the last one has
			// half of the power of its neighbours, because it stands for one line in place of two.
			last := len(m.Hz) - 1
			power.Lines(Line{Name: name, X: m.Hz[1:last], Y: v.spectra[a][1:last]})
			top := math.Max(slices.Max(v.signals[a]), -slices.Min(v.signals[a]))
			if k := slices.IndexFunc(v.signals[a], func(x float64) bool { return math.Abs(x) > 1e-3*top }); k >= 0 {
				first = min(first, k)
			}
		}
		if first < math.MaxInt {
			time.XRange = [2]float64{float64(max(0, first-10)), float64(len(m.Direct[0]))}
		}
		f.Panels = append(f.Panels, time, power)
	}
	return f, nil
}
