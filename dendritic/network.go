package dendritic

import (
	"math"

	"github.com/neurocredit/neurocredit/internal/noise"
)

// network is the native engine: the state of one run and its time step.
//
// Every step runs in this order (docs/models/dendritic.md, section 3). Synapses
// read what the previous step left in the neurons, so their order among
// themselves does not matter.
//
//  1. Plasticity. Every plastic synapse: w += dt·ẇ, δ += dt·δ̇, both from old values.
//  2. Input sums, with the new weights and the previous step's rates: basal (up,
//     bias), dendrite (p2i, bias), apical (fb + i2p), drive from above (the
//     partner's prospective voltage), target (the supervisor's rate, if taught).
//  3. Players: rate_last ← rate, next pattern if due, rate ← rate_last + dt/τ_0 (r_0 − rate_last).
//  4. Neurons: noise, high-passed rate (still with the old rates), rate_last ← rate,
//     v_steady, V, prospective voltage, rate = φ(v_brev), predicted rate = φ(s v_basal).
type network[F float] struct {
	cfg   *Config
	arena *arena[F]

	in, sup, unit *population[F] // unit: the bias unit, or nil
	hidden        []*population[F]
	inters        []*population[F]
	out           *population[F]
	projections   []projection[F]
	relays        []relay[F]

	phi func(dst, x []F)
	// full keeps every state variable of the original. Without it, membrane
	// voltages are skipped, which nothing reads under latent equilibrium
	// (section 16a), and quantities that no rule uses.
	full          bool
	wantHighpass  []*population[F]
	wantPredicted bool
	// predictedStale: predicted rates are not kept up while nothing learns; they
	// follow from the basal voltages when learning goes on.
	predictedStale bool

	learning, nudge, teach bool
	i2pPlastic             bool

	// lean takes over the input sums and computes voltages without simulating
	// the membrane; diffuse steps the noise.
	lean    func()
	diffuse func(noise []F, xi []float64, up, down F)

	inputTarget, supTarget []F // r_0 of the players
	settled                int // steps since the pattern was set
	clock                  uint64
	deviates               func(dst []float64, level int, step uint64)
}

// relay copies the prospective voltage of the neuron above to its interneuron.
type relay[F float] struct{ from, to *population[F] }

// newNetwork builds the circuit with all state and weights zero. full asks for
// every state variable, which also holds for float32 and without latent
// equilibrium.
func newNetwork[F float](cfg *Config, full bool) (*network[F], error) {
	c := &cfg.Circuit
	h := cfg.Hidden()
	n := &network[F]{cfg: cfg, full: full || !c.LatentEquilibrium || cfg.Precision == Float32}
	size := c.Levels[h+1]
	for l := 1; l <= h; l++ {
		size += c.Levels[l] + c.Levels[l+1]
	}
	n.arena = newArena[F](size)
	n.in = player[F](input, 0, c.Levels[0])
	at := 0
	window := func(k kind, level, size int) *population[F] {
		p := n.arena.window(k, level, at, size)
		at += size
		return p
	}
	for l := 1; l <= h; l++ {
		n.hidden = append(n.hidden, window(pyramidal, l, c.Levels[l]))
	}
	for l := 1; l <= h; l++ {
		n.inters = append(n.inters, window(inter, l, c.Levels[l+1]))
	}
	n.out = window(output, h+1, c.Levels[h+1])
	n.sup = player[F](supervisor, h+2, c.Levels[h+1])
	n.inputTarget, n.supTarget = make([]F, n.in.n), make([]F, n.sup.n)
	if c.Bias.On {
		n.unit = player[F](bias, 0, 1)
		n.unit.rate[0], n.unit.rateLast[0] = F(c.Bias.Rate), F(c.Bias.Rate)
		n.unit.highpass, n.unit.brev = padded[F](1), padded[F](1) // 0: a constant rate and no voltage
	}
	n.setConductances()
	n.phi = activation[F](c.Activation)
	n.bindKernels()
	if err := n.connect(); err != nil {
		return nil, err
	}
	if c.Noise.Amplitude > 0 {
		seed := uint64(cfg.Seed)
		n.deviates = func(dst []float64, level int, step uint64) { noise.Fill(dst, seed, uint32(level), step) }
	}
	n.i2pPlastic = cfg.i2pPlastic()
	return n, nil
}

