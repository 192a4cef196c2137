package experiment

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/neurocredit/neurocredit/internal/npy"
)

const (
	configName     = "config.yaml"
	logName        = "log.txt"
	figuresName    = "figures"
	recordingsName = "recordings"
)

// ErrExists is in the error of [Create] for a directory that holds a run.
var ErrExists = errors.New("a run is there already; resume it or choose another directory")

// Manifest says what a run computes.
type Manifest struct {
	// Config is the resolved configuration, saved as config.yaml.
	Config []byte

	// Engine names what advances the state, such as "native" or "graph go".
	Engine string

	// Compare lists the differences between the saved and the given configuration
	// that forbid to resume, one text each. If there are none, the configuration
	// that it returns replaces the saved one. Nil compares the lines of Config.
	Compare func(saved []byte) (config []byte, differences []string)
}

// Run is a run being computed, the only writer of its results directory. Except
// for Logf it is used by one goroutine at a time.
type Run struct {
	dir      string
	lock     *lock
	warnings []string

	metrics   *Metrics
	recorders map[string]*npy.Appender
	saved     table  // what the newest checkpoint says of the files
	state     []byte // the caller's state in it, until Restore
	hasState  bool
	buffer    bytes.Buffer
	lastSave  time.Time

	mu       sync.Mutex // guards the following, for the goroutine that renews the lock
	log      *os.File
	status   Status
	before   float64 // seconds spent by earlier processes
	started  time.Time
	task     *Task
	stopBeat func() // nil before begin
}

// Create starts a run in dir, which is made if necessary. A directory with
// anything in it is refused: with an error that wraps [ErrExists] if a run is
// there, [ErrLocked] if another process is just starting one.
func Create(dir string, m Manifest) (*Run, error) {
	if err := checkEmpty(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, explain(dir, err)
	}
	l, err := acquire(dir)
	if err != nil {
		return nil, err
	}
	r := newRun(dir, l)
	if err := r.create(m); err != nil {
		return nil, errors.Join(err, r.close())
	}
	r.begin()
	return r, nil
}

func (r *Run) create(m Manifest) error {
	if err := checkEmpty(r.dir); err != nil { // another process may have been faster
		return err
	}
	removeTemps(r.dir)
	// From here on it is a run: config.yaml is what makes it one.
	if err := WriteFile(filepath.Join(r.dir, configName), m.Config); err != nil {
		return err
	}
	return r.open(m.Engine)
}

// checkEmpty returns an error unless dir is absent or empty. What a process
// killed in its first moment leaves does not count.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("experiment: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, configName)); err == nil {
		status, _ := readStatus(dir)
		return fmt.Errorf("experiment: %s: %w (%s)", dir, ErrExists, cmp.Or(status.State, "no status"))
	}
	for _, e := range entries {
		if e.Name() != lockName && !strings.HasPrefix(e.Name(), tempPrefix) {
			return fmt.Errorf("experiment: %s is not empty (%s) and holds no run; choose another directory", dir, e.Name())
		}
	}
	return nil
}

// Resume goes on with the run in dir from its newest checkpoint, or from the
// start if there is none; see [Run.Restore]. It refuses a configuration that
// differs, a directory that another process works on (an error that wraps
// [ErrLocked]) and a damaged checkpoint. That other versions have written so
// far is a warning, see [Run.Warnings].
func Resume(dir string, m Manifest) (*Run, error) {
	if _, err := readConfig(dir); err != nil { // before a lock file appears in a wrong directory
		return nil, err
	}
	l, err := acquire(dir)
	if err != nil {
		return nil, err
	}
	r := newRun(dir, l)
	if err := r.resume(m); err != nil {
		return nil, errors.Join(err, r.close())
	}
	r.begin()
	return r, nil
}

