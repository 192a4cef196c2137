package le

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
	"github.com/neurocredit/neurocredit/internal/config"
)

// clouds are samples of values values around one centre per class.
type clouds struct{ values, classes, count int }

func (c clouds) Load(context.Context) (*data.Splits, error) {
	rng := rand.New(rand.NewPCG(1, 2))
	centres := make([][]float64, c.classes)
	for k := range centres {
		for range c.values {
			centres[k] = append(centres[k], rng.NormFloat64())
		}
	}
	set := func(n int) *data.Set {
		s := &data.Set{Classes: c.classes}
		for i := range n {
			row := make([]float64, c.values)
			for k := range row {
				row[k] = centres[i%c.classes][k] + 0.3*rng.NormFloat64()
			}
			s.Inputs, s.Labels = append(s.Inputs, row), append(s.Labels, i%c.classes)
		}
		return s
	}
	return &data.Splits{Name: "clouds", Train: set(c.count), Valid: set(c.count / 2), Test: set(c.count / 2)}, nil
}

var ownClouds = clouds{6, 3, 48}

// small is a network 6-8-3 that learns clouds.
func small(mode Mode) Config {
	c := New([]int{6}, Linear(8, "tanh"), Linear(3, "linear"))
	c.Name, c.Epochs = "small_"+string(mode), 3
	c.Presentation = Presentation{Batch: 8, Updates: 20}
	c.Data.Split = "random"
	c.Learning.Algorithm, c.Learning.Up = mode, []float64{0.5, 0.5}
	c.Evaluation = Evaluation{Updates: 10, Noise: true, Code: 1}
	if mode == PAL {
		c.Learning.Down, c.Learning.Decay = []float64{0, 10}, []float64{0, 1e-3}
		c.Network.Noise.Amplitude = []float64{0.1, 0}
	}
	return c
}

func on(b *backend.Backend) *Options { return &Options{Backend: b.Name, Data: ownClouds} }

// TestCompileOnce trains over epochs with programs that are compiled once.
func TestCompileOnce(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		c := small(PAL)
		set, err := c.load(t.Context(), ownClouds)
		must(t, err)
		r, err := openRun(&c, set, b, "", false, nil)
		must(t, err)
		tr, err := newTrainer(b, []*run{r})
		must(t, err)
		defer tr.close()
		for !r.done() {
			must(t, tr.scoreAll(t.Context()))
			if r.position.Epoch < c.Epochs {
				must(t, tr.trainEpoch(t.Context()))
			}
		}
		if n, m := tr.train.Compiled(), tr.observer.program.Compiled(); len(r.result.Points) != 4 || n != 1 || m != 1 {
			t.Errorf("%d points with %d and %d compilations, want 4 with 1 and 1", len(r.result.Points), n, m)
		}
	})
}

func sameRun(t *testing.T, what string, a, b *Result) {
	t.Helper()
	if len(a.Points) != len(b.Points) {
		t.Fatalf("%s: %d points, want %d", what, len(b.Points), len(a.Points))
	}
	for i := range a.Points {
		x, y := a.Points[i].row(), b.Points[i].row()
		for k := range x {
			if math.Float64bits(x[k]) != math.Float64bits(y[k]) {
				t.Errorf("%s: point %d: %s is %v, want %v", what, i, metricColumns(a.aligned())[k], y[k], x[k])
			}
		}
	}
	for i := range a.state {
		if !slices.Equal(a.state[i], b.state[i]) {
			t.Errorf("%s: array %d of the state differs", what, i)
		}
	}
}

// A run gives the same numbers, bit for bit, alone and in any company.
func TestCompany(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		if b.Plugin != "" {
			t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", filepath.Dir(b.Plugin))
		}
		for _, mode := range Modes() {
			if testing.Short() && b.Name != backend.Go && mode != PAL {
				continue // compiled for seconds
			}
			var configs []Config
			for seed := range uint64(3) {
				c := small(mode)
				c.Name, c.Seed, c.Epochs = c.Name+string(rune('a'+seed)), seed, 1
				c.Learning.Up = []float64{0.5, 0.1 * float64(seed)}
				configs = append(configs, c)
			}
			all, err := TrainAll(t.Context(), configs, on(b))
			must(t, err)
			for i, c := range configs {
				alone, err := Train(t.Context(), c, on(b))
				must(t, err)
				sameRun(t, c.Name, alone, all[i])
			}
		}
	})
}

// after cancels a context at the given number of looks at it.
type after struct {
	context.Context
	looks *int
}

func (a after) Err() error {
	if *a.looks--; *a.looks < 0 {
		return context.Canceled
	}
	return nil
}

