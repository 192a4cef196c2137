package backend

import (
	"fmt"
	"os"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// Env is the environment variable that names the backend where nothing else does.
const Env = "NEUROCREDIT_BACKEND"

// Names of the backends. Auto chooses among the others.
const (
	Auto = "auto"
	Go   = "go"
	CPU  = "xla:cpu"
	CUDA = "xla:cuda"
)

// Backend is an open backend.
type Backend struct {
	Engine compute.Backend
	Name   string // Go, CPU or CUDA
	Plugin string // file of the XLA plugin, "" for Go
	Reason string // why it was chosen
}

// String tells in one line which backend it is and why.
func (b *Backend) String() string {
	s := "backend " + b.Name
	if b.Plugin != "" {
		s += " (" + b.Plugin + ")"
	}
	return s + ": " + b.Reason
}

// Close releases the backend. Tensors on it are lost.
func (b *Backend) Close() { b.Engine.Finalize() }

// Vector returns what the number of runs of one program must be a multiple of, if
// programs on a processor take up to batch runs. XLA simplifies arrays with one run,
// to other roundings, and is slow with vectors that are not whole. On a processor it
// compiles small loops in a form of its own, which rounds otherwise as well; batches
// of one size keep a run from depending on its company.
func (b *Backend) Vector(batch int) int {
	if b.Name == CPU {
		return batch
	}
	return 8
}

// Names lists what [Open] accepts.
func Names() []string { return []string{Auto, Go, CPU, CUDA} }

// Check returns an error if [Open] does not know the name. The empty name is
// known.
func Check(name string) error {
	_, err := resolve(name)
	return err
}

// request is a resolved name and where it came from.
type request struct{ name, origin string }

func resolve(name string) (request, error) {
	r := request{name, "asked for"}
	if name == "" {
		r = request{os.Getenv(Env), Env}
	}
	if r.name == "" {
		r = request{Auto, "default"}
	}
	for _, known := range Names() {
		if strings.ReplaceAll(r.name, "-", ":") == known {
			r.name = known
			return r, nil
		}
	}
	if r.origin == Env {
		return r, fmt.Errorf("backend: %s: unknown backend %q, must be one of %s", Env, r.name, strings.Join(Names(), ", "))
	}
	return r, fmt.Errorf("backend: unknown backend %q, must be one of %s", r.name, strings.Join(Names(), ", "))
}

// Open opens the named backend. An empty name stands for the value of
// NEUROCREDIT_BACKEND or, without one, for auto. A hyphen may stand in place of
// the colon. The backend has run a small program when Open returns.
func Open(name string) (*Backend, error) {
	r, err := resolve(name)
	if err != nil {
		return nil, err
	}
	switch r.name {
	case Go:
		return openGo(r.origin)
	case CPU, CUDA:
		b, err := openXLA(r.name)
		if err != nil {
			return nil, fmt.Errorf("backend: %s: %w", r.name, err)
		}
		b.Reason = r.origin
		return b, nil
	}
	return openAuto()
}

// openAuto tries the fastest backends first and notes why one was not taken.
func openAuto() (*Backend, error) {
	var notes []string
	names := []string{CUDA, CPU}
	switch {
	case !built():
		names = nil
		notes = append(notes, errNotBuilt.Error())
	case !GPU():
		names = names[1:]
		notes = append(notes, "no NVIDIA GPU")
	}
	for _, name := range names {
		b, err := openXLA(name)
		if err == nil {
			b.Reason = strings.Join(append([]string{Auto}, notes...), "; ")
			return b, nil
		}
		notes = append(notes, fmt.Sprintf("no %s: %v", name, err))
	}
	return openGo(strings.Join(append([]string{Auto}, notes...), "; "))
}

// openGo opens the backend in pure Go. Its scheduler is the sequential one: the
// parallel one costs microseconds for each operation, more than the small
// operations of a step are worth.
func openGo(reason string) (*Backend, error) {
	engine, err := gobackend.New("ops_sequential")
	if err != nil {
		return nil, fmt.Errorf("backend: %s: %w", Go, err)
	}
	return &Backend{Engine: engine, Name: Go, Reason: reason}, nil
}
