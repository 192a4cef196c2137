package dendritic

import "math"

// Score is the outcome of one untaught pass (docs/models/dendritic.md, section 7).
type Score struct {
	Samples      int
	Accuracy     float64 // share of correct patterns, in %
	MeanAbsError float64 // mean of |v_brev - target| over all readouts and output neurons
	RMSE         float64 // root of the mean square of the same difference

	Predicted []int // [samples] class in the order of presentation
	Target    []int // [samples] true class
}

// tally gathers the readouts of a pass.
type tally struct {
	records, outputs int
	sum, peak        []float64 // over the readouts of the pattern but the first
	n                int
	abs, square      float64
	predicted, truth []int
}

func newTally(c *Config) *tally {
	n := c.Circuit.Levels[len(c.Circuit.Levels)-1]
	return &tally{records: c.Presentation.Records, outputs: n, sum: make([]float64, n), peak: make([]float64, n)}
}

// add takes readout number k of a pattern. The last one decides its class: the
// argmax of the mean voltage, against that of the largest target.
func (y *tally) add(k int, voltage, target []float64) {
	if k == 0 {
		clear(y.sum)
		for j := range y.peak {
			y.peak[j] = math.Inf(-1)
		}
	}
	for j, v := range voltage {
		d := math.Abs(v - target[j])
		y.abs += d
		y.square += d * d
		if k > 0 {
			y.sum[j] += v
			y.peak[j] = max(y.peak[j], target[j])
		}
	}
	y.n += len(voltage)
	if k == y.records-1 {
		y.predicted = append(y.predicted, argmax(y.sum))
		y.truth = append(y.truth, argmax(y.peak))
	}
}

func (y *tally) score() Score {
	s := Score{Samples: len(y.predicted), Predicted: y.predicted, Target: y.truth}
	correct := 0
	for i, p := range y.predicted {
		if p == y.truth[i] {
			correct++
		}
	}
	if s.Samples > 0 {
		s.Accuracy = 100 * float64(correct) / float64(s.Samples)
		s.MeanAbsError = y.abs / float64(y.n)
		s.RMSE = math.Sqrt(y.square / float64(y.n))
	}
	return s
}

// argmax returns the first index of the largest value.
func argmax(x []float64) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}
