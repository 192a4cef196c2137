package dendritic

import (
	"math"

	"github.com/neurocredit/neurocredit/internal/vec"
)

// cutoff is θ, beyond which soft_relu and sigmoid_stable take their limits.
const cutoff = 15

// activation returns the element-wise transfer function (section 2). In float32
// it is evaluated in double precision and rounded once, as in the original.
func activation[F float](name string) func(dst, x []F) {
	if f, ok := any(vec.Sigmoid).(func(dst, x []F)); ok && name == "sigmoid" {
		return f
	}
	if name == "sigmoid" {
		var buf []float64
		return func(dst, x []F) {
			buf = buf[:0]
			for _, v := range x {
				buf = append(buf, float64(v))
			}
			vec.Sigmoid(buf, buf)
			for i, v := range buf {
				dst[i] = F(v)
			}
		}
	}
	scalar := scalarActivation(name)
	return func(dst, x []F) {
		for i, v := range x {
			dst[i] = F(scalar(float64(v)))
		}
	}
}

func scalarActivation(name string) func(x float64) float64 {
	switch name {
	case "sigmoid_stable":
		return func(x float64) float64 {
			switch {
			case x < -cutoff:
				return 0
			case math.Abs(x) < cutoff:
				return sigmoid(x)
			}
			return 1
		}
	case "soft_relu":
		return func(x float64) float64 {
			switch {
			case x < -cutoff:
				return 0
			case math.Abs(x) < cutoff:
				return math.Log(1 + math.Exp(x))
			}
			return x
		}
	}
	return sigmoid
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
