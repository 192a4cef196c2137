package backend

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"

	_ "github.com/neurocredit/neurocredit/internal/backend/xla"
)

// isolate leaves no plugin but those of the given folder to be found.
func isolate(t *testing.T, dir string) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv(pathEnv, dir)
	t.Setenv(Env, "")
}

// pluginDir returns the folder with the real plugin, or skips the test.
func pluginDir(t *testing.T) string {
	t.Helper()
	if !built() {
		t.Skip(errNotBuilt)
	}
	dir := os.Getenv("NEUROCREDIT_XLA")
	if dir == "" {
		t.Skip("NEUROCREDIT_XLA, the folder of the XLA plugin, is not set")
	}
	return dir
}

func TestNames(t *testing.T) {
	isolate(t, "")
	for _, name := range append(Names(), "", "xla-cpu", "xla-cuda") {
		if err := Check(name); err != nil {
			t.Error(err)
		}
	}
	_, err := Open("tpu")
	expect(t, err, `unknown backend "tpu", must be one of auto, go, xla:cpu, xla:cuda`)
	t.Setenv(Env, "gpu")
	_, err = Open("")
	expect(t, err, Env, `unknown backend "gpu"`)
}

func TestVector(t *testing.T) {
	for name, want := range map[string]int{Go: 8, CPU: 24, CUDA: 8} {
		if got := (&Backend{Name: name}).Vector(24); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

func expect(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not contain %q", err, p)
		}
	}
}

