package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

func newSweepStatus() *cobra.Command {
	return &cobra.Command{
		Use:   "status DIR...",
		Short: "Show how far runs are and what they have learned",
		Long: `Status reads results directories, also while they are computed, and prints the table of
results and every run that is not done, with the reason. Of a sweep that was submitted it also
tells which runs are waiting and which are missing. ` + whatAreRuns,
		Example: `  neurocredit sweep status runs/fig4cd`,
		Args:    arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dirs, sweeps, err := findSweeps(args)
			if err != nil {
				return err
			}
			var results []*outcome
			var open []string
			for _, dir := range dirs {
				r, err := loadRun(cmd.Context(), dir)
				if err != nil {
					return err
				}
				results = append(results, r)
				saved, err := experiment.Open(dir)
				if err != nil {
					return err
				}
				if s := saved.Status; s.State != experiment.Done && !slices.Contains(sweeps, filepath.Dir(dir)) {
					open = append(open, fmt.Sprintf("%s: %s", dir, describe(s)))
				}
			}
			printTable(cmd.OutOrStdout(), results)
			for _, line := range open {
				fmt.Fprintln(cmd.OutOrStdout(), line)
			}
			for _, dir := range sweeps {
				if err := printSweep(cmd, dir); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// findSweeps returns the results directories that arguments stand for, and those
// arguments that are folders of sweeps, which may hold no results yet.
func findSweeps(args []string) (dirs, sweeps []string, err error) {
	for _, arg := range args {
		dir := filepath.Clean(arg)
		if _, err := os.Stat(filepath.Join(dir, sweepName, "plan.json")); err == nil {
			sweeps = append(sweeps, dir)
			if found, err := filepath.Glob(filepath.Join(escape(dir), "*", "config.yaml")); err == nil && len(found) == 0 {
				continue
			}
		}
		found, err := findRuns([]string{arg})
		if err != nil {
			return nil, nil, err
		}
		dirs = append(dirs, found...)
	}
	return dirs, sweeps, nil
}

// describe says what has become of a run that is not done.
func describe(s experiment.Status) string {
	text := string(s.State)
	if s.Total > 0 {
		text += fmt.Sprintf(" at %d%%", 100*s.Done/s.Total)
	}
	if s.Reason != "" {
		text += ", " + s.Reason
	}
	return text
}
