package mdgl

import (
	"errors"
	"math"
	"math/cmplx"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Streams of random numbers, all keyed by the run's seed.
const (
	streamInputSigns = iota + 1
	streamIn
	streamRecurrent
	streamOut
	streamDelays
	streamFeedback
	streamRewiring
	streamNoise
)

func newRand(seed uint32, stream int, index uint64) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(seed)|uint64(stream)<<32, index))
}

// excitatory returns the number of excitatory units among n (section 3.1).
func excitatory(n int, share float64) int { return min(n, int(share*float64(n))+1) }

// unitSigns returns n signs, the inhibitory units first.
func unitSigns(n int, share float64) []float64 {
	signs := make([]float64, n)
	for i := range signs {
		signs[i] = 1
		if i < n-excitatory(n, share) {
			signs[i] = -1
		}
	}
	return signs
}

// adjacency draws int(m n p) pairs with replacement; true marks those drawn.
func adjacency(rng *rand.Rand, m, n int, p float64) []bool {
	there := make([]bool, m*n)
	for range int(float64(m) * float64(n) * p) {
		i, j := rng.IntN(m), rng.IntN(n)
		there[i*n+j] = true
	}
	return there
}

// balanced draws magnitudes [m, n] for pre units with the given signs (section 3.3):
// a dense m x m matrix whose columns sum to 0 and whose spectral radius is 1, of
// which the first n columns are taken, or n random ones where m < n.
func balanced(rng *rand.Rand, signs []float64, n int) ([]float64, error) {
	m := len(signs)
	a := make([]float64, m*m)
	var sumE, sumI, numE, numI float64
	for i, s := range signs {
		for j := range m {
			a[i*m+j] = math.Abs(rng.NormFloat64())
			if s > 0 {
				sumE += a[i*m+j]
			} else {
				sumI += a[i*m+j]
			}
		}
		if s > 0 {
			numE++
		} else {
			numI++
		}
	}
	if numE == 0 || numI == 0 {
		return nil, errors.New("balanced weights need excitatory and inhibitory units; change wiring.excitatory or set wiring.dale: false")
	}
	for i, s := range signs {
		if s < 0 {
			for j := range m {
				a[i*m+j] *= sumE / sumI
			}
		}
	}
	for j := range m {
		d := 0.0
		for i, s := range signs {
			d += s * a[i*m+j]
		}
		for i, s := range signs {
			if d < 0 && s > 0 {
				a[i*m+j] -= d / numE
			} else if d >= 0 && s < 0 {
				a[i*m+j] += d / numI
			}
		}
	}
	radius, err := spectralRadius(a, signs)
	if err != nil {
		return nil, err
	}
	out := make([]float64, m*n)
	for j := range n {
		from := j
		if m < n {
			from = rng.IntN(m)
		}
		for i := range m {
			out[i*n+j] = a[i*m+from] / radius
		}
	}
	return out, nil
}

// spectralRadius returns the largest magnitude of an eigenvalue of the matrix with
// magnitudes a and the given row signs.
func spectralRadius(a, signs []float64) (float64, error) {
	m := len(signs)
	signed := mat.NewDense(m, m, nil)
	for i, s := range signs {
		for j := range m {
			signed.Set(i, j, s*a[i*m+j])
		}
	}
	var eigen mat.Eigen
	if !eigen.Factorize(signed, mat.EigenNone) {
		return 0, errors.New("the eigenvalues of the initial weights were not found")
	}
	radius := 0.0
	for _, v := range eigen.Values(nil) {
		radius = max(radius, cmplx.Abs(v))
	}
	if !(radius > 0) {
		return 0, errors.New("the initial weights have spectral radius 0")
	}
	return radius, nil
}

// wire draws a bundle of synapses and its initial weights. preSigns are used with
// Dale's law. p = 0 makes all synapses, without signs.
func wire[F float](rng *rand.Rand, w *Wiring, preSigns []float64, post int, p float64, recurrent bool) (*synapses[F], error) {
	pre := len(preSigns)
	if p == 0 {
		s := newSynapses[F](pre, post, func(i, j int) bool { return !recurrent || i != j || w.Autapses == "counted" })
		for k := range s.theta {
			s.sign[k] = 1
			s.theta[k] = F(rng.NormFloat64() / math.Sqrt(float64(pre)))
		}
		s.silent = recurrent
		s.setWeights()
		return s, nil
	}
	there := adjacency(rng, pre, post, p)
	if recurrent && w.Autapses == "dropped" {
		for i := range pre {
			there[i*post+i] = false
		}
	}
	var magnitude []float64
	if w.Dale {
		var err error
		if magnitude, err = balanced(rng, preSigns, post); err != nil {
			return nil, err
		}
	} else {
		magnitude = make([]float64, pre*post)
		for k := range magnitude {
			magnitude[k] = math.Abs(rng.NormFloat64()) / math.Sqrt(float64(pre))
		}
	}
	s := newSynapses[F](pre, post, func(i, j int) bool {
		return there[i*post+j] || w.Rewiring == "anywhere" && !(recurrent && i == j && w.Autapses == "dropped")
	})
	s.signed, s.silent, s.slots = true, recurrent, float64(pre)*float64(post)*p
	for k, j := range s.col {
		i := int(s.row[k])
		at := i*post + int(j)
		if there[at] {
			s.theta[k] = F(magnitude[at])
		}
		s.sign[k] = F(preSigns[i])
		if !w.Dale {
			s.sign[k] = F(1 - 2*rng.IntN(2))
		}
	}
	s.setWeights()
	return s, nil
}

// rewire brings lost synapses back (section 3.4): as many as there are free slots
// in all signed bundles together, drawn among the bundles by their size and then
// among the lost synapses of each.
func rewire[F float](rng *rand.Rand, bundles ...*synapses[F]) int {
	total, connected := 0.0, 0
	for _, s := range bundles {
		if s.signed {
			total += s.slots
			connected += s.connected()
		}
	}
	free := int(total) - connected
	counts := make([]int, len(bundles))
	for range max(0, free) {
		u := rng.Float64() * total
		for i, s := range bundles {
			if s.signed {
				if counts[i]++; u < s.slots {
					break
				}
				counts[i]--
				u -= s.slots
			}
		}
	}
	back := 0
	var lost []int
	for i, s := range bundles {
		if !s.signed || counts[i] == 0 {
			continue
		}
		lost = s.lost(lost)
		for n := range min(counts[i], len(lost)) {
			pick := n + rng.IntN(len(lost)-n)
			lost[n], lost[pick] = lost[pick], lost[n]
			s.theta[lost[n]] = reborn
			back++
		}
	}
	return back
}
