package hdf5

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

// This file reads back what the package writes, on its own: it shares the
// checksum (tested against published values) and nothing else. It checks every
// signature, version, checksum, sibling pointer and key that it meets.

type h5group struct {
	attrs  map[string]any
	groups map[string]*h5group
	data   map[string]*h5data
}

type h5data struct {
	attrs       map[string]any
	rows, width uint64
	maxRows     uint64
	dtype       string
	chunk       []uint64 // rows, columns, element size
	filters     []uint16
	values      []float64
	chunks      int
	depth       int

	shape []uint64 // of an array, nil otherwise; empty: a scalar
	ints  []int
	texts []string
}

type h5reader struct {
	f   io.ReaderAt
	eof uint64
}

// readFile returns the root group of the file at path.
func readFile(path string) (root *h5group, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	defer func() {
		if p := recover(); p != nil { // a failed check, or an index out of range
			err = fmt.Errorf("bad file: %v", p)
		}
	}()
	r := &h5reader{f, superblockSize}
	sb := r.at(0, 48)
	check(string(sb[:8]) == "\x89HDF\r\n\x1a\n", "signature % x", sb[:8])
	check(bytes.Equal(sb[8:12], []byte{2, 8, 8, 0}), "superblock % x", sb[8:12])
	check(le.Uint32(sb[44:]) == checksum(sb[:44]), "superblock checksum")
	check(le.Uint64(sb[12:]) == 0 && le.Uint64(sb[20:]) == ^uint64(0), "base or extension")
	r.eof = le.Uint64(sb[28:])
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	check(uint64(info.Size()) == r.eof, "%d bytes, superblock says %d", info.Size(), r.eof)
	return r.group(r.header(le.Uint64(sb[36:]))), nil
}

func check(ok bool, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf(format, args...))
	}
}

func (r *h5reader) at(addr, n uint64) []byte {
	check(n < 1<<31 && addr+n <= r.eof, "%d bytes at %d, file ends at %d", n, addr, r.eof)
	b := make([]byte, n)
	_, err := r.f.ReadAt(b, int64(addr))
	check(err == nil || errors.Is(err, io.EOF), "%v", err)
	return b
}

// header returns the messages of an object header and its continuations.
func (r *h5reader) header(addr uint64) []message {
	b := r.at(addr, 10)
	check(string(b[:6]) == "OHDR\x02\x02", "object header % x", b[:6])
	n := uint64(le.Uint32(b[6:]))
	b = r.at(addr, 10+n+4)
	check(le.Uint32(b[10+n:]) == checksum(b[:10+n]), "object header checksum")
	return r.messages(b[10 : 10+n])
}

func (r *h5reader) messages(b []byte) (list []message) {
	for len(b) > 0 {
		n := int(le.Uint16(b[1:]))
		m := message{b[0], b[3], b[4 : 4+n]}
		b = b[4+n:]
		if m.kind != msgContinuation {
			list = append(list, m)
			continue
		}
		addr, size := le.Uint64(m.body), le.Uint64(m.body[8:])
		c := r.at(addr, size)
		check(string(c[:4]) == "OCHK", "continuation % x", c[:4])
		check(le.Uint32(c[size-4:]) == checksum(c[:size-4]), "continuation checksum")
		list = append(list, r.messages(c[4:size-4])...)
	}
	return list
}

func (r *h5reader) group(list []message) *h5group {
	g := &h5group{map[string]any{}, map[string]*h5group{}, map[string]*h5data{}}
	kinds := map[byte]int{}
	for _, m := range list {
		kinds[m.kind]++
		switch b := m.body; m.kind {
		case msgLinkInfo:
			check(len(b) == 18 && b[0] == 0 && b[1] == 0 && le.Uint64(b[2:]) == undefined, "link info % x", b)
		case msgGroupInfo:
			check(bytes.Equal(b, []byte{0, 0}), "group info % x", b)
		case msgAttribute:
			r.attribute(b, g.attrs)
		case msgLink:
			check(bytes.Equal(b[:3], []byte{1, 0x10, 1}), "link % x", b[:3])
			n := int(b[3])
			name, addr := string(b[4:4+n]), le.Uint64(b[4+n:])
			check(len(b) == 12+n, "link %q of %d bytes", name, len(b))
			child := r.header(addr)
			if child[0].kind == msgDataspace {
				g.data[name] = r.dataset(child)
			} else {
				g.groups[name] = r.group(child)
			}
		default:
			check(false, "message %#x in a group", m.kind)
		}
	}
	check(kinds[msgLinkInfo] == 1 && kinds[msgGroupInfo] == 1, "group messages %v", kinds)
	check(kinds[msgLink] == len(g.groups)+len(g.data), "a name twice")
	return g
}

