package pal

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
)

// goldenCurve is a published learning curve at chosen points: mean and population
// standard deviation over seeds.
type goldenCurve struct {
	Preset   string      `json:"preset"`
	Quantity string      `json:"quantity"`
	Index    []int       `json:"index"`
	Mean     [][]float64 `json:"mean"`
	Std      [][]float64 `json:"std"`
}

// curves runs all seeds of a preset from their numbers alone, as long as the
// longest curve needs.
func (g *golden) curves(t *testing.T) {
	for preset, seeds := range g.Seeds {
		base, err := Preset(preset)
		must(t, err)
		points := 0
		for _, c := range g.Curves {
			if c.Preset == preset {
				points = max(points, slices.Max(c.Index)+1)
			}
		}
		// A point every 1000 steps, an epoch has 10 of them.
		base.Epochs = max(1, (points*base.Record.Every-base.SettlingSteps())/10000+1)
		base.Record.Updates = false
		var configs []Config
		for _, seed := range seeds {
			c := *base
			c.Seed = seed
			configs = append(configs, c)
		}
		results, err := TrainAll(context.Background(), configs, nil)
		must(t, err)
		cmp := newCompare(t)
		for _, c := range g.Curves {
			if c.Preset == preset {
				c.near(cmp, results)
			}
		}
		t.Log(preset, cmp)
	}
}

// near compares with the six digits that are stored.
func (c *goldenCurve) near(cmp *compare, results []*Result) {
	for row, index := range c.Index {
		for h := range c.Mean[row] {
			var all []float64
			for _, r := range results {
				_, y, err := r.Curve(fmt.Sprintf("%s_%d", c.Quantity, h+1))
				must(cmp.t, err)
				all = append(all, y[index])
			}
			mean, std := meanStd(all)
			at := fmt.Sprintf("%s of point %d, level %d", c.Quantity, index, h+1)
			cmp.near(at, []float64{mean, std}, []float64{c.Mean[row][h], c.Std[row][h]}, 5.01e-5)
		}
	}
}

func meanStd(x []float64) (mean, std float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		std += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, math.Sqrt(std)
}
