package export

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// recording is one file of the run that makeRun writes.
type recording struct {
	name  string
	dtype npy.Dtype
	rows  int
	shape []int
}

var recordings = []recording{
	{"testing/1/fb/g", npy.Float32, 0, []int{6}},
	{"training/1/fb/g", npy.Float32, 70, []int{6}},
	{"training/1/pyramidal/rate", npy.Float32, 70000, []int{3}},
	{"training/2/output/rate", npy.Float64, 9, []int{2, 2}},
}

func value(i, j int) float64 { return float64(i%4096)*0.25 - float64(j)*8 }

// makeRun writes a results directory.
func makeRun(t *testing.T, list []recording) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	err := func() (err error) {
		run, err := experiment.Create(dir, experiment.Manifest{Config: []byte("name: größe\n"), Engine: "toy"})
		if err != nil {
			return err
		}
		defer run.Finish(&err)
		for _, r := range list {
			a, err := run.Record(r.name, r.dtype, r.shape...)
			if err != nil {
				return err
			}
			row := make([]float64, a.Width())
			for i := range r.rows {
				for j := range row {
					row[j] = value(i, j)
				}
				if err := a.Append(row); err != nil {
					return err
				}
			}
		}
		return nil
	}()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestBytes looks for the rows of a recording in the uncompressed file, where
// those of a short data set lie in one piece.
func TestBytes(t *testing.T) {
	dir := makeRun(t, recordings)
	file := filepath.Join(t.TempDir(), "x.h5")
	n, err := HDF5(t.Context(), dir, file, Options{})
	if err != nil || n != len(recordings) {
		t.Fatalf("%d data sets, %v", n, err)
	}
	h5, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"training/1/fb/g", "training/2/output/rate"} {
		r, err := npy.OpenReader(filepath.Join(dir, "recordings", name+".npy"))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		raw := make([]byte, r.Raw().Size())
		if _, err := r.Raw().ReadAt(raw, 0); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(h5, raw) {
			t.Errorf("%s is not in the file", name)
		}
		raw[len(raw)/2] ^= 1
		if bytes.Contains(h5, raw) {
			t.Errorf("%s is found although it was changed", name)
		}
	}
	for _, text := range []string{"name: größe\n", `"engine":"toy"`, "state", "done"} {
		if !bytes.Contains(h5, []byte(text)) {
			t.Errorf("%q is not in the file", text)
		}
	}
}

func TestErrors(t *testing.T) {
	cancelled, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("enough")
	cancel(cause)
	full := makeRun(t, recordings)
	damaged := makeRun(t, recordings)
	if err := os.Truncate(filepath.Join(damaged, "recordings/training/1/fb/g.npy"), 150); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, dir, want string
		ctx             context.Context
		o               Options
	}{
		{"no results", t.TempDir(), "config.yaml", t.Context(), Options{}},
		{"no recordings", makeRun(t, nil), "has no recordings", t.Context(), Options{}},
		{"cancelled", full, "enough", cancelled, Options{}},
		{"cancelled while converting", full, "enough", cancelled, Options{Float64: true}},
		{"bad level", full, "10", t.Context(), Options{Gzip: 10}},
		{"damaged", damaged, "g.npy", t.Context(), Options{}},
		{"damaged, compressed", damaged, "g.npy", t.Context(), Options{Gzip: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			_, err := HDF5(test.ctx, test.dir, filepath.Join(folder, "x.h5"), test.o)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if left, _ := os.ReadDir(folder); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// readBack compares the file with the NPY files as a user would: the folder of
// the recordings, the file, and the type of all data sets or "".
const readBack = `
import sys, os, json, h5py, numpy as np
root, path, dtype = sys.argv[1:4]
seen = 0
with h5py.File(path, 'r') as f:
    assert f.attrs['config'] == 'name: größe\n'
    assert json.loads(f.attrs['versions'])[0]['engine'] == 'toy'
    assert f.attrs['state'] == 'done' and 'reason' not in f.attrs
    for folder, _, files in os.walk(root):
        for name in files:
            want = np.load(os.path.join(folder, name))
            want = want.reshape(len(want), int(np.prod(want.shape[1:])))
            got = f[os.path.relpath(os.path.join(folder, name), root)[:-4]]
            assert got.shape == want.shape and got.maxshape == (None, want.shape[1]), got
            assert got.dtype == (dtype or want.dtype), got
            assert (got[...] == want).all(), got
            seen += 1
    names = []
    f.visititems(lambda name, o: names.append(name) if isinstance(o, h5py.Dataset) else None)
    assert len(names) == seen, names
print('read', seen)
`

// TestHDF5Library reads the file with the HDF5 library.
func TestHDF5Library(t *testing.T) {
	python := os.Getenv("NEUROCREDIT_H5PY")
	if python == "" {
		t.Skip("SKIPPED: set NEUROCREDIT_H5PY to a python with h5py to read the file with the HDF5 library")
	}
	dir := makeRun(t, recordings)
	for _, test := range []struct {
		name, dtype string
		o           Options
	}{
		{"as recorded", "", Options{}},
		{"compressed", "", Options{Gzip: 4}},
		{"float64", "<f8", Options{Float64: true, Gzip: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.h5")
			if _, err := HDF5(t.Context(), dir, file, test.o); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(python, "-c", readBack, filepath.Join(dir, "recordings"), file, test.dtype).CombinedOutput()
			if err != nil || string(out) != "read 4\n" {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestFloat64 checks the widening against numbers, without the library.
func TestFloat64(t *testing.T) {
	dir := makeRun(t, recordings[1:2])
	file := filepath.Join(t.TempDir(), "x.h5")
	if _, err := HDF5(t.Context(), dir, file, Options{Float64: true}); err != nil {
		t.Fatal(err)
	}
	h5, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	for i := range 70 {
		for j := range 6 {
			bits := math.Float64bits(value(i, j))
			for k := range 8 {
				want = append(want, byte(bits>>(8*k)))
			}
		}
	}
	if !bytes.Contains(h5, want) {
		t.Error("the widened rows are not in the file")
	}
}
