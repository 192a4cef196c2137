package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// MNIST is the database of handwritten digits (LeCun, Cortes and Burges): 28 x
// 28 pixels, classes 0..9. The first 50000 training images are for training,
// the last 10000 for validation, the 10000 test images for testing. Inputs are
// the 784 pixels divided by 256, row by row; nothing else is done to them.
//
// The four IDX files must lie in one folder, plain or compressed by gzip; [Fetch]
// gets them. Their SHA-256 checksums are compared with the published ones. The
// complete set takes 440 MB of memory.
type MNIST struct {
	Dir                string // folder of the files; empty: that of Folder("mnist")
	Train, Valid, Test int    // use only the first images of each part; 0: all
}

// mnistFiles are the files of the database, with their checksums.
type mnistFiles struct {
	trainImages, trainLabels, testImages, testLabels idxFile

	valid int // training images at the end that are for validation
}

var publishedMNIST = mnistFiles{
	trainImages: idxFile{"train-images-idx3-ubyte", []int{60000, 28, 28}, 0, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
	trainLabels: idxFile{"train-labels-idx1-ubyte", []int{60000}, 10, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
	testImages:  idxFile{"t10k-images-idx3-ubyte", []int{10000, 28, 28}, 0, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
	testLabels:  idxFile{"t10k-labels-idx1-ubyte", []int{10000}, 10, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
	valid:       10000,
}

// Load reads the files. A file that is missing, damaged, or not the published
// one is an error with its path; where no file is found it wraps
// [fs.ErrNotExist].
func (m MNIST) Load(ctx context.Context) (*Splits, error) {
	return m.load(ctx, publishedMNIST)
}

func (m MNIST) load(ctx context.Context, files mnistFiles) (*Splits, error) {
	if m.Dir == "" {
		dir, err := Folder("mnist")
		if err != nil {
			return nil, err
		}
		m.Dir = dir
	}
	all := files.trainImages.dims[0]
	m, err := m.withSizes(all-files.valid, files.valid, files.testImages.dims[0])
	if err != nil {
		return nil, err
	}
	s := &Splits{Name: "mnist"}
	var trainErr, testErr error
	var wait sync.WaitGroup // side by side: most of the time goes into unpacking
	wait.Go(func() {
		var d digits
		if d, trainErr = readDigits(ctx, m.Dir, files.trainImages, files.trainLabels); trainErr == nil {
			s.Train = d.set(0, m.Train)
			s.Valid = d.set(all-files.valid, m.Valid)
		}
	})
	wait.Go(func() {
		var d digits
		if d, testErr = readDigits(ctx, m.Dir, files.testImages, files.testLabels); testErr == nil {
			s.Test = d.set(0, m.Test)
		}
	})
	wait.Wait()
	for _, err := range []error{trainErr, testErr} {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("data: mnist: %w (data.Fetch or the command neurocredit data gets the files)", err)
		}
		if err != nil {
			return nil, fmt.Errorf("data: mnist: %w", err)
		}
	}
	return s.checked()
}

// withSizes replaces zero sizes by the largest ones.
func (m MNIST) withSizes(train, valid, test int) (MNIST, error) {
	for _, part := range []struct {
		name string
		n    *int
		all  int
	}{{"train", &m.Train, train}, {"valid", &m.Valid, valid}, {"test", &m.Test, test}} {
		if *part.n < 0 || *part.n > part.all {
			return m, fmt.Errorf("data: mnist: %s %d, want 1..%d images, or 0 for all", part.name, *part.n, part.all)
		}
		if *part.n == 0 {
			*part.n = part.all
		}
	}
	return m, nil
}

// digits is the content of a file of images and the file of their labels.
type digits struct {
	pixels, labels []byte
	classes        int
}

func readDigits(ctx context.Context, dir string, images, labels idxFile) (d digits, err error) {
	if err := ctx.Err(); err != nil {
		return d, err
	}
	if d.labels, err = labels.read(dir); err != nil {
		return d, err
	}
	d.classes = labels.classes
	d.pixels, err = images.read(dir)
	return d, err
}

// set returns n patterns, beginning with image from.
func (d digits) set(from, n int) *Set {
	size := len(d.pixels) / len(d.labels)
	set := &Set{Inputs: newRows(n, size), Labels: make([]int, n), Classes: d.classes}
	for i, row := range set.Inputs {
		at := (from + i) * size
		for j, pixel := range d.pixels[at : at+size] {
			row[j] = float64(pixel) / 256
		}
		set.Labels[i] = int(d.labels[from+i])
	}
	return set
}
