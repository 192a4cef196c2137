// Package mdgl trains recurrent networks of spiking neurons with local learning
// rules: multidigraph learning (MDGL) and its variants, e-prop, and backpropagation
// through time as the exact reference.
//
// It follows Liu, Smith, Mihalas, Shea-Brown and Sümbül, "Cell-type–specific
// neuromodulation guides synaptic credit assignment in a spiking neural network",
// PNAS 118(51) e2111821118 (2021), and the published program; the LSNN cell and its
// tasks follow Bellec and others (2018, 2020). docs/models/mdgl.md states the model
// completely; comments refer to its sections.
//
// # Use
//
// A preset returns a [Config], Train runs it:
//
//	c := mdgl.Fig3C(mdgl.MDGL)
//	r, err := mdgl.Train(ctx, c, nil)
//
// [Rules] lists the rules. All of them share simulation, readout and optimiser, and
// one backward routine; the comment of each says what it drops and what it costs.
//
// # Numbers
//
// Time is in steps of 1 ms. The default precision is float32, as in the original.
// The result of a run depends on its configuration alone: trials, wiring and
// rewiring are keyed by the seed, and gradients of a batch are added in a fixed
// order, whatever the number of cores.
//
// # Engines
//
// The native engine follows spikes through existing synapses; the graph engine computes
// the same as dense tensor programs of GoMLX, in pure Go or with XLA (Options.Engine and
// Options.Backend). They agree to rounding, and either resumes bit for bit. EngineAuto is
// native, the faster one on a processor. Networks from [Build] and [Evaluate] are always
// native. XLA is part of programs that import _ "github.com/gomlx/go-xla/compute/xla".
//
// # What the package does not do
//
// Training carries no state from one trial to the next; [Network.Continue] and
// validations can. The spike has a
// surrogate derivative, so even BPTT is not the gradient of the loss, which does not
// exist.
package mdgl
