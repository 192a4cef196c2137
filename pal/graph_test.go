package pal

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
	"time"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
)

// eachGraph runs f with options for the graph engine on every backend. TrainAll
// opens the backend itself, so the plugin must be where it looks for it.
func eachGraph(t *testing.T, f func(t *testing.T, o Options)) {
	t.Helper()
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		if b.Plugin != "" {
			t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", filepath.Dir(b.Plugin))
		}
		f(t, Options{Engine: EngineGraph, Backend: b.Name})
	})
}

// variants are small runs with all that a configuration can ask for. Runs of one
// entry share a program.
func variants() map[string][]Config {
	vary := func(change func(c *Config)) []Config {
		var all []Config
		for i := range 3 {
			c := small(TaskTeacher)
			change(&c)
			if c.rule(groupUp).Delta == "" {
				c.Record.Variables["3"]["ff"] = []string{"g"}
			}
			c.Name, c.Seed = fmt.Sprintf("run_%d", i), uint32(10+i)
			if c.noisy() {
				c.Circuit.Noise.Amplitude = []float64{0.05 + float64(i)/100, 0.04}
			}
			c.Learning.Rates.Down[0] *= float64(i) // the first is 0
			c.Learning.Alpha = repeat(1e-5*float64(1+i), 2)
			all = append(all, c)
		}
		return all
	}
	return map[string][]Config{
		"teacher":  vary(func(c *Config) {}),
		"backward": vary(func(c *Config) { c.Task = TaskBackward }),
		"odd points": vary(func(c *Config) {
			c.Record.Every = 7
			c.Circuit.Activation = "soft_relu"
		}),
		"transposed": vary(func(c *Config) { c.setMode(BP); c.Circuit.Activation = "tanh" }),
		"silent":     vary(func(c *Config) { c.setMode(FA) })[:1],
		"options": vary(func(c *Config) {
			c.Circuit.DendriteTau, c.Circuit.Noise.White, c.Circuit.Noise.Scale, c.Circuit.Prospectivity = 0.5, true, "apical", 0.7
			c.Corrections = Corrections{FreeOutput: true, NoiseLag: true, HighpassRest: true, OutputSlope: true, CleanInputs: true}
			c.Circuit.Activation = "hard_sigmoid"
			c.Learning.Rules.Up = Rule{Weight: "eta*lowpass_error_post*lowpass_pre - 0.01*w"}
			c.Learning.Rules.Down = Rule{Weight: "eta*(noise_post*rate_pre - alpha*w*slope_post*slope_pre*step(highpass_pre))"}
			c.Learning.Rules.P2I = Rule{Weight: "delta/(2*dt)", Delta: "(eta*dt*tanh(u_post - predicted_u_post)*u_pre - delta)/tau + 1e-4*basal_post"}
			c.Learning.Rules.I2P = Rule{Weight: "-eta*tanh(w*rate_pre)*sigmoid(apical_post) + 0.01*last_rate_post*highpass_post"}
		}),
		"scaled": vary(func(c *Config) {
			c.Circuit.Noise.Scale, c.Circuit.Activation = "voltage", "relu"
			c.Record.Updates = false // of silent neurons they are rounding errors
		}),
		"ahead": vary(func(c *Config) { c.Circuit.Noise.Scale, c.Circuit.Activation = "prospective", "linear" }),
	}
}

// The graph engine agrees with the native one in all that a run leaves.
func TestGraphParity(t *testing.T) {
	native := map[string][]*Result{}
	for name, configs := range variants() {
		r, err := TrainAll(context.Background(), configs, &Options{Dir: t.TempDir()})
		must(t, err)
		native[name] = r
	}
	eachGraph(t, func(t *testing.T, o Options) {
		for name, configs := range variants() {
			o.Dir = t.TempDir()
			got, err := TrainAll(context.Background(), configs, &o)
			must(t, err)
			worst := 0.0
			for i, want := range native[name] {
				worst = max(worst, farthest(t, want, got[i]))
				text, err := os.ReadFile(filepath.Join(got[i].Dir, "versions.json"))
				must(t, err)
				if want := fmt.Sprintf("graph %s float64", o.Backend); !strings.Contains(string(text), want) {
					t.Errorf("%s: versions.json does not name %q", name, want)
				}
			}
			if !(worst < 1e-9) {
				t.Errorf("%s: differs by %g", name, worst)
			}
			t.Logf("%s: %.0e", name, worst)
		}
	})
}

