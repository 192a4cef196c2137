// Package equation reads plasticity rules written as mathematics and turns
// them into something a simulator can run.
//
// # The language
//
// A rule is one line in Go expression syntax over the named quantities of a
// [Scope], for example the feedback rule of Phaseless Alignment Learning,
//
//	eta*(noise_post*highpass_pre - alpha*w)
//
// Allowed are + - * / and unary minus, parentheses, decimal numbers, the names
// of the scope and the functions listed by [Functions]. Precedence and
// associativity are those of Go. Line breaks count as spaces. Everything else is
// an error that names the token, its column and what to write instead.
//
// Every quantity lives on one [Side] of the synapse and so has a shape: a
// scalar, a vector over the pre- or postsynaptic cells, or a matrix over the
// synapses. Operations are element-wise with the usual broadcast: pre * post is
// the outer product.
//
// # From text to numbers
//
// [Parse] checks a text against a scope and gives an [Expr], an immutable tree
// of exported [Node] types that other compilers may walk. From there:
//
//   - [Expr.Split] rewrites the expression as a sum of terms
//     scale * post * pre * synapse, the form from which a simulator builds one
//     fused pass over the weight matrix. Nearly every published rule splits.
//   - [CompileVector] evaluates an expression of one side over slices.
//   - [CompileMatrix] evaluates any expression row by row, for those that do
//     not split, such as tanh(w*rate_pre).
//   - [Expr.Value] evaluates an expression of scalars.
//
// A [Rule] is the whole plasticity of one synapse type: dw/dt and, optionally,
// the derivative of a second state delta of each synapse.
//
// # Arithmetic
//
// Scalars and constants are combined in float64 when an expression is compiled
// and rounded once. After that each operation rounds to the element type;
// exp, log, sqrt, tanh, sigmoid and pow are computed in float64 and rounded
// once. No multiplication is fused with an addition, so results agree between
// processors up to the accuracy of package math.
//
// Parsing and compiling may fail with an error and never panic. Compiled
// programs own scratch memory: use each from one goroutine at a time. They do
// not allocate.
package equation
