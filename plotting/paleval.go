package plotting

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"

	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/pal"
)

// PALEval makes the diagnostic plots of runs of the PAL microcircuit that differ
// in their seed, from their results directories, in the folder out: one PNG per
// quantity and level with all runs in colours of their own and, with a teacher, its
// weights as dashed lines. Settling is left out. The plots are those of the
// original's plotting program, but r_HP and the noise in v_api+noise are newer by one
// step (docs/models/pal.md, section 12):
//
//	mse.png                          error, mean over 10 samples, logarithmic axis
//	W_1.png, I_1.png, B_1.png, P_1.png, B+P_1.png     weights
//	u_1.png, u_breve_1.png, r_1.png, r_HP_1.png, v_bas_1.png, v_api_1.png, noise_1.png, v_api+noise_1.png
//	uI_1.png, uI_breve_1.png, rI_1.png, lateral_mismatch_1.png     interneurons
//	angle_1.png, theory_1.png, jacobian_1.png, update_1.png    mean ± standard deviation over the runs
//
// It returns the files that it wrote and those that it could not make because what
// they show is not recorded. Of the options it uses DPI, Workers and Progress.
func PALEval(ctx context.Context, dirs []string, out string, o *EvalOptions) (written []string, skipped []Skip, err error) {
	if o == nil {
		o = &EvalOptions{}
	}
	if len(dirs) == 0 {
		return nil, nil, errors.New("plotting: no results directories")
	}
	e := &palEvaluation{}
	for _, dir := range dirs {
		r, err := pal.Load(ctx, dir)
		if err != nil {
			return nil, nil, fmt.Errorf("plotting: %w", err)
		}
		if first := e.runs; len(first) > 0 && fmt.Sprint(r.Config.Circuit.Levels) != fmt.Sprint(first[0].Config.Circuit.Levels) {
			return nil, nil, fmt.Errorf("plotting: %s has levels %v, %s has %v", dir, r.Config.Circuit.Levels, dirs[0], first[0].Config.Circuit.Levels)
		}
		e.runs = append(e.runs, r)
	}
	if c := e.runs[0].Config; c.Task == pal.TaskTeacher {
		if e.teacher, err = pal.Teacher(c); err != nil {
			return nil, nil, fmt.Errorf("plotting: %w", err)
		}
	}
	e.plan()
	return e.work(ctx, out, o)
}

// palEvaluation gathers the plots of runs and then makes them.
type palEvaluation struct {
	runs    []*pal.Result
	teacher *pal.Network // nil: none
	jobs    []palJob
}

type palJob struct {
	file string
	make func() (*Panel, error)
}

// palSignal is a recorded variable, or the sum of two of which the second has a
// factor.
type palSignal struct {
	name, title       string
	group, variable   string
	group2, variable2 string
	factor            float64
}

func (e *palEvaluation) plan() {
	e.jobs = append(e.jobs, palJob{"mse", e.errors})
	c := e.runs[0].Config
	g := c.Circuit.Conductances
	out := len(c.Circuit.Levels) - 1
	for l := 1; l <= out; l++ {
		neurons := "pyramidal"
		if l == out {
			neurons = "output"
		}
		signals := []palSignal{
			{name: "W", title: "Bottom-up weights", group: "ff", variable: "g"},
			{name: "u", title: "Voltage", group: neurons, variable: "V"},
			{name: "u_breve", title: "Prospective voltage", group: neurons, variable: "v_brev"},
			{name: "r", title: "Rate", group: neurons, variable: "rate"},
			{name: "r_HP", title: "High-passed rate", group: neurons, variable: "rate_highpass"},
			{name: "v_bas", title: "Basal voltage", group: neurons, variable: "v_basal"},
		}
		if l < out {
			signals = append(signals,
				palSignal{name: "I", title: "Pyramidal-to-interneuron weights", group: "p2i", variable: "g"},
				palSignal{name: "B", title: "Top-down weights", group: "fb", variable: "g"},
				palSignal{name: "P", title: "Interneuron-to-pyramidal weights", group: "i2p", variable: "g"},
				palSignal{"B+P", "Top-down and lateral weights", "fb", "g", "i2p", "g", 1},
				palSignal{name: "v_api", title: "Apical voltage", group: neurons, variable: "v_apical"},
				palSignal{name: "noise", title: "Noise", group: neurons, variable: "noise"},
				palSignal{"v_api+noise", "Apical voltage with noise", neurons, "v_apical", neurons, "noise", 1},
				palSignal{name: "uI", title: "Voltage of interneurons", group: "inter", variable: "V"},
				palSignal{name: "uI_breve", title: "Prospective voltage of interneurons", group: "inter", variable: "v_brev"},
				palSignal{name: "rI", title: "Rate of interneurons", group: "inter", variable: "rate"},
				palSignal{"lateral_mismatch", "Voltage of interneurons beyond their dendrite's", "inter", "v_brev", "inter", "v_dendrite", -g.Dendrite / (g.Leak + g.Dendrite)},
			)
		}
		for _, s := range signals {
			e.jobs = append(e.jobs, palJob{fmt.Sprintf("%s_%d", s.name, l), func() (*Panel, error) { return e.signals(s, l) }})
		}
		quantities := []palQuantity{{"update", "Weight changes of circuit and backpropagation"}}
		if l < out {
			quantities = append(quantities, palQuantity{"angle", "B and W^{T}"}, palQuantity{"theory", "B and φ′ W^{T} φ′"}, palQuantity{"jacobian", "B φ′ and φ′ W^{T}"})
		}
		for _, q := range quantities {
			e.jobs = append(e.jobs, palJob{q.curve(l), func() (*Panel, error) { return e.angles(q, l) }})
		}
	}
}

