package noise

import (
	"fmt"
	"hash/fnv"
	"math"
	"testing"
)

// Fill must not depend on how much is drawn, and must agree with At and with
// the documented bit layout.
func TestFillIsAtAndFromBits(t *testing.T) {
	rows := Table()
	for _, s := range samples(200) {
		stream := uint32(s[1])
		for _, n := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 30, 31, 32, 33, 100} {
			dst := make([]float64, n+1)
			dst[n] = 7
			Fill(dst[:n], s[0], stream, s[2])
			for i, x := range dst[:n] {
				if want := At(s[0], stream, s[2], i); x != want {
					t.Fatalf("Fill(%d values, %x)[%d] = %v, At says %v", n, s, i, x, want)
				}
				if want := layout(rows, Bits(s[0], stream, s[2], i)); x != want {
					t.Fatalf("Fill(%d values, %x)[%d] = %v, the bit layout says %v", n, s, i, x, want)
				}
			}
			if dst[n] != 7 {
				t.Fatalf("Fill(%d values) wrote beyond its slice", n)
			}
		}
	}
}

// The form that this build runs on this processor against the plain one.
func FuzzFillIsPlainFill(f *testing.F) {
	for n := range uint16(41) {
		f.Add(n, uint64(n)*0x9e3779b97f4a7c15, uint32(n), uint64(n))
	}
	f.Add(uint16(16), uint64(math.MaxUint64), uint32(math.MaxUint32), uint64(math.MaxUint64))
	f.Fuzz(func(t *testing.T, n uint16, seed uint64, stream uint32, step uint64) {
		n %= 500
		got, want := make([]float64, n+8), make([]float64, n)
		Fill(got[:n], seed, stream, step)
		fillPlain(want, table(), seed, step, uint64(stream)<<32)
		for i, x := range got {
			if i < len(want) && math.Float64bits(x) != math.Float64bits(want[i]) {
				t.Errorf("deviate %d of %d is %v, plain %v", i, n, x, want[i])
			} else if i >= len(want) && x != 0 {
				t.Errorf("%d deviates: wrote behind them", n)
			}
		}
	})
}

// layout is the package comment, with arithmetic where the code has bit tricks.
func layout(table []float64, b uint64) float64 {
	v := b<<1 | 1
	z := 0
	for v>>(63-z) == 0 {
		z++
	}
	w := v << z << 1
	s := w >> 58
	t := float64(w<<6>>12) / (1 << 52)
	c := table[4*(Segments*z+int(s)):]
	x := float64(c[3]*t) + c[2]
	x = float64(x*t) + c[1]
	x = float64(x*t) + c[0]
	if b>>63 == 1 {
		return -x
	}
	return x
}

// The table must be the same to the last bit on every platform.
func TestTableIsTheSameEverywhere(t *testing.T) {
	h := fnv.New64a()
	for _, c := range Table() {
		b := math.Float64bits(c)
		for i := range 8 {
			h.Write([]byte{byte(b >> (8 * i))})
		}
	}
	if got, want := h.Sum64(), uint64(0xde7db9645ff4913d); got != want {
		t.Errorf("hash of the table's bits: %#x, want %#x", got, want)
	}
}

// tail returns the exact tail probability of the magnitude bits of b.
func tail(b uint64) float64 {
	return math.Ldexp(float64(b<<1>>1)+0.5, -64)
}

// Each deviate must lie within MaxError of the exact inverse. The error of x
// follows from the error of its tail probability, which math.Erfc tells to
// full relative accuracy.
func TestFromBitsError(t *testing.T) {
	worst := 0.0
	check := func(b uint64) {
		x, p := FromBits(b), tail(b)
		density := math.Exp(-x*x/2) / math.Sqrt(2*math.Pi)
		e := math.Abs(math.Erfc(x/math.Sqrt2)/2-p) / density
		if worst = max(worst, e); !(e <= MaxError) {
			t.Fatalf("FromBits(%#x) = %v: off by %.3g, allowed %.3g", b, x, e, MaxError)
		}
		if y := FromBits(b | 1<<63); y != -x {
			t.Fatalf("FromBits(%#x) = %v, of the other sign %v", b, x, y)
		}
	}
	for z := range 63 {
		first := uint64(1) << (62 - z) // of the octave; as many more belong to it
		for stride, b := max(1, first>>12), first; b < 2*first; b += stride {
			check(b)
			check(b + stride - 1)
		}
	}
	check(0)
	t.Logf("largest error %.3g", worst)
}

func BenchmarkFill(b *testing.B) {
	for _, n := range []int{3, 30, 100, 784} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dst := make([]float64, n)
			for i := range b.N {
				Fill(dst, 42, 1, uint64(i))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/draw")
		})
	}
}
