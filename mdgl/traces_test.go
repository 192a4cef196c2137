package mdgl

import (
	"math"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

// TestTraces sums stored traces times the direct signal, which is the gradient of e-prop.
func TestTraces(t *testing.T) {
	c := short(EProp)
	c.Precision, c.Learning.RateCost = "float64", 0
	task := shortTask()
	n, err := Build(c, task.Shape())
	must(t, err)
	trials, err := task.Draw(1, data.Training, 0, 1)
	must(t, err)
	tr, err := n.Traces(trials[0], 1<<30)
	must(t, err)
	if rows, cols := tr.E.Dims(); int64(8*rows*cols) != n.TraceBytes() || tr.Inputs == 0 || tr.Inputs == rows {
		t.Errorf("%d x %d traces, %d of inputs, but %d bytes were announced", rows, cols, tr.Inputs, n.TraceBytes())
	}
	a, err := n.Watch(trials[0])
	must(t, err)
	g, _, err := n.Gradient(EProp, trials)
	must(t, err)
	worst, scale := 0.0, 0.0
	for k, q := range tr.Pre {
		sum := 0.0
		for step, e := range tr.E.RawRowView(k) {
			sum += a.Direct.At(step, tr.Post[k]) * e
		}
		want := g.Recurrent
		if k < tr.Inputs {
			want = g.In
		}
		worst, scale = max(worst, math.Abs(sum-want.At(q, tr.Post[k]))), max(scale, math.Abs(want.At(q, tr.Post[k])))
	}
	if !(worst < 1e-10*scale) || scale == 0 {
		t.Errorf("traces differ from the gradient by %v of %v", worst, scale)
	}
	if _, err := n.Traces(trials[0], n.TraceBytes()-1); err == nil || !strings.Contains(err.Error(), "the limit is") {
		t.Errorf("too little memory: %v", err)
	}
}
