package mdgl

import (
	"bytes"
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// Options says how runs are carried out. It never changes their numbers, but for the
// rounding of another engine. A nil *Options is the zero value.
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
	// Workers is the number of runs at a time of TrainAll. 0: one per core. The
	// cores are shared out among them.
	Workers int
	// Task is the task of configurations whose task.set is own.
	Task data.Task
	// Engine computes spikes and gradients: EngineNative, plain Go that follows spikes;
	// EngineGraph, dense tensor programs on a backend, which do less (docs/models/mdgl.md,
	// section 11); or EngineAuto and "", which is native, but graph if Backend asks for
	// xla:cuda, and for a run that is resumed the engine that began it. The engines agree
	// to rounding.
	Engine string
	// Backend is what the graph engine runs on: go, xla:cpu, xla:cuda, or auto, the
	// fastest of them that works. Empty: the value of NEUROCREDIT_BACKEND, or auto.
	Backend string
}

// checkpointEvery is the time between checkpoints of an undisturbed run.
const checkpointEvery = 30 * time.Second

// Train runs one configuration: it draws wiring and initial weights, makes the
// updates, validates before the first, every validation.every updates and after the
// last, and then tests if validation.tests asks for it. With validation.stop_error it
// ends as soon as the validations are good enough.
//
// When ctx is done it stops after the update that is being made, saves a checkpoint
// if the run has a directory, and returns what was learned so far together with the
// context's cause. A gradient that is not finite ends the run with a *DivergedError,
// also together with the result so far.
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
		return make([]*Result, len(configs)), fmt.Errorf("mdgl: %w", err)
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
	with, err := chooseEngines(configs, dirs, o)
	if err != nil {
		return results, err
	}
	defer with.close()
	cores := runtime.GOMAXPROCS(0)
	workers := o.Workers
	if workers <= 0 {
		workers = min(max(cores, with.runs), max(1, len(configs)))
	}
	progress := experiment.NewProgress(ctx, o.Progress, len(configs))
	defer progress.Close()
	progress.Printf("%s", with.note)
	tasks := &taskCache{}
	report := experiment.All(ctx, len(configs), workers, func(ctx context.Context, i int) (err error) {
		j := &job{engines: with, number: i, cores: max(1, cores/workers), progress: progress}
		results[i], err = j.train(ctx, configs[i], o, dirs[i], tasks)
		return err
	})
	return results, report.Err()
}

// taskCache loads every task once for all runs that share it.
type taskCache struct {
	mu    sync.Mutex
	tasks map[Task]data.Task
}

func (tc *taskCache) load(ctx context.Context, c *Config, own data.Task) (data.Task, error) {
	if c.Task.Set == "own" && own != nil {
		return own, nil
	}
	tc.mu.Lock()
	defer tc.mu.Unlock()
	if task := tc.tasks[c.Task]; task != nil {
		return task, nil
	}
	task, err := c.LoadTask(ctx)
	if err == nil {
		if tc.tasks == nil {
			tc.tasks = map[Task]data.Task{}
		}
		tc.tasks[c.Task] = task
	}
	return task, err
}

// position is what a checkpoint holds besides the network.
type position struct {
	Validated int     // number of the last validation, -1 before the first
	States    []State // validation.state: carried; where it left the cells
}

// job is one run with its files, if it has any.
type job struct {
	engines  *engines
	number   int // of the run
	cores    int
	progress *experiment.Progress

	cfg    *Config
	task   data.Task
	engine engine
	position
	run     *experiment.Run
	status  *experiment.Task
	metrics *experiment.Metrics
	rates   *npy.Appender
	result  *Result
	good    []byte          // state after the last validation, or where the run was resumed
	mark    experiment.Mark // where files stood then
}

