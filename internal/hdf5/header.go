package hdf5

// Message types of object headers (specification, section IV.A.2).
const (
	msgDataspace    = 0x01
	msgLinkInfo     = 0x02
	msgDatatype     = 0x03
	msgFillValue    = 0x05
	msgLink         = 0x06
	msgLayout       = 0x08
	msgGroupInfo    = 0x0a
	msgFilters      = 0x0b
	msgAttribute    = 0x0c
	msgContinuation = 0x10
)

const (
	utf8Charset = 1

	// blockSize bounds the blocks of an object header. Readers hold a block in
	// memory as a whole; a group with thousands of links gets several.
	blockSize = 16 << 10
)

// message is one entry of an object header.
type message struct {
	kind, flags byte
	body        []byte
}

func (m message) appendTo(b []byte) []byte {
	b = append(b, m.kind)
	b = le.AppendUint16(b, uint16(len(m.body)))
	b = append(b, m.flags)
	return append(b, m.body...)
}

// writeMessages writes an object header of version 2 and returns its address.
// Continuation blocks go first, last to first, since each is pointed to by the
// one before it.
func (f *File) writeMessages(list []message) (uint64, error) {
	blocks := [][]byte{nil}
	for _, m := range list {
		last := &blocks[len(blocks)-1]
		if len(*last) > 0 && len(*last)+4+len(m.body) > blockSize {
			blocks = append(blocks, nil)
			last = &blocks[len(blocks)-1]
		}
		*last = m.appendTo(*last)
	}
	var more []byte
	for i := len(blocks) - 1; i > 0; i-- {
		b := append([]byte("OCHK"), blocks[i]...)
		b = append(b, more...)
		b = le.AppendUint32(b, checksum(b))
		addr, err := f.write(b)
		if err != nil {
			return 0, err
		}
		body := le.AppendUint64(nil, addr)
		more = message{msgContinuation, 0, le.AppendUint64(body, uint64(len(b)))}.appendTo(nil)
	}
	b := []byte("OHDR\x02\x02") // version 2; flags: the length has 4 bytes, no times
	b = le.AppendUint32(b, uint32(len(blocks[0])+len(more)))
	b = append(b, blocks[0]...)
	b = append(b, more...)
	return f.write(le.AppendUint32(b, checksum(b)))
}
