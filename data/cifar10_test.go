package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// smallCIFAR10 writes an archive with 3 records per file and returns what it is.
// Value k of record i of file j is (7i + 11j + k) mod 256, its label (i + j) mod 10.
func smallCIFAR10(t *testing.T, dir string) (files cifarFiles, content map[string][]byte) {
	t.Helper()
	files = cifarFiles{records: 3, valid: 2}
	content = map[string][]byte{}
	sum := func(b []byte) string {
		s := sha256.Sum256(b)
		return hex.EncodeToString(s[:])
	}
	var packed bytes.Buffer
	zipper := gzip.NewWriter(&packed)
	w := tar.NewWriter(zipper)
	add := func(name string, text []byte) {
		t.Helper()
		if err := w.WriteHeader(&tar.Header{Name: cifarFolder + "/" + name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	add("readme.html", []byte("about"))
	for j, name := range []string{"data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"} {
		var text []byte
		for i := range files.records {
			text = append(text, byte((i+j)%10))
			for k := range cifarValues {
				text = append(text, byte(7*i+11*j+k))
			}
		}
		add(name, text)
		content[name] = text
		b := binFile{name, sum(text)}
		if j < 2 {
			files.train = append(files.train, b)
		} else {
			files.test = b
		}
	}
	if err := errors.Join(w.Close(), zipper.Close()); err != nil {
		t.Fatal(err)
	}
	files.archive = remoteFile{name: "cifar-10-binary.tar.gz", sum: sum(packed.Bytes()), packed: true}
	if err := os.WriteFile(filepath.Join(dir, files.archive.name), packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return files, content
}

func TestCIFAR10(t *testing.T) {
	dir := t.TempDir()
	files, content := smallCIFAR10(t, dir)
	check := func(dir string) {
		t.Helper()
		s, err := CIFAR10{Dir: dir, Train: 3}.load(t.Context(), files)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "sizes", [3]int{s.Train.Len(), s.Valid.Len(), s.Test.Len()}, [3]int{3, 2, 3})
		equal(t, "label of valid 0", s.Valid.Labels[0], 2) // record 1 of the second file
		equal(t, "value", s.Valid.Inputs[1][3071], float64((7*2+11+3071)%256)/255)
		equal(t, "classes", s.Test.Classes, 10)
	}
	check(dir)
	for _, sub := range []string{"", cifarFolder} { // unpacked
		to := t.TempDir()
		if err := os.MkdirAll(filepath.Join(to, sub), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range content {
			if err := os.WriteFile(filepath.Join(to, sub, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		check(to)
	}

	// Fetching from a folder keeps the archive as it is.
	to := t.TempDir()
	c := collection{files: []remoteFile{files.archive}}
	if err := c.fetch(t.Context(), FetchOptions{Dir: to, From: dir}); err != nil {
		t.Fatal(err)
	}
	check(to)
	if err := c.fetch(t.Context(), FetchOptions{Dir: to, From: "/nowhere"}); err != nil {
		t.Error("a file that is there is fetched again:", err)
	}
	// One that is not the published one is told from it, and not kept.
	to = t.TempDir()
	_, err := Fetch(t.Context(), "cifar10", FetchOptions{Dir: to, From: dir})
	fails(t, err, filepath.Join(dir, files.archive.name), "SHA-256 of the content is "+files.archive.sum, "want "+publishedCIFAR10.archive.sum)
	if left, _ := os.ReadDir(to); len(left) > 0 {
		t.Errorf("a wrong archive leaves %v", left)
	}
	err = c.fetch(t.Context(), FetchOptions{Dir: t.TempDir(), Mirrors: []string{}})
	if err == nil || !strings.Contains(err.Error(), "cifar-10-binary.tar.gz, from a machine that has them, into a folder DIR, not unpacked") {
		t.Errorf("without network: %v", err)
	}
}

func TestCIFAR10Errors(t *testing.T) {
	dir := t.TempDir()
	files, content := smallCIFAR10(t, dir)
	archive := filepath.Join(dir, files.archive.name)
	good, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	fails := func(c CIFAR10, files cifarFiles, parts ...string) {
		t.Helper()
		_, err := c.load(t.Context(), files)
		if err == nil {
			t.Fatalf("no error, want %q", parts)
		}
		for _, p := range parts {
			if !strings.Contains(err.Error(), p) {
				t.Errorf("error %q does not contain %q", err, p)
			}
		}
	}
	wrong := files
	wrong.archive.sum = strings.Repeat("0", 64)
	fails(CIFAR10{Dir: dir}, wrong, archive, "SHA-256 is", "not the published archive")
	fails(CIFAR10{Dir: dir, Valid: 3}, files, "valid 3, want 1..2 images")
	if err := os.WriteFile(archive, good[:len(good)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	fails(CIFAR10{Dir: dir}, files, archive)

	plain := t.TempDir()
	for name, text := range content {
		if err := os.WriteFile(filepath.Join(plain, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	bad := filepath.Join(plain, "data_batch_2.bin")
	text := bytes.Clone(content["data_batch_2.bin"])
	text[cifarRecord] = 10
	for _, c := range []struct {
		text []byte
		want string
	}{
		{text, "row 1: label 10, want 0..9"},
		{text[:cifarRecord+5], "cut off after 1 of 3 records"},
		{append(bytes.Clone(content["data_batch_2.bin"]), 0), "more bytes after the 3 records"},
		{append(bytes.Clone(content["data_batch_2.bin"][:len(text)-1]), 1), "not the published file"},
	} {
		if err := os.WriteFile(bad, c.text, 0o644); err != nil {
			t.Fatal(err)
		}
		fails(CIFAR10{Dir: plain}, files, bad, c.want)
	}
	if _, err := (CIFAR10{Dir: t.TempDir()}).Load(t.Context()); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "neurocredit data") {
		t.Errorf("an empty folder: %v", err)
	}
}

func FuzzCIFAR10(f *testing.F) {
	f.Add([]byte{}, 1)
	f.Add(make([]byte, cifarRecord), 1)
	f.Add(bytes.Repeat([]byte{11}, 2*cifarRecord), 2)
	f.Add(make([]byte, 2*cifarRecord), 0)
	f.Add(make([]byte, cifarRecord+1), 0)
	f.Fuzz(func(t *testing.T, text []byte, records int) {
		if records < 0 || records > 3 {
			return
		}
		sum := sha256.Sum256(text)
		content, err := binFile{"x.bin", hex.EncodeToString(sum[:])}.decode(bytes.NewReader(text), records)
		if err != nil {
			return
		}
		set := cifarSet(content)
		if err := set.Validate(); err != nil || records > 0 && set.Len() != records {
			t.Errorf("%d records that were read are not valid: %v", set.Len(), err)
		}
	})
}
