package plotting

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// EvalOptions says which plots Eval makes. A nil *EvalOptions is the zero value.
type EvalOptions struct {
	// AllTraining plots, of the training stage, all recorded variables among g,
	// rate, rate_highpass, v_apical, V, v_brev, v_basal, v_target, v_dendrite and
	// noise, and the analyses of noise and high-passed rate. Without it: g.
	AllTraining bool
	// AllTesting plots, of the testing stage, rate, v_apical, V and v_brev.
	// Without it: rate.
	AllTesting bool
	// Every makes the pictures that show a single validation pass for every n-th
	// pass and the last. 0: for all.
	Every int
	// DPI is the resolution in dots per inch. 0: 300.
	DPI int
	// Workers is the number of plots at a time. 0: one per core.
	Workers int
	// Progress shows how far the work is, usually on os.Stderr. Nil: silence.
	Progress io.Writer
}

// Skip is a plot that was not made, and why.
type Skip struct{ File, Reason string }

// Eval makes the diagnostic plots of a run (docs/models/dendritic.md, section 12)
// in its results directory, named as the original names them, at 300 dpi. It
// returns the files that it wrote and those that it could not make because what
// they show is not recorded. Scores come from the recordings, and from
// metrics.csv where the recordings do not have them. A plot that fails does not
// stop the others; the error names all that failed.
//
// Recordings are read in parts, so their size does not matter.
func Eval(ctx context.Context, dir string, o *EvalOptions) (written []string, skipped []Skip, err error) {
	if o == nil {
		o = &EvalOptions{}
	}
	if o.Every < 0 {
		return nil, nil, fmt.Errorf("plotting: every %d must be >= 0", o.Every)
	}
	e, err := newEvaluation(ctx, dir, dir)
	if err != nil {
		return nil, nil, err
	}
	e.plan(o)
	return e.work(ctx, o)
}

// Detail makes the plots of one epoch in the folder epoch_N of the results
// directory: of the validation pass after that many training passes and, from
// epoch 1, of the training pass before it. Otherwise it does what Eval does; of the
// options it uses DPI, Workers and Progress.
func Detail(ctx context.Context, dir string, epoch int, o *EvalOptions) (written []string, skipped []Skip, err error) {
	if o == nil {
		o = &EvalOptions{}
	}
	if epoch < 0 {
		return nil, nil, fmt.Errorf("plotting: epoch %d must be >= 0", epoch)
	}
	e, err := newEvaluation(ctx, dir, filepath.Join(dir, fmt.Sprintf("epoch_%d", epoch)))
	if err != nil {
		return nil, nil, err
	}
	if n := len(e.run.Epochs); epoch >= n {
		return nil, nil, fmt.Errorf("plotting: epoch %d must be < %d, the number of validation passes of %s", epoch, n, dir)
	}
	part := pass(epoch)
	for l := 1; l <= e.run.Config.Hidden(); l++ {
		e.weightDifference(dendritic.Training, l, "ff_vs_p2i", part)
		e.rateDifference(dendritic.Training, l, part)
		e.rateDifference(dendritic.Validation, l, part)
	}
	e.epochVariables(part)
	return e.work(ctx, o)
}

var stages = []string{dendritic.Testing, dendritic.Training, dendritic.Validation}

// extent is the part of a recording that a plot shows: all, or one pass.
type extent struct {
	all  bool
	pass int
}

var whole = extent{all: true}

func pass(n int) extent { return extent{pass: n} }

// suffix is what the part adds to file names.
func (x extent) suffix() string {
	if x.all {
		return ""
	}
	return fmt.Sprintf("_epoch_%d", x.pass)
}

// title is what the part adds to titles.
func (x extent) title() string {
	if x.all {
		return ""
	}
	return fmt.Sprintf(", epoch %d", x.pass)
}

// evaluation gathers the plots of a run and then makes them.
type evaluation struct {
	run    *dendritic.Result
	out    string // folder of the plots
	names  []dendritic.RecordingName
	levels []int // with recordings
	jobs   []job
}

// job makes some files from the same data.
type job struct {
	files []string
	make  func(ctx context.Context) ([]product, error)
}

// product is the content of one file: a figure, or an array with a row per
// window.
type product struct {
	figure *Figure
	array  [][]float64
}

