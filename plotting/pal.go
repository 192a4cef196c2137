package plotting

import (
	"errors"
	"fmt"
	"slices"
)

// PALRun is a run of the PAL microcircuit that can be drawn: a *pal.Result, or a
// *pal.Summary, which is what a small table keeps of one.
type PALRun interface {
	// Curve returns one quantity over time in ms.
	Curve(quantity string) (x, y []float64, err error)
}

// PALGroup is a named set of runs that differ in their seed.
type PALGroup struct {
	Name string
	Runs []PALRun
}

// PALRuns makes runs for plots of results or summaries.
func PALRuns[R PALRun](runs []R) []PALRun {
	all := make([]PALRun, len(runs))
	for i, r := range runs {
		all[i] = r
	}
	return all
}

// PALOptions says how runs of the PAL microcircuit are shown. A nil *PALOptions is
// the zero value.
type PALOptions struct {
	Title string
	// Runs draws a thin line for every run in place of the bands.
	Runs bool
	// Reference are curves from elsewhere, drawn dashed and grey over the others:
	// one run for a figure of one group, one per group otherwise.
	Reference []PALRun
	// WeightRange are the ends of the axes of weights; equal ends: from the data.
	WeightRange [2]float64
}

// PALAlignment shows how top-down weights align (Fig. 3a-c and d-f of arXiv
// 2212.10249), mean ± standard deviation over the runs, a curve per level: the
// angle between B and Wᵀ, the one between B and the fixed point φ'Wᵀφ', and the
// one between the circuit's changes of W and those of backpropagation. Where the
// last was not measured, the panel shows the angle between the two paths that
// carry errors, B φ' and φ' Wᵀ.
func PALAlignment(runs []PALRun, o *PALOptions) (*Figure, error) {
	if o == nil {
		o = &PALOptions{}
	}
	if len(runs) == 0 {
		return nil, errors.New("plotting: no runs")
	}
	third := palQuantity{"update", "ΔW and backpropagation"}
	if !hasCurve(runs[0], "update_1") {
		third = palQuantity{"jacobian", "B φ′ and φ′ W^{T}"}
	}
	f := NewFigure(o.Title)
	for _, q := range []palQuantity{{"angle", "B and W^{T}"}, {"theory", "B and φ′ W^{T} φ′"}, third} {
		p, err := q.panel(runs, o.Runs)
		if err != nil {
			return nil, err
		}
		for _, r := range o.Reference {
			if err := q.reference(p, r); err != nil {
				return nil, err
			}
		}
		f.Panels = append(f.Panels, p)
	}
	return f, nil
}

func hasCurve(r PALRun, quantity string) bool {
	_, y, err := r.Curve(quantity)
	return err == nil && len(y) > 0
}

// palQuantity is a quantity that every level has.
type palQuantity struct{ name, title string }

// panel shows the quantity of all levels over the time of training.
func (q palQuantity) panel(runs []PALRun, thin bool) (*Panel, error) {
	p := NewPanel(q.title, "time (s)", "angle (°)")
	for level := 1; hasCurve(runs[0], q.curve(level)); level++ {
		c, err := palCurve(fmt.Sprintf("level %d", level), runs, q.curve(level))
		if err != nil {
			return nil, err
		}
		c.Runs = thin
		p.Curves(c)
	}
	if len(p.marks) == 0 {
		_, _, err := runs[0].Curve(q.curve(1))
		return nil, errors.Join(fmt.Errorf("plotting: the runs have no %s", q.curve(1)), err)
	}
	return p, nil
}

func (q palQuantity) curve(level int) string { return fmt.Sprintf("%s_%d", q.name, level) }

// reference adds the curves of one run that is drawn over the others.
func (q palQuantity) reference(p *Panel, r PALRun) error {
	for level := 1; hasCurve(r, q.curve(level)); level++ {
		x, y, err := trainingCurve(r, q.curve(level))
		if err != nil {
			return err
		}
		p.Lines(referenceLine(x, y))
	}
	return nil
}

// referenceLine is a line from elsewhere. All have the same name, so the legend
// has it once.
func referenceLine(x, y []float64) Line {
	return Line{Name: "reference", X: x, Y: y, Color: 7, Dashed: true}
}

// trainingCurve returns a curve over the time of training, in seconds.
func trainingCurve(r PALRun, quantity string) (x, y []float64, err error) {
	x, y, err = r.Curve(quantity)
	if err != nil {
		return nil, nil, fmt.Errorf("plotting: %w", err)
	}
	first, _ := slices.BinarySearch(x, 0)
	seconds := make([]float64, len(x)-first)
	for i, t := range x[first:] {
		seconds[i] = t / 1000
	}
	return seconds, y[first:], nil
}

