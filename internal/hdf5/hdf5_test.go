package hdf5

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// value is what these tests put at row i, column j: exact in float32, and
// smooth enough to be compressed.
func value(i, j int) float64 { return float64(i%4096)*0.25 - float64(j%1024)*8 }

func values(rows, width int) []float64 {
	x := make([]float64, rows*width)
	for k := range x {
		x[k] = value(k/width, k%width)
	}
	return x
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// spec describes one data set of a test file.
type spec struct {
	group, name string
	dtype       Dtype
	rows, width int
	opt         Options
}

// specs holds every kind of data set that we write.
var specs = []spec{
	{"empty", "none", Float32, 0, 3, Options{}},
	{"empty", "none gz", Float64, 0, 1, Options{ChunkRows: 7, Gzip: 6, Shuffle: true}},
	{"odd", "one", Float64, 1, 1, Options{}},
	{"odd", "w1", Float32, 1001, 1, Options{ChunkRows: 100}},
	{"odd", "w3", Float64, 1000, 3, Options{ChunkRows: 999, Gzip: 1}},
	{"odd", "w999", Float32, 301, 999, Options{}},
	{"odd", "w999 gz", Float32, 301, 999, Options{Gzip: 4, Shuffle: true}},
	{"odd", "wide", Float64, 3, 50_000, Options{}},
	{"odd", "shuffled", Float64, 77, 5, Options{ChunkRows: 10, Shuffle: true}},
	{"odd", "long chunk", Float32, 5, 2, Options{ChunkRows: 64}},
	{"odd", "exact", Float32, 128, 2, Options{ChunkRows: 64}},
	{"training/1/fb", "g", Float32, 64*3 + 1, 4, Options{ChunkRows: 1}}, // two levels of index
	{"training/1/Größe μ", "δ", Float64, 65 * 64, 1, Options{ChunkRows: 1, Gzip: 1}},
}

// writeSpecs writes the file; parts is the number of rows in a Write.
func writeSpecs(t testing.TB, path string, list []spec, parts int) {
	t.Helper()
	f, err := Create(path)
	must(t, err)
	defer f.Abort()
	for _, s := range list {
		g, err := f.Group(s.group)
		must(t, err)
		must(t, g.SetAttr("note", "Größe of "+s.group))
		d, err := g.Dataset(s.name, s.dtype, s.width, s.opt)
		must(t, err)
		must(t, d.SetAttr("dt", 0.1))
		must(t, d.SetAttr("idx_rec", -3))
		must(t, d.SetAttr("unit", ""))
		must(t, d.SetAttr("long", strings.Repeat("äb", 2000)))
		for part := range slices.Chunk(values(s.rows, s.width), parts*s.width) {
			must(t, d.Write(part))
		}
		if d.Rows() != s.rows {
			t.Fatalf("%s: %d rows, want %d", s.name, d.Rows(), s.rows)
		}
	}
	must(t, f.Close())
}

func (g *h5group) find(path ...string) *h5group {
	for _, name := range path {
		if g = g.groups[name]; g == nil {
			return nil
		}
	}
	return g
}

func checkSpec(t testing.TB, root *h5group, s spec) {
	t.Helper()
	g := root.find(strings.Split(s.group, "/")...)
	if g == nil || g.data[s.name] == nil {
		t.Fatalf("%s/%s is not in the file", s.group, s.name)
	}
	d := g.data[s.name]
	if d.rows != uint64(s.rows) || d.width != uint64(s.width) || d.maxRows != undefined || d.dtype != s.dtype.String() {
		t.Errorf("%s: %d x %d (max %d) of %s", s.name, d.rows, d.width, d.maxRows, d.dtype)
	}
	if !slices.Equal(d.values, values(s.rows, s.width)) {
		t.Errorf("%s: values differ", s.name)
	}
	var filters []uint16
	if s.opt.Shuffle {
		filters = append(filters, 2)
	}
	if s.opt.Gzip > 0 {
		filters = append(filters, 1)
	}
	if !slices.Equal(d.filters, filters) {
		t.Errorf("%s: filters %v, want %v", s.name, d.filters, filters)
	}
	if n := s.opt.ChunkRows; n > 0 && d.chunk[0] != uint64(n) {
		t.Errorf("%s: chunks of %d rows, want %d", s.name, d.chunk[0], n)
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.h5")
	writeSpecs(t, path, specs, 100)
	root, err := readFile(path)
	must(t, err)
	for _, s := range specs {
		t.Run(s.name, func(t *testing.T) {
			checkSpec(t, root, s)
			g := root.find(strings.Split(s.group, "/")...)
			want := map[string]any{"dt": 0.1, "idx_rec": -3, "unit": "", "long": strings.Repeat("äb", 2000)}
			if got := g.data[s.name].attrs; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("attributes %v", got)
			}
			if got := g.attrs["note"]; got != "Größe of "+s.group {
				t.Errorf("group attribute %v", got)
			}
		})
	}
	if d := root.find("odd").data["one"]; d.chunk[0] != 1 {
		t.Errorf("one row in a chunk of %d", d.chunk[0])
	}
	if d := root.find("training", "1", "fb").data["g"]; d.depth != 2 {
		t.Errorf("index of depth %d, want 2", d.depth)
	}
	if d := root.find("training", "1", "Größe μ").data["δ"]; d.depth != 3 {
		t.Errorf("index of depth %d, want 3", d.depth)
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("files left behind: %v", names)
	}
}

// TestReaderSees is the control of all tests that rely on the reader: it does
// not miss a single flipped bit, but in the unused part of a node.
func TestReaderSees(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.h5")
	s := spec{"a", "x", Float32, 3, 2, Options{ChunkRows: 1}}
	f, err := Create(path)
	must(t, err)
	g, err := f.Group(s.group)
	must(t, err)
	d, err := g.Dataset(s.name, s.dtype, s.width, s.opt)
	must(t, err)
	must(t, d.Write(values(s.rows, s.width)))
	must(t, f.Close())
	good, err := os.ReadFile(path)
	must(t, err)
	node := bytes.Index(good, []byte("TREE"))
	for i := range good {
		if i >= node+24+3*40+32 && i < node+nodeSize {
			continue
		}
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		must(t, os.WriteFile(path, bad, 0o666))
		root, err := readFile(path)
		if err == nil && slices.Equal(root.find("a").data["x"].values, values(s.rows, s.width)) {
			t.Errorf("bit flipped in byte %d (% x): not seen", i, good[i&^15:min(len(good), i|15)])
		}
	}
}

func TestManyLinks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.h5")
	f, err := Create(path)
	must(t, err)
	defer f.Abort()
	g, err := f.Group("many")
	must(t, err)
	for i := range 3000 {
		d, err := g.Dataset(fmt.Sprintf("data set number %d", i), Float32, 2, Options{})
		must(t, err)
		must(t, d.Write([]float64{float64(i), 1}))
		must(t, d.Close())
		must(t, g.SetAttr(fmt.Sprint("attribute ", i), i))
	}
	must(t, f.Close())
	root, err := readFile(path)
	must(t, err)
	many := root.find("many")
	if len(many.data) != 3000 || len(many.attrs) != 3000 {
		t.Fatalf("%d data sets, %d attributes", len(many.data), len(many.attrs))
	}
	if d := many.data["data set number 2999"]; d.values[0] != 2999 {
		t.Errorf("last data set holds %v", d.values)
	}
}

