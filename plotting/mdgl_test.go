package plotting

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/mdgl"
)

func smallEvidence() data.Evidence {
	task := data.DefaultEvidence()
	task.Cues, task.Cue, task.Gap, task.Delay, task.Recall, task.Rate = 5, 20, 10, 30, 30, 100
	return task
}

// mdglRuns trains small networks of two rules.
func mdglRuns(t testing.TB) (groups []MDGLGroup, dirs []string) {
	t.Helper()
	dir := t.TempDir()
	for _, rule := range []mdgl.Rule{mdgl.EProp, mdgl.MDGL} {
		var configs []mdgl.Config
		for seed := uint32(1); seed <= 2; seed++ {
			c := mdgl.Fig3C(rule)
			c.Name, c.Seed, c.Task.Set, c.Iterations = fmt.Sprintf("%s_%d", rule, seed), seed, "own", 8
			c.Cells.Regular, c.Cells.Adaptive = 12, 12
			c.Wiring.In, c.Wiring.Recurrent, c.Wiring.Out = 0.3, 0.3, 0.3
			c.Learning.Batch, c.Validation.Every, c.Validation.Batch = 8, 1, 8
			configs = append(configs, c)
			dirs = append(dirs, filepath.Join(dir, c.Name))
		}
		runs, err := mdgl.TrainAll(context.Background(), configs, &mdgl.Options{Dir: dir, Task: smallEvidence()})
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, MDGLGroup{string(rule), runs})
	}
	return groups, dirs
}

func draws(t *testing.T, f *Figure, err error, panels int) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Panels) != panels {
		t.Errorf("%d panels, want %d", len(f.Panels), panels)
	}
	if _, err := f.PNG(40); err != nil {
		t.Error(err)
	}
}

