package dendritic

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// Stages of a run, as in the names of its recordings.
const (
	Training   = stageTrain
	Validation = stageValid
	Testing    = stageTest
)

// ErrNotRecorded is in the error about a variable, a pass or a readout that the
// run has not recorded.
var ErrNotRecorded = errors.New("not recorded")

// RecordingName says which variable a recording holds, in which stage.
type RecordingName struct {
	Stage    string // Training, Validation or Testing
	Level    int
	Group    string // population or synapse group
	Variable string
}

// String returns the name as in the results directory: stage/level/group/variable.
func (n RecordingName) String() string {
	return fmt.Sprintf("%s/%d/%s/%s", n.Stage, n.Level, n.Group, n.Variable)
}

// Recordings lists what the run has recorded on disk, by stage, level (as a
// number), group and variable. A run in memory has no recordings.
func (r *Result) Recordings() ([]RecordingName, error) {
	if r.Dir == "" {
		return nil, nil
	}
	saved, err := experiment.Open(r.Dir)
	if err != nil {
		return nil, fmt.Errorf("dendritic: %w", err)
	}
	files, err := saved.Recordings()
	if err != nil {
		return nil, fmt.Errorf("dendritic: %w", err)
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

// Recording is a recorded variable, read from disk in parts of any size. A row
// holds the values of all neurons of a population, or of all synapses of a group
// as [pre × post], row-major. Its methods may be called concurrently. Close it.
type Recording struct {
	Name  RecordingName
	Every int // steps between rows

	file   *npy.Reader
	result *Result
}

// Recording opens a recording. The error wraps ErrNotRecorded if there is none.
func (r *Result) Recording(name RecordingName) (*Recording, error) {
	if r.Dir == "" {
		return nil, fmt.Errorf("dendritic: %v: %w (the run has no results directory)", name, ErrNotRecorded)
	}
	saved, err := experiment.Open(r.Dir)
	if err != nil {
		return nil, fmt.Errorf("dendritic: %w", err)
	}
	file, err := npy.OpenReader(saved.RecordingPath(name.String()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("dendritic: %v: %w", name, ErrNotRecorded)
	}
	if err != nil {
		return nil, fmt.Errorf("dendritic: %w", err)
	}
	every, synapses := r.Config.intervals()
	if name.Variable == "g" || name.Variable == "delta" {
		every = synapses
	}
	return &Recording{Name: name, Every: every, file: file, result: r}, nil
}

// Rows returns the number of rows at the time of opening.
func (c *Recording) Rows() int { return c.file.Rows() }

// Width returns the number of values of a row.
func (c *Recording) Width() int { return c.file.Width() }

// Close closes the file.
func (c *Recording) Close() error { return c.file.Close() }

// Read fills dst, of n times Width values, with the n rows first, first+stride,
// first+2*stride, ... Rows that do not exist are an error. It panics if dst does
// not hold whole rows or stride < 1.
func (c *Recording) Read(dst []float64, first, stride int) error {
	if err := c.file.ReadRows(dst, first, stride); err != nil {
		return fmt.Errorf("dendritic: %v: %w", c.Name, err)
	}
	return nil
}

// Pass returns the rows of one pass of the recording's stage: validation passes
// count from 0 (before training), training passes from 1, and the test pass is
// 0. The error wraps ErrNotRecorded if the pass is not
// completely there.
func (c *Recording) Pass(n int) (first, rows int, err error) {
	low := 0
	if c.Name.Stage == Training {
		low = 1
	}
	if n < low || n > 0 && c.Name.Stage == Testing {
		return 0, 0, fmt.Errorf("dendritic: %v: there is no pass %d, the first is %d: %w", c.Name, n, low, ErrNotRecorded)
	}
	samples, err := c.samples()
	if err != nil {
		return 0, 0, err
	}
	steps := c.result.Config.StepsPerPattern()
	if steps%c.Every == 0 {
		rows = samples * steps / c.Every
		first = (n - low) * rows
	} else if first, rows, err = c.unevenPass(n, samples); err != nil {
		return 0, 0, err
	}
	if first+rows > c.Rows() {
		return 0, 0, fmt.Errorf("dendritic: %v: pass %d needs rows %d to %d of %d: %w", c.Name, n, first, first+rows-1, c.Rows(), ErrNotRecorded)
	}
	return first, rows, nil
}

// samples returns the patterns of one pass of the stage. A configuration that
// takes all patterns of its data does not say how many; the scores do.
func (c *Recording) samples() (int, error) {
	r, d := c.result, &c.result.Config.Data
	n := map[string]int{Training: d.Train, Validation: d.Valid, Testing: d.Test}[c.Name.Stage] * d.Classes
	switch {
	case n > 0:
		return n, nil
	case c.Name.Stage == Validation && len(r.Epochs) > 0:
		return r.Epochs[0].Score.Samples, nil
	case c.Name.Stage == Testing && r.Test != nil:
		return r.Test.Samples, nil
	}
	if steps := r.Config.StepsPerPattern(); c.Name.Stage == Training && r.Done && r.Config.Epochs > 0 && steps%c.Every == 0 {
		return c.Rows() * c.Every / steps / r.Config.Epochs, nil
	}
	return 0, fmt.Errorf("dendritic: %v: the number of patterns of a pass: %w", c.Name, ErrNotRecorded)
}

// unevenPass counts rows where the interval does not divide a pattern: rows lie at
// the multiples of the interval on the step axis of training and validation
// together, which the last validation and the test do not advance.
func (c *Recording) unevenPass(n, samples int) (first, rows int, err error) {
	d := &c.result.Config.Data
	if d.Train*d.Valid*d.Classes == 0 {
		return 0, 0, fmt.Errorf("dendritic: %v: rows every %d steps do not fit the patterns of %d steps, limits of passes: %w", c.Name, c.Every, c.result.Config.StepsPerPattern(), ErrNotRecorded)
	}
	steps := c.result.Config.StepsPerPattern()
	length := samples * steps
	epoch := (d.Train + d.Valid) * d.Classes * steps
	start := func(pass int) int { return pass * epoch }
	switch c.Name.Stage {
	case Training:
		start = func(pass int) int { return (pass-1)*epoch + d.Valid*d.Classes*steps }
		for pass := 1; pass < n; pass++ {
			first += multiples(c.Every, start(pass), start(pass)+length)
		}
	case Validation:
		for pass := range n {
			first += multiples(c.Every, start(pass), start(pass)+length)
		}
	case Testing:
		start = func(int) int { return c.result.Config.Epochs * epoch }
	}
	return first, multiples(c.Every, start(n), start(n)+length), nil
}

// Readouts reads the readouts of one pass, which decide about the class of every
// pattern: [patterns × Presentation.Records] rows. The error wraps
// ErrNotRecorded if the pass is not there or its rows are too sparse.
func (c *Recording) Readouts(pass int) ([]float64, error) {
	first, rows, err := c.Pass(pass)
	if err != nil {
		return nil, err
	}
	cfg := &c.result.Config
	readout := cfg.StepsPerPattern() / cfg.Presentation.Records
	if readout%c.Every != 0 {
		return nil, fmt.Errorf("dendritic: %v: rows every %d steps do not hold the readouts, every %d: %w", c.Name, c.Every, readout, ErrNotRecorded)
	}
	stride := readout / c.Every
	values := make([]float64, rows/stride*c.Width())
	return values, c.Read(values, first, stride)
}

// RecordedScore computes the score of a pass of the validation or the testing
// stage from the recordings of output v_brev and supervisor rate, with the
// prediction for every pattern. It agrees with the Score that the run computed
// itself up to the rounding of the recordings to float32. The error wraps
// ErrNotRecorded if one of the two, or the pass, is not there.
func (r *Result) RecordedScore(stage string, pass int) (Score, error) {
	out := len(r.Config.Circuit.Levels) - 1
	var values [2][]float64
	for i, name := range []RecordingName{{stage, out, "output", "v_brev"}, {stage, out + 1, "supervisor", "rate"}} {
		c, err := r.Recording(name)
		if err != nil {
			return Score{}, err
		}
		values[i], err = c.Readouts(pass)
		if err = errors.Join(err, c.Close()); err != nil {
			return Score{}, err
		}
	}
	y := newTally(&r.Config)
	n := y.outputs
	for i := range len(values[0]) / n {
		y.add(i%y.records, values[0][i*n:(i+1)*n], values[1][i*n:(i+1)*n])
	}
	return y.score(), nil
}
