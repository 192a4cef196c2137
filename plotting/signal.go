package plotting

import (
	"context"
	"fmt"
	"math"

	"github.com/neurocredit/neurocredit/dendritic"
)

const (
	// maxValues is how many values of a recording are drawn; a longer one is
	// averaged in windows first.
	maxValues = 100_000
	// maxLines is how many neurons or synapses are drawn; of more, equally spaced
	// ones are.
	maxLines = 1000
	// chunkValues is how many values are read at a time.
	chunkValues = 1 << 16
)

// signal is a recording, or a part of it, ready to be drawn.
type signal struct {
	x      []float64   // number of the record in the middle of the window
	y      [][]float64 // [windows][columns]
	window int         // records that are averaged
	shown  int         // columns
	all    int         // columns of the recording
}

// windows returns how many rows are averaged and how many windows there are, as
// in the original's plots: the rows behind the last full window are left out.
func windows(rows, columns int) (size, n int) {
	if columns == 0 || rows*columns <= maxValues {
		return 1, rows
	}
	size = int(math.Ceil(float64(rows) / (float64(maxValues) / float64(columns))))
	return size, max(1, rows/size)
}

// readSignal reads rows of a recording, averaged in windows where there are many.
// At most maxLines columns are read if thin.
func readSignal(ctx context.Context, c *dendritic.Recording, first, rows int, thin bool) (*signal, error) {
	s := &signal{all: c.Width()}
	stride := 1
	if thin {
		stride = (s.all + maxLines - 1) / maxLines
	}
	s.shown = (s.all + stride - 1) / stride
	var n int
	s.window, n = windows(rows, s.shown)
	buf := make([]float64, max(1, chunkValues/s.all)*s.all)
	next, left := first, 0 // row to read next, rows in buf not yet used
	var part []float64
	for w := range n {
		sum := make([]float64, s.shown)
		size := min(s.window, rows-w*s.window)
		for range size {
			if left == 0 {
				if err := context.Cause(ctx); err != nil {
					return nil, err
				}
				left = min(len(buf)/s.all, first+rows-next)
				part = buf[:left*s.all]
				if err := c.Read(part, next, 1); err != nil {
					return nil, err
				}
				next += left
			}
			for k := range sum {
				sum[k] += part[k*stride]
			}
			part = part[s.all:]
			left--
		}
		for k := range sum {
			sum[k] /= float64(size)
		}
		s.x = append(s.x, float64(w*s.window)+float64(size-1)/2)
		s.y = append(s.y, sum)
	}
	return s, nil
}

// note tells what of the recording is shown.
func (s *signal) note() string {
	note := ""
	if s.window > 1 {
		note = fmt.Sprintf("mean of %d records each", s.window)
	}
	if s.shown < s.all {
		if note != "" {
			note += "; "
		}
		note += fmt.Sprintf("%d of %d lines", s.shown, s.all)
	}
	return note
}

// combine returns f of two signals of the same shape.
func combine(a, b *signal, f func(a, b float64) float64) [][]float64 {
	y := make([][]float64, min(len(a.y), len(b.y)))
	for i := range y {
		y[i] = make([]float64, len(a.y[i]))
		for k := range y[i] {
			y[i][k] = f(a.y[i][k], b.y[i][k])
		}
	}
	return y
}

// Angle returns the angle in degrees between two matrices of the same shape, as
// vectors of all their elements. up is given as [n × m], down as [m × n], both
// row-major, and down is transposed: the alignment of bottom-up and top-down
// weights between a level of n and one of m neurons. It panics if the lengths do
// not fit.
func Angle(up, down []float64, n, m int) float64 {
	if len(up) != n*m || len(down) != n*m {
		panic(fmt.Sprintf("plotting: angle: %d and %d weights between %d and %d neurons", len(up), len(down), n, m))
	}
	var dot, uu, dd float64
	for j := range n {
		for h := range m {
			u, d := up[j*m+h], down[h*n+j]
			dot += u * d
			uu += u * u
			dd += d * d
		}
	}
	// Rounding may push the cosine beyond ±1.
	return math.Acos(max(-1, min(1, dot/math.Sqrt(uu*dd)))) * 180 / math.Pi
}
