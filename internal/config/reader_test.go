package config_test

import (
	"errors"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/neurocredit/neurocredit/internal/config"
)

// plan is a configuration.
type plan struct {
	Name string  `yaml:"name" doc:"name of the run"`
	Seed uint32  `yaml:"seed" doc:"seed"`
	Dt   float64 `yaml:"dt" min:"0" doc:"time step"`
}

// planReader reads plans. Those of its published format are lists of the time step,
// one for every run, behind an exclamation mark.
var planReader = config.Reader[plan]{
	System: "toy", Name: func(c *plan) *string { return &c.Name },
	Experiments: fstest.MapFS{"experiments/steps.yaml": {Data: []byte("system: toy\nvariants: {short: {dt: 0.5}, long: {dt: 2}}\nseeds: [1, 2]\n")}},
	Preset: func(name string) (*plan, error) {
		if name != "" {
			return nil, errors.New("no presets")
		}
		return &plan{Name: "toy", Dt: 1}, nil
	},
	Published: func(text []byte, file string) ([]plan, error) {
		rest, ok := strings.CutPrefix(string(text), "!")
		if !ok {
			return nil, nil
		}
		if rest == "" {
			return nil, errors.New(file + " lists nothing")
		}
		var all []plan
		for _, name := range strings.Fields(rest) {
			all = append(all, plan{Name: name, Dt: 3})
		}
		return all, nil
	},
}

func TestReader(t *testing.T) {
	t.Chdir(t.TempDir())
	if names := planReader.Names(); !reflect.DeepEqual(names, []string{"steps"}) {
		t.Errorf("experiments %v", names)
	}
	if err := os.Mkdir("steps", 0o777); err != nil { // a folder of results does not hide the experiment
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		"config.yaml": "name: one\nseed: 7\ndt: 0.25\n", "published": "!a b", "own.yaml": "system: toy\nbase: {dt: 4}\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		file string
		set  []string
		want []plan
	}{
		{"steps", nil, []plan{{"steps_short_seed_1", 1, 0.5}, {"steps_short_seed_2", 2, 0.5}, {"steps_long_seed_1", 1, 2}, {"steps_long_seed_2", 2, 2}}},
		{"own.yaml", []string{"seed=3"}, []plan{{"own_seed_3", 3, 4}}},
		{"config.yaml", nil, []plan{{"one", 7, 0.25}}},
		{"config.yaml", []string{"dt=5"}, []plan{{"one", 7, 5}}},
		{"published", []string{"seed=9"}, []plan{{"a", 9, 3}, {"b", 9, 3}}},
	} {
		got, err := planReader.Read(c.file, c.set...)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %v: %v, %v, want %v", c.file, c.set, got, err, c.want)
		}
	}
}

func TestReaderRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	const known = "; experiments that come with neurocredit: [steps]"
	if _, err := planReader.Read("stepz"); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "toy: ") || !strings.HasSuffix(err.Error(), known) {
		t.Errorf("no such experiment: %v", err)
	}
	if _, err := planReader.Read("stepz.yaml"); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), known) {
		t.Errorf("no such file: %v", err)
	}
	for text, want := range map[string]string{
		"":                           "f: the document is empty, expected an experiment",
		"- 1\n":                      "expected a mapping",
		"dt: [\n":                    "f:",
		"dt: -1\n":                   "f:1: dt",
		"dt: 1\ndx: 1\n":             "f:2: dx",
		"system: other\n":            "system",
		"system: toy\npreset: new\n": "f:2: preset is \"new\": no presets",
		"!":                          "f lists nothing",
	} {
		if configs, err := planReader.Parse([]byte(text), "f"); err == nil || configs != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want %q", text, configs, err, want)
		}
	}
	for _, text := range []string{"name: one\nseed: 1\ndt: 1\n", "!a", "system: toy\n"} {
		if _, err := planReader.Parse([]byte(text), "f", "dt=-1"); err == nil || !strings.Contains(err.Error(), "dt") {
			t.Errorf("%q with a wrong assignment: %v", text, err)
		}
	}
}