// palCurve gathers a quantity of many runs, which must have it at the same times.
func palCurve(name string, runs []PALRun, quantity string) (Curve, error) {
	c := Curve{Name: name}
	if len(runs) == 0 {
		return c, errors.New("plotting: no runs")
	}
	for i, r := range runs {
		x, y, err := trainingCurve(r, quantity)
		if err != nil {
			return Curve{}, err
		}
		n := min(len(x), len(c.X))
		switch {
		case i == 0 || len(x) > len(c.X) && slices.Equal(x[:n], c.X):
			c.X = x
		case !slices.Equal(x[:n], c.X[:n]):
			return Curve{}, fmt.Errorf("plotting: %s of run %d of %s is known at other times than that of the first", quantity, i, name)
		}
		c.Y = append(c.Y, y)
	}
	return c, nil
}

// PALProspective shows what prospective coding does for alignment (supplement of
// arXiv 2212.10249): the angle between B and Wᵀ, in the upper row with prospective
// voltages, in the lower one with instantaneous ones, a column for each time scale
// of the noise. groups holds the upper row, then the lower one.
func PALProspective(groups []PALGroup, o *PALOptions) (*Figure, error) {
	if o == nil {
		o = &PALOptions{}
	}
	if len(groups) == 0 || len(groups)%2 != 0 {
		return nil, fmt.Errorf("plotting: %d groups, must be two rows of equal length", len(groups))
	}
	if n := len(o.Reference); n != 0 && n != len(groups) {
		return nil, fmt.Errorf("plotting: %d references, must be one for each of %d groups", n, len(groups))
	}
	f := &Figure{Title: o.Title, Columns: len(groups) / 2}
	for i, g := range groups {
		if len(g.Runs) == 0 {
			return nil, fmt.Errorf("plotting: group %q has no runs", g.Name)
		}
		q := palQuantity{"angle", g.Name}
		p, err := q.panel(g.Runs, o.Runs)
		if err != nil {
			return nil, fmt.Errorf("plotting: group %q: %w", g.Name, err)
		}
		if o.Reference != nil {
			if err := q.reference(p, o.Reference[i]); err != nil {
				return nil, err
			}
		}
		p.YRange = [2]float64{0, 100}
		f.Panels = append(f.Panels, p)
	}
	return f, nil
}

// maxErrors is how many points of an error curve are drawn; more are averaged in
// windows, because single ones scatter.
const maxErrors = 300

// average replaces a curve by the means over n values, at the times of the last of
// them. Missing values are left out.
func (c *Curve) average(n int) {
	var x []float64
	for i := n - 1; i < len(c.X); i += n {
		x = append(x, c.X[i])
	}
	c.X = x
	for r, y := range c.Y {
		var means []float64
		for i := 0; i+n <= len(y); i += n {
			m, _ := MeanStd(y[i : i+n])
			means = append(means, m)
		}
		c.Y[r] = means
	}
}

// PALChain shows how a chain of three neurons learns from a teacher (Fig. 4a,b of
// arXiv 2212.10249), mean ± standard deviation over the runs of each group: both
// bottom-up weights with the teacher's value, the top-down weight, and the squared
// error of the output, a thin line per run, on a logarithmic axis; of long curves
// means over windows. The weights must have been recorded.
func PALChain(groups []PALGroup, teacher float64, o *PALOptions) (*Figure, error) {
	if o == nil {
		o = &PALOptions{}
	}
	if len(groups) == 0 {
		return nil, errors.New("plotting: no groups of runs")
	}
	if n := len(o.Reference); n != 0 && n != len(groups) {
		return nil, fmt.Errorf("plotting: %d references, must be one for each of %d groups", n, len(groups))
	}
	f := &Figure{Title: o.Title, Columns: 2}
	for _, v := range []struct {
		quantity, title, axis string
		weight, taught        bool
	}{
		{"1/ff/g/0", "Input to hidden neuron", "weight W_{1}", true, true},
		{"2/ff/g/0", "Hidden to output neuron", "weight W_{2}", true, true},
		{"1/fb/g/0", "Output to hidden neuron", "weight B", true, false},
		{"error", "Error of the output", "squared error", false, false},
	} {
		p := NewPanel(v.title, "time (s)", v.axis)
		p.LogY = !v.weight
		if v.weight {
			p.YRange = o.WeightRange
		}
		if v.taught {
			p.HLine("teacher", teacher)
		}
		for _, g := range groups {
			c, err := palCurve(g.Name, g.Runs, v.quantity)
			if err != nil {
				return nil, fmt.Errorf("plotting: group %q: %w", g.Name, err)
			}
			c.Runs = o.Runs || !v.weight
			if n := (len(c.X) + maxErrors - 1) / maxErrors; !v.weight && n > 1 {
				c.average(n)
				p.Note = fmt.Sprintf("mean of %d points each", n)
			}
			p.Curves(c)
		}
		for _, r := range o.Reference {
			x, y, err := trainingCurve(r, v.quantity)
			if err != nil {
				return nil, err
			}
			p.Lines(referenceLine(x, y))
		}
		f.Panels = append(f.Panels, p)
	}
	return f, nil
}
