package config_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/neurocredit/neurocredit/internal/config"
)

var documents = []string{
	"", "dt: 0.5\n", "seed: 1_000\nrule: pal\nlevels: [2, 3, 4]\n", "dt: &a 1\nstop: *a\n",
	"learning_rates: {up: [1], down: [2]}\n", "record:\n  - {population: inter, every: 3}\n",
	"groups:\n  a: &a {population: inter, every: 3}\n  b: {<<: *a, every: 4}\n",
	"noise: &n {std: *n}\n", "limit: 1h\ninit: [1, 2]\nbias: {a b: 1e-3}\n", "x: [", "\t", "- 1\n- 2\n",
	"? {a: b}\n: c\n", "!!python/tuple [1]", "dt: 1\n---\ndt: 2", "dt: !!float 3\nseed: !!str 4", "a: |\n  text\n",
	"\xfe\xff\x00\x85\x00a", // UTF-16
}

// FuzzDecode reads anything: it must return problems that name a line of the
// document, or a model that can be written and read back.
func FuzzDecode(f *testing.F) {
	for _, document := range documents {
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document string) {
		m := Default()
		err := config.Decode([]byte(document), m, "f.yaml")
		if err == nil {
			again := encodeAndDecode(t, m)
			if changes := config.Diff(m, again); changes != nil {
				t.Fatalf("read back with changes %v", changes)
			}
			return
		}
		checkReport(t, err, document)
		if !reflect.DeepEqual(m, Default()) {
			t.Fatal("the target changed in spite of an error")
		}
	})
}

func encodeAndDecode(t *testing.T, m *Model) *Model {
	t.Helper()
	text, err := config.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	again := new(Model)
	if err := config.Decode(text, again, ""); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return again
}

// checkReport checks what must hold for any error about document.
func checkReport(t *testing.T, err error, document string) {
	t.Helper()
	var problems config.Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("got %#v, want Problems", err)
	}
	lines := 1 + strings.Count(document, "\n") + strings.Count(document, "\r") +
		strings.Count(document, "\u0085") + strings.Count(document, "\u2028") + strings.Count(document, "\u2029")
	if !utf8.ValidString(document) {
		lines = len(document) // YAML may also be UTF-16, whose line ends look different
	}
	for _, p := range problems {
		if p.Line < 0 || p.Line > lines || p.Text == "" || p.File != "f.yaml" {
			t.Fatalf("bad problem %#v for %d lines", p, lines)
		}
	}
}

// FuzzSet assigns anything. What it accepts must be a valid model.
func FuzzSet(f *testing.F) {
	for _, a := range []string{
		"dt=1", "learning_rates.up[0]=3", `bias["a b"]=2`, "noise={std: 1, tau: 1}", "=", "a", "record[0].every=2",
		"note=a: b", "note='a", "levels=[1,2,3]", "stop=null", "record=*a", "[0]=1", "bias.=1", "init=[1, 2]",
	} {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, assignment string) {
		m := Default()
		if err := config.Set(m, assignment); err != nil {
			var problems config.Problems
			if !errors.As(err, &problems) || !reflect.DeepEqual(m, Default()) {
				t.Fatalf("%v, changes %v", err, config.Diff(Default(), m))
			}
			return
		}
		if err := config.Check(m); err != nil {
			t.Fatal(err)
		}
		encodeAndDecode(t, m)
	})
}

func FuzzParseExperiment(f *testing.F) {
	for _, document := range []string{
		"system: a\nseeds: [1, 2]\n", "system: a\nbase: {dt: 1}\nvariants: {x: {seed: 1}, y: }\n",
		"system: a\nseeds: {first: 3, count: 2}\nvariants: {x: {dt: -1}}\n", "name: x", "system: a\nbase: &b {dt: 1}\nvariants: {b: *b}",
		"system: a\nvariants: {A: {}, a: {}}", "seeds: -1", "system: a\nseeds: {first: 18446744073709551615, count: 2}",
	} {
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document string) {
		e, err := config.ParseExperiment([]byte(document), "f.yaml", "a", "b")
		if err != nil {
			checkReport(t, err, document)
			return
		}
		runs, err := config.Runs(e, "seed", func(string) (*Model, error) { return Default(), nil })
		if err != nil {
			checkReport(t, err, document)
			return
		}
		if want := max(1, len(e.Variants)) * max(1, len(e.Seeds)); len(runs) != want {
			t.Fatalf("%d runs, want %d", len(runs), want)
		}
		names := map[string]bool{}
		for _, r := range runs {
			if names[strings.ToLower(r.Name)] {
				t.Fatalf("two runs are called %s", r.Name)
			}
			names[strings.ToLower(r.Name)] = true
			if err := config.Check(r.Config); err != nil || uint64(r.Config.Seed) != r.Seed {
				t.Fatalf("%s: seed %d, %v", r.Name, r.Config.Seed, err)
			}
		}
	})
}
