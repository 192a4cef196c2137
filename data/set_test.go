package data

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// fails checks that err contains all the given texts.
func fails(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q lacks %q", err, text)
		}
	}
}

func exampleSet() *Set {
	return &Set{Inputs: [][]float64{{1, 2}, {3, 4}, {5, 6}}, Labels: []int{0, 1, 1}, Classes: 2}
}

func TestSetValidate(t *testing.T) {
	if err := exampleSet().Validate(); err != nil {
		t.Fatal(err)
	}
	targets := [][]float64{{1}, {2}, {3}}
	regression := &Set{Inputs: exampleSet().Inputs, Labels: []int{-1, -1, -1}, Targets: targets}
	if err := regression.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		change func(*Set)
		want   []string
	}{
		{"empty", func(s *Set) { *s = Set{} }, []string{"no patterns"}},
		{"labels missing", func(s *Set) { s.Labels = s.Labels[:2] }, []string{"3 patterns", "2 labels"}},
		{"targets missing", func(s *Set) { s.Targets = targets[:1] }, []string{"3 patterns", "1 targets"}},
		{"no inputs", func(s *Set) { s.Inputs[0] = nil }, []string{"empty"}},
		{"ragged", func(s *Set) { s.Inputs[2] = []float64{1} }, []string{"row 2", "1 input", "want 2"}},
		{"ragged target", func(s *Set) { s.Targets = [][]float64{{1}, {2, 3}, {4}} }, []string{"row 1", "2 target"}},
		{"NaN", func(s *Set) { s.Inputs[1][1] = math.NaN() }, []string{"row 1", "input 1", "NaN"}},
		{"infinite", func(s *Set) { s.Inputs[0][1] = math.Inf(-1) }, []string{"row 0", "-Inf"}},
		{"infinite target", func(s *Set) { s.Targets = [][]float64{{1}, {math.Inf(1)}, {4}} }, []string{"row 1", "target 0", "+Inf"}},
		{"label too large", func(s *Set) { s.Labels[2] = 2 }, []string{"row 2", "label 2", "2 classes"}},
		{"label without target", func(s *Set) { s.Labels[1] = -1 }, []string{"row 1", "label -1"}},
		{"label below -1", func(s *Set) { s.Labels[1] = -2; s.Targets = targets }, []string{"row 1", "label -2"}},
		{"negative classes", func(s *Set) { s.Classes = -1 }, []string{"classes -1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := exampleSet()
			test.change(s)
			fails(t, s.Validate(), test.want...)
		})
	}
}

func TestSplitsValidate(t *testing.T) {
	s := &Splits{Name: "own", Train: exampleSet(), Valid: exampleSet(), Test: exampleSet()}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	s.Test = &Set{Inputs: [][]float64{{1, 2, 3}}, Labels: []int{0}, Classes: 2}
	fails(t, s.Validate(), "data: own: test", "3 inputs", "train has 2")
	s.Test = nil
	fails(t, s.Validate(), "data: own: test", "no patterns")
	s.Test = exampleSet()
	s.Valid.Classes = 3
	fails(t, s.Validate(), "valid", "3 classes")
}

func TestSubset(t *testing.T) {
	s := exampleSet()
	s.Targets = [][]float64{{0.1}, {0.2}, {0.3}}
	sub := s.Subset([]int{2, 0, 2})
	equal(t, "subset", *sub, Set{Inputs: [][]float64{{5, 6}, {1, 2}, {5, 6}}, Labels: []int{1, 0, 1},
		Targets: [][]float64{{0.3}, {0.1}, {0.3}}, Classes: 2})
	equal(t, "sizes", []int{sub.Len(), sub.InputSize(), sub.OutputSize()}, []int{3, 2, 1})
	equal(t, "classes only", exampleSet().OutputSize(), 2)
	equal(t, "empty set", (&Set{}).InputSize(), 0)
	defer func() {
		if recover() == nil {
			t.Error("a row out of range did not panic")
		}
	}()
	s.Subset([]int{3})
}