func newEvaluation(ctx context.Context, dir, out string) (*evaluation, error) {
	run, err := dendritic.Load(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("plotting: %w", err)
	}
	e := &evaluation{run: run, out: out}
	if e.names, err = run.Recordings(); err != nil {
		return nil, fmt.Errorf("plotting: %w", err)
	}
	for _, n := range e.names {
		e.levels = append(e.levels, n.Level)
	}
	slices.Sort(e.levels)
	e.levels = slices.Compact(e.levels)
	return e, nil
}

// plan plans the plots of Eval.
func (e *evaluation) plan(o *EvalOptions) {
	e.scores()
	for l := 1; l <= e.run.Config.Hidden(); l++ {
		for _, stage := range stages {
			e.weightDifference(stage, l, "ff_vs_p2i", whole)
			e.weightDifference(stage, l, "fb_vs_i2p", whole)
			e.rateDifference(stage, l, whole)
		}
		e.angles(l)
	}
	e.full(o)
	e.outputs(max(1, o.Every))
	e.points(max(1, o.Every))
}

// add plans files. make returns a product for each.
func (e *evaluation) add(make func(ctx context.Context) ([]product, error), files ...string) {
	e.jobs = append(e.jobs, job{files, make})
}

// prefix is the place of a level among the recorded ones, as file names begin.
func (e *evaluation) prefix(level int) string {
	i, _ := slices.BinarySearch(e.levels, level)
	return fmt.Sprintf("%03d", i)
}

// work makes all planned files.
func (e *evaluation) work(ctx context.Context, o *EvalOptions) (written []string, skipped []Skip, err error) {
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
	done := make([][]string, len(e.jobs))
	skips := make([][]Skip, len(e.jobs))
	report := experiment.All(ctx, len(e.jobs), workers, func(ctx context.Context, i int) error {
		defer task.Advance(1)
		products, err := e.jobs[i].make(ctx)
		if errors.Is(err, dendritic.ErrNotRecorded) {
			for _, f := range e.jobs[i].files {
				skips[i] = append(skips[i], Skip{f, err.Error()})
			}
			return nil
		}
		for k, p := range products {
			file := filepath.Join(e.out, e.jobs[i].files[k])
			if err := p.save(file, dpi); err != nil {
				return err
			}
			done[i] = append(done[i], file)
		}
		if err != nil {
			return fmt.Errorf("plotting: %s: %w", e.jobs[i].files[0], err)
		}
		return nil
	})
	var failed []error
	for i := range e.jobs {
		written, skipped = append(written, done[i]...), append(skipped, skips[i]...)
		if report[i] != nil {
			failed = append(failed, report[i])
		}
	}
	if ctx.Err() != nil {
		return written, skipped, context.Cause(ctx)
	}
	return written, skipped, errors.Join(failed...)
}

func (p product) save(file string, dpi int) error {
	if p.figure != nil {
		return savePNG(p.figure, file, dpi)
	}
	return saveArray(file, p.array)
}

// saveArray writes rows of equal length as an NPY file.
func saveArray(file string, rows [][]float64) error {
	width := 0
	if len(rows) > 0 {
		width = len(rows[0])
	}
	if err := npy.WriteArray(file, slices.Concat(rows...), len(rows), width); err != nil {
		return fmt.Errorf("plotting: %w", err)
	}
	return nil
}

// open opens a recording and finds the rows of the part. It fails if there are
// none.
func (e *evaluation) open(stage string, level int, group, variable string, x extent) (c *dendritic.Recording, first, rows int, err error) {
	c, err = e.run.Recording(dendritic.RecordingName{Stage: stage, Level: level, Group: group, Variable: variable})
	if err != nil {
		return nil, 0, 0, err
	}
	rows = c.Rows()
	if !x.all {
		if first, rows, err = c.Pass(x.pass); err != nil {
			return nil, 0, 0, errors.Join(err, c.Close())
		}
	}
	if rows == 0 {
		why := ""
		if (variable == "g" || variable == "delta") && stage != dendritic.Training {
			why = ", weights are only in training"
		}
		err := fmt.Errorf("plotting: %v has no rows: %w%s", c.Name, dendritic.ErrNotRecorded, why)
		return nil, 0, 0, errors.Join(err, c.Close())
	}
	return c, first, rows, nil
}

// read reads a recording, or a pass of it, for drawing.
func (e *evaluation) read(ctx context.Context, stage string, level int, group, variable string, x extent, thin bool) (*signal, error) {
	c, first, rows, err := e.open(stage, level, group, variable, x)
	if err != nil {
		return nil, err
	}
	s, err := readSignal(ctx, c, first, rows, thin)
	return s, errors.Join(err, c.Close())
}
