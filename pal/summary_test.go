package pal

import (
	"bytes"
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// summaryRuns are two small runs with recordings and updates.
func summaryRuns(t testing.TB) []*Result {
	t.Helper()
	var configs []Config
	for i, name := range []string{"a_seed_1", "a_seed_2"} {
		c := Chain(PAL)
		c.Name, c.Seed, c.Epochs = name, uint32(i+1), 3
		c.Data.Samples, c.Presentation.Settling = 10, 2
		c.Record.Every, c.Record.Updates = 100, true
		configs = append(configs, c)
	}
	results, err := TrainAll(context.Background(), configs, &Options{Dir: filepath.Join(t.TempDir(), "runs")})
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func TestSummary(t *testing.T) {
	runs := summaryRuns(t)
	quantities := []string{"error", "angle_1", "update_2", "2/ff/g/0", "1/fb/g/0"}
	var b bytes.Buffer
	must(t, WriteSummary(&b, runs, quantities, 8, 12, "two lines\nof a note"))
	if !strings.HasPrefix(b.String(), "# two lines\n# of a note\nrun,seed,time_ms,error,") {
		t.Errorf("summary begins with %q", b.String()[:60])
	}
	read, err := ReadSummary(bytes.NewReader(b.Bytes()))
	must(t, err)
	if len(read) != 2 || read[1].Name != "a_seed_2" || read[1].Seed != 2 {
		t.Fatalf("read %d runs, the second %+v", len(read), read[1])
	}
	for _, q := range quantities {
		for i, r := range runs {
			x, y, err := r.Curve(q)
			must(t, err)
			sx, sy, err := read[i].Curve(q)
			must(t, err)
			if q == "error" {
				// The first two points are settling, without error.
				want := (y[2] + y[3] + y[4] + y[5]) / 4
				if sx[0] != x[5] || math.Abs(sy[0]-want) > 1e-11*want {
					t.Errorf("mean error %v at %v, want %v at %v", sy[0], sx[0], want, x[5])
				}
				continue
			}
			last := len(sx) - 1
			if sx[0] != x[0] || len(x) > 8 && sx[1] != x[3] || len(x) <= 8 && len(sx) != len(x) || sx[last] != x[len(x)-1] || math.Abs(sy[last]-y[len(y)-1]) > 1e-9 {
				t.Errorf("%s: %v %v, want some of %v %v with the first and the last", q, sx, sy, x, y)
			}
		}
	}
	if _, _, err := read[0].Curve("angle_2"); err == nil || !strings.Contains(err.Error(), "angle_1") {
		t.Errorf("unknown curve: %v", err)
	}
	if err := WriteSummary(&b, runs, []string{"angle_7"}, 1, 6, ""); err == nil {
		t.Error("unknown quantity: no error")
	}
	if err := WriteSummary(&b, runs, quantities, 0, 6, ""); err == nil {
		t.Error("every 0: no error")
	}
}

func TestRecordedCurve(t *testing.T) {
	r := summaryRuns(t)[0]
	x, y, err := r.Curve("2/ff/g/0")
	must(t, err)
	w, err := r.Weights(2, "ff")
	must(t, err)
	if len(x) != 30 || x[0] != 1 || x[29] != 30 || y[29] != w.At(0, 0) {
		t.Errorf("%d values from %v to %v, the last %v, want 30 from 1 to 30 and %v", len(x), x[0], x[len(x)-1], y[len(y)-1], w.At(0, 0))
	}
	for _, bad := range []string{"2/ff/g/1", "2/ff/g/-1", "2/ff/g/x", "x/ff/g/0", "2/fb/g/0"} {
		if _, _, err := r.Curve(bad); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func TestReadSummaryRefuses(t *testing.T) {
	good := "run,seed,time_ms,error\na,1,0.5,0.25\na,1,1,\n"
	if _, err := ReadSummary(strings.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"columns": {"time_ms", "time"}, "seed": {"a,1,0.5", "a,-1,0.5"}, "time": {"0.5", ""}, "value": {"0.25", "x"}, "short row": {"0.5,0.25", "0.5"},
	} {
		if _, err := ReadSummary(strings.NewReader(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzReadSummary(f *testing.F) {
	f.Add("# note\nrun,seed,time_ms,error\na,1,0.5,0.25\na,1,1,\n")
	f.Add("run,seed\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ReadSummary(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, s := range all {
			for _, q := range s.quantities {
				if x, y, err := s.Curve(q); err != nil || len(x) != len(y) {
					t.Errorf("%s of %s: %v", q, s.Name, err)
				}
			}
		}
	})
}
