package mdgl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// Score is the outcome of a batch, or the mean over several.
type Score struct {
	Trials   int
	Loss     float64 // mean cross-entropy in nats, or mean squared error
	RateLoss float64 // rate cost
	Accuracy float64 // percent of decisions that are right; NaN for targets
	NMSE     float64 // squared error over squared target; NaN for decisions
	MeanRate float64 // over neurons, Hz
	MinRate  float64 // of the quietest neuron, Hz
	MaxRate  float64 // of the most active neuron, Hz
}

// Total returns the loss with the rate cost.
func (s Score) Total() float64 { return s.Loss + s.RateLoss }

func newScore(s score, rates []float64, trials int) Score {
	r := Score{Trials: trials, Loss: s.loss, RateLoss: s.rateLoss, Accuracy: math.NaN(), NMSE: math.NaN(), MinRate: math.Inf(1)}
	if s.n > 0 {
		r.Accuracy = 100 * float64(s.correct) / float64(s.n)
	} else {
		r.NMSE = s.loss / s.square
	}
	for _, x := range rates {
		hz := 1000 * x
		r.MeanRate += hz / float64(len(rates))
		r.MinRate, r.MaxRate = min(r.MinRate, hz), max(r.MaxRate, hz)
	}
	return r
}

// mean returns the mean of the scores of equally large batches.
func mean(scores []Score) Score {
	var m Score
	n := float64(len(scores))
	for _, s := range scores {
		m.Trials += s.Trials
		m.Loss += s.Loss / n
		m.RateLoss += s.RateLoss / n
		m.Accuracy += s.Accuracy / n
		m.NMSE += s.NMSE / n
		m.MeanRate += s.MeanRate / n
		m.MinRate += s.MinRate / n
		m.MaxRate += s.MaxRate / n
	}
	return m
}

// Point is a validation, after a number of updates.
type Point struct {
	Iteration   int
	Score       Score
	Connections int // synapses with a weight
}

// Result is what a run has come to: complete, or as far as it got.
type Result struct {
	Config Config
	Dir    string    // results directory, "" for a run in memory
	Points []Point   // validations, in order
	Rates  []float64 // [N] spikes per ms in the last validation
	Test   *Score    // at the end, nil before it and without test
	Done   bool      // all updates have been made, or validation.stop_error is reached

	state func(engine) error // puts an engine into the last saved state
}

// Last returns the latest validation, the zero Point if there is none.
func (r *Result) Last() Point {
	if len(r.Points) == 0 {
		return Point{}
	}
	return r.Points[len(r.Points)-1]
}

// Curve returns one quantity of every validation, for plots: "loss", "loss_reg" (the
// rate cost), "loss_tot" (their sum), "accuracy" (%), "error" (100 - accuracy),
// "nmse", "rate" (mean over neurons, Hz), "rate_min", "rate_max", "connections".
func (r *Result) Curve(quantity string) (x, y []float64, err error) {
	for i := range r.Points {
		p := &r.Points[i]
		v, ok := p.value(quantity)
		if !ok {
			return nil, nil, fmt.Errorf("mdgl: no curve %q%s, must be one of %v", quantity, config.Suggest(quantity, curves), curves)
		}
		x, y = append(x, float64(p.Iteration)), append(y, v)
	}
	return x, y, nil
}

var curves = []string{"loss", "loss_reg", "loss_tot", "accuracy", "error", "nmse", "rate", "rate_min", "rate_max", "connections"}

func (p *Point) value(quantity string) (float64, bool) {
	s := &p.Score
	v, ok := map[string]float64{
		"loss": s.Loss, "loss_reg": s.RateLoss, "loss_tot": s.Total(), "accuracy": s.Accuracy, "error": 100 - s.Accuracy, "nmse": s.NMSE,
		"rate": s.MeanRate, "rate_min": s.MinRate, "rate_max": s.MaxRate, "connections": float64(p.Connections),
	}[quantity]
	return v, ok
}

// metricColumns are the columns of metrics.csv: one row per validation; the last row
// has the test as well.
var metricColumns = []string{
	"iter", "trials", "loss", "loss_reg", "loss_tot", "accuracy", "nmse", "rate", "rate_min", "rate_max", "connections",
	"test_trials", "test_loss", "test_loss_reg", "test_accuracy", "test_nmse", "test_rate", "test_rate_min", "test_rate_max",
}

