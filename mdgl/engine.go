package mdgl

import (
	"encoding/gob"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/config"
)

// engine is a network whose precision is hidden.
type engine interface {
	// batch simulates a batch. With a rule it leaves the gradient of the loss behind,
	// for learn. workers 0 takes all cores.
	batch(trials []data.Trial, rule Rule, workers int) (score, error)
	// batchFrom is batch without a rule, from given states, one per trial, and back into them.
	batchFrom(states []State, trials []data.Trial, workers int) (score, error)
	setNoise(key uint64) // chooses the noise of the next batches
	learn() (reconnected int, err error)
	made() int                    // updates made
	meanRates() []float64         // [N] spikes per step in the last batch
	connections() (n int)         // synapses with a weight
	learningRate() float64        // of the next update
	gradients() *Gradient         // of the last batch
	typeMeans(all bool) []float64 // recurrent weights by pairs of types
	watch(*data.Trial) *Activity
	weights(group string) (*mat.Dense, error)
	setWeights(group string, w mat.Matrix) error
	delays() (in, rec *mat.Dense)
	replace(Cell) error // weights, wiring and delays
	save(*gob.Encoder) error
	load(*gob.Decoder) error
	close()
}

func newEngine(c *Config, shape data.Shape) (engine, error) {
	if c.Precision == "float64" {
		return newNetwork[float64](c, shape)
	}
	return newNetwork[float32](c, shape)
}

func (n *network[F]) batch(trials []data.Trial, rule Rule, workers int) (score, error) {
	return n.run(trials, rule, workers), nil
}

func (n *network[F]) close()               {}
func (n *network[F]) setNoise(key uint64)  { n.noise = key }
func (n *network[F]) made() int            { return n.updates }
func (n *network[F]) meanRates() []float64 { return n.rates }

func (n *network[F]) connections() int {
	return n.in.connected() + n.rec.connected() + n.out.connected()
}

// Groups lists the names of the groups of weights.
func Groups() []string { return []string{"in", "recurrent", "out", "bias"} }

func (n *network[F]) bundle(group string) (*synapses[F], error) {
	switch group {
	case "in":
		return n.in, nil
	case "recurrent":
		return n.rec, nil
	case "out":
		return n.out, nil
	}
	return nil, fmt.Errorf("mdgl: no weights %q%s, must be one of %v", group, config.Suggest(group, Groups()), Groups())
}

func (s *synapses[F]) dense(x []F) *mat.Dense {
	m := mat.NewDense(s.pre, s.post, nil)
	for k, v := range x {
		m.Set(int(s.row[k]), int(s.col[k]), float64(v))
	}
	return m
}

func float64s[F float](x []F) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func (n *network[F]) weights(group string) (*mat.Dense, error) {
	if group == "bias" {
		return mat.NewDense(1, n.outputs, float64s(n.bias)), nil
	}
	s, err := n.bundle(group)
	if err != nil {
		return nil, err
	}
	return s.dense(s.w), nil
}

func (n *network[F]) setWeights(group string, w mat.Matrix) error {
	have, err := n.weights(group)
	if err != nil {
		return err
	}
	rows, cols := w.Dims()
	if r, c := have.Dims(); r != rows || c != cols {
		return fmt.Errorf("mdgl: weights %s are %d x %d, not %d x %d", group, r, c, rows, cols)
	}
	for i := range rows {
		for j := range cols {
			if x := w.At(i, j); math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("mdgl: weight %s %d→%d is %v, must be finite", group, i, j, x)
			}
		}
	}
	if group == "bias" {
		for k := range n.bias {
			n.bias[k] = F(w.At(0, k))
		}
		return nil
	}
	s, _ := n.bundle(group) // was found by weights
	theta := make([]F, len(s.theta))
	left := mat.DenseCopyOf(w)
	for k := range theta {
		i, j := int(s.row[k]), int(s.col[k])
		theta[k] = F(w.At(i, j)) * s.sign[k]
		if s.signed && theta[k] < 0 {
			return fmt.Errorf("mdgl: weight %v of synapse %s %d→%d has the wrong sign", w.At(i, j), group, i, j)
		}
		if !(s.silent && i == j) {
			left.Set(i, j, 0)
		}
	}
	for i := range rows {
		for j := range cols {
			if x := left.At(i, j); x != 0 {
				return fmt.Errorf("mdgl: weight %v at %s %d→%d, where there is no synapse", x, group, i, j)
			}
		}
	}
	copy(s.theta, theta)
	n.refresh()
	return nil
}

