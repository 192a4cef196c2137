package npy

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

// WriteArray writes data as a float64 array of the given shape, in C order; no
// shape means a single number. The file appears at path complete or not at
// all: it is written as path + ".tmp", synced and renamed. A shape that does
// not hold len(data) elements is an error.
func WriteArray(path string, data []float64, shape ...int) error {
	h := header{Float64, shape, headerSize}
	for _, n := range shape {
		if n < 0 {
			return fmt.Errorf("npy: %s: shape %v, want lengths >= 0", path, shape)
		}
	}
	if n, err := h.count(); err != nil || n != len(data) {
		return fmt.Errorf("npy: %s: %d elements do not fill shape %v", path, len(data), shape)
	}
	head, err := h.appendTo(nil)
	if err != nil {
		return fmt.Errorf("npy: %s: %w", path, err)
	}
	tmp := path + ".tmp"
	f, err := os.Create(tmp)
	if err != nil {
		return fmt.Errorf("npy: %w", err)
	}
	err = writeArray(f, head, data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return fmt.Errorf("npy: %w", errors.Join(err, os.Remove(tmp)))
	}
	return nil
}

func writeArray(f *os.File, head []byte, data []float64) error {
	if _, err := f.Write(head); err != nil {
		return err
	}
	buf := make([]byte, bufferSize)
	for part := range slices.Chunk(data, bufferSize/8) {
		b := buf[:8*len(part)]
		encode(b, part, Float64)
		if _, err := f.Write(b); err != nil {
			return err
		}
	}
	return f.Sync()
}
