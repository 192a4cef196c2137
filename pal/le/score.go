package le

import (
	"context"
	"fmt"
	"math"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/loop"
)

// Score is the outcome of showing samples without learning.
type Score struct {
	Samples  int
	Error    float64 // mean squared distance of output and target per output
	Accuracy float64 // fraction of samples whose largest output is that of their class; NaN if the target is the input
}

// observer shows samples to trained networks, which start from rest. It is apart from
// training: measuring changes nothing.
type observer struct {
	*batch
	program *loop.Program
	code    int
	updates int
}

// newObserver prepares an observer of runs. code is a layer, counted from 1, or 0.
func newObserver(b *backend.Backend, configs []*Config, code int) (*observer, error) {
	g, err := newBatch(b, configs)
	if err != nil {
		return nil, err
	}
	c := configs[0]
	o := &observer{batch: g, code: code, updates: c.Evaluation.Updates}
	ph := phase{inject: c.Evaluation.Noise, stream: streamEvaluate}
	noisy := false
	for _, l := range g.net.layers {
		noisy = noisy || l.noisy && ph.inject
	}
	noisy = noisy || c.Network.Noise.White > 0 && ph.inject
	// Errors come only from noise, if the dynamics send it down.
	ph.rest = !noisy || c.Network.Dynamics != DynamicsVoltage
	if !noisy {
		// The input has reached the output, and nothing changes any more.
		o.updates = min(o.updates, len(c.Network.Layers))
	}
	o.program = loop.NewProgram(b.Engine, "le-observe", len(g.net.slots), g.net.build(ph, code, false))
	return o, nil
}

// rest puts the networks to rest, with the weights of the states.
func (o *observer) rest(states [][][]float32, clock uint64) error {
	rest := make([][][]float32, len(states))
	for r, state := range states {
		rest[r] = o.net.initial(o.configs[r].Seed)
		for i, s := range o.net.slots {
			if s.stream > 0 {
				rest[r][i] = state[i]
			}
		}
	}
	return o.push(rest, clock)
}

func (o *observer) close() {
	o.program.Close()
	o.batch.close()
}

// show shows rows of a set, incomplete batches left out. It returns a score per run
// and, if there is a code, the code of every sample [run][sample].
func (o *observer) show(ctx context.Context, set *samples, rows func(r int) []int) ([]Score, [][][]float64, error) {
	b, runs := o.net.batch, len(o.configs)
	all := make([][]int, runs)
	for r := range all {
		all[r] = rows(r)
	}
	batches := len(all[0]) / b
	scores, codes := make([]Score, runs), make([][][]float64, runs)
	for from := 0; from < batches; from += capacity {
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		count := min(capacity, batches-from)
		s, err := o.batch.show(o.program, set, count, o.updates, func(k, r int) []int { return all[r][(from+k)*b : (from+k+1)*b] })
		if err != nil {
			return nil, nil, err
		}
		for k := range count {
			for r := range runs {
				scores[r].Error += float64(s.loss[k][r]) / float64(batches)
				scores[r].Accuracy += float64(s.right[k][r]) / float64(batches*b)
				if o.code > 0 {
					codes[r] = append(codes[r], o.samplewise(s.codes[k][r])...)
				}
			}
		}
	}
	for r := range scores {
		scores[r].Samples = batches * b
		if set.y == nil {
			scores[r].Accuracy = math.NaN()
		}
	}
	return scores, codes, nil
}

// samplewise brings rates of a layer into rows by sample.
func (o *observer) samplewise(flat []float32) [][]float64 {
	l, b := o.net.layers[o.code-1], o.net.batch
	rows := make([][]float64, b)
	inner := 1
	if l.out.image() {
		inner = l.out.s * l.out.s
	}
	for i := range rows {
		rows[i] = make([]float64, l.out.n)
		for k := range rows[i] {
			at := i*l.out.n + k
			if l.out.image() { // channel, sample, pixel
				at = (k/inner*b+i)*inner + k%inner
			}
			rows[i][k] = float64(flat[at])
		}
	}
	return rows
}

