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
writes them into DIR as arrays, tables and figures. Of runs of the system pal it draws the
diagnostic plots, those with different seeds together; --recalc, --epochs and --log are not for
them. ` + whatAreRuns,
		Example: `  neurocredit sweep eval runs/fig4cd --out runs/fig4cd-evaluation
  neurocredit sweep eval "runs/fig4cd/*_pal_*" --out pal --epochs 20,40`,
		Args: arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dirs, err := findRuns(args)
			if err != nil {
				return err
			}
			var results []*outcome
			for _, dir := range dirs {
				r, err := loadRun(cmd.Context(), dir)
				if err != nil {
					return err
				}
				if len(results) > 0 && r.of() != results[0].of() {
					return fmt.Errorf("%s is a run of %s, %s of %s; evaluate them one after the other",
						dirs[0], results[0].of().about().name, dir, r.of().about().name)
				}
				results = append(results, r)
			}
			written, err := evaluateSweep(cmd, results, dirs, out, &o)
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

func evaluateSweep(cmd *cobra.Command, results []*outcome, dirs []string, out string, o *plotting.SweepOptions) (written []string, err error) {
	switch s := results[0].of(); s {
	case dendriticSystem:
		return plotting.Sweep(cmd.Context(), groupsOf(results), out, o)
	case palSystem:
		for _, name := range []string{"recalc", "epochs", "log"} {
			if cmd.Flags().Changed(name) {
				return nil, fmt.Errorf("--%s is for runs of %s; of runs of %s all plots are drawn, from all recordings", name, dendriticSystem.about().name, s.about().name)
			}
		}
		written, _, err := plotting.PALEval(cmd.Context(), dirs, out, &plotting.EvalOptions{DPI: 300, Progress: cmd.ErrOrStderr()})
		return written, err
	default:
		return nil, fmt.Errorf("there is no evaluation of runs of %s; neurocredit sweep collect writes all their numbers", s.about().name)
	}
}

// groupsOf makes a group of each variant.
func groupsOf(results []*outcome) []plotting.Group {
	var groups []plotting.Group
	for _, v := range variantsOf(results) {
		groups = append(groups, plotting.Group{Name: v.name, Runs: resultsOf[dendritic.Result](v.outcomes)})
	}
	return groups
}
