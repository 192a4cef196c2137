package data

import (
	"context"
	"fmt"
	"math"

	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// Bars is the set of noisy images with 3 x 3 pixels that show a horizontal bar
// (class 0), a vertical bar (class 1) or a diagonal (class 2). The background is
// 0 and the bar 1; to each pixel a uniform number in [0, Noise) is added, and
// the sum is cut at 1. Patterns have 9 inputs, row by row from the top.
//
// The parts are drawn with the seeds Seed, 5 Seed and 42 Seed; the generator of
// the last one then shuffles train, valid and test, in this order. That is the
// recipe of the published microcircuit code, whose sweeps do not use this set.
type Bars struct {
	Seed               int     // data seed, 0..(2^32-1)/42
	Train, Valid, Test int     // images per class in each part
	Noise              float64 // largest noise, >= 0
}

// barImages lists the images of each class in the order in which they are used:
// bars from the bottom up and from the right to the left.
var barImages = [3][][9]float64{
	{
		{0, 0, 0, 0, 0, 0, 1, 1, 1},
		{0, 0, 0, 1, 1, 1, 0, 0, 0},
		{1, 1, 1, 0, 0, 0, 0, 0, 0},
	},
	{
		{0, 0, 1, 0, 0, 1, 0, 0, 1},
		{0, 1, 0, 0, 1, 0, 0, 1, 0},
		{1, 0, 0, 1, 0, 0, 1, 0, 0},
	},
	{
		{1, 0, 0, 0, 1, 0, 0, 0, 1},
		{0, 0, 1, 0, 1, 0, 1, 0, 0},
	},
}

// Load draws the images. It fails for sizes below 1, noise below 0, seeds out
// of range, or a context that is done.
func (b Bars) Load(ctx context.Context) (*Splits, error) {
	const name = "bars"
	if err := checkSizes(name, b.Train, b.Valid, b.Test); err != nil {
		return nil, err
	}
	if !(b.Noise >= 0) || math.IsInf(b.Noise, 0) {
		return nil, fmt.Errorf("data: bars: noise %v must be >= 0 and finite", b.Noise)
	}
	if b.Seed > math.MaxUint32 { // before the product can overflow
		return nil, checkSeed(name, b.Seed, b.Seed)
	}
	if err := checkSeed(name, b.Seed, 42*b.Seed); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &Splits{Name: name}
	var rng *mt19937.Source
	for _, part := range []struct {
		set    **Set
		size   int
		factor int
	}{{&s.Train, b.Train, 1}, {&s.Valid, b.Valid, 5}, {&s.Test, b.Test, 42}} {
		rng = mt19937.New(uint32(part.factor * b.Seed))
		*part.set = b.draw(part.size, rng)
	}
	for _, set := range []**Set{&s.Train, &s.Valid, &s.Test} {
		order := make([]int, (*set).Len())
		for i := range order {
			order[i] = i
		}
		rng.Shuffle(order)
		*set = (*set).Subset(order)
	}
	return s.checked()
}

// draw makes n images of each class, class by class, cycling through its bars.
func (b Bars) draw(n int, rng *mt19937.Source) *Set {
	classes := len(barImages)
	set := &Set{Inputs: newRows(classes*n, 9), Labels: make([]int, classes*n), Classes: classes}
	for i, row := range set.Inputs {
		class := i / n
		images := barImages[class]
		for j, pixel := range images[i%n%len(images)] {
			row[j] = min(1, pixel+float64(rng.Float64()*b.Noise))
		}
		set.Labels[i] = class
	}
	return set
}
