package equation

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestParseRule(t *testing.T) {
	for text, want := range map[string]Rule{
		"eta*w":                  {"eta*w", ""},
		" w: eta*w ":             {"eta*w", ""},
		"w: eta*w;":              {"eta*w", ""},
		"w: delta; delta: eta*w": {"delta", "eta*w"},
		"delta:eta*w;w:delta":    {"delta", "eta*w"},
		"w: 0; delta: 0":         {"0", "0"},
	} {
		got, err := ParseRule(text)
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
		if again, err := ParseRule(got.String()); again != got || err != nil {
			t.Errorf("%q: %q reads back as %+v, %v", text, got, again, err)
		}
	}
	for text, want := range map[string]string{
		"":                    "the equation for w is empty",
		"w:":                  "the equation for w is empty",
		"w: 1; delta: ":       "the equation for delta is empty",
		";":                   "no equation for w",
		"delta: 1":            "no equation for w",
		"w: 1; w: 2":          "two equations for w",
		"w: 1; g: 2":          `no equation for "g"; allowed are w and delta`,
		"w: w: 1":             `the equation for w contains ":"`,
		"w; delta: 1":         `part "w" has no name`,
		"eta*w; delta: eta*w": "has no name",
	} {
		if rule, err := ParseRule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, error %v does not contain %q", text, rule, err, want)
		}
	}
}

func TestRuleYAML(t *testing.T) {
	for text, want := range map[string]Rule{
		"rule: eta*w\n":                                  {"eta*w", ""},
		"rule: {w: delta, delta: eta*w}\n":               {"delta", "eta*w"},
		"rule:\n    delta: eta*w\n    w: delta\n":        {"delta", "eta*w"},
		"rule: 'w: delta; delta: eta*w'\n":               {"delta", "eta*w"},
		"rule: 0\n":                                      {"0", ""},
		"rule: >\n    eta*\n    w\n":                     {"eta* w", ""},
		"x: &d delta\nrule: {w: *d, delta: \"eta * w\"}": {"delta", "eta * w"},
	} {
		var config struct{ Rule Rule }
		if err := yaml.Unmarshal([]byte(text), &config); err != nil || config.Rule != want {
			t.Errorf("%q: got %+v, %v, want %+v", text, config.Rule, err, want)
			continue
		}
		out, err := yaml.Marshal(config)
		if err != nil {
			t.Error(err)
			continue
		}
		got := config
		got.Rule = Rule{}
		if err := yaml.Unmarshal(out, &got); err != nil || got != config {
			t.Errorf("%q: %q reads back as %+v, %v", text, out, got, err)
		}
	}
	for text, want := range map[string]string{
		"rule: [a]\n":                      "line 1: equation: rule must be an expression or a mapping",
		"\nrule: {w: 1, g: 2}\n":           `line 2: equation: rule has no equation for "g"; allowed are w and delta`,
		"rule: {w: 1, w: 2}\n":             "two equations for w",
		"rule: {delta: 2}\n":               "no equation for w",
		"rule: {w: [1]}\n":                 "w must be an expression",
		"rule: ''\n":                       "the equation for w is empty",
		"rule: {w: 1, delta: }\n":          "the equation for delta is empty",
		"rule:\n  w: 1\n  delta: {x: 1}\n": "line 2: equation: rule: delta must be an expression",
	} {
		var config struct{ Rule Rule }
		if err := yaml.Unmarshal([]byte(text), &config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, error %v does not contain %q", text, config.Rule, err, want)
		}
	}
}

func TestRuleParse(t *testing.T) {
	weight, delta, err := Rule{Weight: "delta/tau", Delta: "eta*w"}.Parse(testScope)
	if err != nil || weight.String() != "delta/tau" || delta.String() != "eta*w" {
		t.Errorf("got %v, %v, %v", weight, delta, err)
	}
	if _, delta, err := (Rule{Weight: "w"}).Parse(testScope); delta != nil || err != nil {
		t.Errorf("got delta %v, %v, want none", delta, err)
	}
	for want, rule := range map[string]Rule{
		"rule for w: equation: foo: column 1: unknown name":     {Weight: "foo"},
		"rule for delta: equation: foo: column 1: unknown name": {Weight: "w", Delta: "foo"},
		"rule for w: equation: the expression is empty":         {},
		"rule for w uses delta, but there is no equation":       {Weight: "2*delta"},
	} {
		if _, _, err := rule.Parse(testScope); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v does not contain %q", rule, err, want)
		}
	}
}

func TestRuleLaTeX(t *testing.T) {
	for _, test := range []struct {
		rule Rule
		want string
	}{
		{Rule{Weight: "eta*w"}, "\\begin{aligned}\n\\dot{w} &= \\eta\\,w\n\\end{aligned}"},
		{
			Rule{Weight: "delta", Delta: "(eta*w - delta)/tau"},
			"\\begin{aligned}\n\\dot{w} &= \\delta \\\\\n\\tau\\,\\dot{\\delta} &= \\eta\\,w - \\delta\n\\end{aligned}",
		},
		{Rule{Weight: "w/eta"}, "\\begin{aligned}\n\\dot{w} &= \\frac{w}{\\eta}\n\\end{aligned}"},
	} {
		if got, err := test.rule.LaTeX(testScope); got != test.want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", test.rule, got, err, test.want)
		}
	}
	if _, err := (Rule{Weight: "foo"}).LaTeX(testScope); err == nil {
		t.Error("no error for an unknown name")
	}
	scope := Scope{{Name: "w", Side: Synapse, LaTeX: "B"}, {Name: "tau", Side: Scalar}}
	if got, err := (Rule{Weight: "-w/tau"}).LaTeX(scope); err != nil || !strings.Contains(got, `\tau\,\dot{B} &= -B`) {
		t.Errorf("got %s, %v", got, err)
	}
}
