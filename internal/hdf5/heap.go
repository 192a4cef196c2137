package hdf5

// heapSize is the least size of a global heap collection that the HDF5
// library accepts.
const heapSize = 4096

// heap collects the texts of attributes in a global heap (specification,
// section III.E). A collection has its place in the file from the start, so
// that its objects have addresses, and is written when it is full.
type heap struct {
	addr  uint64
	buf   []byte // the collection so far
	size  int    // its final size
	count int    // objects in it
}

// put stores s and returns the 16 bytes that stand for it in an attribute:
// length, address of the collection, index of the object.
func (h *heap) put(f *File, s string) ([]byte, error) {
	b := le.AppendUint32(nil, uint32(len(s)))
	if s == "" { // the library, too, has no object for it
		return append(b, make([]byte, 12)...), nil
	}
	need := 16 + (len(s)+7)&^7
	if len(h.buf)+need > h.size {
		if err := h.flush(f); err != nil {
			return nil, err
		}
		*h = heap{addr: f.end, size: max(heapSize, 16+need)}
		f.end += uint64(h.size)
		h.buf = append(h.buf, "GCOL\x01\x00\x00\x00"...)
		h.buf = le.AppendUint64(h.buf, uint64(h.size))
	}
	h.count++
	h.buf = le.AppendUint16(h.buf, uint16(h.count))
	h.buf = append(h.buf, 0, 0, 0, 0, 0, 0) // reference count, as the library has it; reserved
	h.buf = le.AppendUint64(h.buf, uint64(len(s)))
	h.buf = append(h.buf, s...)
	h.buf = append(h.buf, make([]byte, need-16-len(s))...)
	b = le.AppendUint64(b, h.addr)
	return le.AppendUint32(b, uint32(h.count)), nil
}

// flush writes the current collection.
func (h *heap) flush(f *File) error {
	if h.size == 0 {
		return nil
	}
	if free := h.size - len(h.buf); free >= 16 { // object 0 is the free space
		h.buf = append(h.buf, 0, 0, 0, 0, 0, 0, 0, 0)
		h.buf = le.AppendUint64(h.buf, uint64(free))
	}
	h.buf = append(h.buf, make([]byte, h.size-len(h.buf))...)
	return f.writeAt(h.buf, h.addr)
}
