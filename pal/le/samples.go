package le

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/noise"
)

// samples are inputs and targets in the precision of the programs.
type samples struct {
	count, values, outputs int
	x                      []float32 // [count, values], scaled
	y                      []float32 // [count, outputs]; nil: the inputs
	labels                 []int     // -1 without
	classes                int
}

// dataset is what runs with equal Data share.
type dataset struct {
	name  string
	pool  *samples // training samples, then validation samples
	train int      // of these
	test  *samples
}

// loader returns a function that reads the data set of a configuration, once for all
// that share it. An error is that of the configuration alone.
func loader(ctx context.Context, own data.Source) func(c *Config) (*dataset, error) {
	type key struct {
		data    Data
		in, out int // sizes the samples must have
	}
	type loaded struct {
		set *dataset
		err error
	}
	all := map[key]loaded{}
	return func(c *Config) (*dataset, error) {
		shapes, err := c.Network.shapes()
		if err != nil {
			return nil, fmt.Errorf("le: %w", err)
		}
		k := key{c.Data, shapes[0].n, shapes[len(shapes)-1].n}
		l, known := all[k]
		if !known {
			l.set, l.err = c.load(ctx, own)
			all[k] = l
		}
		if l.err != nil {
			return nil, l.err
		}
		return l.set, l.set.check(c)
	}
}

// load reads the data set of a configuration.
func (c *Config) load(ctx context.Context, own data.Source) (*dataset, error) {
	d := c.Data
	var source data.Source
	switch d.Source {
	case MNIST:
		source = data.MNIST{Dir: d.Dir, Train: d.Train, Valid: d.Valid, Test: d.Test}
	case CIFAR:
		source = data.CIFAR10{Dir: d.Dir, Train: d.Train, Valid: d.Valid, Test: d.Test}
	case Images:
		source = data.Images{Dir: d.Dir, Sum: d.Sum, Train: d.Train, Valid: d.Valid, Test: d.Test}
	default:
		if source = own; own == nil {
			return nil, errors.New("le: data.source is own, but Options.Data gives none")
		}
	}
	s, err := source.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("le: %w", err)
	}
	if d.Source == Own {
		s = &data.Splits{Name: s.Name, Train: first(s.Train, d.Train), Valid: first(s.Valid, d.Valid), Test: first(s.Test, d.Test)}
	}
	train, err := c.samples(s.Train)
	if err != nil {
		return nil, err
	}
	valid, err := c.samples(s.Valid)
	if err != nil {
		return nil, err
	}
	test, err := c.samples(s.Test)
	if err != nil {
		return nil, err
	}
	set := &dataset{name: s.Name, pool: train, train: train.count, test: test}
	set.pool.count += valid.count
	set.pool.x = append(train.x, valid.x...)
	set.pool.y = append(train.y, valid.y...)
	set.pool.labels = append(train.labels, valid.labels...)
	return set, nil
}

// check compares the parts with a batch.
func (d *dataset) check(c *Config) error {
	for _, n := range []int{d.train, d.pool.count - d.train, d.test.count} {
		if n < c.Presentation.Batch {
			return fmt.Errorf("le: %s has a part of %d samples, less than one batch of %d", d.name, n, c.Presentation.Batch)
		}
	}
	return nil
}

func first(s *data.Set, n int) *data.Set {
	if n == 0 || n >= s.Len() {
		return s
	}
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return s.Subset(rows)
}

// samples converts a set.
func (c *Config) samples(set *data.Set) (*samples, error) {
	if err := set.Validate(); err != nil {
		return nil, fmt.Errorf("le: %w", err)
	}
	shapes, err := c.Network.shapes()
	if err != nil {
		return nil, fmt.Errorf("le: %w", err)
	}
	in, out := shapes[0].n, shapes[len(shapes)-1].n
	s := &samples{count: set.Len(), values: in, outputs: out, classes: set.Classes, labels: slices.Clone(set.Labels)}
	if set.InputSize() != in {
		return nil, fmt.Errorf("le: samples have %d values, network.input %v needs %d", set.InputSize(), c.Network.Input, in)
	}
	s.x = make([]float32, 0, s.count*in)
	for _, row := range set.Inputs {
		for _, v := range row {
			s.x = append(s.x, float32(c.Data.Scale*v+c.Data.Offset))
		}
	}
	if c.Data.Target == TargetInput {
		return s, nil
	}
	if set.OutputSize() != out {
		return nil, fmt.Errorf("le: the data set has %d classes or targets, the output %d neurons", set.OutputSize(), out)
	}
	s.y = make([]float32, s.count*out)
	for i, label := range s.labels {
		if set.Targets != nil {
			for k, v := range set.Targets[i] {
				s.y[i*out+k] = float32(v)
			}
			continue
		}
		s.y[i*out+label] = 1
	}
	return s, nil
}

// split returns the rows of the pool that a run trains on and those for validation.
func (d *dataset) split(c *Config) (train, valid []int) {
	rows := make([]int, d.pool.count)
	for i := range rows {
		rows[i] = i
	}
	if c.Data.Split == "random" {
		rows = permuted(rows, c.Seed, streamSplit, 0)
	}
	return rows[:d.train], rows[d.train:]
}

// permuted returns rows in an order that follows from seed, stream and step alone.
func permuted(rows []int, seed uint64, stream uint32, step uint64) []int {
	type entry struct {
		key uint64
		row int
	}
	all := make([]entry, len(rows))
	for i, r := range rows {
		all[i] = entry{noise.Bits(seed, stream, step, i), r}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	order := make([]int, len(rows))
	for i, e := range all {
		order[i] = e.row
	}
	return order
}
