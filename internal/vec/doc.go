// Package vec holds the inner loops of the native engines: the logistic
// function, passes over a weight matrix that change it by a plasticity
// rule and multiply it with a vector, and steps of adaptive spiking neurons.
//
// # Matrices
//
// A matrix w is a slice, row-major: the element of row i and column j is
// w[i*cols+j]. Its shape is told by the vectors beside it: an outer factor s
// has one value per row, an inner factor r one per column.
//
// # Order of rounding
//
// Every function states its arithmetic per element, each operation rounded to
// the type of its arguments, none fused. A sum over columns ([Mul] and its kin) is formed in eight
// lanes, lane l taking the columns l, l+8, l+16, ... in this order from zero,
// and then as
//
//	((l0+l4) + (l2+l6)) + ((l1+l5) + (l3+l7))
//
// A sum over rows ([MulT] and its kin) takes the rows in order. So results are
// bit-identical on every platform and in every build. On amd64 processors with
// AVX-512 or AVX2 the loops are assembly, which ../asm generates; elsewhere, and
// with the build tag purego, they are plain Go.
//
// Slices must have the lengths that are stated, or the function panics.
// Arguments must not overlap, unless the function says that they may.
package vec
