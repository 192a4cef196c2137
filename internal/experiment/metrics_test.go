package experiment

import (
	"errors"
	"math"
	"path/filepath"
	"testing"
)

func TestMetricsRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Create(dir, toyManifest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Finish(&err)
	m, err := r.Metrics("a", "b 1")
	if err != nil {
		t.Fatal(err)
	}
	values := []float64{0, math.Copysign(0, -1), 1, -3, 400, 1e6, 30000 * 400, 1e15, 1e300, math.MaxFloat64, math.SmallestNonzeroFloat64,
		0.1, 1.0 / 3, 1e-9, math.Pi * 1e20, math.Inf(1), math.Inf(-1), math.NaN(), 1<<53 - 1}
	for i, x := range values {
		if err := m.Append(float64(i), x); err != nil {
			t.Fatal(err)
		}
		table, err := ReadMetrics(dir) // at once, without any flush
		if err != nil || len(table.Rows) != i+1 {
			t.Fatalf("%d rows, %v, want %d", len(table.Rows), err, i+1)
		}
		if got := table.Rows[i][1]; math.Float64bits(got) != math.Float64bits(x) && !(math.IsNaN(x) && math.IsNaN(got)) {
			t.Errorf("%v reads back as %v", x, got)
		}
	}
	table, err := ReadMetrics(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Column("b"); err == nil {
		t.Error("no error for an unknown column")
	} else {
		requireError(t, err, `"b"`, "a, b 1")
	}
}

func TestFloatForm(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 12e6: "12000000", -7: "-7", 0.5: "0.5", 1e-9: "1e-09", 1e20: "1e+20"} {
		if got := string(appendFloat(nil, x)); got != want {
			t.Errorf("%v written as %s, want %s", x, got, want)
		}
	}
}

func TestMetricsColumns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Create(dir, toyManifest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Finish(&err)
	for _, columns := range [][]string{{}, {""}, {"a", ""}, {"a,b"}, {"a\n"}, {"a", "b", "a"}, {`"a"`}, {" a"}} {
		if _, err := r.Metrics(columns...); err == nil {
			t.Errorf("columns %q accepted", columns)
		}
	}
	if _, err := r.Metrics("a"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Metrics("a"); err == nil {
		t.Error("Metrics twice accepted")
	}
}

func TestReadMetricsPartial(t *testing.T) {
	tests := []struct {
		text string
		rows int
		err  string
	}{
		{"", 0, ""},
		{"a,b", 0, ""},
		{"a,b\n", 0, ""},
		{"a,b\n1,2\n3,", 1, ""},
		{"a,b\n1,2\n3,4", 1, ""},
		{"a,b\r\n1,2\r\n", 1, ""}, // saved by a spreadsheet
		{"a,b\n1,2\n3\n", 0, "line 3: 1 numbers, want 2"},
		{"a,b\n1,x\n", 0, `line 2: b "x" is not a number`},
		{"a,a\n", 0, "twice"},
	}
	for _, test := range tests {
		dir := t.TempDir()
		write(t, filepath.Join(dir, metricsName), test.text)
		table, err := ReadMetrics(dir)
		if test.err != "" {
			requireError(t, err, test.err, metricsName)
		} else if err != nil || len(table.Rows) != test.rows {
			t.Errorf("%q: %v, %v", test.text, table, err)
		}
	}
	if table, err := ReadMetrics(t.TempDir()); err != nil || table.Columns != nil {
		t.Errorf("no file: %v, %v", table, err)
	}
}

// fullDisk is a file with room for a few bytes.
type fullDisk struct {
	data []byte
	room int
}

var errFull = errors.New("no space left")

func (f *fullDisk) WriteAt(p []byte, off int64) (int, error) {
	n := min(len(p), f.room-int(off))
	f.data = append(f.data[:off], p[:n]...)
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func (f *fullDisk) Truncate(size int64) error { f.data = f.data[:size]; return nil }
func (f *fullDisk) Sync() error               { return nil }
func (f *fullDisk) Close() error              { return nil }

func TestMetricsOnFullDisk(t *testing.T) {
	f := &fullDisk{room: 10}
	m := &Metrics{f: f, path: "metrics.csv", columns: 2}
	if err := m.Append(1, 2); err != nil {
		t.Fatal(err)
	}
	if err := m.Append(1.25, 3.25); !errors.Is(err, errFull) {
		t.Fatalf("error %v", err)
	}
	if string(f.data) != "1,2\n" {
		t.Errorf("half a row is left: %q", f.data)
	}
	f.room = 100
	if err := m.Append(5, 6); err != nil || string(f.data) != "1,2\n5,6\n" {
		t.Errorf("after making room: %q, %v", f.data, err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a row of the wrong length is accepted")
		}
	}()
	_ = m.Append(1)
}

func FuzzParseMetrics(f *testing.F) {
	for _, s := range []string{"", "a,b\n1,2\n", "a,b\n1,2\n3", "a\n\n", "a\nNaN\n-Inf\n1e-300\n", "a,a\n", "\r\n", "a\n0x1p-2\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := parseMetrics(text)
		if err != nil || table.Columns == nil {
			return
		}
		out := &fullDisk{room: math.MaxInt}
		header, err := metricsHeader(table.Columns)
		if err != nil {
			t.Fatalf("%q: read columns cannot be written: %v", text, err)
		}
		m := &Metrics{f: out, columns: len(table.Columns), line: []byte(header)}
		if err := m.write(); err != nil {
			t.Fatal(err)
		}
		for _, row := range table.Rows {
			if err := m.Append(row...); err != nil {
				t.Fatal(err)
			}
		}
		again, err := parseMetrics(string(out.data))
		if err != nil || len(again.Rows) != len(table.Rows) {
			t.Fatalf("%q becomes %q: %v", text, out.data, err)
		}
		for i, row := range table.Rows {
			for j, x := range row {
				if y := again.Rows[i][j]; x != y && !(math.IsNaN(x) && math.IsNaN(y)) {
					t.Fatalf("%v becomes %v", x, y)
				}
			}
		}
	})
}
