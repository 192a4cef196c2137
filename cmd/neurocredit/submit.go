package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/slurm"
)

// submitFlags are the flags of sweep submit.
type submitFlags struct {
	runFlags
	engineFlags
	slurm, dry, failed bool
	perTask            int
	array              slurm.Array
	program            string // what the tasks run
}

func newSweepSubmit() *cobra.Command {
	f := &submitFlags{}
	c := &cobra.Command{
		Use:   "submit [CONFIG...] --out DIR",
		Short: "Hand a sweep to a cluster",
		Long: `Submit notes all runs that CONFIG stands for in DIR/sweep and, with --slurm, submits a job
array that computes those that are neither done nor failed nor in the queue. Each task takes
some of the runs. Before its time is up it saves them and puts itself back into the queue,
as often as needed. Submit again to repeat what was lost; without CONFIG, all that DIR holds.

DIR must be on a file system that all machines share, and this program, made with go build, at
the same path on all of them. With other schedulers, leave --slurm out, and start neurocredit sweep task DIR
--index I --of N as N jobs, I from 0 to N-1.

` + whatIsConfig(),
		Example: `  neurocredit sweep submit fig4cd --out runs/fig4cd --slurm --time 2:00:00
  neurocredit sweep submit fig4ef --out runs/fig4ef --slurm --time 8:00:00 --cpus 4 --runs-per-task 4 --sbatch --account=lab
  neurocredit sweep submit --out runs/fig4cd --slurm --failed`,
		Args: arguments(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.submit(cmd, args) },
	}
	flags := c.Flags()
	f.runFlags.add(c)
	flags.BoolVar(&f.slurm, "slurm", false, "submit a job array to Slurm")
	flags.BoolVar(&f.dry, "dry-run", false, "print the batch script, and write and submit nothing")
	flags.BoolVar(&f.failed, "failed", false, "also repeat runs that failed")
	flags.IntVar(&f.perTask, "runs-per-task", 1, "runs that each task takes, --cpus of them at a time")
	flags.StringVar(&f.array.Time, "time", "", "`limit` of a task, as Slurm writes it: minutes, h:m:s or days-h, or 0 for none (default that of the partition)")
	flags.DurationVar(&f.array.Warn, "margin", time.Minute, "time before the limit for saving, longer than one training pattern or update takes")
	flags.StringVar(&f.array.Partition, "partition", "", "partition")
	flags.IntVar(&f.array.GPUs, "gpus", 0, "GPUs of a task")
	flags.IntVar(&f.array.CPUs, "cpus", 1, "processor cores of a task")
	flags.StringVar(&f.array.Memory, "mem", "", "memory of a task, such as 4G")
	flags.IntVar(&f.array.AtMost, "at-most", 0, "tasks at a time, 0: no limit")
	flags.StringArrayVar(&f.array.Extra, "sbatch", nil, "another `option` of sbatch, such as --account=lab; may be repeated")
	f.engineFlags.add(flags)
	return c
}

// slurmFlags are those that have no meaning without --slurm.
var slurmFlags = []string{"dry-run", "runs-per-task", "time", "margin", "partition", "gpus", "cpus", "mem", "at-most", "sbatch"}

// check refuses flags that would have no effect, and what Slurm would refuse or warn of
// too late.
func (f *submitFlags) check(cmd *cobra.Command) error {
	if err := f.engineFlags.check(); err != nil {
		return err
	}
	for _, name := range slurmFlags {
		if !f.slurm && cmd.Flags().Changed(name) {
			return fmt.Errorf("--%s is for the job array of --slurm, which is not given", name)
		}
	}
	a := &f.array
	for _, n := range []struct {
		name         string
		value, least int
	}{{"runs-per-task", f.perTask, 1}, {"cpus", a.CPUs, 1}, {"gpus", a.GPUs, 0}, {"at-most", a.AtMost, 0}} {
		if n.value < n.least {
			return fmt.Errorf("--%s %d must be at least %d", n.name, n.value, n.least)
		}
	}
	if a.Warn < time.Second {
		return fmt.Errorf("--margin %v must be at least 1s", a.Warn)
	}
	if !cmd.Flags().Changed("time") {
		return nil
	}
	limit, err := slurm.ParseLimit(a.Time)
	if err != nil {
		return fmt.Errorf("--time: %w", err)
	}
	if a.Warn >= limit {
		return fmt.Errorf("--margin %v must be shorter than the limit, --time %s", a.Warn, a.Time)
	}
	return nil
}

