package config_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/neurocredit/neurocredit/internal/config"
	"go.yaml.in/yaml/v3"
)

// TestDecodeProblems pins the messages, which are what a user sees of this
// package. A document must cause exactly the problems listed.
func TestDecodeProblems(t *testing.T) {
	for _, test := range []struct {
		name, document string
		want           []string
	}{
		{"unknown key", "dt: 1\nlearning_rates:\n  upp: [1]\n", []string{
			`f.yaml:3: learning_rates.upp is not a known key; did you mean up? (known: up, down)`}},
		{"unknown key among many", "colour: red", []string{
			`f.yaml:1: colour is not a known key (known: seed, dt, rule, levels, decay and 13 more)`}},
		{"key of another level", "std: 1", []string{
			`f.yaml:1: std is not a known key; did you mean noise.std?`}},
		{"key of the top level", "noise: {std: 1, tau: 2, dt: 3}", []string{
			`f.yaml:1: noise.dt is not a known key; did you mean dt at the top level? (known: std, tau)`}},
		{"key with points", "learning_rates.up: [1]", []string{
			`f.yaml:1: learning_rates.up is not a known key; write it as learning_rates: {up: ...}`}},
		{"key without blank", "learning_rates: {up:5}", []string{
			`f.yaml:1: learning_rates.up:5 is not a known key; a blank must follow the colon, as in up: 5 (known: up, down)`}},
		{"duplicate key", "dt: 1\nseed: 3\ndt: 2", []string{`f.yaml:3: dt is given twice, first on line 1`}},
		{"duplicate map key", "bias: {a: 1, a: 2}", []string{`f.yaml:1: bias.a is given twice, first on line 1`}},
		{"key that is no name", "? [1]\n: 2", []string{`f.yaml:1: the document has a list as a key, expected a name`}},

		{"text for number", "dt: fast", []string{`f.yaml:1: dt is "fast", expected a number > 0 ms`}},
		{"quoted number", "dt: '5'", []string{`f.yaml:1: dt is "5", expected a number > 0 ms; remove the quotes`}},
		{"number with unit", "dt: 5 ms", []string{
			`f.yaml:1: dt is "5 ms", expected a number > 0 ms; write 5, the unit is understood`}},
		{"decimal comma", "dt: 0,5", []string{
			`f.yaml:1: dt is "0,5", expected a number > 0 ms; write a decimal point, not a comma`}},
		{"fraction for whole number", "seed: 1.5", []string{`f.yaml:1: seed is 1.5, expected a whole number`}},
		{"octal", "seed: 010", []string{
			`f.yaml:1: seed is 010, which some read as octal: write it without the leading zero`}},
		{"yes for true", "shuffle: yes", []string{`f.yaml:1: shuffle is "yes", expected true or false; write true`}},
		{"off for false", "shuffle: off", []string{`f.yaml:1: shuffle is "off", expected true or false; write false`}},
		{"scalar for list", "levels: 5", []string{
			`f.yaml:1: levels is 5, expected a list of whole numbers such as [5]`}},
		{"list for scalar", "dt: [5]", []string{`f.yaml:1: dt is a list, expected a number > 0 ms`}},
		{"mapping for text", "rule: {fa: 1}", []string{
			`f.yaml:1: rule is a mapping, expected one of fa, pal, eta-zero`}},
		{"scalar for mapping", "learning_rates: 3", []string{
			`f.yaml:1: learning_rates is 3, expected a mapping with the keys up, down`}},
		{"duration without unit", "limit: 5", []string{
			`f.yaml:1: limit is 5, expected a duration >= 0s, such as 1.5s or 200ms`}},
		{"foreign tag", "levels: !!python/tuple [1, 2, 3]", []string{
			`f.yaml:1: levels has the tag !!python/tuple, expected a list of whole numbers without a tag`}},

		{"no value", "dt:", []string{`f.yaml:1: dt has no value, expected a number > 0 ms; remove the key to keep 0.1`}},
		{"no text", "note: ~", []string{
			`f.yaml:1: note has no value, expected text; write "" for an empty text, or remove the key to keep ""`}},
		{"no enum", "rule:", []string{
			`f.yaml:1: rule has no value, expected one of fa, pal, eta-zero; remove the key to keep "pal"`}},
		{"no list", "record:", []string{
			`f.yaml:1: record has no value, expected a list of mappings; write [] for none`}},

		{"below", "dt: -1e-3", []string{`f.yaml:1: dt is -1e-3, must be > 0 ms`}},
		{"on an excluded bound", "decay: 1", []string{`f.yaml:1: decay is 1, must be in [0.1, 1)`}},
		{"negative seed", "seed: -1", []string{`f.yaml:1: seed is -1, must be in [0, 4294967295]`}},
		{"beyond the type", "seed: 5e9", []string{`f.yaml:1: seed is 5e9, must be in [0, 4294967295]`}},
		{"beyond the type and the tag", "threads: 1e30", []string{`f.yaml:1: threads is 1e30, must be in [1, 64]`}},
		{"inline struct", "threads: 65", []string{`f.yaml:1: threads is 65, must be in [1, 64]`}},
		{"NaN", "dt: .nan", []string{`f.yaml:1: dt is .nan, must be finite and > 0 ms`}},
		{"infinity", "span: [0, -.inf]", []string{`f.yaml:1: span[1] is -.inf, must be finite`}},
		{"too large", "dt: 1e999", []string{`f.yaml:1: dt is 1e999, too large or too small for a 64-bit number`}},
		{"too small", "decay: 1e-60", []string{
			`f.yaml:1: decay is 1e-60, too large or too small for a 32-bit number`}},
		{"not in enum", "rule: pla", []string{
			`f.yaml:1: rule is "pla", must be one of fa, pal, eta-zero; did you mean pal?`}},
		{"too few", "levels: [1, 2]", []string{`f.yaml:1: levels has 2 values, needs at least 3`}},
		{"array", "span: [1]", []string{`f.yaml:1: span has 1 value, needs exactly 2`}},
		{"element of list", "levels:\n  - 1\n  - 0\n  - 1", []string{`f.yaml:3: levels[1] is 0, must be >= 1`}},
		{"element of map", "bias: {a b: 11}", []string{`f.yaml:1: bias["a b"] is 11, must be <= 10`}},
		{"pointer", "stop: -1", []string{`f.yaml:1: stop is -1, must be >= 0 ms`}},
		{"key missing in a list", "record:\n  - {every: 5, population: inter}\n  - population: inter", []string{
			`f.yaml:3: record[1].every is 0 (not given), must be >= 1 steps`}},
		{"key missing in a block", "dt: 1\nnoise:\n  std: 1", []string{
			`f.yaml:2: noise.tau is 0.0 (not given), must be > 0 ms`}},
		{"across fields", "learning_rates: {up: [1]}", []string{
			`f.yaml:1: learning_rates.down has 2 values, needs one per level (1)`}},
		{"own type", "init: foo", []string{`f.yaml:1: init is "foo": expected a number or [lo, hi]`}},
		{"inside own type", "init:\n  - 1\n  - x", []string{`f.yaml:3: init[1] is "x", expected a number`}},

		{"all at once, by line", "rule: x\ndt: -1\nlevels: [a, 1.5, 0]\nsede: 1", []string{
			`f.yaml:1: rule is "x", must be one of fa, pal, eta-zero`,
			`f.yaml:2: dt is -1, must be > 0 ms`,
			`f.yaml:3: levels[0] is "a", expected a whole number >= 1`,
			`f.yaml:3: levels[1] is 1.5, expected a whole number >= 1`,
			`f.yaml:3: levels[2] is 0, must be >= 1`,
			`f.yaml:4: sede is not a known key; did you mean seed?`}},
		{"list for mapping", "- dt", []string{`f.yaml:1: the document is a list, expected a mapping`}},
		{"value that contains itself", "groups: &g {a: *g}", []string{
			`f.yaml:1: the document has a value &g that contains itself`}},
		{"merging a number", "<<: 3", []string{`f.yaml:1: the document merges 3 with <<, expected a mapping`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			model := Default()
			err := config.Decode([]byte(test.document), model, "f.yaml")
			checkProblems(t, err, test.want)
			if !reflect.DeepEqual(model, Default()) {
				t.Errorf("the target changed: %v", config.Diff(Default(), model))
			}
		})
	}
}

