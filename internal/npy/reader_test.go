package npy

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadRows(t *testing.T) {
	const rows, width = 20_000, 5
	path := filepath.Join(t.TempDir(), "x.npy")
	a, err := Create(path, Float32, width)
	if err != nil {
		t.Fatal(err)
	}
	appendRows(t, a, rows)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, c := range []struct{ first, stride, n int }{
		{0, 1, rows}, {17, 1, 3}, {3, 7, (rows - 3 + 6) / 7}, {0, rows - 1, 2},
		{rows - 1, 1, 1}, {rows - 1, math.MaxInt, 1}, {1, 19_000, 2}, {5, 1, 0},
	} {
		got := make([]float64, c.n*width)
		if err := r.ReadRows(got, c.first, c.stride); err != nil {
			t.Fatal(err)
		}
		for i := range c.n {
			if want := row(c.first+i*c.stride, width); !slices.Equal(got[i*width:(i+1)*width], want) {
				t.Fatalf("%+v: row %d is %v, want %v", c, i, got[i*width:(i+1)*width], want)
			}
		}
	}
	for _, c := range []struct{ first, stride, n int }{
		{-1, 1, 1}, {rows, 1, 1}, {0, 1, rows + 1}, {1, rows - 1, 2}, {0, math.MaxInt, 2},
	} {
		err := r.ReadRows(make([]float64, c.n*width), c.first, c.stride)
		if err == nil || !strings.Contains(err.Error(), "has 20000 rows") {
			t.Errorf("%+v: error %v", c, err)
		}
	}
	b, err := io.ReadAll(r.Raw())
	if err != nil || len(b) != rows*width*4 {
		t.Fatalf("raw: %d bytes, error %v", len(b), err)
	}
	if got := math.Float32frombits(binary.LittleEndian.Uint32(b[4*(width+1):])); got != 1.125 {
		t.Errorf("raw element (1, 1) is %v, want 1.125", got)
	}
}

func TestWriteArray(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.npy")
	big := make([]float64, 100_000)
	for i := range big {
		big[i] = math.Sqrt(float64(i))
	}
	big[7] = math.NaN()
	for _, c := range []struct {
		data  []float64
		shape []int
	}{
		{[]float64{3}, []int{}}, {[]float64{1, 2, 3, 4, 5, 6}, []int{2, 3}}, {nil, []int{0, 4}}, {big, []int{10, 100, 100}},
	} {
		if err := WriteArray(path, c.data, c.shape...); err != nil {
			t.Fatal(err)
		}
		r, err := OpenReader(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got, err := r.ReadAll()
		same := slices.EqualFunc(got, c.data, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
		if err != nil || !same || !slices.Equal(r.Shape(), c.shape) {
			t.Errorf("shape %v came back as %v, error %v", c.shape, r.Shape(), err)
		}
	}
	before, _ := os.ReadFile(path)
	for _, shape := range [][]int{{5}, {-2, -3}, {}, {1 << 40, 1 << 40}} {
		if err := WriteArray(path, make([]float64, 6), shape...); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("shape %v: error %v", shape, err)
		}
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("a refused array changed the file")
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("files left behind: %v", names)
	}
	if err := WriteArray(filepath.Join(dir, "no", "x.npy"), nil, 0); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing folder: %v", err)
	}
}
