package plotting

import (
	"testing"

	"github.com/neurocredit/neurocredit/dendritic"
)

// TestSparseEpochs shows runs that have only some epochs, as those of a summary,
// at their epochs and not at their row numbers.
func TestSparseEpochs(t *testing.T) {
	run := func(epochs ...int) *dendritic.Result {
		r := &dendritic.Result{}
		for _, e := range epochs {
			r.Epochs = append(r.Epochs, dendritic.Epoch{Epoch: e, Score: dendritic.Score{Accuracy: float64(e)}})
		}
		return r
	}
	c, err := curveOf(Group{Name: "a", Runs: []*dendritic.Result{run(0, 10, 400), run(0, 20, 400)}}, "accuracy")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.X) != 4 || c.X[1] != 10 || c.X[3] != 400 {
		t.Fatalf("epochs %v, want 0, 10, 20, 400", c.X)
	}
	if c.Y[0][1] != 10 || c.Y[0][2] == c.Y[0][2] || c.Y[1][2] != 20 || c.Y[1][3] != 400 {
		t.Errorf("values %v: want those of the epochs, NaN where there is none", c.Y)
	}
}
