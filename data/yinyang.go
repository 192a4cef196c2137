package data

import (
	"context"
	"math"

	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// Geometry of the Yin-Yang figure: a disc around (YinYangRadius, YinYangRadius)
// with two dots.
const (
	YinYangRadius    = 0.5 // of the disc
	YinYangDotRadius = 0.1 // of each dot
)

// YinYang is the Yin-Yang data set (Kriener, Göltz and Petrovici, arXiv
// 2102.08211): points of the plane in three classes that call for a hidden
// layer. Its authors report 64.3 % for a network without one and 98.7 % for one
// with 120 hidden neurons.
//
// The inputs of a point are (x, y, 1-x, 1-y); the mirrored coordinates spare
// the network a bias. Each part has a generator of its own with the seed Seed,
// Seed+1 or Seed+2.
type YinYang struct {
	Seed               int // data seed, 0..2^32-3
	Train, Valid, Test int // points in each part
}

// DefaultYinYang returns the data set of the published microcircuit sweeps.
func DefaultYinYang() YinYang {
	return YinYang{Seed: 9876543, Train: 6000, Valid: 900, Test: 900}
}

// Load draws the points. It fails only for sizes below 1, seeds out of range,
// or a context that is done.
func (y YinYang) Load(ctx context.Context) (*Splits, error) {
	const name = "yinyang"
	if err := checkSizes(name, y.Train, y.Valid, y.Test); err != nil {
		return nil, err
	}
	if err := checkSeed(name, y.Seed, y.Seed+2); err != nil {
		return nil, err
	}
	s := &Splits{Name: name}
	for i, part := range []struct {
		set  **Set
		size int
	}{{&s.Train, y.Train}, {&s.Valid, y.Valid}, {&s.Test, y.Test}} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		*part.set = yinYangSet(part.size, mt19937.New(uint32(y.Seed+i)))
	}
	return s.checked()
}

// yinYangSet draws the class of each point first and then points until one has
// it, so that the classes are equally frequent although their areas are not.
func yinYangSet(n int, rng *mt19937.Source) *Set {
	set := &Set{Inputs: newRows(n, 4), Labels: make([]int, n), Classes: 3}
	for i, row := range set.Inputs {
		goal := rng.IntUpTo(2)
		for {
			x := rng.Float64() * (2 * YinYangRadius)
			y := rng.Float64() * (2 * YinYangRadius)
			if YinYangClass(x, y) == goal {
				row[0], row[1], row[2], row[3] = x, y, 1-x, 1-y
				break
			}
		}
		set.Labels[i] = goal
	}
	return set
}

// YinYangClass returns the class of the point (x, y): 2 in one of the dots, 1
// in the half with the left dot's surroundings and the upper rim, 0 in the
// other half, and -1 outside the disc.
func YinYangClass(x, y float64) int {
	const r, dot = YinYangRadius, YinYangDotRadius
	if distance(x, y, r, r) > r {
		return -1
	}
	right := distance(x, y, 1.5*r, r)
	left := distance(x, y, 0.5*r, r)
	switch {
	case right < dot || left < dot:
		return 2
	case right <= dot, // exactly on the edge of the right dot
		left > dot && left <= 0.5*r,
		y > r && right > 0.5*r:
		return 1
	}
	return 0
}

func distance(x, y, cx, cy float64) float64 {
	dx, dy := x-cx, y-cy
	// The conversions forbid fused multiply-adds, which would round differently.
	return math.Sqrt(float64(dx*dx) + float64(dy*dy))
}
