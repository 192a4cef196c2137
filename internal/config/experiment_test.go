package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/config"
)

const feedback = `system: dendritic
preset: yin-yang
description: Is learned feedback better?
base:
  dt: 0.01
  learning_rates: &rates {up: [5, 1], down: [0, 0]}
  bias: {a: 1}
variants:
  fa: {rule: fa}
  pal:
    rule: pal
    learning_rates: {down: [0, 0.5]}
    bias: {b: 2}
  same:
seeds: {first: 123456, count: 2}
`

func defaults(string) (*Model, error) { return Default(), nil }

func TestRuns(t *testing.T) {
	e, err := config.ParseExperiment([]byte(feedback), "some/dir/feedback.yaml", "dendritic", "pal")
	if err != nil {
		t.Fatal(err)
	}
	if e.Name != "feedback" || e.System != "dendritic" || e.Preset != "yin-yang" || e.Description != "Is learned feedback better?" ||
		!slices.Equal(e.Variants, []string{"fa", "pal", "same"}) || !slices.Equal(e.Seeds, []uint64{123456, 123457}) {
		t.Errorf("got %+v", e)
	}
	var presets []string
	runs, err := config.Runs(e, "seed", func(name string) (*Model, error) {
		presets = append(presets, name)
		return Default(), nil
	}, "threads=3", "bias.c=3")
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(presets, func(s string) bool { return s != "yin-yang" }) {
		t.Errorf("asked for presets %q", presets)
	}
	for i, name := range []string{
		"feedback_fa_seed_123456", "feedback_fa_seed_123457", "feedback_pal_seed_123456",
		"feedback_pal_seed_123457", "feedback_same_seed_123456", "feedback_same_seed_123457",
	} {
		want := Default()
		want.Seed, want.Dt, want.Threads = 123456+uint32(i%2), 0.01, 3
		want.Rates = Rates{Up: []float64{5, 1}, Down: []float64{0, 0}}
		want.Bias = map[string]float64{"inter": 1, "a": 1, "c": 3}
		switch i / 2 {
		case 0:
			want.Rule = "fa"
		case 1:
			want.Rates.Down[1] = 0.5
			want.Bias["b"] = 2
		}
		run := runs[i]
		if run.Name != name || run.Variant != e.Variants[i/2] || run.Seed != uint64(want.Seed) {
			t.Errorf("run %d is %+v, want %s", i, run, name)
		}
		if !reflect.DeepEqual(run.Config, want) {
			t.Errorf("%s differs in %v", name, config.Diff(want, run.Config))
		}
	}
	runs[0].Config.Rates.Up[0] = -1
	runs[0].Config.Bias["a"] = -1
	if runs[1].Config.Rates.Up[0] != 5 || runs[1].Config.Bias["a"] != 1 {
		t.Error("two runs share a list or a map")
	}
}

func TestRunsWithoutSeedsOrVariants(t *testing.T) {
	for document, want := range map[string]string{
		"system: a":                                             "[x_seed_42]",
		"system: a\nbase: {seed: 7}":                            "[x_seed_7]",
		"system: a\nvariants: {v: {seed: 3}, w: }":              "[x_v_seed_3 x_w_seed_42]",
		"system: a\nname: y.1\nseeds: [3, 1]":                   "[y.1_seed_3 y.1_seed_1]",
		"system: a\nseeds: {first: 4294967295, count: 1}":       "[x_seed_4294967295]",
		"system: a\nbase: &b {rule: fa}\nvariants: {v: *b}":     "[x_v_seed_42]",
		"{system: a, base: {levels: [1, 2, 3]}, seeds: [0x10]}": "[x_seed_16]",
	} {
		e, err := config.ParseExperiment([]byte(document), "x.yml")
		if err != nil {
			t.Errorf("%q: %v", document, err)
			continue
		}
		runs, err := config.Runs(e, "seed", defaults)
		var names []string
		for _, r := range runs {
			names = append(names, r.Name)
		}
		if got := fmt.Sprint(names); err != nil || got != want {
			t.Errorf("%q: got %s, %v, want %s", document, got, err, want)
		}
	}
}