// dtypeName decodes the fields of a datatype message that matter to readers.
func dtypeName(b []byte) string {
	size := le.Uint32(b[4:])
	switch b[0] {
	case 0x10:
		check(b[1] == 8 && le.Uint16(b[8:]) == 0 && uint32(le.Uint16(b[10:])) == 8*size, "integer % x", b)
		return fmt.Sprintf("int%d", 8*size)
	case 0x11:
		check(b[1] == 0x20 && uint32(b[2]) == 8*size-1 && uint32(le.Uint16(b[10:])) == 8*size, "float % x", b)
		check(b[12] == b[15] && b[12]+b[13]+1 == byte(8*size), "float parts % x", b)
		check(le.Uint32(b[16:]) == 1<<(b[13]-1)-1, "bias % x", b)
		return fmt.Sprintf("float%d", 8*size)
	case 0x19:
		check(b[1] == 1 && b[2] == 1 && size == 16, "string % x", b)
		return "string"
	}
	check(false, "datatype % x", b)
	return ""
}

func (r *h5reader) attribute(b []byte, attrs map[string]any) {
	check(b[0] == 3 && b[1] == 0 && b[8] == 1, "attribute % x", b[:9])
	n, nt, ns := le.Uint16(b[2:]), le.Uint16(b[4:]), le.Uint16(b[6:])
	name := string(b[9 : 9+n-1])
	check(b[9+n-1] == 0, "attribute name %q without zero", name)
	b = b[9+n:]
	kind := dtypeName(b[:nt])
	check(bytes.Equal(b[nt:nt+ns], []byte{2, 0, 0, 0}), "attribute %q is not a scalar", name)
	b = b[nt+ns:]
	check(attrs[name] == nil, "attribute %q twice", name)
	switch kind {
	case "float64":
		attrs[name] = math.Float64frombits(le.Uint64(b))
	case "int64":
		attrs[name] = int(le.Uint64(b))
	case "string":
		attrs[name] = r.text(le.Uint32(b), le.Uint64(b[4:]), le.Uint32(b[12:]))
	}
}

// text looks up an object of a global heap collection, walking all of it.
func (r *h5reader) text(length uint32, addr uint64, index uint32) (s string) {
	if length == 0 {
		return ""
	}
	b := r.at(addr, 16)
	check(string(b[:8]) == "GCOL\x01\x00\x00\x00", "global heap % x", b[:8])
	size := le.Uint64(b[8:])
	check(size >= 4096, "global heap of %d bytes", size)
	b = r.at(addr, size)[16:]
	found := false
	for want := uint16(1); len(b) >= 16 && le.Uint16(b) != 0; want++ {
		n := le.Uint64(b[8:])
		check(le.Uint16(b) == want, "heap object %d, want %d", le.Uint16(b), want)
		if uint32(want) == index {
			check(n == uint64(length), "heap object of %d bytes, want %d", n, length)
			s, found = string(b[16:16+n]), true
		}
		b = b[16+(n+7)/8*8:]
	}
	check(found, "no heap object %d", index)
	check(len(b) < 16 || le.Uint64(b[8:]) == uint64(len(b)), "heap's free space")
	return s
}

// array reads a data set of fixed shape.
func (r *h5reader) array(list []message) *h5data {
	d := &h5data{shape: []uint64{}}
	n := uint64(1)
	var data []byte
	for _, m := range list {
		switch b := m.body; m.kind {
		case msgDataspace:
			check(b[0] == 2 && b[2] == 0 && b[3] == min(b[1], 1) && len(b) == 4+8*int(b[1]), "dataspace % x", b)
			for k := range int(b[1]) {
				d.shape = append(d.shape, le.Uint64(b[4+8*k:]))
				n *= d.shape[k]
			}
		case msgDatatype:
			d.dtype = dtypeName(b)
		case msgFillValue:
			check(bytes.Equal(b, []byte{3, 0x0a}), "fill value % x", b)
		case msgLayout:
			check(len(b) == 18, "layout % x", b)
			data = r.at(le.Uint64(b[2:]), le.Uint64(b[10:]))
		default:
			check(false, "message %#x in an array", m.kind)
		}
	}
	size := map[string]uint64{"float64": 8, "int64": 8, "string": 16}[d.dtype]
	check(uint64(len(data)) == n*size, "%d bytes for %d values of %s", len(data), n, d.dtype)
	for b := range slices.Chunk(data, int(size)) {
		switch d.dtype {
		case "float64":
			d.values = append(d.values, math.Float64frombits(le.Uint64(b)))
		case "int64":
			d.ints = append(d.ints, int(le.Uint64(b)))
		case "string":
			d.texts = append(d.texts, r.text(le.Uint32(b), le.Uint64(b[4:]), le.Uint32(b[12:])))
		}
	}
	return d
}