// train carries out one run.
func (j *job) train(ctx context.Context, c Config, o *Options, dir string, tasks *taskCache) (r *Result, err error) {
	if c.Seeding == "fresh" {
		c.Seed = rand.Uint32()
	}
	if j.task, err = tasks.load(ctx, &c, o.Task); err != nil {
		return nil, err
	}
	if err = c.checkShape(j.task.Shape()); err != nil {
		return nil, err
	}
	for _, b := range []struct {
		stage data.Stage
		n     int
	}{{data.Training, c.Learning.Batch}, {data.Validation, c.Validation.Batch}} {
		trials, err := draw(&c, j.task, b.stage, 0, b.n)
		if err != nil {
			return nil, err
		}
		if len(trials[0].Target) > 0 && c.Validation.StopError > 0 {
			return nil, fmt.Errorf("mdgl: validation.stop_error %g must be 0: the task has targets, so no decisions that could be wrong", c.Validation.StopError)
		}
	}
	j.cfg, j.Validated = &c, -1
	if dir != "" {
		if j.run, err = open(&c, dir, o.Resume, j.engines.name(j.number, &c)); err != nil {
			return nil, err
		}
		defer j.run.Finish(&err)
	}
	// Not before: a resumed run with a fresh seed finds its seed in the directory.
	if j.engine, err = j.engines.open(j.number, &c, j.task.Shape()); err != nil {
		return nil, err
	}
	defer j.engine.close()
	j.result = &Result{Config: c, Dir: dir}
	if j.run != nil {
		if err := j.openFiles(); err != nil {
			return nil, err
		}
	}
	j.status = j.progress.Start(c.Name, int64(j.engine.made()), int64(c.Iterations))
	if j.run != nil {
		j.run.Track(j.status)
	}
	err = j.stop(j.work(ctx))
	j.status.End(err)
	return j.result, err
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
		return nil, fmt.Errorf("mdgl: %w", err)
	}
	return run, nil
}

// openFiles opens metrics and recordings and goes to the last checkpoint.
func (j *job) openFiles() error {
	var err error
	if j.metrics, err = j.run.Metrics(metricColumns...); err != nil {
		return err
	}
	if j.rates, err = j.run.Record("validation/1/recurrent/av", npy.Float64, j.cfg.Neurons()); err != nil {
		return err
	}
	found, err := j.run.Restore(func(from io.Reader) error { return loadState(from, j.engine, &j.position) })
	if err != nil || !found {
		return err
	}
	table, err := experiment.ReadMetrics(j.run.Dir())
	if err != nil {
		return err
	}
	if j.result.Points, j.result.Test, err = readPoints(table); err != nil {
		return err
	}
	return j.keep()
}

func (j *job) save(to io.Writer) error {
	enc := gob.NewEncoder(to)
	return errors.Join(enc.Encode(j.position), j.engine.save(enc))
}

func loadState(from io.Reader, e engine, p *position) error {
	dec := gob.NewDecoder(from)
	var saved position // a new one: gob leaves out numbers that are 0
	if err := dec.Decode(&saved); err != nil {
		return err
	}
	*p = saved
	return e.load(dec)
}

