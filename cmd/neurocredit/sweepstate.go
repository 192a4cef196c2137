package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/slurm"
)

// States of the runs of a sweep.
const (
	runDone    = "done"
	runFailed  = "failed"
	runRunning = "running"
	runQueued  = "queued"
	runMissing = "missing" // not begun, or stopped before its end, and in no queue
)

// runState is what has become of a planned run.
type runState struct {
	name, state string
	detail      string // "" if the state says all
	steps       int64  // made so far
}

// states tells what has become of the runs. The disk tells what is done; of the
// rest Slurm knows what is waiting. queueErr is why it could not be asked.
func (p *sweepPlan) states(ctx context.Context) (states []runState, queueErr, err error) {
	if states, err = p.diskStates(ctx); err != nil {
		return nil, nil, err
	}
	queued, queueErr := p.queued(ctx)
	for i := range states {
		s := &states[i]
		if q, ok := queued[s.name]; ok && (s.state == runMissing || s.state == runFailed && q.failed) {
			s.state = runQueued
			s.detail = strings.Trim(s.detail+"; "+q.text, "; ")
		}
	}
	return states, queueErr, nil
}

// diskStates tells what the results directories say.
func (p *sweepPlan) diskStates(ctx context.Context) (states []runState, err error) {
	for _, name := range p.Runs {
		s := runState{name: name, state: runMissing}
		saved, err := experiment.Open(filepath.Join(p.dir, name))
		switch {
		case err == nil:
			s.steps = saved.Status.Done
			switch saved.Status.State {
			case experiment.Done:
				s.state = runDone
			case experiment.Failed:
				s.state, s.detail = runFailed, describe(saved.Status)
			case experiment.Running:
				s.state, s.detail = runRunning, describe(saved.Status)
			default:
				s.detail = describe(saved.Status)
			}
		case isRun(filepath.Join(p.dir, name)):
			return nil, err
		}
		states = append(states, s)
	}
	return states, context.Cause(ctx)
}

// waiting is a run that a task in the queue has.
type waiting struct {
	text   string // what Slurm says of the task
	failed bool   // it is to be repeated
}

// queued asks Slurm for the tasks of all submissions and returns their runs.
func (p *sweepPlan) queued(ctx context.Context) (map[string]waiting, error) {
	jobs, err := p.jobs()
	if err != nil {
		return nil, err
	}
	names := map[string]waiting{}
	var problems []error
	for _, j := range jobs {
		tasks, err := slurm.Queue(ctx, j.ID)
		if err != nil {
			problems = append(problems, err)
			break // the next one would fail alike, after the same wait
		}
		for _, t := range tasks {
			text := fmt.Sprintf("task %s_%d %s", j.ID, t.Index, strings.ToLower(t.State))
			if t.State == "PENDING" && t.Reason != "None" {
				text += " (" + t.Reason + ")"
			}
			for _, name := range share(j.runs, t.Index, j.Tasks) {
				names[name] = waiting{text, j.Failed}
			}
		}
	}
	return names, errors.Join(problems...)
}

// countStates writes how many runs are in which state.
func countStates(states []runState) string {
	n := map[string]int{}
	for _, s := range states {
		n[s.state]++
	}
	text := fmt.Sprintf("%d runs:", len(states))
	for _, state := range []string{runDone, runRunning, runQueued, runFailed, runMissing} {
		if n[state] > 0 || state == runDone {
			text += fmt.Sprintf(" %d %s,", n[state], state)
		}
	}
	return strings.TrimSuffix(text, ",")
}

// printStates writes the counts and all runs that are not done.
func printStates(w io.Writer, states []runState) {
	fmt.Fprintln(w, countStates(states))
	for _, s := range states {
		if s.state == runDone {
			continue
		}
		line := s.name + ": " + s.state
		if rest := strings.TrimLeft(strings.TrimPrefix(s.detail, s.state), ", "); rest != "" {
			line += ", " + strings.ReplaceAll(rest, "\n", "\n  ")
		}
		fmt.Fprintln(w, strings.Replace(line, ", at ", " at ", 1))
	}
}
