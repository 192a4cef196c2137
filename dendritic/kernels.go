package dendritic

import "github.com/neurocredit/neurocredit/internal/vec"

// kernels are the inner loops over weights, as package vec describes them. The
// float64 ones are vec's; those for float32 round after every operation, and sum
// in the order of the presynaptic neurons, as the original does.
type kernels[F float] struct {
	axpy        func(a F, x, y []F)
	mul         func(w, x, y []F)
	mulT        func(w, x, y []F)
	lowPassMul  func(w, d, s, r []F, k F, x, y []F)
	lowPassMulT func(w, d, s, r []F, k F, x, y []F)
	hebbMul     func(w, s, r []F, decay F, x, y []F)
	hebbMulT    func(w, s, r []F, decay F, x, y []F)
	inputStep   func(u, v, p, q, e []F, forget, norm F)
}

func kernelsFor[F float]() *kernels[F] {
	k := &kernels[F]{
		axpy: axpy[F], mul: mul[F], mulT: mulT[F],
		lowPassMul: lowPassMul[F], lowPassMulT: lowPassMulT[F], hebbMul: hebbMul[F], hebbMulT: hebbMulT[F],
		inputStep: inputStep[F],
	}
	if k, ok := any(k).(*kernels[float64]); ok {
		*k = kernels[float64]{
			axpy: vec.Axpy, mul: vec.Mul, mulT: vec.MulT,
			lowPassMul: vec.LowPassMul, lowPassMulT: vec.LowPassMulT, hebbMul: vec.HebbMul, hebbMulT: vec.HebbMulT,
			inputStep: vec.InputStep,
		}
	}
	return k
}

func axpy[F float](a F, x, y []F) {
	for i, v := range x {
		y[i] += F(a * v)
	}
}

func mul[F float](w, x, y []F) {
	for i := range y {
		row, sum := w[i*len(x):(i+1)*len(x)], F(0)
		for j, v := range x {
			sum += F(row[j] * v)
		}
		y[i] = sum
	}
}

func mulT[F float](w, x, y []F) {
	for i, v := range x {
		axpy(v, w[i*len(y):(i+1)*len(y)], y)
	}
}

func lowPassMul[F float](w, d, s, r []F, k F, x, y []F) {
	lowPassAll(w, d, s, r, k)
	mul(w, x, y)
}

func lowPassMulT[F float](w, d, s, r []F, k F, x, y []F) {
	lowPassAll(w, d, s, r, k)
	mulT(w, x, y)
}

func lowPassAll[F float](w, d, s, r []F, k F) {
	for i, a := range s {
		w, d := w[i*len(r):(i+1)*len(r)], d[i*len(r):(i+1)*len(r)]
		for j, b := range r {
			w[j] += d[j]
			d[j] += F(a*b) - F(k*d[j])
		}
	}
}

func hebbMul[F float](w, s, r []F, decay F, x, y []F) {
	hebbAll(w, s, r, decay)
	mul(w, x, y)
}

func hebbMulT[F float](w, s, r []F, decay F, x, y []F) {
	hebbAll(w, s, r, decay)
	mulT(w, x, y)
}

func hebbAll[F float](w, s, r []F, decay F) {
	for i, a := range s {
		w := w[i*len(r) : (i+1)*len(r)]
		for j, b := range r {
			w[j] += F(a*b) - F(decay*w[j])
		}
	}
}

// inputStep advances the vectors of a factored projection by one plastic step.
func inputStep[F float](u, v, p, q, e []F, forget, norm F) {
	u, v, p, q = u[:len(e)], v[:len(e)], p[:len(e)], q[:len(e)]
	for j, err := range e {
		u[j] += v[j]
		v[j] += F(norm*err) - F(forget*v[j])
		p[j] += q[j]
		q[j] += err - F(forget*q[j])
	}
}

// flushRow writes one row of a factored projection.
func flushRow[F float](w, d, p, q []F, sum, keep, x F) {
	d, p, q = d[:len(w)], p[:len(w)], q[:len(w)]
	for j := range w {
		w[j] += F(sum*d[j]) + F(x*p[j])
		d[j] = F(keep*d[j]) + F(x*q[j])
	}
}
