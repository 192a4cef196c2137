package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/plotting"
)

// printTable shows mean and standard deviation (population form, as the paper's
// scripts) of what the runs of each variant have come to.
func printTable(w io.Writer, results []*dendritic.Result) {
	rows := [][]string{{"variant", "runs", "done", "epochs", "accuracy (%)", "test (%)", "angle (°)"}}
	for _, v := range variantsOf(results) {
		var done, least, most int
		var accuracy, test, angle []float64
		for i, r := range v.results {
			last := r.Last()
			if i == 0 {
				least = last.Epoch
			}
			least, most = min(least, last.Epoch), max(most, last.Epoch)
			if len(r.Epochs) > 0 {
				accuracy = append(accuracy, last.Score.Accuracy)
				if len(last.Alignment) > 0 {
					angle = append(angle, last.Alignment[0].Angle)
				}
			}
			if r.Test != nil {
				test = append(test, r.Test.Accuracy)
			}
			if r.Done {
				done++
			}
		}
		epochs := fmt.Sprint(most)
		if least != most {
			epochs = fmt.Sprintf("%d-%d", least, most)
		}
		rows = append(rows, []string{v.name, fmt.Sprint(len(v.results)), fmt.Sprint(done), epochs, meanStd(accuracy), meanStd(test), meanStd(angle)})
	}
	if len(rows) > 1 {
		printColumns(w, rows)
	}
}

// variant is a group of results that differ in their seeds only.
type variant struct {
	name    string
	results []*dendritic.Result
}

// variantsOf groups results by name, in the order of their first appearance.
// Runs that did not start are left out.
func variantsOf(results []*dendritic.Result) []variant {
	var list []variant
	at := map[string]int{}
	for _, r := range results {
		if r == nil {
			continue
		}
		name := variantName(&r.Config)
		i, ok := at[name]
		if !ok {
			i = len(list)
			at[name] = i
			list = append(list, variant{name: name})
		}
		list[i].results = append(list[i].results, r)
	}
	return list
}

func meanStd(values []float64) string {
	switch len(values) {
	case 0:
		return "-"
	case 1:
		return fmt.Sprintf("%.2f", values[0])
	}
	mean, std := plotting.MeanStd(values)
	if math.IsNaN(mean) {
		return "-"
	}
	return fmt.Sprintf("%.2f ± %.2f", mean, std)
}

// printColumns prints rows of cells below each other, the first column to the
// left, the others to the right.
func printColumns(w io.Writer, rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for j, cell := range row {
			width[j] = max(width[j], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for j, cell := range row {
			pad := strings.Repeat(" ", width[j]-utf8.RuneCountInString(cell))
			if j == 0 {
				b.WriteString(cell + pad)
			} else {
				b.WriteString("  " + pad + cell)
			}
		}
		fmt.Fprintln(w, b.String())
	}
}
