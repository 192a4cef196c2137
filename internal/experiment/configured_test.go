package experiment

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// settings is a configuration.
type settings struct {
	Seed   int `yaml:"seed" min:"0" doc:"seed"`
	Epochs int `yaml:"epochs" doc:"epochs"`
}

// begin starts or resumes a run, which does nothing.
func begin(tb testing.TB, dir string, c *settings, resume bool, engine string, reconcile func(saved, c *settings)) error {
	tb.Helper()
	r, err := Start(dir, c, resume, engine, reconcile)
	if err == nil {
		r.Finish(&err)
	}
	return err
}

func TestStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if BegunBy(dir) != "" {
		t.Errorf("engine %q where there is no run", BegunBy(dir))
	}
	if err := begin(t, dir, &settings{1, 2}, true, "native", nil); err != nil { // nothing to resume
		t.Fatal(err)
	}
	if err := begin(t, dir, &settings{1, 2}, false, "native", nil); !errors.Is(err, ErrExists) {
		t.Errorf("there already: %v", err)
	}
	if err := begin(t, dir, &settings{1, 2}, true, "graph go", nil); err != nil {
		t.Fatal(err)
	}
	if BegunBy(dir) != "native" {
		t.Errorf("begun by %q", BegunBy(dir))
	}
	requireError(t, begin(t, dir, &settings{2, 3}, true, "native", nil), "another configuration", "\n  seed: 1 → 2\n  epochs: 2 → 3")
	requireError(t, begin(t, dir, &settings{-1, 2}, true, "native", nil), "seed")
	if err := os.WriteFile(filepath.Join(dir, configName), []byte("sead: 1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	requireError(t, begin(t, dir, &settings{1, 2}, true, "native", nil), configName, "sead")
}

// TestReconcile changes either configuration before they are compared: a value of
// the saved one goes on, and is saved again, and one of the given replaces it.
func TestReconcile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	reconcile := func(saved, c *settings) {
		c.Seed = saved.Seed
		saved.Epochs = c.Epochs
	}
	for _, c := range []settings{{7, 1}, {8, 2}, {9, 3}} {
		if err := begin(t, dir, &c, true, "native", reconcile); err != nil {
			t.Fatal(err)
		}
		var saved settings
		if _, _, err := Load(dir, &saved); err != nil || c.Seed != 7 || saved != c {
			t.Errorf("goes on with %+v, saved are %+v, %v", c, saved, err)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Start(dir, &settings{1, 2}, false, "native", nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Metrics("loss")
	if err == nil {
		err = m.Append(0.5)
	}
	r.Finish(&err)
	if err != nil {
		t.Fatal(err)
	}
	var c settings
	saved, table, err := Load(dir, &c)
	if err != nil || saved.Status.State != Done || c != (settings{1, 2}) || len(table.Rows) != 1 || table.Rows[0][0] != 0.5 {
		t.Errorf("%+v, %+v, %+v, %v", saved, c, table, err)
	}
	write(t, filepath.Join(dir, metricsName), "loss\nx\n")
	_, _, err = Load(dir, &c)
	requireError(t, err, metricsName)
	write(t, filepath.Join(dir, configName), "sead: 1\n")
	if _, _, err = Load(dir, &c); err == nil || !strings.HasPrefix(err.Error(), dir+"/"+configName) {
		t.Errorf("wrong configuration: %v", err)
	}
	if _, _, err = Load(t.TempDir(), &c); err == nil {
		t.Error("loaded what is no run")
	}
}