func TestGeneratedErrors(t *testing.T) {
	ctx := context.Background()
	for name, test := range map[string]struct {
		source Source
		want   string
	}{
		"yinyang size":       {YinYang{Seed: 1, Train: 10, Valid: 0, Test: 10}, "yinyang: valid 0"},
		"yinyang seed":       {YinYang{Seed: -1, Train: 1, Valid: 1, Test: 1}, "seed -1"},
		"yinyang high seed":  {YinYang{Seed: math.MaxUint32 - 1, Train: 1, Valid: 1, Test: 1}, "seed 4294967294"},
		"yinyang overflow":   {YinYang{Seed: math.MaxInt, Train: 1, Valid: 1, Test: 1}, "seed 9223372036854775807"},
		"bars size":          {Bars{Seed: 1, Train: -1, Valid: 1, Test: 1}, "bars: train -1"},
		"bars seed":          {Bars{Seed: math.MaxUint32, Train: 1, Valid: 1, Test: 1}, "seed 4294967295"},
		"bars overflow":      {Bars{Seed: math.MaxInt / 2, Train: 1, Valid: 1, Test: 1}, "seed 4611686018427387903"},
		"bars noise":         {Bars{Seed: 1, Train: 1, Valid: 1, Test: 1, Noise: -0.1}, "noise -0.1"},
		"bars NaN":           {Bars{Seed: 1, Train: 1, Valid: 1, Test: 1, Noise: math.NaN()}, "noise NaN"},
		"mimic size":         {Mimic{Train: 1, Valid: 1, Dims: []int{2, 1}, High: 1}, "mimic: test 0"},
		"mimic seed":         {Mimic{Seed: -3, Train: 1, Valid: 1, Test: 1, Dims: []int{2, 1}, High: 1}, "seed -3"},
		"mimic levels":       {Mimic{Train: 1, Valid: 1, Test: 1, Dims: []int{2}, High: 1}, "dims [2]"},
		"mimic empty level":  {Mimic{Train: 1, Valid: 1, Test: 1, Dims: []int{2, 0, 1}, High: 1}, "dims [2 0 1]"},
		"mimic range":        {Mimic{Train: 1, Valid: 1, Test: 1, Dims: []int{2, 1}, Low: 1, High: 1}, "[1, 1)"},
		"mimic not a number": {Mimic{Train: 1, Valid: 1, Test: 1, Dims: []int{2, 1}, High: 1, OutputScale: math.NaN()}, "row 0: target 0 is NaN"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.source.Load(ctx)
			fails(t, err, "data: ", test.want)
		})
	}
}

func TestLoadHeedsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, source := range []Source{
		DefaultYinYang(),
		Bars{Seed: 1, Train: 1, Valid: 1, Test: 1},
		Mimic{Train: 1, Valid: 1, Test: 1, Dims: []int{2, 1}, High: 1},
		MNIST{Dir: t.TempDir()},
	} {
		if _, err := source.Load(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%T: error %v, want %v", source, err, context.Canceled)
		}
	}
}

func TestYinYangSeedsDiffer(t *testing.T) {
	a := load(t, YinYang{Seed: 1, Train: 50, Valid: 50, Test: 50})
	b := load(t, YinYang{Seed: 2, Train: 50, Valid: 50, Test: 50})
	equal(t, "test of seed 1 and valid of seed 2, both drawn with seed 3", a.Test, b.Valid)
	if reflect.DeepEqual(a.Train, b.Train) {
		t.Error("seeds 1 and 2 give the same points")
	}
}

func TestYinYangClass(t *testing.T) {
	for _, test := range []struct {
		x, y float64
		want int
	}{
		{0, 0, -1}, {1, 1, -1}, {0.5, 1.0001, -1},
		{0.25, 0.5, 2}, {0.75, 0.5, 2}, {0.75, 0.5999, 2},
		{0.25, 0.6001, 1}, {0.5, 0.9, 1}, {0.05, 0.6, 1},
		{0.75, 0.6001, 0}, {0.5, 0.1, 0}, {0.95, 0.4, 0},
	} {
		if got := YinYangClass(test.x, test.y); got != test.want {
			t.Errorf("YinYangClass(%v, %v) = %d, want %d", test.x, test.y, got, test.want)
		}
	}
}
