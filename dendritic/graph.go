package dendritic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/loop"
)

// graphBatch is the graph engine: it advances many networks of equal shape
// together, by passes. The networks hold the states between passes; within one,
// the states are on a device and all steps of many patterns are one compiled
// program. What differs between runs (seeds, rates, amplitudes, weights) is data.
//
// A run gives the same numbers, bit for bit, in any company, and agrees with the
// native engine to rounding.
type graphBatch struct {
	backend  *backend.Backend
	device   int
	nets     []*network[float64]
	lanes    []*network[float64] // the networks, the last one repeated to fill vectors
	capacity int                 // most patterns of one call
	pace     int                 // patterns of the next call
	n        int                 // neurons with a membrane
	dtype    dtypes.DType        // of the program; the networks hold float64

	slots    []slot
	highpass []*population[float64] // of nets[0]: those whose high-passed rate a rule reads
	weightAt []int                  // slot of w by projection; that of delta, if there is one, follows
	rules    []*graphRule           // by projection, nil: fixed

	params  []*tensors.Tensor
	common  struct{ wBasal, wTop, wBasalFree, wTopFree, gTotal, scale, follow, up, down, decay, biasRate, dt param }
	noisy   bool
	draw    func(seeds, table, step *graph.Node, chunk int) *graph.Node // deviates, but for tests
	learn   *loop.Program
	observe *loop.Program
	state   *loop.State
	stages  map[*stage][2]*tensors.Tensor
}

// newGraphBatch prepares an engine for networks that differ in data only.
func newGraphBatch(b *backend.Backend, device, capacity int, nets []*network[float64]) (*graphBatch, error) {
	g := &graphBatch{backend: b, device: device, nets: nets, capacity: capacity, pace: 1, stages: map[*stage][2]*tensors.Tensor{}, dtype: dtypes.Float64}
	for r, n := range nets {
		if err := sameProgram(nets[0].cfg, n.cfg); err != nil {
			return nil, fmt.Errorf("dendritic: run %d: %w", r, err)
		}
		g.noisy = g.noisy || n.deviates != nil
	}
	out := nets[0].out
	g.n = out.at + out.n
	if nets[0].cfg.Precision == Float32 {
		g.dtype = dtypes.Float32
	}
	g.draw = g.deviates
	g.layout()
	g.lanes = slices.Clone(nets)
	for whole := b.Vector(batchCPU); len(g.lanes)%whole != 0; {
		g.lanes = append(g.lanes, nets[len(nets)-1])
	}
	g.parameters()
	for k := range nets[0].projections {
		rule, err := g.graphRule(k)
		if err != nil {
			s := nets[0].projections[k].base()
			return nil, fmt.Errorf("dendritic: %s of level %d: %w", s.file, s.level, err)
		}
		g.rules = append(g.rules, rule)
	}
	g.learn = loop.NewProgram(b.Engine, "dendritic-learn", len(g.slots), g.program(true))
	g.observe = loop.NewProgram(b.Engine, "dendritic-observe", len(g.slots), g.program(false))
	return g, nil
}

// traits lists what a program is compiled for, by name. All else is data.
func (c *Config) traits() [][2]any {
	k, p := &c.Circuit, &c.Presentation
	return [][2]any{
		{"circuit.levels", k.Levels}, {"circuit.activation", k.Activation},
		{"circuit.latent_equilibrium", k.LatentEquilibrium}, {"circuit.bias.on", k.Bias.On},
		{"steps per pattern", c.StepsPerPattern()}, {"presentation.records", p.Records}, {"presentation.teach", p.Teach},
		{"learning lag in steps", steps(p.LearningLag, k.Dt)}, {"precision", c.Precision},
		{"rules", [4]Rule{c.rule(groupUp), c.rule(groupP2I), c.rule(groupI2P), c.rule(groupDown)}},
	}
}

// sameProgram reports what keeps two configurations from sharing a program.
func sameProgram(a, b *Config) error {
	var errs []error
	first := a.traits()
	for i, t := range b.traits() {
		if fmt.Sprint(t) != fmt.Sprint(first[i]) {
			errs = append(errs, fmt.Errorf("%s %v differs from %v of the first run: they need programs of their own", t[0], t[1], first[i][1]))
		}
	}
	return errors.Join(errs...)
}

// close releases the device's memory and the programs.
func (g *graphBatch) close() {
	g.drop()
	g.learn.Close()
	g.observe.Close()
	for _, p := range g.params {
		p.MustFinalizeAll()
	}
	for _, s := range g.stages {
		s[0].MustFinalizeAll()
		s[1].MustFinalizeAll()
	}
}

func (g *graphBatch) drop() {
	if g.state != nil {
		g.state.Close()
		g.state = nil
	}
}

// readouts are what the output shows: [pattern][readout][2·outputs][run], first
// the voltages, then the rates of the supervisor.
type readouts struct {
	values  []float64
	outputs int
	records int
	runs    int
}

