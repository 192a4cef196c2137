package hdf5

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

func TestRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.h5")
	f, err := Create(path)
	must(t, err)
	defer f.Abort()
	g, err := f.Group("a")
	must(t, err)
	d, err := g.Dataset("x", Float32, 2, Options{})
	must(t, err)
	dataset := func(name string, dtype Dtype, width int, opt Options) func() error {
		return func() error { _, err := g.Dataset(name, dtype, width, opt); return err }
	}
	for _, c := range []struct {
		name, want string
		call       func() error
	}{
		{"type", "Dtype(9)", dataset("y", 9, 1, Options{})},
		{"width", "width 0", dataset("y", Float32, 0, Options{})},
		{"large width", "width 536870912", dataset("y", Float64, 1<<29, Options{})},
		{"gzip", "level 10", dataset("y", Float32, 1, Options{Gzip: 10})},
		{"chunk", "chunks of -1 rows", dataset("y", Float32, 1, Options{ChunkRows: -1})},
		{"large chunk", "chunks of 1000000 rows", dataset("y", Float64, 1000, Options{ChunkRows: 1_000_000})},
		{"taken name", "/a/x exists already", dataset("x", Float32, 1, Options{})},
		{"no name", "0 bytes", dataset("", Float32, 1, Options{})},
		{"slash", "slash", dataset("y/z", Float32, 1, Options{})},
		{"dot", "reserved", dataset(".", Float32, 1, Options{})},
		{"long name", "300 bytes", dataset(strings.Repeat("ü", 150), Float32, 1, Options{})},
		{"bytes", "not UTF-8", dataset("\xff", Float32, 1, Options{})},
		{"zero byte", "zero byte", dataset("a\x00b", Float32, 1, Options{})},
		{"group below a data set", "/a/x is a data set", func() error { _, err := f.Group("a/x/y"); return err }},
		{"empty name in a path", "0 bytes", func() error { _, err := f.Group("a//y"); return err }},
		{"attribute type", "float32", func() error { return d.SetAttr("v", float32(1)) }},
		{"attribute name", "0 bytes", func() error { return d.SetAttr("", 1) }},
		{"attribute text", "zero byte", func() error { return g.SetAttr("v", "a\x00") }},
		{"half a row", "4 bytes into a row of 8", func() error {
			_, err := d.ReadFrom(bytes.NewReader(make([]byte, 12)))
			return err
		}},
		{"broken source", "lost the disk", func() error {
			_, err := d.ReadFrom(iotest.ErrReader(errors.New("lost the disk")))
			return err
		}},
		{"cut-off source", io.ErrUnexpectedEOF.Error(), func() error {
			_, err := d.ReadFrom(iotest.ErrReader(io.ErrUnexpectedEOF))
			return err
		}},
	} {
		err := c.call()
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want the path and %q", c.name, err, c.want)
		}
	}
	// None of it does harm: the file holds the one whole row.
	must(t, f.Close())
	root, err := readFile(path)
	must(t, err)
	if a := root.find("a"); len(a.data) != 1 || a.data["x"].rows != 1 || len(a.data["x"].attrs) != 0 {
		t.Errorf("file after refusals: %+v", a)
	}
	for name, err := range map[string]error{
		"write":     d.Write([]float64{1, 2}),
		"attribute": d.SetAttr("v", 1),
		"data set":  dataset("z", Float32, 1, Options{})(),
	} {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s after close: %v", name, err)
		}
	}
	must(t, f.Close())
}

func TestReadFrom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.h5")
	f, err := Create(path)
	must(t, err)
	defer f.Abort()
	g, err := f.Group("")
	must(t, err)
	d, err := g.Dataset("x", Float64, 3, Options{ChunkRows: 7})
	must(t, err)
	want := values(100, 3)
	var raw []byte
	for _, v := range want {
		raw = le.AppendUint64(raw, math.Float64bits(v))
	}
	must(t, d.Write(want[:30]))
	n, err := d.ReadFrom(iotest.OneByteReader(bytes.NewReader(raw[240:1200])))
	if n != 960 || err != nil {
		t.Errorf("read %d bytes, error %v", n, err)
	}
	if n, err := d.ReadFrom(iotest.DataErrReader(bytes.NewReader(raw[1200:]))); n != 1200 || err != nil {
		t.Errorf("read %d bytes, error %v", n, err)
	}
	must(t, d.Close())
	if err := d.Write(want[:3]); err == nil || !strings.Contains(err.Error(), "data set is closed") {
		t.Errorf("write to a closed data set: %v", err)
	}
	must(t, f.Close())
	root, err := readFile(path)
	must(t, err)
	if got := root.data["x"].values; len(got) != 300 || got[299] != want[299] || got[31] != want[31] {
		t.Errorf("%d values", len(got))
	}
}

func TestWriteHalfRowPanics(t *testing.T) {
	f, err := Create(filepath.Join(t.TempDir(), "x.h5"))
	must(t, err)
	defer f.Abort()
	d, err := f.root.Dataset("x", Float64, 3, Options{})
	must(t, err)
	defer func() {
		if recover() == nil {
			t.Error("half a row was taken")
		}
	}()
	_ = d.Write(make([]float64, 4))
}

// TestAtomic checks that an earlier file stays until the new one is complete.
func TestAtomic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.h5")
	must(t, os.WriteFile(path, []byte("old"), 0o666))
	f, err := Create(path)
	must(t, err)
	d, err := f.root.Dataset("x", Float64, 1, Options{ChunkRows: 1, Gzip: 1})
	must(t, err)
	must(t, d.Write(values(100, 1)))
	if b, _ := os.ReadFile(path); string(b) != "old" {
		t.Error("the old file changed before Close")
	}
	f.Abort()
	if err := d.Write(values(1, 1)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("write after Abort: %v", err)
	}
	must(t, f.Close()) // does nothing
	f.Abort()
	if b, _ := os.ReadFile(path); string(b) != "old" {
		t.Error("the old file changed by Abort")
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("files left behind: %v", names)
	}
}

// TestFullDisk writes to a device that is always full.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("SKIPPED: no /dev/full here")
	}
	for _, gzip := range []int{0, 1} {
		dir := t.TempDir()
		path := filepath.Join(dir, "x.h5")
		must(t, os.Symlink("/dev/full", path+".tmp"))
		f, err := Create(path)
		must(t, err)
		d, err := f.root.Dataset("x", Float64, 1, Options{ChunkRows: 10, Gzip: gzip})
		must(t, err)
		for range 100 {
			if err = d.Write(values(10, 1)); err != nil {
				break
			}
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) {
			t.Errorf("write: %v", err)
		}
		if err := d.Close(); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("close of the data set: %v", err)
		}
		if err := f.Close(); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("close: %v", err)
		}
		if names, _ := os.ReadDir(dir); len(names) != 0 {
			t.Errorf("files left behind: %v", names)
		}
	}
}
