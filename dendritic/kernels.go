package dendritic

import "github.com/neurocredit/neurocredit/internal/vec"

// kernels are the inner loops over weights, as package vec describes them.
type kernels[F float] struct {
	axpy        func(a F, x, y []F)
	mul         func(w, x, y []F)
	mulT        func(w, x, y []F)
	lowPassMul  func(w, d, s, r []F, k F, x, y []F)
	lowPassMulT func(w, d, s, r []F, k F, x, y []F)
	hebbMul     func(w, s, r []F, decay F, x, y []F)
	hebbMulT    func(w, s, r []F, decay F, x, y []F)
	inputStep   func(u, v, p, q, e []F, forget, norm F)
	addSteps    func(w, d, p, q []F, sum, keep, x F)
	scale       func(dst, x []F, c F)
}

// kernelsFor returns those for float64, and none for float32, which has no use
// for them (rounded.go).
func kernelsFor[F float]() *kernels[F] {
	k := &kernels[F]{}
	if k, ok := any(k).(*kernels[float64]); ok {
		*k = kernels[float64]{
			axpy: vec.Axpy, mul: vec.Mul, mulT: vec.MulT,
			lowPassMul: vec.LowPassMul, lowPassMulT: vec.LowPassMulT, hebbMul: vec.HebbMul, hebbMulT: vec.HebbMulT,
			inputStep: vec.InputStep, addSteps: vec.AddSteps, scale: vec.Scale,
		}
	}
	return k
}
