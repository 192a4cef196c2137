package experiment

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func anyHeader(header []string) error {
	if len(header) < 3 {
		return fmt.Errorf("columns are %v", header)
	}
	return nil
}

func TestSummary(t *testing.T) {
	columns := []string{"epoch", "loss"}
	s := Summary{Columns: columns, Runs: []SummaryRun{
		{"a", 1, Table{columns, [][]float64{{0, 1.0 / 3}, {1, math.NaN()}}}}, {"b", 1<<32 - 1, Table{columns, [][]float64{{0, 1e-9}}}},
	}}
	var text strings.Builder
	if err := s.Write(&text, " two\nlines \n", nil); err != nil {
		t.Fatal(err)
	}
	if want := "# two\n# lines\nrun,seed,epoch,loss\na,1,0,0.333333\na,1,1,NaN\nb,4294967295,0,1e-09\n"; text.String() != want {
		t.Errorf("written %q, want %q", text.String(), want)
	}
	got, err := ReadSummary(strings.NewReader(text.String()), 32, false, anyHeader)
	if err != nil {
		t.Fatal(err)
	}
	s.Runs[0].Rows[0][1] = 0.333333
	if fmt.Sprint(*got) != fmt.Sprint(s) {
		t.Errorf("read %v, want %v", *got, s)
	}

	text.Reset()
	empty := func(column int, x float64) string {
		if math.IsNaN(x) {
			return ""
		}
		return fmt.Sprint(column)
	}
	if err := s.Write(&text, "", empty); err != nil || !strings.HasSuffix(text.String(), "\na,1,0,1\na,1,0,\nb,4294967295,0,1\n") {
		t.Errorf("own format: %q, %v", text.String(), err)
	}
	if got, err = ReadSummary(strings.NewReader(text.String()), 32, true, anyHeader); err != nil || !math.IsNaN(got.Runs[0].Rows[1][1]) {
		t.Errorf("sparse: %v, %v", got, err)
	}
	if _, err := ReadSummary(strings.NewReader(text.String()), 32, false, anyHeader); err == nil {
		t.Error("a missing number was read")
	}
	if err := s.Write(brokenWriter{}, "", nil); !errors.Is(err, errFail) {
		t.Errorf("error of the writer: %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errFail }

func TestReadSummaryRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "EOF",
		"run,seed\n":                    "columns are [run seed]",
		"run,seed,x\na,-1,2\n":          `line 2: seed "-1" must be a whole number below 2^32`,
		"run,seed,x\na,4294967296,2\n":  `seed "4294967296"`,
		"# note\nrun,seed,x\na,1,two\n": `line 3: x is "two", want a number`,
		"run,seed,x\na,1,\n":            `x is "", want a number`, // the first cannot be missing
		"run,seed,x\na,1\n":             "fields",
	} {
		_, err := ReadSummary(strings.NewReader(text), 32, true, anyHeader)
		requireError(t, err, want)
	}
}

func FuzzReadSummary(f *testing.F) {
	f.Add("# note\nrun,seed,x,y\na,1,2,\nb,2,3,4\n", true)
	f.Add("run,seed,x\n\"a\",1,NaN\n", false)
	f.Fuzz(func(t *testing.T, text string, sparse bool) {
		s, err := ReadSummary(strings.NewReader(text), 32, sparse, anyHeader)
		if err != nil {
			return
		}
		for _, r := range s.Runs {
			if len(r.Rows) == 0 || !slices.Equal(r.Columns, s.Columns) || slices.ContainsFunc(r.Rows, func(row []float64) bool { return len(row) != len(s.Columns) }) {
				t.Errorf("%q is read as %+v", text, s)
			}
		}
	})
}
