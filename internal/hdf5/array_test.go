package hdf5

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeArrays writes arrays of all types and ranks. 6000 texts need several heaps.
func writeArrays(t testing.TB, path string) (texts []string) {
	t.Helper()
	f, err := Create(path)
	must(t, err)
	defer f.Abort()
	for i := range 6000 {
		texts = append(texts, strings.Repeat("ä", i%7)+fmt.Sprint(i))
	}
	texts[5] = ""
	g, err := f.Group("a/b")
	must(t, err)
	must(t, WriteArray(g, "number", []float64{-0.5}))
	must(t, WriteArray(g, "whole", []int{-3}))
	must(t, WriteArray(g, "text", []string{"Größe"}))
	must(t, WriteArray(g, "vector", []float64{1, math.Inf(-1), 1e-300}, 3))
	must(t, WriteArray(g, "cube", []int{1, 2, 3, 4, 5, math.MinInt64}, 1, 2, 3))
	must(t, WriteArray(g, "texts", texts, 3000, 2))
	must(t, f.Close())
	return texts
}

func TestWriteArray(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.h5")
	texts := writeArrays(t, path)
	root, err := readFile(path)
	must(t, err)
	d := root.find("a", "b").data
	for name, shape := range map[string][]uint64{"number": {}, "whole": {}, "text": {}, "vector": {3}, "cube": {1, 2, 3}, "texts": {3000, 2}} {
		if d[name] == nil || !slices.Equal(d[name].shape, shape) {
			t.Errorf("%s is %+v, want shape %v", name, d[name], shape)
		}
	}
	if !slices.Equal(d["number"].values, []float64{-0.5}) || !slices.Equal(d["vector"].values, []float64{1, math.Inf(-1), 1e-300}) {
		t.Errorf("read %v, %v", d["number"].values, d["vector"].values)
	}
	if !slices.Equal(d["whole"].ints, []int{-3}) || !slices.Equal(d["cube"].ints, []int{1, 2, 3, 4, 5, math.MinInt64}) {
		t.Errorf("read %v, %v", d["whole"].ints, d["cube"].ints)
	}
	if !slices.Equal(d["text"].texts, []string{"Größe"}) || !slices.Equal(d["texts"].texts, texts) {
		t.Error("texts differ")
	}
}

func TestWriteArrayRefuses(t *testing.T) {
	f, err := Create(filepath.Join(t.TempDir(), "x.h5"))
	must(t, err)
	defer f.Abort()
	g, err := f.Group("a")
	must(t, err)
	must(t, WriteArray(g, "taken", []int{1}))
	for want, err := range map[string]error{
		"exists already":       WriteArray(g, "taken", []int{1}),
		"shape [2]":            WriteArray(g, "x", []int{1}, 2),
		"axes of at least 1":   WriteArray(g, "x", []int{}, 0),
		"0 values":             WriteArray(g, "x", []float64{}),
		"zero byte":            WriteArray(g, "x", []string{"a\x00"}),
		"not UTF-8":            WriteArray(g, "x", []string{"\xff"}),
		"at most":              WriteArray(g, "x", []int{1}, 1<<30, 1<<30, 1<<30),
		"must not contain a s": WriteArray(g, "x/y", []int{1}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	must(t, f.Close())
}

func TestHDF5LibraryReadsArrays(t *testing.T) {
	py := python(t)
	path := filepath.Join(t.TempDir(), "x.h5")
	writeArrays(t, path)
	tool(t, py, "-c", `
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], 'r') as f:
    g = f['a/b']
    assert g['number'][()] == -0.5 and g['number'].shape == () and g['whole'][()] == -3
    assert g['text'][()] == 'Größe'.encode() and h5py.check_string_dtype(g['text'].dtype).encoding == 'utf-8'
    assert (g['vector'][()] == [1, -np.inf, 1e-300]).all() and g['vector'].dtype.str == '<f8'
    assert (g['cube'][()] == [[[1, 2, 3], [4, 5, -2**63]]]).all() and g['cube'].dtype.str == '<i8'
    texts = g['texts'].asstr()[()]
    assert texts.shape == (3000, 2) and texts[2, 1] == ''
    assert all(x == 'ä' * (i % 7) + str(i) for i, x in enumerate(texts.ravel()) if i != 5)
`, path)
	tool(t, "h5dump", path)
}
