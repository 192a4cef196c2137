package backend

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// registered is the name under which go-xla's package registers itself when a
// program imports it.
const registered = "xla"

// errNotBuilt tells of a program without XLA.
var errNotBuilt = errors.New(`this program was built without XLA (which needs Linux, cgo, no build tag noxla, ` +
	`and the import _ "github.com/gomlx/go-xla/compute/xla")`)

// built reports whether XLA is part of this program.
func built() bool { return slices.Contains(compute.List(), registered) }

// schedulerFlag is XLA's switch of a scheduler for large operations, which costs
// twice the time of a small step.
const schedulerFlag = "xla_cpu_enable_concurrency_optimized_scheduler"

// openXLA loads the plugin, opens it, and has it run a program.
func openXLA(name string) (b *Backend, err error) {
	if !built() {
		return nil, errNotBuilt
	}
	path, err := findPlugin(name)
	if err != nil {
		return nil, err
	}
	if err := checkPlugin(path); err != nil {
		return nil, err
	}
	options := "shared_buffers=true"
	if name == CUDA {
		options = "shared_buffers=false,tf32=false,preallocate=false"
	} else if restore := setFlags(path); restore != nil {
		// XLA reads its flags when the first program is compiled. Later processes
		// and plugins, which may not know this one, must not find it.
		defer restore()
	}
	err = Try(func() error {
		engine, err := compute.NewWithConfig(registered + ":" + path + "," + options)
		if err != nil {
			return err
		}
		b = &Backend{Engine: engine, Name: name, Plugin: path}
		return probe(engine)
	})
	if err != nil {
		return nil, fmt.Errorf("plugin %s does not work: %w", path, err)
	}
	return b, nil
}

// setFlags adds the flags for small steps to XLA_FLAGS and returns what undoes it.
// It leaves alone what the user has set, and what the plugin does not know: an
// unknown flag would end the process.
func setFlags(path string) (restore func()) {
	const env = "XLA_FLAGS"
	before, was := os.LookupEnv(env)
	if strings.Contains(before, schedulerFlag) {
		return nil
	}
	if known, err := fileContains(path, schedulerFlag); err != nil || !known {
		return nil
	}
	if os.Setenv(env, strings.TrimSpace(before+" --"+schedulerFlag+"=false")) != nil {
		return nil
	}
	return func() {
		if was {
			os.Setenv(env, before)
		} else {
			os.Unsetenv(env)
		}
	}
}

// probe runs a program of one operation.
func probe(engine compute.Backend) error {
	out, err := graph.CallOnce(engine, func(x *graph.Node) *graph.Node { return graph.Add(x, x) }, float32(21))
	if err != nil {
		return err
	}
	if got := tensors.ToScalar[float32](out); got != 42 {
		return fmt.Errorf("it computes 21 + 21 = %g", got)
	}
	return out.FinalizeAll()
}
