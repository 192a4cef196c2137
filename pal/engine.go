package pal

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/neurocredit/neurocredit/internal/backend"
)

// Values of Options.Engine.
const (
	EngineAuto   = "auto"
	EngineNative = "native"
	EngineGraph  = "graph"
)

// engine is what advances the states of runs: the native one if backend is nil.
type engine struct {
	backend *backend.Backend
	meeting *meeting // of the runs of the graph engine
}

// openEngine opens the engine of a number of runs.
func (o *Options) openEngine(runs, workers int) (*engine, error) {
	names := []string{"", EngineAuto, EngineNative, EngineGraph}
	if !slices.Contains(names, o.Engine) {
		return nil, fmt.Errorf("pal: unknown engine %q%s, must be one of %v", o.Engine, suggest(o.Engine, names), names[1:])
	}
	if err := backend.Check(o.Backend); err != nil {
		return nil, fmt.Errorf("pal: %w", err)
	}
	if o.Engine != EngineGraph {
		return &engine{}, nil
	}
	b, err := backend.Open(o.Backend)
	if err != nil {
		return nil, fmt.Errorf("pal: the graph engine: %w", err)
	}
	return &engine{b, newMeeting(b, runs, workers)}, nil
}

func (e *engine) close() {
	if e.backend != nil {
		e.backend.Close()
	}
}

// String is how manifests name the engine.
func (e *engine) String() string {
	if e.backend == nil {
		return "native float64"
	}
	return fmt.Sprintf("graph %s float64", e.backend.Name)
}

// maxTogether is the number of runs that one program advances on a processor.
// Beyond, their states leave its caches.
const maxTogether = 32

// meeting is where the runs of the graph engine wait for each other, to be trained
// together.
type meeting struct {
	backend *backend.Backend
	workers int
	slots   chan struct{} // of what runs do on their own

	mu       sync.Mutex
	expected int
	come     []*member
}

// member is a run at the meeting.
type member struct {
	*worker
	done chan error
}

func newMeeting(b *backend.Backend, runs, workers int) *meeting {
	return &meeting{backend: b, workers: workers, slots: make(chan struct{}, workers), expected: runs}
}

// absent tells the others that a run does not come.
func (m *meeting) absent(ctx context.Context) {
	m.mu.Lock()
	m.expected--
	m.begin(ctx)
}

// train waits for the others and returns when the run is trained, or has failed, or
// ctx is done.
func (m *meeting) train(ctx context.Context, w *worker) error {
	me := &member{w, make(chan error, 1)}
	m.mu.Lock()
	m.come = append(m.come, me)
	m.begin(ctx)
	return <-me.done
}

// begin trains all once they are there, and unlocks.
func (m *meeting) begin(ctx context.Context) {
	all := m.come
	complete := len(all) == m.expected
	m.mu.Unlock()
	if !complete {
		return
	}
	groups := map[string][]*member{}
	var keys []string
	for _, me := range all {
		key := fmt.Sprint(me.cfg.programKey(), me.cfg.Epochs, me.set.Len(), me.Stage, me.Epoch, me.Next)
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], me)
	}
	batches := make(chan []*member)
	for range m.workers {
		go func() {
			for batch := range batches {
				m.together(ctx, batch)
			}
		}()
	}
	go func() {
		for _, key := range keys {
			for batch := range slices.Chunk(groups[key], m.size(len(groups[key]))) {
				batches <- batch
			}
		}
		close(batches)
	}()
}

// size returns the number of runs in each batch: as many batches as there are
// workers, but none of less than 8, which is a vector.
func (m *meeting) size(runs int) int {
	if m.backend.Name == backend.CUDA {
		return runs
	}
	each := (runs + m.workers - 1) / m.workers
	return min(maxTogether, (each+7)/8*8)
}

// together trains a batch and tells each run how it ended.
func (m *meeting) together(ctx context.Context, batch []*member) {
	failed := make([]error, len(batch))
	err := backend.Try(func() error { return trainBatch(ctx, m.backend, batch, failed) })
	for r, me := range batch {
		if failed[r] == nil {
			failed[r] = err
		}
		me.done <- failed[r]
	}
}
