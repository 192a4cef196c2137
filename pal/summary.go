package pal

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

// Summary is what a small table keeps of a run: some of its curves at some times.
type Summary struct {
	Name string
	Seed uint32

	quantities []string
	time       []float64
	values     [][]float64 // [quantities][times], NaN where there is none
}

// Curve returns one quantity over time in ms, as Result.Curve does.
func (s *Summary) Curve(quantity string) (x, y []float64, err error) {
	i := slices.Index(s.quantities, quantity)
	if i < 0 {
		return nil, nil, fmt.Errorf("pal: the summary of %s has no curve %q%s, must be one of %v", s.Name, quantity, config.Suggest(quantity, s.quantities), s.quantities)
	}
	for k, v := range s.values[i] {
		if !math.IsNaN(v) {
			x, y = append(x, s.time[k]), append(y, v)
		}
	}
	return x, y, nil
}

// WriteSummary writes curves of many runs, in the names of Result.Curve, as one
// small CSV table, numbers with the given significant digits. Of a curve that has
// more than the given number of points it keeps the first, every n-th and the last
// value; of "error" the means over n values, because single ones scatter. The note
// stands above the table as comments; say there what made it.
func WriteSummary(w io.Writer, results []*Result, quantities []string, points, digits int, note string) error {
	if points < 1 {
		return fmt.Errorf("pal: summary of %d points, must be >= 1", points)
	}
	table := experiment.Summary{Columns: append([]string{"time_ms"}, quantities...)}
	for _, r := range results {
		s := Summary{quantities: quantities}
		for i, q := range quantities {
			x, y, err := r.Curve(q)
			if err != nil {
				return fmt.Errorf("pal: summary of %s: %w", r.Config.Name, err)
			}
			x, y = thin(x, y, points, q == "error")
			s.add(i, x, y)
		}
		s.sort()
		run := experiment.SummaryRun{Name: r.Config.Name, Seed: uint64(r.Config.Seed)}
		for k, t := range s.time {
			row := []float64{t}
			for i := range quantities {
				row = append(row, s.values[i][k])
			}
			run.Rows = append(run.Rows, row)
		}
		table.Runs = append(table.Runs, run)
	}
	err := table.Write(w, note, func(column int, x float64) string {
		switch {
		case column == 0:
			return strconv.FormatFloat(x, 'g', 12, 64)
		case math.IsNaN(x):
			return ""
		}
		return strconv.FormatFloat(x, 'g', digits, 64)
	})
	if err != nil {
		return fmt.Errorf("pal: %w", err)
	}
	return nil
}

// thin keeps the first, every n-th and the last value, or the means over n values
// with the time of the last of them. Values missing at the start are left out.
func thin(x, y []float64, points int, mean bool) (tx, ty []float64) {
	for len(y) > 0 && math.IsNaN(y[0]) {
		x, y = x[1:], y[1:]
	}
	n := max(1, (len(y)+points-1)/points)
	sum := 0.0
	for k, v := range y {
		sum += v
		last := k == len(y)-1
		switch {
		case mean && (k+1)%n == 0:
			tx, ty, sum = append(tx, x[k]), append(ty, sum/float64(n)), 0
		case !mean && (k == 0 || (k+1)%n == 0 || last):
			tx, ty = append(tx, x[k]), append(ty, v)
		}
	}
	return tx, ty
}

// add enters a curve. Times of different curves may differ.
func (s *Summary) add(i int, x, y []float64) {
	for len(s.values) < len(s.quantities) {
		s.values = append(s.values, missing(len(s.time)))
	}
	at := make(map[float64]int, len(s.time))
	for k, t := range s.time {
		at[t] = k
	}
	for k, t := range x {
		row, ok := at[t]
		if !ok {
			row = len(s.time)
			at[t], s.time = row, append(s.time, t)
			for q := range s.values {
				s.values[q] = append(s.values[q], math.NaN())
			}
		}
		s.values[i][row] = y[k]
	}
}

func missing(n int) []float64 {
	list := make([]float64, n)
	fill(list, math.NaN())
	return list
}

// sort puts the rows in the order of time.
func (s *Summary) sort() {
	order := identity(len(s.time))
	slices.SortStableFunc(order, func(a, b int) int { return int(math.Copysign(1, s.time[a]-s.time[b])) })
	arrange := func(x []float64) []float64 {
		y := make([]float64, len(x))
		for k, i := range order {
			y[k] = x[i]
		}
		return y
	}
	s.time = arrange(s.time)
	for q := range s.values {
		s.values[q] = arrange(s.values[q])
	}
}

// ReadSummary reads what WriteSummary wrote.
func ReadSummary(r io.Reader) ([]*Summary, error) {
	table, err := experiment.ReadSummary(r, 32, true, func(header []string) error {
		if len(header) < 4 || !slices.Equal(header[:3], []string{"run", "seed", "time_ms"}) {
			return fmt.Errorf("columns are %v, want run, seed, time_ms and quantities", header)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("pal: summary: %w", err)
	}
	var all []*Summary
	for _, run := range table.Runs {
		s := &Summary{Name: run.Name, Seed: uint32(run.Seed), quantities: table.Columns[1:], values: make([][]float64, len(table.Columns)-1)}
		for _, row := range run.Rows {
			s.time = append(s.time, row[0])
			for i, v := range row[1:] {
				s.values[i] = append(s.values[i], v)
			}
		}
		all = append(all, s)
	}
	return all, nil
}