func (r *Run) resume(m Manifest) error {
	config, err := readConfig(r.dir)
	if err != nil {
		return err
	}
	var diff []string
	if m.Compare != nil {
		m.Config, diff = m.Compare(config)
	} else {
		diff = diffLines(config, m.Config)
	}
	if len(diff) > 0 {
		return fmt.Errorf("experiment: %s was started with another configuration, so it cannot be resumed:\n  %s",
			r.dir, strings.Join(diff, "\n  "))
	}
	r.saved, r.state, r.hasState, err = readCheckpoint(r.dir)
	if err != nil {
		return err
	}
	removeTemps(r.dir)
	if !bytes.Equal(config, m.Config) {
		if err := WriteFile(filepath.Join(r.dir, configName), m.Config); err != nil {
			return err
		}
	}
	previous, err := readStatus(r.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r.status, r.before = previous, previous.Seconds
	return r.open(m.Engine)
}

// CreateOrResume resumes the run in dir, and starts it if there is none: what a
// job that may be requeued wants.
func CreateOrResume(dir string, m Manifest) (*Run, error) {
	r, err := Create(dir, m)
	if errors.Is(err, ErrExists) {
		return Resume(dir, m)
	}
	return r, err
}

func newRun(dir string, l *lock) *Run {
	return &Run{
		dir: dir, lock: l, recorders: map[string]*npy.Appender{}, saved: table{Recordings: map[string]int{}},
		started: time.Now(), lastSave: time.Now(),
	}
}

// open writes what every process that works on a run writes at its start.
func (r *Run) open(engine string) error {
	log, err := os.OpenFile(filepath.Join(r.dir, logName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return explain(filepath.Join(r.dir, logName), err)
	}
	r.log = log
	if err := os.MkdirAll(filepath.Join(r.dir, figuresName), 0o777); err != nil {
		return explain(r.dir, err)
	}
	versions, err := readVersions(r.dir)
	if err != nil {
		return err
	}
	now := currentVersions(engine)
	var changed []string
	if n := len(versions); n > 0 {
		changed = versions[n-1].differences(now)
	}
	if len(versions) == 0 || len(changed) > 0 {
		if err := writeJSON(filepath.Join(r.dir, versionsName), append(versions, now)); err != nil {
			return err
		}
	}
	r.Logf("process %d starts: %s", os.Getpid(), strings.Join(now.Command, " "))
	if len(changed) > 0 {
		r.warn("resumed by another program, so the result need not be identical: " + strings.Join(changed, "; "))
	}
	host, _ := os.Hostname()
	r.status.State, r.status.Reason = Running, ""
	r.status.Host, r.status.PID, r.status.Started = host, os.Getpid(), r.started
	return r.writeStatus()
}

func (r *Run) warn(text string) {
	r.warnings = append(r.warnings, text)
	r.Logf("warning: %s", text)
}

// begin starts renewing the lock and the status.
func (r *Run) begin() {
	r.stopBeat = r.lock.beat(func() {
		_ = r.writeStatus() // a full disk stops the run at its next row, not here
	})
}

// Dir returns the results directory.
func (r *Run) Dir() string { return r.dir }

// Warnings returns what a user should be told about a resumed run. It is in the
// log already.
func (r *Run) Warnings() []string { return slices.Clone(r.warnings) }

// Logf appends a line with the time to log.txt. It never fails: a full disk
// stops the run at its next row instead.
func (r *Run) Logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.log != nil {
		fmt.Fprintf(r.log, "%s  %s\n", time.Now().Format(time.DateTime), fmt.Sprintf(format, args...))
	}
}

// Track makes status.json follow a task of a [Progress].
func (r *Run) Track(t *Task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.task = t
}

// Finish ends the work of this process: it closes all files, writes the status
// and gives the directory up. It must be deferred directly, with the address of
// the caller's error result:
//
//	defer run.Finish(&err)
//
// The run is then done if *err is nil, interrupted if it wraps
// [context.Canceled] or [context.DeadlineExceeded], and failed otherwise or
// when the caller panics; a panic goes on. An error of closing is joined to
// *err, and the run is then failed. Finish makes no checkpoint.
func (r *Run) Finish(err *error) {
	if p := recover(); p != nil {
		r.Logf("panic: %v\n%s", p, debug.Stack())
		_ = r.end(Failed, fmt.Sprintf("panic: %v", p))
		panic(p)
	}
	state, reason := Done, ""
	if *err != nil {
		state, reason = Failed, (*err).Error()
		if isInterrupt(*err) {
			state = Interrupted
		}
	}
	*err = errors.Join(*err, r.end(state, reason))
}

// isInterrupt reports whether cancellation is all that err tells: joined with a
// failed checkpoint it is a failure.
func isInterrupt(err error) bool {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !isInterrupt(err) })
	case interface{ Unwrap() error }:
		return isInterrupt(e.Unwrap())
	}
	return err == context.Canceled || err == context.DeadlineExceeded
}

func (r *Run) end(state State, reason string) error {
	if r.stopBeat != nil {
		r.stopBeat()
	}
	err := r.closeFiles()
	if lost := r.lock.check(); lost != nil {
		return errors.Join(err, lost, r.close())
	}
	if err != nil {
		state, reason = Failed, strings.TrimSpace(reason+"\n"+err.Error())
	}
	if state == Done {
		_ = os.Remove(filepath.Join(r.dir, previousName)) // nobody goes back in a finished run
	}
	r.Logf("process %d ends: %s %s", os.Getpid(), state, reason)
	r.mu.Lock()
	r.status.State, r.status.Reason = state, reason
	r.mu.Unlock()
	return errors.Join(err, r.writeStatus(), r.close())
}

// closeFiles flushes and closes metrics and recordings.
func (r *Run) closeFiles() error {
	var errs []error
	if r.metrics != nil {
		errs = append(errs, explain(r.metrics.path, errors.Join(r.metrics.f.Sync(), r.metrics.f.Close())))
	}
	for _, name := range slices.Sorted(maps.Keys(r.recorders)) {
		errs = append(errs, explain(r.recordingPath(name), r.recorders[name].Close()))
	}
	return errors.Join(errs...)
}

// close gives up what is open besides metrics and recordings.
func (r *Run) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	if r.log != nil {
		err = r.log.Close()
		r.log = nil
	}
	r.lock.release()
	return err
}

// readConfig returns the configuration of the run in dir.
func readConfig(dir string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(dir, configName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("experiment: %s holds no run: it has no %s: %w", dir, configName, err)
	}
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	return data, nil
}

// diffLines compares two texts line by line, which suits the YAML that one
// program writes: the same keys in the same order.
func diffLines(saved, given []byte) []string {
	a, b := strings.Split(string(saved), "\n"), strings.Split(string(given), "\n")
	var list []string
	for i := range max(len(a), len(b)) {
		var x, y string
		if i < len(a) {
			x = strings.TrimSpace(a[i])
		}
		if i < len(b) {
			y = strings.TrimSpace(b[i])
		}
		if x != y {
			list = append(list, fmt.Sprintf("line %d: %q before, %q now", i+1, x, y))
		}
	}
	return list
}
