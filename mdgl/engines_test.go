package mdgl

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

// TestTrainGraph trains with the graph engine in pure Go: it follows the native engine,
// says so in its files, and goes on bit for bit after a break.
func TestTrainGraph(t *testing.T) {
	for _, rule := range []Rule{BPTT, MDGL} {
		c := short(rule)
		c.Precision, c.Validation.Tests = "float64", 1
		native := train(t, context.Background(), c, &Options{})
		dir := filepath.Join(t.TempDir(), "a")
		ctx, cancel := context.WithCancel(context.Background())
		o := Options{Dir: dir, Resume: true, Engine: EngineGraph, Backend: "go"}
		first := o
		first.Task = stopAfter{shortTask(), 3, cancel, new(bool)}
		if _, err := Train(ctx, c, &first); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped run: %v", err)
		}
		o.Engine = EngineAuto // which stays with the graph engine
		resumed := train(t, context.Background(), c, &o)
		o.Dir, o.Engine = "", EngineGraph
		whole := train(t, context.Background(), c, &o)
		if !resumed.Done || !reflect.DeepEqual(format(whole), format(resumed)) {
			t.Errorf("%s: resumed run differs:\n%v\n%v", rule, format(whole), format(resumed))
		}
		for i, p := range whole.Points {
			want := native.Points[i]
			if d := math.Abs(p.Score.Loss - want.Score.Loss); !(d < 1e-9) || p.Score.MeanRate != want.Score.MeanRate || p.Connections != want.Connections {
				t.Errorf("%s: validation %+v, native engine %+v", rule, p, want)
			}
		}
		if whole.Points[0].Score.Loss == whole.Last().Score.Loss {
			t.Error("nothing was learned")
		}
		saved, err := experiment.Open(dir)
		must(t, err)
		if v := saved.Versions; v[len(v)-1].Engine != "graph go float64" {
			t.Errorf("the directory says engine %q", v[len(v)-1].Engine)
		}
		n, err := whole.Network(shortTask().Shape())
		must(t, err)
		m, err := native.Network(shortTask().Shape())
		must(t, err)
		for _, group := range Groups() {
			a, err := n.Weights(group)
			must(t, err)
			b, err := m.Weights(group)
			must(t, err)
			if !mat.EqualApprox(a, b, 1e-9) {
				t.Errorf("%s: weights %s of both engines differ", rule, group)
			}
		}
	}
}

func TestChooseEngines(t *testing.T) {
	online := short(MDGL)
	online.Learning.Form, online.Learning.RateModulates = "online", false
	for _, c := range []struct {
		engine, backend, env string
		config               Config
		name, err            string
		note                 string
	}{
		{config: short(MDGL), name: "native float32", note: "engine native: on a processor it is faster"},
		{engine: EngineAuto, backend: "go", config: short(MDGL), name: "native float32"},
		{engine: EngineNative, backend: "xla:cuda", config: short(MDGL), name: "native float32", note: "engine native: asked for"},
		{engine: EngineGraph, backend: "go", config: short(MDGL), name: "graph go float32", note: "engine graph: asked for; backend go: asked for"},
		{engine: EngineGraph, env: "go", config: short(MDGL), name: "graph go float32", note: "backend go: NEUROCREDIT_BACKEND"},
		{backend: "xla:cuda", config: online, name: "native float32"},
		{env: "xla-cuda", config: online, name: "native float32"},
		{engine: EngineGraph, backend: "go", config: online, err: "form: online needs the native engine"},
		{engine: "grpah", config: short(MDGL), err: `Options.Engine is "grpah", must be one of auto, native, graph`},
		{engine: EngineNative, backend: "tpu", config: short(MDGL), err: `unknown backend "tpu"`},
	} {
		t.Setenv(backend.Env, c.env)
		e, err := chooseEngines([]Config{c.config}, []string{""}, &Options{Engine: c.engine, Backend: c.backend})
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("engine %q, backend %q: error %v, want %q", c.engine, c.backend, err, c.err)
			}
			continue
		}
		must(t, err)
		if got := e.name(0, &c.config); got != c.name || !strings.Contains(e.note, c.note) {
			t.Errorf("engine %q, backend %q: %s (%s), want %s (%s)", c.engine, c.backend, got, e.note, c.name, c.note)
		}
		e.close()
	}
}

// TestCompany has runs of different rules and lengths go on together, which must not
// change a bit of any of them.
func TestCompany(t *testing.T) {
	b := backendtest.XLA(t)
	task := shortTask()
	rules := []Rule{EProp, MDGL, BPTT}
	train := func(runs int) (weights []*mat.Dense) {
		e := &engines{graph: []bool{true, true, true}, programs: newGraphPrograms(b), runs: runs, float32: map[layout]*company[float32]{}}
		defer e.programs.close()
		weights = make([]*mat.Dense, len(rules))
		var all []engine
		var configs []*Config
		for i, rule := range rules {
			c := short(rule)
			c.Seed = uint32(i)
			one, err := e.open(i, &c, task.Shape())
			must(t, err)
			all, configs = append(all, one), append(configs, &c)
		}
		var wait sync.WaitGroup
		for i, one := range all {
			wait.Go(func() {
				defer one.close()
				for k := range 2 + 2*i {
					trials, err := draw(configs[i], task, data.Training, k, 4)
					if err == nil {
						_, err = one.batch(trials, rules[i], 1)
					}
					if err == nil {
						_, err = one.learn()
					}
					if err == nil && k%(i+1) == 0 {
						_, err = evaluate(context.Background(), one, configs[i], task, data.Validation, k, 1, nil, 1)
					}
					if err != nil {
						t.Errorf("%s: %v", rules[i], err)
						return
					}
				}
				weights[i], _ = one.weights("recurrent")
			})
		}
		wait.Wait()
		mixed := false
		for d := range e.programs.known {
			mixed = mixed || d.recurrent && d.local
		}
		if mixed != (runs > 1) {
			t.Errorf("%d runs of a call: updates by different rules were made together: %v", runs, mixed)
		}
		for _, c := range e.float32 {
			if c.members != 0 || len(c.waiting) != 0 {
				t.Errorf("%d members and %d requests are left", c.members, len(c.waiting))
			}
		}
		return weights
	}
	alone, together := train(1), train(3)
	for i, w := range alone {
		if w == nil || !mat.Equal(w, together[i]) {
			t.Errorf("%s: other weights in company", rules[i])
		}
	}
	if mat.Equal(alone[0], alone[1]) {
		t.Error("runs do not differ")
	}
}
