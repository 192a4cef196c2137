package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const metricsName = "metrics.csv"

// Metrics appends rows of numbers to metrics.csv.
type Metrics struct {
	f       metricsFile
	path    string
	columns int
	size    int64 // bytes of the header and all complete rows
	line    []byte
}

// metricsFile is the part of *os.File that Metrics needs.
type metricsFile interface {
	WriteAt(p []byte, off int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Metrics opens metrics.csv for rows of the given columns, for example "epoch",
// "accuracy". In a resumed run the rows behind the checkpoint are cut off, and
// other columns than before are an error. It can be called once per process.
func (r *Run) Metrics(columns ...string) (*Metrics, error) {
	if r.metrics != nil {
		return nil, fmt.Errorf("experiment: %s: Metrics called twice", r.dir)
	}
	header, err := metricsHeader(columns)
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	path := filepath.Join(r.dir, metricsName)
	if r.saved.Metrics > 0 {
		if err := checkMetrics(path, header, r.saved.Metrics); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, explain(path, err)
	}
	m := &Metrics{f: f, path: path, columns: len(columns), size: r.saved.Metrics}
	if err = f.Truncate(m.size); err == nil && m.size == 0 {
		m.line = append(m.line, header...)
		err = m.write()
	}
	if err != nil {
		return nil, explain(path, errors.Join(err, f.Close()))
	}
	r.metrics = m
	return m, nil
}

func metricsHeader(columns []string) (string, error) {
	if len(columns) == 0 {
		return "", errors.New("metrics: no columns")
	}
	for i, c := range columns {
		if c == "" || strings.TrimSpace(c) != c || strings.ContainsAny(c, ",\"\r\n") {
			return "", fmt.Errorf("metrics: column %q: a name has no comma, quote, line break or space around it", c)
		}
		if slices.Contains(columns[:i], c) {
			return "", fmt.Errorf("metrics: column %q is there twice", c)
		}
	}
	return strings.Join(columns, ",") + "\n", nil
}

// checkMetrics checks that the file can be resumed at size bytes.
func checkMetrics(path, header string, size int64) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("experiment: %w", err)
	}
	if int64(len(data)) < size {
		return fmt.Errorf("experiment: %s: %d bytes, but the checkpoint was made at %d", path, len(data), size)
	}
	if !bytes.HasPrefix(data, []byte(header)) {
		first, _, _ := bytes.Cut(data, []byte("\n"))
		return fmt.Errorf("experiment: %s: columns %q, this program writes %q", path, first, strings.TrimSuffix(header, "\n"))
	}
	if data[size-1] != '\n' {
		return fmt.Errorf("experiment: %s: byte %d, where the checkpoint was made, is inside a row", path, size)
	}
	return nil
}

// Append writes one row at once: after it returns, a kill of the process does
// not lose it. Numbers are written in their shortest form that reads back
// exactly; NaN stands for a missing value. After an error the file ends with
// the row before. Append panics if len(row) is not the number of columns.
func (m *Metrics) Append(row ...float64) error {
	if len(row) != m.columns {
		panic(fmt.Sprintf("experiment: metrics row of %d numbers, want %d", len(row), m.columns))
	}
	m.line = m.line[:0]
	for i, x := range row {
		if i > 0 {
			m.line = append(m.line, ',')
		}
		m.line = appendFloat(m.line, x)
	}
	m.line = append(m.line, '\n')
	return explain(m.path, m.write())
}

// write puts m.line behind the complete rows.
func (m *Metrics) write() error {
	if _, err := m.f.WriteAt(m.line, m.size); err != nil {
		_ = m.f.Truncate(m.size)
		return err
	}
	m.size += int64(len(m.line))
	return nil
}

// appendFloat writes whole numbers without an exponent, as people write step counts.
func appendFloat(b []byte, x float64) []byte {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.AppendFloat(b, x, 'f', -1, 64)
	}
	return strconv.AppendFloat(b, x, 'g', -1, 64)
}

// Table is the content of a metrics.csv: Rows[i][j] belongs to Columns[j].
type Table struct {
	Columns []string
	Rows    [][]float64
}

// Column returns the values of one column, in the order of the rows, or an
// error that names the columns there are.
func (t Table) Column(name string) ([]float64, error) {
	j := slices.Index(t.Columns, name)
	if j < 0 {
		return nil, fmt.Errorf("experiment: no metric %q, there are %s", name, strings.Join(t.Columns, ", "))
	}
	values := make([]float64, len(t.Rows))
	for i, row := range t.Rows {
		values[i] = row[j]
	}
	return values, nil
}

// ReadMetrics reads the metrics.csv of a results directory. A last line without
// line break is a row being written, or cut by a kill, and is left out. A
// directory without metrics has the zero Table.
func ReadMetrics(dir string) (Table, error) {
	path := filepath.Join(dir, metricsName)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Table{}, nil
	}
	if err != nil {
		return Table{}, fmt.Errorf("experiment: %w", err)
	}
	t, err := parseMetrics(string(data))
	if err != nil {
		return Table{}, fmt.Errorf("experiment: %s: %w", path, err)
	}
	return t, nil
}

func parseMetrics(text string) (Table, error) {
	text = text[:strings.LastIndexByte(text, '\n')+1]
	var t Table
	number := 0
	for line := range strings.Lines(text) {
		number++
		fields := strings.Split(strings.TrimRight(line, "\r\n"), ",")
		if number == 1 {
			if _, err := metricsHeader(fields); err != nil {
				return Table{}, fmt.Errorf("line 1: %w", err)
			}
			t.Columns = fields
			continue
		}
		if len(fields) != len(t.Columns) {
			return Table{}, fmt.Errorf("line %d: %d numbers, want %d", number, len(fields), len(t.Columns))
		}
		row := make([]float64, len(fields))
		for j, field := range fields {
			x, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return Table{}, fmt.Errorf("line %d: %s %q is not a number", number, t.Columns[j], field)
			}
			row[j] = x
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}