// above returns the population one level above hidden level l (1-based).
func (n *network[F]) above(l int) *population[F] {
	if l < len(n.hidden) {
		return n.hidden[l]
	}
	return n.out
}

// below returns the population that drives level l from below.
func (n *network[F]) below(l int) *population[F] {
	if l == 1 {
		return n.in
	}
	return n.hidden[l-2]
}

// setConductances fills the constants of the neuron equation.
func (n *network[F]) setConductances() {
	g := n.cfg.Circuit.Conductances
	leak := F(g.Leak)
	set := func(p *population[F], basal, top, total, scale F) {
		for i := p.at; i < p.at+p.n; i++ {
			n.arena.gBasal[i], n.arena.gTop[i], n.arena.gSum[i] = basal, top, total
			n.arena.gTotal[i], n.arena.scale[i] = total, scale
			n.arena.wBasal[i], n.arena.wTop[i] = basal/total, top/total
		}
	}
	basal, apical, target := F(g.Basal), F(g.Apical), F(g.Target)
	for _, p := range n.hidden {
		total := leak + basal + apical
		set(p, basal, apical, total, basal/total)
	}
	dendrite, soma := F(g.Dendrite), F(g.Soma)
	for _, p := range n.inters {
		set(p, dendrite, soma, leak+dendrite+soma, dendrite/(leak+dendrite))
	}
	set(n.out, basal, target, leak+basal+target, basal/(leak+basal))
	n.setNudge(n.nudge)
}

// setNudge switches the drive of the output by its target. Without it v_steady
// has no target term; the somatic time constant keeps the target conductance.
func (n *network[F]) setNudge(on bool) {
	n.nudge = on
	g := n.cfg.Circuit.Conductances
	basal, top := F(g.Basal), F(0)
	sum := F(g.Leak) + basal
	if on {
		top = F(g.Target)
		sum += top
	}
	for i := n.out.at; i < n.out.at+n.out.n; i++ {
		n.arena.gTop[i], n.arena.gSum[i] = top, sum
		n.arena.wBasal[i], n.arena.wTop[i] = basal/sum, top/sum
	}
}

// setPhase switches plasticity and teaching (section 5).
func (n *network[F]) setPhase(learn, teach bool) {
	n.learning, n.teach = learn, teach
	if n.nudge != teach {
		n.setNudge(teach)
	}
	for _, p := range n.projections {
		s := p.base()
		s.setPlastic(learn && (s.group != groupI2P || n.i2pPlastic))
	}
	if learn && n.wantPredicted && n.predictedStale {
		n.phi(n.arena.phiVal[n.arena.n:], n.arena.phiArg[n.arena.n:])
		n.predictedStale = false
	}
}

// resetPlayers puts input and supervisor on the first pattern of a pass.
func (n *network[F]) resetPlayers(pattern, target []float64) {
	n.show(pattern, target)
	for _, p := range []struct {
		*population[F]
		to []F
	}{{n.in, n.inputTarget}, {n.sup, n.supTarget}} {
		copy(p.rate, p.to)
		copy(p.rateLast, p.to)
	}
	for _, p := range n.projections {
		p.inputReset()
	}
}

// show sets the pattern that the players turn to in the coming neuron phase.
func (n *network[F]) show(pattern, target []float64) {
	for i, x := range pattern {
		n.inputTarget[i] = F(x)
	}
	for i, x := range target {
		n.supTarget[i] = F(x)
	}
	n.settled = 0
}

// step advances the network by dt.
func (n *network[F]) step() {
	for _, p := range n.projections {
		p.prepare()
	}
	for _, p := range n.projections {
		p.advance()
	}
	for _, r := range n.relays {
		copy(r.to.sumTop, r.from.brev)
	}
	if n.teach {
		copy(n.out.sumTop, n.sup.rate)
	}

	n.play()
	n.drawNoise()
	if n.full {
		n.neuronsFull()
	} else {
		n.neuronsLean()
	}
	n.clock++
}

