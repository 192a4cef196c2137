package npy

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseHeader(t *testing.T) {
	good := []struct {
		text  string
		dtype Dtype
		shape []int
	}{
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }   \n", Float32, []int{4, 3}},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (), }", Float64, []int{}},
		{"{'descr':'<i8','fortran_order':False,'shape':(7,)}", Int64, []int{7}},
		{`{"shape": (2L, 3L, 4L,), "fortran_order": False, "descr": "|u1"}`, Uint8, []int{2, 3, 4}},
		{"{'descr': '|b1', 'fortran_order': False, 'shape': (0, 9000000000000000000), }", Bool, []int{0, 9e18}},
	}
	for _, c := range good {
		h, err := parseHeader(c.text)
		if err != nil || h.dtype != c.dtype || !slices.Equal(h.shape, c.shape) {
			t.Errorf("%s: got %v %v, error %v", c.text, h.dtype, h.shape, err)
		}
	}
	bad := []struct{ text, want string }{
		{"", `want "{"`},
		{"{}", "want the keys"},
		{"{'descr': '<f4', 'fortran_order': False, }", "want the keys"},
		{"{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "big endian"},
		{"{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", `dtype "<c8"`},
		{"{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", "structured"},
		{"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", "Fortran order"},
		{"{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 2), }", `want "False"`},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "want a length"},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2", `want a length`},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "99999999999999999999"},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 4000000000), }", "too large"},
		{"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "twice"},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", `unknown key "x"`},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", "behind the dictionary"},
		{"{'descr': '<f4", "string without end"},
	}
	for _, c := range bad {
		if _, err := parseHeader(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want it to mention %s", c.text, err, c.want)
		}
	}
}

// TestHeaderText pins the bytes to those numpy.save writes, padding aside.
func TestHeaderText(t *testing.T) {
	for _, c := range []struct {
		h    header
		want string
	}{
		{header{Float32, []int{4, 3}, 0}, "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }"},
		{header{Float64, []int{4}, 0}, "{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }"},
		{header{Float64, nil, 0}, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }"},
	} {
		b, err := c.h.appendTo(nil)
		if err != nil || len(b) != 128 || b[127] != '\n' {
			t.Fatalf("%v: %d bytes, error %v", c.h.shape, len(b), err)
		}
		if got := string(b[:10]); got != "\x93NUMPY\x01\x00\x76\x00" {
			t.Errorf("%v: starts with %q", c.h.shape, got)
		}
		if got := strings.TrimRight(string(b[10:]), " \n"); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	if _, err := (header{Float64, slices.Repeat([]int{10}, 40), 0}).appendTo(nil); err == nil {
		t.Error("a header beyond 128 bytes was accepted")
	}
}

// raw builds a file image from a version, a header text, and data.
func raw(major byte, text string, data ...byte) []byte {
	b := append([]byte(magic), major, 0)
	if major == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	}
	return append(append(b, text...), data...)
}

func write(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReaderTypes(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		major byte
		descr string
		data  []byte
		want  []float64
	}{
		{1, "<f8", le.AppendUint64(le.AppendUint64(nil, math.Float64bits(1.25)), math.Float64bits(-3e300)), []float64{1.25, -3e300}},
		{2, "<f4", le.AppendUint32(le.AppendUint32(nil, math.Float32bits(1.25)), math.Float32bits(-7)), []float64{1.25, -7}},
		{1, "<i8", le.AppendUint64(le.AppendUint64(nil, 5), ^uint64(0)), []float64{5, -1}},
		{2, "<i4", le.AppendUint32(le.AppendUint32(nil, 5), ^uint32(0)), []float64{5, -1}},
		{1, "|u1", []byte{0, 255}, []float64{0, 255}},
		{1, "|b1", []byte{0, 1}, []float64{0, 1}},
	} {
		text := "{'descr': '" + c.descr + "', 'fortran_order': False, 'shape': (2,), }\n"
		r, err := OpenReader(write(t, raw(c.major, text, c.data...)))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got, err := r.ReadAll(); err != nil || !slices.Equal(got, c.want) || r.Dtype().String() != c.descr {
			t.Errorf("%s: got %v of %v, error %v", c.descr, got, r.Dtype(), err)
		}
	}
}

// hugeShapes are those of '<f8' whose elements have just not too many bytes for an
// int64, but with the header have.
var hugeShapes = []string{"(1152921504606846975,)", "(230584300921369395, 5)"}

func TestReaderRefuses(t *testing.T) {
	const text = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n"
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"empty", nil, "no NPY header"},
		{"other format", []byte("PK\x03\x04 something else"), "not an NPY file"},
		{"version 3", raw(3, text), "version 3.0"},
		{"short header", raw(1, text)[:30], "cut off"},
		{"huge header", []byte(magic + "\x02\x00\xff\xff\xff\xff rest"), "at most 65536"},
		{"short data", raw(1, text, make([]byte, 15)...), "15 bytes behind the header, but shape [2] of <f8 needs 16"},
		{"huge vector", raw(1, strings.Replace(text, "(2,)", hugeShapes[0], 1)), "needs 9223372036854775800"},
		{"huge matrix", raw(1, strings.Replace(text, "(2,)", hugeShapes[1], 1)), "needs 9223372036854775800"},
	} {
		path := write(t, c.b)
		_, err := OpenReader(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got error %v, want the path and %q", c.name, err, c.want)
		}
	}
}

func FuzzOpenReader(f *testing.F) {
	f.Add(raw(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n", make([]byte, 8)...))
	f.Add(raw(2, `{"shape": (2L,), "descr": "|b1", "fortran_order": False}`, 0, 1))
	f.Add(raw(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 9223372036854775807), }\n"))
	for _, shape := range hugeShapes {
		f.Add(raw(1, "{'descr': '<f8', 'fortran_order': False, 'shape': "+shape+", }\n"))
	}
	f.Add(raw(1, "{'descr': '>f8', 'fortran_order': True, 'shape': ()}"))
	f.Add([]byte(magic + "\x02\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := OpenReader(write(t, b))
		if err != nil {
			return
		}
		defer r.Close()
		x, err := r.ReadAll()
		if err != nil || len(x) != r.Rows()*r.Width() {
			t.Fatalf("accepted header, then %d elements of shape %v, error %v", len(x), r.Shape(), err)
		}
	})
}
