package data

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// CIFAR10 is the database of small photographs in ten classes (Krizhevsky, 2009):
// 32 x 32 pixels in red, green and blue, 50000 for training, 10000 for testing.
// The last 10000 training images are for validation. Inputs are the 3072 values
// divided by 255: red, then green, then blue, each row by row.
//
// Dir holds the published archive of the binary version, cifar-10-binary.tar.gz,
// which [Fetch] gets, or the six files of the archive, there or in the folder
// cifar-10-batches-bin. SHA-256 checksums are compared with the known ones. The
// complete set takes 1.5 GB of memory.
type CIFAR10 struct {
	Dir                string // folder of the archive or the files; empty: that of Folder("cifar10")
	Train, Valid, Test int    // use only the first images of each part; 0: all
}

// CIFAR10Classes returns the names of the classes, in the order of the labels.
func CIFAR10Classes() []string {
	return []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}
}

// A record is a label and the values of an image.
const (
	cifarValues  = 3 * 32 * 32
	cifarRecord  = 1 + cifarValues
	cifarClasses = 10
	cifarFolder  = "cifar-10-batches-bin"
)

// cifarFiles describes the database.
type cifarFiles struct {
	archive remoteFile
	train   []binFile
	test    binFile
	records int // per file; 0: any number
	valid   int // training images at the end that are for validation
}

type binFile struct{ name, sum string } // SHA-256, hexadecimal; empty: not compared

