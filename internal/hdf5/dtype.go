package hdf5

import (
	"fmt"
	"math"
)

// Dtype is the element type of a data set.
type Dtype uint8

// The element types, little endian in the file.
const (
	Float64 Dtype = iota
	Float32
)

// String returns NumPy's name of the type.
func (t Dtype) String() string {
	switch t {
	case Float64:
		return "float64"
	case Float32:
		return "float32"
	}
	return fmt.Sprintf("Dtype(%d)", uint8(t))
}

// Size returns the bytes of one element.
func (t Dtype) Size() int {
	if t == Float32 {
		return 4
	}
	return 8
}

// encode returns the type as a datatype message: class and version, byte order
// and normalisation, sign bit, size; then bit offset, precision, place and size
// of exponent and mantissa, exponent bias.
func (t Dtype) encode() []byte {
	if t == Float32 {
		return []byte{0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0}
	}
	return []byte{0x11, 0x20, 63, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 0xff, 3, 0, 0}
}

// The types of attributes beside Float64: a signed 64-bit integer, and a
// variable-length sequence, of string kind in UTF-8, of bytes.
var (
	int64Type  = []byte{0x10, 8, 0, 0, 8, 0, 0, 0, 0, 0, 64, 0}
	stringType = []byte{0x19, 1, utf8Charset, 0, 16, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0}
)

// put writes src to dst as elements of type t.
func (t Dtype) put(dst []byte, src []float64) {
	if t == Float64 {
		for i, v := range src {
			le.PutUint64(dst[8*i:], math.Float64bits(v))
		}
		return
	}
	for i, v := range src {
		le.PutUint32(dst[4*i:], math.Float32bits(float32(v)))
	}
}
