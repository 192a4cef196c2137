package dendritic

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// countdown is a context that ends after its Done has been asked for left times:
// once for every pattern, and a few times before the first.
type countdown struct {
	context.Context
	left int
}

var errCountdown = errors.New("counted down")

func (c *countdown) Done() <-chan struct{} {
	if c.left--; c.left >= 0 {
		return nil
	}
	closed := make(chan struct{})
	close(closed)
	return closed
}

func (c *countdown) Err() error {
	if c.left < 0 {
		return context.Canceled
	}
	return nil
}

// everything a results directory says about numbers: files by name.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if err != nil || e.IsDir() || name != "config.yaml" && name != "metrics.csv" && !strings.HasPrefix(name, "recordings") {
			return err
		}
		text, err := os.ReadFile(path)
		files[name] = string(text)
		return err
	})
	must(t, err)
	return files
}

// finalState returns the saved state of a run as bytes.
func finalState(t *testing.T, r *Result) []byte {
	t.Helper()
	s, err := r.restore()
	must(t, err)
	var b bytes.Buffer
	must(t, s.save(&b))
	return b.Bytes()
}

// sameRun compares two directories and results, but for the predictions of
// single patterns, which are not saved.
func sameRun(t *testing.T, got, want *Result) {
	t.Helper()
	if a, b := contents(t, got.Dir), contents(t, want.Dir); !reflect.DeepEqual(a, b) {
		for name := range b {
			if a[name] != b[name] {
				t.Errorf("%s differs: %d bytes, want %d", name, len(a[name]), len(b[name]))
			}
		}
		if len(a) != len(b) {
			t.Errorf("%d files, want %d", len(a), len(b))
		}
	}
	if !bytes.Equal(finalState(t, got), finalState(t, want)) {
		t.Error("the last state differs")
	}
	strip := func(r *Result) (all []any) {
		for _, e := range r.Epochs {
			e.Score.Predicted, e.Score.Target = nil, nil
			all = append(all, e)
		}
		test := *r.Test
		test.Predicted, test.Target = nil, nil
		return append(all, test, r.Done, r.Config)
	}
	if !reflect.DeepEqual(strip(got), strip(want)) {
		t.Errorf("result %+v, want %+v", strip(got), strip(want))
	}
}

// recorded makes a configuration record something of everything, at intervals
// that do not fit the patterns.
func recorded(c Config) Config {
	c.Record = Record{Every: 7, WeightsEvery: 33, Variables: Variables{
		"0": {"input": {"rate"}},
		"1": {"pyramidal": {"rate", "noise", "v_apical"}, "inter": {"rate"}, "ff": {"g", "delta"}, "fb": {"g"}, "i2p": {"g"}},
		"2": {"output": {"v_brev"}, "ff": {"g"}},
		"3": {"supervisor": {"rate"}},
	}}
	return c
}

