package pal

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/mt19937"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// Result is what a run has come to: complete, or as far as it got.
type Result struct {
	Config Config
	Dir    string  // results directory, "" for a run in memory
	Points []Point // learning curve: one point per Record.Every steps, settling included
	// Updates are the angles in degrees between the circuit's forward weight changes
	// and those of backpropagation: one row per epoch and sample, one column per
	// weight level, [epochs*samples][weight levels].
	Updates [][]float64
	Done    bool // the whole protocol has been run

	state func(load func(io.Reader) error) error // loads the last saved state of the session
}

// Point is the state of learning at one moment.
type Point struct {
	Time      float64     // ms since the start of training; negative while settling
	Error     float64     // squared distance of the output's prospective voltage from its target; NaN without target
	Alignment []Alignment // [hidden levels]
}

// Last returns the latest point, the zero Point if there is none.
func (r *Result) Last() Point {
	if len(r.Points) == 0 {
		return Point{}
	}
	return r.Points[len(r.Points)-1]
}

// Curve returns one quantity over time in ms, for plots: "error"; with the number
// of a hidden level "angle_1", "theory_1", "jacobian_1", "norm_up_1" and
// "norm_down_1", as in Alignment; with the number of a weight level "update_1", the
// mean over samples of Updates, at the times of the weights; as
// level/group/variable/index one value that was recorded in training, such as
// "2/ff/g/0", the first weight into level 2.
func (r *Result) Curve(quantity string) (x, y []float64, err error) {
	if strings.Count(quantity, "/") == 3 {
		return r.recordedCurve(quantity)
	}
	columns := metricColumns(&r.Config)
	if i := slices.Index(columns, quantity); i > 0 {
		for _, p := range r.Points {
			x, y = append(x, p.Time), append(y, p.row()[i])
		}
		return x, y, nil
	}
	var updates []string
	for l := range r.Config.Circuit.Levels[1:] {
		updates = append(updates, fmt.Sprintf("update_%d", l+1))
	}
	if l := slices.Index(updates, quantity); l >= 0 {
		return r.updateCurve(l)
	}
	known := append(columns[1:], updates...)
	return nil, nil, fmt.Errorf("pal: no curve %q%s, must be one of %v", quantity, config.Suggest(quantity, known), known)
}

// recordedCurve returns a recorded value at the times of the points.
func (r *Result) recordedCurve(quantity string) (x, y []float64, err error) {
	part := strings.Split(quantity, "/")
	level, err := strconv.Atoi(part[0])
	if err != nil {
		return nil, nil, fmt.Errorf("pal: curve %q: level %q must be a number", quantity, part[0])
	}
	rows, err := r.Recording(RecordingName{Training, level, part[1], part[2]})
	if err != nil {
		return nil, nil, err
	}
	points := r.Points[min(len(r.Points), r.Config.SettlingSteps()/r.Config.Record.Every):]
	i, err := strconv.Atoi(part[3])
	for k, row := range rows[:min(len(rows), len(points))] {
		if err != nil || i < 0 || i >= len(row) {
			return nil, nil, fmt.Errorf("pal: curve %q: index %q must be 0 to %d", quantity, part[3], len(row)-1)
		}
		x, y = append(x, points[k].Time), append(y, row[i])
	}
	return x, y, nil
}

// updateCurve averages the update angles of a weight level over the samples.
func (r *Result) updateCurve(level int) (x, y []float64, err error) {
	if len(r.Updates) == 0 {
		return nil, nil, nil
	}
	samples, err := r.samples()
	if err != nil {
		return nil, nil, err
	}
	c := &r.Config
	settling, perEpoch := c.SettlingSteps(), c.pointsPerEpoch(samples)
	for e := 0; (e+1)*samples <= len(r.Updates); e++ {
		sum := 0.0
		for _, row := range r.Updates[e*samples : (e+1)*samples] {
			sum += row[level]
		}
		point := settling/c.Record.Every + e*perEpoch
		x = append(x, float64((point+1)*c.Record.Every-settling)*c.Circuit.Dt)
		y = append(y, sum/float64(samples))
	}
	return x, y, nil
}

// samples returns the number of samples of an epoch, which the settings do not tell
// with TaskOwn.
func (r *Result) samples() (int, error) {
	if r.Config.Task != TaskOwn {
		return r.Config.Data.Samples, nil
	}
	var s sessionState
	err := r.state(func(from io.Reader) error {
		if err := gob.NewDecoder(from).Decode(&s); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, from)
		return err
	})
	return len(s.Position.Order), err
}