func (r *h5reader) dataset(list []message) *h5data {
	for _, m := range list {
		if m.kind == msgLayout && m.body[0] == 3 && m.body[1] == 1 { // contiguous
			return r.array(list)
		}
	}
	d := &h5data{attrs: map[string]any{}}
	var index uint64
	for _, m := range list {
		switch b := m.body; m.kind {
		case msgDataspace:
			check(bytes.Equal(b[:4], []byte{2, 2, 1, 1}) && len(b) == 36, "dataspace % x", b)
			d.rows, d.width, d.maxRows = le.Uint64(b[4:]), le.Uint64(b[12:]), le.Uint64(b[20:])
			check(le.Uint64(b[28:]) == d.width, "second axis not fixed")
		case msgDatatype:
			d.dtype = dtypeName(b)
		case msgFillValue:
			check(bytes.Equal(b, []byte{3, 0x0b}), "fill value % x", b)
		case msgLayout:
			check(bytes.Equal(b[:3], []byte{3, 2, 3}) && len(b) == 23, "layout % x", b)
			index = le.Uint64(b[3:])
			for k := range 3 {
				d.chunk = append(d.chunk, uint64(le.Uint32(b[11+4*k:])))
			}
		case msgFilters:
			check(b[0] == 2 && len(b) == 2+10*int(b[1]), "filters % x", b)
			for k := range int(b[1]) {
				d.filters = append(d.filters, le.Uint16(b[2+10*k:]))
			}
		case msgAttribute:
			r.attribute(b, d.attrs)
		default:
			check(false, "message %#x in a data set", m.kind)
		}
	}
	check(d.chunk[0] > 0 && d.chunk[1] == d.width, "chunk %v", d.chunk)
	check(d.dtype == fmt.Sprintf("float%d", 8*d.chunk[2]), "%s in chunks %v", d.dtype, d.chunk)
	if index == undefined {
		check(d.rows == 0, "%d rows without index", d.rows)
		return d
	}
	d.depth = int(r.at(index, 6)[5]) + 1
	_, last := r.node(d, index, uint64(d.depth)-1, undefined, undefined)
	want := []uint64{0, uint64(d.chunks) * d.chunk[0], d.width, d.chunk[2]}
	for k, v := range want {
		check(le.Uint64(last[8*k:]) == v, "last key % x, want %d", last, want)
	}
	check(uint64(d.chunks) == (d.rows+d.chunk[0]-1)/d.chunk[0], "%d chunks for %d rows", d.chunks, d.rows)
	pad := d.values[d.rows*d.width:]
	check(!containsNonZero(pad), "padding behind the last row is not zero")
	d.values = d.values[:d.rows*d.width]
	return d
}

func containsNonZero(x []float64) bool {
	for _, v := range x {
		if v != 0 {
			return true
		}
	}
	return false
}

// node reads a B-tree node and all below it, and returns its first and last key.
func (r *h5reader) node(d *h5data, addr, level, left, right uint64) (first, last []byte) {
	const nodeBytes = 24 + 65*32 + 64*8
	b := r.at(addr, nodeBytes)
	check(string(b[:5]) == "TREE\x01" && uint64(b[5]) == level, "node % x at level %d", b[:6], level)
	n := int(le.Uint16(b[6:]))
	check(n >= 1 && n <= 64, "node with %d children", n)
	check(le.Uint64(b[8:]) == left && le.Uint64(b[16:]) == right, "siblings")
	key := func(k int) []byte { return b[24+40*k:][:32] }
	child := func(k int) uint64 {
		if k < 0 || k >= n {
			return undefined
		}
		return le.Uint64(b[24+40*k+32:])
	}
	for k := range n {
		row := le.Uint64(key(k)[8:])
		check(row < le.Uint64(key(k + 1)[8:]), "keys do not rise at %d", k)
		check(row == uint64(d.chunks)*d.chunk[0], "row %d in chunk %d", row, d.chunks)
		check(le.Uint64(key(k)[16:]) == 0 && le.Uint64(key(k)[24:]) == 0, "column, element in a key")
		check(le.Uint32(key(k)[4:]) == 0, "filter mask")
		if level > 0 {
			// Siblings across parents are checked by this level's own pointers.
			l, rt := child(k-1), child(k+1)
			if k == 0 && left != undefined {
				l = child(0) - nodeBytes
			}
			if k == n-1 && right != undefined {
				rt = child(n-1) + nodeBytes
			}
			lo, hi := r.node(d, child(k), level-1, l, rt)
			check(bytes.Equal(lo, key(k)) && bytes.Equal(hi, key(k+1)), "keys of child %d differ", k)
			continue
		}
		r.readChunk(d, child(k), uint64(le.Uint32(key(k))))
	}
	return key(0), key(n)
}

func (r *h5reader) readChunk(d *h5data, addr, size uint64) {
	d.chunks++
	b := r.at(addr, size)
	for k := len(d.filters) - 1; k >= 0; k-- {
		switch d.filters[k] {
		case 1:
			z, err := zlib.NewReader(bytes.NewReader(b))
			check(err == nil, "deflate: %v", err)
			b, err = io.ReadAll(z)
			check(err == nil, "deflate: %v", err)
		case 2:
			n := len(b) / int(d.chunk[2])
			out := make([]byte, len(b))
			for i, v := range b {
				out[i%n*int(d.chunk[2])+i/n] = v
			}
			b = out
		default:
			check(false, "filter %d", d.filters[k])
		}
	}
	check(uint64(len(b)) == d.chunk[0]*d.chunk[1]*d.chunk[2], "chunk of %d bytes", len(b))
	for i := 0; i < len(b); i += int(d.chunk[2]) {
		v := float64(math.Float32frombits(le.Uint32(b[i:])))
		if d.dtype == "float64" {
			v = math.Float64frombits(le.Uint64(b[i:]))
		}
		d.values = append(d.values, v)
	}
}
