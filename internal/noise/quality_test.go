package noise

import (
	"math"
	"math/bits"
	"slices"
	"sort"
	"testing"
)

// generator has the signature of Bits.
type generator func(seed uint64, stream uint32, step uint64, index int) uint64

// quality runs a battery of tests on a generator and the deviates made from it.
// It returns the score of every test: the statistic in units of the bound that
// a good generator stays below with a probability of about 1 - 1e-5. Above 1
// the test has failed.
func quality(g generator) map[string]float64 {
	score := map[string]float64{}
	worst := func(name string, z, bound float64) {
		if !(math.Abs(z)/bound <= score[name]) { // NaN counts as the worst
			score[name] = math.Abs(z) / bound
		}
	}
	moments(g, worst)
	correlations(g, worst)
	bitBalance(g, worst)
	avalanche(g, worst)
	return score
}

const columns = 30 // deviates per step, as in a small network

func moments(g generator, worst func(string, float64, float64)) {
	const n = 1 << 20
	x := make([]float64, n)
	for i := range x {
		x[i] = FromBits(g(7, 3, uint64(i/columns), i%columns))
	}
	var s1, s2, s3, s4 float64
	beyond := map[float64]float64{3: 0, 4: 0, 5: 0}
	for _, v := range x {
		s1, s2, s3, s4 = s1+v, s2+v*v, s3+v*v*v, s4+v*v*v*v
		for k := range beyond {
			if math.Abs(v) > k {
				beyond[k]++
			}
		}
	}
	// The variances of the powers of a normal deviate are 1, 2, 15 and 96.
	worst("mean", s1/math.Sqrt(n), 4.5)
	worst("variance", (s2/n-1)*math.Sqrt(n/2.0), 4.5)
	worst("third moment", s3/math.Sqrt(15*n), 4.5)
	worst("fourth moment", (s4/n-3)*math.Sqrt(n/96.0), 4.5)
	for k, count := range beyond {
		expect := n * math.Erfc(k/math.Sqrt2)
		worst("tails", (count-expect)/math.Sqrt(expect), 5)
	}

	x = x[:n/8]
	slices.Sort(x)
	d := 0.0
	for i, v := range x {
		p := math.Erfc(-v/math.Sqrt2) / 2
		d = max(d, p-float64(i)/float64(len(x)), float64(i+1)/float64(len(x))-p)
	}
	worst("Kolmogorov-Smirnov", d*math.Sqrt(float64(len(x))), 2.5)
}

// correlations pairs every deviate with neighbours in each coordinate and with
// the pairs that a carelessly mixed counter would confuse.
func correlations(g generator, worst func(string, float64, float64)) {
	const n = 1 << 16
	at := func(seed uint64, stream uint32, step uint64, index int) float64 {
		return FromBits(g(seed, stream, step, index))
	}
	for _, shift := range []struct {
		name          string
		seed, st, stp uint64
		index         int
	}{
		{"index+1", 0, 0, 0, 1}, {"index+2", 0, 0, 0, 2}, {"index+32", 0, 0, 0, 32},
		{"step+1", 0, 0, 1, 0}, {"step+2^32", 0, 0, 1 << 32, 0},
		{"stream+1", 0, 1, 0, 0}, {"seed+1", 1, 0, 0, 0}, {"seed+2^32", 1 << 32, 0, 0, 0},
		{"step+1, index-1", 0, 0, 1, -1}, {"step+1, index-2", 0, 0, 1, -2},
		{"seed+1, step-1", 1, 0, math.MaxUint64, 0}, {"stream+1, step-1", 0, 1, math.MaxUint64, 0},
	} {
		var product, squares float64
		for i := range uint64(n) {
			seed, step, index := 100+i%7, 1000+i/columns, 2+int(i%columns)
			x := at(seed, 5, step, index)
			y := at(seed+shift.seed, 5+uint32(shift.st), step+shift.stp, index+shift.index)
			product += x * y
			squares += (x*x - 1) * (y*y - 1)
		}
		worst("correlation "+shift.name, product/math.Sqrt(n), 4.5)
		worst("correlation "+shift.name, squares/math.Sqrt(4*n), 5) // variance 2 each; heavier tails
	}
}

func bitBalance(g generator, worst func(string, float64, float64)) {
	const n = 1 << 16
	var ones, changes [64]float64
	last := uint64(0)
	for i := range n {
		b := g(1, 0, uint64(i/columns), i%columns)
		for j := range 64 {
			ones[j] += float64(b >> j & 1)
			changes[j] += float64((b ^ last) >> j & 1)
		}
		last = b
	}
	for j := range 64 {
		worst("balance of bits", (ones[j]-n/2)/math.Sqrt(n/4), 5.5)
		worst("bits from one index to the next", (changes[j]-n/2)/math.Sqrt(n/4), 5.5)
	}
}

