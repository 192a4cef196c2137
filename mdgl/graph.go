package mdgl

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sync"

	"github.com/gomlx/compute/dtypes/gotype"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/loop"
)

// graphBatch is the graph engine: it computes spikes, readout and gradient of batches
// of trials for several runs together, in one compiled program. Everything else (the
// loss as a number, the optimiser, rewiring) is that of the networks.
//
// Matrices are dense, with 0 where there is no synapse. What differs between runs
// (rule, weights, constants, trials) is data: a rule is a matrix Ω and a few switches.
// A run gives the same numbers, bit for bit, in any company, and agrees with the
// native engine to rounding.
//
// Memory for each run is about B T (N + C) numbers for B trials, T steps, N neurons and
// C channels, twice B T N for the LSNN cell and for OnMDGL: trials are not split,
// because a rate cost couples them.
type graphBatch[F graphFloat] struct {
	programs *graphPrograms
	runs     int // R, of one call
	layout   layout
	state    *loop.State // programs have none; it names the device
	x, noise []F         // buffers of inputs
}

// graphPrograms are compiled programs. Several batches may share them, also at the same
// time.
type graphPrograms struct {
	backend *backend.Backend
	mu      sync.Mutex
	known   map[dense]*loop.Program
}

func newGraphPrograms(b *backend.Backend) *graphPrograms {
	return &graphPrograms{backend: b, known: map[dense]*loop.Program{}}
}

func (g *graphPrograms) get(d dense) *loop.Program {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known[d] == nil {
		g.known[d] = loop.NewProgram(g.backend.Engine, "mdgl-"+d.name(), 1, d.program)
	}
	return g.known[d]
}

func (g *graphPrograms) close() {
	for _, p := range g.known {
		p.Close()
	}
}

type graphFloat interface {
	float
	gotype.Supported
}

// layout is the size of everything that the runs of a batch have in common.
type layout struct {
	steps, channels, neurons, outputs int
	delays                            int
	lsnn                              bool
	chunks, chunk                     int // steps are chunks of chunk steps, the last one filled up
}

// chunkSteps is the number of steps for which input currents, signals and gradients
// are computed as one product.
const chunkSteps = 100

func newLayout(c *Config, shape data.Shape) layout {
	l := layout{
		steps: shape.Steps, channels: shape.Channels, neurons: c.Neurons(), outputs: shape.Outputs,
		delays: c.Cells.Delays, lsnn: c.Cells.Model == "lsnn",
	}
	l.chunks = (l.steps + chunkSteps - 1) / chunkSteps
	// A chunk holds what passes from one to the next.
	l.chunk = max((l.steps+l.chunks-1)/l.chunks, l.delays+1)
	l.chunks = (l.steps + l.chunk - 1) / l.chunk
	return l
}

// request is what one run wants of a call: the score of trials and, unless rule is
// empty, the gradient. The call fills the rates and the gradient of the network.
type request[F float] struct {
	net    *network[F]
	trials []data.Trial
	rule   Rule
	score  score
}

// fits reports whether one program can serve both requests.
func (q *request[F]) fits(o *request[F]) bool {
	return len(q.trials) == len(o.trials) && (q.rule == "") == (o.rule == "") && (q.trials[0].Target == nil) == (o.trials[0].Target == nil)
}

// checkGraph reports what the graph engine cannot do.
func (c *Config) checkGraph() error {
	if c.Learning.Form == "online" {
		return errors.New("learning.form: online needs the native engine, the graph engine has the form adjoint alone")
	}
	if c.Learning.Rule == Own {
		return errors.New("learning.rule: own needs the native engine")
	}
	if c.Validation.State == "carried" {
		return errors.New("validation.state: carried needs the native engine, in the graph engine every trial begins at rest")
	}
	return nil
}

// newGraphBatch prepares an engine for networks of one layout, of which it takes up to
// runs into one call of a program.
func newGraphBatch[F graphFloat](p *graphPrograms, runs int, c *Config, shape data.Shape) (*graphBatch[F], error) {
	if err := c.checkGraph(); err != nil {
		return nil, fmt.Errorf("mdgl: %w", err)
	}
	state, err := loop.NewState(p.backend.Engine, 0, tensors.FromScalar(int32(0)))
	if err != nil {
		return nil, fmt.Errorf("mdgl: %w", err)
	}
	if p.backend.Name == backend.Go {
		// It has nothing to gain from several runs, and would round their products otherwise.
		runs = 1
	}
	return &graphBatch[F]{programs: p, runs: runs, layout: newLayout(c, shape), state: state}, nil
}

// close releases memory, but not the programs.
func (g *graphBatch[F]) close() { g.state.Close() }

// run serves the requests. They must agree in the number of trials, in whether they
// learn, and in the kind of answer.
func (g *graphBatch[F]) run(requests []*request[F]) error {
	for part := range slices.Chunk(requests, g.runs) {
		if err := backend.Try(func() error { return g.call(part) }); err != nil {
			return fmt.Errorf("mdgl: graph engine on %s: %w", g.programs.backend.Name, err)
		}
	}
	return nil
}