func checkProblems(t *testing.T, err error, want []string) {
	t.Helper()
	var problems config.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v, want %q", err, want)
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.Error())
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestDecodeValues(t *testing.T) {
	document := `# every spelling of a number
seed: 1e3
dt: 1.0e-06
rule: "fa"
levels: [1_000, 0x10, 2.0]
decay: .1
shuffle: True
note: no
limit: 1.5s
stop: null
learning_rates: &rates
  up: [1_000, 1e-6, 5.]
  down: [0b11, 0o17, +1.5]
noise: {std: 1, tau: 2}
record:
  - &first {population: inter, every: 1}
  - {<<: *first, every: 2}
  - *first
bias: {other: -0.0, on: 2}
groups: {a: *first}
span: [-1, 1]
init: 0.5
depth: -128
threads: 0.64e2
`
	got := Default()
	if err := config.Decode([]byte(document), got, "f.yaml"); err != nil {
		t.Fatal(err)
	}
	want := &Model{
		Seed: 1000, Dt: 1e-6, Rule: "fa", Levels: []int{1000, 16, 2}, Decay: 0.1, Shuffle: true, Note: "no",
		Limit: 1500 * time.Millisecond,
		Rates: Rates{Up: []float64{1000, 1e-6, 5}, Down: []float64{3, 15, 1.5}},
		Noise: &Noise{Std: 1, Tau: 2}, Record: []Recording{{"inter", 1}, {"inter", 2}, {"inter", 1}},
		Bias:   map[string]float64{"inter": 1, "other": math.Copysign(0, -1), "on": 2},
		Groups: map[string]Recording{"a": {"inter", 1}},
		Span:   [2]float64{-1, 1}, Init: Interval{-0.5, 0.5}, Depth: -128, Common: Common{Threads: 64},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("differs from what was wanted in %v", config.Diff(want, got))
	}
	if !math.Signbit(got.Bias["other"]) {
		t.Error("-0.0 lost its sign")
	}
}

