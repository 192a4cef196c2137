package plotting

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestSave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "fig.png")
	fig := pictures()["curves"]
	if err := Save(fig, path); err != nil {
		t.Fatal(err)
	}
	png, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(png, []byte("\x89PNG")) {
		t.Errorf("PNG: %v", err)
	}
	svg, err := os.ReadFile(strings.TrimSuffix(path, "png") + "svg")
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("SVG: %v", err)
		}
	}
	if !bytes.Contains(svg, []byte("Arial")) {
		t.Error("the SVG names no font but Liberation Sans")
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	if len(entries) != 2 {
		t.Errorf("the folder has %v", entries)
	}
}

func TestSaveErrors(t *testing.T) {
	dir := t.TempDir()
	good := pictures()["curves"]
	for name, c := range map[string]struct {
		fig  *Figure
		path string
	}{
		"no panels":   {NewFigure("empty"), filepath.Join(dir, "a.png")},
		"nil":         {nil, filepath.Join(dir, "a.png")},
		"columns":     {&Figure{Panels: good.Panels, Columns: -1}, filepath.Join(dir, "a.png")},
		"nil panel":   {NewFigure("", nil), filepath.Join(dir, "a.png")},
		"other kind":  {good, filepath.Join(dir, "a.jpg")},
		"no new file": {good, filepath.Join(dir, "file", "a.png")},
	} {
		if name == "no new file" {
			if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if err := Save(c.fig, c.path); err == nil || !strings.HasPrefix(err.Error(), "plotting: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for _, dpi := range []int{0, -1, 100_000} {
		if _, err := good.PNG(dpi); err == nil {
			t.Errorf("%d dpi is no error", dpi)
		}
	}
}

func TestShowWritesNothingInTests(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := Show(pictures()["points"]); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir("."); len(entries) > 0 {
		t.Errorf("wrote %v", entries)
	}
	if err := Show(NewFigure("")); err == nil {
		t.Error("a figure without panels is no error")
	}
}

func TestFileName(t *testing.T) {
	for title, want := range map[string]string{"Yin-Yang: PAL vs FA": "yin_yang_pal_vs_fa", "": "panel", "Δ/..": "δ"} {
		if got := fileName(NewFigure(title, NewPanel("Panel", "", ""))); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
	if got := fileName(NewFigure("", NewPanel("", "", ""))); got != "figure" {
		t.Errorf("without title: %q", got)
	}
}

// TestPanics lists programmer errors.
func TestPanics(t *testing.T) {
	p := NewPanel("", "", "")
	for name, f := range map[string]func(){
		"curve":           func() { p.Curves(Curve{X: []float64{1}, Y: [][]float64{{1, 2}}}) },
		"line":            func() { p.Lines(Line{X: []float64{1}, Y: []float64{1, 2}}) },
		"signals x":       func() { p.Signals([]float64{1}, nil) },
		"signals rows":    func() { p.Signals(nil, [][]float64{{1}, {1, 2}}) },
		"scatter":         func() { p.Scatter("", []float64{1}, nil) },
		"classes":         func() { p.Classes([]float64{1}, []float64{1}, nil, nil) },
		"negative class":  func() { p.Classes([]float64{1}, []float64{1}, []int{-1}, nil) },
		"bins":            func() { p.Histogram("", nil, 0) },
		"line colour":     func() { p.Lines(Line{Y: []float64{1}, Color: -5}) },
		"curve colour":    func() { p.Curves(Curve{Color: -1}) },
		"point colour":    func() { p.Points(Sample{Color: -1}) },
		"bar colour":      func() { p.Bars(Sample{Color: -1}) },
		"colour":          func() { Color(-1) },
		"no matrix":       func() { p.Heat(Heat{}) },
		"no plotter":      func() { p.Add(nil) },
		"angle":           func() { Angle([]float64{1}, []float64{1}, 1, 2) },
		"autocorrelation": func() { Autocorrelation([]float64{1}, 1) },
	} {
		func() {
			defer func() {
				if s, ok := recover().(string); !ok || !strings.HasPrefix(s, "plotting: ") {
					t.Errorf("%s: no panic of the package", name)
				}
			}()
			f()
		}()
	}
}

// TestOddData draws what may break drawing: nothing, NaN, infinity, one value.
func TestOddData(t *testing.T) {
	nan, inf := []float64{0, 0}[0]/[]float64{0, 0}[1], 1/[]float64{0}[0]
	for _, log := range []bool{false, true} {
		for _, y := range [][]float64{nil, {}, {1}, {nan}, {inf, -inf}, {0, 0, 0}, {-1, nan, 2}, {1e300, -1e300}, {5e-324, 1}} {
			p := NewPanel("", "x", "y")
			p.LogX, p.LogY = log, log
			p.Curves(Curve{Name: "c", Y: [][]float64{y, y}}, Curve{}, Curve{Name: "r", Y: [][]float64{y}, Runs: true})
			p.Lines(Line{Y: y, Color: 2, Dashed: true})
			p.Points(Sample{Name: "s", Values: y})
			p.Bars(Sample{Name: "b", Values: y}, Sample{})
			p.Histogram("h", y, 3)
			p.Scatter("d", y, y)
			p.Raster("n", [][]float64{y, nil})
			p.HLine("", 0)
			p.VLine("v", nan)
			if len(y) > 0 {
				p.Signals(nil, [][]float64{y})
				p.Heat(Heat{Z: mat.NewDense(1, len(y), y)})
			}
			fig := NewFigure("", p)
			if _, err := fig.PNG(20); err != nil {
				t.Errorf("%v: %v", y, err)
			}
			if _, err := fig.SVG(); err != nil {
				t.Errorf("%v: %v", y, err)
			}
		}
	}
}
