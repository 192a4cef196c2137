package npy

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// row returns the elements that these tests put into row i.
func row(i, width int) []float64 {
	x := make([]float64, width)
	for j := range x {
		x[j] = float64(i) + float64(j)/8 // exact in float32 up to 2^20
	}
	return x
}

func appendRows(t testing.TB, a *Appender, n int) {
	t.Helper()
	for range n {
		if err := a.Append(row(a.Rows(), a.Width())); err != nil {
			t.Fatal(err)
		}
	}
}

// checkRows opens the file and checks that it holds exactly n rows.
func checkRows(t *testing.T, path string, n int) {
	t.Helper()
	r, err := OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows() != n {
		t.Fatalf("%d rows, want %d", r.Rows(), n)
	}
	for i := range n {
		if want := row(i, r.Width()); !slices.Equal(got[i*r.Width():(i+1)*r.Width()], want) {
			t.Fatalf("row %d: got %v, want %v", i, got[i*r.Width():(i+1)*r.Width()], want)
		}
	}
}

func TestAppender(t *testing.T) {
	for _, dtype := range []Dtype{Float32, Float64} {
		for _, c := range []struct {
			rows  int
			shape []int
		}{
			{0, []int{5}}, {1, nil}, {1000, nil}, {100_000, []int{1}}, {10, []int{3, 2}},
			{3000, []int{30}}, {5, []int{100_000}}, // 1 row > buffer
		} {
			t.Run(fmt.Sprint(dtype, c.rows, c.shape), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "x.npy")
				a, err := Create(path, dtype, c.shape...)
				if err != nil {
					t.Fatal(err)
				}
				checkRows(t, path, 0)
				appendRows(t, a, c.rows)
				if err := a.Close(); err != nil {
					t.Fatal(err)
				}
				checkRows(t, path, c.rows)
				r, err := OpenReader(path)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				if got, want := r.Shape(), append([]int{c.rows}, c.shape...); !slices.Equal(got, want) {
					t.Errorf("shape %v, want %v", got, want)
				}
				info, _ := os.Stat(path)
				if want := 128 + int64(c.rows*a.Width()*dtype.Size()); info.Size() != want {
					t.Errorf("%d bytes, want %d", info.Size(), want)
				}
			})
		}
	}
}

func TestResume(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	a, err := Create(path, Float32, 3)
	if err != nil {
		t.Fatal(err)
	}
	appendRows(t, a, 100)
	if err := a.Sync(); err != nil {
		t.Fatal(err)
	}
	appendRows(t, a, 7)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{-1, 108} {
		if _, err := Open(path, n); err == nil || !strings.Contains(err.Error(), "107 rows") {
			t.Errorf("resume at row %d: error %v", n, err)
		}
	}
	checkRows(t, path, 107)

	// A damaged header must not become a negative length to be cut to.
	const rows = 1152921504606846975
	head, err := header{Float64, []int{rows}, headerSize}.appendTo(nil)
	if err != nil {
		t.Fatal(err)
	}
	huge := write(t, head)
	if _, err := Open(huge, rows); err == nil || !strings.Contains(err.Error(), "0 bytes behind the header, but 1152921504606846975 rows need") {
		t.Errorf("resume a file without rows at row %d: error %v", rows, err)
	}

	if a, err = Open(path, 60); err != nil {
		t.Fatal(err)
	}
	if a.Rows() != 60 || a.Width() != 3 || a.Dtype() != Float32 {
		t.Errorf("resumed with %d rows of %d %v", a.Rows(), a.Width(), a.Dtype())
	}
	checkRows(t, path, 60)
	if info, _ := os.Stat(path); info.Size() != 128+60*12 {
		t.Errorf("%d bytes after the cut", info.Size())
	}
	appendRows(t, a, 5)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	checkRows(t, path, 65)
}

// TestUncountedRows is a kill between data and header: bytes behind the
// counted rows, a broken row among them, must not show and not survive.
func TestUncountedRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	a, err := Create(path, Float64, 2)
	if err != nil {
		t.Fatal(err)
	}
	appendRows(t, a, 4)
	if err := a.Flush(); err != nil {
		t.Fatal(err)
	}
	appendRows(t, a, 3)
	if err := a.writeData(); err != nil { // and then the process is gone
		t.Fatal(err)
	}
	if err := os.Truncate(path, 128+6*16+5); err != nil {
		t.Fatal(err)
	}
	checkRows(t, path, 4)
	b, err := Open(path, 4)
	if err != nil {
		t.Fatal(err)
	}
	appendRows(t, b, 1)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	checkRows(t, path, 5)
}

