package vec

// ALIF is the state of adaptive leaky integrate-and-fire neurons, and the constants of
// their equation. All slices but Above have the same length.
type ALIF[F float32 | float64] struct {
	V, B             []F      // voltage and adaptation
	H                []F      // result: height of the triangle around the threshold
	Alpha, Rho, Beta []F      // decay of V and B in a step, strength of the adaptation
	Above            []uint64 // result: bit j%64 of Above[j/64] is set if neuron j is above threshold
	Scale            F        // inverse of the threshold
}

// Step computes, for every neuron,
//
//	y = (V - Beta*B)*Scale
//	H = max(0, min(y, 2-y))
//	V = Alpha*V,  B = Rho*B
//
// and marks those with y > 1 in Above, which has a word for every 64 neurons or fewer.
func (a *ALIF[F]) Step() {
	size := len(a.V)
	for _, s := range [...][]F{a.B, a.H, a.Alpha, a.Rho, a.Beta} {
		if len(s) != size {
			panic("vec: ALIF: slices of different length")
		}
	}
	clearBits("ALIF", a.Above, size)
	if single, ok := any(a).(*ALIF[float32]); ok {
		alif(single)
	} else {
		alifPlain(a)
	}
}

func alifPlain[F float32 | float64](a *ALIF[F]) {
	size := len(a.V)
	v, b, h := a.V[:size], a.B[:size], a.H[:size]
	alpha, rho, beta := a.Alpha[:size], a.Rho[:size], a.Beta[:size]
	for j, x := range v {
		w := b[j]
		v[j] = x * alpha[j]
		b[j] = w * rho[j]
		y := (x - F(beta[j]*w)) * a.Scale
		h[j] = height(y, a.Above, j)
	}
}

// height returns max(0, min(y, 2-y)), or NaN, and sets a bit if y > 1.
func height[F float32 | float64](y F, above []uint64, j int) F {
	if y > 1 {
		above[j/64] |= 1 << (j % 64)
		y = 2 - y
	}
	if y < 0 {
		y = 0
	}
	return y
}

// NonZero sets bit j%64 of bits[j/64] if x[j] is not 0, and clears it otherwise. There is
// a word for every 64 numbers or fewer.
func NonZero[F float32 | float64](x []F, bits []uint64) {
	clearBits("NonZero", bits, len(x))
	if single, ok := any(x).([]float32); ok {
		nonZero(single, bits)
	} else {
		nonZeroPlain(x, bits)
	}
}

func nonZeroPlain[F float32 | float64](x []F, bits []uint64) {
	for j, y := range x {
		if y != 0 {
			bits[j/64] |= 1 << (j % 64)
		}
	}
}

func clearBits(name string, bits []uint64, n int) {
	if len(bits) != (n+63)/64 {
		panic("vec: " + name + ": not a bit for every number")
	}
	clear(bits)
}

// AdjointALIF is the adjoint state of adaptive leaky integrate-and-fire neurons, and the
// constants of their equation. All slices have the same length.
type AdjointALIF[F float32 | float64] struct {
	S, H                    []F // derivative of the loss by a spike; surrogate derivative of a spike
	V, Q                    []F // adjoint voltage and adaptation
	Alpha, Rho, Beta, Reset []F
	Gamma                   F
}

// Step goes a step back in time: for every neuron, with the former V and Q on the right,
//
//	z = (S - Gamma*V + Reset*Q)*H
//	V = z + Alpha*V,  Q = Rho*Q - Beta*z
func (a *AdjointALIF[F]) Step() {
	size := len(a.S)
	for _, s := range [...][]F{a.H, a.V, a.Q, a.Alpha, a.Rho, a.Beta, a.Reset} {
		if len(s) != size {
			panic("vec: AdjointALIF: slices of different length")
		}
	}
	if single, ok := any(a).(*AdjointALIF[float32]); ok {
		adjointALIF(single)
	} else {
		adjointALIFPlain(a)
	}
}

func adjointALIFPlain[F float32 | float64](a *AdjointALIF[F]) {
	size := len(a.S)
	h, v, q := a.H[:size], a.V[:size], a.Q[:size]
	alpha, rho, beta, reset := a.Alpha[:size], a.Rho[:size], a.Beta[:size], a.Reset[:size]
	for j, z := range a.S {
		x, y := v[j], q[j]
		z = (z - F(a.Gamma*x) + F(reset[j]*y)) * h[j]
		v[j] = z + F(alpha[j]*x)
		q[j] = F(rho[j]*y) - F(beta[j]*z)
	}
}

