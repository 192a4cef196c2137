package hdf5

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	// autoChunk is the size of a chunk in bytes where none is asked for: it
	// fits into the HDF5 library's chunk cache of 1 MiB, and rows compress
	// well together.
	autoChunk = 256 << 10

	// maxChunk is the largest chunk allowed; the format ends at 4 GiB.
	maxChunk = 1 << 30
)

// Options say how a data set is stored. The zero value is good for fast,
// uncompressed files.
type Options struct {
	// ChunkRows is the number of rows in a chunk, the unit that is compressed
	// and read as a whole. 0 chooses chunks of 256 KiB, or one row; a shorter
	// data set then becomes one chunk of its own size.
	ChunkRows int

	// Gzip is the compression level, 1 (fast) to 9 (small); 0 is off.
	Gzip int

	// Shuffle sorts the bytes of a chunk by significance, which helps Gzip
	// with slowly changing numbers and costs little.
	Shuffle bool
}

// Dataset is an array of shape (rows, width) that grows by rows. A reader of
// the finished file may extend its first axis.
type Dataset struct {
	object
	dtype    Dtype
	width    int
	rowBytes int
	opt      Options
	auto     bool   // ChunkRows may shrink to the rows there are
	buf      []byte // the unfinished chunk
	rows     int
	chunks   []chunk // those in the file
	index    uint64  // address of their B-tree
	closed   bool
}

// chunk says where a chunk is, and how many bytes.
type chunk struct {
	addr uint64
	size uint32
}

// Dataset makes a data set of rows of width elements. It is an error if the
// name is taken, an option is out of range, or a chunk exceeds 1 GiB.
func (g *Group) Dataset(name string, dtype Dtype, width int, opt Options) (*Dataset, error) {
	if g.file.err != nil {
		return nil, g.file.err
	}
	d := &Dataset{object: object{file: g.file, path: g.path + "/" + name},
		dtype: dtype, width: width, opt: opt, auto: opt.ChunkRows == 0, index: undefined}
	if err := d.init(); err != nil {
		return nil, d.wrap(err)
	}
	if err := g.link(name, d); err != nil {
		return nil, err
	}
	g.file.open = append(g.file.open, d)
	return d, nil
}

func (d *Dataset) init() error {
	size := d.dtype.Size()
	switch {
	case d.dtype > Float32:
		return fmt.Errorf("%v, want Float64 or Float32", d.dtype)
	case d.width < 1 || d.width > maxChunk/size:
		return fmt.Errorf("width %d, want 1 to %d", d.width, maxChunk/size)
	case d.opt.Gzip < 0 || d.opt.Gzip > 9:
		return fmt.Errorf("gzip level %d, want 0 to 9", d.opt.Gzip)
	}
	d.rowBytes = d.width * size
	if d.auto {
		d.opt.ChunkRows = max(1, autoChunk/d.rowBytes)
	}
	if n := maxChunk / d.rowBytes; d.opt.ChunkRows < 1 || d.opt.ChunkRows > n {
		return fmt.Errorf("chunks of %d rows of %d bytes, want 1 to %d rows", d.opt.ChunkRows, d.rowBytes, n)
	}
	return nil
}

// Rows returns the number of rows written so far.
func (d *Dataset) Rows() int { return d.rows }

// Write appends rows, given one after the other and rounded to float32 where
// the data set holds that. It panics if len(rows) is not a multiple of the
// width.
func (d *Dataset) Write(rows []float64) error {
	if len(rows)%d.width != 0 {
		panic(fmt.Sprintf("hdf5: %d elements, want a multiple of %d", len(rows), d.width))
	}
	for {
		room, err := d.room()
		if err != nil || len(rows) == 0 {
			return err
		}
		n := min(len(rows), len(room)/d.dtype.Size())
		d.dtype.put(room, rows[:n])
		rows = rows[n:]
		if err := d.took(n * d.dtype.Size()); err != nil {
			return err
		}
	}
}