var publishedCIFAR10 = cifarFiles{
	archive: remoteFile{name: "cifar-10-binary.tar.gz", sum: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", packed: true},
	train: []binFile{
		{"data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
		{"data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
		{"data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
		{"data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
		{"data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
	},
	test:    binFile{"test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"},
	records: 10000,
	valid:   10000,
}

// Load reads the archive or the files. What is missing, damaged, or not the
// published content is an error with its path; where nothing is found it wraps
// [fs.ErrNotExist].
func (c CIFAR10) Load(ctx context.Context) (*Splits, error) {
	return c.load(ctx, publishedCIFAR10)
}

func (c CIFAR10) load(ctx context.Context, files cifarFiles) (*Splits, error) {
	if c.Dir == "" {
		dir, err := Folder("cifar10")
		if err != nil {
			return nil, err
		}
		c.Dir = dir
	}
	parts := cifarParts{c.Train, c.Valid, c.Test}
	all := cifarParts{len(files.train)*files.records - files.valid, files.valid, files.records}
	if err := parts.of(all); err != nil {
		return nil, fmt.Errorf("data: cifar10: %w", err)
	}
	content, err := files.read(ctx, c.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w (data.Fetch or the command neurocredit data gets it)", err)
	}
	if err != nil {
		return nil, fmt.Errorf("data: cifar10: %w", err)
	}
	var train []byte
	for _, f := range files.train {
		train = append(train, content[f.name]...)
	}
	return parts.splits("cifar10", train, content[files.test.name], all.train)
}

// cifarParts are numbers of images.
type cifarParts struct{ train, valid, test int }

// of checks the numbers against those that there are, which take the place of 0.
func (p *cifarParts) of(all cifarParts) error {
	for _, part := range []struct {
		name string
		n    *int
		all  int
	}{{"train", &p.train, all.train}, {"valid", &p.valid, all.valid}, {"test", &p.test, all.test}} {
		if *part.n < 0 || *part.n > part.all {
			return fmt.Errorf("%s %d, want 1..%d images, or 0 for all", part.name, *part.n, part.all)
		}
		if *part.n == 0 {
			*part.n = part.all
		}
	}
	return nil
}

// splits takes the first images of the parts; those for validation begin at first.
func (p *cifarParts) splits(name string, train, test []byte, first int) (*Splits, error) {
	s := &Splits{
		Name:  name,
		Train: cifarSet(train[:p.train*cifarRecord]),
		Valid: cifarSet(train[first*cifarRecord : (first+p.valid)*cifarRecord]),
		Test:  cifarSet(test[:p.test*cifarRecord]),
	}
	return s.checked()
}

// read returns the content of the files by name.
func (f cifarFiles) read(ctx context.Context, dir string) (map[string][]byte, error) {
	archive := filepath.Join(dir, f.archive.name)
	if _, err := os.Stat(archive); err == nil && f.archive.name != "" {
		content, err := f.unpack(ctx, archive)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", archive, err)
		}
		return content, nil
	}
	all := append(slices.Clone(f.train), f.test)
	for _, folder := range []string{dir, filepath.Join(dir, cifarFolder)} {
		if _, err := os.Stat(filepath.Join(folder, f.test.name)); err != nil {
			continue
		}
		content := map[string][]byte{}
		for _, b := range all {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			name := filepath.Join(folder, b.name)
			file, err := os.Open(name)
			if err != nil {
				return nil, err
			}
			content[b.name], err = b.decode(file, f.records)
			if err := errors.Join(err, file.Close()); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		return content, nil
	}
	if f.archive.name == "" {
		return nil, fmt.Errorf("%s has no file %s: %w", dir, f.test.name, fs.ErrNotExist)
	}
	return nil, fmt.Errorf("%s has neither %s nor %s: %w", dir, f.archive.name, f.test.name, fs.ErrNotExist)
}

// unpack reads the archive once: its files and its checksum.
func (f cifarFiles) unpack(ctx context.Context, archive string) (map[string][]byte, error) {
	file, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	hash := sha256.New()
	raw := io.TeeReader(file, hash)
	unzipped, err := gzip.NewReader(raw)
	if err != nil {
		return nil, err
	}
	members := tar.NewReader(unzipped)
	content := map[string][]byte{}
	all := append(slices.Clone(f.train), f.test)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		header, err := members.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(b binFile) bool { return b.name == path.Base(header.Name) })
		if i < 0 {
			continue
		}
		if content[all[i].name], err = all[i].decode(members, f.records); err != nil {
			return nil, fmt.Errorf("%s: %w", header.Name, err)
		}
	}
	for _, b := range all {
		if content[b.name] == nil {
			return nil, fmt.Errorf("has no file %s", b.name)
		}
	}
	if _, err := io.Copy(io.Discard, raw); err != nil { // what follows the last member
		return nil, err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != f.archive.sum {
		return nil, fmt.Errorf("SHA-256 is %s, want %s: not the published archive", got, f.archive.sum)
	}
	return content, nil
}

// decode reads a file of records to its end. If their number is known it allocates
// no more than they need.
func (b binFile) decode(r io.Reader, records int) ([]byte, error) {
	var content []byte
	if records == 0 {
		var err error
		if content, err = io.ReadAll(r); err != nil {
			return nil, err
		}
		if records = len(content) / cifarRecord; records == 0 || len(content)%cifarRecord != 0 {
			return nil, fmt.Errorf("%d bytes, want one or more records of %d bytes, a label and %d values", len(content), cifarRecord, cifarValues)
		}
	} else {
		content = make([]byte, records*cifarRecord)
		if n, err := io.ReadFull(r, content); err != nil {
			return nil, fmt.Errorf("cut off after %d of %d records: %w", n/cifarRecord, records, err)
		}
		if n, err := io.Copy(io.Discard, io.LimitReader(r, 1)); err != nil {
			return nil, fmt.Errorf("after the last record: %w", err)
		} else if n > 0 {
			return nil, fmt.Errorf("more bytes after the %d records of %d bytes", records, cifarRecord)
		}
	}
	for row := range records {
		if label := content[row*cifarRecord]; label >= cifarClasses {
			return nil, fmt.Errorf("row %d: label %d, want 0..%d", row, label, cifarClasses-1)
		}
	}
	if b.sum == "" {
		return content, nil
	}
	sum := sha256.Sum256(content)
	if got := hex.EncodeToString(sum[:]); got != b.sum {
		return nil, fmt.Errorf("SHA-256 is %s, want %s: not the published file", got, b.sum)
	}
	return content, nil
}

// cifarSet converts records.
func cifarSet(records []byte) *Set {
	n := len(records) / cifarRecord
	set := &Set{Inputs: newRows(n, cifarValues), Labels: make([]int, n), Classes: cifarClasses}
	for i, row := range set.Inputs {
		record := records[i*cifarRecord : (i+1)*cifarRecord]
		set.Labels[i] = int(record[0])
		for k, v := range record[1:] {
			row[k] = float64(v) / 255
		}
	}
	return set
}
