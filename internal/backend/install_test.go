package backend

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Two packages, as released: a plugin, and a library with a program.
const (
	pluginPackage  = "the-plugin==1.0"
	libraryPackage = "lib==2"
)

var packages = map[string]map[string]string{
	pluginPackage:  {"plugins/p/plugin.so": "code", "the_plugin-1.0.dist-info/METADATA": "free"},
	libraryPackage: {"nvidia/lib/l.so": "library", "nvidia/bin/tool": "#!", "lib-2.dist-info/licenses/License.txt": "terms"},
}

// registry puts a python3 first in PATH that leaves the wheel of one of the packages
// in the folder after --dest, and returns the release of all. If there is a file
// named hang in dir, the wheel of the library never comes.
func registry(t *testing.T) (r release, dir string) {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	dir = t.TempDir()
	r = release{folder: "xla", plugin: "plugins/p/plugin.so"}
	for _, requirement := range []string{pluginPackage, libraryPackage} {
		w := wheel{requirement: requirement}
		content := archive(t, &w, packages[requirement])
		write(t, filepath.Join(dir, requirement), content, 0o644)
		w.sum = hexSum(content)
		r.wheels = append(r.wheels, w)
	}
	script := fmt.Sprintf(`#!/bin/sh
while [ "$1" != --dest ]; do shift; done
echo getting $3
if [ "$3" = %s ] && [ -e '%s/hang' ]; then echo half >"$2/half"; exec sleep 60; fi
[ "$TMPDIR" = "$2" ] && cp '%s/'"$3" "$2/w.whl"
`, libraryPackage, dir, dir)
	write(t, filepath.Join(dir, "python3"), script, 0o755)
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return r, dir
}

// archive returns the wheel of a package and notes the sum of its RECORD.
func archive(t *testing.T, w *wheel, files map[string]string) string {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	add := func(name, content string) {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if filepath.Base(name) == "tool" {
			header.SetMode(0o744)
		}
		f, err := z.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, content); err != nil {
			t.Fatal(err)
		}
	}
	record, name := "", ""
	for _, file := range slices.Sorted(maps.Keys(files)) {
		sum := sha256.Sum256([]byte(files[file]))
		record += fmt.Sprintf("%s,sha256=%s,%d\n", file, base64.RawURLEncoding.EncodeToString(sum[:]), len(files[file]))
		if info, _, ok := strings.Cut(file, ".dist-info/"); ok {
			name = info + ".dist-info/RECORD"
		}
		add(file, files[file])
	}
	record += name + ",,\n"
	add(name, record)
	if _, err := z.Create("plugins/"); err != nil { // a folder of its own
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	w.record = hexSum(record)
	return buf.String()
}

func hexSum(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func write(t *testing.T, file, content string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

// checkInstalled checks that dir holds the release and nothing else.
func checkInstalled(t *testing.T, dir string) {
	t.Helper()
	want := []string{"xla/lib-2.dist-info/RECORD", "xla/the_plugin-1.0.dist-info/RECORD"}
	for _, files := range packages {
		for name, content := range files {
			want = append(want, "xla/"+name)
			if got, err := os.ReadFile(filepath.Join(dir, "xla", name)); string(got) != content || err != nil {
				t.Errorf("%s: %q, %v, want %q", name, got, err, content)
			}
		}
	}
	slices.Sort(want)
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	if info, err := os.Stat(filepath.Join(dir, "xla/nvidia/bin/tool")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the program is no program: %v, %v", info, err)
	}
}

// files lists the files below dir, sorted.
func files(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, name)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return all
}

func TestInstall(t *testing.T) {
	r, _ := registry(t)
	dir := filepath.Join(t.TempDir(), "plug[i]ns")
	install := func(want ...string) {
		t.Helper()
		var log bytes.Buffer
		if err := r.install(t.Context(), dir, &log); err != nil {
			t.Fatal(err)
		}
		checkInstalled(t, dir)
		if got := regexp.MustCompile(`(?m)^getting .*$`).FindAllString(log.String(), -1); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		for i, w := range r.wheels {
			line := fmt.Sprintf("%s, package %d of 2\n", w.requirement, i+1)
			if strings.Contains(log.String(), line) != slices.Contains(want, "getting "+w.requirement) {
				t.Errorf("log %q", &log)
			}
		}
	}
	install("getting "+pluginPackage, "getting "+libraryPackage)
	install() // what is right is left alone

	// Of a damaged release the damaged packages are replaced.
	tool := filepath.Join(dir, "xla/nvidia/bin/tool")
	for _, damage := range []func() error{
		func() error { return os.WriteFile(tool, []byte("?"), 0o644) },
		func() error { return os.Remove(tool) },
		func() error { return os.RemoveAll(filepath.Join(dir, "xla/nvidia")) },
		func() error { return os.Truncate(filepath.Join(dir, "xla/lib-2.dist-info/RECORD"), 10) },
		func() error { // as if a repair had been interrupted
			part := filepath.Join(dir, "xla.part")
			return errors.Join(os.Rename(filepath.Join(dir, "xla"), part), os.Remove(filepath.Join(part, "nvidia/lib/l.so")))
		},
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		install("getting " + libraryPackage)
	}

	// A file that somebody has open keeps its content.
	open, err := os.Open(tool)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if err := os.Remove(filepath.Join(dir, "xla/nvidia/lib/l.so")); err != nil {
		t.Fatal(err)
	}
	install("getting " + libraryPackage)
	if before, after := must(open.Stat()), must(os.Stat(tool)); os.SameFile(before, after) {
		t.Error("a file was overwritten in place")
	}
}

func must(info fs.FileInfo, err error) fs.FileInfo {
	if err != nil {
		panic(err)
	}
	return info
}

// canceller is a log that cancels when it sees a text.
type canceller struct {
	text   string
	cancel func()
}

func (c canceller) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(c.text)) {
		c.cancel()
	}
	return len(p), nil
}