// work makes validations and updates until all are made.
func (j *job) work(ctx context.Context) error {
	c := j.cfg
	for {
		k := j.engine.made()
		if (k%c.Validation.Every == 0 || k == c.Iterations) && j.Validated < k {
			if err := j.validate(ctx, k); err != nil {
				return err
			}
		}
		if k == c.Iterations || j.learned() {
			j.result.Done = true
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		trials, err := draw(c, j.task, data.Training, k, c.Learning.Batch)
		if err != nil {
			return err
		}
		j.engine.setNoise(noiseKey(data.Training, k))
		s, err := j.engine.batch(trials, c.Learning.Rule, j.cores)
		if err != nil {
			return err
		}
		if err := checkLoss(k, s); err != nil {
			return err
		}
		if _, err := j.engine.learn(); err != nil {
			return err
		}
		j.status.Advance(1)
		if j.run != nil && j.run.SinceCheckpoint() > checkpointEvery {
			if err := j.run.Checkpoint(j.save); err != nil {
				return err
			}
		}
	}
}

// validate notes how well the network does after k updates; after the last one it
// also tests.
func (j *job) validate(ctx context.Context, k int) error {
	c := j.cfg
	if j.States == nil {
		j.States = c.restStates()
	}
	s, err := evaluate(ctx, j.engine, c, j.task, data.Validation, k, 1, j.States, j.cores)
	if err != nil {
		return err
	}
	p := Point{Iteration: k, Score: s, Connections: j.engine.connections()}
	rates := append([]float64(nil), j.engine.meanRates()...)
	j.result.Points, j.result.Rates = append(j.result.Points, p), rates
	if (k == c.Iterations || j.learned()) && c.Validation.Tests > 0 {
		test, err := evaluate(ctx, j.engine, c, j.task, data.Testing, 0, c.Validation.Tests, c.restStates(), j.cores)
		if err != nil {
			return err
		}
		j.result.Test = &test
	}
	j.status.Message("iteration %d: loss %.4g", k, s.Loss)
	j.Validated = k
	if j.run != nil {
		if err := errors.Join(j.metrics.Append(metricRow(&p, j.result.Test)...), j.rates.Append(rates)); err != nil {
			return err
		}
	}
	return j.keep()
}

// keep notes the present state, to which a run that diverges goes back.
func (j *job) keep() error {
	var state bytes.Buffer
	if err := j.save(&state); err != nil {
		return err
	}
	j.good = state.Bytes()
	if j.run != nil {
		j.mark = j.run.Mark()
	}
	return nil
}

// draw returns a batch of a task, checked if the task is the user's.
func draw(c *Config, task data.Task, stage data.Stage, index, n int) ([]data.Trial, error) {
	trials, err := task.Draw(uint64(c.Seed), stage, index, n)
	if err != nil {
		return nil, fmt.Errorf("mdgl: %w", err)
	}
	if c.Task.Set != "own" {
		return trials, nil
	}
	if len(trials) != n {
		return nil, fmt.Errorf("mdgl: the task drew %d trials, want %d", len(trials), n)
	}
	return trials, checkTrials(trials, task.Shape())
}

// learned reports whether the last validations are good enough to stop.
func (j *job) learned() bool {
	v := &j.cfg.Validation
	points := j.result.Points
	if v.StopError == 0 || len(points) < v.StopWindow {
		return false
	}
	sum := 0.0
	for _, p := range points[len(points)-v.StopWindow:] {
		sum += 100 - p.Score.Accuracy
	}
	return sum/float64(v.StopWindow) < v.StopError
}

// restStates returns states to carry from batch to batch, nil if they are reset.
func (c *Config) restStates() []State {
	if c.Validation.State != "carried" {
		return nil
	}
	return make([]State, c.Validation.Batch)
}

// evaluate returns the mean score of batches first..first+n-1 of a stage. The cells
// begin at the states, and leave them behind there; nil is rest.
func evaluate(ctx context.Context, e engine, c *Config, task data.Task, stage data.Stage, first, n int, states []State, cores int) (Score, error) {
	scores := make([]Score, n)
	for i := range scores {
		if ctx.Err() != nil {
			return Score{}, context.Cause(ctx)
		}
		trials, err := draw(c, task, stage, first+i, c.Validation.Batch)
		if err != nil {
			return Score{}, err
		}
		e.setNoise(noiseKey(stage, first+i))
		var s score
		if states == nil {
			s, err = e.batch(trials, "", cores)
		} else {
			s, err = e.batchFrom(states, trials, cores)
		}
		if err != nil {
			return Score{}, err
		}
		if err := checkLoss(e.made(), s); err != nil {
			return Score{}, err
		}
		scores[i] = newScore(s, e.meanRates(), len(trials))
	}
	return mean(scores), nil
}

// writeOriginal writes results.json.
func (j *job) writeOriginal() error {
	if j.result.Rates == nil {
		var err error // resumed after the last validation
		if j.result.Rates, err = lastRates(j.run.Dir()); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	if err := j.result.WriteOriginal(&text); err != nil {
		return err
	}
	if err := experiment.WriteFile(filepath.Join(j.run.Dir(), "results.json"), text.Bytes()); err != nil {
		return fmt.Errorf("mdgl: %w", err)
	}
	return nil
}

// stop saves where the run stands and hands its state to the result.
func (j *job) stop(cause error) error {
	var diverged *DivergedError
	if errors.As(cause, &diverged) {
		// The present state is worthless; that of the last validation stays.
		good := j.good
		j.result.state = func(e engine) error {
			if good == nil {
				return fmt.Errorf("mdgl: %s has no sound state: %w", j.cfg.Name, cause)
			}
			return loadState(bytes.NewReader(good), e, new(position))
		}
		if j.run != nil && good != nil {
			cause = errors.Join(cause, j.run.CheckpointAt(j.mark, func(to io.Writer) error {
				_, err := to.Write(good)
				return err
			}))
		}
		return cause
	}
	if j.run != nil {
		cause = errors.Join(cause, j.run.Checkpoint(j.save), j.writeOriginal())
	}
	var state bytes.Buffer
	if err := j.save(&state); err != nil {
		return errors.Join(cause, err)
	}
	j.result.state = func(e engine) error { return loadState(bytes.NewReader(state.Bytes()), e, new(position)) }
	return cause
}
