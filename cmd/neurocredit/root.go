package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

// run executes one command line and returns the exit status. An error is one
// message on stderr.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &output{w: stdout}
	root := newRoot(args)
	root.SetArgs(append([]string{}, args...)) // nil would mean os.Args
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil && out.err != nil && !errors.Is(out.err, syscall.EPIPE) {
		err = fmt.Errorf("standard output: %w", out.err)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "neurocredit: %v\n", err)
	if ctx.Err() != nil {
		err = errors.Join(err, context.Cause(ctx))
	}
	return experiment.ExitStatus(err)
}

// output remembers the first error of writing, which commands need not look at.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// newRoot builds the tree of commands. args is the command line, for hints that
// repeat it.
func newRoot(args []string) *cobra.Command {
	root := group("neurocredit", "Learning in cortical circuits: train, evaluate, draw, export",
		`  neurocredit train yin-yang/pal --out runs/first --epochs 20
  neurocredit eval runs/first/yin_yang_pal
  neurocredit rules down`,
		newTrain(args), newEval(), newDetail(), newSweep(), newFigure(args), newExport(), newData(), newConfig(), newRules(), newBench(), newBackend(), newVersion(), newCite())
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.SetFlagErrorFunc(flagError)
	return root
}

// group makes a command that only holds others.
func group(use, short, example string, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: short, Example: example, Args: cobra.ArbitraryArgs, DisableFlagsInUseLine: true}
	g.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		var known []string
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				known = append(known, c.Name())
			}
		}
		return fmt.Errorf("%s has no command %q%s; there are %s", cmd.CommandPath(), args[0],
			didYouMean("", config.Nearest(args[0], known)), strings.Join(known, ", "))
	}
	g.AddCommand(commands...)
	return g
}

// arguments accepts from least to most arguments; most < 0 means any number.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if n := len(args); n < least || most >= 0 && n > most {
			return fmt.Errorf("wrong number of arguments (%d); usage: %s", n, cmd.UseLine())
		}
		return nil
	}
}

func didYouMean(prefix, near string) string {
	if near == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s%s?)", prefix, near)
}
