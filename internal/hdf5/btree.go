package hdf5

// A version-1 B-tree finds the chunks of a data set (specification, section
// III.A.1). Superblock version 2 has no field for its fan-out, so that readers
// assume the library's default: up to 64 children a node, and one more key.
const (
	fanOut   = 64
	keySize  = 8 + 3*8 // size, filter mask; offsets of row, column, element
	nodeSize = 24 + (fanOut+1)*keySize + fanOut*8
)

// writeIndex writes the B-tree of the chunks, from the leaves up, and returns
// the address of its root.
func (d *Dataset) writeIndex() (uint64, error) {
	if len(d.chunks) == 0 {
		return undefined, nil
	}
	span := uint64(d.opt.ChunkRows) // rows below one entry
	end := span * uint64(len(d.chunks))
	entries := d.chunks
	for level := byte(0); ; level++ {
		nodes, err := d.writeLevel(level, entries, span, end)
		if err != nil {
			return 0, err
		}
		if len(nodes) == 1 {
			return nodes[0].addr, nil
		}
		entries, span = nodes, span*fanOut
	}
}

// writeLevel writes the nodes of one level side by side and returns the entries
// of the level above: where a node is, and the size of the first chunk below
// it, since the key left of a node is that of its first child.
func (d *Dataset) writeLevel(level byte, entries []chunk, span, end uint64) ([]chunk, error) {
	count := (len(entries) + fanOut - 1) / fanOut
	nodes := make([]chunk, 0, count)
	buf := make([]byte, 0, nodeSize)
	for i := range count {
		at := d.file.end
		left, right := at-nodeSize, at+nodeSize
		if i == 0 {
			left = undefined
		}
		if i == count-1 {
			right = undefined
		}
		first := i * fanOut
		last := min(first+fanOut, len(entries))
		b := append(buf, "TREE\x01"...) // node type 1: chunks
		b = append(b, level)
		b = le.AppendUint16(b, uint16(last-first))
		b = le.AppendUint64(b, left)
		b = le.AppendUint64(b, right)
		for k := first; k < last; k++ {
			b = appendKey(b, entries[k].size, uint64(k)*span, 0, 0)
			b = le.AppendUint64(b, entries[k].addr)
		}
		if last < len(entries) {
			b = appendKey(b, entries[last].size, uint64(last)*span, 0, 0)
		} else { // beyond all chunks, as the library writes it
			b = appendKey(b, 0, end, d.width, d.dtype.Size())
		}
		b = b[:nodeSize]
		if _, err := d.file.write(b); err != nil {
			return nil, err
		}
		clear(b) // the next node may be shorter
		nodes = append(nodes, chunk{at, entries[first].size})
	}
	return nodes, nil
}

func appendKey(b []byte, size uint32, row uint64, column, element int) []byte {
	b = le.AppendUint32(b, size)
	b = le.AppendUint32(b, 0) // no filter left out
	b = le.AppendUint64(b, row)
	b = le.AppendUint64(b, uint64(column))
	return le.AppendUint64(b, uint64(element))
}
