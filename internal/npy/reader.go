package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

// Reader reads parts of an NPY file as float64. A row is everything behind one
// index of the first axis. Its methods may be called concurrently, and while
// an [Appender] extends the file: the rows are those counted at the opening.
type Reader struct {
	f        *os.File
	head     header
	rows     int
	width    int
	rowBytes int64
}

// OpenReader opens the file at path and checks its header and length.
func OpenReader(path string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	r, err := newReader(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("npy: %s: %w", path, err), f.Close())
	}
	return r, nil
}

func newReader(f *os.File) (*Reader, error) {
	h, err := readHeader(f)
	if err != nil {
		return nil, err
	}
	r := &Reader{f: f, head: h, rows: 1, width: 1}
	if len(h.shape) > 0 {
		r.rows = h.shape[0]
		row := header{h.dtype, h.shape[1:], 0}
		if r.width, err = row.count(); err != nil {
			return nil, err
		}
	}
	r.rowBytes = int64(r.width) * int64(h.dtype.Size())
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	// The header's size is taken from the left, since on the right the sum could overflow.
	if have, need := info.Size()-h.size, int64(r.rows)*r.rowBytes; have < need {
		return nil, fmt.Errorf("%d bytes behind the header, but shape %v of %v needs %d", have, h.shape, h.dtype, need)
	}
	return r, nil
}

// Shape returns the lengths of all axes; none for a single number.
func (r *Reader) Shape() []int { return slices.Clone(r.head.shape) }

// Dtype returns the type of the file's elements.
func (r *Reader) Dtype() Dtype { return r.head.dtype }

// Rows returns the length of the first axis, 1 for a single number.
func (r *Reader) Rows() int { return r.rows }

// Width returns the elements of one row: 1 for a vector, else the product of
// all axes but the first.
func (r *Reader) Width() int { return r.width }

// Close closes the file.
func (r *Reader) Close() error { return r.f.Close() }

// Raw returns the bytes of all rows, as they stand in the file.
func (r *Reader) Raw() *io.SectionReader {
	return io.NewSectionReader(r.f, r.head.size, int64(r.rows)*r.rowBytes)
}

// ReadAll returns the whole array, row after row.
func (r *Reader) ReadAll() ([]float64, error) {
	dst := make([]float64, r.rows*r.width)
	return dst, r.ReadRows(dst, 0, 1)
}

// ReadRows fills dst, of n times Width elements, with the n rows first,
// first+stride, first+2*stride, … Booleans become 0 and 1; integers beyond
// 2^53 are rounded. Rows outside the file are an error. Memory beside dst stays
// below 256 KiB, or one row. ReadRows panics if dst is not a number of whole
// rows or stride < 1.
func (r *Reader) ReadRows(dst []float64, first, stride int) error {
	if len(dst) == 0 {
		return nil
	}
	if r.width == 0 || len(dst)%r.width != 0 {
		panic(fmt.Sprintf("npy: space for %d elements, want a multiple of %d", len(dst), r.width))
	}
	if stride < 1 {
		panic(fmt.Sprintf("npy: stride %d, want >= 1", stride))
	}
	n := len(dst) / r.width
	if first < 0 || first >= r.rows || n-1 > (r.rows-1-first)/stride {
		return fmt.Errorf("npy: %s: %d rows from row %d in steps of %d: the file has %d rows",
			r.f.Name(), n, first, stride, r.rows)
	}
	if n == 1 {
		stride = 1 // it has no meaning then, and a huge one would overflow
	}
	// One read covers k rows and the gaps between them.
	step := int64(stride) * r.rowBytes
	k := min(n, int(max(1, bufferSize/step)))
	buf := make([]byte, int64(k-1)*step+r.rowBytes)
	for n > 0 {
		k = min(k, n)
		b := buf[:int64(k-1)*step+r.rowBytes]
		at := r.head.size + int64(first)*r.rowBytes
		if m, err := r.f.ReadAt(b, at); m < len(b) {
			return fmt.Errorf("npy: %s: rows from %d: %w", r.f.Name(), first, short(err))
		}
		for i := range k {
			decode(dst[i*r.width:(i+1)*r.width], b[int64(i)*step:], r.head.dtype)
		}
		dst = dst[k*r.width:]
		first += k * stride
		n -= k
	}
	return nil
}

// decode fills dst with the elements at the start of src.
func decode(dst []float64, src []byte, dtype Dtype) {
	switch dtype {
	case Float64:
		for i := range dst {
			dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:]))
		}
	case Float32:
		for i := range dst {
			dst[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:])))
		}
	case Int64:
		for i := range dst {
			dst[i] = float64(int64(binary.LittleEndian.Uint64(src[8*i:])))
		}
	case Int32:
		for i := range dst {
			dst[i] = float64(int32(binary.LittleEndian.Uint32(src[4*i:])))
		}
	case Uint8:
		for i := range dst {
			dst[i] = float64(src[i])
		}
	case Bool:
		for i := range dst {
			if src[i] != 0 {
				dst[i] = 1
			} else {
				dst[i] = 0
			}
		}
	}
}
