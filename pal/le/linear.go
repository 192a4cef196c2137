package le

import (
	"fmt"
	"math"
)

// LinearClassifier separates classes by planes, one against the rest. The decision
// is the class whose plane is furthest below the sample.
type LinearClassifier struct {
	Weights   [][]float64 // [classes][values], of standardised values
	Bias      []float64   // [classes]
	Mean, Std []float64   // of the training values
}

// Settings of the classifier, those of scikit-learn's SGDClassifier.
const (
	linearAlpha    = 1e-4 // weight of the L2 penalty
	linearEpochs   = 1000 // at most
	linearTol      = 1e-3 // improvement of the mean loss that counts
	linearPatience = 5    // epochs without that end the training
)

// FitLinear trains a classifier on codes [samples][values] with labels 0..classes-1:
// values are standardised, then each class is separated from all others by a linear
// support vector machine that stochastic gradient descent trains on the hinge loss.
// Method and settings are those of scikit-learn's StandardScaler and SGDClassifier
// (hinge loss, penalty L2 with α = 10⁻⁴, learning rate "optimal", at most 1000
// epochs, tolerance 10⁻³ for 5 epochs). Sample orders follow from the seed.
func FitLinear(codes [][]float64, labels []int, classes int, seed uint64) (*LinearClassifier, error) {
	return fitLinear(codes, labels, classes, func(epoch int, order []int) []int {
		return permuted(order, seed, streamLinear, uint64(epoch))
	})
}

// fitLinear takes the samples of an epoch in the order that shuffle makes of the one
// before.
func fitLinear(codes [][]float64, labels []int, classes int, shuffle func(epoch int, order []int) []int) (*LinearClassifier, error) {
	if len(codes) == 0 || len(codes) != len(labels) || classes < 2 {
		return nil, fmt.Errorf("le: linear classifier: %d codes, %d labels and %d classes, want as many labels as codes and at least 2 classes", len(codes), len(labels), classes)
	}
	for i, l := range labels {
		if l < 0 || l >= classes {
			return nil, fmt.Errorf("le: linear classifier: row %d: label %d, want 0..%d", i, l, classes-1)
		}
		for k, v := range codes[i] {
			if math.IsNaN(v) || math.IsInf(v, 0) || len(codes[i]) != len(codes[0]) {
				return nil, fmt.Errorf("le: linear classifier: row %d: value %d is %v of %d values, want finite numbers, %d as in row 0", i, k, v, len(codes[i]), len(codes[0]))
			}
		}
	}
	c := &LinearClassifier{Bias: make([]float64, classes)}
	c.standardise(codes)
	values := make([][]float64, len(codes))
	for i, x := range codes {
		values[i] = c.scaled(x)
	}
	order := make([]int, len(codes))
	for i := range order {
		order[i] = i
	}
	fits := make([]*hinge, classes)
	for k := range fits {
		fits[k] = &hinge{w: make([]float64, len(codes[0])), best: math.Inf(1)}
	}
	for epoch, open := 0, classes; epoch < linearEpochs && open > 0; epoch++ {
		order = shuffle(epoch, order)
		open = 0
		for k, h := range fits {
			if h.done {
				continue
			}
			h.epoch(values, labels, k, order)
			if !h.done {
				open++
			}
		}
	}
	for k, h := range fits {
		c.Weights, c.Bias[k] = append(c.Weights, h.w), h.b
	}
	return c, nil
}

// hinge is the training of one class against the rest.
type hinge struct {
	w      []float64
	b      float64
	t      float64 // updates made
	best   float64 // smallest summed loss of an epoch
	failed int     // epochs without enough improvement
	done   bool
}

// epoch goes once over all samples. The learning rate in update t is
// 1/(α (t0 + t)), with t0 such that the first one fits typical weights.
func (h *hinge) epoch(values [][]float64, labels []int, class int, order []int) {
	t0 := 1 / (math.Sqrt(1/math.Sqrt(linearAlpha)) * linearAlpha)
	loss := 0.0
	for _, i := range order {
		x, y := values[i], -1.0
		if labels[i] == class {
			y = 1
		}
		p := h.b
		for k, v := range x {
			p += h.w[k] * v
		}
		loss += math.Max(0, 1-y*p)
		eta := 1 / (linearAlpha * (t0 + h.t))
		h.t++
		shrink := math.Max(0, 1-eta*linearAlpha)
		for k, v := range x {
			h.w[k] *= shrink
			if y*p <= 1 {
				h.w[k] += eta * y * v
			}
		}
		if y*p <= 1 {
			h.b += eta * y
		}
	}
	h.failed++
	if loss <= h.best-linearTol*float64(len(order)) {
		h.failed = 0
	}
	h.best = math.Min(h.best, loss)
	h.done = h.failed >= linearPatience
}

// standardise takes mean and standard deviation of the codes.
func (c *LinearClassifier) standardise(codes [][]float64) {
	width := len(codes[0])
	c.Mean, c.Std = make([]float64, width), make([]float64, width)
	for k := range width {
		for _, x := range codes {
			c.Mean[k] += x[k] / float64(len(codes))
		}
		for _, x := range codes {
			c.Std[k] += (x[k] - c.Mean[k]) * (x[k] - c.Mean[k]) / float64(len(codes))
		}
		if c.Std[k] = math.Sqrt(c.Std[k]); c.Std[k] == 0 {
			c.Std[k] = 1
		}
	}
}

func (c *LinearClassifier) scaled(x []float64) []float64 {
	z := make([]float64, len(x))
	for k, v := range x {
		z[k] = (v - c.Mean[k]) / c.Std[k]
	}
	return z
}

// Class returns the decision for a code.
func (c *LinearClassifier) Class(code []float64) int {
	best, top := 0, math.Inf(-1)
	z := c.scaled(code)
	for k, w := range c.Weights {
		p := c.Bias[k]
		for i, v := range z {
			p += w[i] * v
		}
		if p > top {
			best, top = k, p
		}
	}
	return best
}

// Accuracy returns the fraction of codes whose decision is their label.
func (c *LinearClassifier) Accuracy(codes [][]float64, labels []int) float64 {
	right := 0
	for i, x := range codes {
		if c.Class(x) == labels[i] {
			right++
		}
	}
	return float64(right) / float64(len(codes))
}
