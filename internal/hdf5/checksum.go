package hdf5

import (
	"encoding/binary"
	"math/bits"
)

// checksum is Bob Jenkins' lookup3 hash with initial value 0, the checksum of
// all version-2 structures (HDF5 File Format Specification, section I).
func checksum(b []byte) uint32 {
	seed := 0xdeadbeef + uint32(len(b))
	s := [3]uint32{seed, seed, seed}
	if len(b) == 0 {
		return seed
	}
	add := func(block []byte) {
		for i := range s {
			s[i] += binary.LittleEndian.Uint32(block[4*i:])
		}
	}
	for ; len(b) > 12; b = b[12:] {
		add(b)
		for i, r := range [6]int{4, 6, 8, 16, 19, 4} {
			x, y, z := &s[i%3], &s[(i+1)%3], &s[(i+2)%3]
			*x = (*x - *z) ^ bits.RotateLeft32(*z, r)
			*z += *y
		}
	}
	var last [12]byte
	copy(last[:], b)
	add(last[:])
	for i, r := range [7]int{14, 11, 25, 16, 4, 14, 24} {
		x, y := &s[(i+2)%3], s[(i+1)%3]
		*x = (*x ^ y) - bits.RotateLeft32(y, r)
	}
	return s[2]
}
