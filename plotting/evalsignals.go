package plotting

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/neurocredit/neurocredit/dendritic"
)

// recordPanel returns a panel over the rows of a recording.
func recordPanel(title, y string) *Panel {
	p := NewPanel(title, "record", y)
	p.wholeX = true
	return p
}

func minus(a, b float64) float64 { return a - b }

func plus(a, b float64) float64 { return a + b }

// signalPanel shows all lines of a signal.
func signalPanel(title, y string, s *signal, values [][]float64) *Panel {
	p := recordPanel(title, y)
	p.Note = s.note()
	p.Signals(s.x, values)
	return p
}

// absolute returns the absolute values.
func absolute(y [][]float64) [][]float64 {
	a := make([][]float64, len(y))
	for i, row := range y {
		a[i] = make([]float64, len(row))
		for k, v := range row {
			a[i][k] = math.Abs(v)
		}
	}
	return a
}

// pair makes a linear and a logarithmic plot of a difference.
func pair(title, yName, logName string, s *signal, linear, positive [][]float64) []product {
	lin, log := signalPanel(title, yName, s, linear), signalPanel(title, logName, s, positive)
	log.LogY = true
	return []product{{figure: NewFigure("", lin)}, {figure: NewFigure("", log)}}
}

// weightDifference plots how far weights are from the self-predicting state.
// Windows are averaged before the absolute value is taken, as in the original.
func (e *evaluation) weightDifference(stage string, level int, kind string, x extent) {
	base := fmt.Sprintf("%s_%s_%s", e.prefix(level), stage, kind)
	e.add(func(ctx context.Context) ([]product, error) {
		aLevel, aGroup, bGroup, f := level+1, "ff", "p2i", minus
		title, name := fmt.Sprintf("Bottom-up and lateral weights, level %d", level), fmt.Sprintf("|ff_{%d} − p2i_{%d}|", level+1, level)
		if kind == "fb_vs_i2p" {
			aLevel, aGroup, bGroup, f = level, "fb", "i2p", plus
			title, name = fmt.Sprintf("Top-down and lateral weights, level %d", level), fmt.Sprintf("|fb_{%d} + i2p_{%d}|", level, level)
		}
		a, err := e.read(ctx, stage, aLevel, aGroup, "g", x, true)
		if err != nil {
			return nil, err
		}
		b, err := e.read(ctx, stage, level, bGroup, "g", x, true)
		if err != nil {
			return nil, err
		}
		abs := absolute(combine(a, b, f))
		return pair(title+x.title(), name, name, a, abs, abs), nil
	}, base+x.suffix()+".png", base+"_log"+x.suffix()+".png")
}

// rateDifference plots how far interneurons are from their partners above.
func (e *evaluation) rateDifference(stage string, level int, x extent) {
	base := fmt.Sprintf("%s_%s_next_vs_inter_rate", e.prefix(level), stage)
	e.add(func(ctx context.Context) ([]product, error) {
		above := "pyramidal"
		if level == e.run.Config.Hidden() {
			above = "output"
		}
		a, err := e.read(ctx, stage, level+1, above, "rate", x, true)
		if err != nil {
			return nil, err
		}
		b, err := e.read(ctx, stage, level, "inter", "rate", x, true)
		if err != nil {
			return nil, err
		}
		diff := combine(a, b, minus)
		title := fmt.Sprintf("Interneurons of level %d and their partners, %s%s", level, stage, x.title())
		name := fmt.Sprintf("r_{%d} − r_{inter}", level+1)
		return pair(title, name, "|"+name+"|", a, diff, absolute(diff)), nil
	}, base+x.suffix()+".png", base+"_log"+x.suffix()+".png")
}

// angles plots the alignment around a hidden level.
func (e *evaluation) angles(level int) {
	e.add(func(ctx context.Context) ([]product, error) {
		title := fmt.Sprintf("Alignment of feedback, level %d", level)
		a, err := e.recordedAngles(ctx, level)
		switch {
		case err == nil:
			p := recordPanel(title, "angle (°)")
			p.Note = a.note()
			p.Lines(Line{X: a.x, Y: a.y[0], Color: 1})
			return []product{{figure: NewFigure("", p)}}, nil
		case len(e.run.Epochs) == 0 || !errors.Is(err, dendritic.ErrNotRecorded):
			return nil, err
		}
		p := epochPanel(title, "angle (°)")
		p.Note = "from metrics.csv"
		p.Curves(Curve{Y: [][]float64{angleCurve(e.run, level)}})
		return []product{{figure: NewFigure("", p)}}, nil
	}, e.prefix(level)+"_training_angle_ff_fb.png")
}

