//go:build !purego

package vec

import (
	"math"
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go -C ../asm run . -pkg vec -out ../vec/avx512_amd64.s -stubs ../vec/avx512_amd64.go
//go:generate go -C ../asm run . -pkg vec -avx2 -out ../vec/avx2_amd64.s -stubs ../vec/avx2_amd64.go

// The instructions that the processor and the system have. The exported functions
// have checked all lengths, so that no kernel touches anything outside its slices.
var (
	avx2   = cpu.X86.HasAVX2 && cpu.X86.HasBMI1
	avx512 = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL && cpu.X86.HasBMI2
)

func data(s []float64) *float64 { return unsafe.SliceData(s) }

func axpy(a float64, x, y []float64) {
	if avx512 {
		axpyAVX512(data(x), data(y), len(x), a)
	} else if avx2 {
		axpyAVX2(data(x), data(y), len(x), a)
	} else {
		axpyPlain(a, x, y)
	}
}

func mul(w, x, y []float64) {
	if avx512 {
		mulAVX512(data(w), data(x), data(y), len(y), len(x))
	} else if avx2 {
		mulAVX2(data(w), data(x), data(y), len(y), len(x))
	} else {
		mulPlain(w, x, y)
	}
}

func mulT(w, x, y []float64) {
	if avx512 {
		mulTAVX512(data(w), data(x), data(y), len(x), len(y))
	} else if avx2 {
		mulTAVX2(data(w), data(x), data(y), len(x), len(y))
	} else {
		mulTPlain(w, x, y)
	}
}

func addOuter(w, s, r []float64) {
	if avx512 {
		addOuterAVX512(data(w), data(s), data(r), len(s), len(r))
	} else if avx2 {
		addOuterAVX2(data(w), data(s), data(r), len(s), len(r))
	} else {
		addOuterPlain(w, s, r)
	}
}

func lowPassMul(w, d, s, r []float64, k float64, x, y []float64) {
	if avx512 {
		lowPassMulAVX512(data(w), data(d), data(s), data(r), data(x), data(y), len(s), len(r), k)
	} else if avx2 {
		lowPassMulAVX2(data(w), data(d), data(s), data(r), data(x), data(y), len(s), len(r), k)
	} else {
		lowPassMulPlain(w, d, s, r, k, x, y)
	}
}

func lowPassMulT(w, d, s, r []float64, k float64, x, y []float64) {
	if avx512 {
		lowPassMulTAVX512(data(w), data(d), data(s), data(r), data(x), data(y), len(s), len(r), k)
	} else if avx2 {
		lowPassMulTAVX2(data(w), data(d), data(s), data(r), data(x), data(y), len(s), len(r), k)
	} else {
		lowPassMulTPlain(w, d, s, r, k, x, y)
	}
}

func hebb(w, s, r []float64, decay float64) {
	if avx512 {
		hebbAVX512(data(w), data(s), data(r), len(s), len(r), decay)
	} else if avx2 {
		hebbAVX2(data(w), data(s), data(r), len(s), len(r), decay)
	} else {
		hebbPlain(w, s, r, decay)
	}
}

func hebbMul(w, s, r []float64, decay float64, x, y []float64) {
	if avx512 {
		hebbMulAVX512(data(w), data(s), data(r), data(x), data(y), len(s), len(r), decay)
	} else if avx2 {
		hebbMulAVX2(data(w), data(s), data(r), data(x), data(y), len(s), len(r), decay)
	} else {
		hebbMulPlain(w, s, r, decay, x, y)
	}
}

func hebbMulT(w, s, r []float64, decay float64, x, y []float64) {
	if avx512 {
		hebbMulTAVX512(data(w), data(s), data(r), data(x), data(y), len(s), len(r), decay)
	} else if avx2 {
		hebbMulTAVX2(data(w), data(s), data(r), data(x), data(y), len(s), len(r), decay)
	} else {
		hebbMulTPlain(w, s, r, decay, x, y)
	}
}

func sigmoid(dst, x []float64) {
	if avx512 {
		sigmoidAVX512(data(dst), data(x), len(x), &sigmoidConstants, &powers)
	} else if avx2 {
		sigmoidAVX2(data(dst), data(x), len(x), &sigmoidConstants4, &powers)
	} else {
		sigmoidPlain(dst, x)
	}
}

func neurons(n *Neurons) {
	if avx512 {
		neuronsAVX512((*[12][]float64)(unsafe.Pointer(n)), len(n.SumBasal))
	} else if avx2 {
		neuronsAVX2((*[12][]float64)(unsafe.Pointer(n)), len(n.SumBasal))
	} else {
		neuronsPlain(n)
	}
}

func alif(a *ALIF[float32]) {
	slices, above := (*[6][]float32)(unsafe.Pointer(a)), unsafe.SliceData(a.Above)
	if avx512 {
		alifAVX512(slices, above, len(a.V), a.Scale, 1, 2)
	} else if avx2 {
		alifAVX2(slices, above, len(a.V), a.Scale, 1, 2)
	} else {
		alifPlain(a)
	}
}

func lsnn(a *LSNN[float32]) {
	slices, above := (*[6][]float32)(unsafe.Pointer(a)), unsafe.SliceData(a.Above)
	if avx512 {
		lsnnAVX512(slices, above, len(a.V), a.Threshold, 1, 2)
	} else if avx2 {
		lsnnAVX2(slices, above, len(a.V), a.Threshold, 1, 2)
	} else {
		lsnnPlain(a)
	}
}

func adjointLSNN(a *AdjointLSNN[float32]) {
	slices := (*[13][]float32)(unsafe.Pointer(a))
	if avx512 {
		adjointLSNNAVX512(slices, len(a.S), a.Threshold, a.Gamma)
	} else if avx2 {
		adjointLSNNAVX2(slices, len(a.S), a.Threshold, a.Gamma)
	} else {
		adjointLSNNPlain(a)
	}
}

func axpySingle(a float32, x, y []float32) {
	if avx512 {
		axpySingleAVX512(unsafe.SliceData(x), unsafe.SliceData(y), len(x), a)
	} else if avx2 {
		axpySingleAVX2(unsafe.SliceData(x), unsafe.SliceData(y), len(x), a)
	} else {
		axpyPlain(a, x, y)
	}
}

func nonZero(x []float32, bits []uint64) {
	if avx512 {
		nonZeroAVX512(unsafe.SliceData(x), unsafe.SliceData(bits), len(x))
	} else if avx2 {
		nonZeroAVX2(unsafe.SliceData(x), unsafe.SliceData(bits), len(x))
	} else {
		nonZeroPlain(x, bits)
	}
}

func addMul(m *Sparse[float32], y, x []float32, those []uint64) {
	if len(m.sizes) <= m.words || !avx2 {
		addMulPlain(m, y, x, those)
		return
	}
	sizes, most := unsafe.SliceData(m.sizes[m.words:]), len(m.sizes)/m.words-1
	addMulAVX2(unsafe.SliceData(y), unsafe.SliceData(x), unsafe.SliceData(those), sizes, m.words, most, unsafe.SliceData(m.first), (*float32)(unsafe.Pointer(unsafe.SliceData(m.parts))))
}

func adjointALIF(a *AdjointALIF[float32]) {
	slices := (*[8][]float32)(unsafe.Pointer(a))
	if avx512 {
		adjointALIFAVX512(slices, len(a.S), a.Gamma)
	} else if avx2 {
		adjointALIFAVX2(slices, len(a.S), a.Gamma)
	} else {
		adjointALIFPlain(a)
	}
}

func diffuse(x, xi []float64, up, down float64) {
	if avx512 {
		diffuseAVX512(data(x), data(xi), len(x), up, down)
	} else if avx2 {
		diffuseAVX2(data(x), data(xi), len(x), up, down)
	} else {
		diffusePlain(x, xi, up, down)
	}
}

func inputStep(u, v, p, q, e []float64, k, norm float64) {
	if avx512 {
		inputStepAVX512(data(u), data(v), data(p), data(q), data(e), len(e), k, norm)
	} else if avx2 {
		inputStepAVX2(data(u), data(v), data(p), data(q), data(e), len(e), k, norm)
	} else {
		inputStepPlain(u, v, p, q, e, k, norm)
	}
}

func addSteps(w, d, p, q []float64, sum, keep, x float64) {
	if avx512 {
		addStepsAVX512(data(w), data(d), data(p), data(q), len(w), sum, keep, x)
	} else if avx2 {
		addStepsAVX2(data(w), data(d), data(p), data(q), len(w), sum, keep, x)
	} else {
		addStepsPlain(w, d, p, q, sum, keep, x)
	}
}

func scaledDifference(dst, a, b []float64, c float64) {
	if avx512 {
		scaledDifferenceAVX512(data(dst), data(a), data(b), len(dst), c)
	} else if avx2 {
		scaledDifferenceAVX2(data(dst), data(a), data(b), len(dst), c)
	} else {
		scaledDifferencePlain(dst, a, b, c)
	}
}

func scale(dst, x []float64, c float64) {
	if avx512 {
		scaleAVX512(data(dst), data(x), len(dst), c)
	} else if avx2 {
		scaleAVX2(data(dst), data(x), len(dst), c)
	} else {
		scalePlain(dst, x, c)
	}
}

// These kernels find the slices by the order of their fields.
var _ = [1]struct{}{}[unsafe.Sizeof(Neurons{})-unsafe.Sizeof([12][]float64{})]
var _ = [1]struct{}{}[unsafe.Offsetof(ALIF[float32]{}.Above)-unsafe.Sizeof([6][]float32{})]
var _ = [1]struct{}{}[unsafe.Offsetof(AdjointALIF[float32]{}.Gamma)-unsafe.Sizeof([8][]float32{})]
var _ = [1]struct{}{}[unsafe.Offsetof(LSNN[float32]{}.Above)-unsafe.Sizeof([6][]float32{})]
var _ = [1]struct{}{}[unsafe.Offsetof(AdjointLSNN[float32]{}.Threshold)-unsafe.Sizeof([13][]float32{})]

// sigmoidConstants are those of sigmoidPlain, in the order of the kernel.
var sigmoidConstants = [...]float64{math.Copysign(0, -1), yMin, yMax, perStep, toWhole, stepHi, stepLo, 1, g0, g1, g2, g3, g4}

// sigmoidConstants4 holds each of them four times, and a mask of the lowest bits.
var sigmoidConstants4 = func() (c [14][4]float64) {
	for i := range c[0] {
		for k, v := range sigmoidConstants {
			c[k][i] = v
		}
		c[13][i] = math.Float64frombits(15)
	}
	return c
}()
