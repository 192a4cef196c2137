package mdgl

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

// Values of Options.Engine.
const (
	EngineAuto   = "auto"
	EngineNative = "native"
	EngineGraph  = "graph"
)

// engines makes the engines of the runs of one TrainAll.
type engines struct {
	graph    []bool         // by run: the graph engine, not the native one
	programs *graphPrograms // nil: no run needs them
	runs     int            // of one call of a program
	note     string         // what was chosen and why

	mu      sync.Mutex
	float32 map[layout]*company[float32] // with several runs
	float64 map[layout]*company[float64]
}

// Runs of one call of a program. A GPU works on all of them at the same time. On a
// processor several together take longer than one after the other: one alone fills its
// vectors, and their arrays leave the cache.
const (
	runsGPU       = 16
	runsProcessor = 1
)

// chooseEngines decides, and opens the backend if a run needs it. A run that is resumed
// stays with the engine that began it, unless one is asked for by name.
func chooseEngines(configs []Config, dirs []string, o *Options) (*engines, error) {
	e := &engines{graph: make([]bool, len(configs)), runs: runsProcessor}
	if err := backend.Check(o.Backend); err != nil {
		return nil, fmt.Errorf("mdgl: Options.Backend: %w", err)
	}
	switch o.Engine {
	case EngineNative:
		e.note = "engine native: asked for"
	case EngineGraph:
		for i := range configs {
			if err := configs[i].checkGraph(); err != nil {
				return nil, fmt.Errorf("mdgl: %s: %w", configs[i].Name, err)
			}
			e.graph[i] = true
		}
		e.note = "engine graph: asked for"
	case "", EngineAuto:
		e.auto(configs, dirs, o)
	default:
		return nil, fmt.Errorf("mdgl: Options.Engine is %q, must be one of %s, %s, %s", o.Engine, EngineAuto, EngineNative, EngineGraph)
	}
	together := 0
	for _, graph := range e.graph {
		if graph {
			together++
		}
	}
	if together == 0 {
		return e, nil
	}
	b, err := backend.Open(o.Backend)
	if err != nil {
		return nil, fmt.Errorf("mdgl: graph engine: %w", err)
	}
	e.note += "; " + b.String()
	e.programs = newGraphPrograms(b)
	e.float32, e.float64 = map[layout]*company[float32]{}, map[layout]*company[float64]{}
	if b.Name == backend.CUDA {
		e.runs = min(runsGPU, together)
		if o.Workers > 0 {
			e.runs = min(e.runs, o.Workers)
		}
	}
	return e, nil
}

// auto takes the graph engine for runs that it began, and where xla:cuda is asked for. On
// a processor the native engine is faster (docs/benchmarks.md).
func (e *engines) auto(configs []Config, dirs []string, o *Options) {
	name := o.Backend
	if name == "" {
		name = os.Getenv(backend.Env)
	}
	gpu, began, takes := strings.ReplaceAll(name, "-", ":") == backend.CUDA, false, false
	for i := range configs {
		by := ""
		if o.Resume && dirs[i] != "" {
			by = experiment.BegunBy(dirs[i])
		}
		e.graph[i] = strings.HasPrefix(by, EngineGraph) || by == "" && gpu && configs[i].checkGraph() == nil
		began, takes = began || e.graph[i] && by != "", takes || e.graph[i]
	}
	switch {
	case began:
		e.note = "engine graph: it began runs that are resumed"
	case takes:
		e.note = "engine graph: a GPU is asked for"
	default:
		e.note = "engine native: on a processor it is faster than the graph engine"
	}
}

// close releases programs and backend.
func (e *engines) close() {
	if e.programs != nil {
		e.programs.close()
		e.programs.backend.Close()
	}
}

// name is what versions.json says of run i.
func (e *engines) name(i int, c *Config) string {
	if !e.graph[i] {
		return EngineNative + " " + c.Precision
	}
	return fmt.Sprintf("%s %s %s", EngineGraph, e.programs.backend.Name, c.Precision)
}

// open returns the engine of run i. It must be closed when the run ends.
func (e *engines) open(i int, c *Config, shape data.Shape) (engine, error) {
	switch {
	case !e.graph[i]:
		return newEngine(c, shape)
	case c.Precision == "float64":
		return openGraphEngine(e, e.float64, c, shape)
	}
	return openGraphEngine(e, e.float32, c, shape)
}

func openGraphEngine[F graphFloat](e *engines, companies map[layout]*company[F], c *Config, shape data.Shape) (engine, error) {
	n, err := newNetwork[F](c, shape)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	l := newLayout(c, shape)
	with := companies[l]
	if with == nil || !with.join() {
		batch, err := newGraphBatch[F](e.programs, e.runs, c, shape)
		if err != nil {
			return nil, err
		}
		with = &company[F]{batch: batch, members: 1}
		if e.runs > 1 {
			companies[l] = with
		}
	}
	return &graphEngine[F]{n, with}, nil
}

// graphEngine is a network whose trials run on a backend, everything else as in the
// native engine.
type graphEngine[F graphFloat] struct {
	*network[F]
	company *company[F]
}

func (e *graphEngine[F]) batch(trials []data.Trial, rule Rule, _ int) (score, error) {
	return e.company.run(&request[F]{net: e.network, trials: trials, rule: rule})
}

func (e *graphEngine[F]) close() { e.company.leave() }
