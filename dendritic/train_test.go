package dendritic

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// TestGoldenTrajectory follows the learning curve of feedback alignment, which is
// deterministic up to rounding.
func TestGoldenTrajectory(t *testing.T) {
	f, err := os.Open("testdata/golden/fa_trajectory.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const epochs = 4
	cfg := YinYang(FA)
	cfg.Epochs = epochs
	r, err := Train(context.Background(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(f)
	lines.Scan() // header
	for _, e := range r.Epochs {
		lines.Scan()
		var want [5]float64
		if _, err := fmt.Sscanf(strings.ReplaceAll(lines.Text(), ",", " "), "%g %g %g %g %g", &want[0], &want[1], &want[2], &want[3], &want[4]); err != nil {
			t.Fatal(err)
		}
		got := [5]float64{float64(e.Epoch), e.Score.Accuracy, e.Score.RMSE, e.Alignment[0].Angle, e.Alignment[0].NormUp}
		for i, tol := range [5]float64{0, 0.12, 1e-4, 0.01, 1e-3} {
			if math.Abs(got[i]-want[i]) > tol {
				t.Errorf("epoch %d: got %v, want %v", e.Epoch, got, want)
				break
			}
		}
	}
}
