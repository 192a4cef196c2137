package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/slurm"
)

// taskFlags are the flags of sweep task.
type taskFlags struct {
	index, of int
	runs      string
	failed    bool
	workers   int
	engineFlags
}

func newSweepTask() *cobra.Command {
	f := &taskFlags{}
	c := &cobra.Command{
		Use:   "task DIR --index I --of N",
		Short: "Compute one part of a sweep",
		Long: `Task computes the runs I, I+N, I+2N and so on of the sweep that neurocredit sweep submit noted
in DIR, with those that are done left out, those that failed as well, and the others begun or
gone on with. Tasks may run at the same time on machines that share DIR. SIGUSR1 makes it
save and end, and in a job array of Slurm come back into the queue.

The exit status is 0 when all its runs are done, 1 when one has failed, and 128 plus the
number of the signal when it was stopped: then start it again.`,
		Example: `  neurocredit sweep task runs/fig4cd --index 0 --of 10`,
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, warned, stop := onWarning(cmd.Context())
			defer stop()
			return f.work(ctx, cmd, args[0], warned)
		},
	}
	flags := c.Flags()
	flags.IntVar(&f.index, "index", 0, "number of the part, from 0")
	flags.IntVar(&f.of, "of", 1, "number of parts")
	flags.StringVar(&f.runs, "runs", "", "`file` with the names of the runs to share (default all of DIR)")
	flags.BoolVar(&f.failed, "failed", false, "also repeat runs that failed")
	addWorkers(flags, &f.workers, "runs at a time, 0: one per core")
	f.engineFlags.add(flags)
	c.MarkFlagRequired("index") // cannot fail: the flag exists
	c.MarkFlagRequired("of")
	return c
}

// work computes the part. warned tells whether the time was up.
func (f *taskFlags) work(ctx context.Context, cmd *cobra.Command, dir string, warned func() bool) error {
	if f.of < 1 {
		return fmt.Errorf("--of %d must be at least 1", f.of)
	}
	if f.index < 0 || f.index >= f.of {
		return fmt.Errorf("--index %d must be 0 to %d, with --of %d", f.index, f.of-1, f.of)
	}
	if err := f.check(); err != nil {
		return err
	}
	plan, err := openSweep(dir)
	if err != nil {
		return err
	}
	names := plan.Runs
	if f.runs != "" {
		if names, err = readNames(f.runs); err != nil {
			return err
		}
		for _, name := range names {
			if !slices.Contains(plan.Runs, name) {
				return fmt.Errorf("%s: %s is no run of the sweep in %s", f.runs, name, dir)
			}
		}
	}
	plan.Runs = share(names, f.index, f.of)
	before, err := plan.diskStates(ctx)
	if err != nil {
		return err
	}
	var open []string
	for _, s := range before {
		if s.state != runDone && (f.failed || s.state != runFailed) {
			open = append(open, s.name)
		}
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "part %d of %d, %s\n", f.index, f.of, countStates(before))
	if len(open) == 0 {
		return nil
	}
	configs, err := plan.settings(open...)
	if err != nil {
		return err
	}
	o := &options{dir: dir, resume: true, workers: f.workers, engine: f.engine, backend: f.backend, progress: cmd.ErrOrStderr()}
	outcomes, err := configs[0].of().trainAll(ctx, configs, o)
	printTable(cmd.OutOrStdout(), outcomes)
	if err == nil {
		return nil
	}
	if failed, unfinished := reasons(len(configs), err); unfinished > 0 && warned() {
		if requeued, problem := plan.requeue(cmd, before); requeued || problem != nil {
			return problem
		}
	} else if len(failed) > 0 || unfinished == 0 {
		err = &trainError{notDone(configs, err), err}
	}
	return err
}

// requeue puts this task of Slurm back into the queue, unless nothing was gained
// since it began: then it would come back for ever.
func (p *sweepPlan) requeue(cmd *cobra.Command, before []runState) (bool, error) {
	task, inside := slurm.Self()
	if !inside {
		return false, nil
	}
	ctx := context.WithoutCancel(cmd.Context())
	after, err := p.diskStates(ctx)
	if err != nil {
		return false, err
	}
	if slices.EqualFunc(before, after, func(a, b runState) bool { return a.steps == b.steps && (a.state == runDone) == (b.state == runDone) }) {
		return false, errors.New("the time limit left no time to compute anything, so the task is not put back into the queue: submit with a longer --time, or a shorter --margin")
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "the time is up: all is saved, task %s goes back into the queue\n", task)
	return true, slurm.Requeue(ctx, task)
}
