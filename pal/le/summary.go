package le

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

// WriteSummary writes the learning curves of many runs as one small CSV table: the
// columns of metrics.csv behind the name and the seed of the run, numbers with six
// digits, empty where nothing was measured. The note stands above the table as
// comments; say there what made it.
func WriteSummary(w io.Writer, results []*Result, note string) error {
	var layers []int
	for _, r := range results {
		layers = append(layers, r.aligned()...)
	}
	slices.Sort(layers)
	layers = slices.Compact(layers)
	s := experiment.Summary{Columns: metricColumns(layers)}
	for _, r := range results {
		run := experiment.SummaryRun{Name: r.Config.Name, Seed: r.Config.Seed}
		for _, p := range r.Points {
			row := p
			row.Alignment = make([]Alignment, len(layers))
			for i, l := range layers {
				row.Alignment[i] = Alignment{l, math.NaN(), math.NaN(), math.NaN()}
				if k := slices.IndexFunc(p.Alignment, func(a Alignment) bool { return a.Layer == l }); k >= 0 {
					row.Alignment[i] = p.Alignment[k]
				}
			}
			run.Rows = append(run.Rows, row.row())
		}
		s.Runs = append(s.Runs, run)
	}
	err := s.Write(w, note, func(_ int, x float64) string {
		if math.IsNaN(x) {
			return ""
		}
		return strconv.FormatFloat(x, 'g', 6, 64)
	})
	if err != nil {
		return fmt.Errorf("le: %w", err)
	}
	return nil
}

// ReadSummary reads what WriteSummary wrote, for plots. The results have curves; of
// their configurations only name and seed.
func ReadSummary(r io.Reader) ([]*Result, error) {
	var layers []int
	s, err := experiment.ReadSummary(r, 64, true, func(header []string) error {
		for _, name := range header {
			var l int
			if n, _ := fmt.Sscanf(name, "angle_%d", &l); n == 1 {
				layers = append(layers, l)
			}
		}
		if want := append([]string{"run", "seed"}, metricColumns(layers)...); !slices.Equal(header, want) {
			return fmt.Errorf("columns are %v, want %v", header, want)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("le: summary: %w", err)
	}
	var results []*Result
	for _, run := range s.Runs {
		r := &Result{Config: Config{Name: run.Name, Seed: run.Seed}, Done: true}
		for _, row := range run.Rows {
			p := pointFrom(layers, row)
			p.Alignment = slices.DeleteFunc(p.Alignment, func(a Alignment) bool { return math.IsNaN(a.Angle) })
			r.Points = append(r.Points, p)
		}
		results = append(results, r)
	}
	return results, nil
}
