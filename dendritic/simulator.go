package dendritic

import (
	"encoding/gob"
	"fmt"
	"slices"

	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// simulator is an engine: it holds the state of one run and advances it by
// patterns. Everything around it (order of patterns, records, metrics, files) is
// the session's.
type simulator interface {
	drawWeights(rng *mt19937.Source)
	present(first, training bool, pattern, target []float64, every int, after func(t int)) error
	settle()
	copyTransposed()
	reinforceSelfPrediction()
	// reader returns a function that copies the present values of a recordable
	// variable; its result is overwritten by the next call.
	reader(level int, group, variable string) (func() []float64, error)
	setWeights(level int, group string, w []float64) error
	save(*gob.Encoder) error
	load(*gob.Decoder) error
}

// newSimulator builds the engine that a configuration asks for.
func newSimulator(c *Config, full bool) (simulator, error) {
	if c.Precision == Float32 {
		return newNetwork[float32](c, true)
	}
	return newNetwork[float64](c, full)
}

func (n *network[F]) reinforceSelfPrediction() { n.copyWeights(2, "ff", 1, "p2i", 1) }

func (n *network[F]) reader(level int, group, variable string) (func() []float64, error) {
	if p := n.population(level, group); p != nil {
		if x := p.variable(variable); x != nil {
			buf := make([]float64, len(x))
			return func() []float64 {
				for i, v := range x {
					buf[i] = float64(v)
				}
				return buf
			}, nil
		}
	}
	if p := n.find(level, group); p != nil && (variable == "g" || variable == "delta" && p.base().d != nil) {
		buf := make([]float64, p.base().size())
		return func() []float64 {
			p.read(buf, variable == "delta")
			return buf
		}, nil
	}
	return nil, fmt.Errorf("dendritic: level %d has no variable %s of %s", level, variable, group)
}

func (n *network[F]) setWeights(level int, group string, w []float64) error {
	p := n.find(level, group)
	if p == nil {
		return fmt.Errorf("dendritic: level %d has no synapse group %q, must be one of %v", level, group, n.cfg.groups(level))
	}
	s := p.base()
	if len(w) != s.size() {
		return fmt.Errorf("dendritic: %s of level %d has %d x %d weights, not %d", group, level, s.pre.n, s.post.n, len(w))
	}
	p.settle()
	s.load(s.w, w)
	p.inputReset()
	return nil
}

// netState is everything of a network that is not in its configuration.
type netState[F float] struct {
	Arena                           []F
	Players                         [][]F
	Projections                     []projectionState[F]
	Learning, Nudge, Teach, Pending bool
	Settled                         int
	Clock                           uint64
}

// projectionState has the last eight fields for a factored projection only.
type projectionState[F float] struct {
	W, D         []F
	X, U, V      []F
	P, Q         []F
	Norm         F
	Steps, Since int
	Written      []int
	Stale, Ready bool
}

func (n *network[F]) players() [][]F {
	return [][]F{n.in.rate, n.in.rateLast, n.sup.rate, n.sup.rateLast, n.inputTarget, n.supTarget}
}

func (n *network[F]) save(enc *gob.Encoder) error {
	s := netState[F]{
		Arena: n.arena.block, Players: n.players(), Learning: n.learning, Nudge: n.nudge, Teach: n.teach, Pending: n.predictedStale,
		Settled: n.settled, Clock: n.clock,
	}
	for _, p := range n.projections {
		b := p.base()
		ps := projectionState[F]{W: b.w, D: b.d}
		if f, ok := p.(*factored[F]); ok {
			ps.X, ps.U, ps.V, ps.P, ps.Q, ps.Norm = f.x, f.u, f.v, f.p, f.q, f.norm
			ps.Steps, ps.Since, ps.Written, ps.Stale, ps.Ready = f.steps, f.since, f.written, f.stale, f.ready
		}
		s.Projections = append(s.Projections, ps)
	}
	return enc.Encode(s)
}

func (n *network[F]) load(dec *gob.Decoder) error {
	var s netState[F]
	if err := dec.Decode(&s); err != nil {
		return err
	}
	if len(s.Arena) != len(n.arena.block) || len(s.Projections) != len(n.projections) {
		return fmt.Errorf("dendritic: saved state is of another circuit")
	}
	copy(n.arena.block, s.Arena)
	for i, x := range n.players() {
		copy(x, s.Players[i])
	}
	for i, p := range n.projections {
		b, ps := p.base(), s.Projections[i]
		if len(ps.W) != len(b.w) || len(ps.D) != len(b.d) {
			return fmt.Errorf("dendritic: saved %s of level %d has another size", b.file, b.level)
		}
		copy(b.w, ps.W)
		copy(b.d, ps.D)
		f, ok := p.(*factored[F])
		if ok != (ps.U != nil) {
			return fmt.Errorf("dendritic: saved %s of level %d is of another engine", b.file, b.level)
		}
		if ok {
			f.turnTo(ps.X)
			copy(f.u, ps.U)
			copy(f.v, ps.V)
			copy(f.p, ps.P)
			copy(f.q, ps.Q)
			f.norm, f.steps, f.since, f.stale, f.ready = ps.Norm, ps.Steps, ps.Since, ps.Stale, ps.Ready
			f.written = slices.Clone(ps.Written)
		}
	}
	n.nudge, n.settled, n.clock = s.Nudge, s.Settled, s.Clock
	n.predictedStale = s.Pending
	n.setPhase(s.Learning, s.Teach)
	return nil
}
