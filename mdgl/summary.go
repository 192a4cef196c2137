package mdgl

import (
	"fmt"
	"io"
	"slices"

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
	s := experiment.Summary{Columns: metricColumns}
	for _, r := range results {
		run := experiment.SummaryRun{Name: r.Config.Name, Seed: uint64(r.Config.Seed)}
		for k := range r.Points {
			last := k == len(r.Points)-1
			if k%every != 0 && !last {
				continue
			}
			var test *Score
			if last {
				test = r.Test
			}
			run.Rows = append(run.Rows, metricRow(&r.Points[k], test))
		}
		s.Runs = append(s.Runs, run)
	}
	if err := s.Write(w, note, nil); err != nil {
		return fmt.Errorf("mdgl: %w", err)
	}
	return nil
}

// ReadSummary reads what WriteSummary wrote, for plots. The results have validations and
// tests; of their configurations only name and seed.
func ReadSummary(r io.Reader) ([]*Result, error) {
	s, err := experiment.ReadSummary(r, 32, false, func(header []string) error {
		if want := append([]string{"run", "seed"}, metricColumns...); !slices.Equal(header, want) {
			return fmt.Errorf("columns are %v, want %v", header, want)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("mdgl: summary: %w", err)
	}
	var results []*Result
	for _, run := range s.Runs {
		r := &Result{Config: Config{Name: run.Name, Seed: uint32(run.Seed)}, Done: true}
		if r.Points, r.Test, err = readPoints(run.Table); err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}
