package loop

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/gotype"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend"
)

// Program is a compiled function of a state that lives on a device and of inputs.
// It may be called from several goroutines, each with a state of its own.
type Program struct {
	backend  compute.Backend
	name     string
	build    Build
	size     int
	compiled atomic.Int64

	mu    sync.Mutex
	execs map[compute.DeviceNum]*graph.Exec
}

// Build describes a program: it returns the new state, in the shapes of the old
// one, and what the caller wants to know. It is called once for every set of
// shapes and every device.
type Build func(state, inputs []*graph.Node) (newState, results []*graph.Node)

// NewProgram returns the program of the given name for states of size arrays.
func NewProgram(b compute.Backend, name string, size int, build Build) *Program {
	return &Program{backend: b, name: name, build: build, size: size, execs: map[compute.DeviceNum]*graph.Exec{}}
}

// exec returns what compiles the program for a device.
func (p *Program) exec(device compute.DeviceNum) (*graph.Exec, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.execs[device]; ok {
		return e, nil
	}
	e, err := graph.NewExec(engine{p.backend, device}, func(all []*graph.Node) []*graph.Node {
		p.compiled.Add(1)
		state := all[:p.size:p.size]
		changed, results := p.build(state, all[p.size:])
		checkState(state, changed)
		return append(changed[:p.size:p.size], results...)
	})
	if err != nil {
		return nil, err
	}
	p.execs[device] = e.WithName(p.name).SetMaxCache(-1)
	return e, nil
}

// Compiled returns how often the program was compiled: once for every set of
// shapes and every device it was called with.
func (p *Program) Compiled() int { return int(p.compiled.Load()) }

// Close releases the compiled program.
func (p *Program) Close() {
	for _, e := range p.execs {
		e.Finalize()
	}
}

// Run calls the program. It consumes the arrays of the state and replaces them by
// the new ones. Inputs are only read; a tensor moves to the device of the state. The
// results are the caller's, see [Values]. After an error the state is lost.
func (p *Program) Run(state *State, inputs ...*tensors.Tensor) (results []*tensors.Tensor, err error) {
	err = backend.Try(func() error {
		results, err = p.run(state, inputs)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("loop: %s: %w", p.name, err)
	}
	return results, nil
}

func (p *Program) run(state *State, inputs []*tensors.Tensor) ([]*tensors.Tensor, error) {
	arrays := state.arrays
	if arrays == nil {
		return nil, errLost
	}
	state.arrays = nil
	exec, err := p.exec(state.device)
	if err != nil {
		return nil, err
	}
	all := append(arrays[:len(arrays):len(arrays)], inputs...)
	shape := make([]shapes.Shape, len(all))
	for i, x := range all {
		shape[i] = x.Shape()
	}
	compiled, err := exec.Compile(shape...)
	if err != nil {
		return nil, err
	}
	buffers, donate := make([]compute.Buffer, len(all)), make([]bool, len(all))
	for i, x := range all {
		if donate[i] = i < len(arrays); donate[i] {
			buffers[i], err = x.DonateBuffer(p.backend, state.device)
		} else {
			buffers[i], err = x.Buffer(p.backend, state.device)
		}
		if err != nil {
			return nil, err
		}
	}
	out := compiled.RunWithBuffers(buffers, donate, state.device)
	state.arrays = out[:len(arrays):len(arrays)]
	return out[len(arrays):], nil
}

// State is a list of arrays on one device. It never is empty.
type State struct {
	backend compute.Backend
	device  compute.DeviceNum
	arrays  []*tensors.Tensor // nil once lost
}

// errLost is returned for a state that was consumed by a program that failed.
var errLost = errors.New("the state was lost when a program failed, or closed")

// NewState copies arrays to a device of a backend.
func NewState(b compute.Backend, device int, arrays ...*tensors.Tensor) (*State, error) {
	if device < 0 || device >= b.NumDevices() {
		return nil, fmt.Errorf("loop: device %d must be below %d", device, b.NumDevices())
	}
	if len(arrays) == 0 {
		return nil, errors.New("loop: a state needs an array")
	}
	s := &State{backend: b, device: compute.DeviceNum(device)}
	for i, a := range arrays {
		// Not with ToDevice, whose shared buffers cannot be donated.
		copied, err := a.LocalClone()
		if err == nil {
			err = copied.MaterializeOnDevice(b, false, s.device)
		}
		if err != nil {
			return nil, fmt.Errorf("loop: array %d to device %d: %w", i, device, err)
		}
		copied.FinalizeLocal()
		s.arrays = append(s.arrays, copied)
	}
	return s, nil
}

// Len returns the number of arrays.
func (s *State) Len() int { return len(s.arrays) }

// Close releases the arrays.
func (s *State) Close() {
	for _, a := range s.arrays {
		a.MustFinalizeAll()
	}
	s.arrays = nil
}

// Read copies array i of a state, row-major.
func Read[T gotype.Supported](s *State, i int) ([]T, error) {
	if s.arrays == nil {
		return nil, fmt.Errorf("loop: %w", errLost)
	}
	return read[T](s.arrays[i], s.backend, s.device)
}

// Values copies a result of a program, row-major, and releases it.
func Values[T gotype.Supported](result *tensors.Tensor) ([]T, error) {
	defer result.MustFinalizeAll()
	b, err := result.Backend()
	if err != nil {
		return nil, fmt.Errorf("loop: %w", err)
	}
	device, err := result.Device()
	if err != nil {
		return nil, fmt.Errorf("loop: %w", err)
	}
	return read[T](result, b, device)
}

func read[T gotype.Supported](x *tensors.Tensor, b compute.Backend, device compute.DeviceNum) ([]T, error) {
	flat := make([]T, x.Size())
	if want := dtypes.FromGenericsType[T](); x.DType() != want {
		return nil, fmt.Errorf("loop: an array of %s cannot be read as %s", x.DType(), want)
	}
	buffer, err := x.Buffer(b, device)
	if err == nil {
		err = buffer.ToFlatData(flat)
	}
	if err != nil {
		return nil, fmt.Errorf("loop: read %s: %w", x.Shape(), err)
	}
	return flat, nil
}
