package dendritic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/mt19937"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// step is one time step of a run as its protocol says.
type step struct {
	stage string
	index int64
	net   *network[float64]
}

// walk carries out the protocol once more, one step at a time: validation before
// every training pass and at the end, then the test; a fresh order for every
// pass; no step of the axis for the last two.
func walk(t *testing.T, cfg Config, each func(s step)) {
	t.Helper()
	src, err := cfg.source(nil)
	must(t, err)
	splits, err := src.Load(t.Context())
	must(t, err)
	rng := mt19937.New(cfg.Seed)
	n := build[float64](t, &cfg, true)
	n.drawWeights(rng)
	index := int64(0)
	pass := func(stage string, set *data.Set, perClass int, advance bool) {
		st, err := newStage(&cfg, set, perClass*cfg.Data.Classes)
		must(t, err)
		order := make([]int, set.Len())
		for i := range order {
			order[i] = i
		}
		rng.Shuffle(order)
		at := index
		for k, i := range order[:st.samples] {
			must(t, n.present(k == 0, stage == stageTrain, st.patterns[i], st.targets[i], 1, func(int) {
				each(step{stage, at, n})
				at++
			}))
		}
		if advance {
			index = at
		}
	}
	for range cfg.Epochs {
		pass(stageValid, splits.Valid, cfg.Data.Valid, true)
		pass(stageTrain, splits.Train, cfg.Data.Train, true)
	}
	pass(stageValid, splits.Valid, cfg.Data.Valid, false)
	pass(stageTest, splits.Test, cfg.Data.Test, false)
}

// Recordings hold, row by row, what the variables are at the multiples of their
// intervals: neurons in all stages, synapses in training.
func TestRecordedRows(t *testing.T) {
	for _, every := range [][2]int{{0, 0}, {7, 33}, {100, 1}, {130, 250}} {
		t.Run(fmt.Sprint(every), func(t *testing.T) {
			cfg := recorded(quick(PAL, 2, 3))
			cfg.Record.Every, cfg.Record.WeightsEvery = every[0], every[1]
			r, err := Train(t.Context(), cfg, &Options{Dir: filepath.Join(t.TempDir(), "run")})
			must(t, err)
			neurons, synapses := every[0], every[1]
			if neurons == 0 {
				neurons = 20
			}
			if synapses == 0 {
				synapses = neurons
			}
			want := map[string][][]float64{}
			walk(t, cfg, func(s step) {
				for level, groups := range cfg.Record.Variables {
					for group, variables := range groups {
						for _, v := range variables {
							name := fmt.Sprintf("%s/%s/%s/%s", s.stage, level, group, v)
							synapse := v == "g" || v == "delta"
							if want[name] == nil {
								want[name] = [][]float64{}
							}
							if synapse && (s.stage != stageTrain || s.index%int64(synapses) != 0) || !synapse && s.index%int64(neurons) != 0 {
								continue
							}
							want[name] = append(want[name], s.net.values(t, atoi(t, level), group, v))
						}
					}
				}
			})
			names, err := r.Recordings()
			must(t, err)
			if len(names) != len(want) || len(want) != 3*12 {
				t.Errorf("%d recordings, want %d", len(names), len(want))
			}
			for _, name := range names {
				file, err := npy.OpenReader(filepath.Join(r.Dir, "recordings", name.String()+".npy"))
				must(t, err)
				rows := want[name.String()]
				if file.Rows() != len(rows) {
					t.Errorf("%v: %d rows, want %d", name, file.Rows(), len(rows))
					continue
				}
				got := make([]float64, file.Rows()*file.Width())
				must(t, file.ReadRows(got, 0, 1))
				if d := difference(t, got, flat(rows)) / (1 + largest(got)); d > 1e-7 {
					t.Errorf("%v is off by %g", name, d)
				}
				must(t, file.Close())
			}
		})
	}
}

