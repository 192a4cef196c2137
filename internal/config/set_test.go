package config_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/config"
)

func TestSet(t *testing.T) {
	m := Default()
	err := config.Set(m, "dt=1e-3", " learning_rates.down = [0, 0.5]", "learning_rates.up[1]=7", "noise={std: 1, tau: 3}",
		"noise.std=2", "record[0].every=7", "note=a: b #c", `bias["a b"]=3`, "stop=null", "rule=fa", "rule=pal", "span[1]=2", "threads=2")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Dt, want.Note, want.Stop, want.Threads = 1e-3, "a: b #c", nil, 2
	want.Rates = Rates{Up: []float64{5, 7}, Down: []float64{0, 0.5}}
	want.Noise, want.Record[0].Every, want.Bias["a b"] = &Noise{2, 3}, 7, 3
	want.Span[1] = 2
	if !reflect.DeepEqual(m, want) {
		t.Errorf("differs from what was wanted in %v", config.Diff(want, m))
	}
}

func TestSetTexts(t *testing.T) {
	for assignment, want := range map[string]string{
		"note=": "", "note=null": "null", "note= 5 ": "5", `note="a\tb"`: "a\tb", "note='it''s'": "it's", "note=a=b": "a=b", "note=[x": "[x",
	} {
		m := Default()
		if err := config.Set(m, assignment); err != nil || m.Note != want {
			t.Errorf("%s gave %q, %v, want %q", assignment, m.Note, err, want)
		}
	}
}

func TestSetProblems(t *testing.T) {
	// The condition that fails names down, the assignment changed up: such a
	// problem cannot be blamed on an assignment.
	for _, test := range []struct{ assignment, want string }{
		{"dt=fast", `set dt=fast: dt is "fast", expected a number > 0 ms`},
		{"dt=-1", `set dt=-1: dt is -1, must be > 0 ms`},
		{"dt=", `set dt=: dt has no value, expected a number > 0 ms; remove the key to keep 0.1`},
		{"dt=[1", `set dt=[1: dt is "[1", which has a list whose "[" is not closed with "]", or whose values are not separated by commas`},
		{"rul=pal", `set rul=pal: rul is not a known key; did you mean rule?`},
		{"learning_rates.dow=[1]", `set learning_rates.dow=[1]: learning_rates.dow is not a known key; did you mean down? (known: up, down)`},
		{"up=[1]", `set up=[1]: up is not a known key; did you mean learning_rates.up?`},
		{"learning_rates={up: 1}", `set learning_rates={up: 1}: learning_rates.up is 1, expected a list of numbers such as [1]`},
		{"learning_rates.up=[1]", `learning_rates.down has 2 values, needs one per level (1)`},
		{"record[3].every=4", `set record[3].every=4: record has 1 value, so there is no [3]`},
		{"levels.x=3", `set levels.x=3: levels has 3 values, so there is no [x]`},
		{"dt.x=3", `set dt.x=3: dt.x is not a known key; dt is a number`},
		{"noise.std=1", `set noise.std=1: noise.tau is 0.0 (not given), must be > 0 ms`},
		{"noise=&n {std: *n}", `set noise=&n {std: *n}: noise is "&n {std: *n}", which has a value &n that contains itself`},
		{"bias.inter=20", `set bias.inter=20: bias.inter is 20, must be <= 10`},
		{"init=[1, x]", `set init=[1, x]: init[1] is "x", expected a number`},
		{"dt", `set dt: "dt" is no assignment, expected path=value`},
		{"=3", `set =3: "" is no path, expected one such as "dt", "learning_rates.up" or "record[0].every"`},
		{"record[0]every=3", `set record[0]every=3: "record[0]every" is no path, expected one such as "dt", "learning_rates.up" or "record[0].every"`},
		{"record[0].every=0", `set record[0].every=0: record[0].every is 0, must be >= 1 steps`},
		{"record=[{every: 5}]", `set record=[{every: 5}]: record[0].population is "" (not given), must be one of pyramidal, inter`},
		{"limit=3", `set limit=3: limit is 3, expected a duration >= 0s, such as 1.5s or 200ms`},
		{"seed=99999999999", `set seed=99999999999: seed is 99999999999, must be in [0, 4294967295]`},
		{`groups["x y"].every=foo`, `set groups["x y"].every=foo: groups["x y"].every is "foo", expected a whole number >= 1 steps` + "\n" +
			`set groups["x y"].every=foo: groups["x y"].population is "" (not given), must be one of pyramidal, inter`},
	} {
		m := Default()
		checkProblems(t, config.Set(m, test.assignment), strings.Split(test.want, "\n"))
		if !reflect.DeepEqual(m, Default()) {
			t.Errorf("%s changed the model: %v", test.assignment, config.Diff(Default(), m))
		}
	}
	checkProblems(t, config.Set(Default(), "dt=0", "threads=0"),
		[]string{"set dt=0: dt is 0, must be > 0 ms", "set threads=0: threads is 0, must be in [1, 64]"})
}
