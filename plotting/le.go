package plotting

import (
	"errors"
	"fmt"

	"github.com/neurocredit/neurocredit/pal/le"
)

// LEGroup is a named set of runs of a network of latent-equilibrium layers that
// differ in their seed.
type LEGroup struct {
	Name string
	Runs []*le.Result
}

// LEOptions says how such runs are shown. A nil *LEOptions is the zero value.
type LEOptions struct {
	Title string
	// Quantity is the curve of the left panel, such as "valid_accuracy". Empty:
	// "code_accuracy" if it was measured, else "valid_accuracy".
	Quantity string
	// Reference are lines from elsewhere in the left panel, Angles in the panel of
	// angles. The curves of the runs have the colours 1, 2, ... in their order: on the
	// left a group each, on the right a layer of a group each.
	Reference, Angles []Line
}

// LELearning shows how groups of runs learn (Fig. 5 and 6 of arXiv 2212.10249), mean
// ± standard deviation over the runs after every epoch: on the left an accuracy or
// error, on the right, for each group with top-down weights of its own, the angle
// between them and the transposed bottom-up weights, layer by layer.
func LELearning(groups []LEGroup, o *LEOptions) (*Figure, error) {
	if o == nil {
		o = &LEOptions{}
	}
	if len(groups) == 0 {
		return nil, errors.New("plotting: no runs")
	}
	quantity := o.Quantity
	left := epochPanel("", "")
	right := epochPanel("Alignment of feedback", "angle between B and W^{T} (°)")
	for i, g := range groups {
		if len(g.Runs) == 0 {
			return nil, fmt.Errorf("plotting: group %q has no runs", g.Name)
		}
		c := &g.Runs[0].Config
		if quantity == "" {
			quantity = "valid_accuracy"
			if c.Evaluation.Code > 0 {
				quantity = "code_accuracy"
			}
		}
		name := g.Name
		if len(g.Runs) > 1 {
			name = fmt.Sprintf("%s (n = %d)", g.Name, len(g.Runs))
		}
		curve, err := leCurve(name, g.Runs, quantity)
		if err != nil {
			return nil, err
		}
		curve.Color = i + 1
		left.Curves(curve)
		for _, a := range g.Runs[0].Last().Alignment {
			curve, err := leCurve(fmt.Sprintf("%s, layer %d", g.Name, a.Layer), g.Runs, fmt.Sprintf("angle_%d", a.Layer))
			if err != nil {
				return nil, err
			}
			curve.Color = len(right.marks) + 1
			right.Curves(curve)
		}
	}
	left.Title, left.Y = leTitle(quantity)
	left.Title += leSource(groups)
	left.Lines(o.Reference...)
	f := NewFigure(o.Title, left)
	if len(right.marks) > 0 {
		right.Lines(o.Angles...)
		f.Panels = append(f.Panels, right)
	} else if n := len(o.Angles); n > 0 {
		return nil, fmt.Errorf("plotting: %d lines of angles for a figure without angles: no group has top-down weights of its own", n)
	}
	return f, nil
}

func leTitle(quantity string) (title, axis string) {
	switch quantity {
	case "code_accuracy":
		return "Linear classifier on the code", "test accuracy"
	case "valid_accuracy":
		return "Validation samples", "accuracy"
	case "valid_error":
		return "Validation samples", "mean squared error"
	case "train_error":
		return "Training samples", "mean squared error"
	}
	return "", quantity
}

// leSource names the data of runs where they are no published set.
func leSource(groups []LEGroup) string {
	for _, g := range groups {
		for _, r := range g.Runs {
			switch r.Config.Data.Source {
			case le.Images:
				return " of own images"
			case le.Own:
				return " of own data"
			}
		}
	}
	return ""
}

// leCurve collects one quantity of runs. They may have been measured at different
// epochs.
func leCurve(name string, runs []*le.Result, quantity string) (Curve, error) {
	var x, y [][]float64
	for _, r := range runs {
		epochs, values, err := r.Curve(quantity)
		if err != nil {
			return Curve{}, fmt.Errorf("plotting: %s: %w", name, err)
		}
		x, y = append(x, epochs), append(y, values)
	}
	return merged(name, x, y), nil
}
