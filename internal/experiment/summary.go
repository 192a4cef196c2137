package experiment

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Summary is a small table of curves of many runs. As CSV its columns stand behind
// those of the name and the seed of the run, run and seed.
type Summary struct {
	Columns []string
	Runs    []SummaryRun
}

// SummaryRun is a run of a [Summary], with its rows in Table.
type SummaryRun struct {
	Name string
	Seed uint64
	Table
}

// Write writes the table as CSV, with a note above it as comments. The text of the
// number x in a column is that of format; nil writes six digits.
func (s *Summary) Write(w io.Writer, note string, format func(column int, x float64) string) error {
	if format == nil {
		format = func(_ int, x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }
	}
	out := bufio.NewWriter(w)
	for _, line := range strings.Split(strings.TrimSpace(note), "\n") {
		fmt.Fprintln(out, "#", line)
	}
	if len(s.Columns) > 0 {
		fmt.Fprintf(out, "run,seed,%s\n", strings.Join(s.Columns, ","))
	}
	for _, r := range s.Runs {
		for _, row := range r.Rows {
			fmt.Fprintf(out, "%s,%d", r.Name, r.Seed)
			for i, x := range row {
				out.WriteString("," + format(i, x))
			}
			out.WriteByte('\n')
		}
	}
	return out.Flush()
}

// ReadSummary reads what Write wrote. Seeds have the given number of bits. check tells
// what is wrong with the names of all columns. In a sparse table, fields behind the first of Columns may be empty, for
// NaN. Consecutive rows of a name are one run.
func ReadSummary(r io.Reader, bits int, sparse bool, check func(header []string) error) (*Summary, error) {
	table := csv.NewReader(r)
	table.Comment = '#'
	header, err := table.Read()
	if err != nil {
		return nil, err
	}
	if err := check(header); err != nil {
		return nil, err
	}
	s := &Summary{Columns: header[2:]}
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := table.FieldPos(0)
		seed, err := strconv.ParseUint(row[1], 10, bits)
		if err != nil {
			return nil, fmt.Errorf("line %d: seed %q must be a whole number below 2^%d", line, row[1], bits)
		}
		values := make([]float64, len(s.Columns))
		for i, field := range row[2:] {
			if sparse && field == "" && i > 0 {
				values[i] = math.NaN()
			} else if values[i], err = strconv.ParseFloat(field, 64); err != nil {
				return nil, fmt.Errorf("line %d: %s is %q, want a number", line, s.Columns[i], field)
			}
		}
		if n := len(s.Runs); n == 0 || s.Runs[n-1].Name != row[0] {
			s.Runs = append(s.Runs, SummaryRun{row[0], seed, Table{Columns: s.Columns}})
		}
		last := &s.Runs[len(s.Runs)-1]
		last.Rows = append(last.Rows, values)
	}
}
