package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// bufferSize is the memory of an Appender (at least one row) and of one read.
const bufferSize = 256 << 10

// maxWidth is the most elements in a row: a buffer holds at least one row.
const maxWidth = 1 << 28

// file is the part of *os.File that an Appender needs.
type file interface {
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
}

// Appender appends rows to a recording, an NPY file of shape (rows, rowShape...).
// It is not safe for concurrent use.
type Appender struct {
	f        file
	path     string
	head     header // shape[0] is the row count that the file shows
	width    int    // elements in a row
	rowBytes int
	buf      []byte // whole rows not yet in the file
	text     []byte // scratch for the header
	closed   bool
}

// Create makes the file at path, replacing any file there, for rows of
// rowShape elements: Create(path, Float32, 30) records (rows, 30), without a
// rowShape the file is the vector (rows,). dtype is Float32 or Float64. The
// file is valid, with 0 rows, when Create returns.
func Create(path string, dtype Dtype, rowShape ...int) (*Appender, error) {
	h := header{dtype, append([]int{0}, rowShape...), headerSize}
	if err := h.checkRecording(); err != nil {
		return nil, fmt.Errorf("npy: %s: %w", path, err)
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	a := newAppender(f, path, h)
	if err := a.setRows(0); err != nil {
		return nil, errors.Join(a.wrap(err), f.Close())
	}
	return a, nil
}

// Open reopens the recording at path to append behind its first rows rows and
// cuts off all that follows them. A file with fewer rows is an error and stays
// as it is.
func Open(path string, rows int) (*Appender, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	a, err := reopen(f, path, rows)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("npy: %s: %w", path, err), f.Close())
	}
	return a, nil
}

func reopen(f *os.File, path string, rows int) (*Appender, error) {
	h, err := readHeader(f)
	if err != nil {
		return nil, err
	}
	if h.size != headerSize || len(h.shape) == 0 {
		return nil, fmt.Errorf("header of %d bytes and shape %v: not a recording of this package", h.size, h.shape)
	}
	if rows < 0 || rows > h.shape[0] {
		return nil, fmt.Errorf("cannot resume at row %d: the file has %d rows", rows, h.shape[0])
	}
	if err := h.checkRecording(); err != nil {
		return nil, err
	}
	a := newAppender(f, path, h)
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if have, need := info.Size()-headerSize, int64(rows)*int64(a.rowBytes); have < need { // as in newReader
		return nil, fmt.Errorf("%d bytes behind the header, but %d rows need %d", have, rows, need)
	}
	// Header first: a kill in between leaves surplus bytes, not missing rows.
	if err := a.setRows(rows); err != nil {
		return nil, err
	}
	return a, f.Truncate(a.offset(rows))
}

// checkRecording checks what Create allows.
func (h header) checkRecording() error {
	if h.dtype != Float32 && h.dtype != Float64 {
		return fmt.Errorf("dtype %v, want <f4 or <f8", h.dtype)
	}
	one := header{h.dtype, append([]int{1}, h.shape[1:]...), 0}
	for _, n := range one.shape {
		if n < 1 {
			return fmt.Errorf("row shape %v, want lengths >= 1", h.shape[1:])
		}
	}
	n, err := one.count()
	if err != nil {
		return err
	}
	if n > maxWidth {
		return fmt.Errorf("row of %d elements, want at most %d", n, maxWidth)
	}
	one.shape[0] = math.MaxInt64 // the row count must always have room
	_, err = one.appendTo(nil)
	return err
}

func newAppender(f file, path string, h header) *Appender {
	width := 1
	for _, n := range h.shape[1:] {
		width *= n
	}
	rowBytes := width * h.dtype.Size()
	rows := max(1, bufferSize/rowBytes)
	return &Appender{f: f, path: path, head: h, width: width, rowBytes: rowBytes,
		buf: make([]byte, 0, rows*rowBytes)}
}

// Rows returns the number of rows appended so far, flushed or not.
func (a *Appender) Rows() int { return a.head.shape[0] + len(a.buf)/a.rowBytes }

// Width returns the elements of one row.
func (a *Appender) Width() int { return a.width }

// Dtype returns the type of the file's elements.
func (a *Appender) Dtype() Dtype { return a.head.dtype }

// Append adds one row, rounded to float32 where the file holds that. A full
// buffer is flushed first; if that fails the row is not taken and the call can
// be repeated. Append allocates nothing and panics if len(row) is not Width.
func (a *Appender) Append(row []float64) error {
	if len(row) != a.width {
		panic(fmt.Sprintf("npy: row of %d elements, want %d", len(row), a.width))
	}
	if len(a.buf)+a.rowBytes > cap(a.buf) || a.closed {
		if err := a.Flush(); err != nil {
			return err
		}
	}
	n := len(a.buf)
	a.buf = a.buf[:n+a.rowBytes]
	encode(a.buf[n:], row, a.head.dtype)
	return nil
}

// encode writes the values of src to dst as little-endian Float32 or Float64.
func encode(dst []byte, src []float64, dtype Dtype) {
	if dtype == Float64 {
		for i, v := range src {
			binary.LittleEndian.PutUint64(dst[8*i:], math.Float64bits(v))
		}
		return
	}
	for i, v := range src {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(float32(v)))
	}
}

// Flush hands all rows to the operating system: the data, then the row count.
// After an error the file still shows the rows of the last good Flush, and the
// others are kept: a later call, with space on the disk, saves them.
func (a *Appender) Flush() error {
	if err := a.writeData(); err != nil {
		return a.wrap(err)
	}
	return a.wrap(a.countData())
}

// Sync is Flush that also waits for the disk, so that the rows survive the
// loss of the machine.
func (a *Appender) Sync() error {
	if err := a.writeData(); err != nil {
		return a.wrap(err)
	}
	if err := a.f.Sync(); err != nil { // data before the count, on the disk too
		return a.wrap(err)
	}
	if err := a.countData(); err != nil {
		return a.wrap(err)
	}
	return a.wrap(a.f.Sync())
}

// Close flushes and closes the file. The first Close counts, others do nothing.
func (a *Appender) Close() error {
	if a.closed {
		return nil
	}
	err := a.Flush()
	a.closed = true
	return errors.Join(err, a.wrap(a.f.Close()))
}

func (a *Appender) writeData() error {
	if a.closed {
		return os.ErrClosed
	}
	if len(a.buf) == 0 {
		return nil
	}
	_, err := a.f.WriteAt(a.buf, a.offset(a.head.shape[0]))
	return err
}

func (a *Appender) countData() error {
	if len(a.buf) == 0 {
		return nil
	}
	if err := a.setRows(a.Rows()); err != nil {
		return err
	}
	a.buf = a.buf[:0]
	return nil
}

// setRows writes the header with the given row count.
func (a *Appender) setRows(rows int) error {
	shown := a.head.shape[0]
	a.head.shape[0] = rows
	var err error
	if a.text, err = a.head.appendTo(a.text[:0]); err == nil {
		_, err = a.f.WriteAt(a.text, 0)
	}
	if err != nil {
		a.head.shape[0] = shown
	}
	return err
}

func (a *Appender) offset(row int) int64 { return headerSize + int64(row)*int64(a.rowBytes) }

func (a *Appender) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("npy: %s: %w", a.path, err)
}
