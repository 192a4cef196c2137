package le

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestCurveTable writes and reads curves of runs with and without top-down weights of
// their own.
func TestCurveTable(t *testing.T) {
	nan := math.NaN()
	runs := []*Result{
		{Config: Config{Name: "bp", Seed: 1 << 40}, Points: []Point{{0, nan, 0.5, nan, 0.25, nil}, {1, 1.0 / 3, 0.25, nan, 0.5, nil}}},
		{Config: Config{Name: "pal", Seed: 2}, Points: []Point{{0, nan, 0.5, 1, nan, []Alignment{{2, 90, 1, 2}, {4, 80, 3, 4}}}}},
	}
	var table bytes.Buffer
	must(t, WriteSummary(&table, runs, "made by a test\nby hand"))
	want := `# made by a test
# by hand
run,seed,epoch,train_error,valid_error,valid_accuracy,code_accuracy,angle_2,norm_up_2,norm_down_2,angle_4,norm_up_4,norm_down_4
bp,1099511627776,0,,0.5,,0.25,,,,,,
bp,1099511627776,1,0.333333,0.25,,0.5,,,,,,
pal,2,0,,0.5,1,,90,1,2,80,3,4
`
	if table.String() != want {
		t.Errorf("wrote\n%s", &table)
	}
	read, err := ReadSummary(&table)
	must(t, err)
	if len(read) != 2 || read[0].Config.Name != "bp" || read[0].Config.Seed != 1<<40 || !read[0].Done || len(read[0].Points) != 2 || len(read[0].Points[1].Alignment) > 0 {
		t.Fatalf("read %+v", read[0])
	}
	if x, y, err := read[0].Curve("code_accuracy"); err != nil || !slices.Equal(x, []float64{0, 1}) || !slices.Equal(y, []float64{0.25, 0.5}) {
		t.Errorf("read curve %v %v, %v", x, y, err)
	}
	if _, y, err := read[1].Curve("angle_4"); err != nil || !slices.Equal(y, []float64{80}) {
		t.Errorf("read angle %v, %v", y, err)
	}
	if _, _, err := read[0].Curve("angle_4"); err == nil {
		t.Error("a run without own top-down weights has angles")
	}
	for text, want := range map[string]string{
		"run,seed,epoch\n": "columns are", strings.Replace(want, ",0.25,", ",x,", 1): `code_accuracy is "x"`, "": "EOF",
	} {
		if _, err := ReadSummary(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}
