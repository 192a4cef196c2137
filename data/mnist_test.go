package data

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// encodeIDX returns an IDX file whose element i is (7 i + 3) mod limit.
func encodeIDX(limit int, dims ...int) string {
	b := []byte{0, 0, 8, byte(len(dims))}
	size := 1
	for _, n := range dims {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
		size *= n
	}
	for i := range size {
		b = append(b, byte((7*i+3)%limit))
	}
	return string(b)
}

// smallMNIST writes a data set of 6 + 3 images with 2 x 2 pixels, two of the
// files compressed.
func smallMNIST(t *testing.T, dir string) mnistFiles {
	t.Helper()
	files := mnistFiles{
		trainImages: idxFile{"train-images", []int{6, 2, 2}, 0, ""},
		trainLabels: idxFile{"train-labels", []int{6}, 10, ""},
		testImages:  idxFile{"test-images", []int{3, 2, 2}, 0, ""},
		testLabels:  idxFile{"test-labels", []int{3}, 10, ""},
		valid:       2,
	}
	write(t, dir, "train-images.gz", zipped(t, encodeIDX(256, 6, 2, 2)))
	write(t, dir, "train-labels", encodeIDX(10, 6))
	write(t, dir, "test-images", encodeIDX(256, 3, 2, 2))
	write(t, dir, "test-labels.gz", zipped(t, encodeIDX(10, 3)))
	return files
}

func TestMNISTSmall(t *testing.T) {
	dir := t.TempDir()
	files := smallMNIST(t, dir)
	s, err := MNIST{Dir: dir}.load(context.Background(), files)
	if err != nil {
		t.Fatal(err)
	}
	// Element i of a file is 7 i + 3, so image i begins with 28 i + 3.
	image := func(i int) []float64 {
		first := float64(28*i + 3)
		return []float64{first / 256, (first + 7) / 256, (first + 14) / 256, (first + 21) / 256}
	}
	equal(t, "train", *s.Train, Set{Inputs: [][]float64{image(0), image(1), image(2), image(3)}, Labels: []int{3, 0, 7, 4}, Classes: 10})
	equal(t, "valid", *s.Valid, Set{Inputs: [][]float64{image(4), image(5)}, Labels: []int{1, 8}, Classes: 10})
	equal(t, "test", *s.Test, Set{Inputs: [][]float64{image(0), image(1), image(2)}, Labels: []int{3, 0, 7}, Classes: 10})

	if s, err = (MNIST{Dir: dir, Train: 3, Valid: 1, Test: 2}).load(context.Background(), files); err != nil {
		t.Fatal(err)
	}
	equal(t, "first images", []int{s.Train.Len(), s.Valid.Len(), s.Test.Len()}, []int{3, 1, 2})
	equal(t, "first validation image", s.Valid.Inputs[0], image(4))
	for _, m := range []MNIST{{Dir: dir, Train: 5}, {Dir: dir, Test: -1}} {
		_, err = m.load(context.Background(), files)
		fails(t, err, "data: mnist: ", "images")
	}
}

func TestMNISTErrors(t *testing.T) {
	images, labels := encodeIDX(256, 6, 2, 2), encodeIDX(10, 6)
	for name, test := range map[string]struct {
		file, content string
		want          []string
	}{
		"magic":          {"train-images.gz", "\x00\x00\x0d" + images[3:], []string{"train-images.gz", "magic number 00 00 0d 03"}},
		"axes":           {"train-labels", images, []string{"train-labels", "magic number 00 00 08 03", "00 00 08 01"}},
		"other size":     {"train-images.gz", encodeIDX(256, 6, 3, 2), []string{"dimensions [6 3 2], want [6 2 2]"}},
		"huge":           {"train-images.gz", "\x00\x00\x08\x03" + strings.Repeat("\xff", 12), []string{"dimensions [4294967295 "}},
		"header cut":     {"train-labels", labels[:6], []string{"header cut off after 6 of 8"}},
		"elements cut":   {"train-images.gz", images[:30], []string{"cut off after 14 of 24 elements"}},
		"bytes behind":   {"train-labels", labels + "x", []string{"more bytes after the 6 elements"}},
		"label":          {"train-labels", labels[:13] + "\x0a", []string{"train-labels", "row 5: label 10", "0..9"}},
		"cut gzip":       {"train-images.gz", zipped(t, images)[:40], []string{"train-images.gz", "unexpected EOF"}},
		"gzip checksum":  {"train-images.gz", corrupt(zipped(t, images), -5), []string{"train-images.gz", "checksum"}},
		"damaged header": {"train-images.gz", corrupt(zipped(t, images), 2), []string{"train-images.gz", "gzip"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files := smallMNIST(t, dir)
			write(t, dir, test.file, test.content)
			_, err := MNIST{Dir: dir}.load(context.Background(), files)
			fails(t, err, append(test.want, "data: mnist: ", dir)...)
		})
	}
}

