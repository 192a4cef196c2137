// Package slurm writes, submits and watches job arrays of the workload manager
// Slurm through its commands sbatch, squeue and scontrol.
//
// It needs no accounting: sacct is switched off at many places, and jobs that have
// ended vanish from the queue within minutes. What has become of them must be read
// from what they leave on disk.
package slurm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Array is a job array whose tasks run the same command with their own index.
type Array struct {
	Name      string
	Tasks     int           // indices 0 to Tasks-1
	AtMost    int           // tasks at a time; 0: as many as there is room for
	Time      string        // limit of a task as Slurm writes it; "": that of the partition
	Warn      time.Duration // USR1 comes so long before the limit, or up to 30 s earlier
	Partition string        // "": the default one
	GPUs      int           // of a task
	CPUs      int           // of a task, at least 1
	Memory    string        // of a task, such as 4G; "": as the partition gives
	Extra     []string      // options for sbatch, such as --account=lab
	Log       string        // file of the output of the task %a
	Command   []string      // Index stands for the index of the task, CPUCount for its processors
}

// Index and CPUCount stand for numbers in Array.Command that a task knows.
const (
	Index    = "\x00index"
	CPUCount = "\x00cpus"
)

// Script returns the batch script. The command replaces the shell, so that it gets
// the signals.
func (a *Array) Script() (string, error) {
	if a.Tasks < 1 || a.CPUs < 1 || a.GPUs < 0 || a.AtMost < 0 || a.Warn < 0 {
		return "", fmt.Errorf("slurm: %d tasks (%d at a time) of %d CPUs and %d GPUs, warned %v before the end: tasks and CPUs must be at least 1, the others not negative",
			a.Tasks, a.AtMost, a.CPUs, a.GPUs, a.Warn)
	}
	array := fmt.Sprintf("0-%d", a.Tasks-1)
	if a.AtMost > 0 {
		array += fmt.Sprintf("%%%d", a.AtMost)
	}
	options := []string{"--job-name=" + a.Name, "--array=" + array, "--output=" + a.Log, "--open-mode=append", "--requeue",
		fmt.Sprintf("--cpus-per-task=%d", a.CPUs), fmt.Sprintf("--signal=B:USR1@%d", int(a.Warn.Seconds()))}
	for _, o := range [][2]string{{"--time=", a.Time}, {"--partition=", a.Partition}, {"--mem=", a.Memory}} {
		if o[1] != "" {
			options = append(options, o[0]+o[1])
		}
	}
	if a.GPUs > 0 {
		options = append(options, fmt.Sprintf("--gres=gpu:%d", a.GPUs))
	}
	var b strings.Builder
	b.WriteString("#!/bin/bash\n")
	for _, o := range append(options, a.Extra...) {
		if strings.ContainsAny(o, "\n\r\x00") {
			return "", fmt.Errorf("slurm: option %q must be one line", o)
		}
		if !strings.HasPrefix(o, "-") {
			return "", fmt.Errorf("slurm: option %q must begin with -, such as --account=lab", o)
		}
		fmt.Fprintf(&b, "#SBATCH %s\n", quoteOption(o))
	}
	b.WriteString("\nexport GOMAXPROCS=\"$SLURM_CPUS_PER_TASK\"\nexec")
	for _, word := range a.Command {
		switch word {
		case Index:
			b.WriteString(` "$SLURM_ARRAY_TASK_ID"`)
		case CPUCount:
			b.WriteString(` "$SLURM_CPUS_PER_TASK"`)
		default:
			b.WriteString(" '" + strings.ReplaceAll(word, "'", `'\''`) + "'")
		}
	}
	b.WriteString("\n")
	return b.String(), nil
}

// quoteOption protects spaces in an option, which sbatch takes apart as a shell
// does.
func quoteOption(o string) string {
	name, value, found := strings.Cut(o, "=")
	if !found || !strings.ContainsAny(value, " \t'\\") || strings.Contains(value, `"`) {
		return o
	}
	return name + `="` + value + `"`
}

// Submit submits a batch script and returns the number of the job.
func Submit(ctx context.Context, script string) (id string, err error) {
	out, err := command(ctx, "sbatch", "--parsable", script)
	if err != nil {
		return "", err
	}
	id, _, _ = strings.Cut(strings.TrimSpace(out), ";") // the name of the cluster may follow
	if _, err := strconv.Atoi(id); err != nil {
		return "", fmt.Errorf("slurm: sbatch printed %q in place of a job number", out)
	}
	return id, nil
}

// Task is a task that is in the queue.
type Task struct {
	Index  int
	State  string // PENDING, RUNNING and so on
	Reason string // why it waits, "None" otherwise
}

// Queue returns the tasks of an array that have not ended. A job that Slurm no
// longer knows has none.
func Queue(ctx context.Context, id string) ([]Task, error) {
	out, err := command(ctx, "squeue", "--noheader", "--array", "--jobs="+id, "--format=%K|%T|%r")
	if err != nil {
		if strings.Contains(err.Error(), "Invalid job id") {
			return nil, nil
		}
		return nil, err
	}
	var tasks []Task
	for line := range strings.Lines(out) {
		part := strings.SplitN(strings.TrimSpace(line), "|", 3)
		index, err := strconv.Atoi(part[0])
		if err != nil || len(part) < 3 {
			return nil, fmt.Errorf("slurm: squeue printed %q", line)
		}
		if ended[part[1]] {
			continue
		}
		tasks = append(tasks, Task{index, part[1], part[2]})
	}
	return tasks, nil
}

// ended are the states of tasks that squeue still shows for a while.
var ended = map[string]bool{
	"BOOT_FAIL": true, "CANCELLED": true, "COMPLETED": true, "DEADLINE": true, "FAILED": true, "NODE_FAIL": true,
	"OUT_OF_MEMORY": true, "PREEMPTED": true, "TIMEOUT": true,
}

// Self returns the number of the array task, as job_index, that this process
// belongs to; false outside.
func Self() (string, bool) {
	job, index := os.Getenv("SLURM_ARRAY_JOB_ID"), os.Getenv("SLURM_ARRAY_TASK_ID")
	return job + "_" + index, job != "" && index != ""
}

// Requeue puts a running task back into the queue. Slurm ends it at once.
func Requeue(ctx context.Context, task string) error {
	_, err := command(ctx, "scontrol", "requeue", task)
	return err
}

// patience is how long a command of Slurm may take.
const patience = time.Minute

func command(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	c.WaitDelay = time.Second
	err := c.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("slurm: there is no %s on this machine; submit from a login node of the cluster", name)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", fmt.Errorf("slurm: %s did not answer within %v", name, patience)
	case err != nil:
		return "", fmt.Errorf("slurm: %s: %w: %s", name, err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