// angleCurve returns the angle after every epoch.
func angleCurve(r *dendritic.Result, level int) []float64 {
	y := make([]float64, len(r.Epochs))
	for i, epoch := range r.Epochs {
		y[i] = epoch.Alignment[level-1].Angle
	}
	return y
}

// recordedAngles computes the angles of the (window-averaged) recorded weights,
// in y[0].
func (e *evaluation) recordedAngles(ctx context.Context, level int) (*signal, error) {
	up, err := e.read(ctx, dendritic.Training, level+1, "ff", "g", whole, false)
	if err != nil {
		return nil, err
	}
	down, err := e.read(ctx, dendritic.Training, level, "fb", "g", whole, false)
	if err != nil {
		return nil, err
	}
	n, m := e.run.Config.Circuit.Levels[level], e.run.Config.Circuit.Levels[level+1]
	angles := make([]float64, min(len(up.y), len(down.y)))
	for i := range angles {
		angles[i] = Angle(up.y[i], down.y[i], n, m)
	}
	return &signal{x: up.x[:len(angles)], y: [][]float64{angles}, window: up.window, shown: 1, all: 1}, nil
}

// Variables that Eval plots over all records, without and with its options.
var (
	fullTraining = []string{"g", "rate", "rate_highpass", "v_apical", "V", "v_brev", "v_basal", "v_target", "v_dendrite", "noise"}
	fullTesting  = []string{"rate", "v_apical", "V", "v_brev"}
)

// full plots recorded variables over all records of a stage.
func (e *evaluation) full(o *EvalOptions) {
	wanted := map[string][]string{dendritic.Training: fullTraining[:1], dendritic.Testing: fullTesting[:1]}
	if o.AllTraining {
		wanted[dendritic.Training] = fullTraining
	}
	if o.AllTesting {
		wanted[dendritic.Testing] = fullTesting
	}
	noise := false
	for _, n := range e.names {
		if !slices.Contains(wanted[n.Stage], n.Variable) {
			continue
		}
		e.variable(n, whole, "full")
		if n.Stage == dendritic.Training && n.Variable == "rate_highpass" {
			e.highpass(n)
		}
		noise = noise || n.Stage == dendritic.Training && n.Variable == "noise"
	}
	if noise {
		e.autocorrelation()
	}
}

// epochVariables plots the recorded variables of one epoch.
func (e *evaluation) epochVariables(x extent) {
	wanted := map[string][]string{
		dendritic.Validation: {"rate", "v_apical", "V", "v_brev", "v_basal", "v_target", "v_dendrite"},
		dendritic.Training:   {"rate", "v_apical", "V", "v_brev", "v_basal", "v_target", "v_dendrite", "g", "rate_dendrite"},
	}
	if x.pass == 0 {
		delete(wanted, dendritic.Training)
	}
	for _, n := range e.names {
		if slices.Contains(wanted[n.Stage], n.Variable) {
			e.variable(n, x, fmt.Sprintf("epoch_%d", x.pass))
		}
	}
}

// variable plots one recorded variable. The whole training of fb is saved as an
// array as well.
func (e *evaluation) variable(n dendritic.RecordingName, x extent, suffix string) {
	base := fmt.Sprintf("%s_%d_%s_%s_%s.png", n.Stage, n.Level, n.Group, n.Variable, suffix)
	files := []string{base}
	keep := x.all && n.Stage == dendritic.Training && n.Group == "fb" && n.Variable == "g"
	if keep {
		files = append(files, base+".npy")
	}
	e.add(func(ctx context.Context) ([]product, error) {
		s, err := e.read(ctx, n.Stage, n.Level, n.Group, n.Variable, x, !keep)
		if err != nil {
			return nil, err
		}
		y := s.y
		if keep {
			y = s.thinned()
		}
		title := fmt.Sprintf("%s of %s, level %d, %s%s", n.Variable, n.Group, n.Level, n.Stage, x.title())
		products := []product{{figure: NewFigure("", signalPanel(title, n.Variable, s, y))}}
		if keep {
			products = append(products, product{array: s.y})
		}
		return products, nil
	}, files...)
}

// thinned returns at most maxLines columns and notes it.
func (s *signal) thinned() [][]float64 {
	stride := (s.all + maxLines - 1) / maxLines
	if stride == 1 {
		return s.y
	}
	y := make([][]float64, len(s.y))
	for i, row := range s.y {
		for k := 0; k < len(row); k += stride {
			y[i] = append(y[i], row[k])
		}
	}
	s.shown = (s.all + stride - 1) / stride
	return y
}
