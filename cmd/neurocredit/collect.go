package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

func newSweepCollect() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "collect DIR... --out FILE",
		Short: "Gather the metrics of all runs in one table",
		Long: `Collect writes the metrics of all runs into one CSV file: one row per evaluation of a run,
with its name, variant, seed and state before the columns of its metrics.csv. The numbers are
those of the runs, digit by digit. It can be used while runs are computed. ` + whatAreRuns,
		Example: `  neurocredit sweep collect runs/fig4cd --out fig4cd.csv`,
		Args:    arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dirs, err := findRuns(args)
			if err != nil {
				return err
			}
			t := &metricsTable{}
			for _, dir := range dirs {
				if err := t.add(cmd, dir); err != nil {
					return err
				}
			}
			text, err := t.text()
			if err != nil {
				return err
			}
			if err := experiment.WriteFile(out, text); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d rows of %d runs\n", out, len(t.rows), len(dirs))
			for _, arg := range args {
				if err := printSweep(cmd, arg); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "`file` to write")
	c.MarkFlagRequired("out") // cannot fail: the flag exists
	return c
}

// printSweep tells what of the sweep in a folder is done, if it holds one.
func printSweep(cmd *cobra.Command, dir string) error {
	plan, err := openSweep(dir)
	if plan != nil && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	states, queueErr, err := plan.states(cmd.Context())
	if err != nil {
		return err
	}
	if queueErr != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "what is queued is not known: %v\n", queueErr)
	}
	printStates(cmd.OutOrStdout(), states)
	return nil
}

// metricsTable gathers the rows of many metrics.csv, whose columns may differ.
type metricsTable struct {
	columns []string
	rows    [][2][]string // name, variant, seed, state; values in the order of columns
}

func (t *metricsTable) add(cmd *cobra.Command, dir string) error {
	r, err := loadRun(cmd.Context(), dir)
	if err != nil {
		return err
	}
	saved, err := experiment.Open(dir)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, "metrics.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // not yet
	}
	if err != nil {
		return err
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1] // the last row may be half written
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, "metrics.csv"), err)
	}
	if len(records) == 0 {
		return nil
	}
	at := make([]int, len(records[0]))
	for i, name := range records[0] {
		if at[i] = slices.Index(t.columns, name); at[i] < 0 {
			at[i] = len(t.columns)
			t.columns = append(t.columns, name)
		}
	}
	head := []string{r.name(), variantOf(r), fmt.Sprint(r.seed()), string(saved.Status.State)}
	for _, record := range records[1:] {
		values := make([]string, len(t.columns))
		for i, v := range record {
			values[at[i]] = v
		}
		t.rows = append(t.rows, [2][]string{head, values})
	}
	return nil
}

// text returns the table as CSV.
func (t *metricsTable) text() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(append([]string{"run", "variant", "seed", "state"}, t.columns...)); err != nil {
		return nil, err
	}
	for _, r := range t.rows {
		values := append(slices.Clone(r[1]), make([]string, len(t.columns)-len(r[1]))...)
		if err := w.Write(append(slices.Clone(r[0]), values...)); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}
