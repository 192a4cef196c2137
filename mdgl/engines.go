package mdgl

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/backend"
)

// engines makes the engines of the runs of one TrainAll.
type engines struct {
	programs *graphPrograms // of the graph engine; nil: all runs are native
	runs     int            // of one call of a program

	mu      sync.Mutex
	float32 map[layout]*company[float32] // with several runs
	float64 map[layout]*company[float64]
}

// Runs of one call of a program. A GPU works on all of them at the same time. On a
// processor several together take longer than one after the other: one alone fills its vectors,
// and their arrays leave the cache.
const (
	runsGPU       = 16
	runsProcessor = 1
)

// openEngines opens what Options ask for. auto takes the graph engine on a GPU that was
// asked for, and otherwise the native one, which is faster on a processor.
func openEngines(o *Options, configs []Config) (*engines, error) {
	if err := backend.Check(o.Backend); err != nil {
		return nil, fmt.Errorf("mdgl: %w", err)
	}
	switch o.Engine {
	case "native":
		return &engines{}, nil
	case "", "auto":
		name := o.Backend
		if name == "" {
			name = os.Getenv(backend.Env)
		}
		if strings.ReplaceAll(name, "-", ":") != backend.CUDA {
			return &engines{}, nil
		}
		for i := range configs {
			if configs[i].checkGraph() != nil {
				return &engines{}, nil
			}
		}
	case "graph":
		for i := range configs {
			if err := configs[i].checkGraph(); err != nil {
				return nil, fmt.Errorf("mdgl: %s: %w", configs[i].Name, err)
			}
		}
	default:
		return nil, fmt.Errorf("mdgl: Options.Engine %q must be one of auto, native, graph", o.Engine)
	}
	b, err := backend.Open(o.Backend)
	if err != nil {
		return nil, fmt.Errorf("mdgl: graph engine: %w", err)
	}
	e := &engines{programs: newGraphPrograms(b), runs: runsProcessor, float32: map[layout]*company[float32]{}, float64: map[layout]*company[float64]{}}
	if b.Name == backend.CUDA {
		e.runs = min(runsGPU, len(configs))
		if o.Workers > 0 {
			e.runs = min(e.runs, o.Workers)
		}
	}
	return e, nil
}

// close releases programs and backend.
func (e *engines) close() {
	if e.programs != nil {
		e.programs.close()
		e.programs.backend.Close()
	}
}

// name says which engine computes a run, for its manifest.
func (e *engines) name(c *Config) string {
	if e.programs == nil {
		return "native " + c.Precision
	}
	return "graph " + e.programs.backend.Name + " " + c.Precision
}

// open returns the engine of a run. It must be closed when the run ends.
func (e *engines) open(c *Config, shape data.Shape) (engine, error) {
	switch {
	case e.programs == nil:
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

// company brings requests of runs together that go on at the same time: it serves them
// when every member waits for an answer.
type company[F graphFloat] struct {
	batch *graphBatch[F]

	mu      sync.Mutex
	members int
	waiting []*pending[F]
}

type pending[F graphFloat] struct {
	*request[F]
	done chan error
}

// join adds a member. It returns false if the last one has left.
func (c *company[F]) join() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.members == 0 {
		return false
	}
	c.members++
	return true
}

func (c *company[F]) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.members--; c.members == 0 {
		c.batch.close()
		return
	}
	c.serve()
}

func (c *company[F]) run(q *request[F]) (score, error) {
	p := &pending[F]{q, make(chan error, 1)}
	c.mu.Lock()
	c.waiting = append(c.waiting, p)
	c.serve()
	c.mu.Unlock()
	err := <-p.done
	return q.score, err
}

// serve answers all requests if everyone waits. Those that fit into one program are
// made together.
func (c *company[F]) serve() {
	if len(c.waiting) < c.members {
		return
	}
	for len(c.waiting) > 0 {
		var now, rest []*pending[F]
		var requests []*request[F]
		for _, p := range c.waiting {
			if len(now) == 0 || p.fits(now[0].request) {
				now, requests = append(now, p), append(requests, p.request)
			} else {
				rest = append(rest, p)
			}
		}
		err := c.batch.run(requests)
		for _, p := range now {
			p.done <- err
		}
		c.waiting = rest
	}
}
