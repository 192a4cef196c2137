//go:build !amd64 || purego

package vec

func sigmoid(dst, x []float64) { sigmoidPlain(dst, x) }

func axpy(a float64, x, y []float64) { axpyPlain(a, x, y) }

func mul(w, x, y []float64) { mulPlain(w, x, y) }

func mulT(w, x, y []float64) { mulTPlain(w, x, y) }

func addOuter(w, s, r []float64) { addOuterPlain(w, s, r) }

func lowPassMul(w, d, s, r []float64, k float64, x, y []float64) {
	lowPassMulPlain(w, d, s, r, k, x, y)
}

func lowPassMulT(w, d, s, r []float64, k float64, x, y []float64) {
	lowPassMulTPlain(w, d, s, r, k, x, y)
}

func hebb(w, s, r []float64, decay float64) { hebbPlain(w, s, r, decay) }

func hebbMul(w, s, r []float64, decay float64, x, y []float64) {
	hebbMulPlain(w, s, r, decay, x, y)
}

func hebbMulT(w, s, r []float64, decay float64, x, y []float64) {
	hebbMulTPlain(w, s, r, decay, x, y)
}

func neurons(n *Neurons) { neuronsPlain(n) }

func alif(a *ALIF[float32]) { alifPlain(a) }

func lsnn(a *LSNN[float32]) { lsnnPlain(a) }

func adjointLSNN(a *AdjointLSNN[float32]) { adjointLSNNPlain(a) }

func axpySingle(a float32, x, y []float32) { axpyPlain(a, x, y) }

func nonZero(x []float32, bits []uint64) { nonZeroPlain(x, bits) }

func addMul(m *Sparse[float32], y, x []float32, those []uint64) { addMulPlain(m, y, x, those) }

func adjointALIF(a *AdjointALIF[float32]) { adjointALIFPlain(a) }

func diffuse(x, xi []float64, up, down float64) { diffusePlain(x, xi, up, down) }

func inputStep(u, v, p, q, e []float64, k, norm float64) { inputStepPlain(u, v, p, q, e, k, norm) }

func addSteps(w, d, p, q []float64, sum, keep, x float64) { addStepsPlain(w, d, p, q, sum, keep, x) }

func scaledDifference(dst, a, b []float64, c float64) { scaledDifferencePlain(dst, a, b, c) }

func scale(dst, x []float64, c float64) { scalePlain(dst, x, c) }
