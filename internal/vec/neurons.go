package vec

// Neurons is the state of compartment neurons in their steady state, and the
// constants of their equation. All slices have the same length.
type Neurons struct {
	SumBasal, SumTop    []float64 // input sums of the step; taken over and cleared
	Basal, Top, Noise   []float64 // voltages of the compartments, noise of the top one
	WBasal, WTop, Scale []float64 // weights of the compartments, factor of the prediction
	Voltage, Prediction []float64 // results
	Rate, RateLast      []float64 // the rate is copied to the last rate
}

// Step takes the input sums over and computes, for every neuron,
//
//	Voltage    = WBasal*Basal + WTop*(Top + Noise)
//	Prediction = Scale*Basal
//
// and copies Rate, which is computed from Voltage afterwards, to RateLast.
func (n *Neurons) Step() {
	size := len(n.SumBasal)
	for _, s := range [...][]float64{n.SumTop, n.Basal, n.Top, n.Noise, n.WBasal, n.WTop, n.Scale, n.Voltage, n.Prediction, n.Rate, n.RateLast} {
		if len(s) != size {
			panic("vec: Neurons: slices of different length")
		}
	}
	neurons(n)
}

func neuronsPlain(n *Neurons) {
	size := len(n.SumBasal)
	basal, top, noise := n.Basal[:size], n.Top[:size], n.Noise[:size]
	wBasal, wTop, scale := n.WBasal[:size], n.WTop[:size], n.Scale[:size]
	voltage, prediction := n.Voltage[:size], n.Prediction[:size]
	sumBasal, sumTop := n.SumBasal[:size], n.SumTop[:size]
	for i := range size {
		b, t := sumBasal[i], sumTop[i]
		basal[i], top[i] = b, t
		voltage[i] = float64(wBasal[i]*b) + float64(wTop[i]*(t+noise[i]))
		prediction[i] = scale[i] * b
	}
	clear(sumBasal)
	clear(sumTop)
	copy(n.RateLast, n.Rate)
}

// Diffuse adds up*xi[i] - down*x[i] to x[i]: a step of a leaky random walk.
// x and xi have the same length.
func Diffuse(x, xi []float64, up, down float64) {
	if len(x) != len(xi) {
		panic("vec: Diffuse: slices of different length")
	}
	diffuse(x, xi, up, down)
}

func diffusePlain(x, xi []float64, up, down float64) {
	xi = xi[:len(x)]
	for i := range x {
		x[i] += float64(up*xi[i]) - float64(down*x[i])
	}
}

// InputStep makes one step of low-passed plasticity for a constant input, on
// vectors over the postsynaptic neurons only:
//
//	u += v,  v += norm*e - k*v,  p += q,  q += e - k*q
//
// u is the input sum, v the product of the increments with the input; p and q
// collect the factors of the input in weights and increments. All slices have
// the same length.
func InputStep(u, v, p, q, e []float64, k, norm float64) {
	if n := len(u); len(v) != n || len(p) != n || len(q) != n || len(e) != n {
		panic("vec: InputStep: slices of different length")
	}
	inputStep(u, v, p, q, e, k, norm)
}

func inputStepPlain(u, v, p, q, e []float64, k, norm float64) {
	u, v, p, q = u[:len(e)], v[:len(e)], p[:len(e)], q[:len(e)]
	for j, err := range e {
		u[j] += v[j]
		v[j] += float64(norm*err) - float64(k*v[j])
		p[j] += q[j]
		q[j] += err - float64(k*q[j])
	}
}

// AddSteps makes up for many steps of low-passed plasticity at once, in a row of
// synapses that had the input x all the while:
//
//	w += sum*d + x*p,  d = keep*d + x*q
//
// with p and q of [InputStep]. All slices have the same length.
func AddSteps(w, d, p, q []float64, sum, keep, x float64) {
	if n := len(w); len(d) != n || len(p) != n || len(q) != n {
		panic("vec: AddSteps: slices of different length")
	}
	addSteps(w, d, p, q, sum, keep, x)
}

func addStepsPlain(w, d, p, q []float64, sum, keep, x float64) {
	d, p, q = d[:len(w)], p[:len(w)], q[:len(w)]
	for j, old := range d {
		w[j] += float64(sum*old) + float64(x*p[j])
		d[j] = float64(keep*old) + float64(x*q[j])
	}
}

// Scale sets dst[i] to c*x[i]. The slices have the same length and may be the same.
func Scale(dst, x []float64, c float64) {
	if len(x) != len(dst) {
		panic("vec: Scale: slices of different length")
	}
	scale(dst, x, c)
}

func scalePlain(dst, x []float64, c float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = c * x[i]
	}
}

// ScaledDifference sets dst[i] to c*(a[i]-b[i]). All slices have the same length.
func ScaledDifference(dst, a, b []float64, c float64) {
	if len(a) != len(dst) || len(b) != len(dst) {
		panic("vec: ScaledDifference: slices of different length")
	}
	scaledDifference(dst, a, b, c)
}

func scaledDifferencePlain(dst, a, b []float64, c float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = c * (a[i] - b[i])
	}
}
