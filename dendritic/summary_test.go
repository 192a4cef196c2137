package dendritic

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func summaryRuns() []*Result {
	var runs []*Result
	for i, name := range []string{"a_seed_1", "a_seed_2"} {
		r := &Result{Config: YinYang(PAL), Test: &Score{Samples: 900, Accuracy: 95 + float64(i), MeanAbsError: 0.18, RMSE: 0.3}, Done: true}
		r.Config.Name, r.Config.Seed = name, uint32(i+1)
		for e := range 36 {
			r.Epochs = append(r.Epochs, Epoch{
				Epoch: e, Score: Score{Samples: 900, Accuracy: float64(e), MeanAbsError: 0.2, RMSE: 0.5},
				Alignment: []Alignment{{Angle: 90 - float64(e), NormUp: 1, NormDown: 5, P2IMismatch: 0.1, I2PMismatch: 0.2}},
			})
		}
		runs = append(runs, r)
	}
	return runs
}

func TestSummaryRoundTrip(t *testing.T) {
	var b bytes.Buffer
	if err := WriteSummary(&b, summaryRuns(), "two lines\nof a note"); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if !strings.HasPrefix(text, "# two lines\n# of a note\nrun,seed,epoch,") {
		t.Errorf("summary begins with %q", text[:60])
	}
	runs, err := ReadSummary(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 2 || runs[1].Config.Name != "a_seed_2" || runs[1].Config.Seed != 2 || runs[1].Test == nil || runs[1].Test.Accuracy != 96 {
		t.Fatalf("read %d runs, second %+v", len(runs), runs[1])
	}
	x, y, err := runs[0].Curve("angle")
	if err != nil {
		t.Fatal(err)
	}
	// Epochs 0 to 20, 30, and 35 as the last.
	if len(x) != 23 || x[21] != 30 || x[22] != 35 || math.Abs(y[22]-55) > 1e-9 {
		t.Errorf("epochs %v, angles %v", x, y)
	}
}

func TestReadSummaryRefuses(t *testing.T) {
	var b bytes.Buffer
	if err := WriteSummary(&b, summaryRuns(), ""); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"columns":   {"accuracy", "akkuracy"},
		"no number": {"a_seed_1,1,3,", "a_seed_1,1,three,"},
		"short row": {"a_seed_1,1,3,", "a_seed_1,1,"},
	} {
		if _, err := ReadSummary(strings.NewReader(strings.Replace(b.String(), change[0], change[1], 1))); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzReadSummary(f *testing.F) {
	var b bytes.Buffer
	if err := WriteSummary(&b, summaryRuns(), "note"); err != nil {
		f.Fatal(err)
	}
	f.Add(b.String())
	f.Add("run,seed\n")
	f.Fuzz(func(t *testing.T, text string) {
		runs, err := ReadSummary(strings.NewReader(text))
		if err != nil {
			return
		}
		if len(runs) > 0 {
			if err := WriteSummary(&bytes.Buffer{}, runs, ""); err != nil {
				t.Error(err)
			}
		}
	})
}
