//go:build goexperiment.simd

package vec

import "simd/archsimd"

var wide = archsimd.X86.AVX512()

func sigmoid(dst, x []float64) {
	if wide && len(x) >= 4 {
		sigmoidWide(dst, x)
	} else {
		sigmoidPlain(dst, x)
	}
}

func axpy(a float64, x, y []float64) {
	if wide {
		axpyWide(a, x, y)
	} else {
		axpyPlain(a, x, y)
	}
}

func mul(w, x, y []float64) {
	if wide {
		mulWide(w, x, y)
	} else {
		mulPlain(w, x, y)
	}
}

func mulT(w, x, y []float64) {
	if wide {
		mulTWide(w, x, y)
	} else {
		mulTPlain(w, x, y)
	}
}

func addOuter(w, s, r []float64) {
	if wide {
		addOuterWide(w, s, r)
	} else {
		addOuterPlain(w, s, r)
	}
}

func lowPass(w, d, s, r []float64, k float64) {
	if wide {
		lowPassWide(w, d, s, r, k)
	} else {
		lowPassPlain(w, d, s, r, k)
	}
}

func lowPassMul(w, d, s, r []float64, k float64, x, y []float64) {
	if wide {
		lowPassMulWide(w, d, s, r, k, x, y)
	} else {
		lowPassMulPlain(w, d, s, r, k, x, y)
	}
}

func lowPassMulT(w, d, s, r []float64, k float64, x, y []float64) {
	if wide {
		lowPassMulTWide(w, d, s, r, k, x, y)
	} else {
		lowPassMulTPlain(w, d, s, r, k, x, y)
	}
}

func hebb(w, s, r []float64, decay float64) {
	if wide {
		hebbWide(w, s, r, decay)
	} else {
		hebbPlain(w, s, r, decay)
	}
}

func hebbMul(w, s, r []float64, decay float64, x, y []float64) {
	if wide {
		hebbMulWide(w, s, r, decay, x, y)
	} else {
		hebbMulPlain(w, s, r, decay, x, y)
	}
}

func hebbMulT(w, s, r []float64, decay float64, x, y []float64) {
	if wide {
		hebbMulTWide(w, s, r, decay, x, y)
	} else {
		hebbMulTPlain(w, s, r, decay, x, y)
	}
}