// avalanche flips every input bit: each output bit must follow half of the time.
func avalanche(g generator, worst func(string, float64, float64)) {
	const n = 512
	for in := range 64 + 64 + 32 + 33 {
		name := "avalanche of the seed"
		var counts [64]float64
		for i := range uint64(n) {
			seed, stream, step, index := 3*i, uint32(i%5), 11*i, i%columns
			was := g(seed, stream, step, int(index))
			switch {
			case in < 64:
				seed ^= 1 << in
			case in < 128:
				name, step = "avalanche of the step", step^1<<(in-64)
			case in < 160:
				name, stream = "avalanche of the stream", stream^1<<(in-128)
			default:
				name, index = "avalanche of the index", index^1<<(in-160)
			}
			change := was ^ g(seed, stream, step, int(index))
			for ; change != 0; change &= change - 1 {
				counts[bits.TrailingZeros64(change)]++
			}
		}
		for _, c := range counts {
			worst(name, (c-n/2)/math.Sqrt(n/4), 6)
		}
	}
}

func failed(score map[string]float64) (names []string) {
	for name, s := range score {
		if !(s <= 1) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

func TestQuality(t *testing.T) {
	for name, s := range quality(Bits) {
		if !(s <= 1) {
			t.Errorf("%s: %.3g times the bound", name, s)
		}
	}
}

// The battery must find what is wrong with bad generators, and every test of it
// must find something.
func TestQualityFailsBadGenerators(t *testing.T) {
	found := map[string]bool{}
	for _, c := range []struct {
		name string
		bad  generator
		want []string // tests that must fail
	}{
		{"six rounds are too few", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			key := [2]uint64{seed, domain}
			return threefry(6, key, [2]uint64{step, uint64(stream)<<32 | uint64(index)>>1})[index&1]
		}, []string{"avalanche of the step", "avalanche of the seed", "avalanche of the stream", "avalanche of the index"}},
		{"the index is left out", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			return Bits(seed, stream, step, 0)
		}, []string{"correlation index+1", "correlation index+2", "correlation index+32", "mean"}},
		{"the stream is left out", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			return Bits(seed, 0, step, index)
		}, []string{"correlation stream+1"}},
		{"the step is left out", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			return Bits(seed, stream, 0, index)
		}, []string{"correlation step+1"}},
		{"the seed is left out", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			return Bits(0, stream, step, index)
		}, []string{"correlation seed+1"}},
		{"step and seed are cut to 32 bits", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			return Bits(seed&math.MaxUint32, stream, step&math.MaxUint32, index)
		}, []string{"correlation step+2^32", "correlation seed+2^32"}},
		{"the step is added to the index", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			return Bits(seed, stream, 0, int((step+uint64(index))&math.MaxUint32))
		}, []string{"correlation step+1, index-1"}},
		{"the step is added to the pair", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			return Bits(seed, stream, 0, int((2*step+uint64(index))&math.MaxUint32))
		}, []string{"correlation step+1, index-2"}},
		{"the step is added to seed and stream", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			return Bits(seed+step+uint64(stream), 0, 0, index)
		}, []string{"correlation seed+1, step-1", "correlation stream+1, step-1"}},
		{"a product without mixing", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			return (seed + uint64(stream) + step<<8 + uint64(index)) * 0x9E3779B97F4A7C15
		}, []string{"bits from one index to the next"}},
		{"32 bits only", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			return Bits(seed, stream, step, index) << 32
		}, []string{"balance of bits"}},
		{"one sign too often", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			b := Bits(seed, stream, step, index)
			return b &^ (b & 31 / 31 << 63)
		}, []string{"mean", "third moment", "Kolmogorov-Smirnov"}},
		{"the middle too often", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			b := Bits(seed, stream, step, index)
			return b | b&31/31<<62
		}, []string{"variance", "fourth moment"}},
		{"an octave moved inwards", func(seed uint64, stream uint32, step uint64, index int) uint64 {
			b := Bits(seed, stream, step, index)
			if b>>54&0x1ff == 1 {
				b ^= 3 << 54
			}
			return b
		}, []string{"tails"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			names := failed(quality(c.bad))
			for _, want := range c.want {
				if found[want] = true; !slices.Contains(names, want) {
					t.Errorf("passes %q; fails %q", want, names)
				}
			}
		})
	}
	for name := range quality(Bits) {
		if !found[name] {
			t.Errorf("no bad generator fails %q", name)
		}
	}
}
