package mdgl

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/neurocredit/neurocredit/data"
)

// network holds parameters, moments and the buffers of the native engine.
type network[F float] struct {
	cfg   *Config
	shape data.Shape
	c     constants[F]
	tiny  F // below it numbers become 0

	neurons, regular, outputs int
	types                     []int8 // [N] cell types
	kinds                     int    // number of types
	in, rec, out              *synapses[F]
	bias, biasM, biasV        []F
	feedback                  []F       // [N, K] weights of the error signal; nil: the output weights
	affinity                  []float64 // initial mean weights between types, for learning.affinity: initial
	affinityAll               []float64 // the same over all entries
	updates                   int

	own               perNeuron[F]
	inDrive, recDrive []F // weights times 1-α
	plan              plan[F]
	columns           columns
	sums              gradient[F]   // of the last batch
	blocks            []gradient[F] // of a few trials each
	rates             []float64     // [N] spikes per step and trial of the last batch
	traces            []*trace[F]
	workers           []*worker[F]
	active            []*worker[F] // those of the present batch
	noise             uint64       // key of its noise
	states            []State      // where its trials begin, and end; nil: at rest
}

// constants of the neurons, as the steps use them.
type constants[F float] struct {
	alpha, alpha1 F // α, 1-α
	rho, rho1     F
	kappa, kappa1 F
	thr, invThr   F
	beta, gamma   F
	slope         F // γ/ϑ
}

// newNetwork draws wiring and initial weights from the seed.
func newNetwork[F float](cfg *Config, shape data.Shape) (*network[F], error) {
	n := &network[F]{cfg: cfg, shape: shape, neurons: cfg.Neurons(), regular: cfg.Cells.Regular, outputs: shape.Outputs, tiny: 1e-25}
	if _, ok := any(n.tiny).(float64); ok {
		tiny := 1e-250
		n.tiny = F(tiny)
	}
	p := &cfg.Cells
	alpha, rho, kappa := math.Exp(-1/p.MembraneTau), math.Exp(-1/p.AdaptationTau), math.Exp(-1/p.ReadoutTau)
	n.c = constants[F]{
		alpha: F(alpha), alpha1: F(1 - alpha), rho: F(rho), rho1: F(1 - rho), kappa: F(kappa), kappa1: F(1 - kappa),
		thr: F(p.Threshold), invThr: F(1 / p.Threshold), beta: F(p.Adaptation), gamma: F(p.Dampening), slope: F(p.Dampening / p.Threshold),
	}
	n.own = newPerNeuron[F](cfg)
	w := &cfg.Wiring
	signs := unitSigns(n.neurons, w.Excitatory)
	n.types, n.kinds = make([]int8, n.neurons), len(cfg.TypeNames())
	for j, a := range cfg.CellTypes() {
		n.types[j] = int8(a)
	}
	inSigns := unitSigns(shape.Channels, w.Excitatory)
	newRand(cfg.Seed, streamInputSigns, 0).Shuffle(len(inSigns), func(i, j int) { inSigns[i], inSigns[j] = inSigns[j], inSigns[i] })

	var err error
	for _, b := range []struct {
		name      string
		to        **synapses[F]
		stream    int
		signs     []float64
		post      int
		p         float64
		recurrent bool
	}{
		{"input", &n.in, streamIn, inSigns, n.neurons, w.In, false},
		{"recurrent", &n.rec, streamRecurrent, signs, n.neurons, w.Recurrent, true},
		{"output", &n.out, streamOut, signs, n.outputs, w.Out, false},
	} {
		if *b.to, err = wire[F](newRand(cfg.Seed, b.stream, 0), w, b.signs, b.post, b.p, b.recurrent); err != nil {
			return nil, fmt.Errorf("mdgl: %s weights: %w", b.name, err)
		}
	}
	if w.Out == 0 && w.DenseOut == "glorot" {
		n.glorot(newRand(cfg.Seed, streamOut, 1))
	}
	if cfg.Cells.Model == "lsnn" {
		rng := newRand(cfg.Seed, streamDelays, 0)
		for _, b := range []*synapses[F]{n.in, n.rec} {
			b.setDelays(func(int) int { return rng.IntN(cfg.Cells.Delays) })
		}
	}
	n.prepare()
	return n, nil
}