// A run that is interrupted after every pattern, or every few, and resumed is the
// uninterrupted run, bit for bit.
func TestResume(t *testing.T) {
	deep := recorded(small(PAL, 4, 6, 5, 3))
	deep.Circuit.Bias = Bias{On: true, Rate: 1}
	deep.Data = Data{Set: "yinyang", Seed: 1, Classes: 3, Train: 2, Valid: 1, Test: 1}
	deep.Record.Variables = Variables{"1": {"bias_to_pyr": {"g", "delta"}, "pyramidal": {"V"}}, "3": {"output": {"V"}}}
	deep.Epochs = 2
	single := recorded(quick(PAL, 2, 2))
	single.Precision = Float32
	lag := recorded(quick(PAL, 2, 2))
	lag.Presentation.LearningLag, lag.Circuit.Noise.Tau = 0.31, 0.4
	voltage := quick(PAL, 2, 2)
	voltage.Circuit.LatentEquilibrium, voltage.Circuit.InputTau = false, 0.05
	bp := recorded(quick(BP, 3, 2))
	bp.Learning.ReinforceSelfPredict = true
	rules := quick(PAL, 2, 2)
	rules.Learning.Rules.Down = Rule{Weight: "delta", Delta: "(eta*noise_post*highpass_pre - delta)/0.3"}
	rules.Learning.Rules.P2I = Rule{Weight: "eta*tanh(rate_post - predicted_rate_post)*rate_pre"}
	for name, cfg := range map[string]Config{
		"PAL": recorded(quick(PAL, 2, 2)), "float32": single, "learning lag": lag, "two levels and bias": deep,
		"membrane voltage": voltage, "backpropagation": bp, "no epoch": recorded(quick(FA, 0, 2)), "own rules": rules,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := Train(t.Context(), cfg, &Options{Dir: filepath.Join(t.TempDir(), "run")})
			must(t, err)
			memory, err := Train(t.Context(), cfg, nil)
			must(t, err)
			for group, level := range map[string]int{"ff": 1, "fb": 1, "p2i": 1, "i2p": 1} {
				a, err := memory.Weights(level, group)
				must(t, err)
				b, err := want.Weights(level, group)
				must(t, err)
				if d := difference(t, a.RawMatrix().Data, b.RawMatrix().Data); d > 1e-14 {
					t.Errorf("a run in memory ends elsewhere: %s differs by %g", group, d)
				}
			}
			for _, patterns := range [][]int{{1}, {3, 1, 6, 2}} {
				o := &Options{Dir: filepath.Join(t.TempDir(), "run"), Resume: true}
				stops := 0
				for r := (*Result)(nil); r == nil || !r.Done; stops++ {
					r, err = Train(&countdown{t.Context(), patterns[stops%len(patterns)] + 1}, cfg, o)
					if err == nil {
						sameRun(t, r, want)
						break
					}
					if !errors.Is(err, context.Canceled) || r == nil || r.Done {
						t.Fatalf("stop %d: %v, %+v", stops, err, r)
					}
					if stops > 1000 {
						t.Fatal("no progress")
					}
				}
				loaded, err := Load(t.Context(), o.Dir)
				must(t, err)
				sameRun(t, loaded, want)
				if stops < 2 {
					t.Errorf("interrupted %d times only", stops)
				}
			}
		})
	}
}

// The state of an engine, saved after any pattern and loaded by another one, goes
// on in the same way.
func TestSavedState(t *testing.T) {
	for name, config := range engineCases {
		t.Run(name, func(t *testing.T) {
			for _, v := range []variant{{}, {full: true}} {
				cfg := config()
				a := newborn[float64](t, &cfg, v.full)
				b := newborn[float64](t, &cfg, v.full)
				protocol(t, &cfg, func(first, training bool, pattern, target []float64) {
					must(t, a.present(first, training, pattern, target, 100, func(int) {}))
					must(t, b.present(first, training, pattern, target, 100, func(int) {}))
					var state bytes.Buffer
					must(t, b.save(gob.NewEncoder(&state)))
					b = build[float64](t, &cfg, v.full)
					must(t, b.load(gob.NewDecoder(&state)))
				})
				if d, where := differences(t, a.synapseState(t), b.synapseState(t)); d != 0 {
					t.Errorf("full %v: %s differs by %g", v.full, where, d)
				}
				if d, where := differences(t, a.neuronState(t), b.neuronState(t)); d != 0 {
					t.Errorf("full %v: %s differs by %g", v.full, where, d)
				}
			}
		})
	}
}

// childConfig is the run of the killed process: some seconds with checkpoints.
func childConfig() Config {
	c := recorded(quick(PAL, 60, 60))
	c.Record.Every, c.Record.WeightsEvery = 107, 1033
	return c
}

// TestMain lets this program be the process that TestKill kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("DENDRITIC_CHILD"); dir != "" {
		if _, err := Train(context.Background(), childConfig(), &Options{Dir: dir, Resume: true}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// A process killed at random moments, resumed until it is done, leaves the
// directory of an uninterrupted run.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	want, err := Train(t.Context(), childConfig(), &Options{Dir: filepath.Join(t.TempDir(), "run")})
	must(t, err)
	dir := filepath.Join(t.TempDir(), "run")
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	kills := 0
	for try := 0; ; try++ {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "DENDRITIC_CHILD="+dir)
		var output bytes.Buffer
		cmd.Stdout, cmd.Stderr = &output, &output
		must(t, cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		if try < 4 {
			// Anywhere, or soon after a new checkpoint.
			if try%2 == 1 {
				awaitCheckpoint(dir, ended)
			}
			time.Sleep(time.Duration(rng.Float64() * float64(300*time.Millisecond)))
			must(t, ignoreFinished(cmd.Process.Kill()))
		}
		err := <-ended
		if err == nil {
			break
		}
		if !strings.Contains(err.Error(), "killed") {
			t.Fatalf("%v: %s", err, output.String())
		}
		kills++
	}
	if kills == 0 {
		t.Error("the process was never killed in time")
	}
	t.Logf("%d kills", kills)
	got, err := Load(t.Context(), dir)
	must(t, err)
	sameRun(t, got, want)
}

