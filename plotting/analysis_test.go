package plotting

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"github.com/neurocredit/neurocredit/dendritic"
)

func TestWindows(t *testing.T) {
	for _, c := range []struct{ rows, columns, size, n int }{
		{0, 90, 1, 0},
		{1111, 90, 1, 1111},            // 99,990 values
		{1112, 90, 2, 556},             // 100,080 values
		{12_000_000, 90, 10_800, 1111}, // a published run
		{12_000_000, 120, 14_400, 833}, // rows behind the last window are left out
		{5, 100_000, 5, 1},             // fewer than one window would remain
		{100_000, 1, 1, 100_000},
		{100_001, 1, 2, 50_000},
	} {
		if size, n := windows(c.rows, c.columns); size != c.size || n != c.n {
			t.Errorf("windows(%d, %d) = %d, %d; want %d, %d", c.rows, c.columns, size, n, c.size, c.n)
		}
	}
}

// TestReadSignal compares averages of a real recording, read in parts, with
// averages of all of it.
func TestReadSignal(t *testing.T) {
	c := tinyConfig(dendritic.FA)
	c.Data.Train = 40
	c.Epochs = 6
	c.Record.Every = 1
	c.Record.Variables = dendritic.Variables{"1": {"pyramidal": {"rate"}}}
	r := train(t, c)
	rec, err := r.Recording(dendritic.RecordingName{Stage: dendritic.Training, Level: 1, Group: "pyramidal", Variable: "rate"})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	all := make([]float64, rec.Rows()*rec.Width())
	if err := rec.Read(all, 0, 1); err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct{ first, rows int }{{0, rec.Rows()}, {17, rec.Rows() - 17}, {100, 50}} {
		s, err := readSignal(context.Background(), rec, part.first, part.rows, true)
		if err != nil {
			t.Fatal(err)
		}
		size, n := windows(part.rows, rec.Width())
		if s.window != size || len(s.y) != n || len(s.x) != n {
			t.Fatalf("%d windows of %d at %d places, want %d of %d", len(s.y), s.window, len(s.x), n, size)
		}
		for w, row := range s.y {
			for k, got := range row {
				want := 0.0
				for i := range size {
					want += all[(part.first+w*size+i)*rec.Width()+k] / float64(size)
				}
				if math.Abs(got-want) > 1e-12 {
					t.Fatalf("window %d, neuron %d: %g, want %g", w, k, got, want)
				}
			}
		}
	}
	if size, _ := windows(rec.Rows(), rec.Width()); size < 2 {
		t.Error("the recording is too short to be averaged")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := readSignal(ctx, rec, 0, rec.Rows(), true); err == nil {
		t.Error("a cancelled context does not stop reading")
	}
}

func TestAngle(t *testing.T) {
	up := []float64{1, 2, 3, 4, 5, 6} // 2 × 3
	for _, c := range []struct {
		name string
		down []float64 // 3 × 2
		want float64
	}{
		{"the transpose", []float64{1, 4, 2, 5, 3, 6}, 0},
		{"twice the transpose", []float64{2, 8, 4, 10, 6, 12}, 0},
		{"minus the transpose", []float64{-1, -4, -2, -5, -3, -6}, 180},
		{"not transposed", up, math.Acos(86.0/91) * 180 / math.Pi},
		{"orthogonal", []float64{4, -1, 0, 0, 0, 0}, 90},
	} {
		if got := Angle(up, c.down, 2, 3); math.Abs(got-c.want) > 1e-5 {
			t.Errorf("%s: %g°, want %g°", c.name, got, c.want)
		}
	}
}

func TestSpread(t *testing.T) {
	nan := math.NaN()
	wantMean := []float64{3, 3, 5, 1}
	for sample, wantStd := range map[bool][]float64{false: {math.Sqrt(8.0 / 3), 1, 2, 0}, true: {2, math.Sqrt2, 2 * math.Sqrt2, 0}} {
		mean, std := spread([][]float64{{1, 2, 3, 1}, {3, nan}, {5, 4, 7}}, sample)
		for i := range mean {
			if math.Abs(mean[i]-wantMean[i]) > 1e-15 || math.Abs(std[i]-wantStd[i]) > 1e-15 {
				t.Errorf("value %d, sample %v: %g ± %g, want %g ± %g", i, sample, mean[i], std[i], wantMean[i], wantStd[i])
			}
		}
	}
	if m, s := MeanStd([]float64{nan}); !math.IsNaN(m) || !math.IsNaN(s) {
		t.Errorf("of nothing: %g ± %g", m, s)
	}
}

func TestAutocorrelation(t *testing.T) {
	alternating := make([]float64, 1000)
	decaying := make([]float64, 1000)
	for i := range alternating {
		alternating[i] = float64(i % 2)
	}
	decaying[500] = 1
	for i := 501; i < 1000; i++ {
		decaying[i] = 0.5 * decaying[i-1]
	}
	for i, want := range []float64{1, -1, 1, -1} {
		if got := Autocorrelation(alternating, 3)[i]; math.Abs(got-want) > 0.01 {
			t.Errorf("alternating, lag %d: %g, want %g", i, got, want)
		}
		if got, want := Autocorrelation(decaying, 3)[i], math.Pow(0.5, float64(i)); math.Abs(got-want) > 0.01 {
			t.Errorf("decaying, lag %d: %g, want %g", i, got, want)
		}
	}
	if got := Autocorrelation([]float64{2, 2, 2}, 1); !slices.Equal(got, []float64{1, 0}) {
		t.Errorf("constant: %v", got)
	}
}

func TestLinearTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi   float64
		n        int
		whole    bool
		want     []string
		exponent int
	}{
		{0, 12, 6, true, []string{"0", "2", "4", "6", "8", "10", "12"}, 0},
		{0, 13, 6, true, []string{"0", "5", "10"}, 0},
		{0, 13, 6, false, []string{"0.0", "2.5", "5.0", "7.5", "10.0", "12.5"}, 0},
		{-0.1, 1.1, 9, true, []string{"0", "1"}, 0},
		{0, 100, 5, false, []string{"0", "20", "40", "60", "80", "100"}, 0},
		{-1, 1, 4, false, []string{"−1.0", "−0.5", "0.0", "0.5", "1.0"}, 0},
		{0.1, 0.95, 4, false, []string{"0.25", "0.50", "0.75"}, 0},
		{0, 12e6, 6, false, []string{"0", "2", "4", "6", "8", "10", "12"}, 6},
		{0, 3e-5, 3, false, []string{"0", "10", "20", "30"}, -6},
		{5, 5.2, 1, false, []string{"5.0", "5.2"}, 0},
	} {
		ticks, e := linearTicks(c.lo, c.hi, c.n, c.whole)
		var got []string
		for _, tick := range ticks {
			got = append(got, tick.text)
		}
		if !slices.Equal(got, c.want) || e != c.exponent {
			t.Errorf("%g to %g: %q ×10^%d, want %q ×10^%d", c.lo, c.hi, got, e, c.want, c.exponent)
		}
	}
}

func TestLogTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		n      int
		want   []string
	}{
		{1, 100, 5, []string{"1", "2", "5", "10", "20", "50", "100"}},
		{0.01, 100, 5, []string{"0.01", "0.1", "1", "10", "100"}},
		{1e-9, 1e-1, 3, []string{"10^{−9}", "10^{−6}", "10^{−3}"}},
		{20, 75, 5, []string{"20", "30", "40", "60"}},
		{35, 70, 5, []string{"40", "50", "60", "70"}},
		{2e-6, 4e-6, 5, []string{"2×10^{−6}", "3×10^{−6}", "4×10^{−6}"}},
	} {
		var got []string
		for _, tick := range logTicks(c.lo, c.hi, c.n) {
			if tick.text != "" {
				got = append(got, tick.text)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%g to %g: %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
}

func TestRuns(t *testing.T) {
	for text, want := range map[string][]run{
		"v_brev":            {{text: "v_brev"}},
		"×10^{−6}":          {{text: "×10"}, {"−6", 0.38, true}},
		"|ff_{2} − p2i_{1}": {{text: "|ff"}, {"2", -0.18, true}, {text: " − p2i"}, {"1", -0.18, true}},
		"a^{b":              {{text: "a^{b"}},
		"":                  nil,
	} {
		if got := runs(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestExtremes keeps the outline of a dense line.
func TestExtremes(t *testing.T) {
	var line []vg.Point
	for i := range 10_000 {
		line = append(line, vg.Point{X: vg.Length(i) / 100, Y: vg.Length(math.Sin(float64(i)) * 50)})
	}
	kept := extremes(line)
	if len(kept) > 4*170 || kept[0] != line[0] || kept[len(kept)-1] != line[len(line)-1] {
		t.Fatalf("%d points from %v to %v", len(kept), kept[0], kept[len(kept)-1])
	}
	for cell := vg.Length(0); cell < 99; cell += cellWidth {
		lo, hi := math.Inf(1), math.Inf(-1)
		bounds := func(points []vg.Point) (float64, float64) {
			lo, hi = math.Inf(1), math.Inf(-1)
			for _, p := range points {
				if math.Floor(float64(p.X/cellWidth)) == math.Round(float64(cell/cellWidth)) {
					lo, hi = math.Min(lo, float64(p.Y)), math.Max(hi, float64(p.Y))
				}
			}
			return lo, hi
		}
		wantLo, wantHi := bounds(line)
		if gotLo, gotHi := bounds(kept); gotLo != wantLo || gotHi != wantHi {
			t.Fatalf("at %g: %g to %g, want %g to %g", cell, gotLo, gotHi, wantLo, wantHi)
		}
	}
	if short := line[:1]; !slices.Equal(extremes(short), short) {
		t.Error("one point does not stay")
	}
}

// FuzzRuns splits any text without losing or inventing letters.
func FuzzRuns(f *testing.F) {
	for _, s := range []string{"", "a^{b}c_{d}", "_{}", "^{_{x}}", "}^{", "×10^{−6}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rest := s
		for _, r := range runs(s) {
			if r.small {
				rest = rest[len("^{"):]
			}
			if !strings.HasPrefix(rest, r.text) {
				t.Fatalf("%q: part %q is not at %q", s, r.text, rest)
			}
			rest = rest[len(r.text):]
			if r.small {
				rest = strings.TrimPrefix(rest, "}")
			}
		}
		if rest != "" {
			t.Errorf("%q: %q is lost", s, rest)
		}
	})
}
