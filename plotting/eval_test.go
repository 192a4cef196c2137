package plotting

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// lowRes keeps tests fast.
var lowRes = EvalOptions{DPI: 30, AllTraining: true, AllTesting: true}

// expected lists the files of Eval for a run that records everything, with the
// numbers of its levels as strings.
func expected(hidden, epochs int) []string {
	var files []string
	add := func(format string, args ...any) { files = append(files, fmt.Sprintf(format, args...)+".png") }
	for _, f := range []string{"mse_validation", "accuracy", "classification_error", "classification_error_log", "autokov_noise_pyr",
		"output_vs_supervisor_testing", "output_vs_supervisor_validation_last_epoch"} {
		add("%s", f)
	}
	for e := range epochs + 1 {
		add("output_vs_supervisor_validation_%05d_00000", e)
		add("points_epoch_%03d", e)
	}
	for l := 1; l <= hidden; l++ {
		for _, log := range []string{"", "_log"} {
			add("%03d_training_ff_vs_p2i%s", l, log)
			add("%03d_training_fb_vs_i2p%s", l, log)
			for _, stage := range stages {
				add("%03d_%s_next_vs_inter_rate%s", l, stage, log)
			}
		}
		add("%03d_training_angle_ff_fb", l)
		for _, g := range []string{"ff_g", "fb_g", "p2i_g", "i2p_g", "inter_rate", "pyramidal_rate", "pyramidal_rate_highpass", "pyramidal_noise",
			"pyramidal_v_apical", "pyramidal_rate_minus_highpass"} {
			add("training_%d_%s_full", l, g)
		}
		add("training_%d_fb_g_full.png.npy", l)
		files[len(files)-1] = strings.TrimSuffix(files[len(files)-1], ".png")
		for _, g := range []string{"inter_rate", "pyramidal_rate", "pyramidal_v_apical"} {
			add("testing_%d_%s_full", l, g)
		}
	}
	for _, stage := range []string{"training", "testing"} {
		add("%s_0_input_rate_full", stage)
		add("%s_%d_output_rate_full", stage, hidden+1)
		add("%s_%d_output_v_brev_full", stage, hidden+1)
		add("%s_%d_supervisor_rate_full", stage, hidden+2)
	}
	add("training_%d_ff_g_full", hidden+1)
	slices.Sort(files)
	return files
}

func baseNames(files []string) []string {
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	slices.Sort(names)
	return names
}

func TestEval(t *testing.T) {
	for hidden := 1; hidden <= 2; hidden++ {
		c := tinyConfig(dendritic.PAL)
		if hidden == 2 {
			c.Circuit.Levels = []int{4, 5, 4, 3}
			c.Learning.Rates = dendritic.Rates{Up: []float64{50, 1, 0.01}, Down: []float64{0.5, 0.5}, P2I: []float64{0.05, 0.05}, I2P: []float64{0.02, 0.02}}
		}
		c.Record.Variables = everything(&c)
		r := train(t, c)
		written, skipped, err := Eval(context.Background(), r.Dir, &lowRes)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := baseNames(written), expected(hidden, c.Epochs); !slices.Equal(got, want) {
			t.Errorf("%d hidden levels: wrote\n%s\nwant\n%s", hidden, strings.Join(got, " "), strings.Join(want, " "))
		}
		for _, f := range written {
			checkFile(t, f)
		}
		// Weights have no rows outside training: 2 comparisons in 2 stages, linear
		// and logarithmic.
		if len(skipped) != 8*hidden {
			t.Errorf("skipped %v", skipped)
		}
		for _, s := range skipped {
			if !strings.Contains(s.Reason, "only in training") {
				t.Errorf("%s: reason %q", s.File, s.Reason)
			}
		}
	}
}

func checkFile(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(file) == ".npy" {
		r, err := npy.OpenReader(file)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if r.Rows() == 0 || r.Width() == 0 {
			t.Errorf("%s has shape %v", file, r.Shape())
		}
		return
	}
	if _, err := png.Decode(bytes.NewReader(data)); err != nil {
		t.Errorf("%s: %v", file, err)
	}
}

// TestEvalWithoutRecordings falls back on metrics.csv.
func TestEvalWithoutRecordings(t *testing.T) {
	r := train(t, tinyConfig(dendritic.FA))
	written, skipped, err := Eval(context.Background(), r.Dir, &EvalOptions{DPI: 30})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"000_training_angle_ff_fb.png", "accuracy.png", "classification_error.png", "classification_error_log.png", "mse_validation.png"}
	if got := baseNames(written); !slices.Equal(got, want) {
		t.Errorf("wrote %v, want %v", got, want)
	}
	if len(skipped) < 20 {
		t.Errorf("skipped %d files, want at least 20", len(skipped))
	}
	for _, s := range skipped {
		if s.File == "" || !strings.Contains(s.Reason, "not recorded") {
			t.Errorf("skipped %q because %q", s.File, s.Reason)
		}
	}
}

