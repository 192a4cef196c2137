package equation_test

import (
	"fmt"

	"github.com/neurocredit/neurocredit/internal/equation"
	"go.yaml.in/yaml/v3"
)

var scope = equation.Scope{
	{Name: "eta", Side: equation.Scalar, Unit: "1/ms", Doc: "learning rate"},
	{Name: "alpha", Side: equation.Scalar, Doc: "weight decay"},
	{Name: "tau", Side: equation.Scalar, Unit: "ms", Doc: "low-pass time constant"},
	{Name: "rate_pre", Side: equation.Pre, Doc: "presynaptic rate"},
	{Name: "highpass_pre", Side: equation.Pre, Doc: "high-passed presynaptic rate"},
	{Name: "error_post", Side: equation.Post, Doc: "rate minus its dendritic prediction"},
	{Name: "noise_post", Side: equation.Post, Unit: "mV", Doc: "postsynaptic noise"},
	{Name: "w", Side: equation.Synapse, Unit: "mV", Doc: "weight"},
	{Name: "delta", Side: equation.Synapse, Unit: "mV/ms", Doc: "low-passed weight change"},
}

func mustParse(src string) *equation.Expr {
	e, err := equation.Parse(src, scope)
	if err != nil {
		panic(err)
	}
	return e
}

func ExampleParse() {
	e, err := equation.Parse("eta * (noise_post*highpass_pre - alpha*w)", scope)
	if err != nil {
		panic(err)
	}
	fmt.Println(e)
	fmt.Println(e.Names(), e.Side().Shape())
	fmt.Println(e.LaTeX())

	_, err = equation.Parse("eta*w^2", scope)
	fmt.Println(err)
	// Output:
	// eta*(noise_post*highpass_pre - alpha*w)
	// [eta noise_post highpass_pre alpha w] [n_pre×n_post]
	// \eta\,\left(\text{noise}_{\text{post}}\,\text{highpass}_{\text{pre}} - \alpha\,w\right)
	// equation: eta*w^2: column 6: "^" is not allowed: use pow(x, n)
}

func ExampleScope_Table() {
	fmt.Print(scope.Table())
	// Output:
	// name          shape           unit   meaning
	// eta           scalar          1/ms   learning rate
	// alpha         scalar          1      weight decay
	// tau           scalar          ms     low-pass time constant
	// rate_pre      [n_pre]         1      presynaptic rate
	// highpass_pre  [n_pre]         1      high-passed presynaptic rate
	// error_post    [n_post]        1      rate minus its dendritic prediction
	// noise_post    [n_post]        mV     postsynaptic noise
	// w             [n_pre×n_post]  mV     weight
	// delta         [n_pre×n_post]  mV/ms  low-passed weight change
}

func ExampleFunctions() {
	for _, f := range equation.Functions()[11:] {
		fmt.Println(f.Use, "=", f.Doc)
	}
	// Output:
	// max(x, y) = larger of x and y
	// pow(x, n) = x to the power n
	// clip(x, low, high) = min(max(x, low), high)
}

// A compiler for another engine walks the tree.
func ExampleExpr_Walk() {
	mustParse("eta*tanh(-w)").Walk(func(n equation.Node) bool {
		switch n := n.(type) {
		case *equation.Const:
			fmt.Println("constant", n.Value)
		case *equation.Var:
			fmt.Println("quantity", n.Quantity.Name, n.Quantity.Side)
		case *equation.Unary:
			fmt.Println("negation")
		case *equation.Binary:
			fmt.Println("operation", n.Op)
		case *equation.Call:
			fmt.Println("function", n.Func)
		}
		return true
	})
	// Output:
	// operation *
	// quantity eta scalar
	// function tanh
	// negation
	// quantity w synapse
}

func ExampleExpr_Split() {
	terms, ok := mustParse("eta*(noise_post*highpass_pre - alpha*w)").Split()
	fmt.Println(ok)
	for _, t := range terms {
		fmt.Println(t)
	}
	_, ok = mustParse("tanh(w*rate_pre)").Split()
	fmt.Println(ok)
	// Output:
	// true
	// [eta] * [noise_post] * [highpass_pre]
	// [-eta*alpha] * w
	// false
}

func ExampleExpr_Value() {
	v, err := mustParse("-eta*alpha").Value(map[string]float64{"eta": 0.5, "alpha": 0.25})
	fmt.Println(v, err)
	// Output:
	// -0.125 <nil>
}

func ExampleCompileVector() {
	noise := []float32{1, -2, 3}
	v, err := equation.CompileVector(mustParse("eta*relu(noise_post)"), equation.Bindings[float32]{
		Scalars: map[string]float64{"eta": 0.5},
		Arrays:  map[string][]float32{"noise_post": noise},
	})
	if err != nil {
		panic(err)
	}
	dst := make([]float32, 3)
	v.Eval(dst)
	fmt.Println(dst)
	noise[1] = 2
	v.Eval(dst)
	fmt.Println(dst)
	// Output:
	// [0.5 0 1.5]
	// [0.5 1 1.5]
}

func ExampleCompileMatrix() {
	m, err := equation.CompileMatrix(mustParse("rate_pre*min(w, error_post)"), equation.Bindings[float64]{
		Arrays: map[string][]float64{
			"rate_pre":   {1, 10},
			"error_post": {2, 3, 4},
			"w":          {1, 2, 3, 4, 5, 6},
		},
		Pre: 2, Post: 3,
	})
	if err != nil {
		panic(err)
	}
	row := make([]float64, 3)
	for i := range 2 {
		m.EvalRow(row, i)
		fmt.Println(row)
	}
	// Output:
	// [1 2 3]
	// [20 30 40]
}

func ExampleRule() {
	var config struct{ Feedback, Forward equation.Rule }
	err := yaml.Unmarshal([]byte(`
feedback: eta*(noise_post*highpass_pre - alpha*w)
forward:
    w: delta
    delta: (eta*error_post*rate_pre - delta)/tau
`), &config)
	if err != nil {
		panic(err)
	}
	fmt.Println(config.Feedback)
	fmt.Println(config.Forward)
	formula, err := config.Forward.LaTeX(scope)
	if err != nil {
		panic(err)
	}
	fmt.Println(formula)
	// Output:
	// eta*(noise_post*highpass_pre - alpha*w)
	// w: delta; delta: (eta*error_post*rate_pre - delta)/tau
	// \begin{aligned}
	// \dot{w} &= \delta \\
	// \tau\,\dot{\delta} &= \eta\,\text{error}_{\text{post}}\,\text{rate}_{\text{pre}} - \delta
	// \end{aligned}
}

func ExampleParseRule() {
	rule, err := equation.ParseRule("w: delta; delta: (error_post*rate_pre - delta)/tau")
	if err != nil {
		panic(err)
	}
	weight, delta, err := rule.Parse(scope)
	fmt.Println(weight, "|", delta, "|", err)
	// Output:
	// delta | (error_post*rate_pre - delta)/tau | <nil>
}
