package dendritic

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

// WriteSummary writes the learning curves of many runs as one small CSV table:
// the columns of metrics.csv behind the name and the seed of the run, numbers with
// six digits. Of the epochs it keeps the first 20, every tenth and the last. The
// note stands above the table as comments; say there what made it.
func WriteSummary(w io.Writer, results []*Result, note string) error {
	out := bufio.NewWriter(w)
	for _, line := range strings.Split(strings.TrimSpace(note), "\n") {
		fmt.Fprintln(out, "#", line)
	}
	for i, r := range results {
		columns := metricColumns(&r.Config)
		if i == 0 {
			fmt.Fprintf(out, "run,seed,%s\n", strings.Join(columns, ","))
		} else if len(columns) != len(metricColumns(&results[0].Config)) {
			return fmt.Errorf("dendritic: runs %s and %s have different numbers of hidden levels", results[0].Config.Name, r.Config.Name)
		}
		for k, e := range r.Epochs {
			last := k == len(r.Epochs)-1
			if e.Epoch > 20 && e.Epoch%10 != 0 && !last {
				continue
			}
			var test *Score
			if last {
				test = r.Test
			}
			fmt.Fprintf(out, "%s,%d", r.Config.Name, r.Config.Seed)
			for _, v := range metricRow(&e, test) {
				fmt.Fprintf(out, ",%.6g", v)
			}
			fmt.Fprintln(out)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("dendritic: %w", err)
	}
	return nil
}

// ReadSummary reads what WriteSummary wrote, for plots. The results have curves
// and tests; of their configurations only name, seed and number of hidden levels.
func ReadSummary(r io.Reader) ([]*Result, error) {
	table := csv.NewReader(r)
	table.Comment = '#'
	header, err := table.Read()
	if err != nil {
		return nil, fmt.Errorf("dendritic: summary: %w", err)
	}
	hidden := strings.Count(strings.Join(header, ","), ",angle_")
	levels := make([]int, hidden+2)
	shape := Config{Circuit: Circuit{Levels: levels}}
	if want := append([]string{"run", "seed"}, metricColumns(&shape)...); hidden < 1 || strings.Join(header, ",") != strings.Join(want, ",") {
		return nil, fmt.Errorf("dendritic: summary: columns are %v, want %v", header, want)
	}
	var results []*Result
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return results, nil
		}
		if err != nil {
			return nil, fmt.Errorf("dendritic: summary: %w", err)
		}
		line, _ := table.FieldPos(0)
		values := make([]float64, len(row))
		for i, field := range row[1:] {
			if values[i+1], err = strconv.ParseFloat(field, 64); err != nil {
				return nil, fmt.Errorf("dendritic: summary: line %d: %s is %q, want a number", line, header[i+1], field)
			}
		}
		if len(results) == 0 || results[len(results)-1].Config.Name != row[0] {
			c := shape
			c.Name, c.Seed = row[0], uint32(values[1])
			results = append(results, &Result{Config: c})
		}
		now := results[len(results)-1]
		epochs, test, err := epochsFrom(&shape, experiment.Table{Columns: header[2:], Rows: [][]float64{values[2:]}})
		if err != nil {
			return nil, err
		}
		now.Epochs = append(now.Epochs, epochs...)
		if test != nil {
			now.Test, now.Done = test, true
		}
	}
}
