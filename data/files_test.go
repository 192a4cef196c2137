package data

import (
	"compress/gzip"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/npy"
)

// write puts a file into dir and returns its path.
func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t *testing.T, content string) string {
	t.Helper()
	var b strings.Builder
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFilesTextForms(t *testing.T) {
	dir := t.TempDir()
	want := Set{Inputs: [][]float64{{0.5, -1}, {2e-3, 4}}, Labels: []int{1, 0}, Classes: 2}
	for _, test := range []struct{ name, file, content string }{
		{"plain", "a.csv", "0.5,-1,1\n2e-3,4,0\n"},
		{"no final newline", "a.csv", "0.5,-1,1\n2e-3,4,0"},
		{"header", "a.csv", "x,y,class\n0.5,-1,1\n2e-3,4,0\n"},
		{"Windows", "a.csv", "\ufeffx,y,class\r\n0.5,-1,1\r\n2e-3,4,0\r\n"},
		{"comments and spaces", "a.csv", "# made by hand\n 0.5, -1 ,1\n\n# the second\n2e-3,4, 0\n"},
		{"quoted", "a.csv", "\"x\",\"y\",\"class\"\n\"0.5\",\"-1\",\"1\"\n2e-3,4,0\n"},
		{"float labels", "a.csv", "0.5,-1,1.0\n0.002,4,0.0\n"},
		{"tabs", "a.TSV", "x\ty\tclass\n0.5\t-1\t1\n2e-3\t4\t0\n"},
		{"compressed", "a.csv.gz", zipped(t, "x,y,class\n0.5,-1,1\n2e-3,4,0\n")},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, dir, test.file, test.content)
			s := load(t, Files{Train: path, Valid: path, Test: path})
			equal(t, "set", *s.Test, want)
			equal(t, "name", s.Name, "a")
		})
	}
}

func TestFilesColumns(t *testing.T) {
	dir := t.TempDir()
	named := write(t, dir, "named.csv", "id,class,x,y,t\n7,2,0.1,0.2,9\n8,0,0.3,0.4,10\n")
	bare := write(t, dir, "bare.csv", "7,2,0.1,0.2,9\n8,0,0.3,0.4,10\n")
	numbers := write(t, dir, "numbers.csv", "0,1,2\n5,6,1\n7,8,0\n")
	x := [][]float64{{0.1, 0.2}, {0.3, 0.4}}
	for _, test := range []struct {
		name  string
		files Files
		want  Set
	}{
		{"by name", Files{Train: named, Inputs: []string{"x", "y"}, Label: "class"},
			Set{Inputs: x, Labels: []int{2, 0}, Classes: 3}},
		{"by position", Files{Train: bare, Inputs: []string{"2", "3"}, Label: "1", Classes: 4},
			Set{Inputs: x, Labels: []int{2, 0}, Classes: 4}},
		{"targets", Files{Train: named, Inputs: []string{"x", "y"}, Targets: []string{"t", "id"}},
			Set{Inputs: x, Labels: []int{-1, -1}, Targets: [][]float64{{9, 7}, {10, 8}}}},
		{"targets and label", Files{Train: named, Label: "class", Targets: []string{"t", "id"}},
			Set{Inputs: x, Labels: []int{2, 0}, Targets: [][]float64{{9, 7}, {10, 8}}, Classes: 3}},
		{"header of numbers", Files{Train: numbers, Header: HeaderPresent},
			Set{Inputs: [][]float64{{5, 6}, {7, 8}}, Labels: []int{1, 0}, Classes: 2}},
		{"no header", Files{Train: numbers, Header: HeaderAbsent},
			Set{Inputs: [][]float64{{0, 1}, {5, 6}, {7, 8}}, Labels: []int{2, 1, 0}, Classes: 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.files.Valid, test.files.Test = test.files.Train, test.files.Train
			equal(t, "set", *load(t, test.files).Valid, test.want)
		})
	}
}

// TestFilesClasses: a class that occurs in one part only counts for all.
func TestFilesClasses(t *testing.T) {
	dir := t.TempDir()
	a := write(t, dir, "a.csv", "1,0\n2,1\n")
	b := write(t, dir, "b.csv", "3,4\n")
	s := load(t, Files{Train: a, Valid: b, Test: a})
	equal(t, "classes", []int{s.Train.Classes, s.Valid.Classes, s.Test.Classes}, []int{5, 5, 5})
}

