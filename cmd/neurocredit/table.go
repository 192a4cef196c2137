package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/neurocredit/neurocredit/plotting"
)

// printTable shows mean and standard deviation (population form, as the paper's
// scripts) of what the runs of each variant have come to. Runs of several systems
// make several tables. Below them is what must be told with the results.
func printTable(w io.Writer, outcomes []*outcome) {
	var notes []string
	for _, o := range outcomes {
		if o == nil {
			continue
		}
		if n := o.amounts().note; n != "" && !slices.Contains(notes, n) {
			notes = append(notes, n)
		}
	}
	for _, s := range systems {
		var own []*outcome
		for _, o := range outcomes {
			if o != nil && o.of() == s {
				own = append(own, o)
			}
		}
		if len(own) > 0 {
			printColumns(w, tableOf(s, own))
		}
	}
	for _, n := range notes {
		fmt.Fprintln(w, "note: "+n)
	}
}

func tableOf(s system, outcomes []*outcome) [][]string {
	head := []string{"variant", "runs", "done", s.about().passes}
	fixed := len(head)
	for _, o := range outcomes {
		for _, v := range o.values {
			if !slices.Contains(head[fixed:], v.name) {
				head = append(head, v.name)
			}
		}
	}
	rows := [][]string{head}
	for _, v := range variantsOf(outcomes) {
		done, least, most := 0, v.outcomes[0].reached, v.outcomes[0].reached
		for _, o := range v.outcomes {
			least, most = min(least, o.reached), max(most, o.reached)
			if o.done {
				done++
			}
		}
		passes := fmt.Sprint(most)
		if least != most {
			passes = fmt.Sprintf("%d-%d", least, most)
		}
		row := []string{v.name, fmt.Sprint(len(v.outcomes)), fmt.Sprint(done), passes}
		for _, name := range head[fixed:] {
			row = append(row, v.meanStd(name))
		}
		rows = append(rows, row)
	}
	return rows
}

// variant is a group of outcomes that differ in their seeds only.
type variant struct {
	name     string
	outcomes []*outcome
}

// variantsOf groups outcomes by name, in the order of their first appearance.
// Runs that did not start are left out.
func variantsOf(outcomes []*outcome) []variant {
	var list []variant
	at := map[string]int{}
	for _, o := range outcomes {
		if o == nil {
			continue
		}
		name := variantOf(o)
		i, ok := at[name]
		if !ok {
			i = len(list)
			at[name] = i
			list = append(list, variant{name: name})
		}
		list[i].outcomes = append(list[i].outcomes, o)
	}
	return list
}

// meanStd writes a value of those runs that have it.
func (v *variant) meanStd(name string) string {
	var known []float64
	format := "%.2f"
	for _, o := range v.outcomes {
		for _, x := range o.values {
			if x.name == name && !math.IsNaN(x.x) {
				known = append(known, x.x)
				format = cmp.Or(x.format, format)
			}
		}
	}
	switch len(known) {
	case 0:
		return "-"
	case 1:
		return fmt.Sprintf(format, known[0])
	}
	mean, std := plotting.MeanStd(known)
	return fmt.Sprintf(format+" ± "+format, mean, std)
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
