package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/plotting"
)

func newEval() *cobra.Command {
	var all bool
	var f plotFlags
	c := &cobra.Command{
		Use:   "eval DIR",
		Short: "Draw the diagnostic plots of a run",
		Long: `Eval draws accuracy, errors, weight differences, angles and recorded signals of a run into
its results directory DIR. What it can draw depends on what the run records.`,
		Example: `  neurocredit eval runs/first/yin_yang_pal
  neurocredit eval runs/first/yin_yang_pal --all --every 20`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := f.options(cmd)
			if err != nil {
				return err
			}
			o.AllTraining, o.AllTesting = all, all
			r, err := loadRun(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			written, skipped, err := evaluate(cmd.Context(), r, args[0], o)
			if err != nil && len(written) == 0 {
				return err
			}
			printTable(cmd.OutOrStdout(), []*outcome{r})
			printPlots(cmd, args[0], written, skipped, f.verbose)
			return err
		},
	}
	c.Flags().BoolVar(&all, "all", false, "draw all recorded neuron variables, not only weights and test rates")
	c.Flags().IntVar(&f.every, "every", 0, "draw single validation passes for every `N`-th epoch and the last, 0: all")
	f.add(c)
	return c
}

// evaluate draws what there is to draw of a run, into its folder.
func evaluate(ctx context.Context, r *outcome, dir string, o *plotting.EvalOptions) ([]string, []plotting.Skip, error) {
	switch s := r.of(); s {
	case dendriticSystem:
		return plotting.Eval(ctx, dir, o)
	case palSystem:
		return plotting.PALEval(ctx, []string{dir}, dir, o)
	default:
		return nil, nil, fmt.Errorf("%s: there are no diagnostic plots of runs of %s", dir, s.about().name)
	}
}

func newDetail() *cobra.Command {
	var f plotFlags
	c := &cobra.Command{
		Use:   "detail DIR EPOCH",
		Short: "Draw the signals of one epoch of a run",
		Long: `Detail draws what the run in the results directory DIR recorded in one epoch into
DIR/epoch_EPOCH: the validation pass after EPOCH training passes and, from 1 on, the
training pass before it.`,
		Example: `  neurocredit detail runs/first/yin_yang_pal 0`,
		Args:    arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			epoch, err := strconv.Atoi(args[1])
			if err != nil || epoch < 0 {
				return fmt.Errorf("epoch %q must be a whole number >= 0", args[1])
			}
			o, err := f.options(cmd)
			if err != nil {
				return err
			}
			r, err := loadRun(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if s := r.of(); s != dendriticSystem {
				return fmt.Errorf("%s: detail draws runs of dendritic, this is one of %s", args[0], s.about().name)
			}
			written, skipped, err := plotting.Detail(cmd.Context(), args[0], epoch, o)
			if err != nil && len(written) == 0 {
				return err
			}
			printPlots(cmd, filepath.Join(args[0], fmt.Sprintf("epoch_%d", epoch)), written, skipped, f.verbose)
			return err
		},
	}
	f.add(c)
	return c
}

// plotFlags are the flags of eval and detail.
type plotFlags struct {
	every, dpi, workers int
	verbose             bool
}

func (f *plotFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.IntVar(&f.dpi, "dpi", 300, "resolution in dots per inch")
	addWorkers(flags, &f.workers, "plots at a time, 0: one per core")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "list the files, and why others are missing")
}

func (f *plotFlags) options(cmd *cobra.Command) (*plotting.EvalOptions, error) {
	if f.every < 0 {
		return nil, fmt.Errorf("--every %d must be >= 0", f.every)
	}
	if f.dpi < 10 || f.dpi > 2400 {
		return nil, fmt.Errorf("--dpi %d must be 10 to 2400", f.dpi)
	}
	return &plotting.EvalOptions{Every: f.every, DPI: f.dpi, Workers: f.workers, Progress: cmd.ErrOrStderr()}, nil
}

// printPlots says which plots are there and which not.
func printPlots(cmd *cobra.Command, dir string, written []string, skipped []plotting.Skip, list bool) {
	w := cmd.OutOrStdout()
	if list {
		for _, file := range written {
			fmt.Fprintln(w, file)
		}
		for _, s := range skipped {
			fmt.Fprintf(w, "no %s: %s\n", s.File, s.Reason)
		}
	}
	fmt.Fprintf(w, "%d files in %s", len(written), dir)
	if len(skipped) > 0 {
		fmt.Fprintf(w, ", %d not made because the run does not record what they show", len(skipped))
		if !list {
			fmt.Fprint(w, " (--verbose lists them)")
		}
	}
	fmt.Fprintln(w)
}
