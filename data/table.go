package data

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/neurocredit/neurocredit/internal/npy"
)

// table is a rectangle of finite numbers read from a file.
type table struct {
	names []string    // of the columns; nil: the file has none
	rows  [][]float64 // at least one, all of the same length >= 1
	lines []int       // where each row stands in a text file; nil: not a text file
}

// place names a row as the user finds it.
func (t *table) place(row int) string {
	if t.lines == nil {
		return fmt.Sprintf("row %d", row)
	}
	return fmt.Sprintf("line %d", t.lines[row])
}

// readTable reads a CSV, TSV or NPY file.
func readTable(ctx context.Context, path string, header Header) (*table, error) {
	name := strings.ToLower(filepath.Base(path))
	comma := ','
	switch ending := filepath.Ext(strings.TrimSuffix(name, ".gz")); {
	case strings.HasSuffix(name, ".npy"):
		t, err := readNPY(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return t, nil
	case ending == ".tsv":
		comma = '\t'
	case ending != ".csv":
		return nil, fmt.Errorf("%s: unknown kind of file, want .csv, .tsv (or these with .gz) or .npy", path)
	}
	r, err := openPlain(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	t, err := readCSV(ctx, r, comma, header)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func readNPY(path string) (t *table, err error) {
	r, err := npy.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if len(r.Shape()) == 0 || r.Rows() == 0 || r.Width() == 0 {
		return nil, fmt.Errorf("shape %v, want rows of numbers", r.Shape())
	}
	all, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	t = &table{rows: slices.Collect(slices.Chunk(all, r.Width()))}
	for i, row := range t.rows {
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("row %d, column %d: %v is not a finite number", i, j, v)
			}
		}
	}
	return t, nil
}

// readCSV reads numbers separated by comma. Lines that begin with # are
// comments.
func readCSV(ctx context.Context, from io.Reader, comma rune, header Header) (*table, error) {
	buffered := bufio.NewReaderSize(from, 1<<16)
	if mark, _ := buffered.Peek(3); string(mark) == "\ufeff" {
		buffered.Discard(3) // spreadsheets write a byte order mark
	}
	r := csv.NewReader(buffered)
	r.Comma, r.Comment = comma, '#'
	r.FieldsPerRecord = -1 // the check below tells both numbers
	r.TrimLeadingSpace = comma != '\t'
	r.ReuseRecord = true
	t := &table{}
	var all []float64
	width := 0
	for {
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if width == 0 {
			width = len(record)
			isHeader, err := header.matches(record)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
			if isHeader {
				for _, field := range record {
					t.names = append(t.names, strings.TrimSpace(field))
				}
				continue
			}
		}
		if len(record) != width {
			return nil, fmt.Errorf("line %d: %d columns, want %d as in the lines before", line, len(record), width)
		}
		for j, field := range record {
			v, err := parseNumber(field)
			if err != nil {
				return nil, fmt.Errorf("line %d, column %d: %w", line, j, err)
			}
			all = append(all, v)
		}
		t.lines = append(t.lines, line)
		if len(t.lines)%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	if len(t.lines) == 0 {
		return nil, errors.New("no rows of numbers")
	}
	t.rows = slices.Collect(slices.Chunk(all, width))
	return t, nil
}

func parseNumber(field string) (float64, error) {
	field = strings.TrimSpace(field)
	v, err := strconv.ParseFloat(field, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("%q is beyond the range of float64", field)
	case err != nil:
		return 0, fmt.Errorf("%q is not a number", field)
	case math.IsNaN(v) || math.IsInf(v, 0):
		return 0, fmt.Errorf("%q is not a finite number", field)
	}
	return v, nil
}

// matches tells whether the first record of a file is a header.
func (h Header) matches(record []string) (bool, error) {
	switch h {
	case HeaderPresent:
		return true, nil
	case HeaderAbsent:
		return false, nil
	case HeaderDetect:
	default:
		return false, fmt.Errorf("header %q, want %q, %q or nothing", h, HeaderPresent, HeaderAbsent)
	}
	numbers := 0
	word := ""
	for _, field := range record {
		if _, err := strconv.ParseFloat(strings.TrimSpace(field), 64); err == nil {
			numbers++
		} else {
			word = field
		}
	}
	if numbers != 0 && numbers != len(record) {
		return false, fmt.Errorf("%q beside numbers: neither a header nor a row; if it is a header, set Header to %q", word, HeaderPresent)
	}
	return numbers == 0, nil
}

// columns returns the positions of the wanted columns: names of the header, or
// positions counted from 0.
func (t *table) columns(wanted []string) ([]int, error) {
	found := make([]int, len(wanted))
	for i, name := range wanted {
		at := slices.Index(t.names, name)
		if at >= 0 && slices.Contains(t.names[at+1:], name) {
			return nil, fmt.Errorf("two columns have the name %q", name)
		}
		if at < 0 {
			n, err := strconv.Atoi(name)
			if err != nil || n < 0 || n >= len(t.rows[0]) {
				return nil, fmt.Errorf("no column %q, want 0..%d%s", name, len(t.rows[0])-1, t.listNames())
			}
			at = n
		}
		found[i] = at
	}
	return found, nil
}

func (t *table) listNames() string {
	const most = 20
	if t.names == nil {
		return ""
	}
	if len(t.names) > most {
		return " or one of " + strings.Join(t.names[:most], ", ") + " …"
	}
	return " or one of " + strings.Join(t.names, ", ")
}

// pick returns a copy of the columns at the given positions.
func (t *table) pick(columns []int) [][]float64 {
	picked := newRows(len(t.rows), len(columns))
	for i, row := range t.rows {
		for j, column := range columns {
			picked[i][j] = row[column]
		}
	}
	return picked
}
