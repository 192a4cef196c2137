package le

import (
	"math"
)

// oracle is a second implementation of networks of layers, in float64 and with plain
// loops, from the text of docs/models/pal.md, sections 18 to 20.
type oracle struct {
	cfg     *Config
	layers  []*oracleLayer
	updates int // made so far

	// instantaneous rates follow the membrane instead of the prospective voltage, for
	// a control.
	instantaneous bool
}

// cells are values of the neurons of a layer, [sample][neuron]; images by channel,
// row and column.
type cells [][]float64

type oracleLayer struct {
	Layer
	neurons, channels, side int // of what it gives; no channels: neurons
	synapses                []synapse
	windows                 [][]int // of a pool: the pixels that each neuron looks at

	up, bias, down, direct          []float64
	slowUp, slowBias                []float64
	u, p, rate, slope, own, xi, hip cells // membrane, prospective voltage, rate, slope, own error, noise, high-passed rate
}

// synapse is a connection with the places of its bottom-up and top-down weight.
type synapse struct{ from, to, up, down int }

func newOracle(cfg *Config) *oracle {
	o := &oracle{cfg: cfg}
	below := &oracleLayer{neurons: cfg.Network.Input[0]}
	if len(cfg.Network.Input) == 3 {
		below.channels, below.side = cfg.Network.Input[0], cfg.Network.Input[1]
		below.neurons = below.channels * below.side * below.side
	}
	b := cfg.Presentation.Batch
	for _, desc := range cfg.Network.Layers {
		l := &oracleLayer{Layer: desc, neurons: desc.Units}
		switch desc.Kind {
		case KindConv:
			l.convolve(below)
		case KindPool:
			l.gather(below)
		default:
			for m := range below.neurons {
				for n := range l.neurons {
					l.synapses = append(l.synapses, synapse{m, n, m*l.neurons + n, n*below.neurons + m})
				}
			}
		}
		for _, s := range []*cells{&l.u, &l.p, &l.rate, &l.slope, &l.own, &l.xi, &l.hip} {
			*s = newCells(b, l.neurons)
		}
		o.layers = append(o.layers, l)
		below = l
	}
	return o
}

func newCells(samples, neurons int) cells {
	c := make(cells, samples)
	for i := range c {
		c[i] = make([]float64, neurons)
	}
	return c
}

func (l *oracleLayer) convolve(below *oracleLayer) {
	k := l.Size
	l.channels, l.side = l.Units, below.side-k+1
	l.neurons = l.channels * l.side * l.side
	for f := range l.channels {
		for y := range l.side {
			for x := range l.side {
				for c := range below.channels {
					for v := range k {
						for w := range k {
							weight := ((f*below.channels+c)*k+v)*k + w
							l.synapses = append(l.synapses, synapse{
								(c*below.side+y+v)*below.side + x + w, (f*l.side+y)*l.side + x, weight, weight,
							})
						}
					}
				}
			}
		}
	}
}

func (l *oracleLayer) gather(below *oracleLayer) {
	l.channels, l.side = below.channels, below.side/l.Size
	l.neurons = l.channels * l.side * l.side
	for c := range l.channels {
		for y := range l.side {
			for x := range l.side {
				var pixels []int
				for v := range l.Size {
					for w := range l.Size {
						pixels = append(pixels, (c*below.side+y*l.Size+v)*below.side+x*l.Size+w)
					}
				}
				l.windows = append(l.windows, pixels)
			}
		}
	}
}

// biasOf returns the place of the bias of a neuron.
func (l *oracleLayer) biasOf(neuron int) int {
	if l.Kind == KindConv {
		return neuron / (l.side * l.side)
	}
	return neuron
}

