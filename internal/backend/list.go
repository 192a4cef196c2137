package backend

import (
	"context"
	"time"

	"github.com/gomlx/compute"
)

// Status says whether a backend works here, and how fast.
type Status struct {
	Name    string
	Plugin  string        // file of the XLA plugin, if it works
	Device  string        // the first device
	Devices int           // how many there are
	Step    time.Duration // what the measurement gave
	Err     error         // why it does not work
}

// List tries every backend and measures those that work with measure, which
// returns the time of one step of its choice. The GPU comes first.
func List(ctx context.Context, measure func(context.Context, compute.Backend) (time.Duration, error)) []Status {
	var all []Status
	for _, name := range []string{CUDA, CPU, Go} {
		if ctx.Err() != nil {
			break
		}
		all = append(all, try(ctx, name, measure))
	}
	return all
}

func try(ctx context.Context, name string, measure func(context.Context, compute.Backend) (time.Duration, error)) Status {
	s := Status{Name: name}
	b, err := Open(name)
	if err != nil {
		s.Err = err
		return s
	}
	defer b.Close()
	s.Plugin, s.Device, s.Devices = b.Plugin, b.Engine.DeviceDescription(0), b.Engine.NumDevices()
	s.Step, s.Err = measure(ctx, b.Engine)
	return s
}
