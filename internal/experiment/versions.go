package experiment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

const (
	modulePath   = "github.com/neurocredit/neurocredit"
	versionsName = "versions.json"
)

// Versions says what computed a run, as far as this can change its numbers.
type Versions struct {
	Module       string            `json:"module"`             // version of this module, "(devel)" in a checkout
	Revision     string            `json:"revision,omitempty"` // git revision of the module, if known
	Modified     bool              `json:"modified,omitempty"` // the checkout had changes that are not in Revision
	Engine       string            `json:"engine"`             // as given in the [Manifest]
	Go           string            `json:"go"`
	OS           string            `json:"os"`
	Arch         string            `json:"arch"`
	CPU          string            `json:"cpu,omitempty"`
	Command      []string          `json:"command"` // command line
	Started      time.Time         `json:"started"`
	Dependencies map[string]string `json:"dependencies,omitempty"` // module path to version
}

// currentVersions describes this program.
func currentVersions(engine string) Versions {
	v := Versions{
		Module: "(unknown)", Engine: engine, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: cpuModel(), Command: slices.Clone(os.Args), Started: time.Now(), Dependencies: map[string]string{},
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.readBuild(info)
	}
	if v.Revision == "" {
		v.Revision, v.Modified = sourceRevision()
	}
	return v
}

func (v *Versions) readBuild(info *debug.BuildInfo) {
	if info.Main.Path == modulePath { // otherwise we are a library in somebody's notebook or program
		v.Module = info.Main.Version
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Revision = s.Value
			case "vcs.modified":
				v.Modified = s.Value == "true"
			}
		}
	}
	for _, d := range info.Deps {
		version := d.Version
		if d.Replace != nil {
			version = strings.TrimSpace(d.Replace.Path + " " + d.Replace.Version)
		}
		if d.Path == modulePath {
			v.Module = version
			continue
		}
		v.Dependencies[d.Path] = version
	}
}

// sourceRevision asks git about the folder that this file was compiled from.
// It finds nothing when the folder has gone, or when git knows this file only
// as part of somebody else's repository (a module cache in a home under git).
func sourceRevision() (revision string, modified bool) {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return "", false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // a network file system may be slow
	defer cancel()
	git := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "git", append([]string{"-C", filepath.Dir(file)}, args...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	if _, err := git("ls-files", "--error-unmatch", filepath.Base(file)); err != nil {
		return "", false
	}
	revision, err := git("rev-parse", "HEAD")
	if err != nil {
		return "", false
	}
	changes, err := git("status", "--porcelain", "--untracked-files=no")
	return revision, err != nil || changes != ""
}

// cpuModel returns the processor's name where the system tells it in a file.
func cpuModel() string {
	data, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// differences lists what may make the numbers of v and w differ.
func (v Versions) differences(w Versions) []string {
	var list []string
	add := func(name, a, b string) {
		if a != b {
			list = append(list, fmt.Sprintf("%s: %s before, %s now", name, orNone(a), orNone(b)))
		}
	}
	add("module", v.Module, w.Module)
	add("revision", v.Revision, w.Revision)
	add("engine", v.Engine, w.Engine)
	add("go", v.Go, w.Go)
	add("os", v.OS, w.OS)
	add("arch", v.Arch, w.Arch)
	add("cpu", v.CPU, w.CPU)
	names := slices.Collect(maps.Keys(v.Dependencies))
	names = slices.AppendSeq(names, maps.Keys(w.Dependencies))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		add(name, v.Dependencies[name], w.Dependencies[name])
	}
	return list
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// readVersions returns all entries of versions.json, none if there is no file.
func readVersions(dir string) ([]Versions, error) {
	path := filepath.Join(dir, versionsName)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	var list []Versions
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("experiment: %s: %w", path, err)
	}
	return list, nil
}

// writeJSON replaces the file at path by v, for people and programs to read.
func writeJSON(path string, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("experiment: %s: %w", path, err)
	}
	return WriteFile(path, b.Bytes())
}