// update makes one update for the samples x with the targets y. Normal deviates for
// the noise of a layer, and for its white noise, come from draw.
func (o *oracle) update(x, y cells, draw func(layer int, white bool) cells, learn, inject bool) {
	net, learning, batch := &o.cfg.Network, &o.cfg.Learning, o.cfg.Presentation.Batch
	pal := learning.Algorithm == PAL
	top := o.layers[len(o.layers)-1]

	// 1. What the layers find: rates and slopes that the update before has left.
	rates, slopes := []cells{x}, []cells{newCells(batch, len(x[0]))}
	for _, l := range o.layers {
		rates, slopes = append(rates, l.rate), append(slopes, l.slope)
	}

	// 2. Target error.
	target := newCells(batch, top.neurons)
	for s := range target {
		if !learn {
			continue
		}
		sum := 0.0
		for _, p := range top.p[s] {
			sum += math.Exp(p)
		}
		for n := range target[s] {
			switch learning.Error {
			case ErrorRate:
				target[s][n] = learning.Beta * top.slope[s][n] * (y[s][n] - top.rate[s][n])
			case ErrorMSE:
				target[s][n] = learning.Beta * (y[s][n] - top.p[s][n])
			case ErrorSoftmax:
				target[s][n] = learning.Beta * (y[s][n] - math.Exp(top.p[s][n])/sum)
			}
		}
	}

	// 3. Layers.
	back := make([]cells, len(o.layers))
	passed := make([]cells, len(o.layers)) // noise that the layer above learns from
	maxima := make([][][]int, len(o.layers))
	for i, l := range o.layers {
		sigma := entry(net.Noise.Amplitude, i)
		passed[i] = newCells(batch, l.neurons)
		if pal && sigma > 0 {
			delta := draw(i, false)
			for s := range l.xi {
				for n := range l.xi[s] {
					l.xi[s][n] += (math.Sqrt(net.Noise.Tau*net.Dt)*sigma*delta[s][n] - net.Dt*l.xi[s][n]) / net.Noise.Tau
					passed[i][s][n] = l.xi[s][n]
				}
			}
		}
		if l.Kind == KindPool {
			maxima[i] = l.pool(rates[i], slopes[i], inject)
			for s := range passed[i] {
				for n := range passed[i][s] {
					if i > 0 {
						passed[i][s][n] += passed[i-1][s][maxima[i][s][n]]
					}
				}
			}
			continue
		}
		drive := newCells(batch, l.neurons)
		for s := range drive {
			for n := range drive[s] {
				drive[s][n] = l.bias[l.biasOf(n)]
			}
			for _, w := range l.synapses {
				drive[s][w.to] += l.up[w.up] * rates[i][s][w.from]
			}
		}
		if net.Noise.White > 0 && inject {
			delta := draw(i, true)
			for s := range drive {
				for n := range drive[s] {
					drive[s][n] += net.Noise.White * delta[s][n]
				}
			}
		}
		sent := l.fire(o, drive, inject)
		back[i] = newCells(batch, len(rates[i][0]))
		for s := range back[i] {
			for _, w := range l.synapses {
				weight := l.up[w.up]
				if learning.Algorithm != BP && i > 0 && learning.Algorithm != DFA {
					weight = l.down[w.down]
				}
				back[i][s][w.from] += slopes[i][s][w.from] * weight * sent[s][w.to]
			}
		}
	}

	// 4. Own errors, from the top.
	arriving := target
	for i := len(o.layers) - 1; i >= 0; i-- {
		l := o.layers[i]
		if l.Kind == KindPool {
			below := newCells(batch, len(rates[i][0]))
			for s := range below {
				for n, pixel := range maxima[i][s] {
					below[s][pixel] += arriving[s][n]
				}
			}
			arriving = below
			continue
		}
		if learning.Algorithm == DFA && l != top {
			arriving = newCells(batch, l.neurons)
			for s := range arriving {
				for n := range arriving[s] {
					for k, e := range target[s] {
						arriving[s][n] += l.slope[s][n] * e * l.direct[k*l.neurons+n]
					}
				}
			}
		}
		l.own, arriving = arriving, back[i]
	}
	o.updates++
	if !learn {
		return
	}

	// 5. and 6. Weights.
	base := 0.125 * learning.Multiplier / (float64(o.cfg.Presentation.Updates) * net.Dt)
	for i, l := range o.layers {
		if l.Kind == KindPool {
			continue
		}
		l.learnUp(rates[i], net.Dt, base*learning.Up[i], pal, entry(learning.Tau, i))
		if pal && i > 0 {
			l.learnDown(passed[i-1], net.Dt*base*entry(learning.Down, i), entry(learning.Decay, i))
		}
	}
}

// pool takes the first maximum of every window and returns the pixels.
func (l *oracleLayer) pool(rates, slopes cells, inject bool) (maxima [][]int) {
	rate, slope := newCells(len(rates), l.neurons), newCells(len(rates), l.neurons)
	for s := range rate {
		maxima = append(maxima, make([]int, l.neurons))
		for n, window := range l.windows {
			best := window[0]
			for _, pixel := range window {
				if rates[s][pixel] > rates[s][best] {
					best = pixel
				}
			}
			maxima[s][n], rate[s][n], slope[s][n] = best, rates[s][best], slopes[s][best]
			if inject {
				rate[s][n] += l.xi[s][n]
			}
		}
	}
	l.rate, l.slope = rate, slope
	return maxima
}

// fire moves the voltages and returns what is sent down.
func (l *oracleLayer) fire(o *oracle, drive cells, inject bool) (sent cells) {
	net := &o.cfg.Network
	rate, slope := newCells(len(drive), l.neurons), newCells(len(drive), l.neurons)
	sent = newCells(len(drive), l.neurons)
	for s := range drive {
		for n := range drive[s] {
			current := drive[s][n]
			if net.Dynamics == DynamicsVoltage {
				current += l.own[s][n]
			}
			if inject {
				current += l.xi[s][n]
			}
			change := (current - l.u[s][n]) / net.Tau
			l.p[s][n] = l.u[s][n] + net.Tau*change
			l.u[s][n] += net.Dt * change
			sent[s][n] = l.own[s][n]
			if net.Dynamics == DynamicsVoltage {
				sent[s][n] = l.p[s][n] - drive[s][n]
			}
			potential := l.p[s][n]
			if o.instantaneous {
				potential = l.u[s][n]
			}
			rate[s][n], slope[s][n] = transfer(l.Activation, potential)
			difference := rate[s][n] - l.rate[s][n]
			if o.updates == 0 {
				difference = 0
			}
			l.hip[s][n] += difference - net.Dt/net.HighpassTau*l.hip[s][n]
		}
	}
	l.rate, l.slope = rate, slope
	return sent
}

