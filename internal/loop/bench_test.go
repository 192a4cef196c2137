package loop

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
)

// BenchmarkNoise draws the noise of a chunk of 200 steps of 30 neurons of 32 runs.
func BenchmarkNoise(b *testing.B) {
	const steps, count, runs = 200, 30, 32
	p := NewProgram(backendtest.XLA(b).Engine, "noise", 1, func(s, in []*graph.Node) (newState, results []*graph.Node) {
		seeds := in[0]
		return Loop{
			Steps: in[1], Consts: []*graph.Node{seeds, NoiseTable(seeds.Graph())},
			Body: func(i *graph.Node, s, consts, _ []*graph.Node) []*graph.Node {
				x := Normal(Bits(consts[0], graph.ConvertDType(i, seeds.DType()), 1, steps, count), consts[1])
				return []*graph.Node{graph.Add(s[0], x)}
			},
		}.Run(s...), nil
	})
	defer p.Close()
	s, err := NewState(p.backend, 0, tensors.FromFlatDataAndDimensions(make([]float64, steps*count*runs), steps, count, runs))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	in := []*tensors.Tensor{tensors.FromFlatDataAndDimensions(make([]uint64, runs), runs), tensors.FromScalar(int32(20))}
	if _, err := p.Run(s, in...); err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		if _, err := p.Run(s, in...); err != nil {
			b.Fatal(err)
		}
		n += 20
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*steps*count*runs), "ns/draw")
}
