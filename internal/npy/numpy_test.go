package npy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNumPy asks NumPy itself about our files, and reads one of its own.
func TestNumPy(t *testing.T) {
	python := os.Getenv("NEUROCREDIT_H5PY")
	if python == "" {
		t.Skip("SKIPPED: set NEUROCREDIT_H5PY to a python with numpy and h5py to check files with NumPy")
	}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	run := func(script string) string {
		t.Helper()
		out, err := exec.Command(python, "-c", "import sys, numpy as np\n"+script, dir).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", python, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	const look = `
for mode in None, 'r':
    x = np.load(sys.argv[1] + '/%s', mmap_mode=mode)
    print(x.shape, x.dtype.str, x.tolist(), end='; ')
`
	a, err := Create(path("a.npy"), Float32, 2)
	if err != nil {
		t.Fatal(err)
	}
	appendRows(t, a, 2)
	if err := a.Flush(); err != nil {
		t.Fatal(err)
	}
	appendRows(t, a, 1)
	if err := a.writeData(); err != nil { // bytes behind the counted rows
		t.Fatal(err)
	}
	want := "(2, 2) <f4 [[0.0, 0.125], [1.0, 1.125]];"
	if got := run(fmt.Sprintf(look, "a.npy")); got != want+" "+want {
		t.Errorf("recording: NumPy read %s", got)
	}
	if err := WriteArray(path("b.npy"), []float64{1, 2, 3, 0.1, 5, 6}, 3, 1, 2); err != nil {
		t.Fatal(err)
	}
	want = "(3, 1, 2) <f8 [[[1.0, 2.0]], [[3.0, 0.1]], [[5.0, 6.0]]];"
	if got := run(fmt.Sprintf(look, "b.npy")); got != want+" "+want {
		t.Errorf("array: NumPy read %s", got)
	}
	run(`np.save(sys.argv[1] + '/c.npy', np.arange(6, dtype='<i4').reshape(3, 2) - 2)`)
	r, err := OpenReader(path("c.npy"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if x, err := r.ReadAll(); err != nil || fmt.Sprint(r.Shape(), x) != "[3 2] [-2 -1 0 1 2 3]" {
		t.Errorf("read %v %v from NumPy, error %v", r.Shape(), x, err)
	}
}
