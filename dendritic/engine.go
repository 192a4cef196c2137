package dendritic

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

// Values of Options.Engine.
const (
	EngineAuto   = "auto"
	EngineNative = "native"
	EngineGraph  = "graph"
)

const (
	// batchCPU is the number of runs of a program on a processor. More cost less each,
	// but fewer keep more cores busy (docs/benchmarks.md).
	batchCPU = 16
	// batchGPU is that on a GPU, where a step costs little more for many runs.
	batchGPU = 4096
	// gpuRuns is the number of runs from which auto takes a GPU. It is reckoned
	// from the time it takes to start the operations of a step, not measured.
	gpuRuns = 256
)

// engines says what advances each run of a call, and holds the backend of those
// that the graph engine advances.
type engines struct {
	graph   []bool           // by run
	backend *backend.Backend // nil: no run needs it
	note    string           // what was chosen and why
	devices chan int         // those of the backend that are free
}

// chooseEngines decides, and opens the backend if a run needs it. A run that is
// resumed stays with the engine that began it, unless one is asked for by name.
func chooseEngines(configs []Config, dirs []string, o *Options) (*engines, error) {
	e := &engines{graph: make([]bool, len(configs))}
	if err := backend.Check(o.Backend); err != nil {
		return nil, fmt.Errorf("dendritic: Options.Backend: %w", err)
	}
	switch o.Engine {
	case EngineNative:
		e.note = "engine native: asked for"
		return e, nil
	case EngineGraph:
		for i := range configs {
			if err := configs[i].fitsGraph(); err != nil {
				return nil, fmt.Errorf("dendritic: %s: the graph engine cannot run it: %w", configs[i].Name, err)
			}
			e.graph[i] = true
		}
		return e, e.open("asked for", o)
	case "", EngineAuto:
		return e, e.auto(configs, dirs, o)
	}
	return nil, fmt.Errorf("dendritic: Options.Engine is %q, must be one of %s, %s, %s", o.Engine, EngineAuto, EngineNative, EngineGraph)
}

// auto takes the graph engine for runs that it began, and for many on a GPU. On a
// processor the native engine is faster (docs/benchmarks.md).
func (e *engines) auto(configs []Config, dirs []string, o *Options) error {
	begun := false
	for i, dir := range dirs {
		if o.Resume && dir != "" {
			e.graph[i] = strings.HasPrefix(experiment.BegunBy(dir), EngineGraph)
			begun = begun || e.graph[i]
		}
	}
	if begun {
		return e.open("it began runs that are resumed", o)
	}
	e.note = "engine native: on a processor it is faster than the graph engine"
	if len(configs) < gpuRuns || !backend.GPU() {
		return nil
	}
	if err := e.open(fmt.Sprintf("%d runs on a GPU", len(configs)), o); err != nil {
		return err
	}
	if e.backend.Name != backend.CUDA {
		e.note = fmt.Sprintf("engine native: no GPU to be used: %s", e.backend.Reason)
		e.close()
		return nil
	}
	for i := range configs {
		e.graph[i] = configs[i].fitsGraph() == nil
	}
	return nil
}

// open opens the backend of the graph engine.
func (e *engines) open(why string, o *Options) error {
	b, err := backend.Open(o.Backend)
	if err != nil {
		return fmt.Errorf("dendritic: %w", err)
	}
	e.backend, e.note = b, fmt.Sprintf("engine graph: %s; %v", why, b)
	n := b.Engine.NumDevices()
	if b.Name != backend.CUDA {
		n = min(n, o.workerCount()) // devices of a processor share its cores
	}
	e.devices = make(chan int, n)
	for i := range n {
		e.devices <- i
	}
	return nil
}

func (e *engines) close() {
	if e.backend != nil {
		e.backend.Close()
		e.backend = nil
	}
}

// name is what versions.json says of a run.
func (e *engines) name(graph bool, c *Config) string {
	if graph {
		return fmt.Sprintf("%s %s %s", EngineGraph, e.backend.Name, c.Precision)
	}
	return EngineNative + " " + c.Precision
}

// fitsGraph returns an error if the graph engine cannot run the configuration.
func (c *Config) fitsGraph() error {
	if len(c.Record.Variables) > 0 {
		return errors.New("record.variables: only the native engine records")
	}
	return nil
}

// unit is what one worker does at a time: one run, or a batch of the graph engine.
type unit struct {
	runs  []int
	graph bool
}

// units splits the runs. Those of a batch share a program, data and protocol.
func (e *engines) units(configs []Config) []unit {
	var all []unit
	batches, order := map[string][]int{}, []string(nil)
	for i := range configs {
		if !e.graph[i] {
			all = append(all, unit{runs: []int{i}})
			continue
		}
		key := configs[i].batchKey()
		if batches[key] == nil {
			order = append(order, key)
		}
		batches[key] = append(batches[key], i)
	}
	for _, key := range order {
		runs := batches[key]
		size := batchCPU
		if e.backend.Name == backend.CUDA { // every device has its share
			size = min(batchGPU, (len(runs)+cap(e.devices)-1)/cap(e.devices))
		}
		for part := range slices.Chunk(runs, size) {
			all = append(all, unit{runs: part, graph: true})
		}
	}
	return all
}

// batchKey is the same for configurations that can advance together: of equal
// programs, data and protocol.
func (c *Config) batchKey() string {
	return fmt.Sprintf("%v %v %v %s", c.traits(), c.Epochs, c.Presentation, c.dataKey())
}

// workerCount returns the number of runs or batches at a time.
func (o *Options) workerCount() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.NumCPU()
}
