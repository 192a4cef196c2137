package le

import (
	"fmt"

	"github.com/neurocredit/neurocredit/internal/noise"
)

// network is a configuration resolved to arrays: which there are, and where they
// stand in the state of a program. Runs with equal programs differ in rates, decay,
// amplitudes and seeds only.
type network struct {
	cfg    *Config
	batch  int
	input  shape
	layers []*layer
	slots  []slot // the first one is the clock, a scalar without runs

	// keepHighpass computes the high-passed rates of all layers, for tests.
	keepHighpass bool
}

// layer is a layer with the slots of its arrays in the state, -1 where there is
// none.
type layer struct {
	Layer
	in, out shape
	index   int
	noisy   bool
	learns  bool // its top-down weights

	up, bias, down, direct        int // weights: W, b, B, D
	upSlow, biasSlow              int // low-passed changes
	u, voltage, rate, slope, fall int // membrane, prospective voltage, rate, slope, own error
	noise, highpass               int
}

// slot is one array of the state.
type slot struct {
	name   string
	dims   []int  // without the leading axis of runs
	stream uint32 // from which a weight is drawn at the start; 0: no weight, begins at 0
}

// newNetwork lays out the state of a configuration that is valid.
func newNetwork(c *Config) (*network, error) {
	shapes, err := c.Network.shapes()
	if err != nil {
		return nil, err
	}
	n := &network{cfg: c, batch: c.Presentation.Batch, input: shapes[0], slots: []slot{{name: "clock"}}}
	pal := c.Learning.Algorithm == PAL
	for i, desc := range c.Network.Layers {
		l := &layer{Layer: desc, in: shapes[i], out: shapes[i+1], index: i, noisy: c.noisy(i)}
		none := []*int{&l.up, &l.bias, &l.down, &l.direct, &l.upSlow, &l.biasSlow, &l.u, &l.voltage, &l.rate, &l.slope, &l.fall, &l.noise, &l.highpass}
		for _, s := range none {
			*s = -1
		}
		n.layers = append(n.layers, l)
		weights := l.Kind != KindPool
		l.learns = pal && weights && i > 0 && entry(c.Learning.Down, i) > 0
		add := func(at *int, name string, stream uint32, dims ...int) {
			if *at = len(n.slots); stream > 0 {
				stream += uint32(4 * i)
			}
			n.slots = append(n.slots, slot{fmt.Sprintf("%s %d", name, i+1), dims, stream})
		}
		act := l.dims(n.batch)
		add(&l.rate, "rate", 0, act...)
		add(&l.slope, "slope", 0, act...)
		if l.noisy {
			add(&l.noise, "noise", 0, act...)
		}
		if !weights {
			continue
		}
		add(&l.u, "membrane", 0, act...)
		add(&l.voltage, "voltage", 0, act...)
		add(&l.fall, "error", 0, act...)
		rows, columns := l.weightDims()
		add(&l.up, "up", streamInitial, rows, columns)
		add(&l.bias, "bias", streamInitial+1, l.Units)
		if pal && entry(c.Learning.Tau, i) > 0 {
			add(&l.upSlow, "up slow", 0, rows, columns)
			add(&l.biasSlow, "bias slow", 0, l.Units)
		}
		if i > 0 && (pal || c.Learning.Algorithm == FA) {
			if l.Kind != KindConv {
				rows, columns = columns, rows
			}
			add(&l.down, "down", streamInitial+2, rows, columns)
		}
		if c.Learning.Algorithm == DFA && i < len(c.Network.Layers)-1 {
			add(&l.direct, "direct", streamInitial+3, shapes[len(shapes)-1].n, l.out.n)
		}
	}
	return n, nil
}

// watch lays the high-passed rates out: those that rules read, or all.
func (n *network) watch() {
	for _, l := range n.layers {
		if l.highpass < 0 && l.Kind != KindPool && (l.learns || n.keepHighpass) {
			l.highpass = len(n.slots)
			n.slots = append(n.slots, slot{fmt.Sprintf("highpass %d", l.index+1), l.dims(n.batch), 0})
		}
	}
}

// dims are the axes of an array of activity, without runs. Images have the channel
// first and the samples second: products over all samples are then one matrix
// product.
func (l *layer) dims(batch int) []int {
	if l.out.image() {
		return []int{l.out.c, batch, l.out.s, l.out.s}
	}
	return []int{batch, l.out.n}
}

// weightDims are rows and columns of the bottom-up weights: inputs × neurons, or
// filters × (channels·kernel).
func (l *layer) weightDims() (rows, columns int) {
	if l.Kind == KindConv {
		return l.Units, l.in.c * l.Size * l.Size
	}
	return l.in.n, l.Units
}

// Streams of the noise of a run: layer i draws from stream base+i.
const (
	streamTrain    = 0       // Ornstein-Uhlenbeck noise in training
	streamEvaluate = 1 << 8  // and in evaluations
	streamWhite    = 1 << 9  // added to streamTrain or streamEvaluate
	streamInitial  = 1 << 12 // initial weights: four per layer, for W, bias, B and D, with any algorithm
	streamOrder    = 1 << 13 // sample orders, by epoch as the step
	streamSplit    = 1<<13 + 1
	streamLinear   = 1<<13 + 2
)

// initial returns the state at the start of a run: normally distributed weights and
// biases, everything else 0.
func (n *network) initial(seed uint64) [][]float32 {
	state := make([][]float32, len(n.slots))
	for i, s := range n.slots {
		if i == 0 {
			continue
		}
		state[i] = make([]float32, size(s.dims))
		if s.stream == 0 {
			continue
		}
		x := make([]float64, len(state[i]))
		noise.Fill(x, seed, s.stream, 0)
		for k, v := range x {
			state[i][k] = float32(n.cfg.Network.Weights * v)
		}
	}
	return state
}
