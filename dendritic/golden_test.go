package dendritic

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

	"go.yaml.in/yaml/v3"
)

// goldenFiles returns every file with the extension ext below testdata/golden
// and below the folders in NEUROCREDIT_GOLDEN. testdata/golden/README.md says
// what they hold.
func goldenFiles(t *testing.T, ext string) []string {
	t.Helper()
	roots := []string{filepath.Join("testdata", "golden")}
	if env := os.Getenv("NEUROCREDIT_GOLDEN"); env != "" {
		for _, dir := range filepath.SplitList(env) {
			if _, err := os.Stat(dir); err != nil {
				t.Fatalf("NEUROCREDIT_GOLDEN: %v", err)
			}
			roots = append(roots, filepath.Join(dir, "dendritic"))
		}
	}
	var files []string
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ext {
				files = append(files, path)
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if len(files) == 0 {
		t.Fatal("no golden files")
	}
	return files
}

// committed reports whether a golden file lies in this repository.
func committed(file string) bool {
	return strings.HasPrefix(file, "testdata"+string(filepath.Separator))
}

func readFile(t testing.TB, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func decode(t *testing.T, raw []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

// goldenConfig reads parameters that are named as in published configuration
// files. dt holds unless the parameters have their own.
func goldenConfig(t *testing.T, params []byte, dims []int, dt float64) Config {
	t.Helper()
	var node yaml.Node
	if err := yaml.Unmarshal(params, &node); err != nil {
		t.Fatal(err)
	}
	all := struct {
		Dt           float64 `yaml:"dt"`
		publishedNet `yaml:",inline"`
	}{Dt: dt}
	all.publishedNet.Dims = dims
	if err := node.Decode(&all); err != nil {
		t.Fatal(err)
	}
	m := publishedMeta{Dt: all.Dt, DatasetKey: "yinyang"}
	m.SimConfig = publishedSim{PatT: all.TPattern, RecsPerSample: 5, NClass: dims[len(dims)-1]}
	c, err := fromPublished(&m, &all.publishedNet)
	if err != nil {
		t.Fatal(err)
	}
	c.Data.Set = "own"
	return c
}

// must stops the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// build makes an engine with all state 0; full asks for every state variable.
func build[F float](t testing.TB, cfg *Config, full bool) *network[F] {
	t.Helper()
	must(t, cfg.Validate())
	n, err := newNetwork[F](cfg, full)
	must(t, err)
	return n
}

// compare checks values and notes the largest difference of each kind.
type compare struct {
	t       *testing.T
	largest map[string]float64
	float32 bool // what is wanted are decimals of float32 values
}

func newCompare(t *testing.T) *compare { return &compare{t: t, largest: map[string]float64{}} }

// near demands |got - want| <= abs + rel |want|.
func (c *compare) near(kind, what string, got, want []float64, abs, rel float64) {
	c.t.Helper()
	if len(got) != len(want) {
		c.t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if c.float32 {
			w = float64(float32(w))
		}
		d := math.Abs(got[i] - w)
		c.largest[kind] = max(c.largest[kind], d)
		if tol := abs + rel*math.Abs(w); !(d <= tol) {
			c.t.Fatalf("%s[%d] = %v, want %v ± %g", what, i, got[i], w, tol)
		}
	}
}

func flat(rows [][]float64) (all []float64) {
	for _, r := range rows {
		all = append(all, r...)
	}
	return all
}

func float64s[F float](x []F) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// String lists the largest differences.
func (c *compare) String() string {
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(c.largest)) {
		fmt.Fprintf(&b, "%s %.1e  ", kind, c.largest[kind])
	}
	return b.String()
}
