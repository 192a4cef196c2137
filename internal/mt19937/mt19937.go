// Package mt19937 reproduces the random numbers of numpy's legacy generator
// (numpy.random.seed and numpy.random.RandomState) bit by bit.
//
// The published microcircuit experiments draw their data, initial weights,
// sample orders and, in the pal package, their noise from that generator. Its
// stream is frozen: numpy promises never to change it. With the same seed and
// the same order of calls a [Source] therefore returns the same numbers.
//
// The generator is the Mersenne Twister MT19937 (Matsumoto and Nishimura, ACM
// TOMACS 8, 1998, doi 10.1145/272991.272995). It serves reproduction only; it
// is of no use where numbers must be hard to guess.
package mt19937

import (
	"fmt"
	"math"
	"math/bits"
)

const (
	words    = 624 // length of the state
	distance = 397 // offset of the third word of the recurrence
	twist    = 0x9908b0df
	topBit   = 0x80000000
	lowBits  = 0x7fffffff
)

// Source is one generator. It is not safe for use by several goroutines at
// once. The zero value is not seeded; use [New] or [NewFromKey].
type Source struct {
	state  [words]uint32
	pos    int     // next word of state to hand out; words: state must be renewed
	cached bool    // a normal number waits in second
	second float64 // the other half of the last pair of normal numbers
}

// New returns the generator of numpy.random.RandomState(seed) for an integer
// seed.
func New(seed uint32) *Source {
	s := new(Source)
	s.fill(seed)
	return s
}

// NewFromKey returns the generator of numpy.random.RandomState(key) for a
// sequence of integers. A key of one number differs from the same number given
// to [New], as it does in numpy. NewFromKey panics if key is empty.
func NewFromKey(key []uint32) *Source {
	if len(key) == 0 {
		panic("mt19937: empty key")
	}
	s := new(Source)
	s.fill(19650218)
	m := &s.state
	i, j := 1, 0
	next := func() {
		if i++; i == words {
			m[0] = m[words-1]
			i = 1
		}
	}
	for range max(words, len(key)) {
		m[i] = (m[i] ^ (m[i-1]^m[i-1]>>30)*1664525) + key[j] + uint32(j)
		next()
		if j++; j == len(key) {
			j = 0
		}
	}
	for range words - 1 {
		m[i] = (m[i] ^ (m[i-1]^m[i-1]>>30)*1566083941) - uint32(i)
		next()
	}
	m[0] = topBit // a state of zeros would stay zero for ever
	return s
}

// fill sets the state by the linear recurrence of the 2002 version.
func (s *Source) fill(seed uint32) {
	s.state[0] = seed
	for i := 1; i < words; i++ {
		prev := s.state[i-1]
		s.state[i] = 1812433253*(prev^prev>>30) + uint32(i)
	}
	s.pos = words
}

// renew computes the next 624 words of the recurrence in place.
func (s *Source) renew() {
	m := &s.state
	mix := func(upper, lower, far uint32) uint32 {
		y := upper&topBit | lower&lowBits
		return far ^ y>>1 ^ (-(y & 1))&twist
	}
	for i := range words - distance {
		m[i] = mix(m[i], m[i+1], m[i+distance])
	}
	for i := words - distance; i < words-1; i++ {
		m[i] = mix(m[i], m[i+1], m[i+distance-words])
	}
	m[words-1] = mix(m[words-1], m[0], m[distance-1])
	s.pos = 0
}

// Uint32 returns 32 random bits.
func (s *Source) Uint32() uint32 {
	if s.pos == words {
		s.renew()
	}
	y := s.state[s.pos]
	s.pos++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// Float64 returns a uniform number in [0, 1) with 53 random bits
// (numpy: random_sample, rand). It uses two outputs of the generator.
func (s *Source) Float64() float64 {
	high := uint64(s.Uint32() >> 5)
	low := uint64(s.Uint32() >> 6)
	return float64(high<<26|low) / (1 << 53)
}

// Uniform returns lo + (hi-lo)*Float64() (numpy: uniform).
func (s *Source) Uniform(lo, hi float64) float64 {
	// The conversion forbids a fused multiply-add, which would round differently.
	return lo + float64((hi-lo)*s.Float64())
}

// IntUpTo returns a uniform integer in 0..limit, both included (numpy:
// randint(0, limit+1)). It masks outputs to the bits of limit and rejects those
// above it, so the number of outputs it uses varies; for limit 0 it uses none.
// IntUpTo panics if limit is negative or above 2^32-1.
func (s *Source) IntUpTo(limit int) int {
	if limit < 0 || uint64(limit) > math.MaxUint32 {
		panic(fmt.Sprintf("mt19937: IntUpTo(%d): want 0..%d", limit, uint32(math.MaxUint32)))
	}
	if limit == 0 {
		return 0
	}
	mask := uint32(1)<<bits.Len32(uint32(limit)) - 1
	for {
		if v := s.Uint32() & mask; v <= uint32(limit) {
			return int(v)
		}
	}
}

// Shuffle permutes x in place (numpy: shuffle). Shuffling row indices and then
// reading rows in that order equals numpy's shuffle of the rows themselves.
func (s *Source) Shuffle(x []int) {
	for i := len(x) - 1; i > 0; i-- {
		j := s.IntUpTo(i)
		x[i], x[j] = x[j], x[i]
	}
}

// Normal returns a number of the standard normal distribution (numpy: randn,
// standard_normal) by Marsaglia's polar method. It makes two numbers at a time
// and keeps one for the next call; other methods leave the kept one alone.
//
// Normal is the one method that uses a transcendental function, which numpy
// takes from the C library: about 1 number in 3000 differs from numpy's by one
// unit in the last place, none by more.
func (s *Source) Normal() float64 {
	if s.cached {
		s.cached = false
		return s.second
	}
	for {
		x := 2*s.Float64() - 1
		y := 2*s.Float64() - 1
		// The conversions forbid fused multiply-adds, as above.
		q := float64(x*x) + float64(y*y)
		if q >= 1 || q == 0 {
			continue
		}
		f := math.Sqrt(-2 * logarithm(q) / q)
		s.cached, s.second = true, f*x
		return f * y
	}
}
