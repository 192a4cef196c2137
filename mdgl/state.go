package mdgl

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/neurocredit/neurocredit/data"
)

// State is where the cells of a network stand after a trial: what the next one goes on
// from. The zero State is rest.
type State struct {
	Voltage    []float64 // [N] v
	Adaptation []float64 // [N] b
	Since      []int     // [N] steps since the last spike, 0 if it was in the last step; -1: none yet
	Recent     [][]int   // neurons that spiked in the last steps, the last one first, as many as refractoriness counts
	Pending    []float64 // [delays, N] currents of an lsnn network that are under way
}

// never is the step of a last spike that does not matter.
const never = -1 << 30

// Continue is Score, but each trial begins where the states say and leaves its own
// state behind in its place. nil stands for rest. The readout always begins at its
// bias. It returns the states, one per trial. Noise goes on as SetNoise says.
func (n *Network) Continue(trials []data.Trial, states []State) (Score, []State, error) {
	if err := n.check(trials); err != nil {
		return Score{}, nil, err
	}
	if states == nil {
		states = make([]State, len(trials))
	}
	if len(states) != len(trials) {
		return Score{}, nil, fmt.Errorf("mdgl: %d states for %d trials, want one for each", len(states), len(trials))
	}
	for i := range states {
		if err := n.cfg.checkState(&states[i]); err != nil {
			return Score{}, nil, fmt.Errorf("mdgl: state %d: %w", i, err)
		}
	}
	n.chooseNoise()
	s, err := n.batchFrom(states, trials, 0)
	if err != nil {
		return Score{}, nil, err
	}
	return newScore(s, n.meanRates(), len(trials)), states, nil
}

func (c *Config) checkState(s *State) error {
	if s.Voltage == nil {
		return nil
	}
	N, pending := c.Neurons(), 0
	if c.Cells.Model == "lsnn" {
		pending = c.Cells.Delays * N
	}
	for _, p := range []struct {
		name      string
		got, want int
	}{
		{"Voltage", len(s.Voltage), N}, {"Adaptation", len(s.Adaptation), N}, {"Since", len(s.Since), N},
		{"Recent", len(s.Recent), max(1, c.Cells.Refractory)}, {"Pending", len(s.Pending), pending},
	} {
		if p.got != p.want {
			return fmt.Errorf("%s has length %d, want %d", p.name, p.got, p.want)
		}
	}
	for _, p := range []struct {
		name   string
		values []float64
	}{{"Voltage", s.Voltage}, {"Adaptation", s.Adaptation}, {"Pending", s.Pending}} {
		for j, x := range p.values {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("field %s has %v at %d, must be finite", p.name, x, j)
			}
		}
	}
	for j, since := range s.Since {
		if since < -1 || since > math.MaxInt32 {
			return fmt.Errorf("field Since has %d for neuron %d, want -1..%d", since, j, math.MaxInt32)
		}
	}
	for _, spikes := range s.Recent {
		for _, j := range spikes {
			if j < 0 || j >= N {
				return fmt.Errorf("field Recent has neuron %d, want 0..%d", j, N-1)
			}
		}
	}
	return nil
}

// batchFrom is run without a rule, from given states and back into them.
func (n *network[F]) batchFrom(states []State, trials []data.Trial, workers int) (score, error) {
	n.states = states
	defer func() { n.states = nil }()
	return n.run(trials, "", workers), nil
}

// spiking is the part of the state that both cells have.
type spiking[F float] struct {
	v, b []F       // voltage; adaptation, 0 for regular neurons
	last []int32   // [N] step of the last spike
	ring [][]int32 // [n_ref+1] spikes of the last steps

	noise *rand.Rand // of the trial, nil: none
}

func newSpiking[F float](neurons, refractory int) spiking[F] {
	s := spiking[F]{v: make([]F, neurons), b: make([]F, neurons), last: make([]int32, neurons)}
	for range refractory + 1 {
		s.ring = append(s.ring, make([]int32, 0, neurons))
	}
	return s
}

// begin goes to a state; nil is rest.
func (s *spiking[F]) begin(from *State) {
	for i := range s.ring {
		s.ring[i] = s.ring[i][:0]
	}
	if from == nil || from.Voltage == nil {
		clear(s.v)
		clear(s.b)
		for j := range s.last {
			s.last[j] = never
		}
		return
	}
	for j := range s.v {
		s.v[j], s.b[j] = F(from.Voltage[j]), F(from.Adaptation[j])
		s.last[j] = never
		if from.Since[j] >= 0 {
			s.last[j] = max(never, int32(-1-from.Since[j]))
		}
	}
	slots := len(s.ring)
	for k, spikes := range from.Recent {
		at := (slots - 1 - k) % slots
		for _, j := range spikes {
			s.ring[at] = append(s.ring[at], int32(j))
		}
	}
}

// before returns the neurons that spiked in the step before step t.
func (s *spiking[F]) before(t int) []int32 {
	slots := len(s.ring)
	return s.ring[(t+slots-1)%slots]
}

// fire makes those neurons spike in step t that have a bit in above, but not the
// refractory ones, whose h becomes 0. It returns them, valid until the ring comes round.
func (s *spiking[F]) fire(t int, h []F, above []uint64) []int32 {
	slots := len(s.ring)
	for i, spikes := range s.ring {
		if i != t%slots {
			for _, j := range spikes {
				h[j] = 0
			}
		}
	}
	now := s.ring[t%slots][:0]
	for i, word := range above {
		for ; word != 0; word &= word - 1 {
			j := int32(64*i + bits.TrailingZeros64(word))
			if t-int(s.last[j]) >= slots {
				s.last[j] = int32(t)
				now = append(now, j)
			}
		}
	}
	s.ring[t%slots] = now
	return now
}

// end notes the state after a number of steps, of which there was at least one.
func (s *spiking[F]) end(steps int, to *State) {
	slots := len(s.ring)
	*to = State{Voltage: float64s(s.v), Adaptation: float64s(s.b), Since: make([]int, len(s.last)), Recent: make([][]int, max(1, slots-1))}
	for j, t := range s.last {
		to.Since[j] = -1
		if since := steps - 1 - int(t); t > never && since <= slots {
			to.Since[j] = since
		}
	}
	for k := range to.Recent {
		if at := steps - 1 - k; at >= 0 || slots > 1 {
			for _, j := range s.ring[((at%slots)+slots)%slots] {
				to.Recent[k] = append(to.Recent[k], int(j))
			}
		}
	}
}
