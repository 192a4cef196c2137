package data

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// idxFile describes a file in the IDX format of the MNIST database: two zero
// bytes, a byte for the element type (8: unsigned byte), a byte for the number
// of axes, the length of each axis (big endian, 4 bytes), the elements.
type idxFile struct {
	name    string
	dims    []int
	classes int    // labels must be below it; 0: these are no labels
	sum     string // SHA-256 of the uncompressed file, hexadecimal; empty: not checked
}

// read finds the file in dir, plain or with the ending .gz, and returns its
// elements.
func (f idxFile) read(dir string) ([]byte, error) {
	path, err := findPlain(dir, f.name)
	if err != nil {
		return nil, err
	}
	r, err := openPlain(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	elements, err := f.decode(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return elements, nil
}

// decode reads an uncompressed file to its end. It allocates no more than the
// expected dimensions need, whatever the header says.
func (f idxFile) decode(r io.Reader) ([]byte, error) {
	want := []byte{0, 0, 8, byte(len(f.dims))}
	size := 1
	for _, n := range f.dims {
		want = binary.BigEndian.AppendUint32(want, uint32(n))
		size *= n
	}
	content := make([]byte, len(want)+size)
	header := content[:len(want)]
	if n, err := io.ReadFull(r, header); err != nil {
		return nil, fmt.Errorf("header cut off after %d of %d bytes: %w", n, len(header), err)
	}
	if !slices.Equal(header[:4], want[:4]) {
		return nil, fmt.Errorf("magic number % x, want % x", header[:4], want[:4])
	}
	dims := make([]int, len(f.dims))
	for i := range dims {
		dims[i] = int(binary.BigEndian.Uint32(header[4+4*i:]))
	}
	if !slices.Equal(dims, f.dims) {
		return nil, fmt.Errorf("dimensions %v, want %v", dims, f.dims)
	}
	elements := content[len(want):]
	if n, err := io.ReadFull(r, elements); err != nil {
		return nil, fmt.Errorf("cut off after %d of %d elements: %w", n, size, err)
	}
	// Reading to the end also lets gzip compare its own checksum.
	if n, err := io.Copy(io.Discard, io.LimitReader(r, 1)); err != nil {
		return nil, fmt.Errorf("after the last element: %w", err)
	} else if n > 0 {
		return nil, fmt.Errorf("more bytes after the %d elements of dimensions %v", size, dims)
	}
	if f.classes > 0 {
		for row, label := range elements {
			if int(label) >= f.classes {
				return nil, fmt.Errorf("row %d: label %d, want 0..%d", row, label, f.classes-1)
			}
		}
	}
	if f.sum != "" {
		sum := sha256.Sum256(content)
		if got := hex.EncodeToString(sum[:]); got != f.sum {
			return nil, fmt.Errorf("SHA-256 of the uncompressed content is %s, want %s: not the published file", got, f.sum)
		}
	}
	return elements, nil
}

// findPlain returns the path of the file in dir that has the given name, or that
// name and the ending .gz; if there is neither, an error that wraps
// fs.ErrNotExist.
func findPlain(dir, name string) (string, error) {
	for _, ending := range []string{"", ".gz"} {
		path := filepath.Join(dir, name+ending)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s has neither %s nor %[2]s.gz: %w", dir, name, fs.ErrNotExist)
}

// openPlain opens a file and, if its content is gzip, unpacks it on the way.
func openPlain(path string) (io.ReadCloser, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(file, 1<<16)
	if magic, _ := r.Peek(2); !slices.Equal(magic, []byte{0x1f, 0x8b}) {
		return plainFile{r, file}, nil
	}
	unpacked, err := gzip.NewReader(r)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return plainFile{unpacked, file}, nil
}

type plainFile struct {
	io.Reader
	io.Closer
}
