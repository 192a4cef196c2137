package pal

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// Options says how runs are carried out. It never changes their numbers. A nil
// *Options is the zero value.
type Options struct {
	// Dir is the results directory of Train, and the folder of the results
	// directories of TrainAll, named as their configurations. Empty: results stay
	// in memory.
	Dir string
	// Resume goes on with runs that are in Dir already, from their last
	// checkpoint, bit for bit. Without it they are an error.
	Resume bool
	// Progress shows how far the runs are, usually on os.Stderr. Nil: silence.
	Progress io.Writer
	// Workers is the number of runs at a time of TrainAll. 0: one per core.
	Workers int
	// Data gives the samples of configurations whose task is own.
	Data data.Source
	// Engine is what computes: EngineNative advances every run on its own,
	// EngineGraph all runs of one TrainAll whose configurations differ in numbers
	// only as one compiled program. EngineAuto and "": native, which is faster but
	// for sweeps of many circuits of a few neurons (docs/models/pal.md, section 15);
	// a run that is resumed stays with the engine that began it. The engines agree to
	// rounding; either gives a run the same numbers in any company.
	Engine string
	// Backend compiles the programs of the graph engine: "go", "xla:cpu", "xla:cuda"
	// or "auto", the fastest that works. "": as NEUROCREDIT_BACKEND says, or auto.
	Backend string
}

// checkpointEvery is the time between checkpoints of an undisturbed run. Tests shorten it.
var checkpointEvery = 30 * time.Second

// updatesName is the recording of Result.Updates.
var updatesName = RecordingName{Comparison, 0, "ff", "angle"}

// Train runs one configuration: initial state, settling, training, and the
// comparison with backpropagation if it is asked for.
//
// When ctx is done it stops after the sample that is being shown, saves a
// checkpoint if the run has a directory, and returns what was learned so far
// together with the context's cause. A rule that diverges ends the run with a
// *DivergedError, also together with the result so far.
func Train(ctx context.Context, c Config, o *Options) (*Result, error) {
	o = cmp.Or(o, &Options{})
	results, err := trainAll(ctx, []Config{c}, []string{o.Dir}, o)
	return results[0], err
}

// TrainAll runs many configurations, several at a time. A run that fails does
// not stop the others: results has an entry for every configuration (nil if it
// did not start), and the error tells which failed and why.
func TrainAll(ctx context.Context, configs []Config, o *Options) ([]*Result, error) {
	o = cmp.Or(o, &Options{})
	dirs, err := experiment.Dirs(o.Dir, len(configs), func(i int) string { return configs[i].Name })
	if err != nil {
		return make([]*Result, len(configs)), fmt.Errorf("pal: %w", err)
	}
	return trainAll(ctx, configs, dirs, o)
}

func trainAll(ctx context.Context, configs []Config, dirs []string, o *Options) ([]*Result, error) {
	results := make([]*Result, len(configs))
	for i := range configs {
		if err := configs[i].Validate(); err != nil {
			return results, err
		}
	}
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.NumCPU()
	}
	e, err := o.openEngines(dirs, workers)
	if err != nil {
		return results, err
	}
	defer e.close()
	progress := experiment.NewProgress(ctx, o.Progress, len(configs))
	defer progress.Close()
	progress.Printf("%s", e.note(o.Engine))
	begin := ctx
	if e.meeting != nil {
		// All must come to the meeting, also if there is nothing left to do.
		workers, begin = len(configs), context.WithoutCancel(ctx)
	}
	report := experiment.All(begin, len(configs), workers, func(_ context.Context, i int) (err error) {
		results[i], err = train(ctx, configs[i], o, e, i, dirs[i], progress)
		return err
	})
	return results, report.Err()
}

// train carries out one run.
func train(ctx context.Context, c Config, o *Options, e *engines, i int, dir string, progress *experiment.Progress) (r *Result, err error) {
	met := false
	defer func() {
		if e.graph[i] && !met {
			e.meeting.absent(ctx)
		}
	}()
	set, err := c.samples(ctx, o.Data)
	if err != nil {
		return nil, err
	}
	var run *experiment.Run
	if dir != "" {
		if run, err = open(&c, set.Len(), dir, e.name(i), o.Resume); err != nil {
			return nil, err
		}
		defer run.Finish(&err)
	}
	s, err := newSession(&c, set)
	if err != nil {
		return nil, err
	}
	w := &worker{session: s, run: run, result: &Result{Config: c, Dir: dir}}
	if run != nil {
		if err := w.openFiles(); err != nil {
			return nil, err
		}
	}
	w.task = progress.Start(c.Name, s.doneSteps(), s.totalSteps())
	if run != nil {
		run.Track(w.task)
	}
	met = true
	err = e.run(ctx, i, w)
	w.task.End(err)
	return w.result, err
}

