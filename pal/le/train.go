package le

import (
	"cmp"
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

// Options says how runs are carried out. It never changes their numbers, but for the
// rounding of a backend. A nil *Options is the zero value.
type Options struct {
	// Dir is the results directory of Train, and the folder of the results
	// directories of TrainAll, named as their configurations. Empty: results stay in
	// memory.
	Dir string
	// Resume goes on with runs that are in Dir already, from their last checkpoint,
	// bit for bit. Without it they are an error.
	Resume bool
	// Progress shows how far the runs are, usually on os.Stderr. Nil: silence.
	Progress io.Writer
	// Workers is the number of programs at a time of TrainAll. 0: one, which uses all
	// cores.
	Workers int
	// Data gives the samples of configurations whose data.source is own.
	Data data.Source
	// Engine is "graph", "auto" or "", which are the same: there is no other.
	Engine string
	// Backend compiles the programs: "go", "xla:cpu", "xla:cuda" or "auto", the
	// fastest that works. "": as NEUROCREDIT_BACKEND says, or auto.
	Backend string
}

// checkpointEvery is the time between checkpoints of an undisturbed run.
const checkpointEvery = 60 * time.Second

// maxTogether is the number of runs that one program advances on a processor. More
// would not make it faster, but leave its caches.
const maxTogether = 4

// open opens the backend.
func (o *Options) open() (*backend.Backend, error) {
	if o == nil {
		o = &Options{}
	}
	if !slices.Contains([]string{"", "auto", "graph"}, o.Engine) {
		return nil, fmt.Errorf("le: unknown engine %q, must be graph or auto: layers have no native engine", o.Engine)
	}
	b, err := backend.Open(o.Backend)
	if err != nil {
		return nil, fmt.Errorf("le: %w", err)
	}
	return b, nil
}

// Train runs one configuration: initial weights, and for every epoch training and a
// point of the learning curve.
//
// When ctx is done it stops after the samples that are being shown, saves a
// checkpoint if the run has a directory, and returns what was learned so far together
// with the context's cause. A run whose numbers are not finite ends with a
// *DivergedError, also together with the result so far.
func Train(ctx context.Context, c Config, o *Options) (*Result, error) {
	o = cmp.Or(o, &Options{})
	results, err := trainAll(ctx, []Config{c}, []string{o.Dir}, o)
	return results[0], err
}

// TrainAll runs many configurations. Those that differ in learning rates, amplitudes,
// seed and name only are advanced together by one program. A run that fails does not
// stop the others: results has an entry for every configuration (nil if it did not
// start), and the error tells which failed and why.
func TrainAll(ctx context.Context, configs []Config, o *Options) ([]*Result, error) {
	o = cmp.Or(o, &Options{})
	dirs, err := experiment.Dirs(o.Dir, len(configs), func(i int) string { return configs[i].Name })
	if err != nil {
		return make([]*Result, len(configs)), fmt.Errorf("le: %w", err)
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
	b, err := o.open()
	if err != nil {
		return results, err
	}
	defer b.Close()
	load := loader(ctx, o.Data)
	progress := experiment.NewProgress(ctx, o.Progress, len(configs))
	defer progress.Close()
	runs := make([]*run, len(configs))
	groups, keys := map[string][]*run{}, []string(nil)
	report := make(experiment.Report, len(configs))
	for i := range configs {
		set, err := load(&configs[i])
		if err != nil {
			report[i] = err
			continue
		}
		r, err := openRun(&configs[i], set, b, dirs[i], o.Resume, progress)
		if err != nil {
			report[i] = err
			continue
		}
		runs[i], results[i] = r, r.result
		key := configs[i].programKey() + fmt.Sprint(r.position.Epoch, r.position.Batch, r.position.Scored)
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], r)
	}
	var batches [][]*run
	for _, key := range keys {
		most := maxTogether
		if b.Name == backend.CUDA {
			most = len(configs)
		}
		batches = append(batches, slices.Collect(slices.Chunk(groups[key], most))...)
	}
	together := experiment.All(ctx, len(batches), max(1, o.Workers), func(ctx context.Context, i int) error {
		return backend.Try(func() error { return trainBatch(ctx, b, batches[i]) })
	})
	for i, batch := range batches {
		for _, r := range batch {
			if r.err == nil {
				r.err = together[i]
			}
		}
	}
	for i, r := range runs {
		if r != nil {
			report[i] = r.finish()
		}
	}
	return results, report.Err()
}