func TestParseExperimentProblems(t *testing.T) {
	for _, test := range []struct{ document, want string }{
		{"", `x.yaml: the document is empty, expected an experiment with the key system`},
		{"base: {dt: 1}", `x.yaml: system is missing, expected one of dendritic, pal`},
		{"system: dendrtic", `x.yaml:1: system is "dendrtic", must be one of dendritic, pal; did you mean dendritic?`},
		{"system: ''", `x.yaml:1: system is "", expected one of dendritic, pal`},
		{"system: [pal]", `x.yaml:1: system is a list, expected text`},
		{"- system: pal", `x.yaml:1: the document is a list, expected a mapping with the keys system, preset, name, description, base, variants, seeds`},
		{"system: pal\nvariant: {}", `x.yaml:2: variant is not a known key; did you mean variants? (known: system, preset, name, description, base, variants, seeds)`},
		{"system: pal\nsystem: pal", `x.yaml:2: system is given twice, first on line 1`},
		{"system: pal\nname: a/b", `x.yaml:2: name is "a/b", must begin with a letter or digit and hold only letters, digits and _ . + -`},
		{"system: pal\nbase: [1]", `x.yaml:2: base is a list, expected a mapping with keys of the configuration`},
		{"system: pal\nvariants: [a, b]", `x.yaml:2: variants is a list, expected a mapping from names to changes, such as {fa: {rule: fa}}`},
		{"system: pal\nvariants: {}", `x.yaml:2: variants is empty, expected a mapping from names to changes, such as {fa: {rule: fa}}`},
		{"system: pal\nvariants:\n  a:\n  a:", `x.yaml:4: variants.a is given twice, first on line 3`},
		{"system: pal\nvariants:\n  a:\n  A:", `x.yaml:4: variants.A differs from a in case only, so their files would clash on some systems`},
		{"system: pal\nvariants:\n  a b: {}", `x.yaml:3: variants has the name "a b", which must begin with a letter or digit and hold only letters, digits and _ . + -`},
		{"system: pal\nvariants:\n  a: 3", `x.yaml:3: variants.a is 3, expected a mapping with keys of the configuration`},
		{"system: pal\nseeds: 5", `x.yaml:2: seeds is 5, expected a list such as [1, 2, 3] or a range such as {first: 1, count: 3}`},
		{"system: pal\nseeds: []", `x.yaml:2: seeds is empty, expected a list such as [1, 2, 3] or a range such as {first: 1, count: 3}`},
		{"system: pal\nseeds: [1, 2, 1]", `x.yaml:2: seeds[2] is 1 again, as seeds[0]`},
		{"system: pal\nseeds: [1, -1]", `x.yaml:2: seeds[1] is -1, must be in [0, 18446744073709551615]`},
		{"system: pal\nseeds:\n  first: 1\n  count: 0", `x.yaml:4: seeds.count is 0, must be in [1, 10000]`},
		{"system: pal\nseeds: {first: 1}", `x.yaml:2: seeds.count is 0 (not given), must be in [1, 10000]`},
		{"system: pal\nseeds: {count: 1}", `x.yaml:2: seeds.first is not given, expected the first seed`},
		{"system: pal\nseeds: {frist: 1, count: 1}", `x.yaml:2: seeds.frist is not a known key; did you mean first? (known: first, count)`},
		{"system: pal\nseeds: {first: 18446744073709551615, count: 2}", `x.yaml:2: seeds ends after the largest seed, 18446744073709551615`},
		{"system: pal\nbase: &b {a: *b}", `x.yaml:2: the document has a value &b that contains itself`},
	} {
		_, err := config.ParseExperiment([]byte(test.document), "x.yaml", "dendritic", "pal")
		checkProblems(t, err, []string{test.want})
	}
	_, err := config.ParseExperiment([]byte("system: pal"), "two words.yaml")
	checkProblems(t, err, []string{`two words.yaml: name is not given and the file's name "two words" cannot stand in for it: ` +
		`it must begin with a letter or digit and hold only letters, digits and _ . + -`})
}

