package pal

import (
	"testing"

	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// benchmarkGraph measures one training step of one of many runs, noise included,
// in one program on XLA.
func benchmarkGraph(b *testing.B, runs int, c Config) {
	c.Presentation.Settling = 0
	set := benchSamples(&c)
	configs := make([]Config, runs)
	var nets []*network
	for r := range configs {
		configs[r] = c
		configs[r].Seed += uint32(r)
		n, err := newNetwork(&configs[r], mt19937.New(configs[r].Seed))
		must(b, err)
		n.initialize(configs[r].Seed, c.Initial.Weights, true)
		nets = append(nets, n)
	}
	g, err := newGraphBatch(backendtest.XLA(b), graphCapacity, nets)
	must(b, err)
	defer g.close()
	must(b, g.push())
	advance := func() { // to the next point
		for range c.Record.Every / graphCapacity {
			must(b, g.advance(segment{train: true, steps: graphCapacity, input: func(_, k int) (x, y []float64) {
				if set.Targets != nil {
					y = set.Targets[k]
				}
				return set.Inputs[k], y
			}}))
		}
		must(b, g.pull(every))
	}
	advance()
	count := 0
	for b.Loop() {
		advance()
		count += runs * c.Record.Every
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(count), "ns/run-step")
}

func BenchmarkFig3GraphAlone(b *testing.B) { benchmarkGraph(b, 1, AlignLinear()) }
func BenchmarkFig3Graph(b *testing.B)      { benchmarkGraph(b, 10, AlignLinear()) }
func BenchmarkFig3Graph16(b *testing.B)    { benchmarkGraph(b, 16, AlignLinear()) }
func BenchmarkFig4GraphAlone(b *testing.B) { benchmarkGraph(b, 1, Chain(PAL)) }
func BenchmarkFig4Graph16(b *testing.B)    { benchmarkGraph(b, 16, Chain(PAL)) }