// programKey is equal for runs that can share a program.
func (c *Config) programKey() string {
	k := *c
	k.Name, k.Seed = "", 0
	sign := func(list []float64) []float64 {
		s := make([]float64, len(list))
		for i, v := range list {
			if v > 0 {
				s[i] = 1
			}
		}
		return s
	}
	k.Learning.Up, k.Learning.Decay = nil, nil
	k.Learning.Down, k.Network.Noise.Amplitude = sign(k.Learning.Down), sign(k.Network.Noise.Amplitude)
	return fmt.Sprint(k)
}

// run is one run with its files, if it has any.
type run struct {
	cfg      *Config
	set      *dataset
	position position
	clock    uint64
	state    [][]float32
	rows     []int // for training
	files    *experiment.Run
	metrics  *experiment.Metrics
	task     *experiment.Task
	result   *Result
	err      error
}

// openRun creates or resumes a run.
func openRun(c *Config, set *dataset, b *backend.Backend, dir string, resume bool, progress *experiment.Progress) (*run, error) {
	n, err := newNetwork(c)
	if err != nil {
		return nil, fmt.Errorf("le: %w", err)
	}
	n.watch()
	r := &run{cfg: c, set: set, state: n.initial(c.Seed), result: &Result{Config: *c, Dir: dir}}
	r.rows, _ = set.split(c)
	if dir != "" {
		if err := r.openFiles(n, dir, b, resume); err != nil {
			if r.files != nil {
				r.files.Finish(&err)
			}
			return nil, err
		}
	}
	r.result.state = r.state
	each := int64(r.batches())
	r.task = progress.Start(c.Name, int64(r.position.Epoch)*each+int64(r.position.Batch), int64(c.Epochs)*each)
	if r.files != nil {
		r.files.Track(r.task)
	}
	return r, nil
}

func (r *run) openFiles(n *network, dir string, b *backend.Backend, resume bool) error {
	var err error
	r.files, err = experiment.Start(dir, r.cfg, resume, "graph "+b.Name+" float32", func(saved, c *Config) {
		saved.Epochs = c.Epochs // more epochs go on with a run
	})
	if err != nil {
		return fmt.Errorf("le: %w", err)
	}
	if r.metrics, err = r.files.Metrics(metricColumns(r.cfg.aligned())...); err != nil {
		return err
	}
	found, err := r.files.Restore(func(from io.Reader) error {
		var err error
		r.position, r.state, r.clock, err = readState(gob.NewDecoder(from), n)
		return err
	})
	if err != nil || !found {
		return err
	}
	table, err := experiment.ReadMetrics(dir)
	if err != nil {
		return err
	}
	r.result.Points, err = pointsFrom(r.cfg, table)
	return err
}

// batches returns the number of batches of an epoch.
func (r *run) batches() int { return len(r.rows) / r.cfg.Presentation.Batch }

func (r *run) done() bool { return r.position.Scored && r.position.Epoch >= r.cfg.Epochs }

// checkpoint saves where the run stands.
func (r *run) checkpoint() error {
	r.result.state = r.state
	if r.files == nil {
		return nil
	}
	return r.files.Checkpoint(func(w io.Writer) error {
		return writeState(gob.NewEncoder(w), r.position, r.state, r.clock)
	})
}

// score notes a point.
func (r *run) score(p Point) error {
	if r.position.Epoch > 0 {
		p.TrainError = r.position.Loss / float64(r.batches())
	}
	r.result.Points = append(r.result.Points, p)
	r.position.Scored, r.position.Loss = true, 0
	if r.metrics != nil {
		if err := r.metrics.Append(p.row()...); err != nil {
			return err
		}
	}
	return r.checkpoint()
}

// finish closes the run and returns its error.
func (r *run) finish() (err error) {
	err = r.err
	r.result.Done = err == nil && r.done()
	r.task.End(err)
	if r.files != nil {
		r.files.Finish(&err)
	}
	return err
}
