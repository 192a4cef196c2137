package pal

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// golden is a file of golden numbers. What it holds is told by its fields
// (testdata/golden/README.md).
type golden struct {
	Case      string          `json:"case"`
	Model     string          `json:"model"`
	Algorithm string          `json:"algorithm"`
	Task      string          `json:"task"`
	Params    json.RawMessage `json:"params"`

	// A trace, step by step.
	Taur       *float64        `json:"taur"`
	Init       json.RawMessage `json:"init"`
	Hold       int             `json:"hold_steps"`
	NPre       int             `json:"n_pre"`
	NTrain     int             `json:"n_train"`
	Inputs     json.RawMessage `json:"inputs"`
	Targets    json.RawMessage `json:"targets"`
	WhiteNoise json.RawMessage `json:"white_noise"`
	Snapshots  json.RawMessage `json:"snapshots"`

	// A whole small experiment.
	TeacherSeed uint32      `json:"teacher_seed"`
	TeacherInit *circuit    `json:"teacher_init"`
	InputsRaw   [][]float64 `json:"inputs_unshuffled"`
	TargetsRaw  [][]float64 `json:"targets_unshuffled"`
	Students    []student   `json:"students"`

	// Metrics.
	RecPerSteps int             `json:"rec_per_steps"`
	Records     *metricRecords  `json:"records"`
	AngleWT     [][]float64     `json:"angle_WPPT_BPP_deg"`
	AngleJ      [][]float64     `json:"angle_jacobians_deg"`
	AngleRHS    [][]float64     `json:"angle_BPP_RHS_deg"`
	FirstRows   [][]float64     `json:"input_used_by_compare_first_row_of_each_presentation"`
	EndTargets  [][]float64     `json:"targets_end_of_presentation"`
	AngleUpdate [][]float64     `json:"angle_updates_deg"`
	DWMicro     [][][][]float64 `json:"dW_micro_first_epoch"`
	DWBackprop  [][][][]float64 `json:"dW_bp_first_epoch"`

	// Learning curves over several seeds.
	Seeds  map[string][]uint32 `json:"seeds"`
	Curves []goldenCurve       `json:"curves"`
}

// circuit is a circuit's state in the original's names, matrices [post][pre].
type circuit struct {
	UP  [][]float64   `json:"uP"`
	UI  [][]float64   `json:"uI"`
	WPP [][][]float64 `json:"WPP"`
	WIP [][][]float64 `json:"WIP"`
	BPP [][][]float64 `json:"BPP"`
	BPI [][][]float64 `json:"BPI"`
}

type student struct {
	Seed   uint32      `json:"seed"`
	Init   circuit     `json:"init"`
	Order  [][]int     `json:"presentation_order_per_epoch"`
	Final  circuit     `json:"final"`
	Draws  [][]float64 `json:"first_10_white_draws"`
	XiLast [][]float64 `json:"xi_final"`
}

type metricRecords struct {
	WPP  [][][]float64   `json:"WPP_constant"`
	BPP  [][][][]float64 `json:"BPP"`
	VBas [][][]float64   `json:"vbas"`
}

// tolerance of all golden numbers.
const tolerance = 1e-10

// angleTolerance is the tolerance of an angle in degrees. The arc cosine magnifies
// the rounding of the cosine near 0 and 180 degrees.
func angleTolerance(degrees float64) float64 {
	return tolerance / max(1e-4, math.Sin(degrees*math.Pi/180))
}

// TestGolden checks every golden file below testdata/golden and below
// NEUROCREDIT_GOLDEN.
func TestGolden(t *testing.T) {
	counts := map[string]int{}
	for _, file := range goldenFiles(t) {
		raw, err := os.ReadFile(file)
		must(t, err)
		var g golden
		if err := json.Unmarshal(raw, &g); err == nil && g.Algorithm != "" {
			counts["layers"]++
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			must(t, json.Unmarshal(raw, &g))
			switch {
			case g.Snapshots != nil:
				counts["trace"]++
				g.trace(t)
			case g.Students != nil:
				counts["pipeline"]++
				g.pipeline(t)
			case g.Records != nil:
				counts["metrics"]++
				g.metrics(t, nil)
			case g.Curves != nil:
				counts["curves"]++
				g.curves(t)
			default:
				t.Fatal("holds neither a trace, a pipeline, metrics nor curves")
			}
		})
	}
	t.Logf("cases of the microcircuit checked; cases of layers belong to another model: %v", counts)
	for _, kind := range []string{"trace", "pipeline", "metrics", "curves"} {
		if counts[kind] == 0 {
			t.Errorf("no golden file of kind %s", kind)
		}
	}
}

// goldenFiles returns every JSON file below testdata/golden and below the folders
// in NEUROCREDIT_GOLDEN.
func goldenFiles(t *testing.T) []string {
	t.Helper()
	roots := []string{filepath.Join("testdata", "golden")}
	for _, dir := range filepath.SplitList(os.Getenv("NEUROCREDIT_GOLDEN")) {
		if _, err := os.Stat(dir); err != nil {
			t.Fatalf("NEUROCREDIT_GOLDEN: %v", err)
		}
		roots = append(roots, filepath.Join(dir, "pal", "golden"))
	}
	var files []string
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ".json" {
				files = append(files, path)
			}
			return err
		})
		must(t, err)
	}
	return files
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func decode(t *testing.T, raw json.RawMessage, into any) {
	t.Helper()
	if len(raw) > 0 {
		must(t, json.Unmarshal(raw, into))
	}
}

// compare checks values and notes the largest difference of each kind.
type compare struct {
	t       *testing.T
	largest map[string]float64
}

func newCompare(t *testing.T) *compare { return &compare{t, map[string]float64{}} }

func (c *compare) near(what string, got, want []float64, tol float64) {
	c.t.Helper()
	if len(got) != len(want) {
		c.t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	kind, _, _ := strings.Cut(what, " ")
	for i := range want {
		d := math.Abs(got[i] - want[i])
		c.largest[kind] = max(c.largest[kind], d)
		if !(d <= tol) {
			c.t.Fatalf("%s[%d] = %v, want %v ± %g", what, i, got[i], want[i], tol)
		}
	}
}

func (c *compare) String() string {
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(c.largest)) {
		fmt.Fprintf(&b, "%s %.0e  ", kind, c.largest[kind])
	}
	return b.String()
}

func flat(rows [][]float64) (all []float64) {
	for _, r := range rows {
		all = append(all, r...)
	}
	return all
}
