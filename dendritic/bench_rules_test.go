package dendritic

import (
	"testing"

	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// byHand is a projection whose plasticity factor is a loop written for its rule,
// instead of an equation.
type byHand struct {
	projection[float64]
	factor func()
}

func (p byHand) prepare() {
	if p.base().plastic {
		p.factor()
	}
}

// writeByHand replaces the equations of the published rules.
func writeByHand(n *network[float64]) {
	c, dt := n.cfg, n.cfg.Circuit.Dt
	for i, p := range n.projections {
		s := p.base()
		pre, post, r := s.pre, s.post, s.rule
		gain := dt * dt * s.eta / s.tau
		copyPre := func() {
			if s.transposed {
				copy(r.pre, pre.rateLast)
			}
		}
		var factor func()
		switch s.group {
		case groupUp, groupP2I:
			factor = func() {
				copyPre()
				predicted := post.predicted[:len(r.post)]
				for j, rate := range post.rate {
					r.post[j] = gain * (rate - predicted[j])
				}
			}
		case groupI2P:
			factor = func() {
				copyPre()
				for j, v := range post.top {
					r.post[j] = -gain * v
				}
			}
		case groupDown:
			rate := dt * c.Learning.Rates.Down[s.level-1]
			factor = func() {
				if s.transposed {
					copy(r.pre, pre.highpass)
				}
				for j, v := range post.noise {
					r.post[j] = rate * v
				}
			}
		}
		n.projections[i] = byHand{p, factor}
	}
}

// BenchmarkRules compares the published rules as equations with the same rules
// as loops written by hand, in the complete step of a taught Yin-Yang circuit.
func BenchmarkRules(b *testing.B) {
	for _, hand := range []bool{false, true} {
		name := map[bool]string{false: "equations", true: "by-hand"}[hand]
		b.Run(name, func(b *testing.B) {
			cfg := YinYang(PAL)
			n, err := newNetwork[float64](&cfg, false)
			if err != nil {
				b.Fatal(err)
			}
			n.drawWeights(mt19937.New(cfg.Seed))
			if hand {
				writeByHand(n)
			}
			patterns, targets := benchPatterns(b, &cfg, 100)
			p, k := cfg.StepsPerPattern(), 0
			b.ResetTimer()
			for b.Loop() {
				i := k % len(patterns)
				if err := n.present(k == 0, true, patterns[i], targets[i], p, func(int) {}); err != nil {
					b.Fatal(err)
				}
				k++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*p), "ns/run-step")
		})
	}
}

// TestRulesByHand proves that both forms compared by BenchmarkRules do the same.
func TestRulesByHand(t *testing.T) {
	run := func(hand bool) *network[float64] {
		cfg := YinYang(PAL)
		n, err := newNetwork[float64](&cfg, false)
		if err != nil {
			t.Fatal(err)
		}
		n.drawWeights(mt19937.New(cfg.Seed))
		if hand {
			writeByHand(n)
		}
		for k := range 20 {
			pattern, target := []float64{0.1, 0.5, 0.9, 0.5}, []float64{0.1, 0.1, 0.1}
			pattern[k%4] += 0.05 * float64(k)
			target[k%3] = 1
			if err := n.present(k == 0, true, pattern, target, 100, func(int) {}); err != nil {
				t.Fatal(err)
			}
		}
		n.settle()
		return n
	}
	a, b := run(false), run(true)
	for i, p := range a.projections {
		s, o := p.base(), b.projections[i].base()
		for j := range s.w {
			if d := s.w[j] - o.w[j]; d > 1e-13 || d < -1e-13 {
				t.Fatalf("%s of level %d: weight %d is %v by equation, %v by hand", s.file, s.level, j, s.w[j], o.w[j])
			}
		}
	}
}
