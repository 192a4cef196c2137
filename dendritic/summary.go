package dendritic

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

// WriteSummary writes the learning curves of many runs as one small CSV table:
// the columns of metrics.csv behind the name and the seed of the run, numbers with
// six digits. Of the epochs it keeps the first 20, every tenth and the last. The
// note stands above the table as comments; say there what made it.
func WriteSummary(w io.Writer, results []*Result, note string) error {
	var s experiment.Summary
	for i, r := range results {
		columns := metricColumns(&r.Config)
		if i == 0 {
			s.Columns = columns
		} else if len(columns) != len(s.Columns) {
			return fmt.Errorf("dendritic: runs %s and %s have different numbers of hidden levels", results[0].Config.Name, r.Config.Name)
		}
		run := experiment.SummaryRun{Name: r.Config.Name, Seed: uint64(r.Config.Seed)}
		for k, e := range r.Epochs {
			last := k == len(r.Epochs)-1
			if e.Epoch > 20 && e.Epoch%10 != 0 && !last {
				continue
			}
			var test *Score
			if last {
				test = r.Test
			}
			run.Rows = append(run.Rows, metricRow(&e, test))
		}
		s.Runs = append(s.Runs, run)
	}
	if err := s.Write(w, note, nil); err != nil {
		return fmt.Errorf("dendritic: %w", err)
	}
	return nil
}

// ReadSummary reads what WriteSummary wrote, for plots. The results have curves
// and tests; of their configurations only name, seed and number of hidden levels.
func ReadSummary(r io.Reader) ([]*Result, error) {
	var shape Config
	s, err := experiment.ReadSummary(r, 32, false, func(header []string) error {
		hidden := strings.Count(strings.Join(header, ","), ",angle_")
		shape.Circuit.Levels = make([]int, hidden+2)
		if want := append([]string{"run", "seed"}, metricColumns(&shape)...); hidden < 1 || !slices.Equal(header, want) {
			return fmt.Errorf("columns are %v, want %v", header, want)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("dendritic: summary: %w", err)
	}
	var results []*Result
	for _, run := range s.Runs {
		r := &Result{Config: shape}
		r.Config.Name, r.Config.Seed = run.Name, uint32(run.Seed)
		if r.Epochs, r.Test, err = epochsFrom(&shape, run.Table); err != nil {
			return nil, err
		}
		r.Done = r.Test != nil
		results = append(results, r)
	}
	return results, nil
}
