package dendritic

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/experiment"
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
	// Data replaces the data set of configurations whose data.set is own.
	Data data.Source
	// Engine advances the runs: EngineNative, EngineGraph, or EngineAuto, for which
	// the empty name stands as well (see the package comment).
	Engine string
	// Backend is what the graph engine runs on: go, xla:cpu, xla:cuda, or auto, the
	// fastest of them that works. Empty: the value of NEUROCREDIT_BACKEND, or auto.
	Backend string
}

// checkpointEvery is the time between checkpoints of an undisturbed run.
const checkpointEvery = 30 * time.Second

// Train runs one configuration: it draws the initial weights, trains, validates
// before the first and after every epoch, and tests at the end.
//
// When ctx is done it stops after the pattern that is being shown, saves a
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
		return make([]*Result, len(configs)), fmt.Errorf("dendritic: %w", err)
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
	e, err := chooseEngines(configs, dirs, o)
	if err != nil {
		return results, err
	}
	defer e.close()
	s := &sweep{options: o, engines: e, configs: configs, dirs: dirs, sets: &splitsCache{}, results: results, report: make(experiment.Report, len(configs))}
	s.progress = experiment.NewProgress(ctx, o.Progress, len(configs))
	defer s.progress.Close()
	s.progress.Printf("%s", e.note)
	var notes []string
	for i := range configs {
		notes = append(notes, configs[i].idleRules()...)
	}
	slices.Sort(notes)
	for _, note := range slices.Compact(notes) {
		s.progress.Printf("note: %s", note)
	}
	units := e.units(configs)
	for k, err := range experiment.All(ctx, len(units), o.workerCount(), func(ctx context.Context, k int) error { return s.advance(ctx, units[k]) }) {
		for _, i := range units[k].runs {
			if err != nil && s.report[i] == nil && (results[i] == nil || !results[i].Done) {
				s.report[i] = err // the unit did not start, or panicked
			}
		}
	}
	for i, err := range s.report {
		if err != nil && len(configs) > 1 {
			s.report[i] = fmt.Errorf("%s: %w", configs[i].Name, err)
		}
	}
	return results, s.report.Err()
}

// sweep is what the runs of one call have in common, and what they come to.
type sweep struct {
	options  *Options
	engines  *engines
	configs  []Config
	dirs     []string
	sets     *splitsCache
	progress *experiment.Progress
	results  []*Result         // by run
	report   experiment.Report // by run
}

// advance carries out one unit. Errors of runs are in the report.
func (s *sweep) advance(ctx context.Context, u unit) error {
	if u.graph {
		return s.trainBatch(ctx, u.runs)
	}
	i := u.runs[0]
	s.results[i], s.report[i] = s.train(ctx, i)
	return nil
}

// train carries out one run with the native engine.
func (s *sweep) train(ctx context.Context, i int) (r *Result, err error) {
	w, err := s.begin(ctx, i)
	if w != nil && w.run != nil {
		defer w.run.Finish(&err)
	}
	if err != nil {
		return nil, err
	}
	err = w.work(ctx)
	w.task.End(err)
	return w.result, err
}

// begin prepares a run and, if there is something to resume, goes to where it
// stands. A worker that comes with an error has nothing but an open directory.
func (s *sweep) begin(ctx context.Context, i int) (*worker, error) {
	c, dir, onGraph := s.configs[i], s.dirs[i], s.engines.graph[i]
	if c.Seeding == "fresh" {
		c.Seed = rand.Uint32()
	}
	splits, err := s.sets.load(ctx, &c, s.options.Data)
	if err != nil {
		return nil, err
	}
	w := &worker{result: &Result{Dir: dir}}
	if dir != "" {
		if key, why := c.checkRows(c.passSize(splits.Train, c.Data.Train), c.passSize(splits.Valid, c.Data.Valid)); key != "" {
			return nil, fmt.Errorf("dendritic: %s %s", key, why)
		}
		if err := checkDisk(&c, splits, dir); err != nil {
			return nil, err
		}
		if w.run, err = open(&c, dir, s.options.Resume, s.engines.name(onGraph, &c)); err != nil {
			return nil, err
		}
	}
	w.result.Config = c // with the seed that open found
	build := newSimulator
	if onGraph {
		build = newHost
	}
	sim, err := build(&c, c.needsFull())
	if err != nil {
		return w, err
	}
	if w.session, err = newSession(&c, splits, sim); err != nil {
		return w, err
	}
	if w.run != nil {
		if err := w.openFiles(); err != nil {
			return w, err
		}
	}
	w.task = s.progress.Start(c.Name, w.doneSteps(), w.totalSteps())
	if w.run != nil {
		w.run.Track(w.task)
	}
	return w, nil
}

// open creates or resumes the results directory. A fresh seed is the one that was
// drawn when the run began.
func open(c *Config, dir string, resume bool, engine string) (*experiment.Run, error) {
	run, err := experiment.Start(dir, c, resume, engine, func(saved, c *Config) {
		if c.Seeding == "fresh" && saved.Seeding == "fresh" {
			c.Seed = saved.Seed
		}
	})
	if err != nil {
		return nil, fmt.Errorf("dendritic: %w", err)
	}
	return run, nil
}

