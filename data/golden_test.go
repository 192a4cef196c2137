package data

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// eachGolden calls check as a subtest for every file with the given ending in
// testdata/golden and in the folders of NEUROCREDIT_GOLDEN that has holds.
func eachGolden(t *testing.T, ending string, holds func([]byte) bool, check func(t *testing.T, path string, content []byte)) {
	t.Helper()
	roots := []string{filepath.Join("testdata", "golden")}
	if extra := os.Getenv("NEUROCREDIT_GOLDEN"); extra != "" {
		roots = append(roots, filepath.SplitList(extra)...)
	}
	seen := 0
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ending {
				return err
			}
			content, err := os.ReadFile(path)
			if err == nil && holds(content) {
				seen++
				t.Run(filepath.Base(path), func(t *testing.T) { check(t, path, content) })
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen == 0 {
		t.Fatal("no golden file of this kind")
	}
}

func load(t *testing.T, s Source) *Splits {
	t.Helper()
	splits, err := s.Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return splits
}

func TestGoldenYinYangSummary(t *testing.T) {
	type summary struct {
		Big  float64 `json:"r_big"`
		Dot  float64 `json:"r_small"`
		Sets []struct {
			Stage  string
			Size   int
			Seed   int
			Inputs [][]float64 `json:"first_inputs"`
			Labels []int       `json:"first_labels"`
			Last   []float64   `json:"last_input"`
			Label  int         `json:"last_label"`
			Counts []int       `json:"class_counts"`
			Sums   []float64   `json:"sum_inputs"`
			Weight int         `json:"weighted_label_sum"`
		}
	}
	parse := func(content []byte) (s summary) {
		if json.Unmarshal(content, &s) != nil || s.Big == 0 || s.Dot == 0 {
			s.Sets = nil
		}
		return s
	}
	holds := func(content []byte) bool { return parse(content).Sets != nil }
	eachGolden(t, ".json", holds, func(t *testing.T, _ string, content []byte) {
		s := parse(content)
		if s.Big != YinYangRadius || s.Dot != YinYangDotRadius {
			t.Fatalf("radii %v and %v, want %v and %v", s.Big, s.Dot, YinYangRadius, YinYangDotRadius)
		}
		for _, want := range s.Sets {
			set := load(t, YinYang{Seed: want.Seed, Train: want.Size, Valid: 1, Test: 1}).Train
			equal(t, want.Stage+" first inputs", set.Inputs[:len(want.Inputs)], want.Inputs)
			equal(t, want.Stage+" first labels", set.Labels[:len(want.Labels)], want.Labels)
			equal(t, want.Stage+" last input", set.Inputs[want.Size-1], want.Last)
			equal(t, want.Stage+" last label", set.Labels[want.Size-1], want.Label)
			counts, weight, sums := make([]int, 3), 0, make([]float64, 4)
			for i, label := range set.Labels {
				counts[label]++
				weight += (i + 1) * label
				for j, v := range set.Inputs[i] {
					sums[j] += v
				}
			}
			equal(t, want.Stage+" class counts", counts, want.Counts)
			equal(t, want.Stage+" weighted label sum", weight, want.Weight)
			for j := range sums {
				if math.Abs(sums[j]-want.Sums[j]) > 1e-9 {
					t.Errorf("%s sum of input %d is %v, want %v", want.Stage, j, sums[j], want.Sums[j])
				}
			}
		}
	})
}

// TestGoldenYinYangPoints compares all points of the published sets; the ending
// of a file's name tells which part it is.
func TestGoldenYinYangPoints(t *testing.T) {
	published := load(t, DefaultYinYang())
	parts := map[string]*Set{"train": published.Train, "valid": published.Valid, "test": published.Test}
	holds := func(content []byte) bool { return bytes.HasPrefix(content, []byte("x,y,class\n")) }
	eachGolden(t, ".csv", holds, func(t *testing.T, path string, content []byte) {
		name := strings.TrimSuffix(filepath.Base(path), ".csv")
		set := parts[name[strings.LastIndex(name, "_")+1:]]
		records, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(records)-1 != set.Len() {
			t.Fatalf("%d points, want %d", set.Len(), len(records)-1)
		}
		for i, record := range records[1:] {
			x, errX := strconv.ParseFloat(record[0], 64)
			y, errY := strconv.ParseFloat(record[1], 64)
			if errX != nil || errY != nil {
				t.Fatal(errX, errY)
			}
			equal(t, fmt.Sprintf("point %d", i), set.Inputs[i], []float64{x, y, 1 - x, 1 - y})
			equal(t, fmt.Sprintf("class %d", i), strconv.Itoa(set.Labels[i]), record[2])
		}
	})
}

type task struct {
	Bars *struct {
		Seed  int
		Sizes [3]int
		Noise float64
	}
	Mimic *struct {
		Seed      int
		Dims      []int
		Sizes     [3]int
		Low, High float64
	}
	Sets [3]Set
}

// TestGoldenTasks compares small generated sets in full.
func TestGoldenTasks(t *testing.T) {
	parse := func(content []byte) []task {
		var file struct{ Tasks []task }
		if json.Unmarshal(content, &file) != nil {
			return nil
		}
		return file.Tasks
	}
	holds := func(content []byte) bool { return parse(content) != nil }
	eachGolden(t, ".json", holds, func(t *testing.T, _ string, content []byte) {
		for i, task := range parse(content) {
			var source Source
			switch b, m := task.Bars, task.Mimic; {
			case b != nil:
				source = Bars{b.Seed, b.Sizes[0], b.Sizes[1], b.Sizes[2], b.Noise}
			case m != nil:
				source = Mimic{Seed: m.Seed, Dims: m.Dims, Train: m.Sizes[0], Valid: m.Sizes[1], Test: m.Sizes[2], Low: m.Low, High: m.High}
			default:
				t.Fatalf("task %d is of no known kind", i)
			}
			got := load(t, source)
			for j, set := range []*Set{got.Train, got.Valid, got.Test} {
				name := fmt.Sprintf("task %d, set %d ", i, j)
				want := task.Sets[j]
				equal(t, name+"inputs", set.Inputs, want.Inputs)
				if want.Labels != nil {
					equal(t, name+"labels", set.Labels, want.Labels)
				}
				equal(t, name+"number of targets", len(set.Targets), len(want.Targets))
				for k := range want.Targets {
					for o, v := range want.Targets[k] {
						if math.Abs(set.Targets[k][o]-v) > 1e-14*math.Abs(v) {
							t.Errorf("%starget %d is %v, want %v", name, k, set.Targets[k], want.Targets[k])
						}
					}
				}
			}
		}
	})
}
