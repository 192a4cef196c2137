package loop

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
)

// engine is a backend whose programs may have loops within loops and run on the
// device that they are meant for. It works around three flaws of GoMLX v0.28.8:
// closures are made as those of the main function, which backends refuse within a
// closure; portable programs of XLA all run on device 0; and an optimisation of the
// backend in pure Go, which replaces broadcasts anywhere in the program, breaks closures,
// because they are compiled before it.
type engine struct {
	compute.Backend
	device compute.DeviceNum
}

func (e engine) Builder(name string) compute.Builder {
	b := &builder{Builder: e.Backend.Builder(name), shield: e.Backend.String() == gobackend.BackendName}
	if e.device != 0 {
		if err := b.Builder.DeviceAssignment(e.device); err != nil {
			panic(fmt.Errorf("device %d: %w", e.device, err))
		}
	}
	b.main = &function{b.Builder.Main(), b}
	b.open = []*function{b.main}
	return b
}

// builder knows which functions are being built, the innermost one last.
type builder struct {
	compute.Builder
	main   *function
	open   []*function
	shield bool // broadcasts from the optimisation
}

func (b *builder) Main() compute.Function { return b.main }

// function makes its closures in the function that is being built.
type function struct {
	compute.Function
	builder *builder
}

func (f *function) Closure() (compute.Function, error) {
	b := f.builder
	inner, err := b.open[len(b.open)-1].Function.Closure()
	if err != nil {
		return nil, err
	}
	closure := &function{inner, b}
	b.open = append(b.open, closure)
	return closure, nil
}

func (f *function) Return(outputs []compute.Value, shardings []*compute.ShardingSpec) error {
	if last := len(f.builder.open) - 1; last > 0 {
		f.builder.open = f.builder.open[:last]
	}
	return f.Function.Return(outputs, shardings)
}

func (f *function) BroadcastInDim(x compute.Value, to shapes.Shape, axes []int) (compute.Value, error) {
	wide, err := f.Function.BroadcastInDim(x, to, axes)
	if err != nil || !f.builder.shield {
		return wide, err
	}
	return f.Function.Identity(wide)
}

func (f *function) While(cond, body compute.Function, state ...compute.Value) ([]compute.Value, error) {
	return f.Function.While(inner(cond), inner(body), state...)
}

func (f *function) If(pred compute.Value, yes, no compute.Function) ([]compute.Value, error) {
	return f.Function.If(pred, inner(yes), inner(no))
}

func (f *function) Call(g compute.Function, inputs ...compute.Value) ([]compute.Value, error) {
	return f.Function.Call(inner(g), inputs...)
}

func (f *function) Sort(less compute.Function, axis int, stable bool, inputs ...compute.Value) ([]compute.Value, error) {
	return f.Function.Sort(inner(less), axis, stable, inputs...)
}

// inner returns what the backend made.
func inner(f compute.Function) compute.Function {
	if w, ok := f.(*function); ok {
		return w.Function
	}
	return f
}
