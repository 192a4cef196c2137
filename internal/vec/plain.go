package vec

// The kernels without vector instructions. Lengths are those that the exported
// functions have checked. The conversions keep the compiler from fusing
// multiplications and additions where the platform could.

func axpyPlain[F float32 | float64](a F, x, y []F) {
	y = y[:len(x)]
	j := 0
	for ; j < len(x)-3; j += 4 {
		y[j] += F(a * x[j])
		y[j+1] += F(a * x[j+1])
		y[j+2] += F(a * x[j+2])
		y[j+3] += F(a * x[j+3])
	}
	for ; j < len(x); j++ {
		y[j] += F(a * x[j])
	}
}

// dot is the sum over one row, in the lanes of the package comment.
func dot(w, x []float64) float64 {
	var a0, a1, a2, a3, a4, a5, a6, a7 float64
	for len(w) >= 8 && len(x) >= 8 {
		a0 += float64(w[0] * x[0])
		a1 += float64(w[1] * x[1])
		a2 += float64(w[2] * x[2])
		a3 += float64(w[3] * x[3])
		a4 += float64(w[4] * x[4])
		a5 += float64(w[5] * x[5])
		a6 += float64(w[6] * x[6])
		a7 += float64(w[7] * x[7])
		w, x = w[8:], x[8:]
	}
	if len(w) >= 4 && len(x) >= 4 {
		a0 += float64(w[0] * x[0])
		a1 += float64(w[1] * x[1])
		a2 += float64(w[2] * x[2])
		a3 += float64(w[3] * x[3])
		switch x := x[:len(w)]; len(w) {
		case 7:
			a6 += float64(w[6] * x[6])
			fallthrough
		case 6:
			a5 += float64(w[5] * x[5])
			fallthrough
		case 5:
			a4 += float64(w[4] * x[4])
		}
	} else {
		switch x := x[:len(w)]; len(w) {
		case 3:
			a2 += float64(w[2] * x[2])
			fallthrough
		case 2:
			a1 += float64(w[1] * x[1])
			fallthrough
		case 1:
			a0 += float64(w[0] * x[0])
		}
	}
	return ((a0 + a4) + (a2 + a6)) + ((a1 + a5) + (a3 + a7))
}

func mulPlain(w, x, y []float64) {
	for i := range y {
		y[i] = dot(w[:len(x)], x)
		w = w[len(x):]
	}
}

func mulTPlain(w, x, y []float64) {
	n := len(y)
	for len(x) >= 4 { // four rows at once spare three of four passes over y
		x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
		w0, w1, w2, w3 := w[:n], w[n:][:n], w[2*n:][:n], w[3*n:][:n]
		for j, v := range y {
			v += float64(x0 * w0[j])
			v += float64(x1 * w1[j])
			v += float64(x2 * w2[j])
			v += float64(x3 * w3[j])
			y[j] = v
		}
		w, x = w[4*n:], x[4:]
	}
	for _, v := range x {
		axpyPlain(v, w[:n], y)
		w = w[n:]
	}
}

func addOuterPlain(w, s, r []float64) {
	for _, a := range s {
		axpyPlain(a, r, w[:len(r)])
		w = w[len(r):]
	}
}

// filtered is one step of the low-pass filter, ab the product of the factors.
func filtered(d, ab, k float64) float64 { return d + (ab - float64(k*d)) }

func lowPassRow(w, d []float64, a float64, r []float64, k float64) {
	w, d = w[:len(r)], d[:len(r)]
	j := 0
	for ; j < len(r)-3; j += 4 {
		d0, d1, d2, d3 := d[j], d[j+1], d[j+2], d[j+3]
		w[j] += d0
		w[j+1] += d1
		w[j+2] += d2
		w[j+3] += d3
		d[j] = filtered(d0, float64(a*r[j]), k)
		d[j+1] = filtered(d1, float64(a*r[j+1]), k)
		d[j+2] = filtered(d2, float64(a*r[j+2]), k)
		d[j+3] = filtered(d3, float64(a*r[j+3]), k)
	}
	for ; j < len(r); j++ {
		old := d[j]
		w[j] += old
		d[j] = filtered(old, float64(a*r[j]), k)
	}
}

