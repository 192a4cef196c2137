package data

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Header says whether the first line of a text file holds names of columns.
type Header string

// The values of Header.
const (
	HeaderDetect  Header = ""    // it does if none of its fields is a number
	HeaderPresent Header = "yes" // it does
	HeaderAbsent  Header = "no"  // it holds numbers
)

// Files is your own data, read from tables of numbers with one row for each
// pattern:
//
//   - .csv: comma-separated, .tsv: tab-separated text, with or without a header,
//     plain or compressed (.csv.gz). Lines that begin with # are comments.
//   - .npy: NumPy arrays of at least one axis, little endian and in C order, of
//     type float64, float32, int64, int32, uint8 or bool; rows run along the
//     first axis, the others count as columns.
//
// A row holds the inputs and the class, an integer from 0, or a target vector.
// By default the last column is the class and all others are inputs. A column is
// given by its name in the header or by its position, counted from 0.
//
// Inputs are used as they are; scale them beforehand.
type Files struct {
	Name               string // of the data set; empty: the name of Train without its ending
	Train, Valid, Test string // paths of the tables

	// Paths of further tables that hold the class or the targets of each row,
	// where these are not in Train, Valid and Test; all three or none.
	TrainLabels, ValidLabels, TestLabels string

	Inputs  []string // input columns; nil: all that are neither Label nor Targets
	Label   string   // column of the class; empty: the last one, or none if there are Targets
	Targets []string // columns of the target vector; "*" alone: all columns of a labels table
	Classes int      // number of classes; 0: the largest class of the three parts + 1
	Header  Header   // of the text files
}

// maxClasses is the largest number of classes that Files believes without being
// told: a wrong column must not lead to a network with a million outputs.
const maxClasses = 1000

// Load reads the tables. What cannot be read as described is an error that
// names the file, the line (of a text file, from 1) or the row (of an array,
// from 0), and the value.
func (f Files) Load(ctx context.Context) (*Splits, error) {
	s := &Splits{Name: f.Name}
	if s.Name == "" {
		s.Name, _, _ = strings.Cut(filepath.Base(f.Train), ".")
	}
	classes := f.Classes
	for _, part := range []struct {
		name, path, labels string
		set                **Set
	}{
		{"train", f.Train, f.TrainLabels, &s.Train},
		{"valid", f.Valid, f.ValidLabels, &s.Valid},
		{"test", f.Test, f.TestLabels, &s.Test},
	} {
		set, err := f.read(ctx, part.path, part.labels)
		if err != nil {
			return nil, fmt.Errorf("data: files: %s: %w", part.name, err)
		}
		*part.set = set
		classes = max(classes, set.Classes)
	}
	for _, set := range []*Set{s.Train, s.Valid, s.Test} {
		set.Classes = classes
	}
	return s.checked()
}

// read makes the set of one part. Its number of classes is that of the part
// alone.
func (f Files) read(ctx context.Context, path, labelsPath string) (*Set, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if f.Classes < 0 {
		return nil, fmt.Errorf("classes %d must be >= 0", f.Classes)
	}
	if path == "" {
		return nil, errors.New("no file given")
	}
	separate := f.TrainLabels != "" || f.ValidLabels != "" || f.TestLabels != ""
	if separate && labelsPath == "" {
		return nil, errors.New("no file of labels given, but another part has one")
	}
	set := &Set{}
	inputs, err := readTable(ctx, path, f.Header)
	if err != nil {
		return nil, err
	}
	if !separate {
		used, err := f.outputs(set, inputs, false)
		if err == nil {
			err = f.inputs(set, inputs, used)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return set, nil
	}
	labels, err := readTable(ctx, labelsPath, f.Header)
	if err != nil {
		return nil, err
	}
	if len(labels.rows) != len(inputs.rows) {
		return nil, fmt.Errorf("%s has %d rows, but %s has %d", labelsPath, len(labels.rows), path, len(inputs.rows))
	}
	if _, err := f.outputs(set, labels, true); err != nil {
		return nil, fmt.Errorf("%s: %w", labelsPath, err)
	}
	if err := f.inputs(set, inputs, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return set, nil
}

// outputs fills in labels and targets and returns the columns it used.
func (f Files) outputs(set *Set, t *table, separate bool) (used []int, err error) {
	last := len(t.rows[0]) - 1
	if separate && slices.Equal(f.Targets, []string{"*"}) {
		for j := range t.rows[0] {
			used = append(used, j)
		}
	} else if used, err = t.columns(f.Targets); err != nil {
		return nil, err
	}
	if len(used) > 0 {
		set.Targets = t.pick(used)
	}
	label := []int{last}
	switch {
	case f.Label != "":
		if label, err = t.columns([]string{f.Label}); err != nil {
			return nil, err
		}
	case len(used) > 0:
		set.Labels = slices.Repeat([]int{-1}, len(t.rows))
		return used, nil
	case separate && last > 0:
		return nil, fmt.Errorf("%d columns: say which is the Label, or which are the Targets", last+1)
	}
	if slices.Contains(used, label[0]) {
		return nil, fmt.Errorf("column %d is both Label and one of the Targets", label[0])
	}
	limit := f.Classes
	if limit == 0 {
		limit = maxClasses
	}
	set.Labels = make([]int, len(t.rows))
	for i, row := range t.rows {
		v := row[label[0]]
		class := int(v)
		if float64(class) != v || class < 0 || class >= limit {
			more := ""
			if f.Classes == 0 && v >= maxClasses {
				more = ", or set Classes"
			}
			return nil, fmt.Errorf("%s: label %v in column %d, want an integer in 0..%d%s", t.place(i), v, label[0], limit-1, more)
		}
		set.Labels[i] = class
		set.Classes = max(set.Classes, class+1)
	}
	return append(used, label[0]), nil
}

// inputs fills in the inputs; used are the columns that hold something else.
func (f Files) inputs(set *Set, t *table, used []int) error {
	columns, err := t.columns(f.Inputs)
	if err != nil {
		return err
	}
	if f.Inputs == nil {
		for j := range t.rows[0] {
			if !slices.Contains(used, j) {
				columns = append(columns, j)
			}
		}
	}
	if len(columns) == 0 {
		return errors.New("no column is left for the inputs")
	}
	for _, j := range columns {
		if slices.Contains(used, j) {
			return fmt.Errorf("column %d is an input and also the Label or one of the Targets", j)
		}
	}
	set.Inputs = t.pick(columns)
	return nil
}