// at copies voltage and target of a readout to dst.
func (o readouts) at(run, pattern, readout int, voltage, target []float64) {
	base := (pattern*o.records + readout) * 2 * o.outputs
	for k := range o.outputs {
		voltage[k] = o.values[(base+k)*o.runs+run]
		target[k] = o.values[(base+o.outputs+k)*o.runs+run]
	}
}

// present shows patterns of a stage to every network, orders[run] to each, and
// calls after with the number and the readouts of those that came to an end, until
// it returns false. The first pattern of a pass resets the players. The states are
// taken from the networks and given back to them. It stops between calls of the
// program, which take about callTime, when ctx is done, with its error; after any
// other error the networks have their old states.
func (g *graphBatch) present(ctx context.Context, first, training bool, st *stage, orders [][]int, after func(count int, o readouts) bool) error {
	if err := g.push(); err != nil {
		return err
	}
	defer g.drop()
	data, err := g.upload(st)
	if err != nil {
		return err
	}
	program := g.observe
	if training {
		program = g.learn
	}
	last := -1 // pattern that was shown last
	for from, on := 0, true; on && from < len(orders[0]) && ctx.Err() == nil; from = last + 1 {
		count := min(g.pace, len(orders[0])-from)
		start := time.Now()
		order := make([]int32, g.capacity*len(g.lanes))
		for i := range count {
			for r := range g.lanes {
				order[i*len(g.lanes)+r] = int32(orders[min(r, len(orders)-1)][from+i])
			}
		}
		reset := int32(0)
		if first && from == 0 {
			reset = 1
		}
		o, err := g.call(program, data, order, int32(count), reset)
		if err != nil {
			return err
		}
		g.pace = min(g.capacity, max(1, int(float64(count)*float64(callTime)/float64(time.Since(start)))))
		last = from + count - 1
		on = after(count, o)
	}
	if last >= 0 {
		for r, n := range g.nets {
			n.show(st.patterns[orders[r][last]], st.targets[orders[r][last]])
		}
		if err := g.pull(training); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	return nil
}

// callTime is the time a call of a program should take: an interruption waits for
// it, and much shorter ones would cost for their own sake.
const callTime = 250 * time.Millisecond

func (g *graphBatch) call(program *loop.Program, data [2]*tensors.Tensor, order []int32, count, reset int32) (o readouts, err error) {
	seeds := make([]uint64, len(g.lanes))
	for r, n := range g.lanes {
		seeds[r] = uint64(n.cfg.Seed)
	}
	own := []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(seeds, len(seeds)),
		tensors.FromFlatDataAndDimensions(order, g.capacity, len(seeds)), tensors.FromScalar(count), tensors.FromScalar(reset),
	}
	inputs := append(slices.Clone(g.params), data[0], data[1])
	results, err := program.Run(g.state, append(inputs, own...)...)
	for _, t := range own {
		t.MustFinalizeAll()
	}
	if err != nil {
		return o, err
	}
	cfg := g.nets[0].cfg
	every := cfg.StepsPerPattern() / cfg.Presentation.Records
	o = readouts{outputs: g.nets[0].out.n, records: (cfg.StepsPerPattern() + every - 1) / every, runs: len(g.lanes)}
	o.values, err = g.values(func() ([]float64, error) { return loop.Values[float64](results[0]) },
		func() ([]float32, error) { return loop.Values[float32](results[0]) })
	return o, err
}

// upload brings the patterns of a stage to the device, once.
func (g *graphBatch) upload(st *stage) ([2]*tensors.Tensor, error) {
	if have, ok := g.stages[st]; ok {
		return have, nil
	}
	flat := func(rows [][]float64) *tensors.Tensor {
		all := make([]float64, 0, len(rows)*len(rows[0]))
		for _, row := range rows {
			all = append(all, row...)
		}
		return g.tensor(all, len(rows), len(rows[0]))
	}
	if len(st.patterns) == 0 {
		return [2]*tensors.Tensor{}, errors.New("dendritic: a stage without patterns")
	}
	g.stages[st] = [2]*tensors.Tensor{flat(st.patterns), flat(st.targets)}
	return g.stages[st], nil
}

// tensor makes an array of the program's type.
func (g *graphBatch) tensor(flat []float64, dims ...int) *tensors.Tensor {
	if g.dtype != dtypes.Float32 {
		return tensors.FromFlatDataAndDimensions(flat, dims...)
	}
	single := make([]float32, len(flat))
	for i, v := range flat {
		single[i] = float32(v)
	}
	return tensors.FromFlatDataAndDimensions(single, dims...)
}

// values reads an array of the program's type.
func (g *graphBatch) values(double func() ([]float64, error), single func() ([]float32, error)) ([]float64, error) {
	if g.dtype != dtypes.Float32 {
		return double()
	}
	short, err := single()
	flat := make([]float64, len(short))
	for i, v := range short {
		flat[i] = float64(v)
	}
	return flat, err
}
