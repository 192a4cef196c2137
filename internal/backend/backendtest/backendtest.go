// Package backendtest runs tests on every backend.
package backendtest

import (
	"os"
	"sync"
	"testing"

	"github.com/neurocredit/neurocredit/internal/backend"
	_ "github.com/neurocredit/neurocredit/internal/backend/xla"
)

// Env is the environment variable with the folder of the XLA plugin for the
// processor. While it is set, tests on that backend must not be skipped.
const Env = "NEUROCREDIT_XLA"

var open = sync.OnceValues(func() (*backend.Backend, error) {
	if dir := os.Getenv(Env); dir != "" {
		const path = "PJRT_PLUGIN_LIBRARY_PATH"
		before := os.Getenv(path)
		os.Setenv(path, dir)
		defer os.Setenv(path, before)
	}
	return backend.Open(backend.CPU)
})

// Each runs f as a subtest on the backend go and on xla:cpu. The latter is
// skipped where there is no plugin, unless NEUROCREDIT_XLA is set.
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
}

// XLA returns the backend xla:cpu, one for all tests of a package. It skips the
// test where there is no plugin, unless NEUROCREDIT_XLA is set.
func XLA(t testing.TB) *backend.Backend {
	t.Helper()
	b, err := open()
	switch {
	case err == nil:
	case os.Getenv(Env) != "":
		t.Fatalf("%s is set: %v", Env, err)
	default:
		t.Skipf("%v (set %s to its folder to make this test mandatory)", err, Env)
	}
	return b
}
