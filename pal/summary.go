package pal

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
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
		return nil, nil, fmt.Errorf("pal: the summary of %s has no curve %q%s, must be one of %v", s.Name, quantity, suggest(quantity, s.quantities), s.quantities)
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
	out := bufio.NewWriter(w)
	for _, line := range strings.Split(strings.TrimSpace(note), "\n") {
		fmt.Fprintln(out, "#", line)
	}
	fmt.Fprintf(out, "run,seed,time_ms,%s\n", strings.Join(quantities, ","))
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
		for k, t := range s.time {
			fmt.Fprintf(out, "%s,%d,%s", r.Config.Name, r.Config.Seed, strconv.FormatFloat(t, 'g', 12, 64))
			for i := range quantities {
				out.WriteByte(',')
				if v := s.values[i][k]; !math.IsNaN(v) {
					out.WriteString(strconv.FormatFloat(v, 'g', digits, 64))
				}
			}
			fmt.Fprintln(out)
		}
	}
	if err := out.Flush(); err != nil {
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
	table := csv.NewReader(r)
	table.Comment = '#'
	header, err := table.Read()
	if err != nil {
		return nil, fmt.Errorf("pal: summary: %w", err)
	}
	if len(header) < 4 || !slices.Equal(header[:3], []string{"run", "seed", "time_ms"}) {
		return nil, fmt.Errorf("pal: summary: columns are %v, want run, seed, time_ms and quantities", header)
	}
	var all []*Summary
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("pal: summary: %w", err)
		}
		line, _ := table.FieldPos(0)
		seed, err := strconv.ParseUint(row[1], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("pal: summary: line %d: seed %q must be a whole number below 2^32", line, row[1])
		}
		values := make([]float64, len(row)-2)
		for i, field := range row[2:] {
			if field == "" && i > 0 {
				values[i] = math.NaN()
			} else if values[i], err = strconv.ParseFloat(field, 64); err != nil {
				return nil, fmt.Errorf("pal: summary: line %d: %s is %q, want a number", line, header[2+i], field)
			}
		}
		if len(all) == 0 || all[len(all)-1].Name != row[0] {
			all = append(all, &Summary{Name: row[0], Seed: uint32(seed), quantities: header[3:], values: make([][]float64, len(header)-3)})
		}
		s := all[len(all)-1]
		s.time = append(s.time, values[0])
		for i, v := range values[1:] {
			s.values[i] = append(s.values[i], v)
		}
	}
}