// An interrupted installation is no installation, and the next one goes on with it.
func TestInstallInterrupted(t *testing.T) {
	r, pip := registry(t)
	dir := t.TempDir()
	hang := filepath.Join(pip, "hang")
	write(t, hang, "", 0o644)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	err := r.install(ctx, dir, canceller{"getting " + libraryPackage, func() { cancel(enough) }})
	if !errors.Is(err, enough) {
		t.Errorf("error %v", err)
	}
	want := []string{"xla.part/plugins/p/plugin.so", "xla.part/the_plugin-1.0.dist-info/METADATA", "xla.part/the_plugin-1.0.dist-info/RECORD"}
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	if err := r.install(ctx, dir, io.Discard); !errors.Is(err, enough) {
		t.Errorf("already cancelled: %v", err)
	}

	write(t, filepath.Join(dir, "xla.part/.download/half"), "left by a run that was killed", 0o644)
	if err := os.Remove(hang); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	if err := r.install(t.Context(), dir, &log); err != nil || strings.Contains(log.String(), pluginPackage) {
		t.Errorf("%v, log %q", err, &log)
	}
	checkInstalled(t, dir)

	// What is installed stays when its check is interrupted.
	if err := r.install(ctx, dir, io.Discard); !errors.Is(err, enough) {
		t.Errorf("already cancelled, and installed: %v", err)
	}
	checkInstalled(t, dir)
}

func TestInstallRefuses(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	for want, change := range map[string]func(*wheel){
		"w.whl has SHA-256 ": func(w *wheel) { w.sum = zeros },
		"RECORD has SHA-256": func(w *wheel) { w.record = zeros },
		"lib==3: ":           func(w *wheel) { w.requirement = "lib==3" },
	} {
		r, _ := registry(t)
		change(&r.wheels[1])
		dir := t.TempDir()
		expect(t, r.install(t.Context(), dir, io.Discard), want)
		if _, err := os.Stat(filepath.Join(dir, "xla")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: something is installed: %v", want, err)
		}
	}

	// A wheel must not write elsewhere.
	r, pip := registry(t)
	content := archive(t, &r.wheels[1], map[string]string{"../../out": "x", "lib-2.dist-info/METADATA": "y"})
	write(t, filepath.Join(pip, libraryPackage), content, 0o644)
	r.wheels[1].sum = hexSum(content)
	dir := filepath.Join(t.TempDir(), "a", "b")
	expect(t, r.install(t.Context(), dir, io.Discard), `a file "../../out", outside`)

	t.Setenv("PATH", t.TempDir())
	expect(t, r.install(t.Context(), dir, io.Discard), "python3 -m pip download --no-deps", "needs Python 3 with pip")
}

func TestInstallNames(t *testing.T) {
	isolate(t, "")
	t.Setenv("PATH", t.TempDir())
	for name, want := range map[string]string{"go": "no plugin to install", "tpu": "unknown backend"} {
		_, err := Install(t.Context(), name, io.Discard)
		expect(t, err, "backend: ", want)
	}
	for _, name := range []string{CPU, CUDA} {
		want := "backend: install " + name + ": python3 "
		if _, ok := released(name); !ok {
			want = "no plugin to install for \"" + name + "\" on " + platform
		}
		_, err := Install(t.Context(), strings.ReplaceAll(name, ":", "-"), io.Discard)
		expect(t, err, want)
	}
}

// The table has what Install and Open need of each release.
func TestReleases(t *testing.T) {
	sum := regexp.MustCompile(`^[0-9a-f]{64}$`)
	requirement := regexp.MustCompile(`^[a-z0-9-]+==[0-9.]+$`)
	for key, r := range releases {
		name, _, _ := strings.Cut(key, " ")
		if !slices.Contains(patterns[name], filepath.Base(r.plugin)) {
			t.Errorf("%s: Open does not look for %s", key, r.plugin)
		}
		seen := map[string]bool{}
		for _, w := range r.wheels {
			if !requirement.MatchString(w.requirement) || !sum.MatchString(w.sum) || !sum.MatchString(w.record) {
				t.Errorf("%s: %v", key, w)
			}
			for _, s := range []string{w.requirement, w.sum, w.record} {
				if seen[s] {
					t.Errorf("%s: %s twice", key, s)
				}
				seen[s] = true
			}
		}
		if len(r.wheels) == 0 {
			t.Errorf("%s has no packages", key)
		}
	}
}
