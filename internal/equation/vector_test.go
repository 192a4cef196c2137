package equation

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// oracle evaluates one element by the documented arithmetic: scalars in float64
// rounded once, every other operation rounded to F.
func oracle[F Float](n Node, value func(q Quantity) float64) float64 {
	round := func(v float64) float64 { return float64(F(v)) }
	if sideOf(n) == Scalar {
		return round(evaluate(n, func(name string) float64 {
			q, _ := testScope.Lookup(name)
			return value(q)
		}))
	}
	switch n := n.(type) {
	case *Var:
		return value(n.Quantity)
	case *Unary:
		return -oracle[F](n.X, value)
	case *Binary:
		x, y := oracle[F](n.X, value), oracle[F](n.Y, value)
		return round(evaluate(&Binary{n.Op, &Const{x}, &Const{y}}, nil))
	case *Call:
		args := make([]Node, len(n.Args))
		for i, arg := range n.Args {
			args[i] = &Const{oracle[F](arg, value)}
		}
		return round(evaluate(&Call{n.Func, args}, nil))
	}
	panic("unknown node")
}

func same(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }

func sideScope(side Side) Scope {
	var scope Scope
	for _, q := range testScope {
		if q.Side == side || q.Side == Scalar {
			scope = append(scope, q)
		}
	}
	return scope
}

// randomBindings binds all quantities of testScope. The arrays hold positive and
// negative numbers and zeros.
func randomBindings[F Float](r *rand.Rand, pre, post int) Bindings[F] {
	bind := Bindings[F]{Scalars: map[string]float64{}, Arrays: map[string][]F{}, Pre: pre, Post: post}
	length := map[Side]int{Pre: pre, Post: post, Synapse: pre * post}
	for _, q := range testScope {
		if q.Side == Scalar {
			bind.Scalars[q.Name] = 0.2 + r.Float64()
			continue
		}
		array := make([]F, length[q.Side])
		fill(r, array)
		bind.Arrays[q.Name] = array
	}
	return bind
}

func fill[F Float](r *rand.Rand, array []F) {
	for i := range array {
		if r.IntN(8) > 0 {
			array[i] = F(r.NormFloat64())
		} else {
			array[i] = 0
		}
	}
}

// TestVectorRandom compares programs with the oracle, bit by bit, before and
// after the bound arrays change.
func TestVectorRandom(t *testing.T) {
	t.Run("float64", testVectorRandom[float64])
	t.Run("float32", testVectorRandom[float32])
}

func testVectorRandom[F Float](t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	finite := 0
	for k := range 4000 {
		side, n := Pre, 7
		if k%2 == 0 {
			side, n = Post, 5
		}
		bind := randomBindings[F](r, 7, 5)
		if k%3 == 0 {
			bind.Pre, bind.Post = 0, 0 // taken from the arrays
		}
		src := randomExpr(r, 5, sideScope(side))
		e, err := Parse(src, testScope)
		if err != nil {
			continue
		}
		v, err := CompileVector(e, bind)
		if err != nil {
			continue // a scalar part is not finite
		}
		dst := make([]F, n)
		for range 2 {
			v.Eval(dst)
			for i, got := range dst {
				want := oracle[F](e.root, func(q Quantity) float64 {
					if q.Side == Scalar {
						return bind.Scalars[q.Name]
					}
					return float64(bind.Arrays[q.Name][i])
				})
				if !same(float64(got), want) {
					t.Fatalf("%s: element %d is %g, want %g", src, i, got, want)
				}
				if !math.IsNaN(want) {
					finite++
				}
			}
			for _, array := range bind.Arrays {
				fill(r, array)
			}
		}
	}
	if finite < 10000 {
		t.Errorf("only %d numbers compared", finite)
	}
}

func TestVectorRoundsEachOperation(t *testing.T) {
	const x, y, z = 1 + 0x1p-23, 1 + 0x1p-22, -1
	bind := Bindings[float32]{Arrays: map[string][]float32{"rate_post": {x}, "pred_post": {y}, "noise_post": {z}}}
	v, err := CompileVector(mustParse(t, "rate_post*pred_post + noise_post"), bind)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]float32, 1)
	v.Eval(dst)
	exact := float64(x)*float64(y) + z
	product := float32(float64(x) * float64(y))
	if want := product + z; dst[0] != want || float64(want) == exact {
		t.Errorf("got %g, want %g, unlike the unrounded %g", dst[0], want, exact)
	}
}

func TestVectorFuses(t *testing.T) {
	for src, want := range map[string]int{
		"rate_post": 1, "-rate_post": 1, "rate_post*pred_post": 1, "rate_post - pred_post": 1,
		"eta*rate_post": 1, "rate_post/tau*1": 2, "eta/tau*rate_post": 1,
		"eta*(rate_post - pred_post)": 1, "(rate_post - pred_post)*eta": 1, "2": 1,
		"tanh(rate_post)*tanh(rate_post)": 2, "clip(rate_post, 0, 1)": 4, "pow(rate_post, 2)": 1,
	} {
		v, err := CompileVector(mustParse(t, src), randomBindings[float64](rand.New(rand.NewPCG(1, 1)), 2, 3))
		if err != nil {
			t.Error(err)
		} else if len(v.code) != want {
			t.Errorf("%s takes %d passes, want %d", src, len(v.code), want)
		}
	}
}

func TestVectorInPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	bind := randomBindings[float64](r, 3, 4)
	v, err := CompileVector(mustParse(t, "rate_post*(1 - rate_post) + eta*(rate_post - pred_post)"), bind)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, 4)
	v.Eval(want)
	v.Eval(bind.Arrays["rate_post"])
	for i, got := range bind.Arrays["rate_post"] {
		if got != want[i] {
			t.Errorf("element %d: %g in place, %g otherwise", i, got, want[i])
		}
	}
}

func TestVectorConstantFillsAnyLength(t *testing.T) {
	v, err := CompileVector(mustParse(t, "eta*2"), Bindings[float64]{Scalars: map[string]float64{"eta": 3}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		dst := make([]float64, n)
		v.Eval(dst)
		for _, x := range dst {
			if x != 6 {
				t.Errorf("got %v, want 6 everywhere", dst)
			}
		}
	}
}

func TestCompileErrors(t *testing.T) {
	bind := Bindings[float32]{
		Scalars: map[string]float64{"eta": 0, "alpha": 1e300},
		Arrays:  map[string][]float32{"rate_post": make([]float32, 3), "pred_post": make([]float32, 2)},
	}
	for src, want := range map[string]string{
		"w":                     "shape [n_pre×n_post]",
		"rate_pre*rate_post":    "pre or post quantities, not both",
		"tau*rate_post":         "no value for tau; given are [alpha eta]",
		"rate_pre":              "no value for rate_pre; given are [pred_post rate_post]",
		"rate_post - pred_post": "pred_post has 2 values; its shape [n_post] needs 3",
		"rate_post*(1/eta)":     "1/eta is +Inf, not a finite number, for eta = 0",
		"alpha*rate_post":       "beyond the range",
	} {
		if _, err := CompileVector(mustParse(t, src), bind); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v does not contain %q", src, err, want)
		}
	}
	if _, err := CompileMatrix(mustParse(t, "w"), bind); err == nil || !strings.Contains(err.Error(), "n_pre = 0") {
		t.Errorf("CompileMatrix without sizes: error %v", err)
	}
}

func TestEvalPanics(t *testing.T) {
	bind := randomBindings[float64](rand.New(rand.NewPCG(1, 1)), 3, 4)
	v, _ := CompileVector(mustParse(t, "rate_post"), bind)
	m, _ := CompileMatrix(mustParse(t, "w"), bind)
	for name, call := range map[string]func(){
		"Vector.Eval: wrong length":         func() { v.Eval(make([]float64, 3)) },
		"Matrix.EvalRow: wrong length":      func() { m.EvalRow(make([]float64, 3), 0) },
		"Matrix.EvalRow: row out of range":  func() { m.EvalRow(make([]float64, 4), 3) },
		"Matrix.EvalRow: row out of  range": func() { m.EvalRow(make([]float64, 4), -1) },
	} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.Contains(message, strings.ReplaceAll(name, "  ", " ")) {
					t.Errorf("panic %q does not contain %q", message, name)
				}
			}()
			call()
		}()
	}
}

func TestValue(t *testing.T) {
	scalars := map[string]float64{"eta": 2, "tau": 0}
	if v, err := mustParse(t, "3*eta - 1").Value(scalars); v != 5 || err != nil {
		t.Errorf("got %g, %v, want 5", v, err)
	}
	for src, want := range map[string]string{
		"rate_pre":  "rate_pre has shape [n_pre], not scalar",
		"alpha":     "no value for alpha; given are [eta tau]",
		"eta/tau":   "eta/tau is +Inf, not a finite number, for eta = 2, tau = 0",
		"log(-eta)": "NaN",
	} {
		if _, err := mustParse(t, src).Value(scalars); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v does not contain %q", src, err, want)
		}
	}
}

func TestEvalDoesNotAllocate(t *testing.T) {
	bind := randomBindings[float64](rand.New(rand.NewPCG(1, 1)), 3, 4)
	v, _ := CompileVector(mustParse(t, "eta*(rate_post - clip(pred_post, 0, 1))*exp(rate_post)"), bind)
	m, _ := CompileMatrix(mustParse(t, "tanh(w*rate_pre) - max(rate_pre, 1)*rate_post"), bind)
	dst := make([]float64, 4)
	if n := testing.AllocsPerRun(100, func() { v.Eval(dst); m.EvalRow(dst, 1) }); n != 0 {
		t.Errorf("%g allocations per evaluation", n)
	}
}
