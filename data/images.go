package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Images are photographs of your own in the binary format of CIFAR-10: files of
// records of 3073 bytes, the class 0..9 and then 32 x 32 values for red, for green and
// for blue, each row by row. Training images are in data_batch_1.bin, data_batch_2.bin
// and so on, in any number, test images in test_batch.bin. The last fifth of the
// training images is for validation. Inputs are the values divided by 255.
//
// The files are read as those of [CIFAR10], but need not be the published ones: what
// is learned from them is no result on CIFAR-10.
type Images struct {
	Dir                string // folder of the files, or that of their folder cifar-10-batches-bin
	Sum                string // SHA-256 of the bytes of all files, training files first, in hexadecimal; empty: not compared
	Train, Valid, Test int    // use only the first images of each part; 0: all
}

// Load reads the files. What is missing or damaged, or has another checksum, is an
// error with its path; where nothing is found it wraps [fs.ErrNotExist].
func (m Images) Load(ctx context.Context) (*Splits, error) {
	if m.Dir == "" {
		return nil, errors.New("data: images: no folder given")
	}
	files := cifarFiles{test: binFile{name: "test_batch.bin"}}
	for _, dir := range []string{m.Dir, filepath.Join(m.Dir, cifarFolder)} {
		if err := files.count(dir); err != nil {
			return nil, fmt.Errorf("data: images: %w", err)
		}
		if len(files.train) > 0 {
			break
		}
	}
	if len(files.train) == 0 {
		return nil, fmt.Errorf("data: images: %s has no file data_batch_1.bin: %w", m.Dir, fs.ErrNotExist)
	}
	content, err := files.read(ctx, m.Dir)
	if err != nil {
		return nil, fmt.Errorf("data: images: %w", err)
	}
	var train []byte
	for _, f := range files.train {
		train = append(train, content[f.name]...)
	}
	test := content[files.test.name]
	if m.Sum != "" {
		hash := sha256.New()
		hash.Write(train)
		hash.Write(test)
		if got := hex.EncodeToString(hash.Sum(nil)); !strings.EqualFold(got, m.Sum) {
			return nil, fmt.Errorf("data: images: %s: SHA-256 of all files is %s, want %s", m.Dir, got, m.Sum)
		}
	}
	images := len(train) / cifarRecord
	all := cifarParts{images - images/5, images / 5, len(test) / cifarRecord}
	if all.valid == 0 {
		return nil, fmt.Errorf("data: images: %s has %d training images, needs at least 5: the last fifth is for validation", m.Dir, images)
	}
	parts := cifarParts{m.Train, m.Valid, m.Test}
	if err := parts.of(all); err != nil {
		return nil, fmt.Errorf("data: images: %s: %w", m.Dir, err)
	}
	return parts.splits("images", train, test, all.train)
}

// count notes the training files in a folder, which are numbered from 1 without gaps.
func (f *cifarFiles) count(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	found := 0
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "data_batch_") && strings.HasSuffix(e.Name(), ".bin") {
			found++
		}
	}
	for n := range found {
		name := fmt.Sprintf("data_batch_%d.bin", n+1)
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("%w; the %d files data_batch_*.bin must be numbered from 1 without gaps", err, found)
		}
		f.train = append(f.train, binFile{name: name})
	}
	return nil
}
