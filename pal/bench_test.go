package pal

import (
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// benchmark measures one training step of a preset, noise included, on one core.
func benchmark(b *testing.B, c Config) {
	c.Presentation.Settling = 0
	s, err := newSession(&c, benchSamples(&c))
	must(b, err)
	steps := c.StepsPerSample()
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		must(b, s.sample(func() error { return nil }))
		if s.Stage != stageTrain {
			s.Stage, s.Epoch = stageTrain, 0
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*steps), "ns/run-step")
}

func BenchmarkFig3PAL(b *testing.B) { benchmark(b, AlignLinear()) }
func BenchmarkFig4PAL(b *testing.B) { benchmark(b, Chain(PAL)) }
func BenchmarkFig4BP(b *testing.B)  { benchmark(b, Chain(BP)) }
func BenchmarkFig3AllLearn(b *testing.B) {
	c := AlignLinear()
	c.Task = TaskTeacher
	c.Learning.Rates.P2I = repeat(1, 3)
	benchmark(b, c)
}

// benchSamples returns random samples with targets.
func benchSamples(c *Config) *data.Set {
	set := &data.Set{Inputs: c.drawInputs(1)}
	rng := mt19937.New(2)
	for range set.Inputs {
		y := make([]float64, c.Circuit.Levels[c.Hidden()+1])
		for i := range y {
			y[i] = rng.Float64()
		}
		set.Targets = append(set.Targets, y)
	}
	if c.Task == TaskBackward {
		set.Targets = nil
	}
	return set
}

// BenchmarkNormal measures the noise alone: the 50 deviates of a step.
func BenchmarkNormal(b *testing.B) {
	rng := mt19937.New(1)
	sum := 0.0
	for b.Loop() {
		for range 50 {
			sum += rng.Normal()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/run-step")
}
