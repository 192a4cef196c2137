package backend

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// pathEnv is the environment variable with folders of plugins that all programs
// that use GoMLX have in common.
const pathEnv = "PJRT_PLUGIN_LIBRARY_PATH"

// Folder returns the user's folder of plugins, neurocredit/xla in the user's
// cache folder ([os.UserCacheDir]).
func Folder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("backend: no folder for plugins: %w", err)
	}
	return filepath.Join(cache, "neurocredit", "xla"), nil
}

// folders lists where plugins for a backend are looked for, first ones first.
func folders(name string) []string {
	all := filepath.SplitList(os.Getenv(pathEnv))
	if own, err := Folder(); err == nil {
		if r, ok := released(name); ok {
			all = append(all, filepath.Dir(filepath.Join(own, r.folder, r.plugin)))
		}
		all = append(all, own)
	}
	shared := []string{"/usr/local/lib/go-xla"}
	if home, err := os.UserHomeDir(); err == nil {
		shared = append([]string{filepath.Join(home, ".local", "lib", "go-xla")}, shared...)
	}
	for _, dir := range shared {
		all = append(all, dir)
		if name == CUDA {
			all = append(all, filepath.Join(dir, "nvidia"))
		}
	}
	return slices.DeleteFunc(all, func(dir string) bool { return dir == "" })
}

// patterns are the names of plugin files: as GoMLX names them, with or without a
// version, and as JAX ships the one for CUDA.
var patterns = map[string][]string{
	CPU:  {"pjrt_c_api_cpu_plugin.so", "pjrt_c_api_cpu_v*_plugin.so"},
	CUDA: {"pjrt_c_api_cuda_plugin.so", "pjrt_c_api_cuda*_plugin.so", "xla_cuda_plugin.so"},
}

// findPlugin returns the absolute path of the first plugin for a backend.
func findPlugin(name string) (string, error) {
	dirs := folders(name)
	for _, dir := range dirs {
		for _, pattern := range patterns[name] {
			found, err := filepath.Glob(filepath.Join(escapeGlob(dir), pattern))
			if err != nil || len(found) == 0 {
				continue
			}
			return filepath.Abs(found[len(found)-1]) // sorted: the newest version
		}
	}
	return "", fmt.Errorf("no plugin %s in %s (%s); neurocredit backend install %s gets one",
		patterns[name][0], strings.Join(dirs, ", "), pathEnv, strings.ReplaceAll(name, ":", "-"))
}

// escapeGlob quotes the characters that have a meaning to [filepath.Glob].
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// checkPlugin reports a file that cannot be a plugin. The dynamic linker would
// say less, and some of it only to the terminal.
func checkPlugin(path string) error {
	if strings.Contains(path, ",") {
		return fmt.Errorf("plugin %s: the path must not contain a comma", path)
	}
	f, err := elf.Open(path)
	var format *elf.FormatError
	if errors.As(err, &format) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("plugin %s is damaged or no shared object: %w", path, err)
	}
	if err != nil {
		return fmt.Errorf("plugin: %w", err)
	}
	defer f.Close()
	if want := machine(); f.Machine != want {
		return fmt.Errorf("plugin %s is for another processor: %v, want %v", path, f.Machine, want)
	}
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return fmt.Errorf("plugin %s is damaged: %w", path, err)
	}
	if !slices.ContainsFunc(symbols, func(s elf.Symbol) bool { return s.Name == "GetPjrtApi" && s.Section != elf.SHN_UNDEF }) {
		return fmt.Errorf("plugin %s is no PJRT plugin: it does not export GetPjrtApi", path)
	}
	return nil
}

// fileContains reports whether a file has the text in it.
func fileContains(path, text string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	buf := make([]byte, 1<<20)
	kept := 0
	for {
		n, err := f.Read(buf[kept:])
		if bytes.Contains(buf[:kept+n], []byte(text)) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		end := kept + n
		kept = min(len(text)-1, end)
		copy(buf, buf[end-kept:end])
	}
}