// TestReaderWantsEveryKey: a key that is missing is no zero.
func TestReaderWantsEveryKey(t *testing.T) {
	type inner struct {
		On    bool `yaml:"on" doc:"switch"`
		Extra int  `yaml:"extra,omitempty" doc:"may be absent"`
	}
	type whole struct {
		Name  string   `yaml:"name" doc:"name of the run"`
		Seed  uint32   `yaml:"seed" doc:"seed"`
		One   inner    `yaml:"one" doc:"a block"`
		List  []inner  `yaml:"list" doc:"blocks"`
		Limit *float64 `yaml:"limit" doc:"null for none"`
	}
	reader := config.Reader[whole]{
		System: "toy", Name: func(c *whole) *string { return &c.Name }, Experiments: fstest.MapFS{},
		Preset: func(string) (*whole, error) { return &whole{Name: "toy"}, nil },
	}
	const complete = "name: a\nseed: 1\none:\n  on: true\nlist:\n  - on: true\n  - on: false\nlimit: null\n"
	if got, err := reader.Parse([]byte(complete), "f"); err != nil || len(got) != 1 || !got[0].One.On {
		t.Errorf("complete: %v, %v", got, err)
	}
	for drop, want := range map[string]string{
		"name: a\n": "f: name is missing, expected text; a single configuration gives every key", "seed: 1\n": "f: seed is missing",
		"  on: true\n": "f:3: one", "  - on: false\n": "", "limit: null\n": "f: limit is missing",
		"list:\n  - on: true\n  - on: false\n": "f: list is missing",
	} {
		_, err := reader.Parse([]byte(strings.Replace(complete, drop, "", 1)), "f")
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("without %q: %v, want %q", drop, err, want)
		}
	}
	_, err := reader.Parse([]byte("one: {extra: 1}\nlist: [{on: true}, {extra: 2}]\n"), "f")
	for _, want := range []string{"5 problems", "f:1: one.on is missing, expected true or false; a single", "f:2: list[1].on is missing, expected true or false\n", "f: seed is missing, expected a whole number", "f: limit is missing, expected a number"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	// Key system makes it an experiment, in which they belong into base.
	if _, err := reader.Parse([]byte("system: toy\none: {on: true}\n"), "f"); err == nil || !strings.Contains(err.Error(), "f:2: one is not a known key (known: system, preset") {
		t.Errorf("experiment: %v", err)
	}
}

// TestReaderNames: names are those of results directories, and those of the runs of an
// experiment are given by it.
func TestReaderNames(t *testing.T) {
	const single = "name: one\nseed: 7\ndt: 0.25\n"
	for _, c := range []struct {
		text, set, want string
	}{
		{strings.Replace(single, "one", "../one", 1), "dt=1", `f: name is "../one", must begin with a letter or digit`},
		{strings.Replace(single, "one", "''", 1), "dt=1", `f: name is ""`},
		{single, "name=a/b", `name is "a/b"`},
		{"!a/b", "dt=1", `name is "a/b"`},
		{strings.Replace(single, "one", "a/b", 1), "name=two", ""},
		{single, "name=" + strings.Repeat("x", 241), "at most 240"},
		{"system: toy\nbase:\n  name: foo\n", "dt=1", "f:3: name cannot be set: the runs of an experiment are named by"},
		{"system: toy\nvariants:\n  a: {name: foo}\n  b: {}\n", "dt=1", "f:3: name cannot be set: the runs of an experiment are named by the experiment, the variant and the seed (variant a)"},
		{"system: toy\nname: foo\n", "name=bar", "set name=bar: name cannot be set"},
		{"system: toy\nname: foo\n", "dt=1", ""},
	} {
		_, err := planReader.Parse([]byte(c.text), "f", c.set)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q with %s: %v, want %q", c.text, c.set, err, c.want)
		}
	}
}
