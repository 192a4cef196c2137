package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

// runFlags say which runs there are.
type runFlags struct {
	out, seeds      string
	set, rules      []string
	epochs, updates int
}

// trainFlags are the flags of train.
type trainFlags struct {
	runFlags
	engineFlags
	workers       int
	resume, quiet bool

	line []string // command line, for the hint how to resume
}

func newTrain(line []string) *cobra.Command {
	f := &trainFlags{line: line}
	c := &cobra.Command{
		Use:   "train CONFIG... --out DIR",
		Short: "Train networks and save what they learn",
		Long: "Train runs every configuration that CONFIG stands for and writes a results directory\n" +
			"for each into DIR. It can be stopped at any time, and goes on with --resume.\n\n" + whatIsConfig(),
		Example: `  neurocredit train yin-yang/pal --out runs/first --epochs 20
  neurocredit train fig4cd --out runs/fig4cd --seeds 3
  neurocredit train fig3c/mdgl --out runs/evidence --iterations 200
  neurocredit train my.yaml --out runs/mine --set learning.rates.down=[0.2] --rule "down=eta*(noise_post*highpass_pre - 0.1*w)"
  neurocredit train fig4cd --out runs/fig4cd --resume`,
		Args: arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			configs, err := f.configs(cmd, args)
			if err != nil {
				return err
			}
			return f.train(cmd.Context(), configs, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.runFlags.add(c)
	flags := c.Flags()
	addWorkers(flags, &f.workers, "runs at a time, 0: one per core")
	f.engineFlags.add(flags)
	flags.BoolVar(&f.resume, "resume", false, "go on with the runs in DIR, and start those that are not there")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print only the table of results and errors")
	return c
}

func (f *runFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "folder for the results directories, one per run")
	flags.StringArrayVar(&f.set, "set", nil, "change a setting of all runs, `key=value`; may be repeated")
	flags.StringArrayVar(&f.rules, "rule", nil, "replace a plasticity rule, `group=equation`, group up, p2i, i2p or down")
	flags.StringVar(&f.seeds, "seeds", "", "`seeds` of every variant: a number, first:number, or a list such as 1,5,9")
	flags.IntVar(&f.epochs, "epochs", 0, "number of training passes, short for --set epochs=`N`")
	flags.IntVar(&f.updates, "iterations", 0, "number of updates (mdgl), short for --set iterations=`N`")
	c.MarkFlagRequired("out") // cannot fail: the flag exists
}

// ruleAssignments makes changes of settings from --rule.
func (f *runFlags) ruleAssignments(i *info) ([]string, error) {
	var set []string
	for _, r := range f.rules {
		if len(i.groups) == 0 {
			return nil, fmt.Errorf("--rule %q: %s has no synapse groups with equations; choose a rule with --set %s=NAME, see neurocredit rules --system %[2]s", r, i.name, i.ruleKey)
		}
		group, equation, found := strings.Cut(r, "=")
		group = strings.TrimSpace(group)
		if known := groupNames(i); !found || !slices.Contains(known, group) {
			return nil, fmt.Errorf("--rule %q must be group=equation, group one of %s%s", r,
				strings.Join(known, ", "), didYouMean("", config.Nearest(group, known)))
		}
		// Quoted, because "w: ...; delta: ..." would look like a YAML mapping.
		set = append(set, fmt.Sprintf("learning.rules.%s='%s'", group, strings.ReplaceAll(equation, "'", "''")))
	}
	return set, nil
}

// configs reads all runs. Their names name their directories.
func (f *runFlags) configs(cmd *cobra.Command, names []string) ([]settings, error) {
	set := slices.Clone(f.set)
	if cmd.Flags().Changed("epochs") {
		set = append(set, fmt.Sprintf("epochs=%d", f.epochs))
	}
	if cmd.Flags().Changed("iterations") {
		set = append(set, fmt.Sprintf("iterations=%d", f.updates))
	}
	var all []settings
	from := map[string]string{}
	for _, name := range names {
		s, err := locate(name)
		if err != nil {
			return nil, err
		}
		if len(all) > 0 && s.system != all[0].of() {
			return nil, fmt.Errorf("%s is of the system %s, %s of %s; train them one after the other",
				names[0], all[0].of().about().name, name, s.about().name)
		}
		rules, err := f.ruleAssignments(s.about())
		if err != nil {
			return nil, err
		}
		configs, err := s.read(slices.Concat(set, rules)...)
		if err != nil {
			return nil, err
		}
		for _, c := range configs {
			if other, taken := from[c.name()]; taken {
				return nil, fmt.Errorf("%s and %s both have a run named %s; train them into different folders", other, name, c.name())
			}
			from[c.name()] = name
		}
		all = append(all, configs...)
	}
	if f.seeds != "" {
		return withSeeds(all, f.seeds)
	}
	return all, nil
}

// train carries out the runs and tells the outcome.
func (f *trainFlags) train(ctx context.Context, configs []settings, stdout, stderr io.Writer) error {
	fresh, err := f.fresh(configs)
	if err != nil {
		return err
	}
	p := newPlan(configs, f.workers)
	if size := newPlan(fresh, 0).bytes; size > 0 {
		if err := experiment.Require(f.out, uint64(size)); err != nil {
			return fmt.Errorf("the recordings of all runs: %w; record.every and record.weights_every make them smaller", err)
		}
	}
	o := &options{dir: f.out, resume: f.resume, workers: f.workers, engine: f.engine, backend: f.backend}
	if !f.quiet {
		fmt.Fprintf(stderr, "%vresults     %s\n", p, filepath.Join(f.out, "<run>"))
		o.progress = stderr
	}
	results, err := configs[0].of().trainAll(ctx, configs, o)
	printTable(stdout, results)
	if err == nil {
		return nil
	}
	return f.outcome(configs, err)
}

// fresh returns the runs that are not in the folder yet. Without --resume those
// that are there are an error, before anything is computed.
func (f *trainFlags) fresh(configs []settings) ([]settings, error) {
	var fresh, there []settings
	for _, c := range configs {
		if _, err := os.Stat(filepath.Join(f.out, c.name(), "config.yaml")); err == nil {
			there = append(there, c)
		} else {
			fresh = append(fresh, c)
		}
	}
	if len(there) > 0 && !f.resume {
		return nil, fmt.Errorf("%d of %d runs are in %s already, such as %s: go on with them with --resume, or choose another folder",
			len(there), len(configs), f.out, there[0].name())
	}
	return fresh, nil
}

// trainError is the end of a training that is not complete.
type trainError struct {
	text  string
	cause error
}

func (e *trainError) Error() string { return e.text }
func (e *trainError) Unwrap() error { return e.cause }

// outcome says what became of the runs that are not done, by their names.
func (f *trainFlags) outcome(configs []settings, err error) error {
	var b strings.Builder
	b.WriteString(notDone(configs, err))
	if _, unfinished := reasons(len(configs), err); unfinished > 0 {
		line := slices.Clone(f.line)
		if !f.resume {
			line = append(line, "--resume")
		}
		fmt.Fprintf(&b, "\ninterrupted: %d; all they have learned is saved. Go on with\n  %s", unfinished, shellLine(line))
	}
	return &trainError{b.String(), err}
}

// notDone counts the runs that are not done, and says of each that failed why.
func notDone(configs []settings, err error) string {
	failed, unfinished := reasons(len(configs), err)
	if len(failed)+unfinished == 0 {
		return fmt.Sprintf("none of %d runs started: %v", len(configs), err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d runs are not done", len(failed)+unfinished, len(configs))
	for i, c := range configs {
		if reason := failed[i]; reason != nil {
			// Of several runs the error names the run already, of a single one it does not.
			fmt.Fprintf(&b, "\nfailed: %s: %s", c.name(), strings.TrimPrefix(reason.Error(), c.name()+": "))
		}
	}
	return b.String()
}

// reasons takes the error of TrainAll apart: the errors of failed runs
// by their index, and the number of runs that were stopped. Neither: the error is of
// no single run of several.
func reasons(runs int, err error) (failed map[int]error, unfinished int) {
	var report interface {
		Failed() []int
		Unfinished() []int
		Unwrap() []error
	}
	if !errors.As(err, &report) {
		switch {
		case errors.Is(err, context.Canceled):
			return nil, runs
		case runs > 1:
			return nil, 0
		}
		return map[int]error{0: err}, 0
	}
	failed = map[int]error{}
	wrong := report.Failed()
	both := slices.Concat(wrong, report.Unfinished())
	slices.Sort(both)
	for k, reason := range report.Unwrap() { // in the order of the runs, without those done
		if i := both[k]; slices.Contains(wrong, i) {
			failed[i] = reason
		}
	}
	return failed, len(report.Unfinished())
}

// shellLine writes a command line that a shell reads back.
func shellLine(args []string) string {
	words := []string{"neurocredit"}
	for _, a := range args {
		words = append(words, shellWord(a))
	}
	return strings.Join(words, " ")
}

func shellWord(a string) string {
	if a == "" || strings.ContainsAny(a, " \t\n'\"\\$`&|;<>()[]{}*?!#~") {
		return "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	return a
}
