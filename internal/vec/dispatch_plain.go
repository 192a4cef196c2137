//go:build !(goexperiment.simd && amd64)

package vec

func sigmoid(dst, x []float64) { sigmoidPlain(dst, x) }

func axpy(a float64, x, y []float64) { axpyPlain(a, x, y) }

func mul(w, x, y []float64) { mulPlain(w, x, y) }

func mulT(w, x, y []float64) { mulTPlain(w, x, y) }

func addOuter(w, s, r []float64) { addOuterPlain(w, s, r) }

func lowPass(w, d, s, r []float64, k float64) { lowPassPlain(w, d, s, r, k) }

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
