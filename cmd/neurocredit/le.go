package main

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"math"

	"github.com/neurocredit/neurocredit/pal/le"
)

//go:embed le.md
var leIntro string

var leSystem = &model[le.Config, le.Result]{
	info: info{
		name: "le", model: "pal", experiments: le.ExperimentNames(),
		presets:     slashed([]string{"autoencoder", "cifar10"}, le.Modes()),
		presetForms: fmt.Sprintf("`autoencoder/MODE` and `cifar10/MODE`, MODE one of %s", list(le.Modes())),
		intro:       leIntro, unit: "epochs", passes: "epochs",
		rules: []namedRule{
			{string(le.BP), "backpropagation: transposed bottom-up weights carry errors down"},
			{string(le.FA), "feedback alignment: fixed random weights do"},
			{string(le.DFA), "direct feedback alignment: fixed random weights from the output to every layer"},
			{string(le.PAL), "phaseless alignment learning: the weights learn from noise"},
		},
		ruleKey: "learning.algorithm",
	},
	presetOf: func(name string) (*le.Config, error) { return le.Preset(cmp.Or(name, "autoencoder/pal")) },
	readAll:  le.ReadConfigs,
	train: func(ctx context.Context, configs []le.Config, o *options) ([]*le.Result, error) {
		return le.TrainAll(ctx, configs, leOptions(o))
	},
	loadDir: le.Load,
	head:    func(c *le.Config) (string, uint64) { return c.Name, c.Seed },
	rename:  func(c *le.Config, name string, seed uint64) { c.Name, c.Seed = name, seed },
	sizes:   leAmounts,
	toldBy:  leOutcome,
	shorten: leBenchmark,
}

func leAmounts(c *le.Config) amounts {
	a := amounts{work: int64(c.Epochs), precision: "float32"}
	if c.Data.Source == le.Images {
		a.note = c.Data.Title() + ", not CIFAR-10: these are no results on CIFAR-10"
	}
	return a
}

func leOptions(o *options) *le.Options {
	return &le.Options{Dir: o.dir, Resume: o.resume, Progress: o.progress, Workers: o.workers, Engine: o.engine, Backend: o.backend}
}

// leOutcome shows what was measured: errors of what is to be reproduced, or the
// accuracy of classes, and how much of the code a linear classifier reads.
func leOutcome(r *le.Result) (*le.Config, outcome) {
	last, c := r.Last(), &r.Config
	if len(r.Points) == 0 {
		last.ValidError, last.ValidAccuracy, last.CodeAccuracy = math.NaN(), math.NaN(), math.NaN()
	}
	o := outcome{dir: r.Dir, done: r.Done, points: len(r.Points), reached: last.Epoch}
	o.values = append(o.values, value{name: "error", x: last.ValidError, format: "%.3g"})
	if c.Data.Target == le.TargetClass {
		o.values = append(o.values, value{name: "accuracy (%)", x: 100 * last.ValidAccuracy})
	}
	if c.Evaluation.Code > 0 {
		o.values = append(o.values, value{name: "code (%)", x: 100 * last.CodeAccuracy})
	}
	for _, a := range last.Alignment {
		o.values = append(o.values, value{name: fmt.Sprintf("angle %d (°)", a.Layer), x: a.Angle})
	}
	return c, o
}

// leBenchmark trains with the data set as it is, which must be fetched.
func leBenchmark(c *le.Config) (*benchmark, error) {
	return &benchmark{
		lengthen: func(passes int) int64 { c.Epochs = passes; return int64(passes) },
		run: func(ctx context.Context, o *options, runs int) error {
			_, err := le.TrainAll(ctx, copies(c, runs, func(c *le.Config, i int) { c.Name, c.Seed = fmt.Sprintf("run_%d", i), c.Seed+uint64(i) }), leOptions(o))
			return err
		},
	}, c.Validate()
}
