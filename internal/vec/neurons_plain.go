//go:build !(goexperiment.simd && amd64)

package vec

func neurons(n *Neurons) { neuronsPlain(n, 0) }

func diffuse(x, xi []float64, up, down float64) { diffusePlain(x, xi, up, down, 0) }

func inputStep(u, v, p, q, e []float64, k, norm float64) { inputStepPlain(u, v, p, q, e, k, norm, 0) }

func scaledDifference(dst, a, b []float64, c float64) { scaledDifferencePlain(dst, a, b, c, 0) }

func scale(dst, x []float64, c float64) { scalePlain(dst, x, c, 0) }
