package main

import (
	"context"
	_ "embed"
	"fmt"
	"math"

	"github.com/neurocredit/neurocredit/pal"
)

//go:embed pal.md
var palIntro string

var palSystem = &model[pal.Config, pal.Result]{
	info: info{
		name: "pal", experiments: pal.ExperimentNames(),
		presets: append(append([]string{"align-linear", "align-nonlinear"}, slashed([]string{"chain"}, pal.Modes())...),
			"noise-timescale/1", "noise-timescale/10", "noise-timescale/100",
			"noise-timescale/1/instantaneous", "noise-timescale/10/instantaneous", "noise-timescale/100/instantaneous"),
		presetForms: fmt.Sprintf("`align-linear`, `align-nonlinear`, `chain/MODE` with MODE one of %s, "+
			"`noise-timescale/FACTOR` and `noise-timescale/FACTOR/instantaneous` with any factor", list(pal.Modes())),
		benchmarks: []string{"align-linear", "chain/pal"},
		intro:      palIntro, unit: "steps", passes: "epochs",
		groups: microcircuitGroups(pal.PublishedRules().Up, pal.PublishedRules().P2I, pal.PublishedRules().I2P, pal.PublishedRules().Down),
		scope:  pal.RuleScope,
	},
	presetOf: pal.Preset,
	readAll:  pal.ReadConfigs,
	train: func(ctx context.Context, configs []pal.Config, o *options) ([]*pal.Result, error) {
		return pal.TrainAll(ctx, configs, palOptions(o))
	},
	loadDir: pal.Load,
	head:    func(c *pal.Config) (string, uint64) { return c.Name, uint64(c.Seed) },
	rename:  func(c *pal.Config, name string, seed uint64) { c.Name, c.Seed = name, uint32(seed) },
	sizes: func(c *pal.Config) amounts {
		return amounts{work: palSteps(c), recordings: c.RecordingSize(), precision: "float64"}
	},
	toldBy:  palOutcome,
	shorten: palBenchmark,
}

func palOptions(o *options) *pal.Options {
	return &pal.Options{Dir: o.dir, Resume: o.resume, Progress: o.progress, Workers: o.workers, Engine: o.engine, Backend: o.backend}
}

// palOutcome shows the angles of all hidden levels and, with a teacher, the error.
func palOutcome(r *pal.Result) (*pal.Config, outcome) {
	c, last := &r.Config, r.Last()
	o := outcome{dir: r.Dir, done: r.Done, points: len(r.Points)}
	if r.Done {
		o.reached = c.Epochs
	} else if epoch := float64(c.Data.Samples) * c.Presentation.Time; epoch > 0 && c.Task != pal.TaskOwn {
		o.reached = int(max(0, last.Time)/epoch + 1e-9)
	}
	if c.Task != pal.TaskBackward {
		x := math.NaN()
		if len(r.Points) > 0 {
			x = last.Error
		}
		o.values = append(o.values, value{name: "error", x: x, format: "%.3g"})
	}
	for l := range c.Hidden() {
		x := math.NaN()
		if l < len(last.Alignment) {
			x = last.Alignment[l].Angle
		}
		o.values = append(o.values, value{name: fmt.Sprintf("angle %d (°)", l+1), x: x})
	}
	return c, o
}

// palSteps returns the time steps of a complete run, 0 if the number of samples is
// not in the configuration.
func palSteps(c *pal.Config) int64 {
	if c.Task == pal.TaskOwn {
		return 0
	}
	training := int64(c.Epochs) * int64(c.Data.Samples) * int64(c.StepsPerSample())
	if c.Record.Updates {
		training *= 2
	}
	return training + int64(c.SettlingSteps())
}

func palBenchmark(c *pal.Config) (*benchmark, error) {
	c.Record = pal.Record{Every: c.Record.Every}
	c.Presentation.Settling = c.Circuit.Dt
	return &benchmark{
		lengthen: func(passes int) int64 { c.Epochs = passes; return palSteps(c) },
		run: func(ctx context.Context, o *options, runs int) error {
			_, err := pal.TrainAll(ctx, copies(c, runs, func(c *pal.Config, i int) { c.Name, c.Seed = fmt.Sprintf("run_%d", i), c.Seed+uint32(i) }), palOptions(o))
			return err
		},
	}, c.Validate()
}
