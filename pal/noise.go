package pal

import (
	"math"

	"github.com/neurocredit/neurocredit/internal/vec"
)

// diffuse draws the noise of the next step (section 4): hidden levels in
// ascending order, one normal number per neuron.
func (n *network) diffuse() {
	if n.deviates == nil || !n.phase.Down {
		return
	}
	noise, dt := &n.cfg.Circuit.Noise, n.cfg.Circuit.Dt
	up, down := math.Sqrt(dt*noise.Tau)/noise.Tau, dt/noise.Tau
	for l, p := range n.pyr[:len(n.inters)] {
		for i := range p.deviate {
			p.deviate[i] = n.deviates()
		}
		for i, x := range p.noiseScale(noise.Scale) {
			p.deviate[i] *= math.Abs(x)
		}
		sigma := entry(noise.Amplitude, l)
		if !noise.White {
			vec.Diffuse(p.noise, p.deviate, up*sigma, down)
			continue
		}
		for i, w := range p.deviate {
			p.noise[i] = sigma * w
		}
	}
}

// noiseScale returns the voltages whose absolute value multiplies the noise, nil
// for none.
func (p *population) noiseScale(name string) []float64 {
	switch name {
	case "voltage":
		return p.v
	case "prospective":
		return p.u
	case "apical":
		return p.apical
	}
	return nil
}
