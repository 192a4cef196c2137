package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestOwnerAlive(t *testing.T) {
	here, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	dead := exec.Command(os.Args[0], "-test.run=^$")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		host    string
		pid     int
		age     time.Duration
		noFlock bool
		want    bool
	}{
		{"here, kernel lock was free", here, os.Getpid(), 0, false, false},
		{"here, living process", here, os.Getpid(), time.Second, true, true},
		{"here, dead process", here, dead.Process.Pid, time.Second, true, false},
		{"here, number reused long after", here, os.Getpid(), time.Hour, true, false},
		{"elsewhere, young", "elsewhere", 1, time.Minute, false, true},
		{"elsewhere, clock ahead of ours", "elsewhere", 1, -time.Minute, false, true},
		{"elsewhere, old", "elsewhere", 1, 3 * time.Minute, false, false},
		{"elsewhere, young, no kernel locks", "elsewhere", 1, time.Minute, true, true},
	}
	for _, test := range tests {
		if got := (owner{Host: test.host, PID: test.pid}).alive(test.age, test.noFlock); got != test.want {
			t.Errorf("%s: alive %v", test.name, got)
		}
	}
}

func lockOf(tb testing.TB, dir, host string, age time.Duration) {
	tb.Helper()
	content, err := json.Marshal(owner{Host: host, PID: 4711, Started: time.Now().Add(-time.Hour)})
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(dir, lockName)
	write(tb, path, string(content))
	then := time.Now().Add(-age)
	if err := os.Chtimes(path, then, then); err != nil {
		tb.Fatal(err)
	}
}

func TestLockOfAnotherMachine(t *testing.T) {
	dir := t.TempDir()
	lockOf(t, dir, "node17", 30*time.Second)
	_, err := acquire(dir)
	requireError(t, err, "process 4711 on node17", "30s ago", "2m0s")
	if !errors.Is(err, ErrLocked) {
		t.Error("not ErrLocked")
	}
	lockOf(t, dir, "node17", 3*time.Minute)
	l, err := acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := acquire(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("locked twice by one process: %v", err)
	}
	l.release()
	if l, err = acquire(dir); err != nil {
		t.Fatalf("after release: %v", err)
	}
	l.release()
}

// TestLockLost: a process that was frozen until another machine took its run
// over must not write a checkpoint, nor remove the other's lock.
func TestLockLost(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Create(dir, toyManifest)
	if err != nil {
		t.Fatal(err)
	}
	lockOf(t, dir, "node17", 0)
	before := read(t, filepath.Join(dir, lockName))
	err = r.Checkpoint(func(w io.Writer) error { return nil })
	requireError(t, err, "taken over by process 4711 on node17")
	if _, err := os.Stat(filepath.Join(dir, checkpointName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("checkpoint written: %v", err)
	}
	r.lock.renew()
	r.Finish(&err)
	if after := read(t, filepath.Join(dir, lockName)); after != before {
		t.Errorf("lock %q, want %q", after, before)
	}
	if s, err := readStatus(dir); err != nil || s.State != Running {
		t.Errorf("status %+v, %v: overwritten", s, err)
	}
}

// TestLockRace: of many that take a dead process's lock over at once, one wins.
func TestLockRace(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		lockOf(t, dir, "node17", time.Hour)
		won := make(chan *lock, 8)
		report := All(t.Context(), cap(won), cap(won), func(context.Context, int) error {
			l, err := acquire(dir)
			if err == nil {
				won <- l
			}
			return err
		})
		if len(won) != 1 {
			t.Fatalf("%d winners: %v", len(won), report)
		}
		(<-won).release()
	}
}

// TestLockOutlivesOwner: a killed process's lock may be held a moment longer by
// a child between fork and exec. Here this process plays the child.
func TestLockOutlivesOwner(t *testing.T) {
	t.Parallel()
	here, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	dead := exec.Command(os.Args[0], "-test.run=^$")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	held, err := acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(owner{Host: here, PID: dead.Process.Pid})
	if err != nil {
		t.Fatal(err)
	}
	write(t, held.path, string(content))
	if _, err := acquire(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("still held after a second: %v", err)
	}
	time.AfterFunc(100*time.Millisecond, held.release)
	l, err := acquire(dir)
	if err != nil {
		t.Fatalf("held for a moment: %v", err)
	}
	l.release()
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !lockAlive(dir) {
		t.Error("locked, and not alive")
	}
	if _, err := Lock(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("locked twice: %v", err)
	}
	unlock()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if unlock, err = Lock(dir); err != nil {
		t.Fatalf("after unlock: %v", err)
	}
	unlock()
}

func TestLockRenewed(t *testing.T) {
	dir := t.TempDir()
	l, err := acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.release()
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(l.path, then, then); err != nil {
		t.Fatal(err)
	}
	if lockAlive(dir) {
		t.Error("an hour without a sign of life, and alive")
	}
	l.renew()
	if !lockAlive(dir) {
		t.Error("renewed, and not alive")
	}
}

func TestLockGarbage(t *testing.T) {
	for _, content := range []string{"", "{", "garbage", "null"} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, lockName), content)
		l, err := acquire(dir)
		if err != nil {
			t.Errorf("lock %q of a process that died writing it: %v", content, err)
			continue
		}
		l.release()
	}
}
