package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

func newSweepStatus() *cobra.Command {
	return &cobra.Command{
		Use:   "status DIR...",
		Short: "Show how far runs are and what they have learned",
		Long: `Status reads results directories, also while they are computed, and prints the table of
results and every run that is not done, with the reason. ` + whatAreRuns,
		Example: `  neurocredit sweep status runs/fig4cd`,
		Args:    arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dirs, err := findRuns(args)
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
				if s := saved.Status; s.State != experiment.Done {
					open = append(open, fmt.Sprintf("%s: %s", dir, describe(s)))
				}
			}
			printTable(cmd.OutOrStdout(), results)
			for _, line := range open {
				fmt.Fprintln(cmd.OutOrStdout(), line)
			}
			return nil
		},
	}
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
