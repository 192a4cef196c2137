//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

// TestTask computes a sweep in parts, without Slurm, and compares with train.
func TestTask(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	args := append([]string{"fig4ab", "--seeds", "2", "--out", dir}, tinyPAL...)
	contains(t, ok(t, append([]string{"sweep", "submit"}, args...)...), "sweep task "+dir+" --index I --of N")
	contains(t, ok(t, "sweep", "status", dir), "6 runs: 0 done, 6 missing", "fig4ab_pal_seed_124: missing")
	contains(t, ok(t, "sweep", "submit", "--out", dir, "--failed", "--engine", "native"), "sweep task "+dir+" --engine native --failed --index I --of N")
	// A plan of an earlier version may lack a key that has been added since.
	saved := filepath.Join(dir, "sweep", "configs", "fig4ab_fa_seed_124.yaml")
	whole, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	less := regexp.MustCompile(`(?m)^  updates: false.*\n`).ReplaceAll(whole, nil)
	if len(less) == len(whole) || os.WriteFile(saved, less, 0o666) != nil {
		t.Fatalf("no key to take away from\n%s", whole)
	}
	ok(t, "sweep", "task", dir, "--index", "1", "--of", "4")
	text := ok(t, "sweep", "status", dir)
	contains(t, text, "6 runs: 2 done, 4 missing", "fig4ab_bp  ", "fig4ab_pal  ") // runs 1 and 5
	for _, index := range []string{"0", "1", "2", "3"} {
		ok(t, "sweep", "task", dir, "--index", index, "--of", "4")
	}
	contains(t, ok(t, "sweep", "status", dir), "6 runs: 6 done\n")
	plain := t.TempDir()
	args[4] = plain
	table := ok(t, append([]string{"train", "--quiet"}, args...)...)
	if text := ok(t, "sweep", "status", dir); !strings.HasPrefix(text, table) {
		t.Errorf("table\n%s, of train\n%s", text, table)
	}
	for _, name := range []string{"fig4ab_bp_seed_123", "fig4ab_pal_seed_124"} {
		sameRun(t, filepath.Join(plain, name), filepath.Join(dir, name))
	}

	csv := filepath.Join(t.TempDir(), "all.csv")
	contains(t, ok(t, "sweep", "collect", dir, "--out", csv), "6 runs: 6 done")
	if status, _, stderr := cli(t, "sweep", "collect", dir, "--out", filepath.Join(csv, "x.csv")); status != 1 || !strings.Contains(stderr, filepath.Join(csv, "x.csv")+": not a directory") || strings.Contains(stderr, ".tmp-") {
		t.Errorf("status %d\n%s", status, stderr)
	}
	collected, err := os.ReadFile(csv)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := os.ReadFile(filepath.Join(dir, "fig4ab_fa_seed_124", "metrics.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(metrics)) {
		head := "fig4ab_fa_seed_124,fig4ab_fa,124,done,"
		if strings.HasPrefix(line, "time") {
			head = "run,variant,seed,state,"
		}
		contains(t, string(collected), head+line)
	}

	// Settings of planned runs are fixed, other systems have other folders.
	args[4] = dir
	for _, test := range []struct {
		args []string
		want string
	}{
		{append([]string{"sweep", "submit", "--set", "learning.tau=7"}, args...), "learning.tau: 100.0 → 7.0"},
		{append([]string{"sweep", "submit", "--slurm", "--dry-run", "--set", "learning.tau=7"}, args...), "learning.tau: 100.0 → 7.0"},
		{[]string{"sweep", "submit", "yin-yang/fa", "--out", dir}, "holds runs of pal"},
		{[]string{"sweep", "submit", "yin-yang/fa", "--out", dir, "--slurm", "--dry-run"}, "holds runs of pal"},
		{[]string{"sweep", "submit", "--out", t.TempDir()}, "holds no sweep"},
		{[]string{"sweep", "submit", "--out", dir, "--dry-run"}, "--slurm"},
		{[]string{"sweep", "submit", "--out", dir, "--slurm", "--runs-per-task", "0"}, "--runs-per-task 0"},
		{[]string{"sweep", "task", dir, "--index", "4", "--of", "4"}, "--index 4 must be 0 to 3, with --of 4"},
		{[]string{"sweep", "task", dir, "--index", "0", "--of", "0"}, "--of 0 must be at least 1"},
		{[]string{"sweep", "task", t.TempDir(), "--index", "0", "--of", "1"}, "holds no sweep"},
		{[]string{"sweep", "task", dir, "--index", "0", "--of", "1", "--runs", csv}, "is no run of the sweep"},
	} {
		status, _, stderr := cli(t, test.args...)
		if status != 1 || !strings.Contains(stderr, test.want) {
			t.Errorf("%v: status %d\n%s", test.args, status, stderr)
		}
	}
}

// TestSubmitTogether: of submissions at the same time none loses the runs of another.
func TestSubmitTogether(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			if status, _, stderr := cli(t, "sweep", "submit", "chain/pal", "--out", dir, "--set", fmt.Sprintf("name=run%d", i)); status != 0 {
				t.Errorf("status %d\n%s", status, stderr)
			}
		})
	}
	wait.Wait()
	contains(t, ok(t, "sweep", "status", dir), "8 runs: 0 done, 8 missing")
	if plan, err := filepath.Glob(filepath.Join(dir, "sweep", "*")); err != nil || len(plan) != 2 {
		t.Errorf("the folder of the sweep holds %v (%v), want configs and plan.json", plan, err)
	}

	// Waiting for another one can be interrupted.
	unlock, err := experiment.Lock(filepath.Join(dir, "sweep"))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	status, _, stderr := cliContext(t, ctx, "sweep", "submit", "chain/fa", "--out", dir)
	if status != 1 || !strings.Contains(stderr, "waiting for another submission: ") {
		t.Errorf("status %d\n%s", status, stderr)
	}
	contains(t, ok(t, "sweep", "status", dir), "8 runs: ")
}

