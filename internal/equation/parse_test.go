package equation

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		src, want string // want "" = src
		side      Side
		names     string
	}{
		{"eta*(noise_post*highpass_pre - alpha*w)", "", Synapse, "eta noise_post highpass_pre alpha w"},
		{" rate_post\n+\trate_post ", "rate_post + rate_post", Post, "rate_post"},
		{"rate_pre*eta", "", Pre, "rate_pre eta"},
		{"rate_pre*rate_post", "", Synapse, "rate_pre rate_post"},
		{"eta", "", Scalar, "eta"},
		{"-(2)", "-2", Scalar, ""},
		{"-2*w", "", Synapse, "w"},
		{"-(2*w)", "", Synapse, "w"},
		{"-(-w)", "", Synapse, "w"},
		{"- -2", "2", Scalar, ""},
		{"w*-2", "w*(-2)", Synapse, "w"},
		{"w - -2", "w - (-2)", Synapse, "w"},
		{"w - (w - w)", "", Synapse, "w"},
		{"(w - w) - w", "w - w - w", Synapse, "w"},
		{"w + (w + w)", "", Synapse, "w"},
		{"w*(w*w)", "", Synapse, "w"},
		{"(w*w)*w", "w*w*w", Synapse, "w"},
		{"w/(w*w)", "", Synapse, "w"},
		{"w/w/w", "", Synapse, "w"},
		{"(w + 1)*2", "", Synapse, "w"},
		{"1_000*w + .5 - 5.", "1000*w + 0.5 - 5", Synapse, "w"},
		{"1e-6*w + 1E+21 + 1e20 + 0.00001", "1e-6*w + 1e21 + 1e20 + 1e-5", Synapse, "w"},
		{"clip(pow(w, 2), 0, exp(-eta),)", "clip(pow(w, 2), 0, exp(-eta))", Synapse, "w eta"},
		{"0/1", "", Scalar, ""},
	}
	for _, test := range tests {
		e, err := Parse(test.src, testScope)
		if err != nil {
			t.Error(err)
			continue
		}
		want := test.want
		if want == "" {
			want = test.src
		}
		if got := e.String(); got != want {
			t.Errorf("%s: String() = %s, want %s", test.src, got, want)
		}
		if got := e.Side(); got != test.side {
			t.Errorf("%s: Side() = %s, want %s", test.src, got, test.side)
		}
		if got := strings.Join(e.Names(), " "); got != test.names {
			t.Errorf("%s: Names() = %s, want %s", test.src, got, test.names)
		}
		if again := mustParse(t, e.String()); !reflect.DeepEqual(again, e) {
			t.Errorf("%s: %s reads back as another tree", test.src, e)
		}
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		src    string
		column string // "" = none in the message
		want   string
	}{
		{"", "", "empty"},
		{" \n", "", "empty"},
		{"eta^2", "4", `"^" is not allowed: use pow(x, n)`},
		{"eta**2", "4", `"**" is not allowed: use pow(x, n)`},
		{"dw = eta", "4", "only the right-hand side"},
		{"w == 2", "3", "step(x)"},
		{"w > 2", "3", `">" is not allowed`},
		{"!w", "1", "step(x)"},
		{"w % 2", "3", "no remainder"},
		{"w[1]", "2", `"[" is not allowed: allowed are`},
		{"w.x", "2", `"." is not allowed: allowed are`},
		{`"a" + w`, "1", `"a" is not allowed: allowed are`},
		{"'a' + w", "1", `'a' is not allowed`},
		{"2i*w", "1", `"2i" is not allowed`},
		{"a--w", "2", "parentheses between the signs"},
		{"w; w", "2", `";" is not allowed`},
		{"w // x", "3", "no comments"},
		{"func(w)", "1", "reserved word"},
		{"w @ 3", "3", "illegal character"},
		{"w²", "2", "illegal character"},
		{"2 w", "3", `operator missing before "w"`},
		{"2(w)", "2", `operator missing before "("`},
		{"w w", "3", `operator missing before "w"`},
		{"(w)(w)", "4", `operator missing before "("`},
		{"+w", "1", `"+" has no left operand`},
		{"*w", "1", `"*" has no left operand`},
		{"w +", "4", "operand missing"},
		{"exp()", "1", "exp has 1 argument, not 0: write exp(x)"},
		{"w*()", "4", "expected operand"},
		{"(w", "3", `")" missing`},
		{"exp(w ", "6", `")" missing`},
		{"w)", "2", "')' is not allowed after a complete expression"},
		{"w, w", "2", "',' is not allowed after a complete expression"},
		{"010*w", "1", "leading zeros"},
		{"0x10*w", "1", "decimal"},
		{"1e999", "1", "largest"},
		{"w/0", "2", "division by zero"},
		{"w/(1 - 1)", "2", "division by zero"},
		{"w/-0", "2", "division by zero"},
		{"w*log(0)", "3", "log(0) is -Inf"},
		{"1e300*1e300", "1", "+Inf"},
		{"min(w)", "1", "min has 2 arguments, not 1: write min(x, y)"},
		{"clip(w, 1, 0)", "1", "low must not exceed high"},
		{"exp*2", "1", "exp is a function: write exp(x)"},
		{"w(2)", "1", "w is a quantity, not a function"},
		{"tnh(w)", "1", `unknown function "tnh" (did you mean "tanh"?); the functions are exp(x)`},
		{"ηη*w", "1", `unknown name "ηη"; the quantities here are`},
		{"1 + nois_post", "5", `(did you mean "noise_post"?)`},
		{"noise", "1", `(did you mean "noise_post"?)`},
		{"W", "1", `(did you mean "w"?)`},
		{"foo", "1", "\nrate_pre      [n_pre]         1      presynaptic rate\n"},
		{"αβ + foo", "1", "unknown"},
		{"w*ü", "3", "unknown"},
		{"w + ü*foo(1)", "5", "unknown"},
		{strings.Repeat("(", 40000) + "w" + strings.Repeat(")", 40000), "", "too long"},
		{"1" + strings.Repeat("+1", 1000), "2001", "too long"},
	}
	for _, test := range tests {
		_, err := Parse(test.src, testScope)
		if err == nil {
			t.Errorf("%q: no error", test.src)
			continue
		}
		message := err.Error()
		if !strings.HasPrefix(message, "equation: ") || !strings.Contains(message, test.want) {
			t.Errorf("%q: error %q does not contain %q", test.src, message, test.want)
		}
		if column := "column " + test.column + ":"; test.column != "" && !strings.Contains(message, column) {
			t.Errorf("%q: error %q does not name %s", test.src, message, column)
		}
	}
}

