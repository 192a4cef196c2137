package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	lockName = "lock"

	// beatEvery is how often a living run renews its lock and its status.
	beatEvery = 20 * time.Second

	// lockExpires is the age after which the owner of a lock that cannot be
	// looked at, because it is on another machine, counts as dead.
	lockExpires = 2 * time.Minute
)

// ErrLocked is in the errors about a directory that another process works on.
var ErrLocked = errors.New("another process works on it")

// owner is the content of a lock file.
type owner struct {
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// lock is the right to write a results directory. Where the file system has
// kernel locks they decide, since they end with their process. Elsewhere, and
// between machines, it is the content of the file and its age.
type lock struct {
	f       *os.File
	path    string
	content string
}

// Lock takes the right to write the existing directory dir, and returns how to give
// it up. The error wraps [ErrLocked] if another process has it.
func Lock(dir string) (unlock func(), err error) {
	l, err := acquire(dir)
	if err != nil {
		return nil, err
	}
	stop := l.beat(func() {})
	return func() { stop(); l.release() }, nil
}

// acquire locks dir or says who has it. A lock whose owner is dead is taken over.
func acquire(dir string) (*lock, error) {
	path := filepath.Join(dir, lockName)
	for start := time.Now(); ; {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, explain(path, err)
		}
		l := &lock{f: f, path: path}
		again, err := l.take(dir)
		if err == nil && !again {
			return l, nil
		}
		_ = f.Close()
		if errors.Is(err, ErrLocked) && ownerGone(path) && time.Since(start) < time.Second {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		if err != nil {
			return nil, err
		}
	}
}

// ownerGone reports whether the owner of a lock was a process of this machine
// that has ended. The kernel lock of a killed process can outlive it for a
// moment, in a child that it had forked but that had not begun its program.
func ownerGone(path string) bool {
	o, known := readOwner(path)
	host, _ := os.Hostname()
	return known && o.Host == host && !processExists(o.PID)
}

// take tries to own the opened lock file. again means that its last owner
// deleted it in the meantime.
func (l *lock) take(dir string) (again bool, err error) {
	held, err := flock(l.f)
	noFlock := errors.Is(err, errors.ErrUnsupported)
	if err != nil && !noFlock {
		return false, explain(l.path, err)
	}
	info, err := l.f.Stat()
	if err != nil {
		return false, explain(l.path, err)
	}
	now, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, now) {
		return true, nil
	}
	before, known := readOwner(l.path)
	age := time.Since(info.ModTime())
	if held || known && before.alive(age, noFlock) {
		return false, lockedError(dir, before, known, age)
	}

	me := owner{PID: os.Getpid(), Started: time.Now()}
	me.Host, _ = os.Hostname()
	content, err := json.Marshal(me)
	if err != nil {
		return false, err
	}
	l.content = string(content)
	if err = l.f.Truncate(0); err == nil {
		_, err = l.f.WriteAt(content, 0)
	}
	if err != nil {
		return false, explain(l.path, err)
	}
	if noFlock { // somebody else may have written at the same moment; the last one has it
		time.Sleep(200 * time.Millisecond)
		return false, l.check()
	}
	return false, nil
}

// alive reports whether the owner of a lock last renewed age ago may still run.
// On this machine the kernel lock has already told, if there was one.
func (o owner) alive(age time.Duration, noFlock bool) bool {
	if host, _ := os.Hostname(); host == o.Host && (!noFlock || !processExists(o.PID)) {
		return false
	}
	return age < lockExpires
}

func lockedError(dir string, o owner, known bool, age time.Duration) error {
	if !known {
		return fmt.Errorf("experiment: %s: %w", dir, ErrLocked)
	}
	return fmt.Errorf("experiment: %s: %w: process %d on %s, since %s, last sign of life %s ago; "+
		"on another machine it counts as dead after %s",
		dir, ErrLocked, o.PID, o.Host, o.Started.Format(time.DateTime), age.Round(time.Second), lockExpires)
}

// readOwner returns the content of a lock file, if there is a readable one.
func readOwner(path string) (owner, bool) {
	var o owner
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &o) != nil || o.PID == 0 {
		return owner{}, false
	}
	return o, true
}

// lockAlive reports whether a living process seems to work on dir. It only
// reads, so that looking never gets into the way of locking.
func lockAlive(dir string) bool {
	path := filepath.Join(dir, lockName)
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	o, known := readOwner(path)
	return known && o.alive(time.Since(info.ModTime()), true)
}

// check returns an error if the lock is no longer ours: this process slept so
// long that another machine took it for dead.
func (l *lock) check() error {
	data, err := os.ReadFile(l.path)
	if err == nil && string(data) == l.content {
		return nil
	}
	o, known := readOwner(l.path)
	if !known {
		return fmt.Errorf("experiment: %s: the lock has gone, so another process may work on this run; stopped writing", l.path)
	}
	return fmt.Errorf("experiment: %s: taken over by process %d on %s; stopped writing: %w", l.path, o.PID, o.Host, ErrLocked)
}

// renew shows other machines that this process is alive.
func (l *lock) renew() {
	if l.check() == nil {
		now := time.Now()
		_ = os.Chtimes(l.path, now, now)
	}
}

// beat renews the lock, and calls also, every beatEvery until it is stopped.
func (l *lock) beat(also func()) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				l.renew()
				also()
			}
		}
	}()
	return func() { close(done); <-ended }
}

// release gives the directory up.
func (l *lock) release() {
	if l.check() == nil {
		_ = os.Remove(l.path)
	}
	_ = l.f.Close()
}
