package equation

import (
	"testing"

	"go.yaml.in/yaml/v3"
)

// FuzzParse checks that no text makes the package panic, and that the canonical
// text of what it accepts is stable.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"eta*(noise_post*highpass_pre - alpha*w)",
		"(eta*(rate_post - pred_post)*rate_pre - delta)/tau",
		"-(-2)*w/1e-3 - -1",
		"clip(pow(w, 2), 0, exp(-eta)) + min(1, step(rate_pre))",
		"square(rate_pre + rate_post)*tanh(rate_post/(1 + rate_post))",
		"w ** 2", "w^2", "a[1].b", `"x"`, "((", "1e999", "0x1p-2", "w\n+\tw // x", "func() {}", "η²", "*w", "w..", "1/0", "", "\x00",
	} {
		f.Add(seed)
	}
	const n = 2
	bind := Bindings[float32]{Scalars: map[string]float64{}, Arrays: map[string][]float32{}, Pre: n, Post: n}
	for _, q := range testScope {
		switch q.Side {
		case Scalar:
			bind.Scalars[q.Name] = 0.5
		case Synapse:
			bind.Arrays[q.Name] = make([]float32, n*n)
		default:
			bind.Arrays[q.Name] = make([]float32, n)
		}
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := Parse(src, testScope)
		if err != nil {
			return
		}
		canonical := e.String()
		if again, err := Parse(canonical, testScope); err != nil || again.String() != canonical {
			t.Fatalf("%q: canonical text %q reads back as %v, %v", src, canonical, again, err)
		}
		if e.LaTeX() == "" {
			t.Fatalf("%q: no LaTeX", src)
		}
		terms, _ := e.Split()
		for _, term := range terms {
			for _, factor := range []*Expr{term.Scale, term.Post, term.Pre} {
				if factor == nil {
					continue
				}
				if v, err := CompileVector(factor, bind); err == nil {
					v.Eval(make([]float32, n))
				}
			}
		}
		if m, err := CompileMatrix(e, bind); err == nil {
			m.EvalRow(make([]float32, n), n-1)
		}
	})
}

// FuzzParseRule checks that both text forms of a rule survive a round trip.
func FuzzParseRule(f *testing.F) {
	for _, seed := range []string{
		"eta*w", "w: eta*w; delta: 1", "delta: -delta/tau; w: delta", ";;", ":", "w:", "w: : 1", "{w: 1, delta: 2}", "[1]", "w: &a\ndelta: *a", "- 1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if rule, err := ParseRule(text); err == nil {
			if again, err := ParseRule(rule.String()); err != nil || again != rule {
				t.Fatalf("%q: %q reads back as %q, %v", text, rule, again, err)
			}
		}
		var rule Rule
		if yaml.Unmarshal([]byte(text), &rule) == nil && rule.Weight != "" {
			out, err := yaml.Marshal(rule)
			if err != nil {
				t.Fatal(err)
			}
			var again Rule
			if err := yaml.Unmarshal(out, &again); err != nil || again != rule {
				t.Fatalf("%q: %q reads back as %q, %v", text, out, again, err)
			}
		}
	})
}
