package plotting

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/pal"
)

// palRuns trains small circuits with everything recorded.
func palRuns(t testing.TB, change func(c *pal.Config), seeds ...uint32) (runs []*pal.Result, dirs []string) {
	t.Helper()
	dir := t.TempDir()
	var configs []pal.Config
	for _, seed := range seeds {
		c := pal.New(2, 3, 4, 2)
		c.Task, c.Seed, c.Epochs, c.Name = pal.TaskTeacher, seed, 4, fmt.Sprintf("tiny_%d", seed)
		c.Data.Samples, c.Presentation.Settling, c.Record.Every, c.Record.Updates = 5, 5, 100, true
		c.Circuit.Noise.Amplitude = []float64{0.05, 0.05}
		c.Learning.Rates = pal.Rates{Up: []float64{2, 1, 1}, Down: []float64{20, 20}, P2I: []float64{10, 10}, I2P: []float64{0.5, 0.5}}
		inner := map[string][]string{
			"ff": {"g"}, "fb": {"g"}, "p2i": {"g"}, "i2p": {"g"}, "inter": {"V", "v_brev", "rate", "v_dendrite"},
			"pyramidal": {"V", "v_brev", "rate", "rate_highpass", "v_basal", "v_apical", "noise"},
		}
		c.Record.Variables = pal.Variables{"1": inner, "2": inner, "3": {"ff": {"g"}, "output": {"V", "v_brev", "rate", "rate_highpass", "v_basal"}}}
		if change != nil {
			change(&c)
		}
		configs = append(configs, c)
		dirs = append(dirs, filepath.Join(dir, c.Name))
	}
	runs, err := pal.TrainAll(context.Background(), configs, &pal.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return runs, dirs
}

func TestPALEval(t *testing.T) {
	_, dirs := palRuns(t, nil, 1, 2, 3)
	out := t.TempDir()
	written, skipped, err := PALEval(context.Background(), dirs, out, &EvalOptions{DPI: 40})
	if err != nil || len(skipped) > 0 {
		t.Fatalf("error %v, skipped %v", err, skipped)
	}
	want := []string{"mse"}
	for l := 1; l <= 3; l++ {
		names := []string{"W", "u", "u_breve", "r", "r_HP", "v_bas", "update"}
		if l < 3 {
			names = append(names, "I", "B", "P", "B+P", "v_api", "noise", "v_api+noise", "uI", "uI_breve", "rI", "lateral_mismatch", "angle", "theory", "jacobian")
		}
		for _, n := range names {
			want = append(want, fmt.Sprintf("%s_%d", n, l))
		}
	}
	for i := range want {
		want[i] += ".png"
	}
	slices.Sort(want)
	if got := baseNames(written); !slices.Equal(got, want) {
		t.Errorf("wrote %v, want %v", got, want)
	}
	for _, f := range written {
		checkFile(t, f)
	}
}

// What is not recorded is skipped, and says so.
func TestPALEvalSkips(t *testing.T) {
	_, dirs := palRuns(t, func(c *pal.Config) {
		c.Task, c.Record.Variables, c.Record.Updates = pal.TaskBackward, nil, false
	}, 1)
	written, skipped, err := PALEval(context.Background(), dirs, t.TempDir(), &EvalOptions{DPI: 40})
	if err != nil {
		t.Fatal(err)
	}
	if got := baseNames(written); len(got) != 6 || !strings.HasPrefix(got[0], "angle_1") {
		t.Errorf("wrote %v, want three angles of two levels", got)
	}
	for _, s := range skipped {
		if !strings.Contains(s.Reason, "not recorded") {
			t.Errorf("%s: reason %q", s.File, s.Reason)
		}
	}
	_, other := palRuns(t, func(c *pal.Config) { c.Circuit.Levels = []int{2, 4, 4, 2}; c.Record.Variables = nil }, 9)
	if _, _, err := PALEval(context.Background(), append(dirs, other...), t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "[2 4 4 2]") {
		t.Errorf("circuits of different shape: %v", err)
	}
	if _, _, err := PALEval(context.Background(), nil, t.TempDir(), nil); err == nil {
		t.Error("no runs: no error")
	}
}

// The figures show what the runs hold: numbers of panels, curves and their ends.
func TestPALFigures(t *testing.T) {
	runs, _ := palRuns(t, nil, 1, 2)
	fig, err := PALAlignment(PALRuns(runs), &PALOptions{Title: "Alignment", Reference: PALRuns(runs[:1])})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{4, 4, 6} { // a curve and a reference per level
		if got := len(fig.Panels[i].marks); got != want {
			t.Errorf("panel %d has %d curves, want %d", i, got, want)
		}
	}
	c := fig.Panels[0].marks[0].(*curveMark)
	last := len(c.mean) - 1
	mean := (runs[0].Last().Alignment[0].Angle + runs[1].Last().Alignment[0].Angle) / 2
	if d := c.mean[last] - mean; d > 1e-12 || d < -1e-12 || c.X[0] != 0 || math.Abs(c.X[last]-0.02) > 1e-12 {
		t.Errorf("the first curve ends at %v after %v s, want %v after 0.02", c.mean[last], c.X[last], mean)
	}
	unmeasured, _ := palRuns(t, func(c *pal.Config) { c.Record.Updates, c.Record.Variables = false, nil }, 1)
	if fig, err = PALAlignment(PALRuns(unmeasured), nil); err != nil || !strings.Contains(fig.Panels[2].Title, "φ′ W") {
		t.Errorf("without updates: %v", err)
	}

	group := PALGroup{"10 dt", PALRuns(runs)}
	if fig, err = PALProspective([]PALGroup{group, group, group, group}, nil); err != nil || len(fig.Panels) != 4 || fig.Columns != 2 {
		t.Errorf("two rows of two: %v", err)
	}
	if _, err = PALProspective([]PALGroup{group}, nil); err == nil {
		t.Error("one row: no error")
	}

	chain, _ := palRuns(t, func(c *pal.Config) {
		name, seed := c.Name, c.Seed
		*c = pal.Chain(pal.PAL)
		c.Name, c.Seed, c.Epochs, c.Data.Samples = name, seed, 4, 20
	}, 1, 2)
	if fig, err = PALChain([]PALGroup{{"PAL", PALRuns(chain)}}, 2, &PALOptions{Reference: PALRuns(chain[:1])}); err != nil || len(fig.Panels) != 4 {
		t.Fatalf("chain: %v", err)
	}
	if _, err := fig.PNG(50); err != nil {
		t.Error(err)
	}
	if _, err = PALChain([]PALGroup{{"PAL", PALRuns(chain)}}, 2, &PALOptions{Reference: PALRuns(append(chain, chain...))}); err == nil {
		t.Error("four references for one group: no error")
	}
	for name, err := range map[string]error{
		"no runs":      second(PALAlignment(nil, nil)),
		"no groups":    second(PALChain(nil, 2, nil)),
		"empty group":  second(PALChain([]PALGroup{{"PAL", nil}}, 2, nil)),
		"no recording": second(PALChain([]PALGroup{{"PAL", PALRuns(unmeasured)}}, 2, nil)),
		"other times":  second(PALAlignment(append(PALRuns(runs), PALRuns(chain)...), nil)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestCurveAverage(t *testing.T) {
	c := Curve{X: []float64{1, 2, 3, 4, 5}, Y: [][]float64{{1, 3, math.NaN(), 7, 9}, {0, 2}}}
	c.average(2)
	if fmt.Sprint(c.X, c.Y) != "[2 4] [[2 7] [1]]" {
		t.Errorf("averaged: %v %v", c.X, c.Y)
	}
}
