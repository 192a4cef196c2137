package vec

import "math"

// The logistic function is 1/(1 + exp(y)), y = -x, where
//
//	y = n*ln2/16 + u,  n whole, |u| <= ln2/32
//	exp(y) = 2^(n div 16) * 2^((n mod 16)/16) * exp(u)
//
// with a table for the middle factor, and for the last one the polynomial
// 1 + u + u²(g0 + g1 u + g2 u² + g3 u³ + g4 u⁴), whose g interpolate
// (exp(u)-1-u)/u² at the Chebyshev nodes of the interval (error 3e-17).
const (
	// Beyond these bounds of y the result is 1 or 0 to the last bit of 1.
	// At yMax, exp(y) is +Inf.
	yMin = -64
	yMax = 1024 * math.Ln2

	perStep = 16 / math.Ln2
	stepHi  = 0x1.62e42fefp-5 // 33 bits of ln2/16: its product with n is exact
	stepLo  = math.Ln2/16 - stepHi

	// Adding toWhole rounds a number to a whole one, n, and leaves n in the
	// low bits of the sum.
	toWhole = 3 << 51

	g0 = 0.5
	g1 = 0.1666666666529896
	g2 = 0.04166666666495703
	g3 = 0.008333449817651228
	g4 = 0.0013889034494096299
)

// powers holds the bits of 2^(j/16), less j<<48. Adding n<<48 to entry n mod 16
// gives the bits of 2^(n/16): the low four bits of n cancel, the others go to
// the exponent.
var powers = func() (bits [16]uint64) {
	for j, p := range [16]float64{
		1, 1.044273782427413840322, 1.090507732665257659207, 1.138788634756691653704,
		1.189207115002721066717, 1.241857812073484048594, 1.296839554651009665934, 1.354255546936892728298,
		1.414213562373095048802, 1.476826145939499311387, 1.542210825407940823612, 1.610490331949254308180,
		1.681792830507429086062, 1.756252160373299483112, 1.834008086409342463487, 1.915206561397147293873,
	} {
		bits[j] = math.Float64bits(p) - uint64(j)<<48
	}
	return bits
}()

// Sigmoid sets dst[i] = 1/(1+exp(-x[i])), to within 2e-16, and to within 5e-16 of
// the value itself where that is above 1e-300. It is exact at
// ±Inf and keeps NaN. The slices must have the same length and may be the same.
func Sigmoid(dst, x []float64) {
	if len(dst) != len(x) {
		panic("vec: Sigmoid: slices of different length")
	}
	sigmoid(dst, x)
}

func sigmoidPlain(dst, x []float64) {
	dst = dst[:len(x)]
	for i, v := range x {
		y := -v
		if y > yMax {
			y = yMax
		}
		if y < yMin {
			y = yMin
		}
		t := float64(y*perStep) + toWhole
		n := t - toWhole
		u := float64(y-float64(n*stepHi)) - float64(n*stepLo)
		u2 := float64(u * u)
		g := float64(g0+float64(g1*u)) + float64(u2*(float64(g2+float64(g3*u))+float64(g4*u2)))
		e := 1 + float64(u+float64(u2*g))
		b := math.Float64bits(t)
		dst[i] = 1 / (1 + float64(math.Float64frombits(powers[b&15]+b<<48)*e))
	}
}
