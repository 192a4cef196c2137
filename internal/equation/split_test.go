package equation

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	tests := []struct {
		src  string
		want string // terms separated by "; "
	}{
		{"eta*(noise_post*highpass_pre - alpha*w)", "[eta] * [noise_post] * [highpass_pre]; [-eta*alpha] * w"},
		{"(eta*(rate_post - pred_post)*rate_pre - delta)/tau", "[eta/tau] * [rate_post - pred_post] * [rate_pre]; [-1/tau] * delta"},
		{"delta", "[1] * delta"},
		{"0", ""},
		{"0*w", ""},
		{"w - w", ""},
		{"3", "[3]"},
		{"-3", "[-3]"},
		{"eta + 1 + 2*3", "[eta + 1 + 6]"},
		{"rate_post - alpha", "[1] * [rate_post - alpha]"},
		{"eta*(rate_post - 2*3)", "[eta] * [rate_post - 6]"},
		{"-2*rate_pre*3", "[-6] * [rate_pre]"},
		{"2*w/3/tau", "[0.6666666666666666/tau] * w"},
		{"w/-tau", "[-1/tau] * w"},
		{"-(-w)", "[1] * w"},
		{"w + w", "[2] * w"},
		{"eta*w - alpha*w", "[eta - alpha] * w"},
		{"eta*w - 2*eta*alpha*w", "[eta*(1 - 2*alpha)] * w"},
		{"w - w + w", "[1] * w"},
		{"rate_pre*rate_post - rate_post*rate_pre", ""},
		{"w*(rate_post - pred_post)", "[1] * [rate_post - pred_post] * w"},
		{"w*rate_post - w*pred_post", "[1] * [rate_post - pred_post] * w"},
		{"eta*w*rate_post - eta*w", "[eta] * [rate_post - 1] * w"},
		{"-w*rate_post - 2*w", "[-1] * [rate_post + 2] * w"},
		{"2*w*rate_post + 2*w*alpha", "[2] * [rate_post + alpha] * w"},
		{"rate_post*(rate_pre - rate_post*w)", "[1] * [rate_post] * [rate_pre]; [-1] * [rate_post*rate_post] * w"},
		{"rate_pre*rate_post + rate_post + 1 - 2*rate_pre", "[1] * [rate_post - 2] * [rate_pre]; [1] * [rate_post + 1]"},
		{"eta*rate_post*rate_pre + alpha*rate_post", "[1] * [rate_post] * [eta*rate_pre + alpha]"},
		{"(rate_pre + rate_post)*2", "[2] * [rate_pre]; [2] * [rate_post]"},
		{
			"rate_pre*rate_post + highpass_pre*rate_post + rate_pre*pred_post + highpass_pre*pred_post",
			"[1] * [rate_post + pred_post] * [rate_pre + highpass_pre]",
		},
		{"(rate_pre + w)*(rate_post - 1)", "[1] * [rate_post - 1] * [rate_pre]; [1] * [rate_post - 1] * w"},
		{"square(rate_pre*rate_post)", "[1] * [rate_post*rate_post] * [rate_pre*rate_pre]"},
		{"square(rate_pre)*tanh(eta)", "[tanh(eta)] * [square(rate_pre)]"},
		{"w/(2*rate_pre*(1 + rate_post))", "[0.5] * [1/(1 + rate_post)] * [1/rate_pre] * w"},
		{"rate_post/pred_post/noise_post*rate_pre", "[1] * [rate_post/pred_post/noise_post] * [rate_pre]"},
		{"exp(-rate_post)*exp(-rate_pre)", "[1] * [exp(-rate_post)] * [exp(-rate_pre)]"},
	}
	for _, test := range tests {
		terms, ok := mustParse(t, test.src).Split()
		if !ok {
			t.Errorf("%s: does not split", test.src)
			continue
		}
		texts := make([]string, len(terms))
		for i, term := range terms {
			texts[i] = term.String()
		}
		if got := strings.Join(texts, "; "); got != test.want {
			t.Errorf("%s splits into\n%s, want\n%s", test.src, got, test.want)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	for _, src := range []string{
		"w*w", "delta*w", "square(w)", "w/w", "1/w", "w/delta", "tanh(w)", "tanh(rate_pre*rate_post)",
		"rate_pre/(rate_pre + rate_post)", "min(rate_pre, rate_post)", "rate_pre + tanh(rate_pre - rate_post)",
		"w/(0*tau)", "1e300*rate_pre*1e300*rate_post",
		strings.Repeat("(rate_pre + rate_post)*", 70) + "1",
	} {
		if terms, ok := mustParse(t, src).Split(); ok {
			t.Errorf("%s splits into %v", src, terms)
		}
	}
}

// TestSplitRandom compares the sum of the terms with direct evaluation, and
// checks the canonical form, on random expressions.
func TestSplitRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	compared, several := 0, 0
	for range 20000 {
		src := randomExpr(r, 5, testScope)
		e, err := Parse(src, testScope)
		if err != nil {
			continue // a constant part is not finite
		}
		terms, ok := e.Split()
		if !ok {
			continue
		}
		checkTerms(t, src, terms)
		values := randomValues(r)
		value := func(name string) float64 { return values[name] }
		want, size := evaluate(e.root, value), magnitude(e.root, value)
		got := 0.0
		for _, term := range terms {
			product := evaluate(term.Scale.root, value)
			size = max(size, magnitude(term.Scale.root, value))
			for _, factor := range []*Expr{term.Post, term.Pre} {
				if factor != nil {
					product *= evaluate(factor.root, value)
					size = max(size, magnitude(factor.root, value))
				}
			}
			if term.Synapse != "" {
				product *= values[term.Synapse]
			}
			size = max(size, math.Abs(product))
			got += product
		}
		if size > 1e6 {
			continue // near a pole: rounding errors have no useful bound
		}
		if math.Abs(got-want) > 1e-9*size {
			t.Fatalf("%s = %g, but the sum of %v is %g", src, want, terms, got)
		}
		compared++
		if len(terms) > 1 {
			several++
		}
	}
	if compared < 5000 || several < 1000 {
		t.Errorf("only %d expressions compared, %d with several terms", compared, several)
	}
}

func checkTerms(t *testing.T, src string, terms []Term) {
	t.Helper()
	if len(terms) > maxTerms {
		t.Errorf("%s: %d terms", src, len(terms))
	}
	text := func(e *Expr) string {
		if e == nil {
			return "1"
		}
		return e.String()
	}
	seen := map[string]bool{}
	for _, term := range terms {
		if term.Scale.Side() != Scalar || term.Scale.String() == "0" {
			t.Errorf("%s: bad scale in %s", src, term)
		}
		if term.Post != nil && term.Post.Side() != Post || term.Pre != nil && term.Pre.Side() != Pre {
			t.Errorf("%s: factor on the wrong side in %s", src, term)
		}
		for _, key := range []string{"pre " + text(term.Pre), "post " + text(term.Post)} {
			key += " " + term.Synapse
			if seen[key] {
				t.Errorf("%s: two terms share %s in %v", src, key, terms)
			}
			seen[key] = true
		}
	}
}

func TestSplitDeterministic(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		src := randomExpr(r, 6, testScope)
		e, err := Parse(src, testScope)
		if err != nil {
			continue
		}
		first, _ := e.Split()
		second, _ := mustParse(t, src).Split()
		for i := range first {
			if first[i].String() != second[i].String() {
				t.Fatalf("%s splits into %v and %v", src, first, second)
			}
		}
	}
}
