package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/pal"
)

// cluster is a real Slurm and a built program.
type cluster struct {
	program string
	env     []string
}

// TestSlurm submits sweeps to a real Slurm, several at the same time.
func TestSlurm(t *testing.T) {
	conf := os.Getenv("NEUROCREDIT_SLURM")
	if conf == "" {
		t.Skip("SKIPPED: set NEUROCREDIT_SLURM to the slurm.conf of a running Slurm to test job arrays; .ci/slurm starts one")
	}
	k := &cluster{program: filepath.Join(t.TempDir(), "neurocredit"), env: append(os.Environ(), "SLURM_CONF="+conf)}
	if out, err := exec.Command("go", "build", "-o", k.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := k.command(t, "sinfo"); err != nil {
		t.Fatalf("the Slurm of %s does not answer: %v\n%s", conf, err, out)
	}
	t.Run("array", func(t *testing.T) { t.Parallel(); k.array(t) })
	t.Run("killed", func(t *testing.T) { t.Parallel(); k.killed(t) })
	t.Run("failed", func(t *testing.T) { t.Parallel(); k.failed(t) })
	t.Run("requeued", func(t *testing.T) { t.Parallel(); k.requeued(t) })
	t.Run("refused", func(t *testing.T) { t.Parallel(); k.refused(t) })
}

func (k *cluster) command(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = k.env
	out, err := c.CombinedOutput()
	return string(out), err
}

// ok runs the program, which must succeed.
func (k *cluster) ok(t *testing.T, args ...string) string {
	t.Helper()
	out, err := k.command(t, k.program, args...)
	if err != nil {
		t.Fatalf("neurocredit %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// submit submits a sweep and returns the number of its job, "" if nothing was
// submitted.
func (k *cluster) submit(t *testing.T, args ...string) (job, text string) {
	t.Helper()
	text = k.ok(t, append([]string{"sweep", "submit", "--slurm", "--time", "5"}, args...)...)
	if m := regexp.MustCompile(`(?m)^job (\d+): `).FindStringSubmatch(text); m != nil {
		job = m[1]
		t.Cleanup(func() {
			c := exec.Command("scancel", job)
			c.Env = k.env
			_ = c.Run()
		})
	}
	return job, text
}

// until waits for something, at most two minutes.
func (k *cluster) until(t *testing.T, what string, reached func() bool) {
	t.Helper()
	for begin := time.Now(); !reached(); time.Sleep(200 * time.Millisecond) {
		if time.Since(begin) > 2*time.Minute {
			queue, _ := k.command(t, "squeue", "-r")
			t.Fatalf("waited too long for %s; the queue is\n%s", what, queue)
		}
	}
}

// gone reports whether a job has left the queue.
func (k *cluster) gone(t *testing.T, job string) bool {
	out, err := k.command(t, "squeue", "-h", "-r", "-j", job, "-t", "pending,running,completing,requeued")
	return err != nil && strings.Contains(out, "Invalid job id") || err == nil && strings.TrimSpace(out) == ""
}

func (k *cluster) array(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "two words")
	args := append([]string{"fig3c", "--out", dir, "--seeds", "2", "--runs-per-task", "4"}, tinyMDGL...)
	job, text := k.submit(t, args...)
	contains(t, text, "6 runs: 0 done, 6 missing", "6 runs in 2 tasks")
	// What is in the queue is not submitted twice.
	if second, text := k.submit(t, args...); second != "" && !k.gone(t, job) {
		t.Errorf("submitted again:\n%s", text)
	}
	k.until(t, "the end of the array", func() bool { return k.gone(t, job) })
	table := k.ok(t, "sweep", "status", dir)
	contains(t, table, "6 runs: 6 done\n", "fig3c_mdgl")
	csv := filepath.Join(t.TempDir(), "all.csv")
	contains(t, k.ok(t, "sweep", "collect", dir, "--out", csv), "18 rows of 6 runs")

	// The numbers are those of train.
	plain := t.TempDir()
	ok(t, append([]string{"train", "fig3c", "--quiet", "--out", plain, "--seeds", "2"}, tinyMDGL...)...)
	sameRun(t, filepath.Join(plain, "fig3c_bptt_seed_2"), filepath.Join(dir, "fig3c_bptt_seed_2"))
	if again, text := k.submit(t, "--out", dir); again != "" {
		t.Errorf("submitted again:\n%s", text)
	}
	// More runs join the sweep, and only they are submitted.
	args[4] = "3"
	job, text = k.submit(t, args...)
	contains(t, text, "9 runs: 6 done, 3 missing", "3 runs in 1 tasks")
	k.until(t, "the end of the second array", func() bool { return k.gone(t, job) })
	contains(t, k.ok(t, "sweep", "status", dir), "9 runs: 9 done\n")
}

// long is a run of some seconds that has made a checkpoint only when it is
// stopped; with more epochs it takes as long as one likes.
var long = []string{"--set", "record.every=20000", "--set", "presentation.settling=1"}

func (k *cluster) killed(t *testing.T) {
	dir := t.TempDir()
	job, _ := k.submit(t, append([]string{"chain/pal", "--out", dir, "--seeds", "2", "--epochs", "400"}, long...)...)
	run := filepath.Join(dir, "chain_pal_seed_123")
	k.until(t, "the first rows", func() bool { return rows(run) > 10 })
	saved, err := experiment.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := os.FindProcess(saved.Status.PID); err != nil || p.Kill() != nil {
		t.Fatalf("process %d: %v", saved.Status.PID, err)
	}
	k.until(t, "the end of the array", func() bool { return k.gone(t, job) })
	contains(t, k.ok(t, "sweep", "status", dir), "2 runs: 1 done, 1 missing\n", "chain_pal_seed_123: missing, killed")
	job, text := k.submit(t, "--out", dir)
	contains(t, text, "1 runs in 1 tasks")
	k.until(t, "the end of the second array", func() bool { return k.gone(t, job) })
	contains(t, k.ok(t, "sweep", "status", dir), "2 runs: 2 done\n")
	plain := t.TempDir()
	ok(t, append([]string{"train", "chain/pal", "--quiet", "--out", plain, "--seeds", "123:1", "--epochs", "400"}, long...)...)
	sameRun(t, filepath.Join(plain, "chain_pal_seed_123"), run)
}

// failed: of two runs of a task one diverges, and the other goes on.
func (k *cluster) failed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "half.yaml")
	text := "system: pal\npreset: chain/pal\nvariants:\n  bad: {learning: {rules: {down: 1e9*eta*w}}}\n  good: {}\nseeds: [3]\n"
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	job, _ := k.submit(t, append([]string{file, "--out", dir, "--runs-per-task", "2"}, tinyPAL...)...)
	k.until(t, "the end of the task", func() bool { return k.gone(t, job) })
	text = k.ok(t, "sweep", "status", dir)
	contains(t, text, "2 runs: 1 done, 1 failed\n", "half_bad_seed_3: failed at ", "are not finite")
	out, err := k.command(t, "scontrol", "show", "job", job+"_0")
	if err != nil || !strings.Contains(out, "JobState=FAILED") || !strings.Contains(out, "ExitCode=1:0") {
		t.Errorf("Slurm does not know that the task failed (%v):\n%s", err, out)
	}
	if again, text := k.submit(t, "--out", dir); again != "" || !strings.Contains(text, "--failed") {
		t.Errorf("a failed run is submitted again:\n%s", text)
	}
	job, text = k.submit(t, "--out", dir, "--failed")
	contains(t, text, "1 runs in 1 tasks")
	k.until(t, "the end of the second task", func() bool { return k.gone(t, job) })
	contains(t, k.ok(t, "sweep", "status", dir), "2 runs: 1 done, 1 failed\n")
}

// requeued: a task whose time is up saves, comes back, and goes on bit for bit. The
// run would take minutes; it is cancelled when it has gone on for a while.
func (k *cluster) requeued(t *testing.T) {
	dir := t.TempDir()
	args := append([]string{"chain/pal", "--epochs", "500000"}, long...)
	// Slurm looks at the limits every 30 s, so the signal comes within that.
	job, _ := k.submit(t, append(args, "--out", dir, "--time", "1", "--margin", "59s")...)
	run := filepath.Join(dir, "chain_pal")
	log := filepath.Join(dir, "sweep", "job-1", "0.log")
	k.until(t, "the requeue", func() bool {
		text, _ := os.ReadFile(log)
		return strings.Contains(string(text), "goes back into the queue")
	})
	k.until(t, "the status after it", func() bool { return statusOf(run) == "interrupted" })
	before := rows(run)
	if text := k.ok(t, "sweep", "status", dir); !strings.Contains(text, "1 queued") && !strings.Contains(text, "1 running") {
		t.Errorf("the run is not in the queue:\n%s", text)
	}
	k.until(t, "rows after the requeue", func() bool { return statusOf(run) == "running" && rows(run) > before+10 })
	if out, err := k.command(t, "scancel", job); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	k.until(t, "the end of the task", func() bool { return k.gone(t, job) && statusOf(run) != "running" })
	contains(t, k.ok(t, "sweep", "status", dir), "1 runs: 0 done, 1 missing\n", "interrupted")

	// An undisturbed run is stopped when it is as far.
	want := rows(run)
	plain := filepath.Join(t.TempDir(), "plain")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil && rows(filepath.Join(plain, "chain_pal")) < want {
			time.Sleep(50 * time.Millisecond)
		}
		cancel()
	}()
	if status, _, stderr := cliContext(t, ctx, append(append([]string{"train"}, args...), "--quiet", "--out", plain)...); status != 1 {
		t.Fatalf("status %d\n%s", status, stderr)
	}
	got, err1 := pal.Load(t.Context(), run)
	undisturbed, err2 := pal.Load(t.Context(), filepath.Join(plain, "chain_pal"))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if len(got.Points) < before+10 || len(undisturbed.Points) < len(got.Points) {
		t.Fatalf("%d points, %d of them after the requeue, %d undisturbed", len(got.Points), len(got.Points)-before, len(undisturbed.Points))
	}
	for i, p := range got.Points {
		if fmt.Sprintf("%+v", p) != fmt.Sprintf("%+v", undisturbed.Points[i]) {
			t.Fatalf("point %d is %+v, undisturbed %+v", i, p, undisturbed.Points[i])
		}
	}
	t.Logf("%d points before the requeue, %d after", before, len(got.Points)-before)
}

