package hdf5

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// maxAxes is the largest number of axes of an array in the format.
const maxAxes = 32

// array is a data set whose shape and values are known at once.
type array struct {
	object
	shape []int
	dtype []byte
	texts []string // of an array of text
	data  []byte   // of an array of numbers
}

// WriteArray makes a data set of the given shape, with the values row-major. Without a
// shape it is a scalar. Python users find float64, int64, or bytes in UTF-8. A name that
// is taken, a shape that does not fit the values, and an empty array are errors.
func WriteArray[T float64 | int | string](g *Group, name string, values []T, shape ...int) error {
	if g.file.err != nil {
		return g.file.err
	}
	a := &array{object: object{file: g.file, path: g.path + "/" + name}, shape: slices.Clone(shape)}
	err := checkShape(len(values), shape)
	switch v := any(values).(type) {
	case []float64:
		a.dtype, a.data = Float64.encode(), make([]byte, 8*len(v))
		Float64.put(a.data, v)
	case []int:
		a.dtype = int64Type
		for _, x := range v {
			a.data = le.AppendUint64(a.data, uint64(x))
		}
	case []string:
		a.dtype, a.texts = stringType, slices.Clone(v)
		for _, s := range v {
			err = errors.Join(err, checkText("text", s))
		}
	}
	if err != nil {
		return g.file.wrap(fmt.Errorf("%s: %w", a.path, err))
	}
	return g.link(name, a)
}

// checkShape returns an error if n values do not have the shape.
func checkShape(n int, shape []int) error {
	want := 1
	for _, s := range shape {
		if s < 1 || s > math.MaxInt32 || want > maxChunk/s {
			return fmt.Errorf("shape %v, want axes of at least 1 and at most %d values", shape, maxChunk)
		}
		want *= s
	}
	if n != want || len(shape) > maxAxes {
		return fmt.Errorf("%d values do not have the shape %v", n, shape)
	}
	return nil
}

// writeHeader writes the values, then the header.
func (a *array) writeHeader() (uint64, error) {
	b := a.data
	for _, s := range a.texts {
		ref, err := a.file.heap.put(a.file, s)
		if err != nil {
			return 0, err
		}
		b = append(b, ref...)
	}
	addr, err := a.file.write(b)
	if err != nil {
		return 0, err
	}
	space := []byte{2, byte(len(a.shape)), 0, 0} // version, rank, flags, scalar
	if len(a.shape) > 0 {
		space[3] = 1 // simple
	}
	for _, s := range a.shape {
		space = le.AppendUint64(space, uint64(s))
	}
	layout := le.AppendUint64([]byte{3, 1}, addr) // version, contiguous
	return a.file.writeMessages([]message{
		{msgDataspace, 0, space},
		{msgDatatype, 1, a.dtype},
		{msgFillValue, 1, []byte{3, 2<<2 | 2}}, // version; zeros, written when set, space late
		{msgLayout, 0, le.AppendUint64(layout, uint64(len(b)))},
	})
}