// transfer returns rate and slope.
func transfer(name string, p float64) (rate, slope float64) {
	switch name {
	case "tanh":
		return math.Tanh(p), 1 / (math.Cosh(p) * math.Cosh(p))
	case "sigmoid":
		return 1 / (1 + math.Exp(-p)), math.Exp(-p) / ((1 + math.Exp(-p)) * (1 + math.Exp(-p)))
	case "relu":
		if p > 0 {
			return p, 1
		}
		return 0, 0
	case "hard_sigmoid":
		switch {
		case p <= 0:
			return 0, 0
		case p >= 1:
			return 1, 0
		}
		return p, 1
	}
	return p, 1
}

// learnUp moves bottom-up weights and biases.
func (l *oracleLayer) learnUp(below cells, dt, rate float64, pal bool, tau float64) {
	batch := float64(len(below))
	up, bias := make([]float64, len(l.up)), make([]float64, len(l.bias))
	for s := range below {
		for _, w := range l.synapses {
			up[w.up] += below[s][w.from] * l.own[s][w.to] / batch
		}
		for n, e := range l.own[s] {
			bias[l.biasOf(n)] += e / batch / float64(l.neurons/len(l.bias))
		}
	}
	if l.slowUp == nil {
		l.slowUp, l.slowBias = make([]float64, len(up)), make([]float64, len(bias))
	}
	move := func(weights, slow, gradient []float64) {
		for k, g := range gradient {
			change := dt * g
			if pal && tau > 0 {
				slow[k] += dt / tau * (change - slow[k])
				change = slow[k]
			}
			weights[k] += rate * change
		}
	}
	move(l.up, l.slowUp, up)
	move(l.bias, l.slowBias, bias)
}

// learnDown moves top-down weights.
func (l *oracleLayer) learnDown(noise cells, rate, decay float64) {
	change := make([]float64, len(l.down))
	for s := range noise {
		for _, w := range l.synapses {
			change[w.down] += l.hip[s][w.to] * noise[s][w.from] / float64(len(noise))
		}
	}
	for k, c := range change {
		l.down[k] += rate * (c - decay*l.down[k])
	}
}

// take sets the weights from the state of a network.
func (o *oracle) take(n *network, values func(slot int) []float64) {
	for i, l := range n.layers {
		own := o.layers[i]
		for _, a := range []struct {
			slot int
			to   *[]float64
		}{{l.up, &own.up}, {l.bias, &own.bias}, {l.down, &own.down}, {l.direct, &own.direct}} {
			if a.slot >= 0 {
				*a.to = append([]float64(nil), values(a.slot)...)
			}
		}
	}
}

// values returns an array in the layout of the state of a network.
func (o *oracle) values(n *network, slot int) []float64 {
	for i, l := range n.layers {
		own := o.layers[i]
		switch slot {
		case l.up:
			return own.up
		case l.bias:
			return own.bias
		case l.down:
			return own.down
		case l.direct:
			return own.direct
		case l.upSlow:
			return own.slowUp
		case l.biasSlow:
			return own.slowBias
		}
		for _, a := range []struct {
			slot   int
			values cells
		}{
			{l.u, own.u}, {l.voltage, own.p}, {l.rate, own.rate}, {l.slope, own.slope}, {l.fall, own.own}, {l.noise, own.xi}, {l.highpass, own.hip},
		} {
			if a.slot == slot {
				return l.flatten(a.values)
			}
		}
	}
	panic("no such slot")
}

// flatten brings cells into the layout of the state: images by channel and sample.
func (l *layer) flatten(c cells) []float64 {
	flat := make([]float64, len(c)*l.out.n)
	l.eachCell(len(c), func(sample, neuron, at int) { flat[at] = c[sample][neuron] })
	return flat
}

// shaped is the inverse of flatten.
func (l *layer) shaped(flat []float64) cells {
	c := newCells(len(flat)/l.out.n, l.out.n)
	l.eachCell(len(c), func(sample, neuron, at int) { c[sample][neuron] = flat[at] })
	return c
}

func (l *layer) eachCell(samples int, visit func(sample, neuron, at int)) {
	pixels := max(1, l.out.s*l.out.s)
	for s := range samples {
		for n := range l.out.n {
			at := s*l.out.n + n
			if l.out.image() {
				at = (n/pixels*samples+s)*pixels + n%pixels
			}
			visit(s, n, at)
		}
	}
}
