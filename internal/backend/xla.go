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

// errNoGPU tells of a machine on which the backend CUDA cannot work.
var errNoGPU = errors.New("there is no NVIDIA GPU here, or no driver for it (no /dev/nvidia0, no /dev/dxg)")

// checksEnv is the environment variable that turns go-xla's search for NVIDIA's
// libraries off.
const checksEnv = "GOPJRT_CUDA_CHECKS"

// built reports whether XLA is part of this program.
func built() bool { return slices.Contains(compute.List(), registered) }

// smallSteps are flags of XLA for loops of many small steps on a processor, with the
// name by which a plugin is known to have each. The first turns a scheduler for large
// operations off. The second compiles a loop whole if its state is smaller than so many
// bytes, which spares the time between operations; matrices that gain from several
// cores stay above. It also keeps XLA from unrolling short loops, which it then does
// not vectorise. The third allows vectors of 512 bits.
var smallSteps = []struct{ name, flag string }{
	{"xla_cpu_enable_concurrency_optimized_scheduler", "--xla_cpu_enable_concurrency_optimized_scheduler=false"},
	{"xla_cpu_small_while_loop_byte_threshold", "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=2000000,xla_cpu_disable_loop_unrolling"},
	{"xla_cpu_prefer_vector_width", "--xla_cpu_prefer_vector_width=512"},
}

// openXLA loads the plugin, opens it, and has it run a program.
func openXLA(name string) (b *Backend, err error) {
	if !built() {
		return nil, errNotBuilt
	}
	path, err := findPlugin(name)
	if name == CUDA && !GPU() {
		if err != nil {
			return nil, errNoGPU
		}
		return nil, fmt.Errorf("%w; its plugin is %s", errNoGPU, path)
	}
	if err != nil {
		return nil, err
	}
	if err := checkPlugin(path); err != nil {
		return nil, err
	}
	options := "shared_buffers=true"
	if name == CUDA {
		options = "shared_buffers=false,tf32=false,preallocate=false"
		// go-xla expects NVIDIA's libraries in one place beside the plugin and would
		// warn; the plugin looks for them in all that are usual.
		if _, set := os.LookupEnv(checksEnv); !set {
			os.Setenv(checksEnv, "no")
			defer os.Unsetenv(checksEnv)
		}
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
		if note := oldDriver(); name == CUDA && note != "" {
			err = fmt.Errorf("%w; %s", err, note)
		}
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
	flags := []string{before}
	for _, s := range smallSteps {
		key, _, _ := strings.Cut(s.flag, "=")
		if known, err := fileContains(path, s.name); err == nil && known && !strings.Contains(before, key) {
			flags = append(flags, s.flag)
		}
	}
	if os.Setenv(env, strings.TrimSpace(strings.Join(flags, " "))) != nil {
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
