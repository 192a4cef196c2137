package pal

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/equation"
	"github.com/neurocredit/neurocredit/internal/loop"
)

// graphBatch is the graph engine: it advances many circuits of equal shape
// together. Their states are on a device, and all steps between two points of the
// learning curve are one compiled program. What differs between runs (seeds, rates,
// constants, weights, samples, noise) is data. Sample orders and noise come from
// the generators of the runs, on the host.
//
// A run gives the same numbers, bit for bit, in any company, and agrees with the
// native engine to rounding.
type graphBatch struct {
	backend  *backend.Backend
	nets     []*network
	lanes    int // the runs, and copies of the last one that fill vectors
	capacity int // steps of one call
	samples  int // samples of one call

	slots []slot
	first struct{ apical, noise, lowpass, lowpassError, weights int } // of the slots that depend on the circuit
	delta []int                                                       // slot of delta by projection, -1: none
	rules []*graphRule                                                // by projection, nil: fixed

	params        []*tensors.Tensor
	common        constants
	settle, train *loop.Program
	state         *loop.State
}

// graphRule is the plasticity of a projection.
type graphRule struct {
	weight, delta *equation.Expr
	scalars       map[string]param
}

// graphCapacity is the number of steps of one call.
const graphCapacity = 1000

// newGraphBatch prepares an engine for networks that differ in data only.
func newGraphBatch(b *backend.Backend, capacity int, nets []*network) (*graphBatch, error) {
	g := &graphBatch{backend: b, nets: nets, capacity: capacity}
	whole := b.Vector(maxTogether)
	g.lanes = (len(nets) + whole - 1) / whole * whole
	for r, n := range nets {
		if err := sameProgram(nets[0].cfg, n.cfg); err != nil {
			return nil, fmt.Errorf("pal: run %d: %w", r, err)
		}
	}
	g.samples = capacity/nets[0].cfg.StepsPerSample() + 2
	g.layout()
	g.constants()
	if err := g.bindRules(); err != nil {
		return nil, err
	}
	g.settle = loop.NewProgram(b.Engine, "pal-settle", len(g.slots), g.program(false))
	g.train = loop.NewProgram(b.Engine, "pal-train", len(g.slots), g.program(true))
	return g, nil
}

// programKey tells which configurations share a program: all that is not data.
func (c *Config) programKey() string {
	return fmt.Sprint(c.Circuit.Levels, c.Circuit.Activation, c.Circuit.DendriteTau > c.Circuit.Dt, c.Circuit.Noise.White, c.Circuit.Noise.Scale, c.noisy(),
		c.Task, c.StepsPerSample(), c.SettlingSteps(), c.Record.Every, c.Learning.CopyTransposed, c.Corrections.NoiseLag,
		[]Rule{c.rule(groupUp), c.rule(groupP2I), c.rule(groupI2P), c.rule(groupDown)})
}

// sameProgram reports what keeps two configurations from sharing a program.
func sameProgram(a, b *Config) error {
	if a.programKey() == b.programKey() {
		return nil
	}
	return errors.New("differs from the first run in more than data: circuit, task, presentation, record.every, corrections or rules")
}

// bindRules translates the rules of all projections, the same in all networks but
// for their scalars.
func (g *graphBatch) bindRules() error {
	for k, s := range g.nets[0].synapses {
		active := false
		for _, n := range g.nets {
			active = active || n.synapses[k].rule.active
		}
		if !active {
			g.rules = append(g.rules, nil)
			continue
		}
		rule := &graphRule{}
		var err error
		if rule.weight, rule.delta, err = g.nets[0].cfg.parseRule(s.group); err != nil {
			return fmt.Errorf("pal: %s of level %d: %w", s.file, s.level, err)
		}
		rule.scalars = map[string]param{
			"eta": g.perRun(func(n *network) float64 { return n.synapses[k].eta }), "alpha": g.perRun(func(n *network) float64 { return n.synapses[k].alpha }),
			"tau": g.perRun(func(n *network) float64 { return n.cfg.Learning.Tau }), "dt": g.common.dt,
		}
		g.rules = append(g.rules, rule)
	}
	return nil
}

// close releases the device's memory and the programs.
func (g *graphBatch) close() {
	g.drop()
	g.settle.Close()
	g.train.Close()
	for _, p := range g.params {
		p.MustFinalizeAll()
	}
}

func (g *graphBatch) drop() {
	if g.state != nil {
		g.state.Close()
		g.state = nil
	}
}

