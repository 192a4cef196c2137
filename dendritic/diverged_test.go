package dendritic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// A rule that diverges is found at once, and named.
func TestDiverging(t *testing.T) {
	for _, c := range []struct {
		name     string
		rules    Rules
		quantity string
		before   uint64
	}{
		{"growing weights", Rules{Up: Rule{Weight: "40*w"}}, "weight ff of level ", 200},
		{"second state", Rules{P2I: Rule{Weight: "delta", Delta: "200*delta + rate_post"}}, " p2i of level 1", 200},
		{"not a number", Rules{Down: Rule{Weight: "sqrt(w)"}}, "weight fb of level 1", 10},
		{"division by 0", Rules{I2P: Rule{Weight: "1/(rate_post - rate_post)"}}, "weight i2p of level 1", 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, precision := range []string{Float64, Float32} {
				cfg := quick(PAL, 2, 20)
				cfg.Learning.Rules, cfg.Precision = c.rules, precision
				r, err := Train(context.Background(), cfg, nil)
				var d *DivergedError
				if !errors.As(err, &d) {
					t.Fatalf("%s: error %v", precision, err)
				}
				valid := uint64(3 * cfg.Data.Valid * cfg.StepsPerPattern())
				if d.Step <= valid || d.Step > valid+c.before {
					t.Errorf("%s: step %d, learning begins at %d", precision, d.Step, valid)
				}
				var rule Rule
				for _, own := range []Rule{c.rules.Up, c.rules.P2I, c.rules.I2P, c.rules.Down} {
					if own != (Rule{}) {
						rule = own
					}
				}
				if !strings.Contains(d.Quantity, c.quantity) || d.Rule != rule.String() || !(math.Abs(d.Value) > limit/1e3 || math.IsNaN(d.Value)) {
					t.Errorf("%s: %+v, want a %q and the rule %q", precision, *d, c.quantity, rule)
				}
				for _, part := range []string{fmt.Sprint("step ", d.Step), d.Quantity, "norm of all prospective voltages", d.Rule} {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s: message %q lacks %q", precision, err, part)
					}
				}
				if r == nil || r.Done || len(r.Epochs) != 1 {
					t.Fatalf("%s: result %+v", precision, r)
				}
				// What was sound is kept: the state of the last validation.
				w, err := r.Weights(1, "fb")
				must(t, err)
				start := newborn[float64](t, &cfg, false).values(t, 1, "fb", "g")
				if d := difference(t, w.RawMatrix().Data, start); !(d < 1e-7) {
					t.Errorf("%s: weights of the result are %g away", precision, d)
				}
			}
		})
	}
	cfg := quick(PAL, 1, 20)
	cfg.Learning.Rules.Up.Weight = "-40*w"
	if _, err := Train(context.Background(), cfg, nil); err != nil {
		t.Errorf("control: %v", err)
	}
}

// A run that diverges leaves the state of its last validation on disk, and resumed it
// fails in the same way, with the same files.
func TestDivergedOnDisk(t *testing.T) {
	cfg := quick(PAL, 4, 6)
	cfg.Learning.Rules.Up = PublishedRules().Up
	cfg.Learning.Rules.Up.Weight += " + 0.32*w"
	for _, engine := range []string{EngineNative, EngineGraph} {
		c := cfg
		if engine == EngineNative {
			c = recorded(c)
		}
		o := &Options{Dir: filepath.Join(t.TempDir(), "run"), Engine: engine, Backend: "go"}
		r, err := Train(t.Context(), c, o)
		var diverged *DivergedError
		if !errors.As(err, &diverged) || len(r.Epochs) < 2 || r.Done {
			t.Fatalf("%s: %v", engine, err)
		}
		loaded, err := Load(t.Context(), o.Dir)
		must(t, err)
		if len(loaded.Epochs) != len(r.Epochs) || !bytes.Equal(finalState(t, loaded), finalState(t, r)) {
			t.Errorf("%s: the loaded result has %d epochs, want %d, or another state", engine, len(loaded.Epochs), len(r.Epochs))
		}
		a := loaded.Last().Alignment[0]
		if w, err := loaded.Weights(2, "ff"); err != nil || math.Abs(mat.Norm(w, 2)-a.NormUp) > 1e-9*a.NormUp {
			t.Errorf("%s: weights are not those of the last validation: %v", engine, err)
		}
		before := contents(t, o.Dir)
		o.Resume = true
		again, err := Train(t.Context(), c, o)
		var same *DivergedError
		if !errors.As(err, &same) || engine == EngineNative && *same != *diverged { // the other one looks between calls
			t.Fatalf("%s: resumed: %v, want %v", engine, err, diverged)
		}
		if !reflect.DeepEqual(contents(t, o.Dir), before) || !bytes.Equal(finalState(t, again), finalState(t, r)) {
			t.Errorf("%s: resumed, the run has other files or another state", engine)
		}
	}
}