// Defaults are often package-level values; a decoded configuration must not
// reach back into them.
func TestDecodeLeavesSharedDefaultsAlone(t *testing.T) {
	shared := Default()
	shared.Noise = &Noise{Std: 1, Tau: 1}
	model := *shared
	document := "stop: 7\nnoise: {tau: 3}\nbias: {inter: 5}\nlevels: [9, 9, 9]\nrecord: [{population: inter, every: 3}]"
	if err := config.Decode([]byte(document), &model, ""); err != nil {
		t.Fatal(err)
	}
	if err := config.Set(&model, "levels[0]=8", "record[0].every=4", "bias.other=1"); err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Noise = &Noise{Std: 1, Tau: 1}
	if !reflect.DeepEqual(shared, want) {
		t.Errorf("the defaults changed: %v", config.Diff(want, shared))
	}
	if model.Noise.Std != 1 || model.Noise.Tau != 3 {
		t.Errorf("noise %+v was not merged into its default", *model.Noise)
	}
}

func TestDecodeNothing(t *testing.T) {
	for _, document := range []string{"", "\n", "# only a comment\n", "---\n", "{}"} {
		model := Default()
		if err := config.Decode([]byte(document), model, ""); err != nil {
			t.Errorf("%q: %v", document, err)
		}
		if !config.Equal(model, Default()) {
			t.Errorf("%q changed the model", document)
		}
	}
}

