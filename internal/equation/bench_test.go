package equation

import (
	"fmt"
	"testing"
)

// BenchmarkVector times one Eval for the common shapes and the vector lengths
// of small cortical models.
func BenchmarkVector(b *testing.B) {
	for _, text := range []string{
		"rate_post",
		"-rate_post",
		"eta*rate_post",
		"rate_post*pred_post",
		"rate_post - pred_post",
		"eta*(rate_post - pred_post)",
		"eta*rate_post*(rate_post - pred_post)",
		"sigmoid(rate_post)",
	} {
		for _, n := range []int{3, 10, 30, 100} {
			b.Run(fmt.Sprintf("%s/%d", text, n), func(b *testing.B) { benchmarkVector[float64](b, text, n) })
		}
	}
	b.Run("float32/rate_post - pred_post/100", func(b *testing.B) {
		benchmarkVector[float32](b, "rate_post - pred_post", 100)
	})
}

func benchmarkVector[F Float](b *testing.B, text string, n int) {
	bind := Bindings[F]{
		Scalars: map[string]float64{"eta": 0.1},
		Arrays:  map[string][]F{"rate_post": ramp[F](n), "pred_post": ramp[F](n)},
	}
	v, err := CompileVector(mustParse(b, text), bind)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]F, n)
	b.ReportAllocs()
	for b.Loop() {
		v.Eval(dst)
	}
}

// BenchmarkMatrix times one pass over a matrix for a rule that does not split.
func BenchmarkMatrix(b *testing.B) {
	const pre, post = 100, 30
	bind := Bindings[float64]{
		Scalars: map[string]float64{"eta": 0.1},
		Arrays: map[string][]float64{
			"rate_pre": ramp[float64](pre), "rate_post": ramp[float64](post), "w": ramp[float64](pre * post),
		},
		Pre: pre, Post: post,
	}
	m, err := CompileMatrix(mustParse(b, "eta*(relu(w*rate_pre) - w*rate_post)"), bind)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]float64, post)
	b.ReportAllocs()
	for b.Loop() {
		for i := range pre {
			m.EvalRow(dst, i)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/pre/post, "ns/synapse")
}

func ramp[F Float](n int) []F {
	x := make([]F, n)
	for i := range x {
		x[i] = F(i+1) / F(n)
	}
	return x
}

func mustParse(t testing.TB, text string) *Expr {
	t.Helper()
	e, err := Parse(text, testScope)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
