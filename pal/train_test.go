package pal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

// small is a quick run with everything in it.
func small(task string) Config {
	c := New(3, 5, 4, 2)
	c.Name, c.Task, c.Epochs, c.Data.Samples = "small_"+task, task, 3, 5
	c.Presentation = Presentation{Time: 0.2, Settling: 0.5}
	c.Circuit.Noise.Amplitude = repeat(0.05, 2)
	c.Learning.Rates = Rates{Up: repeat(1, 3), Down: repeat(50, 2), P2I: repeat(2, 2), I2P: repeat(5, 2)}
	c.Learning.Alpha = repeat(1e-5, 2)
	c.Learning.Tau = 1
	c.Record = Record{Every: 20, Updates: true, Variables: Variables{"1": {"fb": {"g"}, "pyramidal": {"rate", "noise"}}, "3": {"ff": {"g", "delta"}}}}
	return c
}

// files reads everything a run leaves that must be identical after a resume.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"metrics.csv", "config.yaml", "recordings/*/*/*/*.npy"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		must(t, err)
		for _, name := range names {
			text, err := os.ReadFile(name)
			must(t, err)
			rel, _ := filepath.Rel(dir, name)
			all[rel] = string(text)
		}
	}
	return all
}

// TestResume interrupts a run every few samples and finds the same files and
// weights as without interruption.
func TestResume(t *testing.T) {
	for _, task := range []string{TaskBackward, TaskTeacher} {
		c := small(task)
		dir := filepath.Join(t.TempDir(), "straight")
		want, err := Train(context.Background(), c, &Options{Dir: dir})
		must(t, err)
		if !want.Done || len(want.Updates) != 15 || len(want.Points) != (50+300)/20 {
			t.Fatalf("done %v, %d updates, %d points", want.Done, len(want.Updates), len(want.Points))
		}

		broken := filepath.Join(t.TempDir(), "broken")
		var got *Result
		for pieces := 0; got == nil || !got.Done; pieces++ {
			if pieces > 40 {
				t.Fatal("never done")
			}
			got, err = Train(afterSamples(1), c, &Options{Dir: broken, Resume: true})
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		a, b := files(t, dir), files(t, broken)
		for name := range a {
			if a[name] != b[name] {
				t.Errorf("%s: %s differs after resuming", task, name)
			}
		}
		if len(a) != len(b) || len(a) < 10 {
			t.Errorf("%s: %d and %d files", task, len(a), len(b))
		}
		if !reflect.DeepEqual(fmt.Sprint(want.Points), fmt.Sprint(got.Points)) || !reflect.DeepEqual(want.Updates, got.Updates) {
			t.Errorf("%s: results differ after resuming", task)
		}
		sameWeights(t, want, got)
		loaded, err := Load(context.Background(), broken)
		must(t, err)
		if fmt.Sprint(loaded.Points) != fmt.Sprint(want.Points) || !reflect.DeepEqual(want.Updates, loaded.Updates) || !loaded.Done {
			t.Errorf("%s: loaded result differs", task)
		}
		sameWeights(t, want, loaded)
	}
}

// sampleContext is done after a number of questions.
type sampleContext struct {
	context.Context
	left atomic.Int64
}

func (c *sampleContext) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// afterSamples returns a context that is done after n samples at the earliest;
// those of a teacher count, too.
func afterSamples(n int) context.Context {
	c := &sampleContext{Context: context.Background()}
	c.left.Store(int64(n + 10))
	return c
}

func sameWeights(t *testing.T, a, b *Result) {
	t.Helper()
	for _, g := range []struct {
		level int
		group string
	}{{1, "ff"}, {3, "ff"}, {1, "fb"}, {2, "p2i"}, {2, "i2p"}} {
		x, err := a.Weights(g.level, g.group)
		must(t, err)
		y, err := b.Weights(g.level, g.group)
		must(t, err)
		if !reflect.DeepEqual(x.RawMatrix(), y.RawMatrix()) {
			t.Errorf("%s of level %d differs", g.group, g.level)
		}
	}
}

// TestRecordings reads what a run has recorded.
func TestRecordings(t *testing.T) {
	c := small(TaskTeacher)
	r, err := Train(context.Background(), c, &Options{Dir: filepath.Join(t.TempDir(), "run")})
	must(t, err)
	names, err := r.Recordings()
	must(t, err)
	if len(names) != 2*5+1 || names[0] != (RecordingName{Comparison, 0, "ff", "angle"}) {
		t.Errorf("recordings %v", names)
	}
	settled, trained := 50/20, 350/20-50/20
	for _, name := range names {
		rows, err := r.Recording(name)
		must(t, err)
		want := map[string]int{Settling: settled, Training: trained, Comparison: 15}[name.Stage]
		if len(rows) != want {
			t.Errorf("%v: %d rows, want %d", name, len(rows), want)
		}
		width := map[string]int{"fb/g": 5 * 4, "ff/g": 4 * 2, "ff/delta": 4 * 2, "pyramidal/rate": 5, "pyramidal/noise": 5, "ff/angle": 3}[name.Group+"/"+name.Variable]
		if len(rows[0]) != width {
			t.Errorf("%v: %d values, want %d", name, len(rows[0]), width)
		}
	}
	// The last row was taken with the last point, ten steps before the end.
	w, err := r.Recording(RecordingName{Training, 3, "ff", "g"})
	must(t, err)
	end, err := r.Weights(3, "ff")
	must(t, err)
	for i, v := range w[len(w)-1] {
		if d := math.Abs(v - end.RawMatrix().Data[i]); d > 0.01 || d == 0 {
			t.Errorf("weight %d: last row %v, at the end %v", i, v, end.RawMatrix().Data[i])
		}
	}
	if _, err := r.Recording(RecordingName{Training, 2, "ff", "g"}); !errors.Is(err, ErrNotRecorded) {
		t.Errorf("error %v, want ErrNotRecorded", err)
	}
	r.Dir = ""
	if _, err := r.Recording(names[0]); !errors.Is(err, ErrNotRecorded) {
		t.Errorf("in memory: error %v, want ErrNotRecorded", err)
	}
}

// TestTrainAll runs several configurations at a time and finds what each gives
// alone, in memory as in a directory.
func TestTrainAll(t *testing.T) {
	var configs []Config
	for i := range 5 {
		c := small(TaskTeacher)
		c.Name, c.Seed = fmt.Sprintf("run_%d", i), uint32(i)
		configs = append(configs, c)
	}
	dir := t.TempDir()
	var progress bytes.Buffer
	all, err := TrainAll(context.Background(), configs, &Options{Dir: dir, Workers: 3, Progress: &progress})
	must(t, err)
	for i, c := range configs {
		alone, err := Train(context.Background(), c, nil)
		must(t, err)
		if fmt.Sprint(alone.Points) != fmt.Sprint(all[i].Points) || !reflect.DeepEqual(alone.Updates, all[i].Updates) {
			t.Errorf("run %d differs from the same run alone", i)
		}
		sameWeights(t, alone, all[i])
	}
	if fmt.Sprint(all[0].Points) == fmt.Sprint(all[1].Points) {
		t.Error("two seeds give the same run")
	}
	if progress.Len() == 0 {
		t.Error("no progress shown")
	}
	if _, err := Train(context.Background(), configs[0], &Options{Dir: filepath.Join(dir, "run_0")}); err == nil {
		t.Error("an existing run was overwritten")
	}
	changed := configs[0]
	changed.Epochs++
	_, err = Train(context.Background(), changed, &Options{Dir: filepath.Join(dir, "run_0"), Resume: true})
	if err == nil || !strings.Contains(err.Error(), "epochs: 3 → 4") {
		t.Errorf("resumed with another configuration: %v", err)
	}
	configs[1].Name = "run_0"
	if _, err := TrainAll(context.Background(), configs, &Options{Dir: t.TempDir()}); err == nil {
		t.Error("two runs of one name")
	}
}

// source gives fixed training data.
type source struct{ set *data.Set }

func (s source) Load(context.Context) (*data.Splits, error) {
	return &data.Splits{Name: "fixed", Train: s.set, Valid: s.set, Test: s.set}, nil
}

// TestOwnData trains on given samples: those of a teacher give the teacher's run.
func TestOwnData(t *testing.T) {
	c := small(TaskTeacher)
	c.Record.Updates = false
	want, err := Train(context.Background(), c, nil)
	must(t, err)
	set, err := Samples(context.Background(), c, nil)
	must(t, err)
	c.Task = TaskOwn
	got, err := Train(context.Background(), c, &Options{Data: source{set}})
	must(t, err)
	if fmt.Sprint(want.Points) != fmt.Sprint(got.Points) {
		t.Error("the same samples give another run")
	}
	score, err := Evaluate(context.Background(), got, set)
	must(t, err)
	if score.Samples != 5 || !(score.Error > 0) || score.Error > want.Points[3].Error*10 {
		t.Errorf("score %+v", score)
	}
	for name, bad := range map[string]source{
		"classes only": {&data.Set{Inputs: set.Inputs, Labels: []int{0, 0, 0, 0, 0}, Classes: 1}},
		"empty":        {&data.Set{}},
		"too wide":     {&data.Set{Inputs: set.Targets, Targets: set.Targets, Labels: set.Labels}},
	} {
		if _, err := Train(context.Background(), c, &Options{Data: bad}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Train(context.Background(), c, nil); err == nil || !strings.Contains(err.Error(), "Options.Data") {
		t.Errorf("no data: %v", err)
	}
}

// The samples of a backward run have no targets to compare with.
func TestEvaluateBackward(t *testing.T) {
	c := small(TaskBackward)
	r, err := Train(context.Background(), c, nil)
	must(t, err)
	set, err := Samples(context.Background(), c, nil)
	must(t, err)
	if part := set.Subset([]int{1, 0}); !reflect.DeepEqual(part.Inputs[0], set.Inputs[1]) {
		t.Error("part of the samples differs")
	}
	if _, err := Evaluate(context.Background(), r, set); err == nil || !strings.Contains(err.Error(), "have no target vectors") {
		t.Errorf("error %v", err)
	}
	set.Targets = [][]float64{{0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}}
	if score, err := Evaluate(context.Background(), r, set); err != nil || !(score.Error > 0) {
		t.Errorf("with targets of one's own: %+v, error %v", score, err)
	}
}

// The settings do not tell the number of own samples, not even where they have one.
func TestOwnUpdates(t *testing.T) {
	c := small(TaskTeacher)
	set, err := Samples(context.Background(), c, nil)
	must(t, err)
	c.Epochs, c.Record.Every = 4, 10
	want, err := Train(context.Background(), c, nil)
	must(t, err)
	x, y, err := want.Curve("update_2")
	must(t, err)
	if w := []float64{0.1, 1.1, 2.1, 3.1}; fmt.Sprintf("%.6g", x) != fmt.Sprintf("%.6g", w) {
		t.Errorf("at %v, want %v", x, w)
	}
	c.Task, c.Data.Samples = TaskOwn, 2
	c.Record.Variables = Variables{"1": {"pyramidal": {"rate"}}}
	dir := t.TempDir()
	got, err := Train(context.Background(), c, &Options{Data: source{set}, Dir: dir})
	must(t, err)
	loaded, err := Load(context.Background(), dir)
	must(t, err)
	for name, r := range map[string]*Result{"own": got, "loaded": loaded} {
		x2, y2, err := r.Curve("update_2")
		if err != nil || !reflect.DeepEqual(x, x2) || len(y2) != len(y) {
			t.Errorf("%s: at %v, want %v, error %v", name, x2, x, err)
		}
	}
	if size, want := c.RecordingSize(), int64(8*5*5); size != want {
		t.Errorf("recordings of settling take %d bytes, want %d", size, want)
	}
	rows, err := got.Recording(RecordingName{Training, 1, "pyramidal", "rate"})
	must(t, err)
	if all, want := c.recordingSize(set.Len()), int64(8*5*(5+len(rows))); all != want {
		t.Errorf("all recordings take %d bytes, want %d", all, want)
	}
}

func TestDiverged(t *testing.T) {
	c := small(TaskBackward)
	c.Learning.Rules.Down = Rule{Weight: "100*w"}
	c.Learning.Rates.I2P = repeat(0, 2)
	c.Learning.Rules.P2I = Rule{Weight: "100*w"}
	r, err := Train(context.Background(), c, nil)
	var diverged *DivergedError
	if !errors.As(err, &diverged) || !strings.HasPrefix(diverged.Quantity, "weight") || !strings.Contains(err.Error(), "its rule: 100*w") {
		t.Fatalf("error %v", err)
	}
	if r.Done {
		t.Error("done")
	}
	if _, err := r.Network(); err == nil {
		t.Error("a diverged run has a network")
	}
}

// When all is NaN the group that was first is named among the others.
func TestDivergedTogether(t *testing.T) {
	c := small(TaskBackward)
	c.Learning.Rates.Down[0] = 1e300
	_, err := Train(context.Background(), c, nil)
	var diverged *DivergedError
	if !errors.As(err, &diverged) || !math.IsNaN(diverged.Value) {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"fb of level 1", "i2p of level 1", "are not finite", "; down: eta*(noise_post*highpass_pre - alpha*w)", "i2p: eta*(-apical_post)*last_rate_pre"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "ff of level") {
		t.Errorf("names weights that are sound: %v", err)
	}
}

// TestNoAllocation takes training steps with all kinds of quantities.
func TestNoAllocation(t *testing.T) {
	c := small(TaskTeacher)
	c.Learning.Rules.Up = Rule{Weight: "eta*lowpass_error_post*lowpass_pre"}
	c.Learning.Rules.Down = Rule{Weight: "eta*(noise_post*highpass_pre - alpha*slope_post*slope_pre*w)"}
	c.Record.Variables = nil
	n, err := Build(c)
	must(t, err)
	n.net.setPhase(phase{true, true, true})
	n.net.setTarget([]float64{0, 1})
	x := []float64{0, 0.5, 1}
	if allocs := testing.AllocsPerRun(100, func() { n.net.step(x) }); allocs != 0 {
		t.Errorf("%v allocations per step", allocs)
	}
}
