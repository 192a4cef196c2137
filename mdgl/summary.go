package mdgl

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

// WriteSummary writes the learning curves of many runs as one small CSV table: the columns
// of metrics.csv behind the name and the seed of the run, numbers with six digits. Of
// the validations it keeps every n-th and the last; 1 keeps all. The note stands
// above the table as comments; say there what made it.
func WriteSummary(w io.Writer, results []*Result, every int, note string) error {
	if every < 1 {
		return fmt.Errorf("mdgl: summary of every %d-th validation, must be >= 1", every)
	}
	out := bufio.NewWriter(w)
	for _, line := range strings.Split(strings.TrimSpace(note), "\n") {
		fmt.Fprintln(out, "#", line)
	}
	fmt.Fprintf(out, "run,seed,%s\n", strings.Join(metricColumns, ","))
	for _, r := range results {
		for k := range r.Points {
			last := k == len(r.Points)-1
			if k%every != 0 && !last {
				continue
			}
			var test *Score
			if last {
				test = r.Test
			}
			fmt.Fprintf(out, "%s,%d", r.Config.Name, r.Config.Seed)
			for _, v := range metricRow(&r.Points[k], test) {
				fmt.Fprintf(out, ",%.6g", v)
			}
			fmt.Fprintln(out)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("mdgl: %w", err)
	}
	return nil
}

// ReadSummary reads what WriteSummary wrote, for plots. The results have validations and
// tests; of their configurations only name and seed.
func ReadSummary(r io.Reader) ([]*Result, error) {
	table := csv.NewReader(r)
	table.Comment = '#'
	header, err := table.Read()
	if err != nil {
		return nil, fmt.Errorf("mdgl: summary: %w", err)
	}
	if want := append([]string{"run", "seed"}, metricColumns...); !slices.Equal(header, want) {
		return nil, fmt.Errorf("mdgl: summary: columns are %v, want %v", header, want)
	}
	var results []*Result
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return results, nil
		}
		if err != nil {
			return nil, fmt.Errorf("mdgl: summary: %w", err)
		}
		line, _ := table.FieldPos(0)
		values := make([]float64, len(row))
		for i, field := range row[1:] {
			if values[i+1], err = strconv.ParseFloat(field, 64); err != nil {
				return nil, fmt.Errorf("mdgl: summary: line %d: %s is %q, want a number", line, header[i+1], field)
			}
		}
		if len(results) == 0 || results[len(results)-1].Config.Name != row[0] {
			results = append(results, &Result{Config: Config{Name: row[0], Seed: uint32(values[1])}})
		}
		now := results[len(results)-1]
		points, test, err := readPoints(experiment.Table{Columns: header[2:], Rows: [][]float64{values[2:]}})
		if err != nil {
			return nil, err
		}
		now.Points = append(now.Points, points...)
		if test != nil {
			now.Test = test
		}
		now.Done = true
	}
}
