package plotting

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/pal/le"
)

// noisyBits are two classes of four values.
type noisyBits struct{}

func (noisyBits) Load(context.Context) (*data.Splits, error) {
	rng := rand.New(rand.NewPCG(1, 1))
	set := &data.Set{Classes: 2}
	for i := range 16 {
		row := make([]float64, 4)
		for k := range row {
			row[k] = float64(i%2) + 0.2*rng.NormFloat64()
		}
		set.Inputs, set.Labels = append(set.Inputs, row), append(set.Labels, i%2)
	}
	return &data.Splits{Name: "bits", Train: set, Valid: set, Test: set}, nil
}

func TestLELearning(t *testing.T) {
	group := func(mode le.Mode, seeds ...uint64) LEGroup {
		g := LEGroup{Name: string(mode)}
		for _, seed := range seeds {
			c := le.New([]int{4}, le.Linear(3, "tanh"), le.Linear(2, "linear"))
			c.Seed, c.Epochs, c.Presentation = seed, 2, le.Presentation{Batch: 4, Updates: 3}
			c.Learning.Algorithm, c.Learning.Up = mode, []float64{1, 1}
			r, err := le.Train(t.Context(), c, &le.Options{Data: noisyBits{}, Backend: "go"})
			if err != nil {
				t.Fatal(err)
			}
			g.Runs = append(g.Runs, r)
		}
		return g
	}
	bp, fa := group(le.BP, 1), group(le.FA, 1, 2)
	fig, err := LELearning([]LEGroup{bp, fa}, &LEOptions{Title: "Layers", Reference: []Line{{Name: "published", X: []float64{0, 2}, Y: []float64{0.5, 1}, Color: 7, Dashed: true}}})
	if err != nil {
		t.Fatal(err)
	}
	fa.Name = "again"
	three, err := LELearning([]LEGroup{bp, fa, fa}, &LEOptions{Angles: []Line{{Name: "published", X: []float64{0, 2}, Y: []float64{90, 80}, Color: 2, Dashed: true}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, panel := range three.Panels {
		for k, m := range panel.marks {
			if c, ok := m.(*curveMark); ok && c.Color != k+1 {
				t.Errorf("panel %d: %s has colour %d, want %d, that of its published counterpart", i, c.Name, c.Color, k+1)
			}
		}
	}
	svg, err := fig.SVG()
	if err != nil {
		t.Fatal(err)
	}
	if len(fig.Panels) != 2 {
		t.Errorf("%d panels, want 2", len(fig.Panels))
	}
	for _, text := range []string{"accuracy", "Validation samples of own data", "published", "layer 2", "n = 2"} {
		if !strings.Contains(string(svg), text) {
			t.Errorf("the figure does not show %q", text)
		}
	}
	if fig, err := LELearning([]LEGroup{bp}, &LEOptions{Quantity: "valid_error"}); err != nil || len(fig.Panels) != 1 {
		t.Errorf("without top-down weights: %v", err)
	}
	if _, err := LELearning([]LEGroup{bp}, &LEOptions{Angles: []Line{{Y: []float64{90}}}}); err == nil || !strings.Contains(err.Error(), "1 lines of angles") {
		t.Errorf("angles without a panel of angles: %v", err)
	}
	// A run that was measured less often than another keeps its epochs.
	seldom := *fa.Runs[1]
	seldom.Points = []le.Point{seldom.Points[0], seldom.Points[2]}
	c, err := leCurve("fa", []*le.Result{fa.Runs[0], &seldom}, "valid_error")
	if err != nil {
		t.Fatal(err)
	}
	if _, y, err := fa.Runs[1].Curve("valid_error"); err != nil || len(c.Y[1]) != 3 || c.Y[1][2] != y[2] || c.Y[1][1] == c.Y[1][1] {
		t.Errorf("a run measured at the epochs 0 and 2: %v, want %v without the second", c.Y[1], y)
	}
	for want, groups := range map[string][]LEGroup{"no runs": nil, `group "x" has no runs`: {{Name: "x"}}} {
		if _, err := LELearning(groups, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := LELearning([]LEGroup{bp}, &LEOptions{Quantity: "speed"}); err == nil || !strings.Contains(err.Error(), `no curve "speed"`) {
		t.Errorf("error %v", err)
	}
}
