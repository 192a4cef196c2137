package le

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// Without shuffling the classifier is that of scikit-learn to rounding; with it, its
// accuracy is within theirs.
func TestLinearClassifier(t *testing.T) {
	text, err := os.ReadFile("testdata/linear.json")
	must(t, err)
	var g struct {
		Codes      [][]float64
		Labels     []int
		TestCodes  [][]float64 `json:"test_codes"`
		TestLabels []int       `json:"test_labels"`
		Fixed      struct {
			Weights  [][]float64
			Bias     []float64
			Accuracy float64
		} `json:"fixed_order"`
		Accuracies []float64
	}
	must(t, json.Unmarshal(text, &g))
	c, err := fitLinear(g.Codes, g.Labels, 4, func(_ int, order []int) []int { return order })
	must(t, err)
	for k, w := range g.Fixed.Weights {
		for i := range w {
			if math.Abs(c.Weights[k][i]-w[i]) > 1e-9 {
				t.Errorf("class %d: weight %d is %.12g, scikit-learn has %.12g", k, i, c.Weights[k][i], w[i])
			}
		}
		if math.Abs(c.Bias[k]-g.Fixed.Bias[k]) > 1e-9 {
			t.Errorf("class %d: bias %.12g, scikit-learn has %.12g", k, c.Bias[k], g.Fixed.Bias[k])
		}
	}
	if a := c.Accuracy(g.TestCodes, g.TestLabels); a != g.Fixed.Accuracy {
		t.Errorf("accuracy %g, want %g", a, g.Fixed.Accuracy)
	}
	low, high, mean, theirs := 1.0, 0.0, 0.0, 0.0
	for s, a := range g.Accuracies {
		low, high, theirs = math.Min(low, a), math.Max(high, a), theirs+a/float64(len(g.Accuracies))
		ours, err := FitLinear(g.Codes, g.Labels, 4, uint64(s))
		must(t, err)
		mean += ours.Accuracy(g.TestCodes, g.TestLabels) / float64(len(g.Accuracies))
	}
	if math.Abs(mean-theirs) > 0.02 {
		t.Errorf("mean accuracy %.3f, that of scikit-learn %.3f (%.3f to %.3f)", mean, theirs, low, high)
	}
}

func TestLinearClassifierErrors(t *testing.T) {
	for want, f := range map[string]func() error{
		"row 1: label 2, want 0..1": func() error {
			_, err := FitLinear([][]float64{{1}, {2}}, []int{0, 2}, 2, 0)
			return err
		},
		"row 1: value 0 is NaN": func() error {
			_, err := FitLinear([][]float64{{1}, {math.NaN()}}, []int{0, 1}, 2, 0)
			return err
		},
		"0 codes": func() error { _, err := FitLinear(nil, nil, 2, 0); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
