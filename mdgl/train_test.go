package mdgl

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

// short is a small task that a small network learns in a few dozen updates.
func short(rule Rule) Config {
	c := Fig3C(rule)
	c.Task.Set = "own"
	c.Iterations = 6
	c.Cells.Regular, c.Cells.Adaptive = 20, 20
	c.Wiring.In, c.Wiring.Recurrent, c.Wiring.Out = 0.3, 0.3, 0.3
	c.Learning.Batch = 10
	c.Validation.Every, c.Validation.Batch = 2, 8
	return c
}

func shortTask() data.Evidence {
	task := data.DefaultEvidence()
	task.Cues, task.Cue, task.Gap, task.Delay, task.Recall, task.Rate = 5, 20, 10, 30, 30, 100
	return task
}

func train(t *testing.T, ctx context.Context, c Config, o *Options) *Result {
	t.Helper()
	o.Task = shortTask()
	r, err := Train(ctx, c, o)
	must(t, err)
	return r
}

// stopAfter is a task that cancels the run when it draws training batch number index, or
// with index 0 in the first validation.
type stopAfter struct {
	data.Task
	index  int
	cancel context.CancelFunc
	tried  *bool // the first validation batch is drawn before, to try the task
}

func (s stopAfter) Draw(seed uint64, stage data.Stage, index, n int) ([]data.Trial, error) {
	switch {
	case s.index == 0 && stage == data.Validation && index == 0:
		if *s.tried {
			s.cancel()
		}
		*s.tried = true
	case s.index > 0 && stage == data.Training && index == s.index:
		s.cancel()
	}
	return s.Task.Draw(seed, stage, index, n)
}

// TestFreshSeed stops and resumes a run twice: its seed is drawn once and saved.
func TestFreshSeed(t *testing.T) {
	c := short(MDGL)
	c.Seeding = "fresh"
	dir := filepath.Join(t.TempDir(), "run")
	var seeds []uint32
	for _, at := range []int{1, 3} {
		ctx, cancel := context.WithCancel(context.Background())
		r, err := Train(ctx, c, &Options{Dir: dir, Resume: true, Task: stopAfter{shortTask(), at, cancel, new(bool)}})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		seeds = append(seeds, r.Config.Seed)
	}
	r := train(t, context.Background(), c, &Options{Dir: dir, Resume: true})
	saved, err := Load(context.Background(), dir)
	must(t, err)
	seeds = append(seeds, r.Config.Seed, saved.Config.Seed)
	if len(slices.Compact(seeds)) != 1 {
		t.Errorf("seeds %v", seeds)
	}
	c.Seeding, c.Seed = "keyed", seeds[0]
	if keyed := train(t, context.Background(), c, &Options{}); !reflect.DeepEqual(format(keyed), format(r)) {
		t.Errorf("the saved seed gives %v, want %v", format(keyed), format(r))
	}
}

// TestResume stops a run at several places and resumes it; every file must equal
// that of the run without a break.
func TestResume(t *testing.T) {
	for _, rule := range []Rule{BPTT, MDGL} {
		c := short(rule)
		c.Validation.Tests = 2
		whole, parts := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "a")
		want := train(t, context.Background(), c, &Options{Dir: whole})
		for _, at := range []int{0, 1, 2, 5} {
			ctx, cancel := context.WithCancel(context.Background())
			_, err := Train(ctx, c, &Options{Dir: parts, Resume: true, Task: stopAfter{shortTask(), at, cancel, new(bool)}})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("stopped run: %v", err)
			}
		}
		got := train(t, context.Background(), c, &Options{Dir: parts, Resume: true})
		if !got.Done || !reflect.DeepEqual(format(want), format(got)) {
			t.Errorf("%s: resumed run differs:\n%v\n%v", rule, format(want), format(got))
		}
		for _, file := range []string{"metrics.csv", "config.yaml", "checkpoint.bin", "recordings/validation/1/recurrent/av.npy"} {
			a, err := os.ReadFile(filepath.Join(whole, file))
			must(t, err)
			b, err := os.ReadFile(filepath.Join(parts, file))
			must(t, err)
			if !bytes.Equal(a, b) {
				t.Errorf("%s: %s differs after resuming", rule, file)
			}
		}
	}
}

// format makes results comparable although they hold NaN.
func format(r *Result) []float64 {
	var all []float64
	for i := range r.Points {
		var test *Score
		if i == len(r.Points)-1 {
			test = r.Test
		}
		for _, x := range metricRow(&r.Points[i], test) {
			if math.IsNaN(x) {
				x = -1
			}
			all = append(all, x)
		}
	}
	return all
}

func TestLoadAndEvaluate(t *testing.T) {
	c := short(EProp)
	c.Validation.Tests = 3
	dir := filepath.Join(t.TempDir(), "run")
	r := train(t, context.Background(), c, &Options{Dir: dir})
	loaded, err := Load(context.Background(), dir)
	must(t, err)
	if !loaded.Done || !reflect.DeepEqual(format(loaded), format(r)) || !reflect.DeepEqual(loaded.Config, r.Config) {
		t.Error("loaded result differs")
	}
	for _, result := range []*Result{r, loaded} {
		s, err := Evaluate(context.Background(), result, shortTask(), 3)
		must(t, err)
		if s.Loss != r.Test.Loss || s.Trials != 24 {
			t.Errorf("evaluation %+v, test %+v", s, *r.Test)
		}
	}
	if _, err := Train(context.Background(), c, &Options{Dir: dir, Task: shortTask()}); !errors.Is(err, experiment.ErrExists) {
		t.Errorf("existing run: %v", err)
	}
	c.Learning.Rate = 1
	if _, err := Train(context.Background(), c, &Options{Dir: dir, Resume: true, Task: shortTask()}); err == nil || !strings.Contains(err.Error(), "learning.rate") {
		t.Errorf("other configuration: %v", err)
	}
	x, y, err := r.Curve("loss")
	if err != nil || !reflect.DeepEqual(x, []float64{0, 2, 4, 6}) || y[3] != r.Last().Score.Loss {
		t.Errorf("curve %v %v %v", x, y, err)
	}
	if _, _, err := r.Curve("los"); err == nil || !strings.Contains(err.Error(), `"loss"`) {
		t.Errorf("unknown curve: %v", err)
	}
}

