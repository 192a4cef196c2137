package hdf5

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tool runs a program and fails the test with its output if it fails.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "PYTHONIOENCODING=utf-8", "HDF5_USE_FILE_LOCKING=FALSE")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %.60q: %v\n%.2000s", name, args, err, out)
	}
	return string(out)
}

// python returns the interpreter to test with, or skips the test.
func python(t *testing.T) string {
	t.Helper()
	p := os.Getenv("NEUROCREDIT_H5PY")
	if p == "" {
		t.Skip("SKIPPED: set NEUROCREDIT_H5PY to a python with h5py (and put h5dump, h5ls on PATH) to check files with the HDF5 library")
	}
	for _, name := range []string{p, "h5dump", "h5ls"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("NEUROCREDIT_H5PY is set, so %s is needed: %v", name, err)
		}
	}
	return p
}

// pyCheck reads the data sets named on the command line (path of the file,
// then for each its path, type, rows, width) as a user does, row chunks and
// attributes included.
const pyCheck = `
import sys, h5py, numpy as np
def value(rows, width):
    i, j = np.mgrid[:rows, :width]
    return i % 4096 * 0.25 - j % 1024 * 8
seen = []
def same(a, b):
    assert a == b and type(a) == type(b), (a, b)
with h5py.File(sys.argv[1], 'r') as f:
    for k in range(2, len(sys.argv), 4):
        path, dtype, rows, width = sys.argv[k], sys.argv[k + 1], int(sys.argv[k + 2]), int(sys.argv[k + 3])
        d = f[path]
        same(d.shape, (rows, width))
        same(d.maxshape, (None, width))
        same(d.dtype.str, {'float32': '<f4', 'float64': '<f8'}[dtype])
        assert (d[...] == value(rows, width)).all(), path
        if rows > 0:
            assert (d[rows - 1] == value(rows, width)[-1]).all(), path
            assert (d[::7, -1] == value(rows, width)[::7, -1]).all(), path
        same(float(d.attrs['dt']), 0.1)
        same(int(d.attrs['idx_rec']), -3)
        same(d.attrs['unit'], '')
        same(d.attrs['long'], 'äb' * 2000)
        same(d.parent.attrs['note'], 'Größe of ' + d.parent.name[1:])
        seen.append(d.name)
    names = []
    f.visititems(lambda name, o: names.append('/' + name) if isinstance(o, h5py.Dataset) else None)
    same(sorted(names), sorted(seen))
print('read', len(seen))
`

func TestHDF5Library(t *testing.T) {
	py := python(t)
	path := filepath.Join(t.TempDir(), "x.h5")
	writeSpecs(t, path, specs, 100)
	args := []string{"-c", pyCheck, path}
	for _, s := range specs {
		args = append(args, s.group+"/"+s.name, s.dtype.String(), fmt.Sprint(s.rows), fmt.Sprint(s.width))
	}
	if got, want := tool(t, py, args...), fmt.Sprintf("read %d\n", len(specs)); got != want {
		t.Errorf("h5py says %q, want %q", got, want)
	}
	list := tool(t, "h5ls", "-r", path)
	dump := tool(t, "h5dump", "-p", "-H", path)
	for _, s := range specs {
		if line := fmt.Sprintf("Dataset {%d/Inf, %d}", s.rows, s.width); !strings.Contains(list, line) {
			t.Errorf("h5ls does not list %s as %s:\n%s", s.name, line, list)
		}
		if line := fmt.Sprintf("( %d, %d ) / ( H5S_UNLIMITED, %d )", s.rows, s.width, s.width); !strings.Contains(dump, line) {
			t.Errorf("h5dump does not show %s as %s", s.name, line)
		}
	}
	for _, line := range []string{"H5T_IEEE_F32LE", "H5T_IEEE_F64LE", "H5T_STD_I64LE", "H5T_CSET_UTF8", "SHUFFLE", "DEFLATE { LEVEL 6 }"} {
		if !strings.Contains(dump, line) {
			t.Errorf("h5dump does not show %s", line)
		}
	}
	if out := tool(t, "h5dump", "-d", "/odd/shuffled", "-s", "76,4", "-c", "1,1", path); !strings.Contains(out, "(76,4): -13") {
		t.Errorf("h5dump of the last element:\n%s", out)
	}
	tool(t, "h5dump", path) // reads every value
}