// An interrupted run resumes bit for bit, wherever it was stopped.
func TestResume(t *testing.T) {
	b, err := backend.Open(backend.Go)
	must(t, err)
	defer b.Close()
	o := *on(b)
	c := small(PAL)
	c.Data.Train, c.Presentation.Batch = 0, 4 // 12 batches: two calls per epoch
	whole, err := Train(t.Context(), c, &o)
	must(t, err)
	for _, looks := range []int{1, 3, 6, 9, 12, 15} {
		o.Dir, o.Resume = t.TempDir(), true
		if _, err := Train(after{t.Context(), &looks}, c, &o); !errors.Is(err, context.Canceled) {
			t.Fatalf("interrupted: %v", err)
		}
		again, err := Train(t.Context(), c, &o)
		must(t, err)
		sameRun(t, "resumed", whole, again)
		loaded, err := Load(t.Context(), o.Dir)
		must(t, err)
		sameRun(t, "loaded", whole, loaded)
		if !loaded.Done {
			t.Error("a loaded run is not done")
		}
	}
	// More epochs go on.
	o.Resume = true
	longer := c
	longer.Epochs++
	more, err := Train(t.Context(), longer, &o)
	must(t, err)
	if len(more.Points) != c.Epochs+2 {
		t.Errorf("%d points after one more epoch", len(more.Points))
	}
	longer.Presentation.Updates++
	if _, err := Train(t.Context(), longer, &o); err == nil || !strings.Contains(err.Error(), "presentation.updates") {
		t.Errorf("another configuration: %v", err)
	}
}

// Every algorithm learns the task; PAL aligns, and only with noise; feedback
// alignment keeps its top-down weights; without decay they grow.
func TestLearningAndControls(t *testing.T) {
	b, err := backend.Open(backend.Go)
	must(t, err)
	defer b.Close()
	train := func(c Config) *Result {
		t.Helper()
		r, err := Train(t.Context(), c, on(b))
		must(t, err)
		return r
	}
	for _, mode := range Modes() {
		c := small(mode)
		c.Epochs = 15
		r := train(c)
		if a := r.Last().ValidAccuracy; a < 0.9 {
			t.Errorf("%s: validation accuracy %.2f", mode, a)
		}
		if a := r.Last().CodeAccuracy; a < 0.9 {
			t.Errorf("%s: accuracy of a linear classifier %.2f", mode, a)
		}
	}
	c := small(PAL)
	c.Epochs = 30
	c.Learning.Up = []float64{0, 0}
	pal := train(c)
	first, last := pal.Points[0].Alignment[0], pal.Last().Alignment[0]
	if last.Angle > 30 || last.Angle > first.Angle-20 {
		t.Errorf("PAL: angle %.1f → %.1f degrees", first.Angle, last.Angle)
	}
	quiet := c
	quiet.Network.Noise.Amplitude = []float64{0, 0}
	if a := train(quiet).Last().Alignment[0]; math.Abs(a.Angle-first.Angle) > 1e-3 || a.NormDown >= first.NormDown {
		t.Errorf("without noise: angle %.3f → %.3f degrees, norm %.3g → %.3g", first.Angle, a.Angle, first.NormDown, a.NormDown)
	}
	free := c
	free.Learning.Decay = []float64{0, 0}
	r := train(free)
	half, end := r.Points[15].Alignment[0].NormDown, r.Last().Alignment[0].NormDown
	bounded := pal.Last().NormRatio(pal.Points[15])
	if end < 1.5*half || bounded > 1.2 {
		t.Errorf("norm of the top-down weights in the second half: without decay × %.2f, with decay × %.2f", end/half, bounded)
	}
	fa := small(FA)
	fa.Epochs = 15
	fixed := train(fa)
	before, after := fixed.Points[0].Alignment[0], fixed.Last().Alignment[0]
	if before.NormDown != after.NormDown || after.Angle < 25 {
		t.Errorf("FA: norm %g → %g, angle %.1f → %.1f degrees", before.NormDown, after.NormDown, before.Angle, after.Angle)
	}
}

// NormRatio is the growth of the first top-down weights since p.
func (q Point) NormRatio(p Point) float64 { return q.Alignment[0].NormDown / p.Alignment[0].NormDown }

// A convolutional network learns where a bright spot is, and shows its code sample
// by sample.
func TestConvolution(t *testing.T) {
	source := spots{}
	for _, mode := range Modes() {
		c := New([]int{1, 8, 8}, Conv(3, 3, "sigmoid"), MaxPool(2), Projection(6, "sigmoid"), Linear(2, "linear"))
		c.Name, c.Epochs = "spots", 40
		c.Presentation = Presentation{Batch: 4, Updates: 20}
		c.Learning.Algorithm, c.Learning.Up = mode, []float64{3, 0, 3, 1}
		c.Network.Weights = 0.5
		if mode == PAL {
			c.Learning.Down, c.Network.Noise.Amplitude = []float64{0, 0, 1, 1}, []float64{0, 0.05, 0.05, 0}
		}
		r, err := Train(t.Context(), c, &Options{Backend: backend.Go, Data: source})
		must(t, err)
		s, err := source.Load(t.Context())
		must(t, err)
		score, err := Evaluate(t.Context(), r, s.Test, &Options{Backend: backend.Go})
		must(t, err)
		if score.Accuracy < 0.9 || score.Samples != s.Test.Len() {
			t.Errorf("%s: %+v", mode, score)
		}
		if mode != BP {
			continue
		}
		// The same sample has the same code wherever it stands.
		two := s.Test.Subset([]int{0, 1, 2, 3, 3, 2, 1, 0})
		codes, err := Codes(t.Context(), r, two, 1, &Options{Backend: backend.Go})
		must(t, err)
		for i := range 4 {
			if d := distance(single(codes[i]), codes[7-i]); d > 1e-6 {
				t.Errorf("codes of sample %d differ by %g", i, d)
			}
			if d := distance(single(codes[i]), codes[(i+1)%4]); d < 1e-3 {
				t.Errorf("codes of samples %d and %d differ by %g only", i, (i+1)%4, d)
			}
		}
	}
}

