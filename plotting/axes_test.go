package plotting

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/dendritic"
)

// TestSingle tells the spans of rounding from those of data.
func TestSingle(t *testing.T) {
	next := math.Nextafter(1, 2)
	for s, want := range map[span]bool{
		{1, 1}: true, {1, next}: true, {-next, -1}: true, {0, 5e-324}: true, {1e15, 1e15 + 1}: true, {math.NaN(), 1}: true,
		{1, 1 + 1e-8}: false, {0, 1e-12}: false, {-1e-12, 1e-12}: false, {-1e300, 1e300}: false,
	} {
		if got := s.single(); got != want {
			t.Errorf("%v: single %v, want %v", s, got, want)
		}
	}
}

// TestNarrowTicks asks for ticks of spans that have hardly room for numbers. A count in
// floating point would never end from 2^53 on.
func TestNarrowTicks(t *testing.T) {
	next := math.Nextafter(1, 2)
	for _, s := range []span{{1, 1}, {1, next}, {0, 5e-324}, {1e300, 1.0000001e300}, {-1e300, 1e300}, {math.NaN(), 1}, {0, math.Inf(1)},
		{1, 1 + 2e-9}, {-1 - 2e-9, -1}, {1e15, 1e15 + 2e6}, {math.Pow(2, 60), math.Pow(2, 60) * (1 + 2e-9)}} {
		for _, whole := range []bool{false, true} {
			ticks, _ := linearTicks(s.lo, s.hi, 5, whole)
			if len(ticks) > 6 {
				t.Errorf("%v: %d ticks, want at most 6", s, len(ticks))
			}
			if !s.single() && !math.IsInf(s.hi, 0) && !whole && len(ticks) < 2 {
				t.Errorf("%v: %d ticks, want at least 2", s, len(ticks))
			}
			for i, at := range ticks {
				if at.at < s.lo || at.at > s.hi || i > 0 && at.text == ticks[i-1].text {
					t.Errorf("%v: tick %d is %q at %g", s, i, at.text, at.at)
				}
			}
		}
		if s.lo > 0 {
			if n := len(logTicks(s.lo, s.hi, 5)); n > 18 {
				t.Errorf("%v: %d ticks of a logarithmic axis", s, n)
			}
		}
	}
}

