package mdgl

import (
	"math"
	"math/rand/v2"

	"github.com/neurocredit/neurocredit/data"
)

// perNeuron holds the constants of every neuron, [N] each.
type perNeuron[F float] struct {
	alpha, alpha1 []F // α, 1-α
	rho, rho1     []F // ρ, 1-ρ
	beta          []F // 0 for regular neurons
	reset         []F // (γ/ϑ)(1-ρ)
}

func newPerNeuron[F float](c *Config) perNeuron[F] {
	N, p := c.Neurons(), &c.Cells
	o := perNeuron[F]{make([]F, N), make([]F, N), make([]F, N), make([]F, N), make([]F, N), make([]F, N)}
	pick := func(list []float64, j int, common float64) float64 {
		if len(list) > 0 {
			return list[j]
		}
		return common
	}
	for j := range N {
		alpha, rho := math.Exp(-1/pick(p.MembraneTaus, j, p.MembraneTau)), math.Exp(-1/pick(p.AdaptationTaus, j, p.AdaptationTau))
		o.alpha[j], o.alpha1[j], o.rho[j], o.rho1[j] = F(alpha), F(1-alpha), F(rho), F(1-rho)
		o.reset[j] = F(p.Dampening/p.Threshold) * o.rho1[j]
		if j >= p.Regular {
			o.beta[j] = F(pick(p.Adaptations, j, p.Adaptation))
		}
	}
	return o
}

// noiseKey numbers the noise of a batch.
func noiseKey(stage data.Stage, index int) uint64 { return uint64(stage+1)<<40 | uint64(index) }

// noiseOf returns the noise of a trial of the batch, nil without noise.
func (n *network[F]) noiseOf(trial int) *rand.Rand {
	if n.cfg.Cells.Noise == 0 {
		return nil
	}
	return rand.New(rand.NewPCG(uint64(n.cfg.Seed)|streamNoise<<32, n.noise<<20+uint64(trial)))
}

// addNoise adds a step of noise currents to what arrives.
func (n *network[F]) addNoise(rng *rand.Rand, arriving []F) {
	for j := range arriving {
		arriving[j] += n.own.alpha1[j] * F(n.cfg.Cells.Noise*rng.NormFloat64())
	}
}
