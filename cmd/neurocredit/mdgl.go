package main

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"

	"github.com/neurocredit/neurocredit/mdgl"
)

//go:embed mdgl.md
var mdglIntro string

var mdglTasks = []string{"fig3c", "delayed-match", "pattern", "sequential-mnist", "sequential-mnist-short", "store-recall"}

var mdglSystem = &model[mdgl.Config, mdgl.Result]{
	info: info{
		name: "mdgl", experiments: mdgl.ExperimentNames(),
		presets:     mdglPresets(),
		presetForms: fmt.Sprintf("a task and a rule, `TASK/RULE`: TASK one of %s, RULE one of %s", list(mdglTasks), list(mdgl.Rules())),
		benchmarks:  []string{"fig3c/eprop", "fig3c/mdgl", "fig3c/bptt"},
		intro:       mdglIntro, unit: "updates", passes: "iterations",
		rules: []namedRule{
			{string(mdgl.BPTT), "backpropagation through time: the exact gradient, through all paths"},
			{string(mdgl.MDGLCell), "the paths through one recurrent synapse, with the weight of each synapse"},
			{string(mdgl.MDGL), "the same with mean weights between cell types: the published rule"},
			{string(mdgl.NLMDGL), "non-local: what a neuron secretes reaches all others"},
			{string(mdgl.OnMDGL), "the causal form, of products of two filtered factors"},
			{string(mdgl.EProp), "the direct effect of each neuron on the readout alone"},
			{string(mdgl.Own), "a rule of your own, by the equations below"},
		},
		ruleKey: "learning.rule",
		own:     mdglEquations(),
	},
	presetOf: mdgl.Preset,
	readAll:  mdgl.ReadConfigs,
	train: func(ctx context.Context, configs []mdgl.Config, o *options) ([]*mdgl.Result, error) {
		return mdgl.TrainAll(ctx, configs, mdglOptions(o))
	},
	loadDir: mdgl.Load,
	head:    func(c *mdgl.Config) (string, uint64) { return c.Name, uint64(c.Seed) },
	rename:  func(c *mdgl.Config, name string, seed uint64) { c.Name, c.Seed = name, uint32(seed) },
	sizes:   func(c *mdgl.Config) amounts { return amounts{work: int64(c.Iterations), precision: c.Precision} },
	toldBy:  mdglOutcome,
	shorten: mdglBenchmark,
}

// mdglEquations are those of a rule of one's own, with the cell types of the paper.
func mdglEquations() []ownEquation {
	c := mdgl.Fig3C(mdgl.MDGL)
	return []ownEquation{
		{"learning.signal", "the learning signal of a neuron", c.SignalScope()},
		{"learning.secretion", "what a neuron secretes", c.SecretionScope()},
	}
}

// mdglPresets lists the tasks with the rules that their cells can learn with.
func mdglPresets() []string {
	return slices.DeleteFunc(slashed(mdglTasks, mdgl.Rules()), func(name string) bool {
		c, err := mdgl.Preset(name)
		return err != nil || c.Validate() != nil
	})
}

func mdglOptions(o *options) *mdgl.Options {
	return &mdgl.Options{Dir: o.dir, Resume: o.resume, Progress: o.progress, Workers: o.workers, Engine: o.engine, Backend: o.backend}
}

// mdglOutcome shows the accuracy of tasks with decisions, and the normalised error
// of those with a target.
func mdglOutcome(r *mdgl.Result) (*mdgl.Config, outcome) {
	last := r.Last()
	o := outcome{dir: r.Dir, done: r.Done, points: len(r.Points), reached: last.Iteration}
	missing := mdgl.Score{Loss: math.NaN(), Accuracy: math.NaN(), NMSE: math.NaN()}
	valid, test := missing, missing
	if len(r.Points) > 0 {
		valid = last.Score
	}
	if r.Test != nil {
		test = *r.Test
	}
	o.values = append(o.values, value{name: "loss", x: valid.Loss, format: "%.3g"})
	if r.Config.Task.Set == "pattern" || !math.IsNaN(valid.NMSE) {
		o.values = append(o.values, value{name: "NMSE", x: valid.NMSE, format: "%.3g"})
	} else {
		o.values = append(o.values, value{name: "accuracy (%)", x: valid.Accuracy})
		if r.Config.Validation.Tests > 0 {
			o.values = append(o.values, value{name: "test (%)", x: test.Accuracy})
		}
	}
	return &r.Config, o
}

func mdglBenchmark(c *mdgl.Config) (*benchmark, error) {
	return &benchmark{
		lengthen: func(passes int) int64 {
			c.Iterations = passes
			c.Validation.Every, c.Validation.Batch, c.Validation.Tests, c.Validation.StopError = passes+1, 1, 0, 0
			return int64(passes)
		},
		run: func(ctx context.Context, o *options, runs int) error {
			_, err := mdgl.TrainAll(ctx, copies(c, runs, func(c *mdgl.Config, i int) { c.Name, c.Seed = fmt.Sprintf("run_%d", i), c.Seed+uint32(i) }), mdglOptions(o))
			return err
		},
	}, c.Validate()
}
