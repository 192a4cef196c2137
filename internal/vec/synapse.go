package vec

func checkMatrix(name string, w, s, r []float64) {
	if len(w) != len(s)*len(r) {
		panic("vec: " + name + ": matrix is not rows x columns")
	}
}

func checkFilter(name string, w, d, s, r []float64) {
	checkMatrix(name, w, s, r)
	if len(d) != len(w) {
		panic("vec: " + name + ": w and d of different length")
	}
}

func checkProduct(name string, x, y, in, out []float64) {
	if len(x) != len(in) || len(y) != len(out) {
		panic("vec: " + name + ": x or y of wrong length")
	}
}

// Axpy adds a*x[i] to y[i]. x and y have the same length.
func Axpy(a float64, x, y []float64) {
	if len(x) != len(y) {
		panic("vec: Axpy: slices of different length")
	}
	axpy(a, x, y)
}

// Mul sets y[i] to the sum over the columns j of w[i,j]*x[j].
// w has len(y) rows and len(x) columns.
func Mul(w, x, y []float64) {
	checkMatrix("Mul", w, y, x)
	mul(w, x, y)
}

// MulT adds x[i]*w[i,j] to y[j], for one row i after the other.
// w has len(x) rows and len(y) columns.
func MulT(w, x, y []float64) {
	checkMatrix("MulT", w, x, y)
	mulT(w, x, y)
}

// MulTOf is [MulT] for either type of number.
func MulTOf[F float32 | float64](w, x, y []F) {
	if len(w) != len(x)*len(y) {
		panic("vec: MulTOf: matrix is not rows x columns")
	}
	if single, ok := any(y).([]float32); ok {
		w, x := any(w).([]float32), any(x).([]float32)
		for i, a := range x {
			axpySingle(a, w[i*len(y):(i+1)*len(y)], single)
		}
		return
	}
	mulT(any(w).([]float64), any(x).([]float64), any(y).([]float64))
}

// AddOuter adds s[i]*r[j] to w[i,j]. w has len(s) rows and len(r) columns.
func AddOuter(w, s, r []float64) {
	checkMatrix("AddOuter", w, s, r)
	addOuter(w, s, r)
}

// LowPassMul applies low-passed Hebbian plasticity: every weight w takes the
// increment d, and then the increment moves towards the product of the factors,
//
//	w[i,j] = w[i,j] + d[i,j]
//	d[i,j] = d[i,j] + (s[i]*r[j] - k*d[i,j])
//
// With k = dt/tau and the learning rate times k in s or r this is the filter
// of time constant tau. w and d have len(s) rows and len(r) columns. In the same
// pass it does [Mul] with the new weights: x has one value per column, y one per row.
func LowPassMul(w, d, s, r []float64, k float64, x, y []float64) {
	checkFilter("LowPassMul", w, d, s, r)
	checkProduct("LowPassMul", x, y, r, s)
	lowPassMul(w, d, s, r, k, x, y)
}

// LowPassMulT is [LowPassMul] with [MulT] in place of Mul: x has one value per row,
// y one per column.
func LowPassMulT(w, d, s, r []float64, k float64, x, y []float64) {
	checkFilter("LowPassMulT", w, d, s, r)
	checkProduct("LowPassMulT", x, y, s, r)
	lowPassMulT(w, d, s, r, k, x, y)
}

// Hebb applies Hebbian plasticity with decay:
//
//	w[i,j] = w[i,j] + (s[i]*r[j] - decay*w[i,j])
//
// w has len(s) rows and len(r) columns.
func Hebb(w, s, r []float64, decay float64) {
	checkMatrix("Hebb", w, s, r)
	hebb(w, s, r, decay)
}

// HebbMul is [Hebb] followed by [Mul] with the new weights, in one pass.
// x has one value per column, y one per row.
func HebbMul(w, s, r []float64, decay float64, x, y []float64) {
	checkMatrix("HebbMul", w, s, r)
	checkProduct("HebbMul", x, y, r, s)
	hebbMul(w, s, r, decay, x, y)
}

// HebbMulT is [Hebb] followed by [MulT] with the new weights, in one pass.
// x has one value per row, y one per column.
func HebbMulT(w, s, r []float64, decay float64, x, y []float64) {
	checkMatrix("HebbMulT", w, s, r)
	checkProduct("HebbMulT", x, y, s, r)
	hebbMulT(w, s, r, decay, x, y)
}