// LSNN is [ALIF] with a threshold that grows with the adaptation.
type LSNN[F float32 | float64] struct {
	V, B        []F      // voltage and adaptation; B stays as it is
	H           []F      // result: height of the triangle around the threshold
	Arrived     []F      // what a step adds to V
	Alpha, Beta []F      // decay of V in a step, strength of the adaptation
	Above       []uint64 // result: bit j%64 of Above[j/64] is set if neuron j is above threshold
	Threshold   F        // without adaptation
}

// Step computes, for every neuron,
//
//	y = V/(Threshold + Beta*B)
//	H = max(0, min(y, 2-y))
//	V = Alpha*V + Arrived
//
// and marks those with y > 1 in Above, which has a word for every 64 neurons or fewer.
func (a *LSNN[F]) Step() {
	size := len(a.V)
	for _, s := range [...][]F{a.B, a.H, a.Arrived, a.Alpha, a.Beta} {
		if len(s) != size {
			panic("vec: LSNN: slices of different length")
		}
	}
	clearBits("LSNN", a.Above, size)
	if single, ok := any(a).(*LSNN[float32]); ok {
		lsnn(single)
	} else {
		lsnnPlain(a)
	}
}

func lsnnPlain[F float32 | float64](a *LSNN[F]) {
	size := len(a.V)
	v, b, h := a.V[:size], a.B[:size], a.H[:size]
	arrived, alpha, beta := a.Arrived[:size], a.Alpha[:size], a.Beta[:size]
	for j, x := range v {
		y := x / (a.Threshold + F(beta[j]*b[j]))
		v[j] = F(alpha[j]*x) + arrived[j]
		h[j] = height(y, a.Above, j)
	}
}

// AdjointLSNN is the adjoint state of the neurons of [LSNN], and the constants of their
// equation. All slices have the same length.
type AdjointLSNN[F float32 | float64] struct {
	S, H                   []F // derivative of the loss by a spike; surrogate derivative of a spike
	V                      []F // result: adjoint voltage
	NextV                  []F // that of the step after
	U, Q                   []F // adjoint of y, adjoint adaptation
	Before, B, NextB       []F // voltage before the step, adaptation in it and in the step after
	Alpha, Rho, Rho1, Beta []F // Rho1: what a spike adds to B
	Threshold, Gamma       F
}

// Step goes a step back in time: for every neuron, with the former U and Q on the right,
//
//	V = Alpha*NextV + U
//	z = S + (Rho1*Q - (Threshold + Beta*NextB)*NextV)
//	U = Gamma*z*H/θ,  Q = Rho*Q - Beta*U*Before/θ,  θ = Threshold + Beta*B
func (a *AdjointLSNN[F]) Step() {
	size := len(a.S)
	for _, s := range [...][]F{a.H, a.V, a.NextV, a.U, a.Q, a.Before, a.B, a.NextB, a.Alpha, a.Rho, a.Rho1, a.Beta} {
		if len(s) != size {
			panic("vec: AdjointLSNN: slices of different length")
		}
	}
	if single, ok := any(a).(*AdjointLSNN[float32]); ok {
		adjointLSNN(single)
	} else {
		adjointLSNNPlain(a)
	}
}

func adjointLSNNPlain[F float32 | float64](a *AdjointLSNN[F]) {
	size := len(a.S)
	h, v, next, u, q := a.H[:size], a.V[:size], a.NextV[:size], a.U[:size], a.Q[:size]
	before, now, later := a.Before[:size], a.B[:size], a.NextB[:size]
	alpha, rho, rho1, beta := a.Alpha[:size], a.Rho[:size], a.Rho1[:size], a.Beta[:size]
	for j, z := range a.S {
		v[j] = F(alpha[j]*next[j]) + u[j]
		z += F(rho1[j]*q[j]) - F((a.Threshold+F(beta[j]*later[j]))*next[j])
		theta := a.Threshold + F(beta[j]*now[j])
		u[j] = a.Gamma * z * h[j] / theta
		q[j] = F(rho[j]*q[j]) - beta[j]*u[j]*before[j]/theta
	}
}
