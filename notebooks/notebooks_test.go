package notebooks_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/neurocredit/neurocredit/internal/nbtest"
)

var update = flag.Bool("update", false, "remove outputs and other leftovers from the notebooks, and format their code")

const (
	dataEnv  = "NEUROCREDIT_DATA"          // data cache; a notebook that needs data is skipped when it is not set
	quickEnv = "NEUROCREDIT_QUICK"         // 1, also when it is not set: small settings; 0: those of the papers
	outEnv   = "NEUROCREDIT_NOTEBOOKS_OUT" // folder to which executed notebooks are written, with their outputs

	quickLimit = 5 * time.Minute // for a cell in quick mode; the first cells may fill an empty build cache
	fullLimit  = 24 * time.Hour
)

// list returns the paths of all notebooks.
func list(t *testing.T) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && skipped(d.Name()) {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".ipynb" {
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatal("no notebook found")
	}
	return paths
}

// skipped names the folders that hold no sources: what runs write, and what editors and Git keep.
func skipped(name string) bool {
	return name == "runs" || len(name) > 1 && strings.HasPrefix(name, ".") && name != ".."
}

// TestClean checks what is committed. With -update it first puts right what it can.
func TestClean(t *testing.T) {
	for _, path := range list(t) {
		t.Run(filepath.ToSlash(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			nb, err := nbtest.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			complaints := nb.Check()
			nb.Clean()
			clean, err := nb.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				complaints = nb.Check()
				if err := os.WriteFile(path, clean, 0o644); err != nil {
					t.Fatal(err)
				}
			} else if !bytes.Equal(clean, data) {
				t.Error("has leftovers or another layout than Jupyter saves; \"go test ./notebooks -run TestClean -update\" puts it right")
			}
			for _, err := range complaints {
				t.Error(err)
			}
		})
	}
}

// TestRun executes every notebook. Its last cell checks the results.
func TestRun(t *testing.T) {
	bin := nbtest.Need(t)
	watchSources(t)
	limit, quick := quickLimit, "1"
	if os.Getenv(quickEnv) == "0" {
		limit, quick = fullLimit, "0"
	}
	for _, path := range list(t) {
		t.Run(filepath.ToSlash(path), func(t *testing.T) {
			nb, err := nbtest.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			env := append(needData(t, nb.Settings.Data), quickEnv+"="+quick)
			rep, err := nbtest.Run(beforeDeadline(t), nb, nbtest.Options{
				Bin: bin, Dir: workFolder(t, filepath.Dir(path)), Env: env, CellLimit: limit,
			})
			if rep != nil {
				t.Logf("seconds of %s:\n%s", path, rep.Table())
				save(t, path, rep.Notebook)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// needData returns the environment that tells where the named data are, and skips the test when nobody told us.
func needData(t *testing.T, names []string) []string {
	t.Helper()
	if len(names) == 0 {
		return nil
	}
	cache := os.Getenv(dataEnv)
	if cache == "" {
		t.Skipf("SKIPPED: the notebook needs %s; set %s to a folder that holds it", strings.Join(names, ", "), dataEnv)
	}
	cache, err := filepath.Abs(cache)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(cache, name)); err != nil {
			t.Fatalf("%s: %v", dataEnv, err)
		}
	}
	return []string{dataEnv + "=" + cache}
}

// workFolder makes a folder for one run, with a copy of the data folder beside the notebook and no results of an
// earlier run. It lies below the notebook's own, because the setup cell looks for the module around it.
func workFolder(t *testing.T, dir string) string {
	t.Helper()
	runs := filepath.Join(dir, "runs")
	if err := os.MkdirAll(runs, 0o755); err != nil {
		t.Fatal(err)
	}
	work, err := os.MkdirTemp(runs, "test")
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	if err := os.CopyFS(filepath.Join(work, "data"), os.DirFS(data)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(work); err != nil {
			t.Error(err)
		}
		_ = os.Remove(runs) // only if empty: a person's own runs stay
	})
	return work
}

// beforeDeadline ends a few seconds before go test gives up, so that no kernel is left behind.
func beforeDeadline(t *testing.T) context.Context {
	t.Helper()
	end, ok := t.Deadline()
	if !ok {
		return t.Context()
	}
	ctx, cancel := context.WithDeadline(t.Context(), end.Add(-30*time.Second))
	t.Cleanup(cancel)
	return ctx
}

// save writes an executed notebook to the folder that outEnv names, if it does.
func save(t *testing.T, path string, nb *nbtest.Notebook) {
	t.Helper()
	out := os.Getenv(outEnv)
	if out == "" {
		return
	}
	if !filepath.IsAbs(out) {
		t.Fatalf("%s is %q, want an absolute path", outEnv, out)
	}
	data, err := nb.Encode()
	if err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(out, path)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// watchSources looks into every folder of the module. Notebooks compile the module's packages themselves, of which go
// test does not know; it repeats a test whose folders have changed instead of reporting a cached result.
func watchSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && skipped(d.Name()) {
			return filepath.SkipDir
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a file that another program just removed
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
