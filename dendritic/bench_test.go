package dendritic

import (
	"context"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// benchmark runs the published protocol of a preset from its start: training
// passes and, in their published proportion, validation. It reports the time of
// one step of one run on one core, noise included.
func benchmark[F float](b *testing.B, cfg Config, inputs int) {
	n, err := newNetwork[F](&cfg, false)
	if err != nil {
		b.Fatal(err)
	}
	patterns, targets := benchPatterns(b, &cfg, inputs)
	n.drawWeights(mt19937.New(cfg.Seed))
	p := cfg.StepsPerPattern()
	k := 0
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		i := k % len(patterns)
		training := i < len(patterns)*cfg.Data.Train/(cfg.Data.Train+cfg.Data.Valid)
		first := i == 0 || training != n.learning
		if err := n.present(first, training, patterns[i], targets[i], p, func(int) {}); err != nil {
			b.Fatal(err)
		}
		k++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*p), "ns/run-step")
}

func BenchmarkYinYangFA(b *testing.B)  { benchmark[float64](b, YinYang(FA), 900) }
func BenchmarkYinYangPAL(b *testing.B) { benchmark[float64](b, YinYang(PAL), 900) }
func BenchmarkMNISTPAL(b *testing.B)   { benchmark[float64](b, MNIST(PAL), 300) }

func BenchmarkYinYangPALFloat32(b *testing.B) {
	cfg := YinYang(PAL)
	cfg.Precision = Float32
	benchmark[float32](b, cfg, 900)
}

// benchPatterns returns Yin-Yang patterns, or ones with the size and density of
// MNIST digits: 19 % of the pixels are not 0.
func benchPatterns(b *testing.B, cfg *Config, n int) (patterns, targets [][]float64) {
	var labels []int
	if cfg.Data.Set == "yinyang" {
		splits, err := data.DefaultYinYang().Load(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		patterns, labels = splits.Train.Inputs[:n], splits.Train.Labels[:n]
	} else {
		rng := mt19937.New(1)
		for i := range n {
			p := make([]float64, cfg.Circuit.Levels[0])
			for j := range p {
				if rng.Float64() < 0.19 {
					p[j] = rng.Float64()
				}
			}
			patterns, labels = append(patterns, p), append(labels, i%cfg.Data.Classes)
		}
	}
	for _, label := range labels {
		t := make([]float64, cfg.Data.Classes)
		for j := range t {
			t[j] = cfg.Presentation.Low
		}
		t[label] = cfg.Presentation.High
		targets = append(targets, t)
	}
	return patterns, targets
}
