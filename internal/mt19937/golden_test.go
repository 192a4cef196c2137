package mt19937

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// goldenFiles returns testdata/golden and the folders of NEUROCREDIT_GOLDEN.
func goldenFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	roots := []string{filepath.Join("testdata", "golden")}
	if extra := os.Getenv("NEUROCREDIT_GOLDEN"); extra != "" {
		roots = append(roots, filepath.SplitList(extra)...)
	}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && filepath.Ext(path) == ".json" {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestGoldenStreams compares every list of every generator of every file that
// has a field "generators". The name of a list tells the calls that made it;
// each list starts from a fresh generator.
func TestGoldenStreams(t *testing.T) {
	seen := 0
	for _, path := range goldenFiles(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Generators []map[string]json.RawMessage `json:"generators"`
		}
		if json.Unmarshal(data, &file) != nil || len(file.Generators) == 0 {
			continue // another kind of golden file
		}
		seen++
		t.Run(filepath.Base(path), func(t *testing.T) {
			for i, lists := range file.Generators {
				checkGenerator(t, fmt.Sprintf("generator %d", i), lists)
			}
		})
	}
	if seen == 0 {
		t.Fatal("no golden file with generators")
	}
}

func checkGenerator(t *testing.T, name string, lists map[string]json.RawMessage) {
	var fresh func() *Source
	if raw, ok := lists["seed"]; ok {
		seed := decode[uint32](t, raw)
		fresh = func() *Source { return New(seed) }
	} else {
		key := decode[[]uint32](t, lists["key"])
		fresh = func() *Source { return NewFromKey(key) }
	}
	for list, raw := range lists {
		if list == "seed" || list == "key" {
			continue
		}
		want := decode[[]float64](t, raw)
		s := fresh()
		got, ulps := draw(t, s, list, len(want))
		for i := range got {
			if distance := math.Abs(got[i] - want[i]); distance > ulps*(math.Nextafter(math.Abs(want[i]), math.Inf(1))-math.Abs(want[i])) {
				t.Errorf("%s, %s[%d] = %v, want %v", name, list, i, got[i], want[i])
			}
		}
	}
}

var (
	uniformName = regexp.MustCompile(`^uniform_(?:minus|(-))?([\d.]+)_([\d.]+)$`)
	numbered    = regexp.MustCompile(`^(randint|shuffle_|double_after_)(\d+)$`)
)

// draw makes the list of the given name with n entries; ulps is the allowed
// difference in units of the last place.
func draw(t *testing.T, s *Source, list string, n int) (got []float64, ulps float64) {
	t.Helper()
	repeat := func(f func() float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = f()
		}
		return x
	}
	switch list {
	case "uint32":
		return repeat(func() float64 { return float64(s.Uint32()) }), 0
	case "double":
		return repeat(s.Float64), 0
	case "normal":
		return repeat(s.Normal), 1
	case "normal_shuffle10_normal_double_normal":
		first := s.Normal()
		s.Shuffle(make([]int, 10))
		return []float64{first, s.Normal(), s.Float64(), s.Normal()}, 1
	}
	if m := uniformName.FindStringSubmatch(list); m != nil {
		lo, hi := number(t, m[2]), number(t, m[3])
		if strings.HasPrefix(list, "uniform_minus") || m[1] != "" {
			lo = -lo
		}
		return repeat(func() float64 { return s.Uniform(lo, hi) }), 0
	}
	m := numbered.FindStringSubmatch(list)
	if m == nil {
		t.Fatalf("unknown list %q", list)
	}
	count := int(number(t, m[2]))
	switch m[1] {
	case "randint":
		return repeat(func() float64 { return float64(s.IntUpTo(count - 1)) }), 0
	case "double_after_":
		for range count {
			s.Float64()
		}
		return repeat(s.Float64), 0
	default:
		order := make([]int, count)
		for i := range order {
			order[i] = i
		}
		s.Shuffle(order)
		return repeat(func() float64 { v := order[0]; order = order[1:]; return float64(v) }), 0
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func decode[T any](t *testing.T, raw json.RawMessage) (v T) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v in %.40s", err, raw)
	}
	return v
}
