// Package export writes results directories in the formats of other programs.
package export

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"path/filepath"

	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/hdf5"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// Options say how numbers are written. The zero value writes them as recorded,
// without compression.
type Options struct {
	Gzip    int  // compression level, 1 (fast) to 9 (small); 0: none
	Float64 bool // all numbers as float64, also those recorded as float32
}

// HDF5 writes the recordings of the results directory dir into one file of the
// original program's layout: a recording stage/level/group/variable becomes the
// data set /stage/level/group/variable of shape (rows, size). Attributes of the
// root group are config (YAML), versions (JSON), state and, if the run is not
// done, reason. It returns the number of data sets.
//
// The file appears when it is complete. Memory does not grow with the size of
// the recordings. A run that is still computed is exported as far as it got; its
// data sets may then differ by some rows. A directory without recordings, and a
// disk with less space than the uncompressed file needs, are errors.
func HDF5(ctx context.Context, dir, file string, o Options) (datasets int, err error) {
	run, err := experiment.Open(dir)
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	names, err := run.Recordings()
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	if len(names) == 0 {
		return 0, fmt.Errorf("export: %s has no recordings; record.variables in its configuration names none", dir)
	}
	if o.Gzip == 0 {
		if err := requireSpace(run, names, file, o); err != nil {
			return 0, err
		}
	}
	f, err := hdf5.Create(file)
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	defer f.Abort()
	if err := describe(f, run); err != nil {
		return 0, fmt.Errorf("export: %s: %w", file, err)
	}
	for _, name := range names {
		if err := copyRecording(ctx, f, name, run.RecordingPath(name), o); err != nil {
			return 0, fmt.Errorf("export: %s: %w", name, err)
		}
	}
	if err := f.Close(); err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	return len(names), nil
}

// requireSpace fails if the numbers alone do not fit the disk.
func requireSpace(run *experiment.Results, names []string, file string, o Options) error {
	var size uint64
	for _, name := range names {
		r, err := npy.OpenReader(run.RecordingPath(name))
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		size += uint64(r.Rows()) * uint64(r.Width()) * uint64(dtypeOf(r, o).Size())
		r.Close()
	}
	if err := experiment.Require(filepath.Dir(file), size); err != nil {
		return fmt.Errorf("export: %w; --gzip makes the file smaller", err)
	}
	return nil
}

// describe writes what the recordings come from.
func describe(f *hdf5.File, run *experiment.Results) error {
	root, err := f.Group("")
	if err != nil {
		return err
	}
	versions, err := json.Marshal(run.Versions)
	if err != nil {
		return err
	}
	attrs := [][2]string{{"config", string(run.Config)}, {"versions", string(versions)}, {"state", string(run.Status.State)}}
	if run.Status.Reason != "" {
		attrs = append(attrs, [2]string{"reason", run.Status.Reason})
	}
	for _, a := range attrs {
		if err := root.SetAttr(a[0], a[1]); err != nil {
			return err
		}
	}
	return nil
}

// dtypeOf returns the type in which the rows of r are written.
func dtypeOf(r *npy.Reader, o Options) hdf5.Dtype {
	if r.Dtype() == npy.Float32 && !o.Float64 {
		return hdf5.Float32
	}
	return hdf5.Float64
}

// copyRecording writes one NPY file as a data set.
func copyRecording(ctx context.Context, f *hdf5.File, name, from string, o Options) error {
	r, err := npy.OpenReader(from)
	if err != nil {
		return err
	}
	defer r.Close()
	g, err := f.Group(path.Dir(name))
	if err != nil {
		return err
	}
	dtype := dtypeOf(r, o)
	d, err := g.Dataset(path.Base(name), dtype, r.Width(), hdf5.Options{Gzip: o.Gzip, Shuffle: o.Gzip > 0})
	if err != nil {
		return err
	}
	if r.Dtype() == npy.Float64 || dtype == hdf5.Float32 { // the bytes are the same in both files
		_, err = d.ReadFrom(&reader{ctx, r.Raw()})
	} else {
		err = convert(ctx, d, r)
	}
	if err != nil {
		return err
	}
	return d.Close()
}

// reader stops reading when its context is done.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(p)
}

// convert copies rows by way of float64, about a MiB at a time.
func convert(ctx context.Context, d *hdf5.Dataset, r *npy.Reader) error {
	width := max(r.Width(), 1)
	buf := make([]float64, max(1, 1<<17/width)*width)
	for first, n := 0, 0; first < r.Rows(); first += n {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n = min(len(buf)/width, r.Rows()-first)
		if err := r.ReadRows(buf[:n*width], first, 1); err != nil {
			return err
		}
		if err := d.Write(buf[:n*width]); err != nil {
			return err
		}
	}
	return nil
}
