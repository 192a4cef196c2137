// Package backendtest runs tests on every backend.
package backendtest

import (
	"os"
	"sync"
	"testing"

	"github.com/neurocredit/neurocredit/internal/backend"
	_ "github.com/neurocredit/neurocredit/internal/backend/xla"
)

// The environment variables with the folders of XLA's plugins for the processor and
// for a GPU. While one is set, tests on its backend must not be skipped.
const (
	Env     = "NEUROCREDIT_XLA"
	EnvCUDA = "NEUROCREDIT_CUDA"
)

var (
	openCPU  = sync.OnceValues(func() (*backend.Backend, error) { return open(backend.CPU, Env) })
	openCUDA = sync.OnceValues(func() (*backend.Backend, error) { return open(backend.CUDA, EnvCUDA) })
)

// open opens a backend with the plugin in the folder that a variable names.
func open(name, env string) (*backend.Backend, error) {
	if dir := os.Getenv(env); dir != "" {
		const path = "PJRT_PLUGIN_LIBRARY_PATH"
		before := os.Getenv(path)
		os.Setenv(path, dir)
		defer os.Setenv(path, before)
	}
	return backend.Open(name)
}

// Each runs f as a subtest on the backend go and on xla:cpu. The latter is
// skipped where there is no plugin, unless NEUROCREDIT_XLA is set. With
// NEUROCREDIT_CUDA it runs on xla:cuda too.
func Each(t *testing.T, f func(t *testing.T, b *backend.Backend)) {
	t.Helper()
	t.Run("go", func(t *testing.T) {
		b, err := backend.Open(backend.Go)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		f(t, b)
	})
	t.Run("xla:cpu", func(t *testing.T) { f(t, XLA(t)) })
	if os.Getenv(EnvCUDA) != "" {
		t.Run("xla:cuda", func(t *testing.T) {
			b, err := openCUDA()
			if err != nil {
				t.Fatalf("%s is set: %v", EnvCUDA, err)
			}
			f(t, b)
		})
	}
}

// XLA returns the backend xla:cpu, one for all tests of a package. It skips the
// test where there is no plugin, unless NEUROCREDIT_XLA is set.
func XLA(t testing.TB) *backend.Backend {
	t.Helper()
	b, err := openCPU()
	switch {
	case err == nil:
	case os.Getenv(Env) != "":
		t.Fatalf("%s is set: %v", Env, err)
	default:
		t.Skipf("%v (set %s to its folder to make this test mandatory)", err, Env)
	}
	return b
}
