package backend

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fakePip puts a python3 first in PATH that leaves a wheel with the given files
// in the folder after --dest. It returns what the release of that wheel is.
func fakePip(t *testing.T, files map[string]string) release {
	t.Helper()
	var wheel bytes.Buffer
	z := zip.NewWriter(&wheel)
	for name, content := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "w.whl"), wheel.String(), 0o644)
	write(t, filepath.Join(dir, "plugin"), files["p/plugin.so"], 0o644)
	script := "#!/bin/sh\nwhile [ \"$1\" != --dest ]; do shift; done\necho getting $3\ncp '" + dir + "/w.whl' \"$2/\"\n"
	write(t, filepath.Join(dir, "python3"), script, 0o755)
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	r := release{requirement: "p==1", member: "p/plugin.so", file: "plugin.so"}
	var err error
	if r.wheel, err = sha256Of(filepath.Join(dir, "w.whl")); err != nil {
		t.Fatal(err)
	}
	if r.plugin, err = sha256Of(filepath.Join(dir, "plugin")); err != nil {
		t.Fatal(err)
	}
	return r
}

func write(t *testing.T, file, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

func TestInstall(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	r := fakePip(t, map[string]string{"p/plugin.so": "code", "p-1.dist-info/licenses/LICENSE": "free", "p/other": "x"})
	dir := filepath.Join(t.TempDir(), "plugins")
	var log bytes.Buffer
	file, err := r.install(t.Context(), dir, &log)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"plugin.so": "code", "plugin.so.LICENSE": "free"}
	checkFolder(t, dir, want)
	if file != filepath.Join(dir, "plugin.so") || log.String() != "getting p==1\n" {
		t.Errorf("file %s, log %q", file, &log)
	}

	// A plugin that is right is left alone, one that is wrong replaced.
	if _, err := r.install(t.Context(), dir, &log); err != nil || log.String() != "getting p==1\n" {
		t.Errorf("again: %v, log %q", err, &log)
	}
	write(t, file, "damaged", 0o644)
	if _, err := r.install(t.Context(), dir, &log); err != nil {
		t.Error(err)
	}
	checkFolder(t, dir, want)
}

func checkFolder(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(want) {
		t.Fatalf("%v, %v, want %v", entries, err, want)
	}
	for name, content := range want {
		if got, err := os.ReadFile(filepath.Join(dir, name)); string(got) != content || err != nil {
			t.Errorf("%s: %q, %v, want %q", name, got, err, content)
		}
	}
}

func TestInstallRefuses(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	files := map[string]string{"p/plugin.so": "code"}
	for want, change := range map[string]func(*release){
		"w.whl has SHA-256 ":        func(r *release) { r.wheel = strings.Repeat("0", 64) },
		"p/plugin.so has SHA-256 ":  func(r *release) { r.plugin = strings.Repeat("0", 64) },
		"w.whl has no file p/other": func(r *release) { r.member = "p/other" },
	} {
		r := fakePip(t, files)
		change(&r)
		dir := t.TempDir()
		_, err := r.install(t.Context(), dir, new(bytes.Buffer))
		expect(t, err, want)
		checkFolder(t, dir, nil)
	}
	r := fakePip(t, files)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := r.install(ctx, t.TempDir(), new(bytes.Buffer)); !errors.Is(err, enough) {
		t.Errorf("cancelled: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	_, err := r.install(t.Context(), t.TempDir(), new(bytes.Buffer))
	expect(t, err, "python3 -m pip download --no-deps", "needs Python 3 with pip")
}

func TestInstallNames(t *testing.T) {
	for name, want := range map[string]string{
		"xla-cuda": "jax[cuda13]", "xla:cuda": "PJRT_PLUGIN_LIBRARY_PATH", "go": "no plugin to install", "tpu": "unknown backend",
	} {
		_, err := Install(t.Context(), name, new(bytes.Buffer))
		expect(t, err, "backend: ", want)
	}
}