// awaitCheckpoint returns when dir has a new checkpoint, or the process its end.
func awaitCheckpoint(dir string, ended chan error) {
	modified := func() time.Time {
		info, err := os.Stat(filepath.Join(dir, "checkpoint.bin"))
		if err != nil {
			return time.Time{}
		}
		return info.ModTime()
	}
	for before := modified(); modified().Equal(before); {
		select {
		case err := <-ended:
			ended <- err
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func ignoreFinished(err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// What may not go on does not, and leaves the directory as it is.
func TestResumeRefused(t *testing.T) {
	cfg := quick(PAL, 2, 2)
	dir := filepath.Join(t.TempDir(), "run")
	_, err := Train(&countdown{t.Context(), 6}, cfg, &Options{Dir: dir})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	before := contents(t, dir)
	refuse := func(c Config, o *Options, parts ...string) {
		t.Helper()
		r, err := Train(t.Context(), c, o)
		if err == nil {
			t.Fatalf("no error, %+v", r)
		}
		for _, part := range parts {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error %q lacks %q", err, part)
			}
		}
		if !reflect.DeepEqual(contents(t, dir), before) {
			t.Error("the directory has changed")
		}
	}
	refuse(cfg, &Options{Dir: dir}, dir)
	changed := cfg
	changed.Learning.Alpha = 0.5
	changed.Epochs = 3
	refuse(changed, &Options{Dir: dir, Resume: true}, "learning.alpha", "0.5", "epochs")
	r, err := Train(t.Context(), cfg, &Options{Dir: dir, Resume: true})
	must(t, err)
	if !r.Done || len(r.Epochs) != 3 {
		t.Errorf("%+v", r)
	}
	// A run that is done stays so.
	after := contents(t, dir)
	again, err := Train(t.Context(), cfg, &Options{Dir: dir, Resume: true})
	must(t, err)
	if !again.Done || len(again.Epochs) != 3 || again.Test == nil || again.Test.Accuracy != r.Test.Accuracy || !reflect.DeepEqual(contents(t, dir), after) {
		t.Errorf("%+v", again)
	}
}

// A fresh seed is drawn once and saved: resuming goes on with it.
func TestFreshSeeding(t *testing.T) {
	cfg := quick(PAL, 1, 3)
	cfg.Seeding = "fresh"
	var seeds []uint32
	for i := range 3 {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(i))
		first, err := Train(&countdown{t.Context(), 8}, cfg, &Options{Dir: dir})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		r, err := Train(t.Context(), cfg, &Options{Dir: dir, Resume: true})
		must(t, err)
		if r.Config.Seed != first.Config.Seed {
			t.Errorf("seed %d goes on with %d", first.Config.Seed, r.Config.Seed)
		}
		if saved, err := Load(t.Context(), dir); err != nil || saved.Config.Seed != first.Config.Seed {
			t.Errorf("seed %d is saved as %d, %v", first.Config.Seed, saved.Config.Seed, err)
		}
		keyed := cfg
		keyed.Seeding, keyed.Seed = "keyed", r.Config.Seed
		k, err := Train(t.Context(), keyed, nil)
		must(t, err)
		if !bytes.Equal(finalState(t, r), finalState(t, k)) {
			t.Error("the saved seed gives another run")
		}
		seeds = append(seeds, r.Config.Seed)
	}
	slices.Sort(seeds)
	if len(slices.Compact(seeds)) != 3 || slices.Contains(seeds, cfg.Seed) {
		t.Errorf("seeds %v", seeds)
	}
}