func metricRow(p *Point, test *Score) []float64 {
	s := &p.Score
	row := []float64{
		float64(p.Iteration), float64(s.Trials), s.Loss, s.RateLoss, s.Total(), s.Accuracy, s.NMSE, s.MeanRate, s.MinRate, s.MaxRate, float64(p.Connections),
	}
	if test == nil {
		for len(row) < len(metricColumns) {
			row = append(row, math.NaN())
		}
		return row
	}
	return append(row, float64(test.Trials), test.Loss, test.RateLoss, test.Accuracy, test.NMSE, test.MeanRate, test.MinRate, test.MaxRate)
}

// readPoints reads metrics back.
func readPoints(t experiment.Table) (points []Point, test *Score, err error) {
	if len(t.Rows) > 0 && len(t.Columns) != len(metricColumns) {
		return nil, nil, fmt.Errorf("mdgl: metrics have columns %v, want %v", t.Columns, metricColumns)
	}
	for _, r := range t.Rows {
		points = append(points, Point{
			Iteration:   int(r[0]),
			Score:       Score{Trials: int(r[1]), Loss: r[2], RateLoss: r[3], Accuracy: r[5], NMSE: r[6], MeanRate: r[7], MinRate: r[8], MaxRate: r[9]},
			Connections: int(r[10]),
		})
		if !math.IsNaN(r[11]) {
			test = &Score{Trials: int(r[11]), Loss: r[12], RateLoss: r[13], Accuracy: r[14], NMSE: r[15], MeanRate: r[16], MinRate: r[17], MaxRate: r[18]}
		}
	}
	return points, test, nil
}

// Load reads a run from its results directory, also while it is still computed.
func Load(ctx context.Context, dir string) (*Result, error) {
	r := &Result{Dir: dir}
	saved, table, err := experiment.Load(dir, &r.Config)
	if err != nil {
		return nil, fmt.Errorf("mdgl: %w", err)
	}
	r.Done = saved.Status.State == experiment.Done
	if r.Points, r.Test, err = readPoints(table); err != nil {
		return nil, err
	}
	if r.Rates, err = lastRates(dir); err != nil {
		return nil, err
	}
	r.state = func(e engine) error {
		found, err := saved.Restore(func(from io.Reader) error { return loadState(from, e, new(position)) })
		if err == nil && !found {
			err = errors.New("has no checkpoint yet")
		}
		if err != nil {
			return fmt.Errorf("mdgl: %s: %w", dir, err)
		}
		return nil
	}
	return r, context.Cause(ctx)
}

// lastRates reads the rates of the last validation, nil if there are none yet.
func lastRates(dir string) ([]float64, error) {
	in, err := npy.OpenReader(filepath.Join(dir, "recordings/validation/1/recurrent/av.npy"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("mdgl: %w", err)
	}
	defer in.Close()
	if in.Rows() == 0 {
		return nil, nil
	}
	rates := make([]float64, in.Width())
	if err := in.ReadRows(rates, in.Rows()-1, 1); err != nil {
		return nil, fmt.Errorf("mdgl: %w", err)
	}
	return rates, nil
}

// Network returns a copy of the trained network in its last saved state, for trials
// of the given shape.
func (r *Result) Network(shape data.Shape) (*Network, error) {
	if r.state == nil {
		return nil, errors.New("mdgl: the result of a run that did not start has no network")
	}
	n, err := Build(r.Config, shape)
	if err != nil {
		return nil, err
	}
	return n, r.state(n.engine)
}

// Evaluate shows batches of a task's test stage to the trained network, without
// learning, and returns their mean score. The batches have the size of the
// validation. The result is not changed.
func Evaluate(ctx context.Context, r *Result, task data.Task, batches int) (Score, error) {
	if batches < 1 {
		return Score{}, fmt.Errorf("mdgl: %d batches, want at least 1", batches)
	}
	n, err := r.Network(task.Shape())
	if err != nil {
		return Score{}, err
	}
	return evaluate(ctx, n.engine, &r.Config, task, data.Testing, 0, batches, r.Config.restStates(), 0)
}