// errors plots the error, averaged over 10 samples.
func (e *palEvaluation) errors() (*Panel, error) {
	c := e.runs[0].Config
	if c.Task == pal.TaskBackward {
		return nil, fmt.Errorf("plotting: task: backward has no error: %w", pal.ErrNotRecorded)
	}
	n := max(1, 10*c.StepsPerSample()/c.Record.Every)
	p := NewPanel("Error of the output", "time (s)", "squared error")
	p.Note, p.LogY = "mean over 10 samples", true
	for k, r := range e.runs {
		x, y, err := trainingCurve(r, "error")
		if err != nil {
			return nil, err
		}
		for len(y) > 0 && math.IsNaN(y[0]) { // the last point of settling
			x, y = x[1:], y[1:]
		}
		p.Lines(Line{X: x, Y: movingMean(y, n), Color: 1 + k, Thin: true})
	}
	return p, nil
}

// movingMean averages over the last n values, or as many as there are.
func movingMean(y []float64, n int) []float64 {
	out := make([]float64, len(y))
	for i := range y {
		sum := 0.0
		from := max(0, i-n+1)
		for _, v := range y[from : i+1] {
			sum += v
		}
		out[i] = sum / float64(i+1-from)
	}
	return out
}

// signals plots a recorded variable of a level.
func (e *palEvaluation) signals(s palSignal, level int) (*Panel, error) {
	p := NewPanel(fmt.Sprintf("%s, level %d", s.title, level), "time (s)", s.name)
	for k, r := range e.runs {
		rows, err := r.Recording(pal.RecordingName{Stage: pal.Training, Level: level, Group: s.group, Variable: s.variable})
		if err != nil {
			return nil, err
		}
		if s.group2 != "" {
			more, err := r.Recording(pal.RecordingName{Stage: pal.Training, Level: level, Group: s.group2, Variable: s.variable2})
			if err != nil {
				return nil, err
			}
			rows = rows[:min(len(rows), len(more))] // a run that goes on may have one more of one
			for i, row := range rows {
				for j := range row {
					row[j] += s.factor * more[i][j]
				}
			}
		}
		if len(rows) == 0 {
			return nil, fmt.Errorf("plotting: no point of training yet: %w", pal.ErrNotRecorded)
		}
		window, n := windows(len(rows), len(rows[0])*len(e.runs))
		stride := (len(rows[0])*len(e.runs) + maxLines - 1) / maxLines
		every := float64(r.Config.Record.Every) * r.Config.Circuit.Dt / 1000
		x := make([]float64, n)
		for w := range x {
			x[w] = (float64(w*window) + float64(window+1)/2) * every
		}
		for j := 0; j < len(rows[0]); j += stride {
			y := make([]float64, n)
			for w := range y {
				for _, row := range rows[w*window : (w+1)*window] {
					y[w] += row[j] / float64(window)
				}
			}
			p.Lines(Line{X: x, Y: y, Color: 1 + k, Thin: true})
		}
		p.Note = (&signal{window: window, shown: (len(rows[0]) + stride - 1) / stride, all: len(rows[0])}).note()
	}
	return p, e.taught(p, s, level)
}

// taught draws the teacher's weights.
func (e *palEvaluation) taught(p *Panel, s palSignal, level int) error {
	if e.teacher == nil || s.variable != "g" || s.group2 != "" {
		return nil
	}
	w, err := e.teacher.Read(level, s.group, "g")
	if err != nil {
		return fmt.Errorf("plotting: %w", err)
	}
	for _, v := range w {
		p.HLine("teacher", v)
	}
	return nil
}

// angles plots a measure of alignment of a level, mean ± standard deviation.
func (e *palEvaluation) angles(q palQuantity, level int) (*Panel, error) {
	if !hasCurve(e.runs[0], q.curve(level)) {
		return nil, fmt.Errorf("plotting: %s: %w", q.curve(level), pal.ErrNotRecorded)
	}
	c, err := palCurve("", PALRuns(e.runs), q.curve(level))
	if err != nil {
		return nil, err
	}
	p := NewPanel(fmt.Sprintf("%s, level %d", q.title, level), "time (s)", "angle (°)")
	p.Curves(c)
	return p, nil
}

// work makes all planned files.
func (e *palEvaluation) work(ctx context.Context, out string, o *EvalOptions) (written []string, skipped []Skip, err error) {
	workers, dpi := o.Workers, o.DPI
	if workers <= 0 {
		workers = runtime.NumCPU()
	}
	if dpi == 0 {
		dpi = printDPI
	}
	var progress *experiment.Progress
	if o.Progress != nil {
		progress = experiment.NewProgress(ctx, o.Progress, 1)
		defer progress.Close()
	}
	task := progress.Start("plots", 0, int64(len(e.jobs)))
	defer func() { task.End(err) }()
	reasons := make([]error, len(e.jobs))
	report := experiment.All(ctx, len(e.jobs), workers, func(_ context.Context, i int) error {
		defer task.Advance(1)
		p, err := e.jobs[i].make()
		if errors.Is(err, pal.ErrNotRecorded) {
			reasons[i] = err
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", e.jobs[i].file, err)
		}
		return savePNG(NewFigure("", p), filepath.Join(out, e.jobs[i].file+".png"), dpi)
	})
	for i, j := range e.jobs {
		switch {
		case reasons[i] != nil:
			skipped = append(skipped, Skip{j.file + ".png", reasons[i].Error()})
		case report[i] == nil:
			written = append(written, filepath.Join(out, j.file+".png"))
		}
	}
	if ctx.Err() != nil {
		return written, skipped, context.Cause(ctx)
	}
	return written, skipped, report.Err()
}