// refused: what Slurm refuses is told, and leaves no job behind.
func (k *cluster) refused(t *testing.T) {
	dir := t.TempDir()
	out, err := k.command(t, k.program, "sweep", "submit", "chain/fa", "--out", dir, "--slurm", "--partition", "nowhere")
	if err == nil || !strings.Contains(out, "invalid partition") {
		t.Errorf("%v\n%s", err, out)
	}
	contains(t, k.ok(t, "sweep", "status", dir), "1 runs: 0 done, 1 missing\n")
}

// rows counts the rows of a run's metrics.
func rows(run string) int {
	text, _ := os.ReadFile(filepath.Join(run, "metrics.csv"))
	return strings.Count(string(text), "\n") - 1
}

func statusOf(run string) string {
	var s struct{ State string }
	text, err := os.ReadFile(filepath.Join(run, "status.json"))
	if err != nil || json.Unmarshal(text, &s) != nil {
		return ""
	}
	return s.State
}

// sameRun checks that two runs have the same numbers and the same last state.
func sameRun(t *testing.T, want, got string) {
	t.Helper()
	for _, file := range []string{"metrics.csv", "config.yaml"} {
		a, err1 := os.ReadFile(filepath.Join(want, file))
		b, err2 := os.ReadFile(filepath.Join(got, file))
		if err1 != nil || err2 != nil || string(a) != string(b) {
			t.Errorf("%s of %s differs (%v, %v)", file, got, err1, err2)
		}
	}
}
