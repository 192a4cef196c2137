package mt19937

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Layout of a saved state, little endian: tag, 624 words, position (2 bytes),
// whether a normal number is kept (1 byte), that number (8 bytes).
const (
	stateTag  = "mt1\x00"
	stateSize = len(stateTag) + 4*words + 2 + 1 + 8
)

// MarshalBinary returns the complete state, the kept normal number included, so
// that [Source.UnmarshalBinary] continues the stream exactly. It never fails.
func (s *Source) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, stateSize)
	b = append(b, stateTag...)
	for _, w := range s.state {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(s.pos))
	kept, second := byte(0), 0.0
	if s.cached {
		kept, second = 1, s.second
	}
	b = append(b, kept)
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(second)), nil
}

// UnmarshalBinary sets the state to one written by [Source.MarshalBinary]. It
// returns an error, and leaves s as it was, if data is not such a state.
func (s *Source) UnmarshalBinary(data []byte) error {
	if len(data) != stateSize {
		return fmt.Errorf("mt19937: state has %d bytes, want %d", len(data), stateSize)
	}
	if tag := string(data[:len(stateTag)]); tag != stateTag {
		return fmt.Errorf("mt19937: state starts with %q, want %q", tag, stateTag)
	}
	data = data[len(stateTag):]
	var read Source
	for i := range read.state {
		read.state[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	data = data[4*words:]
	read.pos = int(binary.LittleEndian.Uint16(data))
	if read.pos > words {
		return fmt.Errorf("mt19937: state has position %d, want 0..%d", read.pos, words)
	}
	if data[2] > 1 {
		return fmt.Errorf("mt19937: state has %d kept normal numbers, want 0 or 1", data[2])
	}
	read.cached = data[2] == 1
	read.second = math.Float64frombits(binary.LittleEndian.Uint64(data[3:]))
	if math.IsNaN(read.second) || math.IsInf(read.second, 0) {
		return fmt.Errorf("mt19937: state keeps the normal number %v, want a finite one", read.second)
	}
	*s = read
	return nil
}
