package pal

import (
	"context"
	"encoding/gob"
	"fmt"
	"io"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// Stages of a run, in the names of its recordings.
const (
	stageSettle  = "settling"
	stageTrain   = "training"
	stageCompare = "comparison"
)

// session is a run in memory: a network, the random generator of its orders and
// noise, and the position in the protocol (docs/models/pal.md, section 7):
// settling, epochs of training, comparison with backpropagation.
type session struct {
	cfg *Config
	set *data.Set
	rng *mt19937.Source
	net *network

	position
	snapshots [][]float64 // weights of every epoch, for the comparison
	compare   *comparison
}

// position is where a run stands. It changes between samples only.
type position struct {
	Stage   string
	Epoch   int   // of training or comparison
	Next    int   // samples of the stage (settling) or epoch (else) that have been shown
	Order   []int // of training, shuffled anew in every epoch
	Trained bool  // training is complete
	Done    bool
}

// newSession prepares a run from its beginning.
func newSession(c *Config, set *data.Set) (*session, error) {
	s := &session{cfg: c, set: set, rng: mt19937.New(c.Seed)}
	var err error
	if s.net, err = newNetwork(c, s.rng); err != nil {
		return nil, err
	}
	s.net.initialize(c.Seed, c.Initial.Weights, c.Initial.SelfPredict)
	s.Stage, s.Order = stageSettle, identity(set.Len())
	s.enter()
	return s, nil
}

func identity(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// enter moves on from stages and epochs that are complete, and begins the next.
func (s *session) enter() {
	if s.Stage == stageSettle && s.Next*s.cfg.StepsPerSample() >= s.cfg.SettlingSteps() {
		s.Stage, s.Epoch, s.Next = stageTrain, 0, 0
		s.net.setPhase(phase{Up: s.cfg.Task != TaskBackward, Lateral: true, Down: true})
		if s.cfg.Epochs > 0 {
			s.rng.Shuffle(s.Order)
		}
	}
	if s.Stage == stageTrain {
		if s.Next == len(s.Order) {
			s.Epoch, s.Next = s.Epoch+1, 0
			if s.Epoch < s.cfg.Epochs {
				s.rng.Shuffle(s.Order)
			}
		}
		if s.Epoch == s.cfg.Epochs {
			s.Trained = true
			s.Stage, s.Epoch = stageCompare, 0
		}
	}
	if s.Stage == stageCompare {
		if s.Next == s.set.Len() {
			s.Epoch, s.Next = s.Epoch+1, 0
		}
		s.Done = !s.cfg.Record.Updates || s.Epoch == len(s.snapshots)
	}
}

// sampleSteps returns the number of steps of the coming sample.
func (s *session) sampleSteps() int {
	steps := s.cfg.StepsPerSample()
	if s.Stage == stageSettle {
		return min(steps, s.cfg.SettlingSteps()-s.Next*steps)
	}
	return steps
}

// sample shows the next sample of settling or training. point is called at every
// point of the learning curve.
func (s *session) sample(point func() error) error {
	var x, y []float64
	if s.Stage == stageSettle {
		x = s.set.Inputs[s.Next%s.set.Len()]
	} else {
		k := s.Order[s.Next]
		x = s.set.Inputs[k]
		if s.set.Targets != nil {
			y = s.set.Targets[k]
		}
	}
	every := int64(s.cfg.Record.Every)
	s.net.setTarget(y)
	for range s.sampleSteps() {
		s.net.step(x)
		if s.net.count%every != 0 {
			continue
		}
		if !s.net.bounded() {
			return s.net.diagnose()
		}
		s.keepWeights(s.net.count/every - 1)
		if err := point(); err != nil {
			return err
		}
	}
	if !s.net.bounded() {
		return s.net.diagnose()
	}
	s.Next++
	s.enter()
	return nil
}

// keepWeights keeps the weights of a point of the learning curve for the
// comparison: the first point of every epoch, counted as the published program does.
func (s *session) keepWeights(index int64) {
	c := s.cfg
	if !c.Record.Updates || s.Stage != stageTrain {
		return
	}
	settled := int64(c.SettlingSteps() / c.Record.Every)
	perEpoch := int64(c.pointsPerEpoch(s.set.Len()))
	if i := index - settled; i >= 0 && i%perEpoch == 0 && len(s.snapshots) < c.Epochs {
		s.snapshots = append(s.snapshots, s.net.snapshot())
	}
}

// pointsPerEpoch is at least 1, even if the points are rarer than epochs.
func (c *Config) pointsPerEpoch(samples int) int {
	return max(1, samples*c.StepsPerSample()/c.Record.Every)
}

// compareSample shows the next sample of the comparison and writes its angles to
// dst [weight levels].
func (s *session) compareSample(ctx context.Context, dst []float64) error {
	if s.compare == nil {
		var err error
		if s.compare, err = newComparison(ctx, s.net, s.set); err != nil {
			return err
		}
	}
	if s.Next == 0 {
		s.compare.begin(s.snapshots[s.Epoch])
	}
	s.compare.sample(s.Next, dst)
	s.Next++
	s.enter()
	return nil
}

// totalSteps and doneSteps measure the progress of the run.
func (s *session) totalSteps() int64 {
	epochs := int64(s.cfg.Epochs)
	if s.cfg.Record.Updates {
		epochs *= 2
	}
	return int64(s.cfg.SettlingSteps()) + epochs*int64(s.set.Len()*s.cfg.StepsPerSample())
}

func (s *session) doneSteps() int64 {
	done := s.net.count
	if s.Stage == stageCompare {
		done += int64(s.Epoch*s.set.Len()+s.Next) * int64(s.cfg.StepsPerSample())
	}
	return done
}

// sessionState is what save writes besides the networks.
type sessionState struct {
	Position  position
	Generator []byte
	Snapshots [][]float64
	Comparing bool
}

func (s *session) save(w io.Writer) error {
	rng, err := s.rng.MarshalBinary()
	if err != nil {
		return err
	}
	enc := gob.NewEncoder(w)
	if err := enc.Encode(sessionState{s.position, rng, s.snapshots, s.compare != nil}); err != nil {
		return err
	}
	if err := s.net.save(enc); err != nil || s.compare == nil {
		return err
	}
	return s.compare.net.save(enc)
}

// loadTrained reads the position of a session and its network.
func loadTrained(dec *gob.Decoder, n *network) (state sessionState, err error) {
	if err := dec.Decode(&state); err != nil {
		return state, err
	}
	return state, n.load(dec)
}

func (s *session) load(r io.Reader) error {
	dec := gob.NewDecoder(r)
	state, err := loadTrained(dec, s.net)
	if err != nil {
		return err
	}
	if err := s.rng.UnmarshalBinary(state.Generator); err != nil {
		return err
	}
	if len(state.Position.Order) != s.set.Len() {
		return fmt.Errorf("pal: saved state is of %d samples, not %d", len(state.Position.Order), s.set.Len())
	}
	s.position, s.snapshots, s.compare = state.Position, state.Snapshots, nil
	if !state.Comparing {
		return nil
	}
	if s.compare, err = newComparison(context.Background(), s.net, s.set); err != nil {
		return err
	}
	return s.compare.net.load(dec)
}
