// Package pal simulates phaseless alignment learning (PAL) in the cortical
// microcircuit of Max, Kriener, Pineda García, Nowotny, Jaras, Senn and Petrovici,
// "Learning efficient backprojections across cortical hierarchies in real time",
// Nature Machine Intelligence 2024, doi 10.1038/s42256-024-00845-3, as the
// authors' NumPy program runs it. docs/models/pal.md describes the model; comments
// cite its sections.
//
// In PAL every hidden neuron carries a noise of its own. The noise travels through
// the bottom-up weights W to the level above, and the top-down synapses correlate
// the high-passed rate that comes back with the noise. So they learn to transport
// errors as backpropagation would, all the time and beside the learning of all
// other synapses.
//
// # Runs
//
// A [Config] describes a run. [AlignLinear], [AlignNonlinear], [Chain] and
// [NoiseTimescale] return the published ones, [New] one of any size, [ReadConfigs]
// reads files. [Train] and [TrainAll] carry runs out, with a results directory or
// in memory; a [Result] has the learning curve ([Point], [Alignment]) and the
// trained circuit, [Load] reads it back. [WriteSummary] keeps curves of many runs
// in a small table, [ReadSummary] reads them. A run that was killed resumes bit for
// bit. [Build] makes a [Network] to be driven step by step.
//
// # Rules
//
// Plasticity is equations over local quantities: [PublishedRules] are the
// defaults, [RuleScope] lists the quantities, and Config.Learning.Rules replaces
// them. Rules of the form post × pre − c·w run as fast as the published ones, all
// others row by row.
//
// # Numbers
//
// All state is float64. Initial state, sample orders and noise come from NumPy's
// legacy generator, so a published seed gives the published run; in tests, every
// quantity agrees with the original program to 1e-13, angles at the end of a
// published run to the digits that are known of them.
//
// # Engines
//
// The native engine advances every run on its own, the graph engine all runs of a
// [TrainAll] that differ in numbers only as one compiled program of GoMLX, in pure
// Go or with XLA (Options.Engine and Options.Backend). They agree to rounding, and
// either resumes bit for bit. EngineAuto is native. Networks from [Build],
// comparisons with backpropagation and [Evaluate] are always native. XLA is part of
// programs that import _ "github.com/gomlx/go-xla/compute/xla".
//
// # Errors
//
// Configurations, files and data that make no sense are errors that name the
// value. A rule that drives the circuit out of bounds is a [DivergedError].
package pal
