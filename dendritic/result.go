package dendritic

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

// Result is what a run has come to: complete, or as far as it got.
type Result struct {
	Config Config
	Dir    string  // results directory, "" for a run in memory
	Epochs []Epoch // validation passes, Epochs[e] after e training passes
	Test   *Score  // test pass, nil before it
	Done   bool    // the whole protocol has been run

	state func(*session) error // puts a session into the last saved state
}

// Epoch is the state of learning after a number of training passes.
type Epoch struct {
	Epoch     int
	Score     Score       // of the validation pass
	Alignment []Alignment // [hidden levels]
}

// Last returns the latest epoch, the zero Epoch if there is none.
func (r *Result) Last() Epoch {
	if len(r.Epochs) == 0 {
		return Epoch{}
	}
	return r.Epochs[len(r.Epochs)-1]
}

// Curve returns one quantity of every epoch, for plots: "accuracy" (%), "error"
// (100 - accuracy), "mean_abs_error", "rmse", and for the first hidden level
// "angle" (degrees), "norm_up", "norm_down", "p2i_mismatch", "i2p_mismatch".
func (r *Result) Curve(quantity string) (x, y []float64, err error) {
	if !slices.Contains(curves, quantity) {
		return nil, nil, fmt.Errorf("dendritic: no curve %q%s, must be one of %v", quantity, config.Suggest(quantity, curves), curves)
	}
	for _, e := range r.Epochs {
		x, y = append(x, float64(e.Epoch)), append(y, e.value(quantity))
	}
	return x, y, nil
}

var curves = []string{"accuracy", "error", "mean_abs_error", "rmse", "angle", "norm_up", "norm_down", "p2i_mismatch", "i2p_mismatch"}

func (e *Epoch) value(quantity string) float64 {
	var a Alignment
	if len(e.Alignment) > 0 {
		a = e.Alignment[0]
	}
	return map[string]float64{
		"accuracy": e.Score.Accuracy, "error": 100 - e.Score.Accuracy, "mean_abs_error": e.Score.MeanAbsError, "rmse": e.Score.RMSE,
		"angle": a.Angle, "norm_up": a.NormUp, "norm_down": a.NormDown, "p2i_mismatch": a.P2IMismatch, "i2p_mismatch": a.I2PMismatch,
	}[quantity]
}

// columns of metrics.csv: one row per validation pass; the last row has the test
// as well.
func metricColumns(c *Config) []string {
	cols := []string{"epoch", "samples", "accuracy", "mean_abs_error", "rmse", "test_samples", "test_accuracy", "test_mean_abs_error", "test_rmse"}
	for l := 1; l <= c.Hidden(); l++ {
		for _, q := range []string{"angle", "norm_up", "norm_down", "p2i_mismatch", "i2p_mismatch"} {
			cols = append(cols, fmt.Sprintf("%s_%d", q, l))
		}
	}
	return cols
}

func metricRow(e *Epoch, test *Score) []float64 {
	nan := math.NaN()
	row := []float64{float64(e.Epoch), float64(e.Score.Samples), e.Score.Accuracy, e.Score.MeanAbsError, e.Score.RMSE, nan, nan, nan, nan}
	if test != nil {
		copy(row[5:], []float64{float64(test.Samples), test.Accuracy, test.MeanAbsError, test.RMSE})
	}
	for _, a := range e.Alignment {
		row = append(row, a.Angle, a.NormUp, a.NormDown, a.P2IMismatch, a.I2PMismatch)
	}
	return row
}

// epochsFrom reads metrics back. Predictions of single patterns are not kept.
func epochsFrom(c *Config, t experiment.Table) (epochs []Epoch, test *Score, err error) {
	if len(t.Rows) > 0 && len(t.Columns) != len(metricColumns(c)) {
		return nil, nil, fmt.Errorf("dendritic: metrics have columns %v, want %v", t.Columns, metricColumns(c))
	}
	for _, row := range t.Rows {
		e := Epoch{Epoch: int(row[0]), Score: Score{Samples: int(row[1]), Accuracy: row[2], MeanAbsError: row[3], RMSE: row[4]}}
		for l := range c.Hidden() {
			a := row[9+5*l:]
			e.Alignment = append(e.Alignment, Alignment{a[0], a[1], a[2], a[3], a[4]})
		}
		epochs = append(epochs, e)
		if !math.IsNaN(row[5]) {
			test = &Score{Samples: int(row[5]), Accuracy: row[6], MeanAbsError: row[7], RMSE: row[8]}
		}
	}
	return epochs, test, nil
}

// Load reads a run from its results directory, also while it is still computed.
func Load(ctx context.Context, dir string) (*Result, error) {
	r := &Result{Dir: dir}
	saved, table, err := experiment.Load(dir, &r.Config)
	if err != nil {
		return nil, fmt.Errorf("dendritic: %w", err)
	}
	r.Done = saved.Status.State == experiment.Done
	if r.Epochs, r.Test, err = epochsFrom(&r.Config, table); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	r.state = func(s *session) error {
		found, err := saved.Restore(s.load)
		if err == nil && !found {
			err = errors.New("has no checkpoint yet")
		}
		if err != nil {
			return fmt.Errorf("dendritic: %s: %w", dir, err)
		}
		return nil
	}
	return r, context.Cause(ctx)
}

// restore builds a network in the last saved state of the run.
func (r *Result) restore() (*session, error) {
	if r.state == nil {
		return nil, errors.New("dendritic: the result of a run that did not start has no network")
	}
	s := &session{cfg: &r.Config, stages: map[string]*stage{}}
	s.rng = newGenerator(&r.Config)
	var err error
	if s.sim, err = newSimulator(&r.Config, r.Config.needsFull()); err != nil {
		return nil, err
	}
	return s, r.state(s)
}

// Weights returns the last saved weights of a synapse group, as Network.Weights
// does.
func (r *Result) Weights(level int, group string) (*mat.Dense, error) {
	n, err := r.Network()
	if err != nil {
		return nil, err
	}
	return n.Weights(level, group)
}

// Evaluate presents a set to the trained network, without teaching or learning,
// and returns its score. The patterns are shown in the order of the set. The
// result is not changed.
func Evaluate(ctx context.Context, r *Result, set *data.Set) (Score, error) {
	if err := set.Validate(); err != nil {
		return Score{}, fmt.Errorf("dendritic: %w", err)
	}
	s, err := r.restore()
	if err != nil {
		return Score{}, err
	}
	st, err := newStage(&r.Config, set, set.Len())
	if err != nil {
		return Score{}, fmt.Errorf("dendritic: %w", err)
	}
	s.stages[stageTest] = st
	s.Stage, s.Epoch, s.Next, s.tally = stageTest, r.Config.Epochs, 0, newTally(&r.Config)
	s.Order = make([]int, st.samples)
	for i := range s.Order {
		s.Order[i] = i
	}
	if err := s.runPass(ctx, s.readout(), nil, nil); err != nil {
		return Score{}, err
	}
	return s.tally.score(), nil
}
