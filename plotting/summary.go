package plotting

import (
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/neurocredit/neurocredit/dendritic"
)

// summaryEpochs are the epochs at which summaries give the validation accuracy
// unless told otherwise.
var summaryEpochs = [...]int{20, 40, 80, 200, 400}

// Stat is a mean with its standard deviation in population form.
type Stat struct{ Mean, Std float64 }

func statOf(values []float64) Stat {
	mean, std := MeanStd(values)
	return Stat{mean, std}
}

// Summary is a table of results with a row per group of runs.
type Summary struct {
	Epochs []int // of the validation accuracies
	Rows   []SummaryRow
}

// SummaryRow holds the results of a group: means over the runs that have got
// there. Accuracies are in %, the angle in degrees. What no run has is NaN.
type SummaryRow struct {
	Name       string
	Reference  bool   // computed by another program with the settings of the row before
	Runs       int    // runs in the group
	Done       int    // of them, complete
	Validation []Stat // accuracy at Summary.Epochs
	Test       Stat   // accuracy
	Angle      Stat   // first hidden level, after the last epoch
	NormDown   Stat   // norm of its top-down weights, after the last epoch
}

// Summarize computes the table of groups of runs. Without epochs it takes 20, 40,
// 80, 200 and 400, as far as a run of the groups has got, and the last epoch. Runs
// that come from a summary have only some epochs. A group with published Yin-Yang
// settings is followed by a row of reference values. Epochs must be different and
// not negative.
func Summarize(groups []Group, epochs ...int) (Summary, error) {
	if err := checkEpochs(epochs); err != nil {
		return Summary{}, err
	}
	if len(epochs) == 0 {
		epochs = reached(groups)
	}
	s := Summary{Epochs: epochs}
	for _, g := range groups {
		row := SummaryRow{Name: g.Name, Runs: len(g.Runs), Validation: make([]Stat, len(epochs))}
		at := make([][]float64, len(epochs))
		var test, angle, norm []float64
		for _, r := range g.Runs {
			for i, e := range epochs {
				if k := slices.IndexFunc(r.Epochs, func(known dendritic.Epoch) bool { return known.Epoch == e }); k >= 0 {
					at[i] = append(at[i], r.Epochs[k].Score.Accuracy)
				}
			}
			if r.Test != nil {
				test = append(test, r.Test.Accuracy)
			}
			if !r.Done {
				continue
			}
			row.Done++
			if a := r.Last().Alignment; len(a) > 0 {
				angle, norm = append(angle, a[0].Angle), append(norm, a[0].NormDown)
			}
		}
		for i := range at {
			row.Validation[i] = statOf(at[i])
		}
		row.Test, row.Angle, row.NormDown = statOf(test), statOf(angle), statOf(norm)
		s.Rows = append(s.Rows, row)
		if row, found := g.reference(epochs); found {
			s.Rows = append(s.Rows, row)
		}
	}
	return s, nil
}

func checkEpochs(epochs []int) error {
	for i, e := range epochs {
		if e < 0 {
			return fmt.Errorf("plotting: summary at epoch %d, must be 0 or more", e)
		}
		if slices.Contains(epochs[:i], e) {
			return fmt.Errorf("plotting: summary at epoch %d more than once", e)
		}
	}
	return nil
}

// reached returns the epochs of a summary that runs of the groups have.
func reached(groups []Group) []int {
	last := 0
	for _, g := range groups {
		for _, r := range g.Runs {
			last = max(last, r.Last().Epoch)
		}
	}
	var epochs []int
	for _, e := range summaryEpochs {
		if e < last {
			epochs = append(epochs, e)
		}
	}
	return append(epochs, last)
}

// Markdown returns the table in Markdown, "mean ± standard deviation" rounded to
// one decimal.
func (s Summary) Markdown() string {
	var b strings.Builder
	b.WriteString("| group | runs |")
	for _, e := range s.Epochs {
		fmt.Fprintf(&b, " validation, epoch %d (%%) |", e)
	}
	b.WriteString(" test (%) | angle (°) | norm of fb |\n|---|---|" + strings.Repeat("---|", len(s.Epochs)+3) + "\n")
	for _, r := range s.Rows {
		runs := strconv.Itoa(r.Runs)
		if r.Done < r.Runs {
			runs = fmt.Sprintf("%d (%d done)", r.Runs, r.Done)
		}
		fmt.Fprintf(&b, "| %s | %s |", strings.ReplaceAll(r.Name, "|", "\\|"), runs)
		for _, v := range append(append([]Stat{}, r.Validation...), r.Test, r.Angle, r.NormDown) {
			fmt.Fprintf(&b, " %v |", v)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// String returns "mean ± standard deviation" with one decimal, or a dash if there
// is no value.
func (s Stat) String() string {
	if math.IsNaN(s.Mean) {
		return "–"
	}
	return fmt.Sprintf("%.1f ± %.1f", s.Mean, s.Std)
}

// CSV returns the table with one column per mean and per standard deviation, in
// full precision. Missing values are NaN; the last column tells reference rows.
func (s Summary) CSV() string {
	head := []string{"group", "runs", "done"}
	for _, e := range s.Epochs {
		head = append(head, fmt.Sprintf("validation_%d_mean", e), fmt.Sprintf("validation_%d_std", e))
	}
	for _, q := range []string{"test", "angle", "norm_down"} {
		head = append(head, q+"_mean", q+"_std")
	}
	head = append(head, "reference")
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(head) // a strings.Builder never fails
	for _, r := range s.Rows {
		row := []string{r.Name, strconv.Itoa(r.Runs), strconv.Itoa(r.Done)}
		for _, v := range append(append([]Stat{}, r.Validation...), r.Test, r.Angle, r.NormDown) {
			row = append(row, strconv.FormatFloat(v.Mean, 'g', -1, 64), strconv.FormatFloat(v.Std, 'g', -1, 64))
		}
		_ = w.Write(append(row, strconv.FormatBool(r.Reference)))
	}
	w.Flush()
	return b.String()
}