// TestJobs: a damaged note of a submission says what is wrong.
func TestJobs(t *testing.T) {
	plan := &sweepPlan{dir: t.TempDir()}
	if err := os.MkdirAll(plan.path("job-1"), 0o777); err != nil {
		t.Fatal(err)
	}
	file := plan.path("job-1", "job.json")
	for text, want := range map[string]string{
		`{"id": "7", "tasks": 0}`: file + ": tasks is 0, must be at least 1",
		`{"id": "7", "tasks`:      file + ": unexpected end of JSON input",
	} {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := plan.jobs(); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}

func TestShare(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e"}
	var all [][]string
	for i := range 3 {
		all = append(all, share(names, i, 3))
	}
	if want := [][]string{{"a", "d"}, {"b", "e"}, {"c"}}; !reflect.DeepEqual(all, want) {
		t.Errorf("%v, want %v", all, want)
	}
	if got := share(names, 6, 7); got != nil {
		t.Errorf("%v for a task without runs", got)
	}
}

// TestWarning: SIGUSR1 makes a task save and end; started again, it goes on.
func TestWarning(t *testing.T) {
	t.Setenv("SLURM_ARRAY_JOB_ID", "")
	dir := filepath.Join(t.TempDir(), "runs")
	ok(t, append([]string{"sweep", "submit", "chain/pal", "--out", dir, "--epochs", "60"}, long...)...)
	go func() {
		for rows(filepath.Join(dir, "chain_pal")) < 3 {
			time.Sleep(time.Millisecond)
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	}()
	task := []string{"sweep", "task", dir, "--index", "0", "--of", "1"}
	if status, _, stderr := cli(t, task...); status != 128+int(syscall.SIGUSR1) {
		t.Fatalf("status %d\n%s", status, stderr)
	}
	contains(t, ok(t, "sweep", "status", dir), "1 runs: 0 done, 1 missing", "interrupted")
	ok(t, task...)
	plain := t.TempDir()
	ok(t, append([]string{"train", "chain/pal", "--quiet", "--out", plain, "--epochs", "60"}, long...)...)
	sameRun(t, filepath.Join(plain, "chain_pal"), filepath.Join(dir, "chain_pal"))
}

// Programs of go run are gone when the tasks begin; go test must not be taken for it.
func TestLasting(t *testing.T) {
	for file, want := range map[string]bool{
		"/home/a/neurocredit/neurocredit":                                         true,
		"/tmp/go-build2008717911/b001/neurocredit.test":                           true,
		"/home/a/go-build/b1/exe":                                                 true,
		"/tmp/go-build2008717911/b001/exe/neurocredit":                            false,
		"/root/.cache/go-build/e8/" + strings.Repeat("e8", 32) + "-d/neurocredit": false,
	} {
		err := checkLasting(file)
		if (err == nil) != want || err != nil && (!strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "go build ./cmd/neurocredit")) {
			t.Errorf("%s: error %v", file, err)
		}
	}
}

// TestGoRun: as the first and as a later go run, the program refuses to submit itself.
func TestGoRun(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED with -short: links the program")
	}
	for range 2 {
		dir := filepath.Join(t.TempDir(), "runs")
		c := exec.Command("go", "run", ".", "sweep", "submit", "chain/pal", "--out", dir, "--slurm")
		c.Env = append(os.Environ(), "SLURM_CONF="+os.DevNull) // never the machine's own
		out, err := c.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "run go build ./cmd/neurocredit first") {
			t.Errorf("%v\n%s", err, out)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Error("writes something")
		}
	}
}

// TestDryRun prints a script and writes nothing.
func TestDryRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	text := ok(t, "sweep", "submit", "fig4cd", "--out", dir, "--slurm", "--dry-run", "--time", "4:00:00", "--margin", "2m", "--partition", "gpu",
		"--gpus", "1", "--cpus", "4", "--mem", "8G", "--runs-per-task", "16", "--at-most", "2", "--sbatch", "--account=lab", "--engine", "graph", "--backend", "xla:cuda")
	for _, line := range []string{"--array=0-2%2", "--time=4:00:00", "--signal=B:USR1@120", "--partition=gpu", "--gres=gpu:1", "--cpus-per-task=4", "--mem=8G", "--account=lab"} {
		contains(t, text, "#SBATCH "+line+"\n")
	}
	contains(t, text, "'--engine' 'graph' '--backend' 'xla:cuda'", "'--of' '3'")
	if _, err := os.Stat(dir); err == nil {
		t.Error("writes something")
	}
}
