package mdgl

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

// TestCell exports trained networks of both cells, by way of a file, into networks of
// another seed, which must then do the same.
func TestCell(t *testing.T) {
	for _, model := range []string{"alif", "lsnn"} {
		c := short(MDGL)
		c.Cells.Model, c.Precision = model, "float64"
		if model == "lsnn" {
			c.Cells.Delays = 6
		}
		task := shortTask()
		trials, err := task.Draw(1, data.Training, 0, 6)
		must(t, err)
		n, err := Build(c, task.Shape())
		must(t, err)
		for range 5 {
			_, err = n.Update(trials)
			must(t, err)
		}
		cell, err := n.Export()
		must(t, err)
		path := filepath.Join(t.TempDir(), "cell.npz")
		must(t, cell.WriteNPZ(path))
		read, err := ReadNPZ(path)
		must(t, err)
		for name, a := range cell {
			if !slices.Equal(read[name].Data, a.Data) || !slices.Equal(read[name].Shape, a.Shape) {
				t.Errorf("%s: %s differs after reading", model, name)
			}
		}
		c.Seed = 9
		other, err := Build(c, task.Shape())
		must(t, err)
		before, err := other.Score(trials)
		must(t, err)
		must(t, other.Import(read))
		want, gw := lossAndGradient(t, n, trials)
		got, gg := lossAndGradient(t, other, trials)
		if math.Abs(got-want) > 1e-12 || before.Loss == want {
			t.Errorf("%s: imported network has loss %v, want %v; before %v", model, got, want, before.Loss)
		}
		if d := math.Abs(gw - gg); d > 1e-9*math.Abs(gw) {
			t.Errorf("%s: gradients differ by %v of %v", model, d, gw)
		}
		_, err = other.Update(trials)
		must(t, err)

		for want, spoil := range map[string]func(Cell){
			"thr[0] is 5":       func(c Cell) { c["thr"] = Array{nil, []float64{5}} },
			"w_rec is missing":  func(c Cell) { delete(c, "w_rec") },
			"unknown array":     func(c Cell) { c["w"] = Array{} },
			"has shape [3]":     func(c Cell) { c["w_in"] = Array{[]int{3}, make([]float64, 3)} },
			"delay_in[0] is 99": func(c Cell) { c["delay_in"].Data[0] = 99 },
			"must be finite":    func(c Cell) { c["b_out"].Data[0] = math.NaN() },
			"other one":         func(c Cell) { c["w_rec"].Data[1] = 1 },
			"the other sign":    func(c Cell) { c["w_in"].Data[0], c["w_in"].Data[1] = 1, -1 },
		} {
			bad, err := ReadNPZ(path)
			must(t, err)
			spoil(bad)
			if err := other.Import(bad); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want one with %q", err, want)
			}
		}
		must(t, os.WriteFile(path, []byte("no archive"), 0o666))
		if _, err := ReadNPZ(path); err == nil {
			t.Error("a file that is no archive was read")
		}
	}
}

// lossAndGradient returns the loss and the sum of squares of the gradient of
// recurrent synapses that have a weight.
func lossAndGradient(t *testing.T, n *Network, trials []data.Trial) (loss, square float64) {
	g, s, err := n.Gradient(MDGL, trials)
	must(t, err)
	w, err := n.Weights("recurrent")
	must(t, err)
	for i, x := range g.Recurrent.RawMatrix().Data {
		if w.RawMatrix().Data[i] != 0 {
			square += x * x
		}
	}
	return s.Loss, square
}