func (g *graphBatch[F]) call(requests []*request[F]) error {
	v, err := newVariant(requests)
	if err != nil {
		return err
	}
	program := g.programs.get(dense{layout: g.layout, variant: v, runs: g.runs})
	inputs := g.inputs(v, requests)
	results, err := program.Run(g.state, inputs...)
	for _, t := range inputs {
		t.MustFinalizeAll()
	}
	if err != nil {
		return err
	}
	counts, err := loop.Values[int32](results[0])
	if err != nil {
		return err
	}
	values := make([][]F, len(results)-1)
	for i, r := range results[1:] {
		if values[i], err = loop.Values[F](r); err != nil {
			return err
		}
	}
	N := g.layout.neurons
	for r, q := range requests {
		tallies := g.judge(q, r, values[0])
		q.score = q.net.finish(tallies, counts[r*N:(r+1)*N], len(q.trials))
		if q.rule != "" {
			g.collect(q, r, values[1:])
		}
	}
	return nil
}

// judge reads the readout [steps, R, B, K] of a run.
func (g *graphBatch[F]) judge(q *request[F], r int, readout []F) []tally {
	l, B := &g.layout, len(q.trials)
	K := l.outputs
	decisions := 0
	for i := range q.trials {
		decisions += len(q.trials[i].Decisions)
	}
	tallies := make([]tally, B)
	out, ignored, scratch := make([]F, l.steps*K), make([]F, l.steps*K), make([]float64, K)
	for b := range q.trials {
		for t := range l.steps {
			at := ((t*g.runs+r)*B + b) * K
			copy(out[t*K:(t+1)*K], readout[at:at+K])
		}
		tallies[b] = judge(&q.trials[b], out, ignored, K, decisions, B, scratch)
	}
	return tallies
}

// collect takes the gradients of the synapses that exist from the dense ones.
func (g *graphBatch[F]) collect(q *request[F], r int, dense [][]F) {
	n := q.net
	n.reserve(0, 1)
	sums := &n.blocks[0]
	N, K := g.layout.neurons, g.layout.outputs
	delayed := g.layout.delays * N
	for k, at := range n.in.target {
		sums.in[k] = dense[0][(r*g.layout.channels+int(n.in.row[k]))*delayed+int(at)]
	}
	for k, at := range n.rec.target {
		sums.rec[k] = dense[1][(r*N+int(n.rec.row[k]))*delayed+int(at)]
	}
	for k, at := range n.out.col {
		sums.out[k] = dense[2][(r*N+int(n.out.row[k]))*K+int(at)]
	}
	copy(sums.bias, dense[3][r*K:(r+1)*K])
	n.addBlocks(1, q.rule)
}

// variant is what must be known when a program is compiled.
type variant struct {
	trials    int  // B
	decisions int  // of a trial at most, rounded up to a power of two; 0: targets
	learn     bool // there is a gradient
	recurrent bool // some run uses BPTT
	local     bool // some run uses a rule of the MDGL kind
	filtered  bool // some run uses OnMDGL
	noisy     bool // some run has noise
}

func (v variant) name() string {
	if !v.learn {
		return "score"
	}
	return "gradient"
}

func newVariant[F float](requests []*request[F]) (variant, error) {
	first := requests[0]
	v := variant{trials: len(first.trials), learn: first.rule != ""}
	for r, q := range requests {
		if !q.fits(first) {
			return v, fmt.Errorf("request %d does not fit the first one", r)
		}
		v.noisy = v.noisy || q.net.cfg.Cells.Noise > 0
		if !v.learn {
			continue
		}
		for i := range q.trials {
			v.decisions = max(v.decisions, len(q.trials[i].Decisions))
		}
		v.recurrent = v.recurrent || q.rule == BPTT
		v.local = v.local || q.rule != BPTT && q.rule != EProp
		v.filtered = v.filtered || q.rule == OnMDGL
	}
	if v.decisions > 0 {
		v.decisions = 1 << bits.Len(uint(v.decisions-1))
	}
	return v, nil
}

// inputs brings what the requests hold into the order of the program. Runs that ask
// for nothing repeat the first request.
func (g *graphBatch[F]) inputs(v variant, requests []*request[F]) []*tensors.Tensor {
	all := make([]*request[F], g.runs)
	for r := range all {
		all[r] = requests[0]
		if r < len(requests) {
			all[r] = requests[r]
		}
	}
	a := g.forwardInputs(v, all)
	if !v.learn {
		return values(a.all())
	}
	b := g.backwardInputs(v, all)
	return append(values(a.all()), values(b.all())...)
}

func values[T any](fields []*T) []T {
	x := make([]T, len(fields))
	for i, f := range fields {
		x[i] = *f
	}
	return x
}

// filters returns κ'κ^(i-j) for j <= i as [L, L], κ^(i+1) and κ^(L-i) as [L]: a low-pass
// of a chunk as a product, and what is left of the value before and behind it.
func (l *layout) filters(tau float64) (inside, before, behind []float64) {
	L := l.chunk
	kappa := math.Exp(-1 / tau)
	inside = make([]float64, L*L)
	for i := range L {
		for j := range i + 1 {
			inside[i*L+j] = (1 - kappa) * math.Pow(kappa, float64(i-j))
		}
		before, behind = append(before, math.Pow(kappa, float64(i+1))), append(behind, math.Pow(kappa, float64(L-i)))
	}
	return inside, before, behind
}
