package plotting

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/cmpimg"
	"gonum.org/v1/plot/plotter"
)

// wave is a smooth series without random numbers.
func wave(n int, phase float64) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = 20 + 30*math.Exp(-float64(i)/10) + 2*math.Sin(float64(i)+phase)
	}
	return y
}

// pictures are small figures of all kinds of content.
func pictures() map[string]*Figure {
	learning := func(log bool) *Panel {
		p := NewPanel("Learning", "epoch", "error (%)")
		p.LogY = log
		p.Curves(Curve{Name: "PAL", Y: [][]float64{wave(40, 0), wave(40, 2), wave(30, 4)}}, Curve{Name: "FA", Y: [][]float64{wave(40, 1)}})
		p.Points(Sample{Name: "PAL", X: 43, Values: []float64{18, 22}})
		return p
	}
	runs := NewPanel("Runs", "epoch", "error (%)")
	runs.Curves(Curve{Name: "PAL", Y: [][]float64{wave(40, 0), wave(40, 2)}, Runs: true})
	runs.HLine("chance", 50)
	runs.VLine("", 20)

	bars := NewPanel("Bars", "", "accuracy (%)")
	bars.Bars(Sample{Name: "PAL", Values: []float64{95, 97, 96}}, Sample{Name: "feedback alignment", Values: []float64{90}})
	histogram := NewPanel("Histogram", "weight", "count")
	histogram.Histogram("W", wave(200, 0), 12)
	points := NewPanel("Points", "x", "y")
	points.Scatter("a", []float64{1, 2, 3}, []float64{3, 1, 2})
	points.Scatter("b", []float64{1, 2, 3}, []float64{1, 2, 3})
	classes := NewPanel("Classes", "x", "y")
	classes.Classes([]float64{0, 1, 2, 3}, []float64{0, 1, 0, 1}, []int{0, 1, 2, 1}, []int{0, 1, 2, 0})

	numbers := NewPanel("Ten classes", "x", "y")
	tens, ninths := make([]int, 20), make([]int, 20)
	for i := range tens {
		tens[i], ninths[i] = i%10, i%9
	}
	numbers.Classes(wave(20, 1), wave(20, 3), tens, ninths)

	image := NewPanel("Weights", "pre", "post")
	image.Heat(Heat{Z: mat.NewDense(2, 3, []float64{-1, 0, 1, math.NaN(), 0.5, -0.5}), Label: "weight"})
	raster := NewPanel("Spikes", "time (ms)", "neuron")
	raster.Raster("excitatory", [][]float64{{1, 5, 9}, {2, 4}, {}})
	raster.Raster("inhibitory", [][]float64{{3, 3.5}})

	signals := NewPanel("Signals", "record", "g")
	signals.Signals(nil, [][]float64{{0, 1e-6}, {1e-6, 2e-6}, {3e-6, 0}})
	signals.Lines(Line{Name: "mean", Y: []float64{5e-7, 1.5e-6, 1.5e-6}})
	log := NewPanel("Axes", "f (Hz)", "p")
	log.LogX, log.LogY = true, true
	log.Lines(Line{Name: "f^{−2}", X: []float64{1, 10, 100}, Y: []float64{1, 1e-2, 1e-4}}, Line{X: []float64{1, 10, 100}, Y: []float64{1, 0, 1e-4}, Color: 2, Dashed: true})
	foreign := NewPanel("gonum", "x", "x^{2}")
	foreign.Add(plotter.NewFunction(func(x float64) float64 { return x * x }))
	foreign.XRange, foreign.YRange = [2]float64{-1, 1}, [2]float64{0, 1}
	empty := NewPanel("Empty", "x", "y")
	empty.LogY = true
	empty.Lines(Line{Y: []float64{0, 0}})

	return map[string]*Figure{
		"curves":  {Title: "Curves", Panels: []*Panel{learning(false), learning(true), runs}},
		"points":  {Panels: []*Panel{bars, histogram, points, classes}, Columns: 2},
		"classes": {Panels: []*Panel{numbers}},
		"images":  {Panels: []*Panel{image, raster}},
		"signals": {Panels: []*Panel{signals, log, foreign, empty}, Columns: 2},
	}
}

// TestPictures compares figures with those in testdata. go test -regen replaces
// them.
func TestPictures(t *testing.T) {
	for name, fig := range pictures() {
		t.Run(name, func(t *testing.T) {
			got, err := fig.PNG(50)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+".png")
			if *cmpimg.GenerateTestData {
				if err := os.WriteFile(file, got, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// Other processors may round the edges of glyphs differently.
			ok, err := cmpimg.EqualApprox("png", got, want, 0.05)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				wrong := filepath.Join(os.TempDir(), "neurocredit_plotting_"+name+".png")
				t.Errorf("differs from %s, see %s (%v)", file, wrong, os.WriteFile(wrong, got, 0o666))
			}
		})
	}
}

// TestPictureComparisonSees proves that the comparison of TestPictures notices a
// small change.
func TestPictureComparisonSees(t *testing.T) {
	fig := pictures()["curves"]
	before, err := fig.PNG(50)
	if err != nil {
		t.Fatal(err)
	}
	fig.Panels[1].Y = "error in %"
	after, err := fig.PNG(50)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := cmpimg.EqualApprox("png", before, after, 0.05); ok || err != nil {
		t.Errorf("another axis name: equal %v, error %v", ok, err)
	}
}

func TestSameBytes(t *testing.T) {
	for name := range pictures() {
		first, second := pictures()[name], pictures()[name]
		for kind, render := range map[string]func(*Figure) ([]byte, error){
			"png": func(f *Figure) ([]byte, error) { return f.PNG(50) },
			"svg": func(f *Figure) ([]byte, error) { return f.SVG() },
		} {
			a, errA := render(first)
			b, errB := render(second)
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				t.Errorf("%s: the %s of two equal figures differ (%v, %v)", name, kind, errA, errB)
			}
		}
	}
}