// ReadFrom appends the rows that r delivers as little-endian elements of the
// data set's type, such as the data part of an NPY file, until its end. It
// returns the bytes used. An end within a row is an error; the rows before it
// are kept.
func (d *Dataset) ReadFrom(r io.Reader) (int64, error) {
	var total int64
	for {
		room, err := d.room()
		if err != nil {
			return total, err
		}
		var n int
		var readErr error
		for n < len(room) && readErr == nil {
			var m int
			m, readErr = r.Read(room[n:])
			n += m
		}
		rest := n % d.rowBytes
		total += int64(n - rest)
		if err := d.took(n - rest); err != nil {
			return total, err
		}
		switch {
		case readErr == nil:
			continue
		case readErr != io.EOF:
			return total, d.wrap(readErr)
		case rest > 0:
			return total, d.wrap(fmt.Errorf("source ends %d bytes into a row of %d: %w", rest, d.rowBytes, io.ErrUnexpectedEOF))
		}
		return total, nil
	}
}

// room returns the free part of the buffer.
func (d *Dataset) room() ([]byte, error) {
	if d.file.err != nil {
		return nil, d.file.err
	}
	if d.closed {
		return nil, d.wrap(errors.New("data set is closed"))
	}
	size := d.opt.ChunkRows * d.rowBytes
	if cap(d.buf) < size {
		d.buf = make([]byte, 0, size)
	}
	return d.buf[len(d.buf):size], nil
}

// took counts n more bytes of the buffer and empties it when it is full.
func (d *Dataset) took(n int) error {
	d.buf = d.buf[:len(d.buf)+n]
	d.rows += n / d.rowBytes
	if len(d.buf) < d.opt.ChunkRows*d.rowBytes {
		return nil
	}
	return d.flush()
}

// flush sends the buffer on its way into the file.
func (d *Dataset) flush() error {
	if d.opt.Gzip > 0 || d.opt.Shuffle {
		return d.file.compress(d)
	}
	if err := d.file.drain(0); err != nil { // keeps all chunks in the order of the calls
		return err
	}
	addr, err := d.file.write(d.buf)
	d.chunks = append(d.chunks, chunk{addr, uint32(len(d.buf))})
	d.buf = d.buf[:0]
	return err
}

// Close writes what is left and frees the memory. It is needed only in files
// of many data sets: File.Close closes those still open.
func (d *Dataset) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	d.file.open = slices.DeleteFunc(d.file.open, func(o *Dataset) bool { return o == d })
	if d.file.err != nil {
		return d.file.err
	}
	if n := len(d.buf); n > 0 {
		if d.auto && d.rows < d.opt.ChunkRows {
			d.opt.ChunkRows = d.rows
		}
		d.buf = d.buf[:d.opt.ChunkRows*d.rowBytes]
		clear(d.buf[n:]) // chunks are whole, also where the rows end
		if err := d.flush(); err != nil {
			return err
		}
	}
	if err := d.file.drain(0); err != nil {
		return err
	}
	var err error
	d.index, err = d.writeIndex()
	d.buf, d.chunks = nil, nil
	return err
}

func (d *Dataset) wrap(err error) error { return d.file.wrap(fmt.Errorf("%s: %w", d.path, err)) }

func (d *Dataset) writeHeader() (uint64, error) {
	size := d.dtype.Size()
	space := []byte{2, 2, 1, 1} // version, rank, flags: maximum given, simple
	space = le.AppendUint64(space, uint64(d.Rows()))
	space = le.AppendUint64(space, uint64(d.width))
	space = le.AppendUint64(space, undefined) // unlimited
	space = le.AppendUint64(space, uint64(d.width))

	layout := []byte{3, 2, 3} // version, chunked, axes and one for the element
	layout = le.AppendUint64(layout, d.index)
	for _, n := range []int{d.opt.ChunkRows, d.width, size} {
		layout = le.AppendUint32(layout, uint32(n))
	}
	list := []message{
		{msgDataspace, 0, space},
		{msgDatatype, 1, d.dtype.encode()},     // flag: never changes
		{msgFillValue, 1, []byte{3, 2<<2 | 3}}, // version; zeros, written when set, space as needed
		{msgLayout, 0, layout},
	}
	if filters := d.filters(); filters != nil {
		list = append(list, message{msgFilters, 1, filters})
	}
	attrs, err := d.attributeMessages()
	if err != nil {
		return 0, err
	}
	return d.file.writeMessages(append(list, attrs...))
}
