package mdgl

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
)

// Agreement tells how the gradient of a rule agrees with the exact one, BPTT, at the
// same weights and trials. Cosines are over the existing synapses, those of neurons onto
// themselves left out; NaN where a gradient is 0 everywhere.
type Agreement struct {
	Rule      Rule
	In        float64 // cosine over input synapses
	Recurrent float64 // over recurrent synapses
	Output    float64 // over recurrent synapses onto neurons with an output synapse
	Inner     float64 // over recurrent synapses onto all other neurons
	Norm      float64 // length of the recurrent gradient, in units of the exact one
}

// Agreement compares gradients of rules (none given: all published ones that the cell has)
// for a batch. The rate cost is left out: it acts on every neuron under every rule. The
// exact gradient does not depend on learning.feedback; that of the rules does, but for
// BPTT.
func (n *Network) Agreement(trials []data.Trial, rules ...Rule) ([]Agreement, error) {
	if len(rules) == 0 {
		rules = Rules()
		if n.cfg.Cells.Model == "lsnn" {
			rules = slices.DeleteFunc(rules, func(r Rule) bool { return r == OnMDGL })
		}
	}
	learning := n.cfg.Learning
	defer func() { n.cfg.Learning = learning }()
	gradient := func(rule Rule) (*Gradient, error) {
		l := learning
		l.RateCost = 0
		if rule == BPTT {
			l.Feedback, l.Form = "symmetric", "adjoint"
		}
		n.cfg.Learning = l
		g, _, err := n.Gradient(rule, trials)
		return g, err
	}
	exact, err := gradient(BPTT)
	if err != nil {
		return nil, err
	}
	weights := map[string]*mat.Dense{}
	for _, group := range []string{"in", "recurrent", "out"} {
		if weights[group], err = n.weights(group); err != nil {
			return nil, err
		}
	}
	output := make([]bool, n.cfg.Neurons())
	for j := range output {
		output[j] = slices.ContainsFunc(weights["out"].RawRowView(j), func(w float64) bool { return w != 0 })
	}
	var all []Agreement
	for _, rule := range rules {
		g, err := gradient(rule)
		if err != nil {
			return nil, err
		}
		a := Agreement{Rule: rule}
		a.In, _ = cosineOf(g.In, exact.In, weights["in"], func(i, j int) bool { return true })
		a.Recurrent, a.Norm = cosineOf(g.Recurrent, exact.Recurrent, weights["recurrent"], func(i, j int) bool { return i != j })
		a.Output, _ = cosineOf(g.Recurrent, exact.Recurrent, weights["recurrent"], func(i, j int) bool { return i != j && output[j] })
		a.Inner, _ = cosineOf(g.Recurrent, exact.Recurrent, weights["recurrent"], func(i, j int) bool { return i != j && !output[j] })
		all = append(all, a)
	}
	return all, nil
}

// cosineOf compares two gradients where there are weights and use says so; ratio is that of
// their lengths.
func cosineOf(a, b, weights *mat.Dense, use func(i, j int) bool) (cos, ratio float64) {
	var ab, aa, bb float64
	rows, cols := weights.Dims()
	for i := range rows {
		for j := range cols {
			if weights.At(i, j) != 0 && use(i, j) {
				x, y := a.At(i, j), b.At(i, j)
				ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
			}
		}
	}
	return ab / math.Sqrt(aa*bb), math.Sqrt(aa / bb)
}

// Modulation is what neurons of each cell type hear, mean over neurons and trials.
type Modulation struct {
	Types      []string
	Direct     [][]float64 // [types][T] direct learning signal L
	Modulatory [][]float64 // [types][T] what arrives from neurons one synapse away

	// Power spectra of both, mean over neurons and trials: squared amplitude per Hz at
	// the frequencies Hz, of the signal less its mean over time.
	Hz                             []float64
	DirectPower, ModulatoryPower   [][]float64 // [types][frequencies]
	Neurons                        []int       // [types] number of neurons
	DirectSquare, ModulatorySquare []float64   // [types] mean square over neurons, trials and time
}

// Modulation runs trials and collects learning signals by cell type. The rule of the
// configuration must have a modulatory part: mdgl, mdgl_cell or nl_mdgl.
func (n *Network) Modulation(trials []data.Trial) (*Modulation, error) {
	if err := n.check(trials); err != nil {
		return nil, err
	}
	if r := n.cfg.Learning.Rule; r != MDGL && r != MDGLCell && r != NLMDGL {
		return nil, fmt.Errorf("mdgl: rule %s has no modulatory signal to collect, must be mdgl, mdgl_cell or nl_mdgl", r)
	}
	T, kinds := n.shape.Steps, len(n.cfg.TypeNames())
	table := func(columns int) [][]float64 {
		t := make([][]float64, kinds)
		for a := range t {
			t[a] = make([]float64, columns)
		}
		return t
	}
	fft := fourier.NewFFT(T)
	m := &Modulation{
		Types: n.cfg.TypeNames(), Direct: table(T), Modulatory: table(T), DirectPower: table(T/2 + 1), ModulatoryPower: table(T/2 + 1),
		Neurons: make([]int, kinds), DirectSquare: make([]float64, kinds), ModulatorySquare: make([]float64, kinds),
	}
	for k := range T/2 + 1 {
		m.Hz = append(m.Hz, 1000*fft.Freq(k))
	}
	types := n.cfg.CellTypes()
	for _, a := range types {
		m.Neurons[a]++
	}
	for i := range trials {
		n.chooseNoise()
		activity := n.watch(&trials[i])
		for j, a := range types {
			share := 1 / float64(m.Neurons[a]*len(trials))
			m.DirectSquare[a] += collectSignal(fft, mat.Col(nil, j, activity.Direct), share, m.Direct[a], m.DirectPower[a])
			m.ModulatorySquare[a] += collectSignal(fft, mat.Col(nil, j, activity.Modulatory), share, m.Modulatory[a], m.ModulatoryPower[a])
		}
	}
	return m, nil
}

// collectSignal adds the share of a signal to a mean and to a mean one-sided power spectrum, and
// returns that of its mean square.
func collectSignal(fft *fourier.FFT, x []float64, share float64, mean, power []float64) (square float64) {
	T := float64(len(x))
	offset := 0.0
	for t, v := range x {
		mean[t] += share * v
		offset += v / T
		square += share * v * v / T
	}
	for t := range x {
		x[t] -= offset
	}
	for k, c := range fft.Coefficients(nil, x) {
		p := (real(c)*real(c) + imag(c)*imag(c)) / (T * 1000)
		if k > 0 && 2*k != len(x) {
			p *= 2
		}
		power[k] += share * p
	}
	return square
}
