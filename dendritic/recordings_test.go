package dendritic

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recordedRun trains a small network with recordings in a temporary folder.
func recordedRun(t *testing.T, change func(*Config)) *Result {
	t.Helper()
	c := YinYang(PAL)
	c.Epochs = 3
	c.Data.Train, c.Data.Valid, c.Data.Test = 4, 3, 2
	c.Circuit.Levels = []int{4, 5, 3}
	c.Record.Variables = Variables{
		"0": {"input": {"rate"}},
		"1": {"fb": {"g"}, "pyramidal": {"rate"}},
		"2": {"ff": {"g"}, "output": {"v_brev"}},
		"3": {"supervisor": {"rate"}},
	}
	change(&c)
	r, err := Train(context.Background(), c, &Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecordedScoreIsTheScore(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"readouts":        func(c *Config) {},
		"every step":      func(c *Config) { c.Record.Every = 1 },
		"learning faster": func(c *Config) { c.Learning.Rates.Up = []float64{500, 1}; c.Record.Every = 10 },
	} {
		t.Run(name, func(t *testing.T) {
			r := recordedRun(t, change)
			for e, epoch := range r.Epochs {
				got, err := r.RecordedScore(Validation, e)
				if err != nil {
					t.Fatal(err)
				}
				compareScores(t, got, epoch.Score)
			}
			got, err := r.RecordedScore(Testing, 0)
			if err != nil {
				t.Fatal(err)
			}
			compareScores(t, got, *r.Test)
			if _, err := r.RecordedScore(Validation, len(r.Epochs)); !errors.Is(err, ErrNotRecorded) {
				t.Errorf("validation pass beyond the last one: %v, want ErrNotRecorded", err)
			}
		})
	}
}

func compareScores(t *testing.T, got, want Score) {
	t.Helper()
	if got.Accuracy != want.Accuracy || !slices.Equal(got.Predicted, want.Predicted) || !slices.Equal(got.Target, want.Target) {
		t.Errorf("accuracy %g, predictions %v of %v; want %g, %v of %v", got.Accuracy, got.Predicted, got.Target, want.Accuracy, want.Predicted, want.Target)
	}
	if math.Abs(got.RMSE-want.RMSE) > 1e-7 || math.Abs(got.MeanAbsError-want.MeanAbsError) > 1e-7 {
		t.Errorf("errors %g, %g; want %g, %g", got.RMSE, got.MeanAbsError, want.RMSE, want.MeanAbsError)
	}
}

func TestRecordedScoreNeedsReadouts(t *testing.T) {
	r := recordedRun(t, func(c *Config) { c.Record.Every = 25 })
	if _, err := r.RecordedScore(Validation, 0); !errors.Is(err, ErrNotRecorded) {
		t.Errorf("rows every 25 steps, readouts every 20: %v, want ErrNotRecorded", err)
	}
	r = recordedRun(t, func(c *Config) { delete(c.Record.Variables, "3") })
	if _, err := r.RecordedScore(Validation, 0); !errors.Is(err, ErrNotRecorded) {
		t.Errorf("without supervisor: %v, want ErrNotRecorded", err)
	}
	r.Dir = ""
	if _, err := r.RecordedScore(Validation, 0); !errors.Is(err, ErrNotRecorded) {
		t.Errorf("in memory: %v, want ErrNotRecorded", err)
	}
}

// TestPassesCoverTheRecording finds every row in exactly one pass, whatever the
// interval.
func TestPassesCoverTheRecording(t *testing.T) {
	for _, every := range []int{0, 10, 30, 70, 150, 1234} {
		r := recordedRun(t, func(c *Config) { c.Record.Every, c.Record.WeightsEvery = every, every })
		names, err := r.Recordings()
		if err != nil {
			t.Fatal(err)
		}
		if len(names) != 18 {
			t.Fatalf("%d recordings, want 6 in 3 stages", len(names))
		}
		for _, name := range names {
			c, err := r.Recording(name)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if c.Rows() == 0 && name.Stage != Training && name.Variable == "g" {
				continue
			}
			passes := map[string][]int{Training: {1, 2, 3}, Validation: {0, 1, 2, 3}, Testing: {0}}[name.Stage]
			next := 0
			for _, n := range passes {
				first, rows, err := c.Pass(n)
				if err != nil {
					t.Fatal(err)
				}
				if first != next {
					t.Errorf("every %d: %v: pass %d starts at row %d, want %d", every, name, n, first, next)
				}
				next = first + rows
			}
			if next != c.Rows() {
				t.Errorf("every %d: %v: passes have %d rows, the file %d", every, name, next, c.Rows())
			}
			for _, n := range []int{-1, len(passes) + 1} {
				if _, _, err := c.Pass(n); !errors.Is(err, ErrNotRecorded) {
					t.Errorf("%v: pass %d: %v, want ErrNotRecorded", name, n, err)
				}
			}
		}
	}
}

func TestRecordingIsTheFinalWeight(t *testing.T) {
	r := recordedRun(t, func(c *Config) { c.Record.WeightsEvery = 1 })
	c, err := r.Recording(RecordingName{Training, 2, "ff", "g"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	row := make([]float64, c.Width())
	if err := c.Read(row, c.Rows()-1, 1); err != nil {
		t.Fatal(err)
	}
	w, err := r.Weights(2, "ff")
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range w.RawMatrix().Data {
		if math.Abs(v-row[i]) > 1e-6 {
			t.Errorf("synapse %d: recorded %g, the network has %g", i, row[i], v)
		}
	}
}

// How many steps an epoch has may be known only when the data are there: an interval
// without rows is refused then.
func TestNoRowsOfOwnData(t *testing.T) {
	c := small(PAL, 5, 6, 2)
	c.Epochs = 3
	c.Record = Record{WeightsEvery: 2000, Variables: Variables{"1": {"fb": {"g"}}}}
	o := &Options{Dir: filepath.Join(t.TempDir(), "run"), Data: source{in: 5, out: 2, train: 12, valid: 8, test: 4}}
	_, err := Train(t.Context(), c, o)
	if err == nil || !strings.Contains(err.Error(), "record.weights_every is 2000") || !strings.Contains(err.Error(), "at most 1200") {
		t.Errorf("error %v", err)
	}
	c.Record.WeightsEvery = 1000
	r, err := Train(t.Context(), c, o)
	must(t, err)
	rec, err := r.Recording(RecordingName{Training, 1, "fb", "g"})
	must(t, err)
	defer rec.Close()
	if rec.Rows() != 3 {
		t.Errorf("%d rows, want one per epoch", rec.Rows())
	}
}