// worker carries out the protocol of one run, with its files if it has any.
type worker struct {
	*session
	run     *experiment.Run
	task    *experiment.Task
	metrics *experiment.Metrics
	records *recorder
	result  *Result
	good    []byte          // state after the last validation
	mark    experiment.Mark // when that was
}

// openFiles opens metrics and recordings and goes to the last checkpoint.
func (w *worker) openFiles() error {
	var err error
	if w.metrics, err = w.run.Metrics(metricColumns(w.cfg)...); err != nil {
		return err
	}
	if w.records, err = newRecorder(w.cfg, w.sim, w.run); err != nil {
		return err
	}
	found, err := w.run.Restore(w.load)
	if err != nil {
		return err
	}
	if found {
		table, err := experiment.ReadMetrics(w.run.Dir())
		if err != nil {
			return err
		}
		if w.result.Epochs, w.result.Test, err = epochsFrom(w.cfg, table); err != nil {
			return err
		}
		if w.Pending != nil && !w.Done { // not in metrics.csv before the test
			w.result.Epochs = append(w.result.Epochs, *w.Pending)
		}
		return w.keep()
	}
	return nil
}

// keep notes the present state, to which a run that diverges goes back.
func (w *worker) keep() error {
	var state bytes.Buffer
	if err := w.save(&state); err != nil {
		return err
	}
	w.good = state.Bytes()
	if w.run != nil {
		w.mark = w.run.Mark()
	}
	return nil
}

// saveGood saves the state that keep has noted.
func (w *worker) saveGood() error {
	return w.run.CheckpointAt(w.mark, func(to io.Writer) error {
		_, err := to.Write(w.good)
		return err
	})
}

// work runs passes until the protocol is done.
func (w *worker) work(ctx context.Context) error {
	for !w.Done {
		err := w.pass(ctx)
		if err != nil {
			return w.stop(err)
		}
	}
	w.result.Done = true
	return w.stop(nil)
}

// stop saves where the run stands and hands its state to the result.
func (w *worker) stop(cause error) error {
	var diverged *DivergedError
	if errors.As(cause, &diverged) {
		if w.run != nil && w.good != nil {
			cause = errors.Join(cause, w.saveGood())
		}
		return w.fail(cause)
	}
	if w.run != nil {
		cause = errors.Join(cause, w.run.Checkpoint(w.save))
	}
	var state bytes.Buffer
	if err := w.save(&state); err != nil {
		return errors.Join(cause, err)
	}
	w.result.state = func(s *session) error { return s.load(bytes.NewReader(state.Bytes())) }
	return cause
}

// fail ends a run whose present state is worthless; that of the last validation
// stays.
func (w *worker) fail(cause error) error {
	good := w.good
	w.result.state = func(s *session) error {
		if good == nil {
			return fmt.Errorf("dendritic: %s has no sound state: %w", s.cfg.Name, cause)
		}
		return s.load(bytes.NewReader(good))
	}
	return cause
}

// pass runs one pass, or the rest of it, and notes its outcome.
func (w *worker) pass(ctx context.Context) error {
	stage := w.Stage
	var observe func(index int64) error
	if w.records != nil && len(w.records.probes) > 0 {
		observe = func(index int64) error { return w.records.observe(stage, index) }
	}
	due := false
	pause := func(steps int) bool {
		w.task.Advance(int64(steps))
		due = w.run != nil && w.run.SinceCheckpoint() > checkpointEvery
		return due
	}
	for w.Order == nil || w.Next < len(w.Order) {
		if err := w.runPass(ctx, w.records.tick(w.readout()), observe, pause); err != nil {
			return err
		}
		if due {
			if err := w.run.Checkpoint(w.save); err != nil {
				return err
			}
		}
	}
	return w.passed(stage)
}

// passed ends a pass and notes its outcome.
func (w *worker) passed(stage string) error {
	score := w.tally.score()
	w.endPass()
	switch stage {
	case stageValid:
		return w.validated(score)
	case stageTest:
		return w.tested(score)
	}
	return nil
}

// validated notes the outcome of a validation pass. The row of the final one is
// written with the test.
func (w *worker) validated(score Score) error {
	a, err := alignments(w.cfg, w.sim)
	if err != nil {
		return err
	}
	e := Epoch{Epoch: w.Epoch, Score: score, Alignment: a}
	w.result.Epochs = append(w.result.Epochs, e)
	w.task.Message("epoch %d: %.2f %% correct", e.Epoch, score.Accuracy)
	if w.Stage == stageTest {
		w.Pending = &e
	} else if w.metrics != nil {
		if err := w.metrics.Append(metricRow(&e, nil)...); err != nil {
			return err
		}
	}
	if err := w.keep(); err != nil {
		return err
	}
	if w.run != nil && w.run.SinceCheckpoint() > time.Second {
		return w.saveGood()
	}
	return nil
}

func (w *worker) tested(score Score) error {
	w.result.Test = &score
	w.task.Message("test: %.2f %% correct", score.Accuracy)
	if w.metrics == nil {
		return nil
	}
	return w.metrics.Append(metricRow(w.Pending, &score)...)
}