func TestRunsProblems(t *testing.T) {
	for _, test := range []struct {
		document string
		set      []string
		want     []string
	}{
		{document: "base: {thraeds: 3}\nvariants: {a: , b: }", want: []string{
			`x.yaml:2: thraeds is not a known key; did you mean threads?`}},
		{document: "variants:\n  a: {rule: pla}\n  b: {dt: 0}\n  c:", want: []string{
			`x.yaml:3: rule is "pla", must be one of fa, pal, eta-zero; did you mean pal? (variant a)`,
			`x.yaml:4: dt is 0, must be > 0 ms (variant b)`}},
		{document: "base:\n  levels: [1, 2]\nvariants:\n  a:\n  b: {levels: [1, 2, 3]}\n  c:", want: []string{
			`x.yaml:3: levels has 2 values, needs at least 3 (variants a, c)`}},
		{document: "base:\n  seed: 3\nseeds: [1]", want: []string{
			`x.yaml:3: seed is set here and by seeds on line 4; keep one of them`}},
		{document: "seeds: [1]", set: []string{"seed=2"}, want: []string{
			`set seed=2: seed is set here and by seeds on line 2; keep one of them`}},
		{document: "seeds: [1, 4294967296]", want: []string{
			`x.yaml:2: seed is 4294967296, must be in [0, 4294967295]`}},
		{document: "variants: {a: , b: }", set: []string{"dt=0"}, want: []string{`set dt=0: dt is 0, must be > 0 ms`}},
		// What base gives and a variant replaces is still checked for its type.
		{document: "base: {dt: x}\nvariants: {a: {dt: 1}}", want: []string{`x.yaml:2: dt is "x", expected a number > 0 ms`}},
		// A problem in a list must not be blamed on the list it replaced.
		{document: "base:\n  record: [{population: inter, every: 3}]\nvariants:\n  a:\n    record: [{population: inter}]", want: []string{
			`x.yaml:6: record[0].every is 0 (not given), must be >= 1 steps`}},
	} {
		e, err := config.ParseExperiment([]byte("system: a\n"+test.document), "x.yaml")
		if err != nil {
			t.Fatal(err)
		}
		runs, err := config.Runs(e, "seed", defaults, test.set...)
		checkProblems(t, err, test.want)
		if runs != nil {
			t.Error("runs in spite of an error")
		}
	}
}

func TestRunsPresetError(t *testing.T) {
	for document, want := range map[string]string{
		"system: a\npreset: moons": `x.yaml:2: preset is "moons": file does not exist`,
		"system: a":                `x.yaml: file does not exist`,
	} {
		e, err := config.ParseExperiment([]byte(document), "x.yaml")
		if err != nil {
			t.Fatal(err)
		}
		_, err = config.Runs(e, "seed", func(string) (*Model, error) { return nil, fs.ErrNotExist })
		if !errors.Is(err, fs.ErrNotExist) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestSeedBelowTheTop(t *testing.T) {
	type below struct {
		Data struct {
			Seed int64 `yaml:"seed"`
		} `yaml:"data"`
	}
	e, err := config.ParseExperiment([]byte("system: a\nseeds: [5]"), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	runs, err := config.Runs(e, "data.seed", func(string) (*below, error) { return new(below), nil })
	if err != nil || runs[0].Config.Data.Seed != 5 || runs[0].Name != "x_seed_5" {
		t.Errorf("got %+v, %v", runs, err)
	}
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, `no seed at "sede"`) {
			t.Errorf("panic %q", text)
		}
	}()
	e, _ = config.ParseExperiment([]byte("system: a"), "x.yaml")
	_, err = config.Runs(e, "sede", func(string) (*below, error) { return new(below), nil })
	t.Errorf("no panic, but %v", err)
}