// TestScoresAgree compares what is computed from recordings with the scores of
// the run.
func TestScoresAgree(t *testing.T) {
	c := tinyConfig(dendritic.PAL)
	c.Learning.Rates.Up = []float64{500, 1} // so that predictions change
	c.Record.Variables = everything(&c)
	r := train(t, c)
	scores, source, err := recordedScores(context.Background(), r)
	if err != nil || source != "from the recordings" || len(scores) != c.Epochs+1 {
		t.Fatalf("%d scores %s, error %v", len(scores), source, err)
	}
	varied := false
	for i, s := range scores {
		want := r.Epochs[i].Score
		if s.Accuracy != want.Accuracy || s.Samples != want.Samples || abs(s.RMSE-want.RMSE) > 1e-7 {
			t.Errorf("epoch %d: %+v, want %+v", i, s, want)
		}
		varied = varied || s.Accuracy != scores[0].Accuracy
	}
	if !varied {
		t.Error("all epochs have one accuracy, so the comparison shows nothing")
	}

	c.Record.Every = 25 // misses the readouts
	r = train(t, c)
	scores, source, err = recordedScores(context.Background(), r)
	if err != nil || source != "from metrics.csv" || len(scores) != c.Epochs+1 || scores[1].RMSE != r.Epochs[1].Score.RMSE {
		t.Errorf("sparse recordings: %d scores %s, error %v", len(scores), source, err)
	}
}

// TestAnglesAgree compares angles of recorded weights with those of the run.
func TestAnglesAgree(t *testing.T) {
	c := tinyConfig(dendritic.PAL)
	c.Learning.Rates.Up = []float64{500, 1}
	c.Record.WeightsEvery = 1
	c.Data.Train = 2 // short enough not to be averaged
	c.Record.Variables = everything(&c)
	r := train(t, c)
	e, err := newEvaluation(context.Background(), r.Dir, r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.recordedAngles(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	perEpoch := len(s.y[0]) / c.Epochs
	if s.window != 1 || perEpoch != 600 {
		t.Fatalf("%d angles, windows of %d", len(s.y[0]), s.window)
	}
	for n := 1; n <= c.Epochs; n++ {
		if got, want := s.y[0][n*perEpoch-1], r.Epochs[n].Alignment[0].Angle; abs(got-want) > 1e-3 {
			t.Errorf("epoch %d: %g°, want %g°", n, got, want)
		}
	}
}

func abs(x float64) float64 { return max(x, -x) }

func TestLevelsAreNumbers(t *testing.T) {
	e := &evaluation{levels: []int{0, 1, 2, 9, 10, 11}}
	for level, want := range map[int]string{0: "000", 2: "002", 9: "003", 10: "004", 11: "005"} {
		if got := e.prefix(level); got != want {
			t.Errorf("level %d: %s, want %s", level, got, want)
		}
	}
}

func TestDetail(t *testing.T) {
	c := tinyConfig(dendritic.PAL)
	c.Record.Variables = everything(&c)
	r := train(t, c)
	for epoch, want := range map[int]int{0: 2 + 7, 2: 2 + 2 + 2 + 7 + 7 + 5} {
		written, _, err := Detail(context.Background(), r.Dir, epoch, &lowRes)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range written {
			checkFile(t, f)
			dir, base := filepath.Split(f)
			if filepath.Base(dir) != fmt.Sprintf("epoch_%d", epoch) || !strings.HasSuffix(base, fmt.Sprintf("_epoch_%d.png", epoch)) {
				t.Errorf("epoch %d wrote %s", epoch, f)
			}
		}
		if len(written) != want {
			t.Errorf("epoch %d: %d files, want %d: %v", epoch, len(written), want, baseNames(written))
		}
	}
	for _, epoch := range []int{-1, 4} {
		if _, _, err := Detail(context.Background(), r.Dir, epoch, nil); err == nil {
			t.Errorf("epoch %d is no error", epoch)
		}
	}
}

func TestEvalErrors(t *testing.T) {
	if _, _, err := Eval(context.Background(), t.TempDir(), nil); err == nil {
		t.Error("an empty folder is no error")
	}
	c := tinyConfig(dendritic.FA)
	c.Record.Variables = everything(&c)
	r := train(t, c)
	if _, _, err := Eval(context.Background(), r.Dir, &EvalOptions{Every: -1}); err == nil {
		t.Error("every -1 is no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Eval(ctx, r.Dir, &lowRes); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	// A damaged recording is an error, not a missing one, and stops no other plot.
	damaged := filepath.Join(r.Dir, "recordings", "training", "1", "p2i", "g.npy")
	if err := os.WriteFile(damaged, []byte("no array"), 0o666); err != nil {
		t.Fatal(err)
	}
	written, _, err := Eval(context.Background(), r.Dir, &EvalOptions{DPI: 20, Every: 100, Progress: &bytes.Buffer{}})
	if err == nil || !strings.Contains(err.Error(), "g.npy") || len(written) < 15 {
		t.Errorf("damaged recording: %d files, error %v", len(written), err)
	}
}
