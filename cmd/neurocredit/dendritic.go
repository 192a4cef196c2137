package main

import (
	"context"
	_ "embed"
	"fmt"
	"math"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/mt19937"
)

//go:embed dendritic.md
var dendriticIntro string

var dendriticSystem = &model[dendritic.Config, dendritic.Result]{
	info: info{
		name: "dendritic", experiments: dendritic.ExperimentNames(),
		presets:     slashed([]string{"yin-yang", "mnist"}, dendritic.Modes()),
		presetForms: fmt.Sprintf("`yin-yang/MODE` and `mnist/MODE`, MODE one of %s", list(dendritic.Modes())),
		benchmarks:  []string{"yin-yang/fa", "yin-yang/pal", "mnist/fa", "mnist/pal"},
		intro:       dendriticIntro, unit: "steps", passes: "epochs",
		groups: microcircuitGroups(dendritic.PublishedRules().Up, dendritic.PublishedRules().P2I, dendritic.PublishedRules().I2P, dendritic.PublishedRules().Down),
		scope:  dendritic.RuleScope,
	},
	presetOf: dendritic.Preset,
	readAll:  dendritic.ReadConfigs,
	train: func(ctx context.Context, configs []dendritic.Config, o *options) ([]*dendritic.Result, error) {
		return dendritic.TrainAll(ctx, configs, dendriticOptions(o))
	},
	loadDir: dendritic.Load,
	head:    func(c *dendritic.Config) (string, uint64) { return c.Name, uint64(c.Seed) },
	rename:  func(c *dendritic.Config, name string, seed uint64) { c.Name, c.Seed = name, uint32(seed) },
	sizes: func(c *dendritic.Config) amounts {
		return amounts{work: dendriticSteps(c), recordings: c.RecordingSize(), precision: c.Precision}
	},
	toldBy:  dendriticOutcome,
	shorten: dendriticBenchmark,
}

func dendriticOptions(o *options) *dendritic.Options {
	return &dendritic.Options{Dir: o.dir, Resume: o.resume, Progress: o.progress, Workers: o.workers, Engine: o.engine, Backend: o.backend}
}

func dendriticOutcome(r *dendritic.Result) (*dendritic.Config, outcome) {
	last, accuracy, test, angle := r.Last(), math.NaN(), math.NaN(), math.NaN()
	if len(r.Epochs) > 0 {
		accuracy = last.Score.Accuracy
		if len(last.Alignment) > 0 {
			angle = last.Alignment[0].Angle
		}
	}
	if r.Test != nil {
		test = r.Test.Accuracy
	}
	return &r.Config, outcome{dir: r.Dir, done: r.Done, points: len(r.Epochs), reached: last.Epoch, values: []value{
		{name: "accuracy (%)", x: accuracy}, {name: "test (%)", x: test}, {name: "angle (°)", x: angle},
	}}
}

// dendriticSteps returns the time steps of a complete run, 0 if the size of the
// data is not in the configuration.
func dendriticSteps(c *dendritic.Config) int64 {
	d := &c.Data
	if d.Train == 0 || d.Valid == 0 || d.Test == 0 {
		return 0
	}
	patterns := d.Classes * (c.Epochs*(d.Train+d.Valid) + d.Valid + d.Test)
	return int64(patterns) * int64(c.StepsPerPattern())
}

// drawn is a data set that is there already.
type drawn data.Splits

// Load makes it a data.Source.
func (d *drawn) Load(context.Context) (*data.Splits, error) { return (*data.Splits)(d), nil }

// dendriticBenchmark draws the patterns: uniform in the unit interval, and 19 % of
// them different from 0 for MNIST, as in the digits.
func dendriticBenchmark(c *dendritic.Config) (*benchmark, error) {
	rng := mt19937.New(c.Seed)
	in, density := c.Circuit.Levels[0], 1.0
	if c.Data.Set == "mnist" {
		density = 0.19
	}
	set := &data.Set{Classes: c.Data.Classes}
	const perClass = 60
	for i := range perClass * c.Data.Classes {
		p := make([]float64, in)
		for j := range p {
			if rng.Float64() < density {
				p[j] = rng.Float64()
			}
		}
		set.Inputs, set.Labels = append(set.Inputs, p), append(set.Labels, i%c.Data.Classes)
	}
	splits := drawn{Name: "benchmark", Train: set, Valid: set, Test: set}
	// As published, 15 % of the patterns are validation (Yin-Yang), 1/6 for MNIST.
	c.Data = dendritic.Data{Set: "own", Classes: c.Data.Classes, Train: perClass, Valid: perClass / 6, Test: 1}
	return &benchmark{
		lengthen: func(passes int) int64 { c.Epochs = passes; return dendriticSteps(c) },
		run: func(ctx context.Context, o *options, runs int) error {
			own := dendriticOptions(o)
			own.Data = &splits
			_, err := dendritic.TrainAll(ctx, copies(c, runs, func(c *dendritic.Config, i int) { c.Name, c.Seed = fmt.Sprintf("run_%d", i), c.Seed+uint32(i) }), own)
			return err
		},
	}, c.Validate()
}