// farthest returns the largest difference between two results: points, updates (in
// radians, less sharply), recordings and weights.
func farthest(t *testing.T, a, b *Result) (worst float64) {
	t.Helper()
	consider := func(what string, x, y []float64, scale float64) {
		if len(x) != len(y) {
			t.Fatalf("%s: %d and %d values", what, len(x), len(y))
		}
		for i := range x {
			if d := math.Abs(x[i]-y[i]) * scale; !(d <= worst) && !(math.IsNaN(x[i]) && math.IsNaN(y[i])) {
				worst = d
			}
		}
	}
	if len(a.Points) != len(b.Points) || !a.Done || !b.Done {
		t.Fatalf("%d and %d points, done %v and %v", len(a.Points), len(b.Points), a.Done, b.Done)
	}
	for i := range a.Points {
		for l, x := range a.Points[i].Alignment {
			y := b.Points[i].Alignment[l]
			consider("alignment", []float64{x.Angle, x.Theory, x.Jacobian}, []float64{y.Angle, y.Theory, y.Jacobian}, 1e-4)
			consider("norms", []float64{x.NormUp, x.NormDown}, []float64{y.NormUp, y.NormDown}, 1)
		}
		consider("point", []float64{a.Points[i].Time, a.Points[i].Error}, []float64{b.Points[i].Time, b.Points[i].Error}, 1)
	}
	consider("updates", flat(a.Updates), flat(b.Updates), 1e-4)
	names, err := a.Recordings()
	must(t, err)
	for _, n := range names {
		if n.Stage == Comparison {
			continue
		}
		x, err := a.Recording(n)
		must(t, err)
		y, err := b.Recording(n)
		must(t, err)
		consider(n.String(), flat(x), flat(y), 1)
	}
	x, err := a.Network()
	must(t, err)
	y, err := b.Network()
	must(t, err)
	for k, s := range x.net.synapses {
		consider("weights", s.w, y.net.synapses[k].w, 1)
		consider("delta", s.d, y.net.synapses[k].d, 1)
	}
	return worst
}

