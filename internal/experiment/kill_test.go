//go:build linux || darwin

package experiment

import (
	"bufio"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var childSettings = []string{"TOY_STEPS=1000", "TOY_EVERY=40", "TOY_PAUSE_US=200"}

// childCommand returns a command that runs the toy in dir in another process.
func childCommand(dir string, settings ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "TOY_DIR="+dir)
	cmd.Env = append(cmd.Env, settings...)
	return cmd
}

func reference(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "reference")
	runToy(t, dir, toy{steps: 1000, every: 40})
	return dir
}

// startChild starts a child and waits until its loop runs.
func startChild(t *testing.T, cmd *exec.Cmd) *bufio.Reader {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	in := bufio.NewReader(out)
	line, err := in.ReadString('\n')
	if err != nil || line != "ready\n" {
		t.Fatalf("child says %q, %v", line, err)
	}
	return in
}

func TestKillAndResume(t *testing.T) {
	t.Parallel()
	want := reference(t)
	dir := filepath.Join(t.TempDir(), "killed")
	random := rand.New(rand.NewPCG(1, 2))
	killed, fromCheckpoint, behind := 0, 0, 0
	for i := range 14 {
		cmd := childCommand(dir, append(childSettings, "TOY_PRINT=1")...)
		if i%3 == 0 { // at any moment, also while it starts
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(random.IntN(20_000)) * time.Microsecond)
		} else { // some steps later, however busy the machine is
			in := startChild(t, cmd)
			for range 30 + random.IntN(70) {
				if _, err := in.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Duration(random.IntN(1000)) * time.Microsecond)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		r, err := Open(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue // killed before it was a run
		} else if err != nil {
			t.Fatal(err)
		}
		if r.Status.State == Killed {
			killed++
		}
		table, err := r.Metrics()
		if err != nil {
			t.Fatal(err)
		}
		var saved toy
		if ok, err := r.Restore(saved.load); err != nil {
			t.Fatal(err)
		} else if n := len(table.Rows); ok {
			fromCheckpoint++
			if n > 0 && table.Rows[n-1][0] > float64(saved.state.Step) {
				behind++
			}
		}
	}
	if killed < 5 || fromCheckpoint < 5 || behind < 1 {
		t.Fatalf("%d times killed while running, %d times with a checkpoint, %d times with rows behind it: too few to prove anything",
			killed, fromCheckpoint, behind)
	}
	if out, err := childCommand(dir, childSettings...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	requireSame(t, want, dir)
	t.Logf("%d times killed while running, %d times with a checkpoint, %d times with rows behind it", killed, fromCheckpoint, behind)
}

func TestSignals(t *testing.T) {
	t.Parallel()
	want := reference(t)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			// Without checkpoints on the way, what is saved was saved by the signal.
			cmd := childCommand(dir, "TOY_STEPS=1000", "TOY_EVERY=100000", "TOY_PAUSE_US=10000")
			in := startChild(t, cmd)
			time.Sleep(100 * time.Millisecond)
			start := time.Now()
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			out, _ := io.ReadAll(in)
			_ = cmd.Wait()
			latency := time.Since(start)
			if latency > 2*time.Second {
				t.Errorf("ended %v after the signal", latency)
			}
			if code := cmd.ProcessState.ExitCode(); code != 128+int(s) {
				t.Errorf("exit status %d, want %d", code, 128+int(s))
			}
			if !strings.Contains(string(out), "interrupted by the signal "+s.String()) {
				t.Errorf("output %q", out)
			}
			r, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			var saved toy
			if ok, err := r.Restore(saved.load); !ok || err != nil {
				t.Fatal(ok, err)
			}
			if r.Status.State != Interrupted || saved.state.Step == 0 || r.Status.Done != int64(saved.state.Step) {
				t.Errorf("status %+v, saved step %d", r.Status, saved.state.Step)
			}
			runToy(t, dir, toy{steps: 1000, every: 40})
			requireSame(t, want, dir)
			t.Logf("%v after the signal", latency)
		})
	}
}

