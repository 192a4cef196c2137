package le

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

// Result is what a run has come to: complete, or as far as it got.
type Result struct {
	Config Config
	Dir    string  // results directory, "" for a run in memory
	Points []Point // learning curve: before training, and after every epoch
	Done   bool    // all epochs have been trained

	state [][]float32
}

// Point is the state of learning after an epoch. What was not measured is NaN.
type Point struct {
	Epoch         int
	TrainError    float64     // mean over batches of the squared distance of output and target per output, at the last update of each batch while training
	ValidError    float64     // the same for validation samples after the epoch
	ValidAccuracy float64     // fraction of validation samples whose largest output is that of their class
	CodeAccuracy  float64     // fraction of test samples that a linear classifier recognises from the rates of layer Evaluation.Code
	Alignment     []Alignment // by layer from the second one with weights, with FA and PAL
}

// Alignment compares top-down weights B with the transposed bottom-up weights W of a
// layer.
type Alignment struct {
	Layer            int     // counted from 1
	Angle            float64 // degrees
	NormUp, NormDown float64 // Frobenius norms
}

// DivergedError is the error of a run whose numbers are no longer finite.
type DivergedError struct {
	Run   string
	Epoch int // epoch that was being trained, counted from 1
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("le: %s diverged in epoch %d: its output is not finite; smaller learning rates may help", e.Run, e.Epoch)
}

// Last returns the latest point, the zero Point if there is none.
func (r *Result) Last() Point {
	if len(r.Points) == 0 {
		return Point{}
	}
	return r.Points[len(r.Points)-1]
}

// Curve returns one quantity over epochs, for plots: "train_error", "valid_error",
// "valid_accuracy", "code_accuracy", and, with the number of a layer, "angle_2",
// "norm_up_2", "norm_down_2".
func (r *Result) Curve(quantity string) (x, y []float64, err error) {
	columns := metricColumns(r.aligned())
	i := slices.Index(columns, quantity)
	if i < 1 {
		return nil, nil, fmt.Errorf("le: no curve %q, must be one of %v", quantity, columns[1:])
	}
	for _, p := range r.Points {
		x, y = append(x, float64(p.Epoch)), append(y, p.row()[i])
	}
	return x, y, nil
}

// aligned lists the layers whose top-down weights are compared, counted from 1.
func (c *Config) aligned() []int {
	var list []int
	if c.Learning.Algorithm == FA || c.Learning.Algorithm == PAL {
		for i, l := range c.Network.Layers {
			if i > 0 && l.Kind != KindPool {
				list = append(list, i+1)
			}
		}
	}
	return list
}

// aligned lists the layers that the curve compares.
func (r *Result) aligned() []int {
	if len(r.Points) == 0 {
		return r.Config.aligned()
	}
	var list []int
	for _, a := range r.Points[0].Alignment {
		list = append(list, a.Layer)
	}
	return list
}

// metricColumns are the columns of metrics.csv: one row per point. The layers are
// those compared.
func metricColumns(layers []int) []string {
	columns := []string{"epoch", "train_error", "valid_error", "valid_accuracy", "code_accuracy"}
	for _, l := range layers {
		for _, q := range []string{"angle", "norm_up", "norm_down"} {
			columns = append(columns, fmt.Sprintf("%s_%d", q, l))
		}
	}
	return columns
}

func (p *Point) row() []float64 {
	row := []float64{float64(p.Epoch), p.TrainError, p.ValidError, p.ValidAccuracy, p.CodeAccuracy}
	for _, a := range p.Alignment {
		row = append(row, a.Angle, a.NormUp, a.NormDown)
	}
	return row
}

// pointsFrom reads metrics back.
func pointsFrom(c *Config, t experiment.Table) ([]Point, error) {
	if want := metricColumns(c.aligned()); len(t.Rows) > 0 && !slices.Equal(t.Columns, want) {
		return nil, fmt.Errorf("le: metrics have columns %v, want %v", t.Columns, want)
	}
	points := make([]Point, 0, len(t.Rows))
	for _, row := range t.Rows {
		points = append(points, pointFrom(c.aligned(), row))
	}
	return points, nil
}

// pointFrom reads a row of metrics.
func pointFrom(layers []int, row []float64) Point {
	p := Point{int(row[0]), row[1], row[2], row[3], row[4], nil}
	for i, l := range layers {
		a := row[5+3*i:]
		p.Alignment = append(p.Alignment, Alignment{l, a[0], a[1], a[2]})
	}
	return p
}

