package plotting

import (
	"math"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/dendritic"
)

// TestReference puts reference values beside runs with the published settings,
// and beside no others.
func TestReference(t *testing.T) {
	group := func(change func(c *dendritic.Config)) Group {
		r := &dendritic.Result{Config: dendritic.YinYang(dendritic.PAL), Epochs: []dendritic.Epoch{{}}}
		r.Config.Name, r.Config.Seed = "mine", 7
		change(&r.Config)
		return Group{Name: "mine", Runs: []*dendritic.Result{r}}
	}
	s := summarize(t, []Group{group(func(*dendritic.Config) {})}, 20, 40, 400, 33)
	if len(s.Rows) != 2 || !s.Rows[1].Reference || s.Rows[0].Reference {
		t.Fatalf("rows %+v, want the group and its reference", s.Rows)
	}
	// Two runs in float64, with 84.11 and 87.44 % after 20 epochs.
	ref := s.Rows[1]
	if got := ref.Validation[0]; ref.Runs != 2 || math.Abs(got.Mean-85.775) > 1e-9 || math.Abs(got.Std-1.665) > 1e-9 {
		t.Errorf("epoch 20: %d runs, %+v", ref.Runs, got)
	}
	if !math.IsNaN(ref.Validation[3].Mean) {
		t.Errorf("epoch 33, which the reference does not have: %v", ref.Validation[3])
	}
	if math.Abs(ref.Test.Mean-95.778) > 1e-9 || math.Abs(ref.Angle.Mean-53.195) > 1e-9 || math.Abs(ref.NormDown.Mean-1.7545) > 1e-9 {
		t.Errorf("test %v, angle %v, norm %v", ref.Test, ref.Angle, ref.NormDown)
	}
	if !strings.Contains(s.Markdown(), "| mine, reference | 2 | 85.8 ± 1.7 |") || !strings.Contains(s.CSV(), ",true\n") {
		t.Errorf("tables\n%s\n%s", s.Markdown(), s.CSV())
	}

	for name, c := range map[string]struct {
		change func(c *dendritic.Config)
		runs   int
		test   float64
	}{
		"float32":    {func(c *dendritic.Config) { c.Precision = dendritic.Float32 }, 7, 670.999 / 7},
		"few epochs": {func(c *dendritic.Config) { c.Epochs = 40 }, 2, math.NaN()},
		"plastic i2p": {func(c *dendritic.Config) {
			*c = dendritic.YinYang(dendritic.FAPlasticI2P)
			c.Precision = dendritic.Float32
		}, 7, 671.777 / 7},
		"other rates":    {func(c *dendritic.Config) { c.Learning.Rates.Down = []float64{0.4} }, 0, 0},
		"other levels":   {func(c *dendritic.Config) { c.Circuit.Levels = []int{4, 20, 3} }, 0, 0},
		"no such runs":   {func(c *dendritic.Config) { *c = dendritic.YinYang(dendritic.BP) }, 0, 0},
		"other data set": {func(c *dendritic.Config) { *c = dendritic.MNIST(dendritic.PAL) }, 0, 0},
	} {
		rows := summarize(t, []Group{group(c.change)}, 20).Rows
		if c.runs == 0 {
			if len(rows) != 1 {
				t.Errorf("%s: has reference %+v", name, rows[1])
			}
			continue
		}
		if len(rows) != 2 || rows[1].Runs != c.runs || (rows[1].Test.Mean != c.test && !math.IsNaN(c.test) && math.Abs(rows[1].Test.Mean-c.test) > 1e-9) ||
			math.IsNaN(c.test) != math.IsNaN(rows[1].Test.Mean) {
			t.Errorf("%s: rows %+v, want a reference of %d runs with %g %% on the test", name, rows, c.runs, c.test)
		}
	}
	mixed := group(func(*dendritic.Config) {})
	mixed.Runs = append(mixed.Runs, group(func(c *dendritic.Config) { c.Precision = dendritic.Float32 }).Runs...)
	if rows := summarize(t, []Group{mixed}, 20).Rows; len(rows) != 1 {
		t.Errorf("a group of two precisions has reference %+v", rows[1])
	}
}
