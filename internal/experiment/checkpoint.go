package experiment

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	checkpointName = "checkpoint.bin"
	previousName   = "checkpoint.prev"

	// A checkpoint file is: magic; lengths of table and state, little-endian
	// uint64; the table as JSON; the state; the SHA-256 of all that.
	checkpointMagic = "NCCHECK\x01"
	prefixSize      = len(checkpointMagic) + 16
)

// table holds what a checkpoint says of the other files: they are valid up to here.
type table struct {
	Metrics    int64          `json:"metrics"`    // bytes of metrics.csv
	Recordings map[string]int `json:"recordings"` // rows by name
}

// Checkpoint makes the run resumable from this moment. It flushes recordings
// and metrics to the disk, then lets save write the caller's state and puts it
// in place in one step; the checkpoint before is kept as checkpoint.prev. After
// an error the run can still be resumed from the checkpoint before.
func (r *Run) Checkpoint(save func(w io.Writer) error) error { return r.CheckpointAt(r.Mark(), save) }

// A Mark is a moment that a later checkpoint can go back to.
type Mark struct{ files table }

// Mark marks the present moment.
func (r *Run) Mark() Mark {
	now := table{Metrics: r.saved.Metrics, Recordings: maps.Clone(r.saved.Recordings)} // also of those not opened by this process
	if r.metrics != nil {
		now.Metrics = r.metrics.size
	}
	for name, a := range r.recorders {
		now.Recordings[name] = a.Rows()
	}
	return Mark{now}
}

// CheckpointAt is [Run.Checkpoint] for an earlier moment, of which save writes the
// state. What metrics and recordings have got since stays readable until the run
// is resumed, which cuts it off.
func (r *Run) CheckpointAt(m Mark, save func(w io.Writer) error) error {
	if err := r.lock.check(); err != nil {
		return err
	}
	r.buffer.Reset()
	if err := save(&r.buffer); err != nil {
		return fmt.Errorf("experiment: %s: saving the state: %w", r.dir, err)
	}
	if err := r.syncFiles(); err != nil {
		return err
	}
	path := filepath.Join(r.dir, checkpointName)
	temp, err := writeTemp(path, encodeCheckpoint(m.files, r.buffer.Bytes()))
	if err != nil {
		return err
	}
	previous := filepath.Join(r.dir, previousName)
	_ = os.Remove(previous)
	_ = os.Link(path, previous) // a spare that not every file system can have; path is never absent
	if err := commitTemp(temp, path); err != nil {
		return err
	}
	r.saved, r.state, r.hasState = m.files, nil, false
	r.lastSave = time.Now()
	return r.writeStatus()
}

// SinceCheckpoint returns the time since the last checkpoint of this process,
// or since its start.
func (r *Run) SinceCheckpoint() time.Duration { return time.Since(r.lastSave) }

// syncFiles brings metrics and recordings to the disk. The waiting is done for
// many files at once, which file systems do together.
func (r *Run) syncFiles() error {
	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		errs   []error
		places = make(chan struct{}, 16)
	)
	start := func(path string, sync func() error) {
		wait.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			if err := sync(); err != nil {
				mu.Lock()
				errs = append(errs, explain(path, err))
				mu.Unlock()
			}
		})
	}
	if m := r.metrics; m != nil {
		start(m.path, m.f.Sync)
	}
	for name, a := range r.recorders {
		rows, ok := r.saved.Recordings[name]
		if !ok || rows != a.Rows() {
			start(r.recordingPath(name), a.Sync)
		}
	}
	wait.Wait()
	return errors.Join(errs...)
}

// Restore passes the state of the newest checkpoint to load and returns true,
// or returns false if the run starts from the beginning. The state is complete
// and undamaged; load must read all of it. Restore is called once, before the
// first checkpoint.
func (r *Run) Restore(load func(r io.Reader) error) (bool, error) {
	if !r.hasState {
		return false, nil
	}
	if err := loadState(r.dir, r.state, load); err != nil {
		return false, err
	}
	r.state, r.hasState = nil, false
	return true, nil
}

func loadState(dir string, state []byte, load func(r io.Reader) error) error {
	in := bytes.NewReader(state)
	if err := load(in); err != nil {
		return fmt.Errorf("experiment: %s: loading the state of the checkpoint: %w", dir, err)
	}
	if in.Len() > 0 {
		return fmt.Errorf("experiment: %s: the checkpoint has %d bytes more than this program reads; is it another model's?", dir, in.Len())
	}
	return nil
}

func encodeCheckpoint(t table, state []byte) []byte {
	head, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("experiment: %v", err)) // numbers and strings always have a JSON form
	}
	b := make([]byte, 0, prefixSize+len(head)+len(state)+sha256.Size)
	b = append(b, checkpointMagic...)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(head)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(state)))
	b = append(b, head...)
	b = append(b, state...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// decodeCheckpoint is the reverse of encodeCheckpoint. The state is a part of b.
func decodeCheckpoint(b []byte) (table, []byte, error) {
	fail := func(format string, args ...any) (table, []byte, error) {
		return table{}, nil, fmt.Errorf(format, args...)
	}
	if len(b) < prefixSize+sha256.Size {
		return fail("%d bytes, too short", len(b))
	}
	if magic := string(b[:len(checkpointMagic)]); magic != checkpointMagic {
		return fail("starts with %q, want %q", magic, checkpointMagic)
	}
	headLen := binary.LittleEndian.Uint64(b[len(checkpointMagic):])
	stateLen := binary.LittleEndian.Uint64(b[len(checkpointMagic)+8:])
	body := uint64(len(b) - prefixSize - sha256.Size)
	if headLen > body || stateLen != body-headLen {
		return fail("%d bytes, want %d+%d+%d+%d", len(b), prefixSize, headLen, stateLen, sha256.Size)
	}
	content, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if got := sha256.Sum256(content); !bytes.Equal(got[:], sum) {
		return fail("checksum %x, want %x", got[:4], sum[:4])
	}
	var t table
	if err := json.Unmarshal(content[prefixSize:prefixSize+int(headLen)], &t); err != nil {
		return fail("table: %w", err)
	}
	if t.Metrics < 0 {
		return fail("metrics of %d bytes", t.Metrics)
	}
	if t.Recordings == nil {
		t.Recordings = map[string]int{}
	}
	for name, rows := range t.Recordings {
		if rows < 0 {
			return fail("recording %q with %d rows", name, rows)
		}
	}
	return t, content[prefixSize+int(headLen):], nil
}

// readCheckpoint reads the checkpoint of the run in dir; ok is false if there is none.
func readCheckpoint(dir string) (t table, state []byte, ok bool, err error) {
	path := filepath.Join(dir, checkpointName)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return table{Recordings: map[string]int{}}, nil, false, nil
	}
	if err != nil {
		return table{}, nil, false, fmt.Errorf("experiment: %w", err)
	}
	t, state, err = decodeCheckpoint(data)
	if err != nil {
		return table{}, nil, false, fmt.Errorf("experiment: %s is damaged: %w%s", path, err, advice(dir))
	}
	return t, state, true, nil
}

// advice says how to go on without the newest checkpoint.
func advice(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, previousName))
	if err == nil {
		_, _, err = decodeCheckpoint(data)
	}
	if err == nil {
		return fmt.Sprintf("; %s is intact: rename it to %s to go on from there", previousName, checkpointName)
	}
	return "; delete it to start from the beginning"
}
