package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/plotting"
)

func newSweepEval() *cobra.Command {
	var out string
	var o plotting.SweepOptions
	c := &cobra.Command{
		Use:   "eval LIST... --out DIR",
		Short: "Evaluate runs that differ in their seeds",
		Long: `Eval gathers validation and test accuracies and angles of runs, grouped by their variant, and
writes them into DIR as arrays, tables and figures. ` + whatAreRuns,
		Example: `  neurocredit sweep eval runs/fig4cd --out runs/fig4cd-evaluation
  neurocredit sweep eval "runs/fig4cd/*_pal_*" --out pal --epochs 20,40`,
		Args: arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dirs, err := findRuns(args)
			if err != nil {
				return err
			}
			var results []*dendritic.Result
			for _, dir := range dirs {
				r, err := dendritic.Load(cmd.Context(), dir)
				if err != nil {
					return err
				}
				results = append(results, r)
			}
			written, err := plotting.Sweep(cmd.Context(), groupsOf(results), out, &o)
			if err != nil {
				return err
			}
			printTable(cmd.OutOrStdout(), results)
			fmt.Fprintf(cmd.OutOrStdout(), "%d files in %s\n", len(written), out)
			return nil
		},
	}
	flags := c.Flags()
	flags.StringVarP(&out, "out", "o", "", "`folder` for arrays, tables and figures")
	flags.BoolVar(&o.Recalc, "recalc", false, "read all recordings again instead of the arrays of an earlier evaluation")
	flags.IntSliceVar(&o.Epochs, "epochs", nil, "`epochs` of the accuracies in the tables (default 20, 40, 80, 200, 400 and the last)")
	flags.BoolVar(&o.Log, "log", false, "logarithmic error")
	c.MarkFlagRequired("out") // cannot fail: the flag exists
	return c
}

// groupsOf makes a group of each variant.
func groupsOf(results []*dendritic.Result) []plotting.Group {
	var groups []plotting.Group
	for _, v := range variantsOf(results) {
		groups = append(groups, plotting.Group{Name: v.name, Runs: v.results})
	}
	return groups
}