// open creates or resumes the results directory.
func open(c *Config, samples int, dir, engine string, resume bool) (*experiment.Run, error) {
	if err := experiment.RequireRecordings(dir, c.recordingSize(samples)); err != nil {
		return nil, fmt.Errorf("pal: the recordings of %s: %w; a larger record.every makes them smaller", c.Name, err)
	}
	run, err := experiment.Start(dir, c, resume, engine, nil)
	if err != nil {
		return nil, fmt.Errorf("pal: %w", err)
	}
	return run, nil
}

// worker carries out the protocol of one run, with its files if it has any.
type worker struct {
	*session
	run     *experiment.Run
	task    *experiment.Task
	metrics *experiment.Metrics
	updates *npy.Appender
	records *recorder
	result  *Result
}

// openFiles opens metrics and recordings and goes to the last checkpoint.
func (w *worker) openFiles() error {
	var err error
	if w.metrics, err = w.run.Metrics(metricColumns(w.cfg)...); err != nil {
		return err
	}
	if w.cfg.Record.Updates {
		if w.updates, err = w.run.Record(updatesName.String(), npy.Float64, len(w.net.up)); err != nil {
			return err
		}
	}
	if w.records, err = newRecorder(w.cfg, w.net, w.run); err != nil {
		return err
	}
	found, err := w.run.Restore(w.load)
	if err != nil || !found {
		return err
	}
	table, err := experiment.ReadMetrics(w.run.Dir())
	if err != nil {
		return err
	}
	if w.result.Points, err = pointsFrom(w.cfg, table); err != nil || w.updates == nil {
		return err
	}
	w.result.Updates, err = w.result.Recording(updatesName)
	return err
}

// work runs sample after sample until the protocol is done.
func (w *worker) work(ctx context.Context) error {
	for !w.Done {
		if ctx.Err() != nil {
			return w.stop(context.Cause(ctx))
		}
		if err := w.next(ctx); err != nil {
			return w.stop(err)
		}
		if w.run != nil && w.run.SinceCheckpoint() > checkpointEvery {
			if err := w.run.Checkpoint(w.save); err != nil {
				return w.stop(err)
			}
		}
	}
	w.result.Done = true
	return w.stop(nil)
}

// next shows one sample.
func (w *worker) next(ctx context.Context) error {
	steps := w.sampleSteps()
	defer w.task.Advance(int64(steps))
	if w.Stage != stageCompare {
		return w.sample(w.point)
	}
	angles := make([]float64, len(w.net.up))
	if err := w.compareSample(ctx, angles); err != nil {
		return err
	}
	w.result.Updates = append(w.result.Updates, angles)
	if w.updates != nil {
		return w.updates.Append(angles)
	}
	return nil
}

// point notes a point of the learning curve.
func (w *worker) point() error {
	steps := w.net.count - int64(w.cfg.SettlingSteps())
	p := Point{Time: float64(steps) * w.cfg.Circuit.Dt, Error: w.net.outputError(), Alignment: w.net.alignments()}
	w.result.Points = append(w.result.Points, p)
	if w.metrics == nil {
		return nil
	}
	if err := w.metrics.Append(p.row()...); err != nil {
		return err
	}
	return w.records.append(w.Stage)
}

// stop saves where the run stands and hands its state to the result.
func (w *worker) stop(cause error) error {
	var diverged *DivergedError
	if errors.As(cause, &diverged) {
		w.result.state = func(func(io.Reader) error) error {
			return fmt.Errorf("pal: %s has no sound state: %w", w.cfg.Name, cause)
		}
		return cause
	}
	if w.run != nil {
		cause = errors.Join(cause, w.run.Checkpoint(w.save))
	}
	var state bytes.Buffer
	if err := w.save(&state); err != nil {
		return errors.Join(cause, err)
	}
	w.result.state = func(load func(io.Reader) error) error { return load(bytes.NewReader(state.Bytes())) }
	return cause
}