// segment is what a call of the program shows: the steps of successive samples,
// beginning within the first one.
type segment struct {
	train bool
	from  int                                    // step of the first sample at which it begins
	steps int                                    // at most the capacity
	input func(run, k int) (x, target []float64) // of the k-th sample; no target: nil for all or for none
}

// advance makes the steps of a segment. The states stay on the device.
func (g *graphBatch) advance(s segment) error {
	first := g.nets[0]
	n0, out := first.in.n, first.out().n
	per := first.cfg.StepsPerSample()
	xs, ys := make([]float64, g.samples*n0*g.lanes), make([]float64, g.samples*out*g.lanes)
	for k := range (s.from+s.steps-1)/per + 1 {
		for r := range g.lanes {
			x, y := s.input(min(r, len(g.nets)-1), k)
			for i, v := range x {
				xs[(k*n0+i)*g.lanes+r] = v
			}
			for i, v := range y {
				ys[(k*out+i)*g.lanes+r] = v
			}
		}
	}
	own := []*tensors.Tensor{
		tensors.FromScalar(int32(s.steps)), tensors.FromScalar(int32(s.from)),
		tensors.FromFlatDataAndDimensions(xs, g.samples, n0, g.lanes), tensors.FromFlatDataAndDimensions(ys, g.samples, out, g.lanes),
	}
	program := g.settle
	if s.train {
		program = g.train
	}
	if g.noisy(s.train) {
		own = append(own, tensors.FromFlatDataAndDimensions(g.deviates(s.steps), g.capacity, g.hidden(), g.lanes))
	}
	done, err := program.Run(g.state, append(own, g.params...)...)
	if err == nil {
		_, err = loop.Values[int32](done[0]) // the inputs are in use until then
	}
	for _, t := range own {
		t.MustFinalizeAll()
	}
	if err != nil {
		return fmt.Errorf("pal: %w", err)
	}
	for _, n := range g.nets {
		n.count += int64(s.steps)
	}
	return nil
}

// noisy reports whether a program has noise.
func (g *graphBatch) noisy(train bool) bool { return train && g.nets[0].cfg.noisy() }

// deviates draws the normal numbers of the noise, [capacity][hidden][lanes], in the
// order of the native engine.
func (g *graphBatch) deviates(steps int) []float64 {
	hidden := g.hidden()
	all := make([]float64, g.capacity*hidden*g.lanes)
	for r, n := range g.nets {
		if n.deviates == nil {
			continue
		}
		for i := range steps * hidden {
			all[i*g.lanes+r] = n.deviates()
		}
	}
	return all
}

// hidden returns the number of hidden pyramidal neurons, which are the first cells.
func (g *graphBatch) hidden() int {
	first := g.nets[0]
	return first.cells.pyramidal - first.out().n
}

// constants are the parameters of the dynamics.
type constants struct {
	dt, decay, filter, lag param
	reach, scale, gTop     param
	gBasal, leak           [2]param // without and with a target
	noiseUp, noiseDown     []param  // by hidden level
}

func (g *graphBatch) constants() {
	c := &g.common
	c.dt = g.perRun(func(n *network) float64 { return n.cfg.Circuit.Dt })
	c.decay = g.perRun(func(n *network) float64 { return n.decay })
	c.filter = g.perRun(func(n *network) float64 { return n.filter })
	c.lag = g.perRun(func(n *network) float64 { return n.lag })
	c.reach = g.perNeuron(func(n *network) []float64 { return n.cells.reach })
	c.scale = g.perNeuron(func(n *network) []float64 { return n.cells.scale })
	c.gTop = g.perNeuron(func(n *network) []float64 { return n.cells.gTop })
	for taught := range 2 {
		before := make([][]float64, len(g.nets))
		for r, n := range g.nets {
			before[r] = n.target
			n.setTarget([][]float64{nil, make([]float64, n.out().n)}[taught])
		}
		c.gBasal[taught] = g.perNeuron(func(n *network) []float64 { return n.cells.gBasal })
		c.leak[taught] = g.perNeuron(func(n *network) []float64 { return n.cells.leak })
		for r, n := range g.nets {
			n.setTarget(before[r])
		}
	}
	for l := range g.nets[0].inters {
		c.noiseUp = append(c.noiseUp, g.perRun(func(n *network) float64 {
			noise := &n.cfg.Circuit.Noise
			if noise.White {
				return entry(noise.Amplitude, l)
			}
			return math.Sqrt(n.cfg.Circuit.Dt*noise.Tau) / noise.Tau * entry(noise.Amplitude, l)
		}))
		c.noiseDown = append(c.noiseDown, g.perRun(func(n *network) float64 { return n.cfg.Circuit.Dt / n.cfg.Circuit.Noise.Tau }))
	}
}
