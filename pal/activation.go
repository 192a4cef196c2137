package pal

import (
	"math"

	"github.com/neurocredit/neurocredit/internal/vec"
)

// transfer is the transfer function φ (section 2) in the forms that are needed.
type transfer struct {
	apply func(dst, x []float64)  // element-wise, in place if dst is x
	slope func(x float64) float64 // φ'
}

// transferOf returns the transfer function of a name that Validate has checked.
// Slopes at a kink are 0.
func transferOf(name string) transfer {
	switch name {
	case "linear":
		return transfer{
			func(dst, x []float64) { copy(dst, x) },
			func(float64) float64 { return 1 },
		}
	case "relu":
		return transfer{
			each(func(x float64) float64 { return max(x, 0) }),
			func(x float64) float64 { return inside(x > 0, 1) },
		}
	case "soft_relu":
		return transfer{each(softplus), logistic}
	case "tanh":
		return transfer{
			each(math.Tanh),
			func(x float64) float64 { t := math.Tanh(x); return 1 - float64(t*t) },
		}
	case "hard_sigmoid":
		return transfer{
			each(func(x float64) float64 { return min(max(x/6+0.5, 0), 1) }),
			func(x float64) float64 { return inside(x > -3 && x < 3, 1.0/6) },
		}
	}
	return transfer{
		vec.Sigmoid,
		func(x float64) float64 { y := logistic(x); return y * (1 - y) },
	}
}

func each(f func(float64) float64) func(dst, x []float64) {
	return func(dst, x []float64) {
		for i, v := range x {
			dst[i] = f(v)
		}
	}
}

func inside(is bool, slope float64) float64 {
	if is {
		return slope
	}
	return 0
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// softplus is ln(1+exp(x)) without overflow.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
