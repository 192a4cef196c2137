// Package loop runs time steps inside compiled tensor programs. It is the only
// place that builds GoMLX While loops.
//
// # Loops
//
// A [Loop] runs a body of tensor operations for a number of steps that is known
// when the program runs, not when it is compiled. Loops nest: a body may run a
// Loop of its own.
//
// A body sees four kinds of values: its state, constants, the rows of a chunk
// (noise, inputs, drawn for many steps at once), and the number of the step. It
// must not use a node from outside, because XLA has no access to it: what the body
// needs is passed as a constant. Nor may it use GoMLX's functions that create
// scalars (Scalar, AddScalar, MulScalar, OneMinus, Zeros, …), because GoMLX
// remembers those across functions: [Like] makes a scalar that is safe. XLA likewise
// remembers reductions: a program uses one of a kind and type (sums in float32, say) in
// one function alone; a product with ones is a sum without that limit. Nothing can be
// differentiated through a loop.
//
// # Records
//
// [Row] and [SetRow] read and write a row of an array at a position that is known
// only when the program runs. A record is state: begin with [Record], write each
// row once.
//
// # Programs
//
// A [Program] is compiled for a backend, once for each set of shapes. Its [State]
// stays on the device; a call consumes the buffers of the old state for the new one.
package loop
