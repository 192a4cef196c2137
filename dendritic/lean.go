package dendritic

import "github.com/neurocredit/neurocredit/internal/vec"

// bindKernels picks the inner loops of the neuron phase: those of package vec for
// float64, plain ones for float32, which keeps all state anyway.
func (n *network[F]) bindKernels() {
	a := n.arena
	if f, ok := any(vec.Diffuse).(func(x []F, xi []float64, up, down F)); ok {
		n.diffuse = f
	}
	if b, ok := any(a).(*arena[float64]); ok {
		size := b.n
		k := &vec.Neurons{
			SumBasal: b.sumBasal, SumTop: b.sumTop, Basal: b.basal, Top: b.top, Noise: b.noise,
			WBasal: b.wBasal, WTop: b.wTop, Scale: b.scale,
			Voltage: b.phiArg[:size], Prediction: b.phiArg[size:], Rate: b.phiVal[:size], RateLast: b.rateLast,
		}
		n.lean = k.Step
	}
}