// TestAlmostConstant draws values that differ by rounding alone, as equal results of many
// runs do after their mean has been taken.
func TestAlmostConstant(t *testing.T) {
	next := math.Nextafter(1, 2)
	repeat := func(n int, v float64) (y [][]float64) {
		for range n {
			y = append(y, []float64{v, v, v})
		}
		return y
	}
	var equal []*dendritic.Result
	for range 10 {
		equal = append(equal, result(true, 33.33, 33.33, 33.33, 33.33))
	}
	figures := map[string]*Figure{}
	for name, log := range map[string]bool{"linear": false, "logarithmic": true} {
		panel := func() *Panel {
			p := NewPanel("", "x", "y")
			p.LogX, p.LogY = log, log
			return p
		}
		for what, add := range map[string]func(p *Panel){
			"3 x 0.1":    func(p *Panel) { p.Curves(Curve{Y: repeat(3, 0.1)}) },
			"7 x 0.7":    func(p *Panel) { p.Curves(Curve{Y: repeat(7, 0.7)}) },
			"one ulp":    func(p *Panel) { p.Lines(Line{X: []float64{1, next}, Y: []float64{1, next}}) },
			"subnormal":  func(p *Panel) { p.Lines(Line{X: []float64{0, 5e-324}, Y: []float64{0, 5e-324}}) },
			"tiny span":  func(p *Panel) { p.Lines(Line{X: []float64{7, 7 + 1e-12}, Y: []float64{7, 7 + 1e-12}}) },
			"short span": func(p *Panel) { p.Lines(Line{X: []float64{7, 7 + 1e-7}, Y: []float64{7, 7 + 1e-7}}) },
			"all there": func(p *Panel) {
				p.Lines(Line{X: []float64{1e-299, 1e300}, Y: []float64{1e-299, 1e300}})
			},
			"image": func(p *Panel) { p.Heat(Heat{Z: mat.NewDense(1, 2, []float64{1, next})}) },
			"histogram": func(p *Panel) {
				p.Histogram("", []float64{1, next, 0.7, 0.7}, 3)
				p.Histogram("", []float64{0, 5e-324}, 3)
			},
			"overflow": func(p *Panel) { p.Histogram("", []float64{1, 2, 1e305}, 3) },
			"bars":     func(p *Panel) { p.Bars(Sample{Name: "a", Values: []float64{5e-324, 5e-324}}) },
			"gonum":    func(p *Panel) { p.HLine("", next); p.HLine("", 1) },
		} {
			p := panel()
			add(p)
			figures[name+", "+what] = NewFigure("", p)
		}
		learning, err := LearningCurves([]Group{{"equal", equal}}, &LearningOptions{Log: log})
		if err != nil {
			t.Fatal(err)
		}
		figures[name+", ten equal runs"] = learning
	}
	for name, fig := range figures {
		l, err := fig.layout()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, f := range l.frames {
			labels := 0
			for _, y := range f.yTick {
				if y.text != "" {
					labels++
				}
			}
			if len(f.yTick) > 100 || labels > 20 || !f.empty() && (labels < 1 || labels < 2 && !f.wholeY) {
				t.Errorf("%s: panel %d has %d ticks, %d labelled: %v to %v", name, i, len(f.yTick), labels, f.y.lo, f.y.hi)
			}
		}
		if _, err := fig.PNG(20); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNarrowLogAxis has labels also where no round number lies between the ends.
func TestNarrowLogAxis(t *testing.T) {
	p := NewPanel("", "x", "y")
	p.LogY = true
	ticks, _ := ticksOf(span{33.1, 33.9}, true, 5, false, nil, "")
	if len(ticks) < 3 || ticks[0].text != "33.2" {
		t.Errorf("ticks %v from 33.1 to 33.9", ticks)
	}
	if ticks, _ := ticksOf(span{2, 500}, true, 2, false, nil, ""); ticks[len(ticks)-1].text != "" {
		t.Errorf("ticks %v from 2 to 500 are those of a linear axis", ticks)
	}
}

func TestPanelSettings(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for want, change := range map[string]func(p *Panel){
		"XRange is [NaN 1]":                            func(p *Panel) { p.XRange = [2]float64{nan, 1} },
		"YRange is [NaN 1]":                            func(p *Panel) { p.YRange = [2]float64{nan, 1} },
		"YRange is [0 +Inf]":                           func(p *Panel) { p.YRange = [2]float64{0, inf} },
		"YRange is [-Inf -Inf]":                        func(p *Panel) { p.YRange = [2]float64{-inf, -inf} },
		"YRange is [NaN NaN]":                          func(p *Panel) { p.YRange = [2]float64{nan, nan} },
		"YRange is [1 1.0000000000000002]: the ends":   func(p *Panel) { p.YRange = [2]float64{1, math.Nextafter(1, 2)} },
		"XRange is [0 1], must be above 0":             func(p *Panel) { p.LogX, p.XRange = true, [2]float64{0, 1} },
		"Width is NaN inches":                          func(p *Panel) { p.Width = nan },
		"Width is -1 inches":                           func(p *Panel) { p.Width = -1 },
		"Height is +Inf inches, must be 0 to 1000":     func(p *Panel) { p.Height = inf },
		"Height is 1e+09 inches":                       func(p *Panel) { p.Height = 1e9 },
		"Heat.Range is [NaN 1]":                        func(p *Panel) { p.Heat(Heat{Z: mat.NewDense(1, 1, nil), Range: [2]float64{nan, 1}}) },
		"Heat.X is [0 +Inf]":                           func(p *Panel) { p.Heat(Heat{Z: mat.NewDense(1, 1, nil), X: [2]float64{0, inf}}) },
		"Heat.Y is [3 3.0000000000000004]: the ends a": func(p *Panel) { p.Heat(Heat{Z: mat.NewDense(1, 1, nil), Y: [2]float64{3, math.Nextafter(3, 4)}}) },
	} {
		p := NewPanel("", "x", "y")
		p.Lines(Line{Y: []float64{1, 2}})
		change(p)
		fig := NewFigure("", NewPanel("", "", ""), p)
		_, png := fig.PNG(20)
		_, svg := fig.SVG()
		for _, err := range []error{png, svg} {
			if err == nil || !strings.HasPrefix(err.Error(), "plotting: panel 1 of the figure: "+want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	}
}
