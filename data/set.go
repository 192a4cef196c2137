package data

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Source makes or reads a data set.
type Source interface {
	// Load returns the three parts, checked by [Splits.Validate]. It stops
	// with the context's error when ctx is done.
	Load(ctx context.Context) (*Splits, error)
}

// Splits holds the three parts of a data set.
type Splits struct {
	Name               string // of the data set, for titles and logs
	Train, Valid, Test *Set
}

// Set is one part of a data set: patterns with their classes, their target
// vectors, or both.
type Set struct {
	Inputs  [][]float64 // [patterns][inputs]
	Labels  []int       // [patterns] class 0..Classes-1, or -1: none, Targets only
	Targets [][]float64 // [patterns][outputs] target vectors; nil: classes only
	Classes int         // number of classes, 0 without classes
}

// Len returns the number of patterns.
func (s *Set) Len() int { return len(s.Inputs) }

// InputSize returns the length of a pattern, 0 for an empty set.
func (s *Set) InputSize() int {
	if len(s.Inputs) == 0 {
		return 0
	}
	return len(s.Inputs[0])
}

// OutputSize returns the length of a target vector, or the number of classes
// where there are no target vectors.
func (s *Set) OutputSize() int {
	if len(s.Targets) == 0 {
		return s.Classes
	}
	return len(s.Targets[0])
}

// Subset returns the patterns of the given rows, in that order. It shares their
// memory with s. Subset panics if a row is out of range.
func (s *Set) Subset(rows []int) *Set {
	sub := &Set{Inputs: make([][]float64, len(rows)), Labels: make([]int, len(rows)), Classes: s.Classes}
	if s.Targets != nil {
		sub.Targets = make([][]float64, len(rows))
	}
	for i, row := range rows {
		if row < 0 || row >= s.Len() {
			panic(fmt.Sprintf("data: subset row %d, want 0..%d", row, s.Len()-1))
		}
		sub.Inputs[i] = s.Inputs[row]
		sub.Labels[i] = s.Labels[row]
		if s.Targets != nil {
			sub.Targets[i] = s.Targets[row]
		}
	}
	return sub
}

// Validate returns an error that names the row and the value if the set is
// empty, rows differ in length, a number is not finite, or a label is not a
// class.
func (s *Set) Validate() error {
	if s == nil || len(s.Inputs) == 0 {
		return errors.New("no patterns")
	}
	if len(s.Labels) != len(s.Inputs) {
		return fmt.Errorf("%d patterns but %d labels", len(s.Inputs), len(s.Labels))
	}
	if s.Classes < 0 {
		return fmt.Errorf("classes %d must be >= 0", s.Classes)
	}
	if err := checkRows("input", s.Inputs); err != nil {
		return err
	}
	if s.Targets != nil {
		if len(s.Targets) != len(s.Inputs) {
			return fmt.Errorf("%d patterns but %d targets", len(s.Inputs), len(s.Targets))
		}
		if err := checkRows("target", s.Targets); err != nil {
			return err
		}
	}
	for row, label := range s.Labels {
		if label == -1 && s.Targets != nil {
			continue
		}
		if label < 0 || label >= s.Classes {
			return fmt.Errorf("row %d: label %d, want one of the %d classes from 0", row, label, s.Classes)
		}
	}
	return nil
}

func checkRows(what string, rows [][]float64) error {
	width := len(rows[0])
	if width == 0 {
		return fmt.Errorf("%s rows are empty", what)
	}
	for i, row := range rows {
		if len(row) != width {
			return fmt.Errorf("row %d has %d %s values, want %d as in row 0", i, len(row), what, width)
		}
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("row %d: %s %d is %v, want a finite number", i, what, j, v)
			}
		}
	}
	return nil
}

// Validate checks every part with [Set.Validate], and that all have the same
// number of inputs, outputs and classes.
func (s *Splits) Validate() error {
	first := s.Train
	for _, part := range []struct {
		name string
		set  *Set
	}{{"train", s.Train}, {"valid", s.Valid}, {"test", s.Test}} {
		set := part.set
		if err := set.Validate(); err != nil {
			return fmt.Errorf("data: %s: %s: %w", s.Name, part.name, err)
		}
		if set.InputSize() != first.InputSize() || set.OutputSize() != first.OutputSize() || set.Classes != first.Classes {
			return fmt.Errorf("data: %s: %s has %d inputs, %d outputs, %d classes; train has %d, %d, %d", s.Name, part.name,
				set.InputSize(), set.OutputSize(), set.Classes, first.InputSize(), first.OutputSize(), first.Classes)
		}
	}
	return nil
}

// checked returns s if it is valid.
func (s *Splits) checked() (*Splits, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s, nil
}

// newRows returns n rows of one array.
func newRows(n, width int) [][]float64 {
	all := make([]float64, n*width)
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = all[i*width : (i+1)*width : (i+1)*width]
	}
	return rows
}

// checkSizes checks the numbers of patterns of a generated data set.
func checkSizes(name string, train, valid, test int) error {
	for _, size := range []struct {
		part string
		n    int
	}{{"train", train}, {"valid", valid}, {"test", test}} {
		if size.n < 1 {
			return fmt.Errorf("data: %s: %s %d must be >= 1 pattern", name, size.part, size.n)
		}
	}
	return nil
}

// checkSeed checks that numpy would accept all seeds from seed to last.
func checkSeed(name string, seed, last int) error {
	if seed < 0 || uint64(last) > math.MaxUint32 {
		return fmt.Errorf("data: %s: seed %d: want seeds %d..%d within 0..%d", name, seed, seed, last, uint32(math.MaxUint32))
	}
	return nil
}
