package plotting

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/neurocredit/neurocredit/dendritic"
)

// Group is a named set of runs that differ in their seed, such as all runs with
// one learning rule.
type Group struct {
	Name string
	Runs []*dendritic.Result
}

// LoadGroup reads the runs in the given results directories, also unfinished
// ones.
func LoadGroup(ctx context.Context, name string, dirs ...string) (Group, error) {
	g := Group{Name: name}
	for _, dir := range dirs {
		r, err := dendritic.Load(ctx, dir)
		if err != nil {
			return Group{}, fmt.Errorf("plotting: %s: %w", name, err)
		}
		g.Runs = append(g.Runs, r)
	}
	return g, nil
}

// LearningOptions says how learning curves are shown. A nil *LearningOptions is
// the zero value.
type LearningOptions struct {
	Title    string
	Accuracy bool // show the accuracy in place of the error
	Log      bool // logarithmic axis of the error
	Runs     bool // a thin line for every run in place of the bands
}

// LearningCurves shows how groups of runs learn (Fig. 4c-f and Supplementary
// Fig. 2 of arXiv 2212.10249): in the left panel the error on the validation set
// after every epoch, mean ± standard deviation over the runs, with the error on
// the test set at the right; in the right panel the angle between the weights
// into the first level above and the transposed top-down weights of the first
// hidden level.
func LearningCurves(groups []Group, o *LearningOptions) (*Figure, error) {
	if o == nil {
		o = &LearningOptions{}
	}
	quantity, title := "error", "Validation and test error"
	if o.Accuracy {
		quantity, title = "accuracy", "Validation and test accuracy"
	}
	left := epochPanel(title, quantity+" (%)")
	left.LogY = o.Log && !o.Accuracy
	right := epochPanel("Alignment of feedback", "angle (°)")
	last := 1.0
	for _, g := range groups {
		if len(g.Runs) == 0 {
			return nil, fmt.Errorf("plotting: group %q has no runs", g.Name)
		}
		for _, p := range []struct {
			panel    *Panel
			quantity string
		}{{left, quantity}, {right, "angle"}} {
			c, err := curveOf(g, p.quantity)
			if err != nil {
				return nil, err
			}
			c.Runs = o.Runs
			p.panel.Curves(c)
			if n := len(c.X); n > 0 {
				last = max(last, c.X[n-1])
			}
		}
	}
	if len(groups) == 0 {
		return nil, errors.New("plotting: no groups of runs")
	}
	testPoints(left, groups, o.Accuracy, last)
	return NewFigure(o.Title, left, right), nil
}

// epochPanel returns a panel over epochs.
func epochPanel(title, y string) *Panel {
	p := NewPanel(title, "epoch", y)
	p.wholeX = true
	return p
}

// legendName tells how many runs a curve stands for.
func (g Group) legendName() string {
	if len(g.Runs) < 2 {
		return g.Name
	}
	return fmt.Sprintf("%s (n = %d)", g.Name, len(g.Runs))
}

// curveOf puts the runs on one axis of epochs. Runs that come from a summary have
// only some of them.
func curveOf(g Group, quantity string) (Curve, error) {
	var x, y [][]float64
	for _, r := range g.Runs {
		epochs, values, err := r.Curve(quantity)
		if err != nil {
			return Curve{}, fmt.Errorf("plotting: group %q: %w", g.Name, err)
		}
		x, y = append(x, epochs), append(y, values)
	}
	return merged(g.legendName(), x, y), nil
}

// merged puts runs that are known at different places on one axis. What a run does
// not have is NaN.
func merged(name string, x, y [][]float64) Curve {
	c := Curve{Name: name, X: slices.Concat(x...)}
	slices.Sort(c.X)
	c.X = slices.Compact(c.X)
	for i := range x {
		row := make([]float64, len(c.X))
		for k := range row {
			row[k] = math.NaN()
		}
		for k, place := range x[i] {
			at, _ := slices.BinarySearch(c.X, place)
			row[at] = y[i][k]
		}
		c.Y = append(c.Y, row)
	}
	return c
}

// testPoints puts the test results behind the last epoch.
func testPoints(p *Panel, groups []Group, accuracy bool, last float64) {
	const first, step = 1.12, 0.05
	n := 0
	for i, g := range groups {
		s := Sample{Name: g.legendName(), X: last * (first + step*float64(i))}
		for _, r := range g.Runs {
			switch {
			case r.Test == nil:
			case accuracy:
				s.Values = append(s.Values, r.Test.Accuracy)
			default:
				s.Values = append(s.Values, 100-r.Test.Accuracy)
			}
		}
		if len(s.Values) > 0 {
			p.Points(s)
			n++
		}
	}
	if n > 0 {
		p.ticksTo = last
		p.extra = &tick{last * (first + step*float64(len(groups)-1)/2), "test"}
	}
}