// points measures trained runs: what a point holds but the training error.
func (d *dataset) points(ctx context.Context, o *observer, states [][][]float32, clock uint64, epoch int) ([]Point, error) {
	if err := o.rest(states, clock); err != nil {
		return nil, err
	}
	defer o.drop()
	configs := o.configs
	train, valid := make([][]int, len(configs)), make([][]int, len(configs))
	for r, c := range configs {
		train[r], valid[r] = d.split(c)
	}
	scores, _, err := o.show(ctx, d.pool, func(r int) []int { return valid[r] })
	if err != nil {
		return nil, err
	}
	points := make([]Point, len(configs))
	for r := range points {
		points[r] = Point{Epoch: epoch, TrainError: math.NaN(), ValidError: scores[r].Error, ValidAccuracy: scores[r].Accuracy, CodeAccuracy: math.NaN()}
		points[r].Alignment = o.net.alignments(states[r])
	}
	if o.code == 0 || d.pool.classes < 2 {
		return points, nil
	}
	_, learned, err := o.show(ctx, d.pool, func(r int) []int { return train[r] })
	if err != nil {
		return nil, err
	}
	_, tested, err := o.show(ctx, d.test, func(int) []int { return numbers(d.test.count) })
	if err != nil {
		return nil, err
	}
	for r, c := range configs {
		labels := make([]int, len(learned[r]))
		for i := range labels {
			labels[i] = d.pool.labels[train[r][i]]
		}
		if !finite(learned[r]) || !finite(tested[r]) {
			continue
		}
		fit, err := FitLinear(learned[r], labels, d.pool.classes, c.Seed)
		if err != nil {
			return nil, err
		}
		points[r].CodeAccuracy = fit.Accuracy(tested[r], d.test.labels[:len(tested[r])])
	}
	return points, nil
}

func finite(rows [][]float64) bool {
	for _, row := range rows {
		for _, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return false
			}
		}
	}
	return true
}

func numbers(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// Evaluate shows a set to the trained network, without learning, and returns its
// score. Incomplete batches are left out. Of the options only Backend matters; nil is
// the zero value. The result is not changed.
func Evaluate(ctx context.Context, r *Result, set *data.Set, options *Options) (Score, error) {
	score, _, err := r.show(ctx, set, 0, options)
	return score, err
}

// Codes returns the rates of a layer (counted from 1) for the samples of a set,
// [samples][neurons], after Evaluation.Updates updates each. Incomplete batches are
// left out. Options are those of Evaluate.
func Codes(ctx context.Context, r *Result, set *data.Set, layer int, options *Options) ([][]float64, error) {
	if layer < 1 || layer > len(r.Config.Network.Layers) {
		return nil, fmt.Errorf("le: no layer %d, must be 1 to %d", layer, len(r.Config.Network.Layers))
	}
	_, codes, err := r.show(ctx, set, layer, options)
	return codes, err
}

func (r *Result) show(ctx context.Context, set *data.Set, code int, options *Options) (Score, [][]float64, error) {
	if r.state == nil {
		return Score{}, nil, fmt.Errorf("le: %s has no weights yet", r.Config.Name)
	}
	s, err := r.Config.samples(set)
	if err != nil {
		return Score{}, nil, err
	}
	if s.count < r.Config.Presentation.Batch {
		return Score{}, nil, fmt.Errorf("le: the set has %d samples, less than one batch of %d", s.count, r.Config.Presentation.Batch)
	}
	b, err := options.open()
	if err != nil {
		return Score{}, nil, err
	}
	defer b.Close()
	o, err := newObserver(b, []*Config{&r.Config}, code)
	if err != nil {
		return Score{}, nil, err
	}
	defer o.close()
	if err := o.rest([][][]float32{r.state}, 0); err != nil {
		return Score{}, nil, err
	}
	scores, codes, err := o.show(ctx, s, func(int) []int { return numbers(s.count) })
	if err != nil {
		return Score{}, nil, err
	}
	return scores[0], codes[0], nil
}