// spots are images of 8 × 8 pixels with a bright spot on the left or right.
type spots struct{}

func (spots) Load(context.Context) (*data.Splits, error) {
	rng := rand.New(rand.NewPCG(3, 4))
	set := func(n int) *data.Set {
		s := &data.Set{Classes: 2}
		for i := range n {
			row := make([]float64, 64)
			x, y := rng.IntN(3)+4*(i%2)+i%2, rng.IntN(7)
			for _, at := range []int{0, 1, 8, 9} {
				if k := y*8 + min(x, 6) + at; k < 64 {
					row[k] = 1
				}
			}
			s.Inputs, s.Labels = append(s.Inputs, row), append(s.Labels, i%2)
		}
		return s
	}
	return &data.Splits{Name: "spots", Train: set(32), Valid: set(8), Test: set(16)}, nil
}

func TestTrainErrors(t *testing.T) {
	c := small(BP)
	for want, o := range map[string]*Options{
		"has no native engine":    nil,
		"Options.Data gives none": {Backend: backend.Go},
		"network.input [6] needs": {Backend: backend.Go, Data: clouds{5, 3, 48}},
		"less than one batch of":  {Backend: backend.Go, Data: clouds{6, 3, 6}},
		"the data set has 4":      {Backend: backend.Go, Data: clouds{6, 4, 48}},
	} {
		if o == nil {
			o, want = &Options{Engine: "native"}, "layers have no native engine"
		}
		if _, err := Train(t.Context(), c, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	c.Learning.Up = []float64{1e8, 1e8}
	var diverged *DivergedError
	if _, err := Train(t.Context(), c, &Options{Backend: backend.Go, Data: ownClouds}); !errors.As(err, &diverged) || diverged.Epoch != 1 {
		t.Errorf("a rate far too large: %v", err)
	}
}

// A run without its data, or with too few of them, stops no other.
func TestOneBadRun(t *testing.T) {
	var configs []Config
	for i, name := range []string{"good", "missing", "narrow", "rare", "also_good"} {
		c := small(BP)
		c.Name, c.Epochs, c.Seed = name, 1, uint64(i)
		switch name {
		case "missing":
			c.Data.Source, c.Data.Dir = MNIST, filepath.Join(t.TempDir(), "nothing")
		case "narrow":
			c.Network.Input = []int{5}
		case "rare":
			c.Presentation.Batch = 40
		}
		configs = append(configs, c)
	}
	results, err := TrainAll(t.Context(), configs, &Options{Backend: backend.Go, Data: ownClouds, Dir: t.TempDir()})
	var report interface{ Failed() []int }
	if !errors.As(err, &report) || !slices.Equal(report.Failed(), []int{1, 2, 3}) {
		t.Fatalf("error %v, want runs 1, 2 and 3 to fail", err)
	}
	for _, want := range []string{"run 1: le: data: mnist: " + configs[1].Data.Dir, "run 2: le: samples have 6 values", "run 3: le: clouds has a part of 24 samples, less than one batch of 40"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for i, r := range results {
		if good := strings.HasSuffix(configs[i].Name, "good"); good != (r != nil && r.Done) {
			t.Errorf("%s: result %v", configs[i].Name, r)
		}
	}
}

// The configuration of a run reads back from its text.
func TestConfigText(t *testing.T) {
	c := Autoencoder(PAL)
	text, err := config.EncodeCommented(&c)
	must(t, err)
	var back Config
	must(t, config.Decode(text, &back, "config.yaml"))
	if d := config.Diff(&c, &back); len(d) > 0 {
		t.Error(d)
	}
}

// With one seed all algorithms start from the same bottom-up weights.
func TestInitialWeights(t *testing.T) {
	var first [][]float32
	for _, mode := range Modes() {
		c := small(mode)
		n, err := newNetwork(&c)
		must(t, err)
		state := n.initial(7)
		var up [][]float32
		for _, l := range n.layers {
			up = append(up, state[l.up], state[l.bias])
		}
		if first == nil {
			first = up
		}
		for i := range up {
			if !slices.Equal(up[i], first[i]) || slices.Equal(up[0], up[2]) {
				t.Errorf("%s: array %d differs from that of %s, or layers are alike", mode, i, Modes()[0])
			}
		}
	}
}