func (f *submitFlags) submit(cmd *cobra.Command, args []string) error {
	if err := f.check(cmd); err != nil {
		return err
	}
	dir, err := filepath.Abs(f.out)
	if err != nil {
		return err
	}
	if f.slurm {
		if f.program, err = ownProgram(); err != nil {
			return err
		}
	}
	plan, err := openSweep(dir)
	if err != nil && (!errors.Is(err, fs.ErrNotExist) || len(args) == 0) {
		return err
	}
	var configs []settings
	if len(args) > 0 {
		if configs, err = f.configs(cmd, args); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(configs, func(c settings) bool { return c.name() == sweepName }) {
		return fmt.Errorf("name is %q, which is that of the folder of the plan; choose another one", sweepName)
	}
	if !f.dry {
		unlock, err := plan.lock(cmd.Context(), cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		defer unlock()
		// Another submission may have been at it.
		if plan, err = openSweep(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	fresh, err := plan.add(configs)
	if err != nil {
		return err
	}
	if !f.dry {
		if err := plan.write(fresh); err != nil {
			return err
		}
	}
	names, err := f.missing(cmd, plan)
	if err != nil {
		return err
	}
	switch {
	case !f.slurm:
		line := append([]string{"sweep", "task", dir}, f.taskFlags()...)
		fmt.Fprintf(cmd.OutOrStdout(), "Start N jobs, I from 0 to N-1:\n  %s --index I --of N\n", shellLine(line))
		return nil
	case len(names) == 0:
		fmt.Fprintln(cmd.OutOrStdout(), "nothing to submit")
		return nil
	case f.dry:
		script, err := f.script(plan, plan.path("job-N"), len(names))
		if err == nil {
			_, err = fmt.Fprint(cmd.OutOrStdout(), script)
		}
		return err
	}
	return f.send(cmd, plan, names)
}

// missing returns the names of the runs to be submitted, and says how all are.
func (f *submitFlags) missing(cmd *cobra.Command, plan *sweepPlan) ([]string, error) {
	states, queueErr, err := plan.states(cmd.Context())
	if err = errors.Join(err, queueErr); err != nil {
		return nil, err
	}
	var names []string
	failed := 0
	for _, s := range states {
		if s.state == runMissing || f.failed && s.state == runFailed {
			names = append(names, s.name)
		} else if s.state == runFailed {
			failed++
		}
	}
	w := cmd.ErrOrStderr()
	fmt.Fprintln(w, countStates(states))
	if failed > 0 {
		fmt.Fprintln(w, "failed runs are repeated with --failed; neurocredit sweep status tells why they failed")
	}
	return names, nil
}

// goRun matches the programs that go run makes: at first below a temporary folder, later
// in the build cache.
var goRun = regexp.MustCompile(`/go-build[^/]*/b[0-9]+/exe/[^/]+$|/[0-9a-f]{2}/[0-9a-f]{64}-d/[^/]+$`)

// ownProgram returns the file of this program, for tasks that begin hours later.
func ownProgram() (string, error) {
	file, err := os.Executable()
	if err == nil {
		err = checkLasting(file)
	}
	return file, err
}

func checkLasting(file string) error {
	if goRun.MatchString(filepath.ToSlash(file)) {
		return fmt.Errorf("the tasks could not run %s, which go run made and Go removes: run go build ./cmd/neurocredit first, and submit with the program that it makes, ./neurocredit", file)
	}
	return nil
}

// script returns the batch script of a submission in the folder job.
func (f *submitFlags) script(plan *sweepPlan, job string, runs int) (string, error) {
	a := f.array
	a.Name = filepath.Base(plan.dir)
	a.Tasks = (runs + f.perTask - 1) / f.perTask
	a.Log = filepath.Join(strings.ReplaceAll(job, "%", "%%"), "%a.log")
	a.Command = []string{f.program, "sweep", "task", plan.dir, "--index", slurm.Index, "--of", fmt.Sprint(a.Tasks),
		"--runs", filepath.Join(job, "runs"), "--workers", slurm.CPUCount}
	a.Command = append(a.Command, f.taskFlags()...)
	return a.Script()
}

// taskFlags are those that every task is started with.
func (f *submitFlags) taskFlags() []string {
	var flags []string
	if f.engine != "auto" {
		flags = append(flags, "--engine", f.engine)
	}
	if f.backend != "" {
		flags = append(flags, "--backend", f.backend)
	}
	if f.failed {
		flags = append(flags, "--failed")
	}
	return flags
}

// send writes a submission into a folder of its own and submits it.
func (f *submitFlags) send(cmd *cobra.Command, plan *sweepPlan, names []string) error {
	job, err := plan.newJob()
	if err != nil {
		return err
	}
	script, err := f.script(plan, job, len(names))
	if err != nil {
		return errors.Join(err, os.Remove(job))
	}
	file := filepath.Join(job, "job.sh")
	err = errors.Join(
		experiment.WriteFile(filepath.Join(job, "runs"), []byte(strings.Join(names, "\n")+"\n")),
		experiment.WriteFile(file, []byte(script)))
	if err != nil {
		return err
	}
	// Not to be interrupted between the submission and the note of its number.
	id, err := slurm.Submit(context.WithoutCancel(cmd.Context()), file)
	if err != nil {
		return err
	}
	tasks := (len(names) + f.perTask - 1) / f.perTask
	note, err := json.Marshal(sweepJob{ID: id, Tasks: tasks, Failed: f.failed})
	if err == nil {
		err = experiment.WriteFile(filepath.Join(job, "job.json"), append(note, '\n'))
	}
	if err != nil {
		return fmt.Errorf("job %s is submitted, but not noted: %w", id, err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "job %s: %d runs in %d tasks; output in %s\nneurocredit sweep status %s shows how far they are\n",
		id, len(names), tasks, job, shellWord(f.out))
	return nil
}

// newJob makes the folder of a submission. Two at the same time get different ones.
func (p *sweepPlan) newJob() (string, error) {
	for n := 1; ; n++ {
		dir := p.path(fmt.Sprintf("job-%d", n))
		err := os.Mkdir(dir, 0o777)
		if !errors.Is(err, fs.ErrExist) {
			return dir, err
		}
	}
}
