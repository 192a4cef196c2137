package slurm

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestScript(t *testing.T) {
	a := Array{
		Name: "two words", Tasks: 3, AtMost: 2, Time: "2:00:00", Warn: 90 * time.Second, Partition: "gpu", GPUs: 1, CPUs: 4, Memory: "8G",
		Extra: []string{"--account=lab", "--exclusive"}, Log: "/a b/%a.log",
		Command: []string{"/bin/printf", "<%s>", "it's", Index, CPUCount, "$HOME"},
	}
	text, err := a.Script()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`--job-name="two words"`, "--array=0-2%2", `--output="/a b/%a.log"`, "--cpus-per-task=4", "--signal=B:USR1@90",
		"--time=2:00:00", "--partition=gpu", "--gres=gpu:1", "--mem=8G", "--account=lab", "--exclusive", "--requeue", "--open-mode=append",
	} {
		if !strings.Contains(text, "#SBATCH "+line+"\n") {
			t.Errorf("%s is missing in\n%s", line, text)
		}
	}
	file := filepath.Join(t.TempDir(), "job.sh")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("bash", file)
	c.Env = append(os.Environ(), "SLURM_ARRAY_TASK_ID=2", "SLURM_CPUS_PER_TASK=4")
	if out, err := c.CombinedOutput(); err != nil || string(out) != "<it's><2><4><$HOME>" {
		t.Errorf("the command gets %s (%v)", out, err)
	}
	plain, err := (&Array{Name: "x", Tasks: 1, CPUs: 1, Log: "%a.log", Command: []string{"true"}}).Script()
	if err != nil {
		t.Fatal(err)
	}
	for _, option := range []string{"--time", "--partition", "--mem", "--gres", "%1"} {
		if strings.Contains(plain, option) {
			t.Errorf("%s was not asked for:\n%s", option, plain)
		}
	}
}

func TestScriptErrors(t *testing.T) {
	for want, a := range map[string]Array{
		"at least 1":    {Tasks: 0, CPUs: 1},
		"0 CPUs":        {Tasks: 1},
		"one line":      {Tasks: 1, CPUs: 1, Time: "1\nrm -r /"},
		`"account=lab"`: {Tasks: 1, CPUs: 1, Extra: []string{"account=lab"}},
	} {
		if _, err := a.Script(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", a, err, want)
		}
	}
}

func TestWithoutSlurm(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Queue(t.Context(), "1"); err == nil || !strings.Contains(err.Error(), "no squeue") {
		t.Errorf("error %v", err)
	}
	t.Setenv("SLURM_ARRAY_JOB_ID", "")
	if task, inside := Self(); inside {
		t.Errorf("inside task %s", task)
	}
}
