package mdgl

import (
	"context"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

// TestContinue cuts trials in two: the second half, from the state of the first, must go
// on as the whole trial does, and from rest it must not.
func TestContinue(t *testing.T) {
	for _, model := range []string{"alif", "lsnn"} {
		for _, refractory := range []int{0, 1, 5} {
			c := short(MDGL)
			c.Cells.Model, c.Cells.Refractory, c.Precision = model, refractory, "float64"
			if model == "lsnn" {
				c.Cells.Delays = 7
			}
			task := shortTask()
			whole := task.Shape()
			trials, err := task.Draw(3, data.Training, 0, 5)
			must(t, err)
			half := whole
			half.Steps /= 2
			parts := [2][]data.Trial{make([]data.Trial, 5), make([]data.Trial, 5)}
			for i := range trials {
				for _, e := range trials[i].Events {
					k := int(e.Step) / half.Steps
					e.Step -= int32(k * half.Steps)
					parts[k][i].Events = append(parts[k][i].Events, e)
				}
				for k := range parts {
					parts[k][i].Decisions = []data.Decision{{From: half.Steps - 1, To: half.Steps, Label: 0}}
				}
			}
			counts := func(shape data.Shape, batches ...[]data.Trial) (total [][]float64) {
				n, err := Build(c, shape)
				must(t, err)
				var states []State
				for _, b := range batches {
					_, states, err = n.Continue(b, states)
					must(t, err)
					total = append(total, append([]float64(nil), n.meanRates()...))
				}
				return total
			}
			want := counts(whole, trials)[0]
			got := counts(half, parts[0], parts[1])
			fresh := counts(half, parts[1])[0]
			worst, apart := 0.0, 0.0
			for j := range want {
				worst = max(worst, math.Abs((got[0][j]+got[1][j])/2-want[j]))
				apart = max(apart, math.Abs(fresh[j]-got[1][j]))
			}
			if worst > 1e-12 || apart == 0 {
				t.Errorf("%s, refractory %d: rates of two halves differ by %v; from rest by %v, want more than 0", model, refractory, worst, apart)
			}
			n, err := Build(c, whole)
			must(t, err)
			if _, _, err := n.Continue(trials, []State{{}}); err == nil {
				t.Error("one state for five trials was accepted")
			}
			if _, _, err := n.Continue(trials[:1], []State{{Voltage: []float64{1}}}); err == nil {
				t.Error("a state of one neuron was accepted")
			}
			_, states, err := n.Continue(trials[:1], nil)
			must(t, err)
			for want, spoil := range map[string]func(s *State){
				"Voltage has NaN": func(s *State) { s.Voltage = append([]float64{math.NaN()}, s.Voltage[1:]...) },
				"Since has -7":    func(s *State) { s.Since = append([]int{-7}, s.Since[1:]...) },
			} {
				bad := states[0]
				spoil(&bad)
				if _, _, err := n.Continue(trials[:1], []State{bad}); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want one with %q", err, want)
				}
			}
		}
	}
}

// TestCarriedResume resumes a run whose validations carry the state of the cells.
func TestCarriedResume(t *testing.T) {
	c := short(MDGL)
	c.Validation.State, c.Validation.Tests = "carried", 3
	want := train(t, context.Background(), c, &Options{})
	dir := filepath.Join(t.TempDir(), "a")
	for _, at := range []int{0, 1, 3, 5} {
		ctx, cancel := context.WithCancel(context.Background())
		_, err := Train(ctx, c, &Options{Dir: dir, Resume: true, Task: stopAfter{shortTask(), at, cancel, new(bool)}})
		if err == nil {
			t.Fatal("the run was not stopped")
		}
	}
	got := train(t, context.Background(), c, &Options{Dir: dir, Resume: true})
	if !reflect.DeepEqual(format(got), format(want)) {
		t.Errorf("resumed run differs:\n%v\n%v", format(got), format(want))
	}
	c.Validation.State = "reset"
	if reset := train(t, context.Background(), c, &Options{}); reflect.DeepEqual(format(reset), format(want)) {
		t.Error("carrying the state changes nothing")
	}
}

// TestStop demands that a run ends at its criterion, tests then, and stays ended.
func TestStop(t *testing.T) {
	c := short(BPTT)
	c.Iterations, c.Validation.Every, c.Validation.Tests = 40, 1, 2
	c.Validation.StopError, c.Validation.StopWindow = 60, 4
	dir := filepath.Join(t.TempDir(), "a")
	r := train(t, context.Background(), c, &Options{Dir: dir})
	n := len(r.Points)
	if !r.Done || r.Test == nil || n < 4 || n > 40 {
		t.Fatalf("done %v, test %v after %d validations", r.Done, r.Test, n)
	}
	again := train(t, context.Background(), c, &Options{Dir: dir, Resume: true})
	if !reflect.DeepEqual(format(again), format(r)) {
		t.Error("resuming a run that has stopped changes it")
	}
	c.Validation.StopError = 0
	if r := train(t, context.Background(), c, &Options{}); len(r.Points) != 41 {
		t.Errorf("without a criterion %d validations, want 41", len(r.Points))
	}
}
