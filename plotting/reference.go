package plotting

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/config"
)

//go:embed reference/yin-yang.csv
var yinYangReference string

// reference returns what another program has come to with the settings of the
// group, at these epochs, and false if there is nothing to compare with. Only seeds
// and the number of epochs may differ from the published settings; results after
// the last epoch are compared only with runs as long as the reference.
func (g Group) reference(epochs []int) (row SummaryRow, found bool) {
	if len(g.Runs) == 0 {
		return row, false
	}
	mode, ok := publishedMode(&g.Runs[0].Config)
	for _, r := range g.Runs {
		if m, published := publishedMode(&r.Config); !published || m != mode || r.Config.Precision != g.Runs[0].Config.Precision ||
			r.Config.Epochs != g.Runs[0].Config.Epochs {
			ok = false
		}
	}
	if !ok {
		return row, false
	}
	c := &g.Runs[0].Config
	runs, column := referenceRuns(string(mode), c.Precision)
	if len(runs) == 0 {
		return row, false
	}
	row = SummaryRow{Name: fmt.Sprintf("%s, reference", g.Name), Reference: true, Runs: len(runs), Done: len(runs)}
	for _, e := range epochs {
		row.Validation = append(row.Validation, statOf(column(strconv.Itoa(e))))
	}
	row.Test, row.Angle, row.NormDown = statOf(nil), statOf(nil), statOf(nil)
	if c.Epochs == dendritic.YinYang(mode).Epochs {
		row.Test, row.Angle, row.NormDown = statOf(column("test")), statOf(column("angle")), statOf(column("norm_down"))
	}
	return row, true
}

// publishedMode returns the mode whose published Yin-Yang settings the
// configuration has, but for what does not change results or is compared apart.
func publishedMode(c *dendritic.Config) (dendritic.Mode, bool) {
	for _, mode := range dendritic.Modes() {
		p := dendritic.YinYang(mode)
		p.Name, p.Seed, p.Epochs, p.Precision, p.Record = c.Name, c.Seed, c.Epochs, c.Precision, c.Record
		if len(config.Diff(&p, c)) == 0 {
			return mode, true
		}
	}
	return "", false
}

// referenceRuns returns the reference runs of a mode and a precision, and a
// function that returns the values of a column, nil if there is no such column.
func referenceRuns(mode, precision string) (runs [][]string, column func(name string) []float64) {
	r := csv.NewReader(strings.NewReader(yinYangReference))
	r.Comment = '#'
	table, err := r.ReadAll()
	if err != nil {
		panic(fmt.Errorf("plotting: reference/yin-yang.csv: %w", err))
	}
	for _, row := range table[1:] {
		if row[0] == mode && row[1] == precision {
			runs = append(runs, row)
		}
	}
	return runs, func(name string) []float64 {
		at := slices.Index(table[0], name)
		if at < 0 {
			return nil
		}
		values := make([]float64, len(runs))
		for i, row := range runs {
			v, err := strconv.ParseFloat(row[at], 64)
			if err != nil {
				v = math.NaN()
			}
			values[i] = v
		}
		return values
	}
}
