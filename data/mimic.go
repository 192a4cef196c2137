package data

import (
	"context"
	"fmt"
	"math"

	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// Mimic is a regression task: the targets are the outputs of a fixed random
// teacher network for random inputs. The sets have target vectors and no
// classes.
//
// One generator draws the inputs of all parts, uniform in [Low, High) and
// rounded to 4 decimals, and then the teacher's weights W_l, uniform in
// [1.99, 2). With level 0 the input and level O the output, the teacher is the
// settled forward pass of the microcircuit,
//
//	x_l = φ(s_h W_l^T x_{l-1})  for 0 < l < O,    x_O = s_o W_O^T x_{O-1}.
//
// That is the recipe of the published microcircuit code, whose sweeps do not
// use this set.
type Mimic struct {
	Seed               int                   // data seed, 0..2^32-1
	Dims               []int                 // neurons of each level, input and output included
	Train, Valid, Test int                   // patterns in each part
	Low, High          float64               // range of the inputs
	Activation         func(float64) float64 // φ; nil: the logistic function
	HiddenScale        float64               // s_h = g_b/(g_l+g_b+g_a); 0: the published 0.1/0.19
	OutputScale        float64               // s_o = g_b/(g_l+g_b); 0: the published 0.1/0.13
}

// Load draws inputs and teacher and computes the targets. It fails for sizes
// below 1, fewer than two levels, an empty range, seeds out of range, targets
// that are not finite, or a context that is done.
func (m Mimic) Load(ctx context.Context) (*Splits, error) {
	const name = "mimic"
	if err := m.check(name); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if m.Activation == nil {
		m.Activation = func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	}
	if m.HiddenScale == 0 {
		m.HiddenScale = 0.1 / (0.03 + 0.1 + 0.06)
	}
	if m.OutputScale == 0 {
		m.OutputScale = 0.1 / (0.03 + 0.1)
	}
	rng := mt19937.New(uint32(m.Seed))
	s := &Splits{Name: name, Train: m.inputs(m.Train, rng), Valid: m.inputs(m.Valid, rng), Test: m.inputs(m.Test, rng)}
	weights := make([][][]float64, len(m.Dims)-1) // [level][pre][post]
	for l := range weights {
		weights[l] = newRows(m.Dims[l], m.Dims[l+1])
		for _, row := range weights[l] {
			for j := range row {
				row[j] = rng.Uniform(1.99, 2)
			}
		}
	}
	for _, set := range []*Set{s.Train, s.Valid, s.Test} {
		for i, x := range set.Inputs {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			copy(set.Targets[i], m.teacher(weights, x))
		}
	}
	return s.checked()
}

func (m Mimic) check(name string) error {
	if err := checkSizes(name, m.Train, m.Valid, m.Test); err != nil {
		return err
	}
	if err := checkSeed(name, m.Seed, m.Seed); err != nil {
		return err
	}
	if len(m.Dims) < 2 {
		return fmt.Errorf("data: mimic: dims %v, want at least an input and an output level", m.Dims)
	}
	for _, n := range m.Dims {
		if n < 1 {
			return fmt.Errorf("data: mimic: dims %v, want at least 1 neuron in each level", m.Dims)
		}
	}
	if !(m.Low < m.High) || math.IsInf(m.High-m.Low, 0) {
		return fmt.Errorf("data: mimic: inputs in [%v, %v), want a lower limit below the upper one", m.Low, m.High)
	}
	return nil
}

// inputs draws n patterns, all values of the first input first.
func (m Mimic) inputs(n int, rng *mt19937.Source) *Set {
	set := &Set{Inputs: newRows(n, m.Dims[0]), Labels: make([]int, n), Targets: newRows(n, m.Dims[len(m.Dims)-1])}
	for j := range m.Dims[0] {
		for i := range n {
			set.Inputs[i][j] = math.RoundToEven(rng.Uniform(m.Low, m.High)*1e4) / 1e4
		}
	}
	for i := range set.Labels {
		set.Labels[i] = -1
	}
	return set
}

// teacher returns the teacher's output for the input x.
func (m Mimic) teacher(weights [][][]float64, x []float64) []float64 {
	for l, w := range weights {
		next := make([]float64, m.Dims[l+1])
		for i, row := range w {
			for j, v := range row {
				next[j] += float64(v * x[i])
			}
		}
		output := l == len(weights)-1
		for j, v := range next {
			if output {
				next[j] = m.OutputScale * v
			} else {
				next[j] = m.Activation(m.HiddenScale * v)
			}
		}
		x = next
	}
	return x
}
