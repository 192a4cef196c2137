package noise

import (
	"math"
	"sync"
)

const (
	// Octaves is the number of octaves of the tail probability in [Table].
	Octaves = 64
	// Segments is the number of segments, and of rows of [Table], per octave.
	Segments = 64
	// MaxError bounds the difference between a deviate and the exact inverse
	// of the normal distribution function at its tail probability.
	MaxError = 5e-11
)

type cubic = [4]float64

// Table returns the coefficients of the piecewise cubic, row-major
// [Octaves*Segments, 4]: a row holds the coefficients of t^0, t^1, t^2 and t^3
// of one segment. The slice is the caller's own.
func Table() []float64 {
	rows := table()
	flat := make([]float64, 0, 4*len(rows))
	for _, row := range rows {
		flat = append(flat, row[:]...)
	}
	return flat
}

// table makes the coefficients on first use, in a few milliseconds. It uses
// nothing but the operations that IEEE 754 rounds exactly, each rounded by
// itself: the functions of package math differ between platforms in the last
// bit, and math.Erfcinv has no tail (it inverts 1-p).
var table = sync.OnceValue(func() *[Octaves * Segments]cubic {
	// The Chebyshev nodes (1 - cos((2j+1)π/8))/2.
	t := cubic{0.038060233744356624, 0.30865828381745511, 0.69134171618254489, 0.96193976625564338}
	rows := new([Octaves * Segments]cubic)
	p, x := 0.5, 0.0
	for z := range Octaves {
		for s := Segments - 1; s >= 0; s-- {
			var f cubic
			for j := 3; j >= 0; j-- {
				q := math.Ldexp(1+(float64(s)+t[j])/Segments, -(z + 2))
				x = outward(x, (p-q)/density(x))      // the neighbour's Taylor series is good to about 1e-9,
				x = outward(x, mills(x)-q/density(x)) // and from there to the last bit.
				p, f[j] = q, x
			}
			rows[z*Segments+s] = interpolate(t, f)
		}
	}
	return rows
})

// outward returns the deviate whose tail probability is smaller than that of x
// by d times the density at x, by the Taylor series of the inverse function.
func outward(x, d float64) float64 {
	xd := float64(x * d)
	return x + float64(d*(1+float64(xd/2)+float64((float64(2*float64(xd*xd))+float64(d*d))/6)))
}

// interpolate returns the coefficients of the cubic through the points (t, f),
// from Newton's divided differences.
func interpolate(t, f cubic) cubic {
	for order := 1; order < 4; order++ {
		for j := 3; j >= order; j-- {
			f[j] = (f[j] - f[j-1]) / (t[j] - t[j-order])
		}
	}
	c := cubic{f[3]}
	for j := 2; j >= 0; j-- { // c = c*(t - t[j]) + f[j]
		for i := 3; i > 0; i-- {
			c[i] = c[i-1] - float64(t[j]*c[i])
		}
		c[0] = f[j] - float64(t[j]*c[0])
	}
	return c
}

// density returns the normal density at x.
func density(x float64) float64 {
	const (
		ln2High = 0x1.62e42fefap-1 // ln 2 in two parts, the first short enough for an exact product
		ln2Low  = math.Ln2 - ln2High
	)
	y := float64(x*x) / 2
	k := math.Floor(y/math.Ln2 + 0.5)
	r := float64(y-float64(k*ln2High)) - float64(k*ln2Low)
	e := 1.0
	for n := 20; n > 0; n-- { // the series of exp(-r), |r| < 0.35
		e = 1 - float64(r*e)/float64(n)
	}
	return math.Ldexp(e/math.Sqrt(2*math.Pi), -int(k))
}

// mills returns the tail probability beyond x >= 0 divided by the density at x.
func mills(x float64) float64 {
	if x < 1.5 { // one half less the power series of the centre
		sum, term := 0.0, x
		for n := 3.0; term > 1e-18; n += 2 {
			sum += term
			term = float64(term*float64(x*x)) / n
		}
		return 0.5/density(x) - sum
	}
	f := x // Laplace's continued fraction, from its end
	for n := 20 + math.Floor(300/float64(x*x)); n > 0; n-- {
		f = x + n/f
	}
	return 1 / f
}
