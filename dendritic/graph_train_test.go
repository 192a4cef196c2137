package dendritic

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

// sweepConfigs returns short runs that share a program.
func sweepConfigs(t testing.TB, runs int) []Config {
	t.Helper()
	var all []Config
	for i := range runs {
		c := quick([]Mode{PAL, FA, EtaZero, FAPlasticI2P}[i%4], 2, 12)
		c.Seed += uint32(i)
		c.Name = fmt.Sprintf("run_%d", i)
		must(t, c.Validate())
		all = append(all, c)
	}
	return all
}

// onGraph sets the options for a backend of the tests.
func onGraph(t testing.TB, b *backend.Backend, dir string) *Options {
	t.Helper()
	if b.Plugin != "" {
		t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", filepath.Dir(b.Plugin))
	}
	return &Options{Dir: dir, Engine: EngineGraph, Backend: b.Name}
}

func trainedAll(t *testing.T, configs []Config, o *Options) []*Result {
	t.Helper()
	results, err := TrainAll(t.Context(), configs, o)
	must(t, err)
	return results
}

// The graph engine comes to what the native one comes to, and keeps the same files.
func TestGraphTrainAll(t *testing.T) {
	configs := sweepConfigs(t, 5)
	native := trainedAll(t, configs, &Options{Dir: t.TempDir(), Engine: EngineNative})
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		o := onGraph(t, b, t.TempDir())
		graph := trainedAll(t, configs, o)
		for i, r := range graph {
			want := native[i]
			if !r.Done || r.Test == nil || len(r.Epochs) != len(want.Epochs) {
				t.Fatalf("run %d: %+v", i, r)
			}
			for k, e := range r.Epochs {
				w := want.Epochs[k]
				if !reflect.DeepEqual(e.Score.Predicted, w.Score.Predicted) || math.Abs(e.Score.RMSE-w.Score.RMSE) > 1e-9 ||
					math.Abs(e.Alignment[0].Angle-w.Alignment[0].Angle) > 1e-7 {
					t.Errorf("run %d, epoch %d: %+v, want %+v", i, k, e, w)
				}
			}
			if math.Abs(r.Test.RMSE-want.Test.RMSE) > 1e-9 {
				t.Errorf("run %d: test %+v, want %+v", i, r.Test, want.Test)
			}
			loaded, err := Load(t.Context(), r.Dir)
			must(t, err)
			if !loaded.Done || len(loaded.Epochs) != len(r.Epochs) {
				t.Errorf("run %d: loaded %+v", i, loaded)
			}
			if got := experiment.BegunBy(r.Dir); got != "graph "+b.Name+" float64" {
				t.Errorf("run %d: versions.json says %q", i, got)
			}
		}
		// Alone, a run is the same, bit for bit.
		o.Dir = t.TempDir()
		alone := trainedAll(t, configs[2:3], o)[0]
		sameRun(t, alone, graph[2])
	})
}

// stopping is a context that ends after its error has been asked for left times.
type stopping struct {
	context.Context
	left int
}

func (c *stopping) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func (c *stopping) Done() <-chan struct{} { return nil }

// Runs of the graph engine that are interrupted wherever it can be, and resumed with
// the engine that auto takes, are the uninterrupted ones, bit for bit.
func TestGraphResume(t *testing.T) {
	configs := sweepConfigs(t, 3)
	for i := range configs {
		configs[i].Data.Train, configs[i].Data.Valid, configs[i].Data.Test = 3, 2, 1
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		want := trainedAll(t, configs, onGraph(t, b, t.TempDir()))
		o := onGraph(t, b, t.TempDir())
		o.Workers = 1
		stops, every := 0, 3
		if b.Name != backend.Go {
			every = 6 // compiling takes a second
		}
		for {
			results, err := TrainAll(&stopping{t.Context(), every + stops%4}, configs, o)
			o.Resume = true
			if experiment.BegunBy(filepath.Join(o.Dir, configs[0].Name)) != "" {
				o.Engine = EngineAuto
			}
			if err == nil {
				for i := range results {
					sameRun(t, results[i], want[i])
				}
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if stops++; stops > 500 {
				t.Fatal("it does not get on")
			}
		}
		if stops == 0 { // how many there are depends on the speed of the machine
			t.Error("nothing was interrupted")
		}
		// Runs at different places go on as well.
		o = onGraph(t, b, t.TempDir())
		if _, err := TrainAll(&stopping{t.Context(), 6}, configs[:1], o); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		o.Resume = true
		for i, r := range trainedAll(t, configs, o) {
			sameRun(t, r, want[i])
		}
	})
}