// prepare makes what follows from wiring and initial weights.
func (n *network[F]) prepare() {
	n.bias, n.biasM, n.biasV = make([]F, n.outputs), make([]F, n.outputs), make([]F, n.outputs)
	n.rates = make([]float64, n.neurons)
	n.inDrive, n.recDrive = make([]F, len(n.in.w)), make([]F, len(n.rec.w))
	n.sums = n.newGradient()
	n.affinity, n.affinityAll = n.typeMeans(false), n.typeMeans(true)
	n.drawFeedback(newRand(n.cfg.Seed, streamFeedback, 0))
	n.scale()
}

// glorot draws uniform output weights (Glorot and Bengio 2010).
func (n *network[F]) glorot(rng *rand.Rand) {
	limit := math.Sqrt(6 / float64(n.neurons+n.outputs))
	for k := range n.out.theta {
		n.out.theta[k] = F(limit * (2*rng.Float64() - 1))
	}
	n.out.setWeights()
}

// drawFeedback draws the fixed weights of the error signal, with the variance of the
// initial output weights.
func (n *network[F]) drawFeedback(rng *rand.Rand) {
	kind := n.cfg.Learning.Feedback
	if kind == "symmetric" {
		n.feedback = nil
		return
	}
	square, count := 0.0, 0
	for _, w := range n.out.w {
		if w != 0 {
			square += float64(w) * float64(w)
			count++
		}
	}
	scale := math.Sqrt(square / math.Max(1, float64(count)))
	n.feedback = make([]F, n.neurons*n.outputs)
	there := make([]bool, len(n.feedback))
	for k, w := range n.out.w {
		there[int(n.out.row[k])*n.outputs+int(n.out.col[k])] = w != 0
	}
	for i := range n.feedback {
		x := F(scale * rng.NormFloat64())
		if kind == "broadcast" || there[i] {
			n.feedback[i] = x
		}
	}
}

// scale computes the weights that the steps add to the voltage.
func (n *network[F]) scale() {
	for k, w := range n.in.w {
		n.inDrive[k] = n.own.alpha1[n.in.col[k]] * w
	}
	for k, w := range n.rec.w {
		n.recDrive[k] = n.own.alpha1[n.rec.col[k]] * w
	}
}

// learn makes one update with the gradient of the last batch (section 3.4).
func (n *network[F]) learn() (reconnected int, err error) {
	for _, part := range []struct {
		name string
		grad []F
	}{{"input", n.sums.in}, {"recurrent", n.sums.rec}, {"output", n.sums.out}, {"bias", n.sums.bias}} {
		for _, g := range part.grad {
			if math.IsNaN(float64(g)) || math.IsInf(float64(g), 0) {
				return 0, &DivergedError{Update: n.updates, Gradient: part.name}
			}
		}
	}
	if err := n.checkActivity(); err != nil {
		return 0, err
	}
	w := &n.cfg.Wiring
	rng := newRand(n.cfg.Seed, streamRewiring, uint64(n.updates))
	a := adam{rate: n.learningRate(), step: n.updates + 1}
	n.in.learn(a, n.sums.in, w.L1, w.Temperature, rng.NormFloat64)
	n.rec.learn(a, n.sums.rec, w.L1, w.Temperature, rng.NormFloat64)
	n.out.learn(a, n.sums.out, w.L1, w.Temperature, rng.NormFloat64)
	if n.cfg.Cells.Bias {
		adamUpdate(a, n.bias, n.biasM, n.biasV, n.sums.bias)
	}
	if w.Rewiring != "off" {
		reconnected = rewire(rng, n.in, n.rec, n.out)
	}
	n.refresh()
	n.updates++
	return reconnected, nil
}

// refresh computes what follows from changed parameters.
func (n *network[F]) refresh() {
	n.in.setWeights()
	n.rec.setWeights()
	n.out.setWeights()
	n.scale()
}

// learningRate returns the rate of the next update.
func (n *network[F]) learningRate() float64 {
	l := &n.cfg.Learning
	if l.DecayEvery == 0 {
		return l.Rate
	}
	return l.Rate * math.Pow(l.Decay, float64(n.updates/l.DecayEvery))
}