func TestManyChunks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.h5")
	s := spec{"a", "x", Float32, 50_000, 2, Options{ChunkRows: 1}}
	writeSpecs(t, path, []spec{s}, 1000)
	root, err := readFile(path)
	must(t, err)
	checkSpec(t, root, s)
	if d := root.find("a").data["x"]; d.chunks != 50_000 || d.depth != 3 {
		t.Errorf("%d chunks, depth %d", d.chunks, d.depth)
	}
}

// writeFar writes a sparse file whose structures lie beyond 4 GiB.
func writeFar(t testing.TB, path string, s spec) {
	t.Helper()
	f, err := Create(path)
	must(t, err)
	defer f.Abort()
	f.end = 5<<30 + 3
	g, err := f.Group(s.group)
	must(t, err)
	d, err := g.Dataset(s.name, s.dtype, s.width, s.opt)
	must(t, err)
	must(t, d.SetAttr("unit", "mV"))
	must(t, d.Write(values(s.rows, s.width)))
	must(t, f.Close())
}

func TestFarAddresses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.h5")
	s := spec{"a", "x", Float64, 1000, 7, Options{ChunkRows: 9, Gzip: 5}}
	writeFar(t, path, s)
	root, err := readFile(path)
	must(t, err)
	checkSpec(t, root, s)
	if unit := root.find("a").data["x"].attrs["unit"]; unit != "mV" {
		t.Errorf("attribute %v", unit)
	}
}