func TestEmptyListsAndMapsAreNil(t *testing.T) {
	model := Default()
	if err := config.Decode([]byte("record: []\ngroups: {}"), model, ""); err != nil {
		t.Fatal(err)
	}
	if model.Record != nil || model.Groups != nil {
		t.Errorf("got %#v and %#v", model.Record, model.Groups)
	}
}

func TestDecodeAliasBomb(t *testing.T) {
	document := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i <= 9; i++ {
		line := "aN: &aN [*aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM, *aM]\n"
		line = strings.ReplaceAll(line, "N", string(rune('0'+i)))
		document += strings.ReplaceAll(line, "M", string(rune('0'+i-1)))
	}
	var target struct{ A9 []any }
	checkProblems(t, config.Decode([]byte(document), &target, "f.yaml"),
		[]string{"f.yaml:1: the document has more than 1000000 values"})
}

func TestSyntaxErrors(t *testing.T) {
	for document, want := range map[string]string{
		"a: 1\nb:\n\tc: 2\n":     `f.yaml:3: the document is indented with a tab, expected spaces`,
		"a: 1\nb: [1, 2\nc: 3\n": `f.yaml:2: the document has a list whose "[" is not closed with "]", or whose values are not separated by commas`,
		"a: {b: 1\n":             `f.yaml:1: the document has a mapping whose "{" is not closed with "}", or whose entries are not separated by commas`,
		"a: 1\nb: x: y\n":        `f.yaml:2: the document has a colon where none can be: check the indentation, or put a text with a colon in quotes`,
		"a: 1\nb: *foo\n":        `f.yaml:2: the document refers to *foo, but nothing above is marked &foo`,
		"a: @x\n":                "f.yaml:1: the document has a value that begins with a sign reserved by YAML (@, %, `): put it in quotes",
		"a:\n  - 1\n b: 2\nc: 4": `f.yaml:3: the document has something other than a key here: check the indentation`,
		"- 1\nb: 2\n":            `f.yaml:2: the document has a key where a list entry with "-" should stand: check the indentation`,
		"a: 1\nb\nc: 3\n":        `f.yaml:2: the document has a key without ":" and value`,
		"a: 1\nb: 'x\n":          `f.yaml:2: the document has a quoted text that is not closed`,
		"a: 1\nb: \xff\n":        `f.yaml:2: the document is not text in UTF-8`,
		"a: 1\n\nb: \x01\n":      `f.yaml:3: the document has a control character`,
		"dt: 1\n---\ndt: 2\n":    `f.yaml:2: the document ends here and another begins (---), expected one document per file`,
	} {
		err := config.Decode([]byte(document), Default(), "f.yaml")
		checkProblems(t, err, []string{want})
	}
}

func TestDecodeNode(t *testing.T) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte("- 1\n- learning_rates: {up: [1, 2], down: [3]}\n"), &document); err != nil {
		t.Fatal(err)
	}
	checkProblems(t, config.DecodeNode(document.Content[0].Content[1], Default(), "f.yaml"),
		[]string{`f.yaml:2: learning_rates.down has 1 values, needs one per level (2)`})
}

func TestDecodeNodeWithoutContent(t *testing.T) {
	for _, n := range []*yaml.Node{nil, {}} {
		if err := config.DecodeNode(n, Default(), ""); err != nil {
			t.Error(err)
		}
	}
}

func TestManyProblemsAreCutShort(t *testing.T) {
	model := Default()
	err := config.Decode([]byte("levels: ["+strings.Repeat("x, ", 100)+"]"), model, "f.yaml")
	text := err.Error()
	if !strings.HasPrefix(text, "100 problems:\n") || !strings.HasSuffix(text, "\n  and 80 more") {
		t.Errorf("got %s", text)
	}
	var one config.Problem
	if !errors.As(err, &one) || one.Path != "levels[0]" || one.Line != 1 {
		t.Errorf("got first problem %+v", one)
	}
}