func TestOpenGo(t *testing.T) {
	isolate(t, "")
	for _, c := range []struct{ name, env, reason string }{{Go, "", "asked for"}, {"", Go, Env}, {Go, CPU, "asked for"}} {
		t.Setenv(Env, c.env)
		b, err := Open(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if b.Name != Go || b.String() != "backend go: "+c.reason {
			t.Errorf("Open(%q) with %s=%s: %v", c.name, Env, c.env, b)
		}
		b.Close()
	}
}

// Without a plugin auto falls back and says why; a name that was asked for is an
// error.
func TestNoPlugin(t *testing.T) {
	dir := t.TempDir()
	isolate(t, dir)
	b, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	want := "no plugin pjrt_c_api_cpu_plugin.so in " + dir
	if !built() {
		want = errNotBuilt.Error()
	}
	if b.Name != Go || !strings.Contains(b.Reason, want) || strings.Contains(b.String(), "\n") {
		t.Errorf("auto: %v, want go because %s", b, want)
	}
	_, err = Open(CPU)
	expect(t, err, "backend: xla:cpu: ", want)
}

func TestBrokenPlugin(t *testing.T) {
	if !built() {
		t.Skip(errNotBuilt)
	}
	for _, c := range []struct{ content, want string }{
		{"no shared object", "is damaged or no shared object"},
		{"", "is damaged or no shared object"},
		{executable(t), "is no PJRT plugin"},
	} {
		dir := t.TempDir()
		isolate(t, dir)
		file := filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")
		if err := os.WriteFile(file, []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open(CPU)
		expect(t, err, "backend: xla:cpu: plugin "+file, c.want)
		b, err := Open(Auto)
		if err != nil {
			t.Fatal(err)
		}
		if b.Name != Go || !strings.Contains(b.Reason, c.want) {
			t.Errorf("auto: %v, want go because the plugin %s", b, c.want)
		}
		b.Close()
	}
	isolate(t, t.TempDir())
	expect(t, checkPlugin("/a,b/x.so"), "must not contain a comma")
}

// executable returns a dynamically linked ELF file that is no plugin.
func executable(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("/bin/sh")
	if err != nil {
		t.Skip(err)
	}
	return string(content)
}

func TestPluginOrder(t *testing.T) {
	first, second := t.TempDir(), filepath.Join(t.TempDir(), "a[b]")
	isolate(t, first+string(os.PathListSeparator)+second)
	own, err := Folder()
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	installed := func(name string) string {
		r, ok := released(name)
		if !ok {
			return own
		}
		return filepath.Dir(filepath.Join(own, r.folder, r.plugin))
	}
	// A file is found before all those that were there already.
	for _, c := range []struct{ backend, dir, name string }{
		{CPU, own, "pjrt_c_api_cpu_v0.83.1_plugin.so"},
		{CPU, own, "pjrt_c_api_cpu_v0.84.0_plugin.so"},
		{CPU, own, "pjrt_c_api_cpu_plugin.so"},
		{CPU, installed(CPU), "pjrt_c_api_cpu_plugin.so"},
		{CPU, second, "pjrt_c_api_cpu_v0.83.1_plugin.so"},
		{CPU, first, "pjrt_c_api_cpu_v0.1.0_plugin.so"},
		{CUDA, filepath.Join(home, ".local/lib/go-xla/nvidia"), "pjrt_c_api_cuda_plugin.so"},
		{CUDA, own, "xla_cuda_plugin.so"},
		{CUDA, installed(CUDA), "xla_cuda_plugin.so"},
		{CUDA, second, "xla_cuda_plugin.so"},
		{CUDA, first, "pjrt_c_api_cuda_plugin.so"},
	} {
		if err := os.MkdirAll(c.dir, 0o755); err != nil {
			t.Fatal(err)
		}
		want := filepath.Join(c.dir, c.name)
		if err := os.WriteFile(want, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := findPlugin(c.backend); got != want || err != nil {
			t.Errorf("%s: %s, %v, want %s", c.backend, got, err, want)
		}
	}
}

func TestFileContains(t *testing.T) {
	const text = "needle"
	file := filepath.Join(t.TempDir(), "file")
	for _, at := range []int{0, 1<<20 - 3, 1<<20 - len(text), 1 << 20, 3<<20 - 1} {
		content := make([]byte, 3<<20)
		content = append(content[:at], append([]byte(text), content[at:]...)...)
		if err := os.WriteFile(file, content, 0o644); err != nil {
			t.Fatal(err)
		}
		if found, err := fileContains(file, text); !found || err != nil {
			t.Errorf("text at %d: %v, %v", at, found, err)
		}
		if found, err := fileContains(file, "needles"); found || err != nil {
			t.Errorf("another text is found: %v", err)
		}
	}
}

func TestOpenXLA(t *testing.T) {
	isolate(t, pluginDir(t))
	t.Setenv("XLA_FLAGS", "")
	b, err := Open(CPU)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Name != CPU || !strings.HasPrefix(b.String(), "backend xla:cpu ("+b.Plugin+"): asked for") {
		t.Errorf("%v", b)
	}
	if got := os.Getenv("XLA_FLAGS"); got != "" {
		t.Errorf("XLA_FLAGS=%s is left behind", got)
	}
	if GPU() {
		return
	}
	auto, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer auto.Close()
	if auto.Name != CPU || auto.Reason != "auto; no NVIDIA GPU" {
		t.Errorf("auto: %v", auto)
	}
}

func TestList(t *testing.T) {
	isolate(t, t.TempDir())
	all := List(t.Context(), func(_ context.Context, b compute.Backend) (time.Duration, error) {
		return 5 * time.Microsecond, probeAny(b)
	})
	if len(all) != 3 {
		t.Fatalf("%d backends", len(all))
	}
	for i, name := range []string{CUDA, CPU, Go} {
		s := all[i]
		if s.Name != name || (s.Err == nil) != (name == Go) || (s.Step != 0) != (name == Go) {
			t.Errorf("%+v", s)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if all := List(ctx, nil); len(all) != 0 {
		t.Errorf("%d backends after cancellation", len(all))
	}
}

func probeAny(b compute.Backend) error {
	if b.NumDevices() < 1 {
		return errors.New("no device")
	}
	return nil
}

func TestTry(t *testing.T) {
	own := errors.New("own")
	for want, f := range map[string]func() error{
		"own":            func() error { return own },
		"thrown":         func() error { panic(errors.New("thrown")) },
		"backend: text":  func() error { panic("text") },
		"backend: runti": func() error { var x []int; x[len(x)] = 1; return nil },
	} {
		err := Try(f)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		var rt runtime.Error
		if errors.As(err, &rt) && !strings.Contains(err.Error(), "backend_test.go") {
			t.Errorf("the error does not say where: %v", err)
		}
	}
	if err := Try(func() error { return nil }); err != nil {
		t.Error(err)
	}
}