// alignments compares the weights of a state.
func (n *network) alignments(state [][]float32) []Alignment {
	var all []Alignment
	for _, number := range n.cfg.aligned() {
		l := n.layers[number-1]
		up, down := state[l.up], state[l.down]
		rows, columns := l.weightDims()
		var dot, uu, dd float64
		for i := range rows {
			for k := range columns {
				w, b := float64(up[i*columns+k]), float64(down[i*columns+k])
				if l.Kind != KindConv {
					b = float64(down[k*rows+i])
				}
				dot, uu, dd = dot+w*b, uu+w*w, dd+b*b
			}
		}
		cosine := math.Max(-1, math.Min(1, dot/math.Sqrt(uu*dd)))
		all = append(all, Alignment{number, math.Acos(cosine) * 180 / math.Pi, math.Sqrt(uu), math.Sqrt(dd)})
	}
	return all
}

// Weights returns the last saved weights of a layer (counted from 1): "up" W
// [inputs × neurons], for convolutions [filters × channels·kernel]; "bias" [1 ×
// neurons]; "down" B [neurons × inputs], or as W for convolutions; "direct" D
// [outputs × neurons].
func (r *Result) Weights(layer int, group string) (*mat.Dense, error) {
	n, err := newNetwork(&r.Config)
	if err != nil {
		return nil, fmt.Errorf("le: %w", err)
	}
	if layer < 1 || layer > len(n.layers) {
		return nil, fmt.Errorf("le: no layer %d, must be 1 to %d", layer, len(n.layers))
	}
	if r.state == nil {
		return nil, errors.New("le: the result of a run that did not start has no weights")
	}
	l := n.layers[layer-1]
	groups := map[string]int{"up": l.up, "bias": l.bias, "down": l.down, "direct": l.direct}
	at, ok := groups[group]
	if !ok || at < 0 {
		return nil, fmt.Errorf("le: layer %d (%s) has no weights %q with algorithm %s", layer, l.Kind, group, r.Config.Learning.Algorithm)
	}
	dims := n.slots[at].dims
	if len(dims) == 1 {
		dims = []int{1, dims[0]}
	}
	m := mat.NewDense(dims[0], dims[1], nil)
	for i, v := range r.state[at] {
		m.Set(i/dims[1], i%dims[1], float64(v))
	}
	return m, nil
}

// Load reads a run from its results directory, also while it is still computed.
func Load(ctx context.Context, dir string) (*Result, error) {
	r := &Result{Dir: dir}
	saved, table, err := experiment.Load(dir, &r.Config)
	if err != nil {
		return nil, fmt.Errorf("le: %w", err)
	}
	r.Done = saved.Status.State == experiment.Done
	if r.Points, err = pointsFrom(&r.Config, table); err != nil {
		return nil, err
	}
	n, err := newNetwork(&r.Config)
	if err != nil {
		return nil, fmt.Errorf("le: %w", err)
	}
	n.watch()
	if _, err := saved.Restore(func(from io.Reader) error {
		_, r.state, _, err = readState(gob.NewDecoder(from), n)
		return err
	}); err != nil {
		return nil, fmt.Errorf("le: %s: %w", dir, err)
	}
	return r, context.Cause(ctx)
}

// position is where a run stands.
type position struct {
	Epoch  int  // epochs trained
	Batch  int  // batches of the next one
	Scored bool // the point of Epoch has been measured
	Loss   float64
}

// writeState writes what a run resumes from.
func writeState(enc *gob.Encoder, p position, state [][]float32, clock uint64) error {
	return errors.Join(enc.Encode(p), enc.Encode(clock), enc.Encode(state[1:]))
}

func readState(dec *gob.Decoder, n *network) (p position, state [][]float32, clock uint64, err error) {
	var arrays [][]float32
	if err := errors.Join(dec.Decode(&p), dec.Decode(&clock), dec.Decode(&arrays)); err != nil {
		return p, nil, 0, err
	}
	if len(arrays) != len(n.slots)-1 {
		return p, nil, 0, fmt.Errorf("le: saved state has %d arrays, want %d", len(arrays), len(n.slots)-1)
	}
	for i, a := range arrays {
		if want := size(n.slots[i+1].dims); len(a) != want {
			return p, nil, 0, fmt.Errorf("le: saved %s has %d values, want %d", n.slots[i+1].name, len(a), want)
		}
	}
	return p, append([][]float32{nil}, arrays...), clock, nil
}
