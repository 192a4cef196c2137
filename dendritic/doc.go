// Package dendritic simulates cortical microcircuits with dendritic error
// computation and latent equilibrium, which learn by phaseless alignment
// learning (PAL), feedback alignment or a rule of your own.
//
// docs/models/dendritic.md states the model completely; comments here name its
// sections. docs/concepts.md is a tour of the package.
//
// # One run
//
// A [Config] says everything that decides the numbers of a run. [YinYang],
// [MNIST] and [New] return one with the published values, to be changed field by
// field; [ReadConfigs] reads files, those of the original program too. [Train]
// runs it and returns a [Result] with learning curves, weights and network:
//
//	c := dendritic.YinYang(dendritic.PAL)
//	c.Epochs = 40
//	r, err := dendritic.Train(ctx, c, &dendritic.Options{Dir: "runs/pal"})
//	...
//	epochs, accuracy, err := r.Curve("accuracy")
//
// [TrainAll] runs many, several at a time; [Load] reads a run back from its
// results directory; [Evaluate] shows other data to a trained network. [Build]
// makes a [Network] that you drive yourself, pattern by pattern.
//
// # Rules
//
// Plasticity is given as equations ([Rule], docs/rules.md). The published rules
// come through the same door ([PublishedRules]). [RuleScope] lists what a rule
// may use. Rules that split into factors of the two cells run at the speed of the
// published ones, others slower.
//
// # Numbers
//
// The same configuration gives the same numbers, bit for bit, whatever the
// number of workers and however often the run was interrupted and resumed:
// initial weights and orders follow from Config.Seed, and noise is a function of
// seed, level, step and neuron. Results of another processor architecture agree
// up to the accuracy of package math.
//
// # Engines
//
// Two engines advance the runs, and everything else is the same. The native one
// is plain Go, one run per worker. The graph engine (Options.Engine) advances
// many runs of equal circuit, rules, data and protocol as one compiled program,
// on a processor or a GPU (Options.Backend). A run comes to the same numbers in
// any company, bit for bit; the two engines agree to rounding. EngineAuto takes
// the native engine on a processor, where it is faster (docs/benchmarks.md), and
// the graph engine for hundreds of runs on a GPU; a run that is resumed stays
// with the engine that began it. The graph engine does not record variables.
// XLA is part of programs that import _ "github.com/gomlx/go-xla/compute/xla";
// others have the graph engine on the backend in pure Go.
//
// # Errors
//
// Configurations are checked before anything is computed, and all problems are
// reported together. A run in which a rule makes a quantity leave all bounds
// ends with a [DivergedError] that names it. Presets panic if their mode is
// not one of [Modes].
//
// # Limits
//
// Runs advance one pattern at a time; there are no batches. The circuit is made
// of fully connected levels. Gradients are not computed.
package dendritic