// corrupt changes the byte at a position, counted from the end if negative.
func corrupt(content string, at int) string {
	b := []byte(content)
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 0x55
	return string(b)
}

func TestMNISTChecksum(t *testing.T) {
	dir := t.TempDir()
	files := smallMNIST(t, dir)
	files.testLabels.sum = "8d6b67e9d4e33be1fc2a22d9b4d8b4a7e5d1a9c3b5c5d0a1f7e4b2c3d4e5f601"
	_, err := MNIST{Dir: dir}.load(context.Background(), files)
	fails(t, err, "test-labels.gz", "SHA-256", files.testLabels.sum)
}

func TestMNISTMissing(t *testing.T) {
	for name, set := range map[string]func(m *MNIST, dir string){
		"explicit folder": func(m *MNIST, dir string) { m.Dir = dir },
		"environment":     func(_ *MNIST, dir string) { t.Setenv("NEUROCREDIT_DATA", dir) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			m := MNIST{}
			set(&m, dir)
			_, err := m.Load(context.Background())
			fails(t, err, dir, "train-labels-idx1-ubyte.gz", "data.Fetch")
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v does not wrap fs.ErrNotExist", err)
			}
		})
	}
}

func TestFolder(t *testing.T) {
	t.Setenv("NEUROCREDIT_DATA", filepath.Join("some", "where"))
	if got, err := Folder("mnist"); err != nil || got != filepath.Join("some", "where", "mnist") {
		t.Errorf("with NEUROCREDIT_DATA: %q, %v", got, err)
	}
	t.Setenv("NEUROCREDIT_DATA", "")
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Folder("mnist"); err != nil || got != filepath.Join(cache, "neurocredit", "mnist") {
		t.Errorf("without NEUROCREDIT_DATA: %q, %v", got, err)
	}
}

// TestMNISTPublished reads the database itself.
func TestMNISTPublished(t *testing.T) {
	if os.Getenv("NEUROCREDIT_DATA") == "" {
		t.Skip("NEUROCREDIT_DATA is not set: the files of MNIST are not read")
	}
	s := load(t, MNIST{})
	equal(t, "sizes", []int{s.Train.Len(), s.Valid.Len(), s.Test.Len(), s.Train.InputSize(), s.Train.OutputSize()},
		[]int{50000, 10000, 10000, 784, 10})
	// The well-known first labels of the files, and a stroke of the first digit.
	equal(t, "training labels", s.Train.Labels[:8], []int{5, 0, 4, 1, 9, 2, 1, 3})
	equal(t, "test labels", s.Test.Labels[:8], []int{7, 2, 1, 0, 4, 1, 4, 9})
	equal(t, "pixels", s.Train.Inputs[0][5*28+12:5*28+18], []float64{3. / 256, 18. / 256, 18. / 256, 18. / 256, 126. / 256, 136. / 256})
	for name, set := range map[string]*Set{"train": s.Train, "valid": s.Valid, "test": s.Test} {
		counts := make([]int, 10)
		for _, label := range set.Labels {
			counts[label]++
		}
		equal(t, name+" class counts", counts, map[string][]int{
			"train": {4932, 5678, 4968, 5101, 4859, 4506, 4951, 5175, 4842, 4988},
			"valid": {991, 1064, 990, 1030, 983, 915, 967, 1090, 1009, 961},
			"test":  {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009},
		}[name])
	}
}

func BenchmarkMNIST(b *testing.B) {
	if os.Getenv("NEUROCREDIT_DATA") == "" {
		b.Skip("NEUROCREDIT_DATA is not set")
	}
	for b.Loop() {
		if _, err := (MNIST{}).Load(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzIDX(f *testing.F) {
	f.Add([]byte(encodeIDX(256, 3, 2, 2)))
	f.Add([]byte(encodeIDX(256, 3, 2)))
	f.Add([]byte(encodeIDX(256, 3, 2, 2) + "x"))
	f.Add([]byte(encodeIDX(256, 3, 2, 2)[:20]))
	f.Fuzz(func(t *testing.T, content []byte) {
		elements, err := idxFile{"fuzz", []int{3, 2, 2}, 0, ""}.decode(bytes.NewReader(content))
		if (err == nil) != (len(content) == 28 && strings.HasPrefix(string(content), encodeIDX(256, 3, 2, 2)[:16])) {
			t.Errorf("error %v for %x", err, content)
		}
		if err == nil && !bytes.Equal(elements, content[16:]) {
			t.Errorf("elements %x of %x", elements, content)
		}
	})
}