// lowPassMulTRow is lowPassRow followed by axpy of the new row times x.
func lowPassMulTRow(w, d []float64, a float64, r []float64, k, x float64, y []float64) {
	w, d, y = w[:len(r)], d[:len(r)], y[:len(r)]
	j := 0
	for ; j < len(r)-3; j += 4 {
		d0, d1, d2, d3 := d[j], d[j+1], d[j+2], d[j+3]
		w0, w1, w2, w3 := w[j]+d0, w[j+1]+d1, w[j+2]+d2, w[j+3]+d3
		w[j], w[j+1], w[j+2], w[j+3] = w0, w1, w2, w3
		d[j] = filtered(d0, float64(a*r[j]), k)
		d[j+1] = filtered(d1, float64(a*r[j+1]), k)
		d[j+2] = filtered(d2, float64(a*r[j+2]), k)
		d[j+3] = filtered(d3, float64(a*r[j+3]), k)
		y[j] += float64(x * w0)
		y[j+1] += float64(x * w1)
		y[j+2] += float64(x * w2)
		y[j+3] += float64(x * w3)
	}
	for ; j < len(r); j++ {
		old := d[j]
		v := w[j] + old
		w[j] = v
		d[j] = filtered(old, float64(a*r[j]), k)
		y[j] += float64(x * v)
	}
}

func lowPassMulPlain(w, d, s, r []float64, k float64, x, y []float64) {
	n := len(r)
	for i, a := range s {
		lowPassRow(w[:n], d[:n], a, r, k)
		y[i] = dot(w[:n], x)
		w, d = w[n:], d[n:]
	}
}

func lowPassMulTPlain(w, d, s, r []float64, k float64, x, y []float64) {
	n := len(r)
	for i, a := range s {
		lowPassMulTRow(w[:n], d[:n], a, r, k, x[i], y)
		w, d = w[n:], d[n:]
	}
}

func hebbRow(w []float64, a float64, r []float64, decay float64) {
	w = w[:len(r)]
	j := 0
	for ; j < len(r)-3; j += 4 {
		w[j] = filtered(w[j], float64(a*r[j]), decay)
		w[j+1] = filtered(w[j+1], float64(a*r[j+1]), decay)
		w[j+2] = filtered(w[j+2], float64(a*r[j+2]), decay)
		w[j+3] = filtered(w[j+3], float64(a*r[j+3]), decay)
	}
	for ; j < len(r); j++ {
		w[j] = filtered(w[j], float64(a*r[j]), decay)
	}
}

// hebbMulTRow is hebbRow followed by axpy of the new row times x.
func hebbMulTRow(w []float64, a float64, r []float64, decay, x float64, y []float64) {
	w, y = w[:len(r)], y[:len(r)]
	j := 0
	for ; j < len(r)-3; j += 4 {
		w0 := filtered(w[j], float64(a*r[j]), decay)
		w1 := filtered(w[j+1], float64(a*r[j+1]), decay)
		w2 := filtered(w[j+2], float64(a*r[j+2]), decay)
		w3 := filtered(w[j+3], float64(a*r[j+3]), decay)
		w[j], w[j+1], w[j+2], w[j+3] = w0, w1, w2, w3
		y[j] += float64(x * w0)
		y[j+1] += float64(x * w1)
		y[j+2] += float64(x * w2)
		y[j+3] += float64(x * w3)
	}
	for ; j < len(r); j++ {
		v := filtered(w[j], float64(a*r[j]), decay)
		w[j] = v
		y[j] += float64(x * v)
	}
}

func hebbPlain(w, s, r []float64, decay float64) {
	for _, a := range s {
		hebbRow(w[:len(r)], a, r, decay)
		w = w[len(r):]
	}
}

func hebbMulPlain(w, s, r []float64, decay float64, x, y []float64) {
	n := len(r)
	for i, a := range s {
		hebbRow(w[:n], a, r, decay)
		y[i] = dot(w[:n], x)
		w = w[n:]
	}
}

func hebbMulTPlain(w, s, r []float64, decay float64, x, y []float64) {
	n := len(r)
	for i, a := range s {
		hebbMulTRow(w[:n], a, r, decay, x[i], y)
		w = w[n:]
	}
}
