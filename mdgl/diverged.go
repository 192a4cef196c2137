package mdgl

import (
	"fmt"
	"math"
)

// DivergedError says that a loss or a gradient was not finite.
type DivergedError struct {
	Update   int     // updates made before
	Gradient string  // input, recurrent, output or bias; "": the loss
	Loss     float64 // where Gradient is empty
}

// Error names the update and the weights, or the loss.
func (e *DivergedError) Error() string {
	what := fmt.Sprintf("the gradient of the %s weights is not finite", e.Gradient)
	if e.Gradient == "" {
		what = fmt.Sprintf("the loss is %v", e.Loss)
	}
	hint := "a smaller learning.rate may help"
	if e.Update == 0 {
		hint = "look for large or tiny numbers in cells and in the inputs of the task"
	}
	return fmt.Sprintf("mdgl: after %d updates %s; %s", e.Update, what, hint)
}

func checkLoss(updates int, s score) error {
	if x := s.loss + s.rateLoss; math.IsNaN(x) || math.IsInf(x, 0) {
		return &DivergedError{Update: updates, Loss: x}
	}
	return nil
}

// ActivityError says that a network cannot learn because it is silent, or because all
// neurons fire as fast as refractoriness lets them.
type ActivityError struct {
	Update int     // updates made before
	Rate   float64 // mean over the neurons, Hz
	Limit  float64 // highest possible rate, Hz
	hint   string
}

// Error names the update, the rate and what may help.
func (e *ActivityError) Error() string {
	if e.Rate == 0 {
		return fmt.Sprintf("mdgl: after %d updates the network is silent (0 Hz in all neurons) and no synapse has a gradient, so it will never learn; %s", e.Update, e.hint)
	}
	return fmt.Sprintf("mdgl: after %d updates the network has exploded: neurons fire at %.0f of at most %.0f Hz; %s", e.Update, e.Rate, e.Limit, e.hint)
}

// explodes is the share of the highest possible rate from which on nothing can be learned.
const explodes = 0.95

// checkActivity reports a network that cannot learn. The gradient of the last batch must be known.
func (n *network[F]) checkActivity() error {
	mean := 0.0
	for _, r := range n.rates {
		mean += 1000 * r / float64(n.neurons)
	}
	c := n.cfg
	e := &ActivityError{Update: n.updates, Rate: mean, Limit: 1000 / float64(c.Cells.Refractory+1)}
	if mean > explodes*e.Limit {
		e.hint = fmt.Sprintf("a higher cells.threshold (%g) or a learning.rate_cost (%g) may help", c.Cells.Threshold, c.Learning.RateCost)
		return e
	}
	if mean > 0 {
		return nil
	}
	for _, part := range [][]F{n.sums.in, n.sums.rec} {
		for _, g := range part {
			if g != 0 {
				return nil
			}
		}
	}
	e.hint = fmt.Sprintf("a lower cells.threshold (%g), stronger input or a learning.rate_cost (%g) may help", c.Cells.Threshold, c.Learning.RateCost)
	return e
}
