package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const statusName = "status.json"

// State is what has become of a run.
type State string

// The states of a run. Killed is never written: [Open] finds it out.
const (
	Running     State = "running"
	Done        State = "done"
	Interrupted State = "interrupted" // by a signal or a cancelled context; can be resumed
	Failed      State = "failed"      // for the Reason given
	Killed      State = "killed"      // says running, but its process has gone; can be resumed
)

// Status is the content of status.json. Done counts the steps finished of
// Total, as a tracked [Task] tells; both are 0 if none is tracked.
type Status struct {
	State   State     `json:"state"`
	Reason  string    `json:"reason,omitempty"` // error of an interrupted or failed run
	Done    int64     `json:"done"`
	Total   int64     `json:"total"`
	Message string    `json:"message,omitempty"` // last message of the task
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"` // when the last process began
	Updated time.Time `json:"updated"`
	Seconds float64   `json:"seconds"` // spent by all processes together
}

// writeStatus brings status.json up to date.
func (r *Run) writeStatus() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.task != nil {
		r.status.Done, r.status.Total, r.status.Message = r.task.snapshot()
	}
	r.status.Updated = time.Now()
	r.status.Seconds = r.before + time.Since(r.started).Seconds()
	return writeJSON(filepath.Join(r.dir, statusName), r.status)
}

func readStatus(dir string) (Status, error) {
	path := filepath.Join(dir, statusName)
	data, err := os.ReadFile(path)
	if err != nil {
		return Status{}, fmt.Errorf("experiment: %w", err)
	}
	var s Status
	if err := json.Unmarshal(data, &s); err != nil {
		return Status{}, fmt.Errorf("experiment: %s: %w", path, err)
	}
	return s, nil
}

// Results is a results directory opened for reading. Config, Versions and
// Status are as they were when it was opened.
type Results struct {
	Dir      string
	Config   []byte
	Versions []Versions // the program that started the run, then those that differ from the one before
	Status   Status
}

// Open reads the results directory dir. It changes nothing there and works while
// another process computes the run.
func Open(dir string) (*Results, error) {
	config, err := readConfig(dir)
	if err != nil {
		return nil, err
	}
	versions, err := readVersions(dir)
	if err != nil {
		return nil, err
	}
	alive := lockAlive(dir) // before the status, or a run that ends in between looks killed
	status, err := readStatus(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if !alive && (status.State == Running || status.State == "") {
		status.State = Killed
	}
	return &Results{Dir: dir, Config: config, Versions: versions, Status: status}, nil
}

// Metrics returns the rows of metrics.csv that are complete now.
func (r *Results) Metrics() (Table, error) { return ReadMetrics(r.Dir) }

// Recordings returns the sorted names of all recordings, as in [Run.Record].
func (r *Results) Recordings() ([]string, error) {
	root := filepath.Join(r.Dir, recordingsName)
	var names []string
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == root {
			return fs.SkipAll
		}
		if err != nil {
			return err
		}
		if name, ok := strings.CutSuffix(path, recordingSuffix); ok && !e.IsDir() {
			name, err = filepath.Rel(root, name)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	slices.Sort(names)
	return names, nil
}

// RecordingPath returns the path of the NPY file of a recording.
func (r *Results) RecordingPath(name string) string { return recordingPath(r.Dir, name) }

// Restore passes the state of the newest checkpoint to load and returns true, or
// returns false if there is no checkpoint yet.
func (r *Results) Restore(load func(r io.Reader) error) (bool, error) {
	_, state, ok, err := readCheckpoint(r.Dir)
	if err != nil || !ok {
		return false, err
	}
	return true, loadState(r.Dir, state, load)
}
