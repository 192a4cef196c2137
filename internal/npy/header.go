package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Dtype is the type of the elements of a file.
type Dtype uint8

// The element types that a [Reader] understands; recordings use the two
// floating-point ones.
const (
	Float64 Dtype = iota // '<f8', the zero value
	Float32              // '<f4'
	Int64                // '<i8'
	Int32                // '<i4'
	Uint8                // '|u1'
	Bool                 // '|b1'
)

var dtypes = [...]struct {
	descr string
	size  int
}{
	Float64: {"<f8", 8}, Float32: {"<f4", 4}, Int64: {"<i8", 8},
	Int32: {"<i4", 4}, Uint8: {"|u1", 1}, Bool: {"|b1", 1},
}

// String returns NumPy's name of the type, such as "<f4".
func (t Dtype) String() string {
	if int(t) >= len(dtypes) {
		return fmt.Sprintf("Dtype(%d)", uint8(t))
	}
	return dtypes[t].descr
}

// Size returns the bytes of one element.
func (t Dtype) Size() int { return dtypes[t].size }

const (
	magic = "\x93NUMPY"

	// headerSize is the fixed length of the headers we write: NumPy aligns
	// data to 64 bytes, and 128 leave room for every possible row count.
	headerSize = 128

	// maxHeader bounds the text of a foreign header, so that a damaged length
	// field cannot ask for gigabytes. NumPy itself stops at 10,000.
	maxHeader = 1 << 16
)

// header is what the first bytes of a file say.
type header struct {
	dtype Dtype
	shape []int
	size  int64 // bytes before the data
}

// appendTo appends the header of exactly headerSize bytes to dst.
func (h header) appendTo(dst []byte) ([]byte, error) {
	start := len(dst)
	dst = append(dst, magic+"\x01\x00"...)
	dst = binary.LittleEndian.AppendUint16(dst, headerSize-10)
	dst = append(dst, "{'descr': '"...)
	dst = append(dst, h.dtype.String()...)
	dst = append(dst, "', 'fortran_order': False, 'shape': ("...)
	for i, n := range h.shape {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	if len(h.shape) == 1 {
		dst = append(dst, ',') // Python's tuple of one
	}
	dst = append(dst, "), }"...)
	pad := headerSize - 1 - (len(dst) - start)
	if pad < 0 {
		return nil, fmt.Errorf("shape of %d axes is too long for a header of %d bytes", len(h.shape), headerSize)
	}
	for range pad {
		dst = append(dst, ' ')
	}
	return append(dst, '\n'), nil
}

// count returns the number of elements, or an error where their bytes do not
// fit into an int64.
func (h header) count() (int, error) {
	n := 1
	for _, d := range h.shape {
		if d == 0 {
			return 0, nil
		}
	}
	for _, d := range h.shape {
		if n > math.MaxInt64/8/d {
			return 0, fmt.Errorf("shape %v is too large", h.shape)
		}
		n *= d
	}
	return n, nil
}

// readHeader reads and checks the header at the start of r.
func readHeader(r io.ReaderAt) (header, error) {
	var b [12]byte
	if n, err := r.ReadAt(b[:], 0); n < len(b) {
		return header{}, fmt.Errorf("no NPY header: %w", short(err))
	}
	if string(b[:6]) != magic {
		return header{}, fmt.Errorf("not an NPY file: starts with % x", b[:6])
	}
	var at, length int64
	switch major := b[6]; major {
	case 1:
		at, length = 10, int64(binary.LittleEndian.Uint16(b[8:]))
	case 2:
		at, length = 12, int64(binary.LittleEndian.Uint32(b[8:]))
	default:
		return header{}, fmt.Errorf("NPY version %d.%d, want 1.0 or 2.0", major, b[7])
	}
	if length > maxHeader {
		return header{}, fmt.Errorf("header of %d bytes, at most %d allowed", length, maxHeader)
	}
	text := make([]byte, length)
	if n, err := r.ReadAt(text, at); n < len(text) {
		return header{}, fmt.Errorf("header cut off: %w", short(err))
	}
	h, err := parseHeader(string(text))
	h.size = at + length
	return h, err
}

// short turns the end of a file into the error of an incomplete file.
func short(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// parseHeader reads the Python dictionary of a header.
func parseHeader(text string) (header, error) {
	var h header
	p := parser{rest: text}
	seen := map[string]bool{}
	p.want("{")
	for p.err == nil && !p.accept("}") {
		key := p.quoted()
		if p.err == nil && seen[key] {
			p.fail("key %q twice", key)
		}
		seen[key] = true
		p.want(":")
		switch key {
		case "descr":
			h.dtype = p.dtype()
		case "fortran_order":
			if p.accept("True") {
				p.fail("Fortran order, want C order")
			} else {
				p.want("False")
			}
		case "shape":
			h.shape = p.tuple()
		default:
			p.fail("unknown key %q", key)
		}
		if !p.accept(",") {
			p.want("}")
			break
		}
	}
	p.space()
	if p.err == nil && p.rest != "" {
		p.fail("text %.20q behind the dictionary", p.rest)
	}
	if p.err == nil && len(seen) != 3 {
		p.fail("want the keys descr, fortran_order, shape")
	}
	if p.err == nil {
		_, p.err = h.count()
	}
	if p.err != nil {
		return header{}, fmt.Errorf("header: %w", p.err)
	}
	return h, nil
}

// parser walks over a Python literal; after the first error it stays put.
type parser struct {
	rest string
	err  error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *parser) accept(token string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, token)
	if p.err != nil || !ok {
		return false
	}
	p.rest = rest
	return true
}

func (p *parser) want(token string) {
	if !p.accept(token) {
		p.fail("want %q at %.20q", token, p.rest)
	}
}

func (p *parser) quoted() string {
	quote := "'"
	if !p.accept(quote) {
		quote = `"`
		p.want(quote)
	}
	s, rest, ok := strings.Cut(p.rest, quote)
	if !ok {
		p.fail("string without end at %.20q", p.rest)
	}
	if p.err != nil {
		return ""
	}
	p.rest = rest
	return s
}

func (p *parser) dtype() Dtype {
	if p.accept("[") {
		p.fail("structured dtype, want a plain one")
	}
	s := p.quoted()
	for t := range dtypes {
		if dtypes[t].descr == s {
			return Dtype(t)
		}
	}
	if strings.HasPrefix(s, ">") {
		p.fail("dtype %q is big endian, want little endian", s)
	}
	p.fail("dtype %q, want one of <f4 <f8 <i4 <i8 |u1 |b1", s)
	return 0
}

func (p *parser) tuple() []int {
	shape := []int{}
	p.want("(")
	for p.err == nil && !p.accept(")") {
		p.space()
		end := strings.IndexFunc(p.rest, func(c rune) bool { return c < '0' || c > '9' })
		if end <= 0 {
			p.fail("want a length at %.20q", p.rest)
			break
		}
		n, err := strconv.Atoi(p.rest[:end])
		if err != nil {
			p.fail("length %s: %v", p.rest[:end], err)
		}
		shape = append(shape, n)
		p.rest = p.rest[end:]
		p.accept("L") // Python 2 wrote long integers so
		if !p.accept(",") {
			p.want(")")
			break
		}
	}
	return shape
}
