package loop

import (
	"context"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Measure returns the time of one step of a small recurrent network: 32 runs of 30
// neurons, fully connected, in float64. It takes about half a second.
func Measure(ctx context.Context, b compute.Backend) (time.Duration, error) {
	const neurons, runs = 30, 32
	p := NewProgram(b, "measure", 1, func(state, inputs []*graph.Node) (newState, results []*graph.Node) {
		return Loop{Steps: inputs[0], Consts: inputs[1:], Body: func(_ *graph.Node, state, consts, _ []*graph.Node) []*graph.Node {
			sums := graph.ReduceSum(graph.Mul(consts[0], graph.ExpandAxes(state[0], 1)), 0)
			return []*graph.Node{graph.Tanh(graph.Add(sums, Like(sums, 0.1)))}
		}}.Run(state...), nil
	})
	defer p.Close()
	weights := make([]float64, neurons*neurons*runs)
	for i := range weights {
		weights[i] = float64(i%7-3) / neurons
	}
	state, err := NewState(b, 0, tensors.FromFlatDataAndDimensions(make([]float64, neurons*runs), neurons, runs))
	if err != nil {
		return 0, err
	}
	defer state.Close()
	w := tensors.FromFlatDataAndDimensions(weights, neurons, neurons, runs)
	defer w.MustFinalizeAll()

	const enough = 200 * time.Millisecond
	for steps := int32(1); ; steps *= 4 {
		n := tensors.FromScalar(steps)
		start := time.Now()
		_, err := p.Run(state, n, w)
		if err == nil {
			_, err = Read[float64](state, 0) // programs run in the background until their result is read
		}
		took := time.Since(start)
		n.MustFinalizeAll()
		if err != nil {
			return 0, err
		}
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if took > enough && steps > 1 {
			return took / time.Duration(steps), nil
		}
	}
}