func (n *network[F]) gradients() *Gradient {
	g := &n.sums
	return &Gradient{In: n.in.dense(g.in), Recurrent: n.rec.dense(g.rec), Out: n.out.dense(g.out), Bias: float64s(g.bias)}
}

func (n *network[F]) watch(tr *data.Trial) *Activity {
	T, N := n.shape.Steps, n.neurons
	n.reserve(1, 0)
	tc := &trace[F]{watched: true}
	n.workers[0].setNoise(n.noiseOf(0))
	n.forward(n.workers[0], tr, tc, nil, max(1, len(tr.Decisions)), 1, BPTT)
	a := &Activity{
		Voltage: mat.NewDense(T, N, float64s(tc.v)), Adaptation: mat.NewDense(T, N, float64s(tc.b)), Pseudo: mat.NewDense(T, N, float64s(tc.h)),
		Readout: mat.NewDense(T, n.outputs, float64s(tc.out)), Spikes: make([][]int, T),
	}
	rule := n.cfg.Learning.Rule
	n.makePlan(rule, 1)
	direct := make([]F, T*N)
	K := n.outputs
	for t := range T {
		for _, j := range tc.spikes[tc.start[t]:tc.start[t+1]] {
			a.Spikes[t] = append(a.Spikes[t], int(j))
		}
		for i, j := range n.plan.heard {
			for k, x := range tc.lambda[t*K : (t+1)*K] {
				direct[t*N+int(j)] += n.plan.weights[i*K+k] * x
			}
		}
	}
	a.Direct = mat.NewDense(T, N, float64s(direct))
	if rule != BPTT && rule != EProp && rule != OnMDGL {
		a.Modulatory = mat.NewDense(T, N, float64s(n.modulatory(tc, direct)))
	}
	return a
}

// modulatory computes what arrives through one synapse, [T, N], as the adjoint does.
func (n *network[F]) modulatory(tc *trace[F], direct []F) []F {
	T, N, lag := n.shape.Steps, n.neurons, 1
	x := make([]F, (T+n.cfg.Cells.Delays+2)*N)
	for i, h := range tc.h {
		x[i] = direct[i] * h
	}
	if n.cfg.Cells.Model == "lsnn" {
		lag = 2
		for i, b := range tc.b {
			x[i] /= n.threshold(i%N, b)
		}
	}
	m, zero, total := make([]F, T*N), make([]F, N), make([]F, 2*n.kinds)
	for t := range T {
		from := x[(t+lag)*N:]
		if n.plan.rule == NLMDGL {
			n.spread(m[t*N:(t+1)*N], zero, from[:N], total)
		} else {
			n.gather(m[t*N:(t+1)*N], zero, from, n.plan.all)
		}
	}
	return m
}

// networkState is everything of a network that is not in its configuration.
type networkState[F float] struct {
	Theta, M, V [4][]F // input, recurrent, output, bias
	Updates     int
}

func (n *network[F]) state() *networkState[F] {
	s := &networkState[F]{Updates: n.updates}
	for i, b := range []*synapses[F]{n.in, n.rec, n.out} {
		s.Theta[i], s.M[i], s.V[i] = b.theta, b.m, b.v
	}
	s.Theta[3], s.M[3], s.V[3] = n.bias, n.biasM, n.biasV
	return s
}

func (n *network[F]) save(enc *gob.Encoder) error { return enc.Encode(n.state()) }

func (n *network[F]) load(dec *gob.Decoder) error {
	var from networkState[F]
	if err := dec.Decode(&from); err != nil {
		return err
	}
	to := n.state()
	for i := range to.Theta {
		for _, p := range [][2][]F{{to.Theta[i], from.Theta[i]}, {to.M[i], from.M[i]}, {to.V[i], from.V[i]}} {
			if len(p[0]) != len(p[1]) {
				return fmt.Errorf("mdgl: saved state has %d synapses, the configuration %d", len(p[1]), len(p[0]))
			}
			copy(p[0], p[1])
		}
	}
	n.updates = from.Updates
	n.refresh()
	return nil
}