// Evaluate gives the score of a validation pass if it shows its patterns in the
// same order from the same state: without noise, latent equilibrium forgets the
// pattern before within a few steps.
func TestEvaluate(t *testing.T) {
	cfg := quick(FA, 2, 40)
	cfg.Presentation.Shuffle = false
	r, err := Train(t.Context(), cfg, nil)
	must(t, err)
	src, err := cfg.source(nil)
	must(t, err)
	splits, err := src.Load(t.Context())
	must(t, err)
	before := finalState(t, r)
	valid, err := Evaluate(t.Context(), r, splits.Valid)
	must(t, err)
	test, err := Evaluate(t.Context(), r, splits.Test)
	must(t, err)
	for _, c := range []struct{ got, want Score }{{valid, r.Last().Score}, {test, *r.Test}} {
		if c.got.Accuracy != c.want.Accuracy || math.Abs(c.got.RMSE-c.want.RMSE) > 1e-3 || !slices.Equal(c.got.Predicted, c.want.Predicted) || !slices.Equal(c.got.Target, c.want.Target) {
			t.Errorf("%+v, want %+v", c.got, c.want)
		}
	}
	if !bytes.Equal(finalState(t, r), before) {
		t.Error("evaluation changes the result")
	}
	if train, err := Evaluate(t.Context(), r, splits.Train); err != nil || train.Samples != 120 || train.Accuracy == valid.Accuracy {
		t.Errorf("training data: %+v, %v", train, err)
	}
	wrong := &data.Set{Inputs: [][]float64{{1, 2}}, Labels: []int{0}, Classes: 3}
	if _, err := Evaluate(t.Context(), r, wrong); err == nil || !strings.Contains(err.Error(), "2 inputs") {
		t.Errorf("wrong size: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Evaluate(ctx, r, splits.Valid); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := Evaluate(t.Context(), &Result{Config: cfg}, splits.Valid); err == nil {
		t.Error("a run that did not start is evaluated")
	}
}

func TestTrainAll(t *testing.T) {
	dir := t.TempDir()
	var configs []Config
	for i, mode := range []Mode{FA, PAL, EtaZero, BP, PAL} {
		cfg := quick(mode, 2, 8)
		cfg.Name, cfg.Seed = fmt.Sprintf("run%d", i), uint32(i)
		configs = append(configs, cfg)
	}
	configs[1].Learning.Rules.Up = Rule{Weight: "1e5*w"}
	var progress lockedBuffer
	results, err := TrainAll(t.Context(), configs, &Options{Dir: dir, Workers: 3, Progress: &progress})
	var diverged *DivergedError
	if !errors.As(err, &diverged) || !strings.Contains(err.Error(), "1 failed") {
		t.Errorf("error %q", err)
	}
	for i, r := range results {
		if i == 1 {
			if r == nil || r.Done || len(r.Epochs) != 1 {
				t.Errorf("failed run: %+v", r)
			}
			continue
		}
		alone, err := Train(t.Context(), configs[i], nil)
		must(t, err)
		if !r.Done || !bytes.Equal(finalState(t, r), finalState(t, alone)) {
			t.Errorf("run %d is not the run alone", i)
		}
		loaded, err := Load(t.Context(), filepath.Join(dir, configs[i].Name))
		must(t, err)
		sameRun(t, loaded, r)
	}
	if !strings.Contains(progress.String(), "run3") && !strings.Contains(progress.String(), "%") {
		t.Errorf("progress %q", progress.String())
	}
	loaded, err := Load(t.Context(), filepath.Join(dir, "run1"))
	if err != nil || loaded.Done || len(loaded.Epochs) != 1 {
		t.Errorf("failed run: %+v, %v", loaded, err)
	}
	// All runs may be resumed; the failed one fails in the same way.
	again, err := TrainAll(t.Context(), configs, &Options{Dir: dir, Resume: true})
	if !errors.As(err, &diverged) || !again[4].Done {
		t.Errorf("resumed: %v", err)
	}
	configs[2].Name = configs[3].Name
	if _, err := TrainAll(t.Context(), configs, &Options{Dir: dir, Resume: true}); err == nil || !strings.Contains(err.Error(), `"run3"`) {
		t.Errorf("equal names: %v", err)
	}
	configs[2].Epochs = -1
	if r, err := TrainAll(t.Context(), configs, nil); err == nil || !strings.Contains(err.Error(), "epochs") || slices.ContainsFunc(r, func(r *Result) bool { return r != nil }) {
		t.Errorf("bad configuration: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := TrainAll(ctx, configs[3:], nil); !errors.Is(err, context.Canceled) || r[0] != nil {
		t.Errorf("cancelled: %v", err)
	}
}

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A run can be loaded at any time while it goes on.
func TestLoadWhileRunning(t *testing.T) {
	cfg := recorded(quick(PAL, 12, 12))
	cfg.Record.Every = 20
	dir := filepath.Join(t.TempDir(), "run")
	type outcome struct {
		r   *Result
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		r, err := Train(context.Background(), cfg, &Options{Dir: dir})
		done <- outcome{r, err}
	}()
	last, loads := 0, 0
	for {
		select {
		case o := <-done:
			must(t, o.err)
			final, err := Load(t.Context(), dir)
			must(t, err)
			sameRun(t, final, o.r)
			if loads == 0 {
				t.Error("never loaded in time")
			}
			return
		default:
		}
		r, err := Load(t.Context(), dir)
		if err != nil {
			if last > 0 || loads > 0 {
				t.Fatal(err)
			}
			continue // has not begun
		}
		loads++
		if len(r.Epochs) < last || len(r.Epochs) > 13 {
			t.Errorf("%d epochs after %d", len(r.Epochs), last)
		}
		last = len(r.Epochs)
		for e := range r.Epochs {
			if r.Done {
				break
			}
			score, err := r.RecordedScore(Validation, e)
			if err == nil && score.Accuracy != r.Epochs[e].Score.Accuracy {
				t.Errorf("epoch %d: accuracy %g, recorded %g", e, r.Epochs[e].Score.Accuracy, score.Accuracy)
			}
		}
	}
}

// A damaged directory is an error that says where.
func TestLoadDamaged(t *testing.T) {
	cfg := quick(FA, 1, 2)
	overwrite := func(file, text string) func(dir string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666) }
	}
	for _, c := range []struct {
		name   string
		damage func(dir string) error
		want   string
	}{
		{"no directory", os.RemoveAll, "the-run"},
		{"no config", func(dir string) error { return os.Remove(filepath.Join(dir, "config.yaml")) }, "the-run"},
		{"foreign config", overwrite("config.yaml", "a: 1\n"), "the-run"},
		{"foreign metrics", overwrite("metrics.csv", "epoch,loss\n0,1\n"), "loss"},
		{"damaged checkpoint", overwrite("checkpoint.bin", "123456781234567812345678"), "the-run"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "the-run")
			_, err := Train(t.Context(), cfg, &Options{Dir: dir})
			must(t, err)
			must(t, c.damage(dir))
			os.Remove(filepath.Join(dir, "checkpoint.prev"))
			r, err := Load(t.Context(), dir)
			if err == nil {
				_, err = r.Weights(1, "ff")
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}