// TestSameBytes checks that neither the number of cores nor the size of the
// writes shows in the file.
func TestSameBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.h5")
	var first []byte
	for _, procs := range []int{1, 2, 7} {
		before := runtime.GOMAXPROCS(procs)
		writeSpecs(t, path, specs, 3*procs)
		runtime.GOMAXPROCS(before)
		b, err := os.ReadFile(path)
		must(t, err)
		if first == nil {
			first = b
		}
		if !bytes.Equal(b, first) {
			t.Errorf("other bytes with %d cores", procs)
		}
	}
}

// TestInTurn appends to two compressed data sets in turn.
func TestInTurn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.h5")
	f, err := Create(path)
	must(t, err)
	defer f.Abort()
	list := []spec{
		{"t", "a", Float32, 500, 3, Options{ChunkRows: 8, Gzip: 1}},
		{"t", "b", Float64, 500, 5, Options{ChunkRows: 3, Gzip: 9, Shuffle: true}},
		{"t", "c", Float64, 500, 1, Options{ChunkRows: 100}},
	}
	var open []*Dataset
	for _, s := range list {
		g, err := f.Group(s.group)
		must(t, err)
		d, err := g.Dataset(s.name, s.dtype, s.width, s.opt)
		must(t, err)
		open = append(open, d)
	}
	for i := range 500 {
		for _, d := range open {
			x := make([]float64, d.width)
			for j := range x {
				x[j] = value(i, j)
			}
			must(t, d.Write(x))
		}
	}
	must(t, f.Close())
	root, err := readFile(path)
	must(t, err)
	for _, s := range list {
		checkSpec(t, root, s)
	}
}

func FuzzFile(f *testing.F) {
	f.Add(uint16(0), uint8(1), uint8(0), uint8(0), false)
	f.Add(uint16(1000), uint8(3), uint8(7), uint8(1), true)
	f.Add(uint16(65), uint8(1), uint8(1), uint8(0), false)
	f.Add(uint16(4097), uint8(2), uint8(1), uint8(0), true)
	f.Fuzz(func(t *testing.T, rows uint16, width, chunkRows, level uint8, shuffle bool) {
		s := spec{"a", "x", Dtype(rows % 2), int(rows), int(width) + 1,
			Options{ChunkRows: int(chunkRows), Gzip: int(level % 10), Shuffle: shuffle}}
		path := filepath.Join(t.TempDir(), "x.h5")
		writeSpecs(t, path, []spec{s}, 50)
		root, err := readFile(path)
		must(t, err)
		checkSpec(t, root, s)
	})
}

func TestSpecialValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.h5")
	f, err := Create(path)
	must(t, err)
	defer f.Abort()
	g, err := f.Group("/")
	must(t, err)
	in := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), math.MaxFloat64, 5e-324, 0.1}
	for _, dtype := range []Dtype{Float32, Float64} {
		d, err := g.Dataset(dtype.String(), dtype, 1, Options{})
		must(t, err)
		must(t, d.Write(in))
	}
	must(t, f.Close())
	root, err := readFile(path)
	must(t, err)
	for i, v := range in {
		if got := root.data["float64"].values[i]; math.Float64bits(got) != math.Float64bits(v) {
			t.Errorf("float64 %v came back as %v", v, got)
		}
		got, want := root.data["float32"].values[i], float64(float32(v))
		if math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("float32 of %v came back as %v", v, got)
		}
	}
}
