// Package noise draws normal deviates as a pure function of
// (run seed, stream, step, index).
//
// There is no generator state. A deviate does not depend on how many were
// drawn before it, on the batch it is drawn in, on the goroutine, on the
// processor or on the engine: runs can be batched, split and resumed without
// a change in any number. All results are bit-identical on every
// platform, with and without vector instructions.
//
// # From key and counter to bits
//
// The bits come from Threefry-2x64 with 13 rounds (Salmon, Moraes, Dror and
// Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11, 2011), the fewest
// rounds with which it passes all of TestU01's BigCrush there:
//
//	key     = (seed, 0x6e632d6e6f697365)        the second word is "nc-noise" in ASCII
//	counter = (step, stream<<32 | index>>1)
//
// The two output words belong to the indices 2i and 2i+1. An index must be
// below 2^33.
//
// # From bits to a normal deviate
//
// One word b of 64 bits gives one deviate, by a piecewise cubic for the
// inverse of the normal distribution function (all shifts drop what leaves
// the word):
//
//	v = b<<1 | 1           the magnitude; its tail probability is p = v / 2^65
//	z = leading zeros of v     0..63, the octave: 2^-(z+2) <= p < 2^-(z+1)
//	w = v << z << 1        the bits after the leading one
//	s = w >> 58            0..63, the segment of the octave
//	r = w << 6 >> 12       52 bits, the place in the segment: t = r / 2^52
//	c = row 64*z + s of Table
//	x = ((c[3]*t + c[2])*t + c[1])*t + c[0]
//
// The deviate is x with the top bit of b added to its sign bit (exclusive or).
// Every product and every sum is rounded to float64. An engine which fuses
// multiplication and addition draws the same number to about one unit in the
// last place.
//
// The cubic interpolates the exact deviate at four Chebyshev nodes, to within
// [MaxError] everywhere. The tails are exact down to p = 2^-65, that is
// |x| < 9.2.
package noise