// A run that diverges does not stop the others of its batch, and does not change
// them.
func TestGraphDiverges(t *testing.T) {
	configs := sweepConfigs(t, 3)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		want := trainedAll(t, configs, onGraph(t, b, t.TempDir()))
		wild := sweepConfigs(t, 3)
		wild[0].Learning.Rates.Up = []float64{1e9, 1e9}
		results, err := TrainAll(t.Context(), wild, onGraph(t, b, t.TempDir()))
		var diverged *DivergedError
		if !errors.As(err, &diverged) || !strings.Contains(err.Error(), "run_0") || results[0].Done || len(results[0].Epochs) == 0 {
			t.Fatalf("error %v, result %+v", err, results[0])
		}
		if _, err := results[0].Network(); err != nil {
			t.Errorf("the state of the last validation: %v", err)
		}
		for i := 1; i < 3; i++ {
			sameRun(t, results[i], want[i])
		}
	})
}

// Batches go to all devices that there are.
func TestGraphDevices(t *testing.T) {
	b := backendtest.XLA(t)
	if n := b.Engine.NumDevices(); n < 4 {
		t.Fatalf("the processor shows %d devices, want 4", n)
	}
	configs := sweepConfigs(t, 40)
	for i := range configs {
		configs[i].Epochs = 1
	}
	o := onGraph(t, b, "")
	o.Workers = 4
	e, err := chooseEngines(configs, make([]string, len(configs)), o)
	must(t, err)
	defer e.close()
	units := e.units(configs)
	if len(units) != 3 || len(units[0].runs) != 16 || cap(e.devices) != 4 {
		t.Errorf("units %v on %d devices", units, cap(e.devices))
	}
	many := trainedAll(t, configs, o)
	o.Workers = 1
	one := trainedAll(t, configs[37:38], o)
	if !reflect.DeepEqual(many[37].Epochs, one[0].Epochs) || !reflect.DeepEqual(many[37].Test, one[0].Test) {
		t.Errorf("on another device %+v, want %+v", many[37].Last(), one[0].Last())
	}
}

// float32 learns as the native engine in that precision does, not bit for bit.
func TestGraphFloat32(t *testing.T) {
	configs := sweepConfigs(t, 2)
	for i := range configs {
		configs[i].Precision = Float32
	}
	native := trainedAll(t, configs, nil)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		dir := t.TempDir()
		for i, r := range trainedAll(t, configs, onGraph(t, b, dir)) {
			got, want := r.Last(), native[i].Last()
			if math.Abs(got.Score.RMSE-want.Score.RMSE) > 1e-4 || math.Abs(got.Alignment[0].Angle-want.Alignment[0].Angle) > 0.01 ||
				got.Score.RMSE == want.Score.RMSE {
				t.Errorf("run %d: %+v, want about %+v", i, got, want)
			}
			n, err := r.Network()
			must(t, err)
			w, err := n.Weights(1, "ff")
			must(t, err)
			if v := w.At(0, 0); v != float64(float32(v)) {
				t.Errorf("a weight of a float32 run is %v", v)
			}
			loaded, err := Load(t.Context(), r.Dir)
			must(t, err)
			if again, err := loaded.Weights(1, "ff"); err != nil || again.At(0, 0) != w.At(0, 0) {
				t.Errorf("loaded: %v, %v", again.At(0, 0), err)
			}
		}
	})
}

func TestEngineChoice(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", t.TempDir())
	t.Setenv(backend.Env, "")
	recorded := recorded(quick(PAL, 1, 3))
	for want, o := range map[string]*Options{
		`Options.Engine is "gpu", must be one of auto, native, graph`: {Engine: "gpu"},
		`Options.Backend: backend: unknown backend "tpu"`:             {Backend: "tpu"},
		"backend: xla:cpu: no plugin":                                 {Engine: EngineGraph, Backend: "xla:cpu"},
	} {
		if _, err := Train(t.Context(), quick(PAL, 1, 3), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := Train(t.Context(), recorded, &Options{Engine: EngineGraph}); err == nil || !strings.Contains(err.Error(), "record.variables: only the native engine records") {
		t.Errorf("error %v", err)
	}
	for _, o := range []*Options{{}, {Engine: EngineAuto}, {Engine: EngineNative}} {
		e, err := chooseEngines([]Config{recorded}, []string{""}, o)
		must(t, err)
		if e.graph[0] || !strings.HasPrefix(e.note, "engine native: ") {
			t.Errorf("%+v: %+v", o, e)
		}
	}
	// Without a plugin auto falls back to the backend in pure Go and says why.
	e, err := chooseEngines([]Config{quick(PAL, 1, 3)}, []string{""}, &Options{Engine: EngineGraph})
	must(t, err)
	defer e.close()
	if !e.graph[0] || !strings.HasPrefix(e.note, "engine graph: asked for; backend go: auto; ") {
		t.Errorf("%q", e.note)
	}
	// The line stands above the progress of the runs.
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	must(t, err)
	defer file.Close()
	_, err = Train(t.Context(), quick(PAL, 1, 3), &Options{Progress: file})
	must(t, err)
	text, err := os.ReadFile(file.Name())
	must(t, err)
	if !strings.HasPrefix(string(text), "engine native: ") {
		t.Errorf("progress %q", text)
	}
}
