package pal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

// Values of Options.Engine.
const (
	EngineAuto   = "auto"
	EngineNative = "native"
	EngineGraph  = "graph"
)

// engines says what advances the runs of a call.
type engines struct {
	graph   []bool // by run: the graph engine, not the native one
	backend *backend.Backend
	meeting *meeting // of the runs of the graph engine, nil if there are none
}

// openEngines decides, and opens the backend if a run needs it. Auto is native, but
// a run that is resumed stays with the engine that began it.
func (o *Options) openEngines(dirs []string, workers int) (*engines, error) {
	names := []string{EngineAuto, EngineNative, EngineGraph}
	if o.Engine != "" && !slices.Contains(names, o.Engine) {
		return nil, fmt.Errorf("pal: unknown engine %q%s, must be one of %v", o.Engine, config.Suggest(o.Engine, names), names)
	}
	if err := backend.Check(o.Backend); err != nil {
		return nil, fmt.Errorf("pal: %w", err)
	}
	e := &engines{graph: make([]bool, len(dirs))}
	together := 0
	for i, dir := range dirs {
		switch o.Engine {
		case EngineGraph:
			e.graph[i] = true
		case "", EngineAuto:
			e.graph[i] = o.Resume && dir != "" && strings.HasPrefix(experiment.BegunBy(dir), EngineGraph)
		}
		if e.graph[i] {
			together++
		}
	}
	if together == 0 {
		return e, nil
	}
	var err error
	if e.backend, err = backend.Open(o.Backend); err != nil {
		return nil, fmt.Errorf("pal: the graph engine: %w", err)
	}
	e.meeting = newMeeting(e.backend, together, workers)
	return e, nil
}

// note says in one line what advances the runs, and why.
func (e *engines) note(asked string) string {
	why := "asked for"
	switch {
	case e.meeting == nil && asked != EngineNative:
		why = "as fast or faster but for sweeps of circuits of a few neurons"
	case e.meeting != nil && asked != EngineGraph:
		why = "it began runs that are resumed"
	}
	if e.meeting == nil {
		return "engine native: " + why
	}
	return fmt.Sprintf("engine graph: %s; %v", why, e.backend)
}

func (e *engines) close() {
	if e.backend != nil {
		e.backend.Close()
	}
}

// name is how versions.json calls the engine of run i.
func (e *engines) name(i int) string {
	if e.graph[i] {
		return fmt.Sprintf("%s %s float64", EngineGraph, e.backend.Name)
	}
	return EngineNative + " float64"
}

// run carries out run i: with the others, if the graph engine does, then on its own
// what is left.
func (e *engines) run(ctx context.Context, i int, w *worker) error {
	if e.graph[i] {
		if err := e.meeting.train(ctx, w); err != nil {
			return w.stop(err)
		}
	}
	if e.meeting != nil { // where all runs have begun at once
		e.meeting.slots <- struct{}{}
		defer func() { <-e.meeting.slots }()
	}
	return w.work(ctx)
}

// maxTogether is the number of runs that one program advances on a processor. More
// cost less each, but fewer keep more cores busy.
const maxTogether = 16

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

// size returns the number of runs in each batch.
func (m *meeting) size(runs int) int {
	if m.backend.Name == backend.CUDA {
		return runs
	}
	return maxTogether
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
