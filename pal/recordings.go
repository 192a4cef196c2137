package pal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

// Stages of a run, as in the names of its recordings.
const (
	Settling   = stageSettle
	Training   = stageTrain
	Comparison = stageCompare
)

// ErrNotRecorded is in the error about a variable that the run has not recorded.
var ErrNotRecorded = errors.New("not recorded")

// RecordingName says which variable a recording holds, in which stage.
type RecordingName struct {
	Stage    string // Settling, Training or Comparison
	Level    int
	Group    string // population or synapse group
	Variable string
}

// String returns the name as in the results directory: stage/level/group/variable.
func (n RecordingName) String() string {
	return fmt.Sprintf("%s/%d/%s/%s", n.Stage, n.Level, n.Group, n.Variable)
}

// Recordings lists what the run has recorded on disk, by stage, level, group and
// variable. A run in memory has no recordings.
func (r *Result) Recordings() ([]RecordingName, error) {
	if r.Dir == "" {
		return nil, nil
	}
	saved, err := experiment.Open(r.Dir)
	if err != nil {
		return nil, fmt.Errorf("pal: %w", err)
	}
	files, err := saved.Recordings()
	if err != nil {
		return nil, fmt.Errorf("pal: %w", err)
	}
	var names []RecordingName
	for _, file := range files {
		part := strings.Split(file, "/")
		if level, err := strconv.Atoi(part[1]); err == nil {
			names = append(names, RecordingName{part[0], level, part[2], part[3]})
		}
	}
	slices.SortFunc(names, func(a, b RecordingName) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Level, b.Level), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Variable, b.Variable))
	})
	return names, nil
}

// Recording reads a recorded variable: one row per point of the stage, with the
// values of all neurons of a population, or of all synapses of a group as [pre ×
// post] row-major. The error wraps ErrNotRecorded if there is none.
func (r *Result) Recording(name RecordingName) ([][]float64, error) {
	if r.Dir == "" {
		return nil, fmt.Errorf("pal: %v: %w (the run has no results directory)", name, ErrNotRecorded)
	}
	saved, err := experiment.Open(r.Dir)
	if err != nil {
		return nil, fmt.Errorf("pal: %w", err)
	}
	rows, err := readRows(saved.RecordingPath(name.String()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("pal: %v: %w", name, ErrNotRecorded)
	}
	if err != nil {
		return nil, fmt.Errorf("pal: %w", err)
	}
	return rows, nil
}
