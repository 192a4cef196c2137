package equation

import "math"

// Function documents one function of the language.
type Function struct {
	Name string // as written in an expression
	Args int    // number of arguments
	Use  string // how to write it, e.g. "pow(x, n)"
	Doc  string // what it computes

	eval func(x []float64) float64
}

// Functions lists all functions of the language. There are no others; a
// compiler for another engine has to provide exactly these.
func Functions() []Function {
	return append([]Function(nil), functions...)
}

var functions = []Function{
	{"exp", 1, "exp(x)", "e to the power x", func(x []float64) float64 { return math.Exp(x[0]) }},
	{"log", 1, "log(x)", "natural logarithm", func(x []float64) float64 { return math.Log(x[0]) }},
	{"sqrt", 1, "sqrt(x)", "square root", func(x []float64) float64 { return math.Sqrt(x[0]) }},
	{"abs", 1, "abs(x)", "absolute value", func(x []float64) float64 { return math.Abs(x[0]) }},
	{"tanh", 1, "tanh(x)", "hyperbolic tangent", func(x []float64) float64 { return math.Tanh(x[0]) }},
	{"sigmoid", 1, "sigmoid(x)", "1/(1+exp(-x))", func(x []float64) float64 { return sigmoid(x[0]) }},
	{"relu", 1, "relu(x)", "max(x, 0)", func(x []float64) float64 { return max(x[0], 0) }},
	{"sign", 1, "sign(x)", "-1, 0 or 1", func(x []float64) float64 { return sign(x[0]) }},
	{"step", 1, "step(x)", "Heaviside step: 1 for x > 0, otherwise 0", func(x []float64) float64 { return step(x[0]) }},
	{"square", 1, "square(x)", "x*x", func(x []float64) float64 { return x[0] * x[0] }},
	{"min", 2, "min(x, y)", "smaller of x and y", func(x []float64) float64 { return min(x[0], x[1]) }},
	{"max", 2, "max(x, y)", "larger of x and y", func(x []float64) float64 { return max(x[0], x[1]) }},
	{"pow", 2, "pow(x, n)", "x to the power n", func(x []float64) float64 { return math.Pow(x[0], x[1]) }},
	{"clip", 3, "clip(x, low, high)", "min(max(x, low), high)", func(x []float64) float64 { return min(max(x[0], x[1]), x[2]) }},
}

func lookupFunction(name string) *Function {
	for i := range functions {
		if functions[i].Name == name {
			return &functions[i]
		}
	}
	return nil
}

func functionNames() []string {
	names := make([]string, len(functions))
	for i, f := range functions {
		names[i] = f.Name
	}
	return names
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// sign and step hand NaN on, so that a broken simulation shows.
func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // 0 or NaN
}

func step(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x <= 0:
		return 0
	}
	return x // NaN
}