func TestSecondSignalWaitsForCheckpoint(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	cmd := childCommand(dir, "TOY_STEPS=100000", "TOY_EVERY=100000", "TOY_PAUSE_US=1000", "TOY_SAVE_MS=500")
	startChild(t, cmd)
	for range 2 {
		_ = cmd.Process.Signal(syscall.SIGINT)
		time.Sleep(100 * time.Millisecond)
	}
	_ = cmd.Wait()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var saved toy
	if ok, err := r.Restore(saved.load); !ok || err != nil || r.Status.State != Interrupted {
		t.Errorf("restored %v, %v, status %v; want the checkpoint that the first signal asked for", ok, err, r.Status.State)
	}
}

func TestThirdSignalEnds(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	cmd := childCommand(dir, "TOY_STEPS=100000", "TOY_EVERY=100000", "TOY_PAUSE_US=1000", "TOY_SAVE_MS=60000")
	startChild(t, cmd)
	start := time.Now()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	for running := true; running; { // signals that a busy machine delivers together count as one
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
			running = false
		case <-time.After(100 * time.Millisecond):
		}
	}
	if d := time.Since(start); d > 30*time.Second || cmd.ProcessState.ExitCode() != 143 {
		t.Errorf("%v after %v, want exit status 143 at once", cmd.ProcessState, d)
	}
	r, err := Open(dir)
	if err != nil || r.Status.State != Killed {
		t.Errorf("status %+v, %v, want killed", r, err)
	}
}

// TestClosedPipe is `program | head -1`, or a program whose notebook has gone.
func TestClosedPipe(t *testing.T) {
	t.Parallel()
	want := reference(t)
	run := func(dir string, settings ...string) *exec.Cmd {
		cmd := childCommand(dir, append(settings, "TOY_STEPS=1000", "TOY_EVERY=100000", "TOY_PAUSE_US=5000", "TOY_PRINT=1")...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		_ = out.Close()
		time.Sleep(200 * time.Millisecond)
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		return cmd
	}
	dir := filepath.Join(t.TempDir(), "run")
	if code := run(dir).ProcessState.ExitCode(); code != 143 {
		t.Errorf("exit status %d, want 143", code)
	}
	r, err := Open(dir)
	if err != nil || r.Status.State != Interrupted || r.Status.Done < 10 {
		t.Fatalf("status %+v, %v, want interrupted behind step 10", r, err)
	}
	runToy(t, dir, toy{steps: 1000, every: 40})
	requireSame(t, want, dir)

	// Negative control: the pipe kills a program that does not use Notify.
	cmd := run(filepath.Join(t.TempDir(), "control"), "TOY_NO_NOTIFY=1")
	if s := cmd.ProcessState.Sys().(syscall.WaitStatus); !s.Signaled() || s.Signal() != syscall.SIGPIPE {
		t.Errorf("without Notify: %v, want death by SIGPIPE", cmd.ProcessState)
	}
}

func TestSecondProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	cmd := childCommand(dir, "TOY_STEPS=100000", "TOY_EVERY=100", "TOY_PAUSE_US=1000")
	startChild(t, cmd)
	if _, err := Create(dir, toyManifest); !errors.Is(err, ErrExists) {
		t.Errorf("Create beside a living process: %v", err)
	}
	for range 3 { // refusing must not weaken the lock
		_, err := Resume(dir, toyManifest)
		if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "process ") {
			t.Errorf("Resume beside a living process: %v", err)
		}
	}
	if r, err := Open(dir); err != nil || r.Status.State != Running {
		t.Errorf("Open beside a living process: %+v, %v", r, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if _, err := os.Stat(filepath.Join(dir, lockName)); err != nil {
		t.Fatalf("the killed process left no lock to take over: %v", err)
	}
	r, err := Resume(dir, toyManifest)
	if err != nil {
		t.Fatalf("Resume after the process was killed: %v", err)
	}
	r.Finish(&err)
	if _, err := os.Stat(filepath.Join(dir, lockName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("lock after Finish: %v", err)
	}
}