// TestHDF5LibrarySees is the control: the library refuses a damaged file.
func TestHDF5LibrarySees(t *testing.T) {
	py := python(t)
	path := filepath.Join(t.TempDir(), "x.h5")
	writeSpecs(t, path, specs[2:3], 1)
	b, err := os.ReadFile(path)
	must(t, err)
	b[len(b)-1] ^= 1 // the checksum of some object header
	b[20] ^= 1       // and something in the superblock
	must(t, os.WriteFile(path, b, 0o666))
	if out, err := exec.Command(py, "-c", pyCheck, path).CombinedOutput(); err == nil {
		t.Errorf("h5py read a damaged file: %s", out)
	}
}

func TestHDF5LibraryBigFiles(t *testing.T) {
	py := python(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "links.h5")
	f, err := Create(path)
	must(t, err)
	defer f.Abort()
	for i := range 1000 {
		g, err := f.Group(fmt.Sprintf("many/group %d", i))
		must(t, err)
		must(t, g.SetAttr("i", i))
	}
	g, err := f.Group("many")
	must(t, err)
	for i := range 300 {
		must(t, g.SetAttr(fmt.Sprint("attribute ", i), fmt.Sprint("text ", i)))
	}
	must(t, f.Close())
	tool(t, py, "-c", `
import sys, h5py
with h5py.File(sys.argv[1], 'r') as f:
    m = f['many']
    assert len(m) == 1000 and sorted(m) == sorted(f'group {i}' for i in range(1000))
    assert all(m[f'group {i}'].attrs['i'] == i for i in range(1000))
    assert dict(m.attrs) == {f'attribute {i}': f'text {i}' for i in range(300)}
`, path)
	if n := strings.Count(tool(t, "h5ls", "-r", path), "Group"); n != 1002 {
		t.Errorf("h5ls lists %d groups, want 1002", n)
	}
	tool(t, "h5dump", path)

	path = filepath.Join(dir, "chunks.h5")
	s := spec{"a", "x", Float32, 50_000, 2, Options{ChunkRows: 1}}
	writeSpecs(t, path, []spec{s}, 1000)
	tool(t, py, "-c", pyCheck, path, "a/x", "float32", "50000", "2")

	path = filepath.Join(dir, "far.h5")
	writeFar(t, path, spec{"a", "x", Float64, 1000, 7, Options{ChunkRows: 9, Gzip: 5}})
	tool(t, py, "-c", `
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], 'r') as f:
    i, j = np.mgrid[:1000, :7]
    assert (f['a/x'][...] == i * 0.25 - j * 8).all() and f['a/x'].attrs['unit'] == 'mV'
    assert f['a/x'].id.get_chunk_info(110).byte_offset > 5 << 30
`, path)
	if out := tool(t, "h5dump", "-d", "/a/x", "-s", "999,6", "-c", "1,1", path); !strings.Contains(out, "(999,6): 201.75") {
		t.Errorf("h5dump of the last element:\n%s", out)
	}
}

// TestHDF5LibraryExtends lets the library change our file: more rows, which
// insert into our B-tree, more links and attributes, removed objects.
func TestHDF5LibraryExtends(t *testing.T) {
	py := python(t)
	path := filepath.Join(t.TempDir(), "x.h5")
	writeSpecs(t, path, specs, 100)
	tool(t, py, "-c", `
import sys, h5py, numpy as np
names = sys.argv[2:]
with h5py.File(sys.argv[1], 'r+') as f:
    for name in names:
        d = f[name]
        rows = d.shape[0]
        d.resize(rows + 200, axis=0)
        d[rows:] = np.arange(200)[:, None] + 0.5
        d.attrs['more'] = 'text'
        for k in range(20):
            d.attrs[f'more {k}'] = k
    for k in range(100):
        f['training/1'].create_group(f'new {k}')
    del f['odd/w3']
with h5py.File(sys.argv[1], 'r') as f:
    for name in names:
        d = f[name]
        rows = d.shape[0] - 200
        i, j = np.mgrid[:rows, :d.shape[1]]
        assert (d[:rows] == i % 4096 * 0.25 - j % 1024 * 8).all(), name
        assert (d[rows:] == np.arange(200)[:, None] + 0.5).all(), name
        assert d.attrs['more'] == 'text' and d.attrs['more 19'] == 19 and d.attrs['dt'] == 0.1
    assert len(f['training/1']) == 102 and 'w3' not in f['odd']
`, path, "empty/none", "empty/none gz", "odd/one", "odd/w1", "odd/w999 gz", "training/1/fb/g", "training/1/Größe μ/δ")
	tool(t, "h5dump", path)
}