// metricColumns are the columns of metrics.csv: one row per point.
func metricColumns(c *Config) []string {
	columns := []string{"time", "error"}
	for l := 1; l <= c.Hidden(); l++ {
		for _, q := range []string{"angle", "theory", "jacobian", "norm_up", "norm_down"} {
			columns = append(columns, fmt.Sprintf("%s_%d", q, l))
		}
	}
	return columns
}

// row returns the values of metricColumns.
func (p *Point) row() []float64 {
	row := []float64{p.Time, p.Error}
	for _, a := range p.Alignment {
		row = append(row, a.Angle, a.Theory, a.Jacobian, a.NormUp, a.NormDown)
	}
	return row
}

// pointsFrom reads metrics back.
func pointsFrom(c *Config, t experiment.Table) ([]Point, error) {
	if len(t.Rows) > 0 && !slices.Equal(t.Columns, metricColumns(c)) {
		return nil, fmt.Errorf("pal: metrics have columns %v, want %v", t.Columns, metricColumns(c))
	}
	points := make([]Point, 0, len(t.Rows))
	for _, row := range t.Rows {
		p := Point{Time: row[0], Error: row[1]}
		for a := range slices.Chunk(row[2:], 5) {
			p.Alignment = append(p.Alignment, Alignment{a[0], a[1], a[2], a[3], a[4]})
		}
		points = append(points, p)
	}
	return points, nil
}

// Load reads a run from its results directory, also while it is still computed.
func Load(ctx context.Context, dir string) (*Result, error) {
	r := &Result{Dir: dir}
	saved, table, err := experiment.Load(dir, &r.Config)
	if err != nil {
		return nil, fmt.Errorf("pal: %w", err)
	}
	r.Done = saved.Status.State == experiment.Done
	if r.Points, err = pointsFrom(&r.Config, table); err != nil {
		return nil, err
	}
	if r.Config.Record.Updates {
		if r.Updates, err = r.Recording(updatesName); err != nil {
			return nil, err
		}
	}
	r.state = func(load func(io.Reader) error) error {
		found, err := saved.Restore(load)
		if err == nil && !found {
			err = errors.New("has no checkpoint yet")
		}
		if err != nil {
			return fmt.Errorf("pal: %s: %w", dir, err)
		}
		return nil
	}
	return r, context.Cause(ctx)
}

// readRows reads a whole recording.
func readRows(path string) ([][]float64, error) {
	f, err := npy.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := f.ReadAll()
	if err != nil {
		return nil, err
	}
	return slices.Collect(slices.Chunk(all, f.Width())), nil
}

// Network returns a copy of the trained network in its last saved state, at the
// end of training or where it stopped. Its noise begins anew from the seed.
func (r *Result) Network() (*Network, error) {
	if r.state == nil {
		return nil, errors.New("pal: the result of a run that did not start has no network")
	}
	n := &Network{cfg: r.Config}
	var err error
	if n.net, err = newNetwork(&n.cfg, mt19937.New(r.Config.Seed)); err != nil {
		return nil, err
	}
	err = r.state(func(from io.Reader) error {
		if _, err := loadTrained(gob.NewDecoder(from), n.net); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, from) // the state of a comparison follows
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, p := range n.net.pyr {
		clear(p.noise)
	}
	n.net.setTarget(nil)
	n.net.setPhase(phase{})
	return n, nil
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

// Score is the outcome of showing a set of samples without teaching or learning.
type Score struct {
	Samples int
	Error   float64 // mean over samples of the squared distance of output voltage and target at the end of a sample
}

// Evaluate shows a set to the trained network, without teaching, noise or
// learning, and returns its score. The samples are shown in the order of the set,
// for the time of a presentation each. The result is not changed.
func Evaluate(ctx context.Context, r *Result, set *data.Set) (Score, error) {
	if err := r.Config.checkSet(set); err != nil {
		return Score{}, fmt.Errorf("pal: %w", err)
	}
	n, err := r.Network()
	if err != nil {
		return Score{}, err
	}
	sum := 0.0
	for k, x := range set.Inputs {
		if ctx.Err() != nil {
			return Score{}, context.Cause(ctx)
		}
		for range r.Config.StepsPerSample() {
			n.net.step(x)
		}
		sum += squaredDistance(n.net.out().u, set.Targets[k])
	}
	score := Score{Samples: set.Len(), Error: sum / float64(set.Len())}
	if math.IsNaN(score.Error) {
		return score, n.net.diagnose()
	}
	return score, nil
}