func TestMDGLCurves(t *testing.T) {
	groups, dirs := mdglRuns(t)
	f, err := MDGLCurves(groups, &MDGLOptions{Reference: []MDGLReference{{Quantity: "loss_tot", X: []float64{0, 8}, Y: []float64{0.7, 0.6}}}})
	draws(t, f, err, 2)
	loaded, err := LoadMDGLGroup(context.Background(), "e-prop", dirs[:2]...)
	if err != nil {
		t.Fatal(err)
	}
	c, err := loaded.curve("loss", 3)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{1, 2, 3, 4, 5, 6, 7}; !slices.Equal(c.X, want) {
		t.Errorf("averaged curve at %v, want %v", c.X, want)
	}
	p := groups[0].Runs[0].Points
	if want := (p[2].Score.Loss + p[3].Score.Loss + p[4].Score.Loss) / 3; math.Abs(c.Y[0][2]-want) > 1e-12 {
		t.Errorf("average around iteration 3 is %v, want %v", c.Y[0][2], want)
	}
	// A run that was validated half as often decides where the group has values.
	loaded.Runs[1].Points = slices.DeleteFunc(loaded.Runs[1].Points, func(p mdgl.Point) bool { return p.Iteration%2 == 1 })
	if c, err := loaded.curve("loss", 1); err != nil || !slices.Equal(c.X, []float64{0, 2, 4, 6, 8}) {
		t.Errorf("common iterations %v, %v", c.X, err)
	}
	for want, o := range map[string]*MDGLOptions{
		"odd":      {Smooth: 4},
		"no curve": {Quantities: []string{"los"}},
		"values":   {Reference: []MDGLReference{{Quantity: "loss_tot", X: []float64{1}}}},
		`a reference of "loss", which no panel shows; they show ["loss_tot" "accuracy"]`: {Reference: []MDGLReference{{Quantity: "loss"}}},
		`group "MDGL", must be one of ["eprop" "mdgl"]`:                                  {Reference: []MDGLReference{{Quantity: "loss_tot", Group: "MDGL"}}},
	} {
		if _, err := MDGLCurves(groups, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if _, err := MDGLCurves([]MDGLGroup{{Name: "nothing"}}, nil); err == nil {
		t.Error("a group without runs was accepted")
	}
}

// spikingRun makes a run with a validation after every update.
func spikingRun(loss ...float64) *mdgl.Result {
	r := &mdgl.Result{}
	for i, v := range loss {
		r.Points = append(r.Points, mdgl.Point{Iteration: i, Score: mdgl.Score{Loss: v}})
	}
	return r
}

// TestMDGLRuns draws runs to their own ends, and their mean to the first of these.
func TestMDGLRuns(t *testing.T) {
	groups := []MDGLGroup{
		{"BPTT", []*mdgl.Result{spikingRun(4, 2, 0), spikingRun(8, 6, 4, 2, 0)}},
		{"MDGL", []*mdgl.Result{spikingRun(9, 8, 7, 6, 5, 4)}},
	}
	f, err := MDGLCurves(groups, &MDGLOptions{Quantities: []string{"loss"}, Smooth: 3, Runs: true})
	draws(t, f, err, 1)
	var lines []Line
	var means []*curveMark
	for _, m := range f.Panels[0].marks {
		switch m := m.(type) {
		case lineMark:
			lines = append(lines, m.Line)
		case *curveMark:
			means = append(means, m)
		}
	}
	if len(lines) != 3 || len(means) != 2 {
		t.Fatalf("%d lines and %d means, want 3 and 2", len(lines), len(means))
	}
	for i, want := range []Line{{X: []float64{1}, Y: []float64{2}, Color: 1}, {X: []float64{1, 2, 3}, Y: []float64{6, 4, 2}, Color: 1}, {X: []float64{1, 2, 3, 4}, Y: []float64{8, 7, 6, 5}, Color: 2}} {
		if l := lines[i]; !slices.Equal(l.X, want.X) || !slices.Equal(l.Y, want.Y) || l.Color != want.Color || !l.Thin {
			t.Errorf("run %d: %+v, want %v at %v", i, l, want.Y, want.X)
		}
	}
	if m := means[0]; m.Name != "BPTT (n = 2)" || !slices.Equal(m.X, []float64{1}) || !slices.Equal(m.mean, []float64{4}) {
		t.Errorf("mean %q is %v at %v, want 4 at 1", m.Name, m.mean, m.X)
	}
}

// TestMDGLReferences draws references as their groups.
func TestMDGLReferences(t *testing.T) {
	groups := []MDGLGroup{{"e-prop", []*mdgl.Result{spikingRun(3, 2)}}, {"MDGL", []*mdgl.Result{spikingRun(2, 1)}}}
	x, y := []float64{0, 1}, []float64{3, 1}
	f, err := MDGLCurves(groups, &MDGLOptions{Quantities: []string{"loss"}, Smooth: 1, Reference: []MDGLReference{
		{Quantity: "loss", X: x, Y: y}, {Quantity: "loss", X: x, Y: y, Group: "MDGL"}, {Quantity: "loss", X: x, Y: y, Group: "e-prop"},
	}})
	draws(t, f, err, 1)
	marks := f.Panels[0].marks
	if c := marks[1].(*curveMark); c.Name != "MDGL" || c.Color != 2 {
		t.Errorf("curve %q has the colour %d", c.Name, c.Color)
	}
	if l := marks[2].(lineMark); l.Name != "e-prop, reference" || l.Color != 1 || !l.Dashed {
		t.Errorf("reference of e-prop: %+v", l)
	}
	if l := marks[3].(lineMark); l.Name != "MDGL, reference" || l.Color != 2 || !l.Dashed {
		t.Errorf("reference of MDGL: %+v", l)
	}
	if l := marks[4].(lineMark); l.Name != "reference" || l.Color != 7 || !l.Dashed {
		t.Errorf("reference of no group: %+v", l)
	}
}

func TestMDGLNetworkPlots(t *testing.T) {
	groups, _ := mdglRuns(t)
	task := smallEvidence()
	r := groups[1].Runs[0]
	net, err := r.Network(task.Shape())
	if err != nil {
		t.Fatal(err)
	}
	trials, err := task.Draw(1, data.Testing, 0, 3)
	if err != nil {
		t.Fatal(err)
	}
	a, err := net.Watch(trials[0])
	if err != nil {
		t.Fatal(err)
	}
	f, err := MDGLNetwork(&r.Config, net, "network")
	draws(t, f, err, 2)
	f, err = MDGLRaster(&r.Config, &trials[0], a, "trial")
	draws(t, f, err, 3)
	f, err = MDGLTraces(&r.Config, a, "traces")
	draws(t, f, err, 3)
	f, err = MDGLTraces(&r.Config, a, "traces", 0, 3, 20)
	draws(t, f, err, 4)
	if _, err := MDGLTraces(&r.Config, a, "traces", 24); err == nil {
		t.Error("neuron 24 of 24 was accepted")
	}
	m, err := net.Modulation(trials)
	if err != nil {
		t.Fatal(err)
	}
	f, err = MDGLModulation(m, "modulation")
	draws(t, f, err, 4)
	all, err := net.Agreement(trials)
	if err != nil {
		t.Fatal(err)
	}
	f, err = MDGLAgreement([]float64{0, 50}, [][][]mdgl.Agreement{{all, all}, {all, all}}, "agreement")
	draws(t, f, err, 4)
	if _, err := MDGLAgreement([]float64{0}, [][][]mdgl.Agreement{{all, all}}, ""); err == nil {
		t.Error("two agreements at one iteration were accepted")
	}
	wrong := r.Config
	wrong.Cells.Regular = 5
	if _, err := MDGLNetwork(&wrong, net, ""); err == nil {
		t.Error("a configuration of another network was accepted")
	}
	p := softmax(a.Readout)
	if s := p.At(0, 10) + p.At(rowsPerClass, 10); math.Abs(s-1) > 1e-12 {
		t.Errorf("probabilities add up to %v", s)
	}
}

// Three rules on a small task, and the network that one of them made.
func ExampleMDGLCurves() {
	var groups []MDGLGroup
	for _, rule := range []mdgl.Rule{mdgl.EProp, mdgl.MDGL} {
		c := mdgl.Fig3C(rule)
		c.Task.Set, c.Iterations, c.Learning.Batch, c.Validation.Every, c.Validation.Batch = "own", 6, 8, 1, 8
		r, err := mdgl.Train(context.Background(), c, &mdgl.Options{Task: smallEvidence()})
		if err != nil {
			fmt.Println(err)
		}
		groups = append(groups, MDGLGroup{string(rule), []*mdgl.Result{r}})
	}
	fig, err := MDGLCurves(groups, &MDGLOptions{Title: "Evidence accumulation", Smooth: 1})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(len(fig.Panels), "panels")
	// Output: 2 panels
}
