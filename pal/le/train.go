package le

import (
	"cmp"
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"math"
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
	sets := map[Data]*dataset{}
	for _, c := range configs {
		if sets[c.Data] == nil {
			if sets[c.Data], err = c.load(ctx, o.Data); err != nil {
				return results, err
			}
		}
	}
	progress := experiment.NewProgress(ctx, o.Progress, len(configs))
	defer progress.Close()
	runs := make([]*run, len(configs))
	groups, keys := map[string][]*run{}, []string(nil)
	report := make(experiment.Report, len(configs))
	for i := range configs {
		r, err := openRun(&configs[i], sets[configs[i].Data], b, dirs[i], o.Resume, progress)
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

// trainBatch trains runs that stand at the same place and share a program. Errors of
// single runs are left with them.
func trainBatch(ctx context.Context, b *backend.Backend, runs []*run) error {
	for {
		runs = slices.DeleteFunc(slices.Clone(runs), func(r *run) bool { return r.err != nil || r.done() })
		if len(runs) == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		step := trainEpoch
		if !runs[0].position.Scored {
			step = scoreAll
		}
		if err := step(ctx, b, runs); err != nil {
			return err
		}
	}
}

func configsOf(runs []*run) (configs []*Config, states [][][]float32) {
	for _, r := range runs {
		configs, states = append(configs, r.cfg), append(states, r.state)
	}
	return configs, states
}

// scoreAll adds a point to every run.
func scoreAll(ctx context.Context, b *backend.Backend, runs []*run) error {
	configs, states := configsOf(runs)
	points, err := runs[0].set.points(ctx, b, configs, states, runs[0].clock, runs[0].position.Epoch)
	if err != nil {
		return err
	}
	for i, r := range runs {
		if err := r.score(points[i]); err != nil {
			r.err = err
		}
	}
	return nil
}

// trainEpoch trains the rest of an epoch.
func trainEpoch(ctx context.Context, b *backend.Backend, runs []*run) error {
	configs, states := configsOf(runs)
	g, err := newBatch(b, configs)
	if err != nil {
		return err
	}
	defer g.close()
	if err := g.push(states, runs[0].clock); err != nil {
		return err
	}
	first, size := runs[0], configs[0].Presentation.Batch
	orders := make([][]int, len(runs))
	for i, r := range runs {
		orders[i] = permuted(r.rows, r.cfg.Seed, streamOrder, uint64(r.position.Epoch))
	}
	saved := time.Now()
	for first.position.Batch < first.batches() {
		from := first.position.Batch
		count := min(capacity, first.batches()-from)
		s, err := g.show(g.train, first.set.pool, count, configs[0].Presentation.Updates, func(k, r int) []int {
			return orders[r][(from+k)*size : (from+k+1)*size]
		})
		if err != nil {
			return err
		}
		for i, r := range runs {
			for k := range count {
				r.position.Loss += float64(s.loss[k][i])
			}
			r.position.Batch += count
			r.task.Advance(int64(count))
			if r.err == nil && (math.IsNaN(r.position.Loss) || math.IsInf(r.position.Loss, 0)) {
				r.err = &DivergedError{r.cfg.Name, r.position.Epoch + 1}
			}
		}
		if ctx.Err() != nil || time.Since(saved) > checkpointEvery {
			if err := g.save(runs); err != nil {
				return err
			}
			saved = time.Now()
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !slices.ContainsFunc(runs, func(r *run) bool { return r.err == nil }) {
			return nil
		}
	}
	for _, r := range runs {
		r.position.Epoch, r.position.Batch, r.position.Scored = r.position.Epoch+1, 0, false
	}
	return g.save(runs)
}

// save brings the states to the runs and checkpoints those that are sound.
func (g *batch) save(runs []*run) error {
	states, clock, err := g.pull()
	if err != nil {
		return err
	}
	for i, r := range runs {
		if r.err != nil {
			continue
		}
		r.state, r.clock = states[i], clock
		if err := r.checkpoint(); err != nil {
			r.err = err
		}
	}
	return nil
}