// TestKill kills a process that appends as fast as it can.
func TestKill(t *testing.T) {
	const env = "NPY_TEST_KILL"
	if path := os.Getenv(env); path != "" {
		a, err := Create(path, Float64, 7)
		for err == nil {
			err = a.Append(row(a.Rows(), 7))
			if err == nil && a.Rows()%1000 == 0 {
				err = a.Flush()
			}
		}
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.npy")
	cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
	cmd.Env = append(os.Environ(), env+"="+path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); time.Since(start) < 20*time.Second; time.Sleep(time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 1<<20 {
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
	r, err := OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	n := r.Rows()
	r.Close()
	if n < 1000 {
		t.Errorf("only %d rows survived of more than 1 MiB", n)
	}
	checkRows(t, path, n)
}

// fullDisk takes space bytes behind the header, then reports a full disk after
// a short write, as the system does.
type fullDisk struct {
	*os.File
	space int64
}

func (d *fullDisk) WriteAt(b []byte, off int64) (int, error) {
	if room := headerSize + d.space - off; int64(len(b)) > room {
		n, _ := d.File.WriteAt(b[:max(0, room)], off)
		return n, syscall.ENOSPC
	}
	return d.File.WriteAt(b, off)
}

func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	a, err := Create(path, Float64, 2)
	if err != nil {
		t.Fatal(err)
	}
	disk := &fullDisk{a.f.(*os.File), 10*16 + 3}
	a.f = disk
	appendRows(t, a, 8)
	if err := a.Flush(); err != nil {
		t.Fatal(err)
	}
	appendRows(t, a, 8)
	for range 2 {
		err := a.Flush()
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) {
			t.Fatalf("flush to a full disk: %v", err)
		}
		checkRows(t, path, 8)
	}
	disk.space = 1 << 20
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	checkRows(t, path, 16)
}

func TestAppenderRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.npy")
	for _, c := range []struct {
		dtype Dtype
		shape []int
		want  string
	}{
		{Int32, []int{1}, "<i4"},
		{Float32, []int{0}, ">= 1"},
		{Float32, []int{3, -1}, ">= 1"},
		{Float32, []int{1 << 40, 1 << 40}, "too large"},
		{Float32, []int{1 << 20, 1 << 10}, "at most 268435456"},
		{Float32, slices.Repeat([]int{1}, 30), "too long"},
	} {
		if _, err := Create(path, c.dtype, c.shape...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %v: error %v, want %q", c.dtype, c.shape, err, c.want)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a refused file was made all the same")
	}
	for name, b := range map[string][]byte{
		"foreign header": raw(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 2), }\n"),
		"not a float":    raw(1, fmt.Sprintf("%-117s\n", "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 2), }")),
		"no rows":        raw(1, fmt.Sprintf("%-117s\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (), }")),
	} {
		if _, err := Open(write(t, b), 0); err == nil {
			t.Errorf("%s: reopened", name)
		}
	}
	a, err := Create(path, Float32, 2)
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	if err := a.Append([]float64{1, 2}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("append after close: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a row of the wrong length was taken")
		}
	}()
	_ = a.Append([]float64{1})
}

func TestAppendAllocatesNothing(t *testing.T) {
	for _, width := range []int{3, 50_000} { // many rows in a buffer, and one
		a, err := Create(filepath.Join(t.TempDir(), "x.npy"), Float64, width)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		x := row(0, width)
		if n := testing.AllocsPerRun(100, func() {
			if err := a.Append(x); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("width %d: %v allocations per row", width, n)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, dtype := range []Dtype{Float32, Float64} {
		for _, width := range []int{30, 10_000} {
			b.Run(fmt.Sprint(dtype, width), func(b *testing.B) {
				path := filepath.Join(b.TempDir(), "x.npy")
				a, err := Create(path, dtype, width)
				if err != nil {
					b.Fatal(err)
				}
				defer func() { a.Close() }()
				x := row(0, width)
				b.SetBytes(int64(width * dtype.Size()))
				for b.Loop() {
					if a.Rows()*a.rowBytes > 256<<20 { // keep the file small
						if err := errors.Join(a.Close(), err); err != nil {
							b.Fatal(err)
						}
						if a, err = Open(path, 0); err != nil {
							b.Fatal(err)
						}
					}
					if err := a.Append(x); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
