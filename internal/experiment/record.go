package experiment

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/neurocredit/neurocredit/internal/npy"
)

const recordingSuffix = ".npy"

// Record opens the recording of the given name, "stage/level/group/variable",
// for example "training/1/hidden0/r", for rows of rowShape elements. A resumed
// run goes on behind the rows that its checkpoint counts; other rows are cut
// off. The run flushes, syncs and closes the recording: the caller only
// appends. It can be called once per name and process.
func (r *Run) Record(name string, dtype npy.Dtype, rowShape ...int) (*npy.Appender, error) {
	if parts := strings.Split(name, "/"); len(parts) != 4 || !filepath.IsLocal(name) || filepath.ToSlash(filepath.Clean(name)) != name {
		return nil, fmt.Errorf("experiment: recording %q, want stage/level/group/variable", name)
	}
	if r.recorders[name] != nil {
		return nil, fmt.Errorf("experiment: recording %q opened twice", name)
	}
	path := r.recordingPath(name)
	a, err := r.openRecording(name, path, dtype, rowShape)
	if err != nil {
		return nil, explain(path, err)
	}
	r.recorders[name] = a
	return a, nil
}

func (r *Run) openRecording(name, path string, dtype npy.Dtype, rowShape []int) (*npy.Appender, error) {
	rows, resumed := r.saved.Recordings[name]
	if !resumed {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, err
		}
		return npy.Create(path, dtype, rowShape...)
	}
	if err := checkRecording(path, dtype, rowShape); err != nil {
		return nil, err
	}
	return npy.Open(path, rows)
}

// checkRecording checks that the file holds what the program wants to append.
func checkRecording(path string, dtype npy.Dtype, rowShape []int) error {
	f, err := npy.OpenReader(path)
	if err != nil {
		return err
	}
	defer f.Close()
	shape := f.Shape()
	if len(shape) > 0 {
		shape = shape[1:]
	}
	if f.Dtype() != dtype || fmt.Sprint(shape) != fmt.Sprint(rowShape) {
		return fmt.Errorf("has rows of %v %v, this program writes %v %v", f.Dtype(), shape, dtype, rowShape)
	}
	return nil
}

func (r *Run) recordingPath(name string) string { return recordingPath(r.dir, name) }

func recordingPath(dir, name string) string {
	return filepath.Join(dir, recordingsName, filepath.FromSlash(name)) + recordingSuffix
}
