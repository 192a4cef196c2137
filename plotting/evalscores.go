package plotting

import (
	"context"
	"errors"
	"fmt"

	"github.com/neurocredit/neurocredit/dendritic"
)

// recordedScores returns the scores of all validation passes: from the recordings
// if they have them all, else those that the run computed itself.
func recordedScores(ctx context.Context, r *dendritic.Result) (scores []dendritic.Score, source string, err error) {
	for pass := range r.Epochs {
		if err := context.Cause(ctx); err != nil {
			return nil, "", err
		}
		s, err := r.RecordedScore(dendritic.Validation, pass)
		if errors.Is(err, dendritic.ErrNotRecorded) {
			return metricScores(r), "from metrics.csv", nil
		}
		if err != nil {
			return nil, "", err
		}
		scores = append(scores, s)
	}
	return scores, "from the recordings", nil
}

func metricScores(r *dendritic.Result) []dendritic.Score {
	var scores []dendritic.Score
	for _, e := range r.Epochs {
		scores = append(scores, e.Score)
	}
	return scores
}

// scores plots error and accuracy of the validation passes.
func (e *evaluation) scores() {
	e.add(func(ctx context.Context) ([]product, error) {
		scores, source, err := recordedScores(ctx, e.run)
		if err != nil {
			return nil, err
		}
		if len(scores) == 0 {
			return nil, fmt.Errorf("plotting: a complete validation pass: %w", dendritic.ErrNotRecorded)
		}
		curve := func(title, y string, log bool, f func(dendritic.Score) float64) product {
			p := epochPanel(title, y)
			p.Note, p.LogY = source, log
			values := make([]float64, len(scores))
			for i, s := range scores {
				values[i] = f(s)
			}
			p.Curves(Curve{Y: [][]float64{values}})
			return product{figure: NewFigure("", p)}
		}
		wrong := func(s dendritic.Score) float64 { return 100 - s.Accuracy }
		return []product{
			curve("Distance of output voltage and target, validation", "root mean square error", true, func(s dendritic.Score) float64 { return s.RMSE }),
			curve("Accuracy, validation", "accuracy (%)", false, func(s dendritic.Score) float64 { return s.Accuracy }),
			curve("Classification error, validation", "error (%)", false, wrong),
			curve("Classification error, validation", "error (%)", true, wrong),
		}, nil
	}, "mse_validation.png", "accuracy.png", "classification_error.png", "classification_error_log.png")
}

// passes lists the validation passes that are shown one by one.
func (e *evaluation) passes(every int) []int {
	var list []int
	last := len(e.run.Epochs) - 1
	for n := 0; n <= last; n++ {
		if n%every == 0 || n == last {
			list = append(list, n)
		}
	}
	return list
}

// outputs plots output voltage and target of the test and of validation passes.
func (e *evaluation) outputs(every int) {
	add := func(stage string, pass int, what, file string) {
		e.add(func(ctx context.Context) ([]product, error) {
			return e.outputFigure(ctx, stage, extent{pass: pass}, what)
		}, "output_vs_supervisor_"+file+".png")
	}
	add(dendritic.Testing, 0, "test", "testing")
	passes := e.passes(every)
	for _, n := range passes {
		// The second number counts parts of a pass; there is one.
		add(dendritic.Validation, n, fmt.Sprintf("validation after epoch %d", n), fmt.Sprintf("validation_%05d_00000", n))
	}
	if len(passes) > 0 {
		n := passes[len(passes)-1]
		add(dendritic.Validation, n, fmt.Sprintf("validation after the last epoch, %d", n), "validation_last_epoch")
	}
}

func (e *evaluation) outputFigure(ctx context.Context, stage string, x extent, what string) ([]product, error) {
	top := len(e.run.Config.Circuit.Levels) - 1
	target, err := e.read(ctx, stage, top+1, "supervisor", "rate", x, true)
	if err != nil {
		return nil, err
	}
	voltage, err := e.read(ctx, stage, top, "output", "v_brev", x, true)
	if err != nil {
		return nil, err
	}
	fig := &Figure{Title: "Output and target, " + what, Columns: 1, NoLetters: true}
	const most = 10 // panels
	n := len(target.y[0])
	if n > most {
		fig.Title += fmt.Sprintf(", %d of %d neurons", most, n)
	}
	for k := range min(most, n) {
		p := recordPanel(fmt.Sprintf("neuron %d", k), "voltage")
		p.Width, p.Height = 5.2, 0.85
		p.Lines(Line{Name: "target", X: target.x, Y: signalMark{y: target.y}.column(k), Color: 6},
			Line{Name: "output", X: voltage.x, Y: signalMark{y: voltage.y}.column(k), Color: 2, Dashed: true})
		fig.Panels = append(fig.Panels, p)
	}
	fig.Panels[0].Note = target.note()
	for _, p := range fig.Panels[:len(fig.Panels)-1] {
		p.X = ""
	}
	return []product{{figure: fig}}, nil
}

// points plots the validation points of the Yin-Yang task with their predicted
// classes.
func (e *evaluation) points(every int) {
	if e.run.Config.Data.Set != "yinyang" {
		return
	}
	for _, n := range e.passes(every) {
		e.add(func(ctx context.Context) ([]product, error) {
			fig, err := e.pointFigure(n)
			return []product{{figure: fig}}, err
		}, fmt.Sprintf("points_epoch_%03d.png", n))
	}
}

func (e *evaluation) pointFigure(pass int) (*Figure, error) {
	score, err := e.run.RecordedScore(dendritic.Validation, pass)
	if err != nil {
		return nil, err
	}
	c, err := e.run.Recording(dendritic.RecordingName{Stage: dendritic.Validation, Level: 0, Group: "input", Variable: "rate"})
	if err != nil {
		return nil, err
	}
	rates, err := c.Readouts(pass)
	if err = errors.Join(err, c.Close()); err != nil {
		return nil, err
	}
	// A pattern is the mean of its readouts but the first.
	records, width := e.run.Config.Presentation.Records, c.Width()
	x, y := make([]float64, len(score.Target)), make([]float64, len(score.Target))
	for i := range x {
		for k := 1; k < records; k++ {
			row := rates[(i*records+k)*width:]
			x[i] += row[0] / float64(records-1)
			y[i] += row[1] / float64(records-1)
		}
	}
	p := NewPanel(fmt.Sprintf("Validation after epoch %d: %.2f %% correct", pass, score.Accuracy), "x", "y")
	p.Note = "marker: class of the point, colour: class predicted; mistakes are larger"
	p.XRange, p.YRange = [2]float64{-0.2, 1.2}, [2]float64{-0.2, 1.2}
	p.Width, p.Height = 3.6, 3.6
	p.Classes(x, y, score.Target, score.Predicted)
	return NewFigure("", p), nil
}
