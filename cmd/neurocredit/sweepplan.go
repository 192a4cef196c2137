package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

// sweepPlan says what a folder of results directories is to hold. It lies in the
// subfolder sweep:
//
//	plan.json       this
//	configs/        the settings of every run, NAME.yaml
//	job-1/          of each submission: job.sh, runs (the names, line by line),
//	                job.json (a sweepJob), and the output of the tasks
type sweepPlan struct {
	System string   `json:"system"`
	Runs   []string `json:"runs"` // names, in order

	dir string
}

const sweepName = "sweep"

func (p *sweepPlan) path(name ...string) string {
	return filepath.Join(append([]string{p.dir, sweepName}, name...)...)
}

// openSweep reads the plan of a folder. Without one the error is fs.ErrNotExist.
func openSweep(dir string) (*sweepPlan, error) {
	p := &sweepPlan{dir: dir}
	file := p.path("plan.json")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("%s holds no sweep; make one with neurocredit sweep submit CONFIG --out %[1]s: %w", dir, err)
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return p, nil
}

// lock keeps other submissions off the folder until unlock is called, and waits for
// those that are at it.
func (p *sweepPlan) lock(ctx context.Context, w io.Writer) (unlock func(), err error) {
	if err := os.MkdirAll(p.path(), 0o777); err != nil {
		return nil, err
	}
	for told := false; ; told = true {
		unlock, err := experiment.Lock(p.path())
		if !errors.Is(err, experiment.ErrLocked) {
			return unlock, err
		}
		if !told {
			fmt.Fprintf(w, "waiting for another submission: %v\n", err)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// add makes runs part of the plan and returns those that are new; write saves them.
// Those that are there already must be the same.
func (p *sweepPlan) add(configs []settings) (fresh []settings, err error) {
	if len(configs) == 0 {
		return nil, nil
	}
	system := configs[0].of().about().name
	if p.System != "" && p.System != system {
		return nil, fmt.Errorf("%s holds runs of %s; choose another folder for those of %s", p.dir, p.System, system)
	}
	p.System = system
	for _, c := range configs {
		if !slices.Contains(p.Runs, c.name()) {
			fresh = append(fresh, c)
			continue
		}
		old, err := p.settings(c.name())
		if err != nil {
			return nil, err
		}
		if d := config.Diff(old[0].config(), c.config()); len(d) > 0 {
			return nil, fmt.Errorf("%s is part of the sweep in %s already, with other settings: %s; choose another folder or name", c.name(), p.dir, d[0])
		}
	}
	for _, c := range fresh {
		p.Runs = append(p.Runs, c.name())
	}
	return fresh, nil
}

// write saves the settings of new runs, and then the plan. The caller has the lock.
func (p *sweepPlan) write(fresh []settings) error {
	if len(fresh) == 0 {
		return nil
	}
	if err := os.MkdirAll(p.path("configs"), 0o777); err != nil {
		return err
	}
	for _, c := range fresh {
		text, err := config.EncodeCommented(c.config())
		if err != nil {
			return err
		}
		if err := experiment.WriteFile(p.path("configs", c.name()+".yaml"), text); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return experiment.WriteFile(p.path("plan.json"), append(text, '\n'))
}

// settings reads those of some runs.
func (p *sweepPlan) settings(names ...string) ([]settings, error) {
	s, err := systemNamed(p.System)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.path("plan.json"), err)
	}
	var all []settings
	for _, name := range names {
		c, err := s.saved(p.path("configs", name+".yaml"))
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// jobs lists the submissions, the oldest first.
func (p *sweepPlan) jobs() ([]sweepJob, error) {
	var jobs []sweepJob
	for n := 1; ; n++ {
		dir := p.path(fmt.Sprintf("job-%d", n))
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return jobs, nil
		}
		file := filepath.Join(dir, "job.json")
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // refused, or just being submitted
		}
		if err != nil {
			return nil, err
		}
		j := sweepJob{}
		if err := json.Unmarshal(text, &j); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if j.Tasks < 1 {
			return nil, fmt.Errorf("%s: tasks is %d, must be at least 1", file, j.Tasks)
		}
		if j.runs, err = readNames(filepath.Join(dir, "runs")); err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
}

// sweepJob is a submission.
type sweepJob struct {
	ID     string `json:"id"` // number of the job
	Tasks  int    `json:"tasks"`
	Failed bool   `json:"failed"` // it repeats runs that failed

	runs []string
}

// readNames reads a file of names, line by line.
func readNames(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(strings.Split(string(text), "\n"), func(name string) bool { return name == "" }), nil
}

// share returns the names that task index of so many tasks works on. They are dealt
// like cards, so that slow variants spread over all tasks.
func share(names []string, index, tasks int) []string {
	var own []string
	for i := index; i < len(names); i += tasks {
		own = append(own, names[i])
	}
	return own
}