// A run gives the same files, bit for bit, alone and among others, in one go and
// with interruptions.
func TestGraphCompany(t *testing.T) {
	configs := variants()["teacher"]
	configs = append(configs, variants()["silent"]...) // a program of its own
	configs[3].Name = "silent"
	for i := range 7 {
		c := configs[1]
		c.Name, c.Seed = fmt.Sprintf("more_%d", i), uint32(100+i)
		configs = append(configs, c)
	}
	eachGraph(t, func(t *testing.T, o Options) {
		o.Dir, o.Workers = t.TempDir(), 2
		results, err := TrainAll(context.Background(), configs, &o)
		must(t, err)
		for _, i := range []int{1, 3} {
			alone := o
			alone.Dir = t.TempDir()
			r, err := Train(context.Background(), configs[i], &alone)
			must(t, err)
			if !r.Done || !reflect.DeepEqual(files(t, r.Dir), files(t, results[i].Dir)) {
				t.Errorf("%s: other files alone than among others", configs[i].Name)
			}
			sameWeights(t, r, results[i])
		}
		broken := o
		broken.Dir, broken.Resume = t.TempDir(), true
		for pieces := 0; ; pieces++ {
			if pieces > 60 {
				t.Fatal("never done")
			}
			rest := configs[:2]
			if pieces == 0 {
				rest = configs[1:2] // the other begins later, and ends later
			} else if pieces > 1 {
				broken.Engine = EngineAuto // which stays with the graph engine
			}
			_, err := TrainAll(afterSamples(16), rest, &broken)
			if err == nil && pieces > 0 {
				break
			}
			if err != nil && !strings.Contains(err.Error(), "interrupted") && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		for i := range 2 {
			if !reflect.DeepEqual(files(t, filepath.Join(broken.Dir, configs[i].Name)), files(t, results[i].Dir)) {
				t.Errorf("%s: other files after interruptions", configs[i].Name)
			}
		}
	})
}

// A run that diverges says so and leaves the others alone; so does one that cannot
// begin.
func TestGraphFailures(t *testing.T) {
	configs := variants()["teacher"]
	configs[1].Learning.Rates.Up = repeat(1e12, 3)
	o := Options{Engine: EngineGraph, Backend: backend.Go, Dir: t.TempDir()}
	must(t, os.MkdirAll(filepath.Join(o.Dir, configs[2].Name), 0o777))
	must(t, os.WriteFile(filepath.Join(o.Dir, configs[2].Name, "other"), []byte("in the way"), 0o666))
	results, err := TrainAll(context.Background(), configs, &o)
	var diverged *DivergedError
	if !errors.As(err, &diverged) || results[0] == nil || !results[0].Done || results[1].Done || results[2] != nil {
		t.Fatalf("error %v, results %v", err, results)
	}
	plain := o
	plain.Dir = t.TempDir()
	want, err := Train(context.Background(), configs[0], &plain)
	must(t, err)
	sameWeights(t, want, results[0])

	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := TrainAll(canceled, variants()["teacher"], &Options{Engine: EngineGraph, Backend: backend.Go}); err == nil {
		t.Error("cancelled before the start: no error")
	}
	for want, bad := range map[string]Options{
		`unknown engine "nativ" (did you mean "native"?)`: {Engine: "nativ"},
		`unknown backend "gpu"`:                           {Backend: "gpu"},
	} {
		if _, err := Train(context.Background(), configs[0], &bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	other := small(TaskTeacher)
	other.Record.Every = 21
	n := []*network{}
	for _, c := range []Config{small(TaskTeacher), other} {
		net, err := newNetwork(&c, nil)
		must(t, err)
		n = append(n, net)
	}
	b, err := backend.Open(backend.Go)
	must(t, err)
	defer b.Close()
	if _, err := newGraphBatch(b, 10, n); err == nil || !strings.Contains(err.Error(), "run 1: ") {
		t.Errorf("configurations that need two programs: %v", err)
	}
}

// checkpoints is a context that counts the checkpoints of a run, which the graph
// engine may write once between two looks at it.
type checkpoints struct {
	context.Context
	file  string
	last  os.FileInfo
	count int
}

func (c *checkpoints) Err() error {
	time.Sleep(time.Millisecond)
	if now, err := os.Stat(c.file); err == nil {
		if c.last == nil || !os.SameFile(now, c.last) {
			c.count++
		}
		c.last = now
	}
	return nil
}

// A run that diverges first does not make the others save after every sample.
func TestGraphCheckpoints(t *testing.T) {
	before := checkpointEvery
	checkpointEvery = 100 * time.Millisecond
	defer func() { checkpointEvery = before }()
	configs := variants()["teacher"][:2]
	for i := range configs {
		configs[i].Epochs, configs[i].Record.Updates = 20, false
	}
	configs[0].Learning.Rates.Up = repeat(1e12, 3)
	dir := t.TempDir()
	ctx := &checkpoints{Context: context.Background(), file: filepath.Join(dir, configs[1].Name, "checkpoint.bin")}
	start := time.Now()
	results, err := TrainAll(ctx, configs, &Options{Engine: EngineGraph, Backend: backend.Go, Dir: dir})
	var diverged *DivergedError
	if !errors.As(err, &diverged) || !results[1].Done {
		t.Fatalf("error %v", err)
	}
	if most := int(time.Since(start)/checkpointEvery) + 1; ctx.count < 1 || ctx.count > most {
		t.Errorf("%d checkpoints, want 1 to %d", ctx.count, most)
	}
}
