package data

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// smallImages writes two training files of 3 and 4 records and a test file of 2, and
// returns the checksum of all. Value k of record i, counted over all files, is
// (7i + k) mod 256, its label i mod 10.
func smallImages(t *testing.T, dir string) (sum string) {
	t.Helper()
	hash := sha256.New()
	i := 0
	for _, f := range []struct {
		name    string
		records int
	}{{"data_batch_1.bin", 3}, {"data_batch_2.bin", 4}, {"test_batch.bin", 2}} {
		var text []byte
		for range f.records {
			text = append(text, byte(i%10))
			for k := range cifarValues {
				text = append(text, byte(7*i+k))
			}
			i++
		}
		hash.Write(text)
		write(t, dir, f.name, string(text))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

func TestImages(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "unpacked [1]", cifarFolder)
	if err := os.MkdirAll(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	sum := smallImages(t, sub)
	for _, m := range []Images{{Dir: sub}, {Dir: filepath.Dir(sub)}, {Dir: sub, Sum: strings.ToUpper(sum)}} {
		s, err := m.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "sizes", [3]int{s.Train.Len(), s.Valid.Len(), s.Test.Len()}, [3]int{6, 1, 2})
		equal(t, "label of train 3", s.Train.Labels[3], 3) // record 0 of the second file
		equal(t, "value of valid", s.Valid.Inputs[0][3071], float64((7*6+3071)%256)/255)
		equal(t, "label of test 1", s.Test.Labels[1], 8)
		equal(t, "classes", s.Test.Classes, 10)
		if s.Name == "cifar10" {
			t.Error("own images are called CIFAR-10")
		}
	}
	s, err := Images{Dir: sub, Train: 2}.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "train", s.Train.Len(), 2)
	equal(t, "valid", s.Valid.Len(), 1)

	// The same files are not taken for CIFAR-10.
	if _, err := (CIFAR10{Dir: sub}).Load(t.Context()); err == nil || !strings.Contains(err.Error(), "cut off after 3 of 10000 records") {
		t.Errorf("as CIFAR-10: %v", err)
	}
}

func TestImagesErrors(t *testing.T) {
	dir := t.TempDir()
	sum := smallImages(t, dir)
	_, err := Images{Dir: dir, Sum: strings.Repeat("0", 64)}.Load(t.Context())
	fails(t, err, dir, "SHA-256 of all files is "+sum, "want 000")
	_, err = Images{Dir: dir, Valid: 2}.Load(t.Context())
	fails(t, err, dir, "valid 2, want 1..1 images")
	_, err = Images{}.Load(t.Context())
	fails(t, err, "no folder")
	for _, empty := range []string{t.TempDir(), filepath.Join(dir, "none")} {
		if _, err = (Images{Dir: empty}).Load(t.Context()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("an empty folder: %v", err)
		}
	}
	second := filepath.Join(dir, "data_batch_2.bin")
	good, err := os.ReadFile(second)
	if err != nil {
		t.Fatal(err)
	}
	for want, text := range map[string]string{
		"12293 bytes, want one or more records of 3073": string(good) + "1",
		"0 bytes, want one or more records":             "",
		"row 0: label 10, want 0..9":                    "\n" + string(good[1:]),
	} {
		write(t, dir, "data_batch_2.bin", text)
		_, err = Images{Dir: dir}.Load(t.Context())
		fails(t, err, second, want)
	}
	if err := os.Rename(second, filepath.Join(dir, "data_batch_3.bin")); err != nil {
		t.Fatal(err)
	}
	_, err = Images{Dir: dir}.Load(t.Context())
	fails(t, err, second, "2 files data_batch_*.bin must be numbered from 1 without gaps")
	few := t.TempDir()
	write(t, few, "data_batch_1.bin", string(good))
	write(t, few, "test_batch.bin", string(good))
	_, err = Images{Dir: few}.Load(t.Context())
	fails(t, err, few, "4 training images, needs at least 5")
}
