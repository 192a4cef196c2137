// Package le trains deep networks of latent-equilibrium (LE) layers with
// backpropagation, feedback alignment, direct feedback alignment and phaseless
// alignment learning (PAL), as the experiments on MNIST and CIFAR-10 of Max,
// Kriener, Pineda García, Nowotny, Jaras, Senn and Petrovici do, "Learning efficient
// backprojections across cortical hierarchies in real time", Nature Machine
// Intelligence 2024, doi 10.1038/s42256-024-00845-3. docs/models/pal.md describes
// the model from section 18 on; comments cite its sections.
//
// Neurons are leaky integrators whose output follows the prospective voltage
// u + τ du/dt, which cancels the membrane's lag: signals and errors cross a layer in
// one update. Each batch of samples is shown for about a hundred updates, in which
// all weights learn all the time.
//
// # Networks
//
// A network is a list of layers, [Linear], [Projection], [Conv] and [MaxPool], in
// [New]; shapes follow from that of the samples, and [Network.Summary] shows them.
//
// # Runs
//
// A [Config] describes a run. [Autoencoder] and [CIFAR10] return the published ones,
// [ReadConfigs] reads files. [Train] and [TrainAll] carry runs out, with a results
// directory or in memory; a [Result] has the learning curve ([Point]) and the
// weights, [Load] reads it back. [Evaluate] and [Codes] show samples to a trained
// network, [FitLinear] tells how well classes can be separated linearly.
//
// # Numbers
//
// State is float32, as in the original program, whose traces the tests replay.
// Everything random follows from the seed of the run alone: runs give the same
// numbers in any company, and resume bit for bit. The streams of random numbers are
// our own: published seeds do not give the published runs.
//
// # Engine
//
// All updates of many batches are one compiled program (GoMLX, in pure Go or with
// XLA); runs that differ in numbers only share it.
package le