func TestFilesArrays(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, a := range []struct {
		name  string
		data  []float64
		shape []int
	}{
		{"table.npy", []float64{0.5, 1, 1, 0.25, 2, 0}, []int{2, 3}},
		{"x.npy", []float64{1, 2, 3, 4, 5, 6, 7, 8}, []int{2, 2, 2}},
		{"y.npy", []float64{1, 0}, []int{2}},
		{"targets.npy", []float64{0.1, 0.2, 0.3, 0.4}, []int{2, 2}},
		{"nan.npy", []float64{0.5, 1, 1, math.NaN(), 2, 0}, []int{2, 3}},
		{"none.npy", nil, []int{0, 3}},
	} {
		if err := npy.WriteArray(path(a.name), a.data, a.shape...); err != nil {
			t.Fatal(err)
		}
	}
	same := func(table, labels string) Files {
		return Files{Train: table, Valid: table, Test: table, TrainLabels: labels, ValidLabels: labels, TestLabels: labels}
	}
	equal(t, "table", *load(t, same(path("table.npy"), "")).Train,
		Set{Inputs: [][]float64{{0.5, 1}, {0.25, 2}}, Labels: []int{1, 0}, Classes: 2})
	images := [][]float64{{1, 2, 3, 4}, {5, 6, 7, 8}}
	equal(t, "images and labels", *load(t, same(path("x.npy"), path("y.npy"))).Train,
		Set{Inputs: images, Labels: []int{1, 0}, Classes: 2})
	regression := same(path("x.npy"), path("targets.npy"))
	regression.Targets = []string{"*"}
	equal(t, "images and targets", *load(t, regression).Train,
		Set{Inputs: images, Labels: []int{-1, -1}, Targets: [][]float64{{0.1, 0.2}, {0.3, 0.4}}})

	for name, test := range map[string]struct {
		files Files
		want  []string
	}{
		"NaN":          {same(path("nan.npy"), ""), []string{"nan.npy", "row 1, column 0", "NaN"}},
		"no rows":      {same(path("none.npy"), ""), []string{"none.npy", "[0 3]"}},
		"not an array": {same(write(t, dir, "text.npy", "1,2,3 is no array"), ""), []string{"text.npy", "NPY"}},
		"two columns":  {same(path("x.npy"), path("targets.npy")), []string{"targets.npy", "2 columns", "Label"}},
		"no labels": {Files{Train: path("x.npy"), Valid: path("x.npy"), Test: path("x.npy"), TrainLabels: path("y.npy")},
			[]string{"valid", "no file of labels"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.files.Load(context.Background())
			fails(t, err, append(test.want, "data: files: ")...)
		})
	}
}