// TestWorkers demands the same bits from any number of goroutines, for every rule,
// form and cell.
func TestWorkers(t *testing.T) {
	trials, err := shortTask().Draw(3, data.Training, 0, 22)
	must(t, err)
	for _, rule := range Rules() {
		for _, form := range []string{"adjoint", "online"} {
			for _, model := range []string{"alif", "lsnn"} {
				c := short(rule)
				c.Learning.Form, c.Cells.Model = form, model
				c.Learning.RateModulates = form == "adjoint"
				if c.Validate() != nil {
					continue
				}
				var first *Gradient
				for _, workers := range []int{1, 2, 5} {
					n, err := newNetwork[float32](&c, shortTask().Shape())
					must(t, err)
					n.run(trials, rule, workers)
					if g := n.gradients(); first == nil {
						first = g
					} else if !reflect.DeepEqual(g, first) {
						t.Errorf("%s %s %s: %d workers change the gradient", rule, form, model, workers)
					}
				}
			}
		}
	}
}

func TestTrainAll(t *testing.T) {
	good, bad := short(MDGL), short(MDGL)
	good.Name, bad.Name = "good", "bad"
	bad.Learning.Batch = 33 // there are 32 patterns
	results, err := TrainAll(context.Background(), []Config{good, bad}, &Options{Dir: t.TempDir(), Task: shortTask()})
	if err == nil || !strings.Contains(err.Error(), "33 trials") {
		t.Errorf("error %v", err)
	}
	if results[0] == nil || !results[0].Done || results[1] != nil {
		t.Errorf("results %v", results)
	}
}

// faulty is a task whose later batches are wrong.
type faulty struct{ data.Task }

func (f faulty) Draw(seed uint64, stage data.Stage, index, n int) ([]data.Trial, error) {
	trials, err := f.Task.Draw(seed, stage, index, n)
	if stage == data.Training && index == 3 {
		trials[1].Events[0].Channel = 99
	}
	return trials, err
}

func TestFaultyTask(t *testing.T) {
	r, err := Train(context.Background(), short(EProp), &Options{Task: faulty{shortTask()}})
	if err == nil || !strings.Contains(err.Error(), "trial 1: event 0") || len(r.Points) != 2 {
		t.Errorf("error %v, result %+v", err, r)
	}
	if _, err := Train(context.Background(), short(EProp), nil); err == nil || !strings.Contains(err.Error(), "Options.Task") {
		t.Errorf("no task: %v", err)
	}
}

// TestDiverged learns so fast that numbers overflow: the state of the last validation stays, in
// memory and on disk, also when the run is resumed and diverges again.
func TestDiverged(t *testing.T) {
	c := short(BPTT)
	c.Wiring.L1 = 0
	c.Learning.Rate = 1e30
	dir := filepath.Join(t.TempDir(), "run")
	var first []float64
	for _, o := range []*Options{{}, {Dir: dir}, {Dir: dir, Resume: true}} {
		o.Task = shortTask()
		r, err := Train(context.Background(), c, o)
		var diverged *DivergedError
		if !errors.As(err, &diverged) {
			t.Fatalf("error %v", err)
		}
		results := []*Result{r}
		if o.Dir != "" {
			loaded, err := Load(context.Background(), dir)
			must(t, err)
			results = append(results, loaded)
		}
		for _, r := range results {
			s, err := Evaluate(context.Background(), r, shortTask(), 1)
			if err != nil {
				t.Fatalf("the state of the last validation is gone: %v", err)
			}
			if first == nil {
				first = []float64{s.Loss}
			}
			if s.Loss != first[0] || len(r.Points) != 1 {
				t.Errorf("loss %v after %d validations, want %v after 1", s.Loss, len(r.Points), first[0])
			}
		}
	}
}

// TestNoAllocation demands that simulation and adjoint allocate per batch only, not
// per step.
func TestNoAllocation(t *testing.T) {
	c := short(MDGL)
	allocs := func(delay int) float64 {
		task := shortTask()
		task.Delay = delay
		n, err := newNetwork[float32](&c, task.Shape())
		must(t, err)
		trials, err := task.Draw(1, data.Training, 0, 4)
		must(t, err)
		n.run(trials, MDGL, 1)
		return testing.AllocsPerRun(3, func() { n.run(trials, MDGL, 1) })
	}
	if a, b := allocs(30), allocs(900); b > a+2 {
		t.Errorf("%v allocations in a short batch, %v in a long one", a, b)
	}
}

func TestPresetsAreValid(t *testing.T) {
	for _, preset := range []func(Rule) Config{Fig3C, DelayedMatch, Pattern, SequentialMNIST, StoreRecall} {
		for _, rule := range Rules() {
			c := preset(rule)
			if err := c.Validate(); err != nil && !(rule == OnMDGL && c.Cells.Model == "lsnn") {
				t.Errorf("%s: %v", c.Name, err)
			}
		}
	}
}