func TestParseDeep(t *testing.T) {
	for _, src := range []string{
		strings.Repeat("(", 1900) + "w" + strings.Repeat(")", 1900),
		strings.Repeat("-(", 900) + "w" + strings.Repeat(")", 900),
		strings.Repeat("exp(", 1900) + "w" + strings.Repeat(")", 1900),
		"w" + strings.Repeat("*w", 900),
		"1" + strings.Repeat("+1", 900),
	} {
		e := mustParse(t, src)
		if again := mustParse(t, e.String()); again.String() != e.String() {
			t.Errorf("%.20s...: text changes when read back", src)
		}
		e.Split()
		_ = e.LaTeX()
	}
}

func TestScopeCheck(t *testing.T) {
	tests := []struct {
		scope Scope
		want  string
	}{
		{Scope{{Name: "a"}, {Name: "a"}}, `"a" appears twice`},
		{Scope{{Name: "exp"}}, `"exp" is taken by a function`},
		{Scope{{Name: "a b"}}, `"a b" must be a Go identifier`},
		{Scope{{Name: "range"}}, `"range" must be a Go identifier`},
		{Scope{{Name: "a", Side: 7}}, "side 7"},
	}
	for _, test := range tests {
		if _, err := Parse("1", test.scope); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: error %v does not contain %q", test.scope, err, test.want)
		}
	}
}

func TestSide(t *testing.T) {
	for _, test := range []struct{ a, b, want Side }{
		{Scalar, Scalar, Scalar}, {Scalar, Pre, Pre}, {Post, Scalar, Post}, {Pre, Pre, Pre},
		{Pre, Post, Synapse}, {Post, Pre, Synapse}, {Synapse, Scalar, Synapse}, {Pre, Synapse, Synapse},
	} {
		if got := test.a.join(test.b); got != test.want {
			t.Errorf("%s with %s is %s, want %s", test.a, test.b, got, test.want)
		}
	}
	e := mustParse(t, "eta*rate_pre*rate_post")
	for side, want := range map[Side]bool{Scalar: true, Pre: true, Post: true, Synapse: false} {
		if got := e.DependsOn(side); got != want {
			t.Errorf("DependsOn(%s) = %v, want %v", side, got, want)
		}
	}
}