func TestFilesErrors(t *testing.T) {
	dir := t.TempDir()
	good := write(t, dir, "good.csv", "x,y,class\n0.5,-1,1\n2e-3,4,0\n")
	for _, test := range []struct {
		name, content string
		files         Files
		want          []string
	}{
		{"word", "x,y,class\n1,2,0\n1,two,0\n", Files{}, []string{"line 3, column 1", `"two" is not a number`}},
		{"missing value", "1,2,0\n1,,0\n", Files{}, []string{"line 2, column 1", `"" is not a number`}},
		{"NaN", "1,2,0\nnan,2,0\n", Files{}, []string{"line 2, column 0", `"nan"`, "finite"}},
		{"infinite", "1,2,0\n1,-Inf,0\n", Files{}, []string{"line 2, column 1", `"-Inf"`, "finite"}},
		{"range", "1,2,0\n1,1e999,0\n", Files{}, []string{"line 2, column 1", `"1e999"`, "range"}},
		{"ragged", "1,2,0\n1,2,0\n1,2,3,0\n", Files{}, []string{"line 3", "4 columns, want 3"}},
		{"ragged behind header", "x,y,class\n1,2\n", Files{}, []string{"line 2", "2 columns, want 3"}},
		{"quote", "1,2,0\n1,\"2,0\n", Files{}, []string{"line 2"}},
		{"empty", "", Files{}, []string{"no rows"}},
		{"header only", "x,y,class\n", Files{}, []string{"no rows"}},
		{"half a header", "x,2,0\n1,2,0\n", Files{}, []string{"line 1", `"x" beside numbers`, "Header"}},
		{"unknown header option", "1,2,0\n", Files{Header: "maybe"}, []string{`header "maybe"`}},
		{"fractional label", "1,2,0\n1,2,0.5\n", Files{}, []string{"line 2", "label 0.5", "0..999"}},
		{"negative label", "1,2,-1\n", Files{}, []string{"line 1", "label -1"}},
		{"label of an unknown class", "1,2,2\n1,2,3\n", Files{Classes: 3}, []string{"line 2", "label 3", "0..2"}},
		{"not a label", "1,2,1234567\n", Files{}, []string{"label 1.234567e+06", "set Classes"}},
		{"huge label", "1,2,1e300\n", Files{}, []string{"label 1e+300"}},
		{"unknown column", "x,y,class\n1,2,0\n", Files{Label: "clas"}, []string{`no column "clas"`, "x, y, class"}},
		{"column out of range", "1,2,0\n", Files{Inputs: []string{"0", "3"}}, []string{`no column "3"`, "0..2"}},
		{"two of a name", "x,x,class\n1,2,0\n", Files{Inputs: []string{"x"}}, []string{"two columns", `"x"`}},
		{"label among inputs", "1,2,0\n", Files{Inputs: []string{"0", "2"}}, []string{"column 2", "input"}},
		{"label among targets", "1,2,0\n", Files{Targets: []string{"2"}, Label: "2"}, []string{"column 2", "Label"}},
		{"nothing but a label", "1\n0\n", Files{}, []string{"no column is left"}},
		{"fewer inputs", "1,0\n", Files{}, []string{"2 inputs", "train has 1"}},
		{"classes", "1,2,0\n", Files{Classes: -2}, []string{"classes -2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.files.Train = write(t, dir, "bad.csv", test.content)
			test.files.Valid, test.files.Test = good, good
			_, err := test.files.Load(context.Background())
			fails(t, err, test.want...)
		})
	}
	for name, test := range map[string]struct {
		files Files
		want  []string
	}{
		"no path":      {Files{Train: good, Test: good}, []string{"data: files: valid: no file given"}},
		"no file":      {Files{Train: good, Valid: good, Test: filepath.Join(dir, "none.csv")}, []string{"test", "none.csv"}},
		"unknown kind": {Files{Train: write(t, dir, "a.xlsx", "")}, []string{"train", "a.xlsx", ".npy"}},
		"damaged gzip": {Files{Train: write(t, dir, "a.csv.gz", zipped(t, "1,2,0\n")[:15])}, []string{"train", "a.csv.gz"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.files.Load(context.Background())
			fails(t, err, test.want...)
		})
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("x,y,class\n0.5,-1,1\n2e-3,4,0\n", false)
	f.Add("\ufeff# comment\n1,2\n", false)
	f.Add("1\t2\n\"3\"\t4", true)
	f.Add("1,2\n1\n", false)
	f.Fuzz(func(t *testing.T, content string, tabs bool) {
		comma := ','
		if tabs {
			comma = '\t'
		}
		table, err := readCSV(context.Background(), strings.NewReader(content), comma, HeaderDetect)
		if err != nil {
			return
		}
		set := &Set{Inputs: table.rows, Labels: make([]int, len(table.rows)), Classes: 1}
		if err := set.Validate(); err != nil {
			t.Errorf("a table that was read is not valid: %v", err)
		}
		if len(table.lines) != len(table.rows) || table.names != nil && len(table.names) != len(table.rows[0]) {
			t.Errorf("%d rows of %d, %d lines, names %q", len(table.rows), len(table.rows[0]), len(table.lines), table.names)
		}
	})
}

func FuzzNPY(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "seed.npy")
	if err := npy.WriteArray(path, []float64{1, 2, 3, 4}, 2, 2); err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Add(content[:len(content)-3])
	f.Add([]byte("\x93NUMPY\x01\x00"))
	for _, shape := range []string{"(1152921504606846975,)", "(230584300921369395, 5)"} { // 8 bytes short of 2^63
		text := "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }"
		f.Add([]byte("\x93NUMPY\x01\x00\x76\x00" + fmt.Sprintf("%-117s\n", text)))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		table, err := readTable(context.Background(), write(t, t.TempDir(), "a.npy", string(content)), HeaderDetect)
		if err != nil {
			return
		}
		set := &Set{Inputs: table.rows, Labels: make([]int, len(table.rows)), Classes: 1}
		if err := set.Validate(); err != nil {
			t.Errorf("an array that was read is not valid: %v", err)
		}
	})
}