// play advances the rate players. Without a filter they rest on the pattern
// after three steps: one to reach it but for rounding, one to be exact, one for
// rate_last.
func (n *network[F]) play() {
	unfiltered := n.cfg.Circuit.InputTau == n.cfg.Circuit.Dt
	if unfiltered && n.settled >= 3 {
		return
	}
	k := F(n.cfg.Circuit.Dt / n.cfg.Circuit.InputTau)
	follow := func(p *population[F], to []F) {
		copy(p.rateLast, p.rate)
		for i, last := range p.rateLast {
			p.rate[i] = last + F(k*(to[i]-last))
		}
	}
	follow(n.in, n.inputTarget)
	follow(n.sup, n.supTarget)
	if n.settled == 0 {
		for _, p := range n.projections {
			p.inputChanged()
		}
	}
	n.settled++
}

// drawNoise advances the Ornstein-Uhlenbeck noise of the apical compartments.
func (n *network[F]) drawNoise() {
	if n.deviates == nil {
		return
	}
	dt, tau := n.cfg.Circuit.Dt, n.cfg.Circuit.Noise.Tau
	gain, step, over := F(math.Sqrt(dt*tau)*n.cfg.Circuit.Noise.Amplitude), F(dt), F(tau)
	for _, p := range n.hidden {
		n.deviates(p.xi, p.level, n.clock)
		if n.full {
			for i, xi := range p.xi {
				p.noise[i] += (F(gain*F(xi)) - F(step*p.noise[i])) / over
			}
			continue
		}
		n.diffuse(p.noise, p.xi, gain/over, step/over)
	}
}

// neuronsFull computes every state variable in the original's order.
func (n *network[F]) neuronsFull() {
	a := n.arena
	dt := F(n.cfg.Circuit.Dt)
	decay := dt / F(n.cfg.Circuit.HighpassTau)
	brev, rate, predicted := a.phiArg[:a.n], a.phiVal[:a.n], a.phiVal[a.n:]
	copy(a.basal, a.sumBasal)
	copy(a.top, a.sumTop)
	clear(a.sumBasal)
	clear(a.sumTop)
	for i := range a.n {
		a.highpass[i] += F(rate[i]-a.rateLast[i]) - F(decay*a.highpass[i])
	}
	copy(a.rateLast, rate)
	copy(a.predictedLast, predicted)
	for i := range a.n {
		a.steady[i] = F(a.gBasal[i]*a.basal[i]) + F(a.gTop[i]*F(a.top[i]+a.noise[i]))
		tau := 1 / a.gTotal[i]
		// The original multiplies by the rounded 1/G but for the output, where it
		// divides; float32 runs agree with it to the last bit.
		if i < n.out.at {
			a.steady[i] *= tau
		} else {
			a.steady[i] /= a.gSum[i]
		}
		a.vDot[i] = a.gTotal[i] * (a.steady[i] - a.v[i])
		a.dv[i] = dt * a.vDot[i]
		brev[i] = a.v[i] + F(tau*a.vDot[i])
		a.v[i] += a.dv[i]
		a.phiArg[a.n+i] = a.scale[i] * a.basal[i]
	}
	if !n.cfg.Circuit.LatentEquilibrium {
		copy(brev, a.v)
	}
	n.phi(a.phiVal, a.phiArg)
}

// neuronsLean computes what the dynamics need under latent equilibrium, where the
// prospective voltage equals v_steady.
func (n *network[F]) neuronsLean() {
	a := n.arena
	decay := F(n.cfg.Circuit.Dt / n.cfg.Circuit.HighpassTau)
	for _, p := range n.wantHighpass {
		for i, hp := range p.highpass {
			p.highpass[i] = hp + p.rate[i] - p.rateLast[i] - F(decay*hp)
		}
	}
	n.lean()
	if n.learning && n.wantPredicted {
		n.phi(a.phiVal, a.phiArg)
	} else {
		n.phi(a.phiVal[:a.n], a.phiArg[:a.n])
		n.predictedStale = true
	}
}
