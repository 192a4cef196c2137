package hdf5

import (
	"bytes"
	"compress/zlib"
	"runtime"
	"slices"
)

// maxWorkers bounds the memory of compression, about 2 MB a worker.
const maxWorkers = 4

// Filter identifiers (specification, section IV.A.2.l).
const (
	filterDeflate = 1
	filterShuffle = 2
)

// filters returns the body of the filter message, nil without filters.
func (d *Dataset) filters() []byte {
	b := []byte{2, 0} // version, number of filters
	add := func(id, value int) {
		b[1]++
		for _, v := range []int{id, 1, 1} { // flags: optional, as the library writes; one value
			b = le.AppendUint16(b, uint16(v))
		}
		b = le.AppendUint32(b, uint32(value))
	}
	if d.opt.Shuffle {
		add(filterShuffle, d.dtype.Size())
	}
	if d.opt.Gzip > 0 {
		add(filterDeflate, d.opt.Gzip)
	}
	if b[1] == 0 {
		return nil
	}
	return b
}

// job compresses one chunk in a goroutine of its own. Jobs are used again.
type job struct {
	d        *Dataset
	raw, tmp []byte
	out      bytes.Buffer
	z        *zlib.Writer
	level    int
	done     chan error
}

// compress starts a job for the buffer of d and gives d another one. At most so
// many jobs run as there are cores; chunks reach the file in the order of the
// calls, so the bytes do not depend on timing.
func (f *File) compress(d *Dataset) error {
	if err := f.drain(min(runtime.GOMAXPROCS(0), maxWorkers) - 1); err != nil {
		return err
	}
	j := &job{done: make(chan error, 1)}
	if n := len(f.idle); n > 0 {
		j, f.idle = f.idle[n-1], f.idle[:n-1]
	}
	j.d, j.raw, d.buf = d, d.buf, j.raw[:0]
	f.queue = append(f.queue, j)
	go func() { j.done <- j.run() }()
	return nil
}

// drain waits for the oldest jobs and writes their chunks, until keep are left.
func (f *File) drain(keep int) error {
	for len(f.queue) > keep {
		j := f.queue[0]
		f.queue = slices.Delete(f.queue, 0, 1)
		if err := <-j.done; err != nil && f.err == nil {
			f.err = j.d.wrap(err)
		}
		addr, err := f.write(j.out.Bytes())
		if err != nil {
			return err
		}
		j.d.chunks = append(j.d.chunks, chunk{addr, uint32(j.out.Len())})
		f.idle = append(f.idle, j)
	}
	return nil
}

// run leaves the filtered chunk in j.out.
func (j *job) run() error {
	opt := j.d.opt
	b := j.raw
	if opt.Shuffle {
		if cap(j.tmp) < len(b) {
			j.tmp = make([]byte, len(b))
		}
		j.tmp = j.tmp[:len(b)]
		shuffle(j.tmp, b, j.d.dtype)
		b = j.tmp
	}
	j.out.Reset()
	if opt.Gzip == 0 {
		_, err := j.out.Write(b)
		return err
	}
	if j.z == nil || j.level != opt.Gzip {
		z, err := zlib.NewWriterLevel(&j.out, opt.Gzip)
		if err != nil {
			return err
		}
		j.z, j.level = z, opt.Gzip
	}
	j.z.Reset(&j.out)
	if _, err := j.z.Write(b); err != nil {
		return err
	}
	return j.z.Close()
}

// shuffle puts the first bytes of all elements first, then the second bytes,
// and so on.
func shuffle(dst, src []byte, t Dtype) {
	size := t.Size()
	n := len(src) / size
	for k := range size {
		part := dst[k*n : (k+1)*n]
		for i := range part {
			part[i] = src[i*size+k]
		}
	}
}
