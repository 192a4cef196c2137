package dendritic

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// Stages of a run, in the names of its recordings.
const (
	stageValid = "validation"
	stageTrain = "training"
	stageTest  = "testing"
)

// session is a run in memory: an engine, the random generator of its orders, and
// the position in the protocol (docs/models/dendritic.md, section 7):
//
//	for each epoch: validation pass, training pass; at the end validation, test.
//
// Nothing is reset between passes but the players.
type session struct {
	cfg    *Config
	sim    simulator
	rng    *mt19937.Source
	stages map[string]*stage

	position
	tally *tally
}

// position is where a run stands. It changes between patterns only.
type position struct {
	Epoch int    // training passes completed
	Stage string // stage of the running pass
	Order []int  // patterns of the running pass, nil before it starts
	Next  int    // next entry of Order
	Index int64  // global step index of the recordings
	Done  bool

	Pending *Epoch // final validation, which waits for the test
}

// stage is one part of the data as the run presents it.
type stage struct {
	patterns [][]float64
	targets  [][]float64
	samples  int // per pass
}

// newSession prepares a run from its beginning: generator, weights, position.
func newSession(c *Config, splits *data.Splits, sim simulator) (*session, error) {
	s := &session{cfg: c, sim: sim, rng: newGenerator(c), stages: map[string]*stage{}}
	for name, part := range map[string]struct {
		set      *data.Set
		perClass int
	}{stageTrain: {splits.Train, c.Data.Train}, stageValid: {splits.Valid, c.Data.Valid}, stageTest: {splits.Test, c.Data.Test}} {
		st, err := newStage(c, part.set, c.passSize(part.set, part.perClass))
		if err != nil {
			return nil, fmt.Errorf("dendritic: %s: %s data: %w", splits.Name, name, err)
		}
		s.stages[name] = st
	}
	s.sim.drawWeights(s.rng)
	s.Stage = stageValid
	return s, nil
}

// passSize returns the number of patterns of a pass: all of the set if the
// configuration gives none.
func (c *Config) passSize(set *data.Set, perClass int) int {
	if perClass == 0 {
		return set.Len()
	}
	return perClass * c.Data.Classes
}

// newStage makes the target voltages.
func newStage(c *Config, set *data.Set, samples int) (*stage, error) {
	in, out := c.Circuit.Levels[0], c.Circuit.Levels[len(c.Circuit.Levels)-1]
	if set.InputSize() != in || set.OutputSize() != out {
		return nil, fmt.Errorf("patterns have %d inputs and %d outputs, circuit.levels %v needs %d and %d", set.InputSize(), set.OutputSize(), c.Circuit.Levels, in, out)
	}
	if samples > set.Len() {
		return nil, fmt.Errorf("a pass needs %d patterns, there are %d", samples, set.Len())
	}
	st := &stage{patterns: set.Inputs, targets: set.Targets, samples: samples}
	if st.targets != nil {
		return st, nil
	}
	codes := make([][]float64, out)
	for k := range codes {
		codes[k] = make([]float64, out)
		for j := range codes[k] {
			codes[k][j] = c.Presentation.Low
		}
		codes[k][k] = c.Presentation.High
	}
	st.targets = make([][]float64, set.Len())
	for i, label := range set.Labels {
		st.targets[i] = codes[label]
	}
	return st, nil
}

// beginPass draws the order of the pass.
func (s *session) beginPass() {
	st := s.stages[s.Stage]
	s.Order = make([]int, len(st.patterns))
	for i := range s.Order {
		s.Order[i] = i
	}
	if s.cfg.Presentation.Shuffle {
		s.rng.Shuffle(s.Order)
	}
	// The original presents the first patterns of an order over all of them.
	s.Order = s.Order[:st.samples]
	s.Next = 0
	s.tally = newTally(s.cfg)
	if s.Stage == stageValid && s.cfg.Learning.CopyTransposed {
		s.sim.copyTransposed()
	}
}

// endPass closes the pass and moves the position to the next one.
func (s *session) endPass() {
	s.Order = nil
	switch {
	case s.Stage == stageTrain:
		s.sim.settle()
		if s.cfg.Learning.ReinforceSelfPredict {
			s.sim.reinforceSelfPrediction()
		}
		s.Epoch++
		s.Stage = stageValid
	case s.Stage == stageTest:
		s.Done = true
	case s.Epoch < s.cfg.Epochs:
		s.Stage = stageTrain
	default:
		s.Stage = stageTest
	}
}

// final reports whether the running pass is the last validation or the test.
// They do not advance the global index.
func (s *session) final() bool { return s.Stage != stageTrain && s.Epoch == s.cfg.Epochs }

// runPass presents the rest of the running pass. It stops between two patterns
// when ctx is done, with its cause. observe, if not nil, is called after every
// tick-th step of a pattern, with the step's global index. pause, if not nil, is
// asked after every pattern whether to come back here later.
func (s *session) runPass(ctx context.Context, tick int, observe func(index int64) error, pause func(steps int) bool) error {
	if s.Order == nil {
		s.beginPass()
	}
	st := s.stages[s.Stage]
	steps := s.cfg.StepsPerPattern()
	readout := s.readout()
	voltage, target, err := s.outputReaders()
	if err != nil {
		return err
	}
	var failed error
	for s.Next < len(s.Order) {
		select {
		case <-ctx.Done():
			return interrupted(ctx)
		default:
		}
		k := s.Order[s.Next]
		start := s.Index
		if s.final() {
			start += int64(s.Next * steps)
		}
		err := s.sim.present(s.Next == 0, s.Stage == stageTrain, st.patterns[k], st.targets[k], tick, func(t int) {
			if t%readout == 0 {
				s.tally.add(t/readout, voltage(), target())
			}
			if observe != nil && failed == nil {
				failed = observe(start + int64(t))
			}
		})
		if err == nil {
			err = failed
		}
		if err != nil {
			return err
		}
		s.Next++
		if !s.final() {
			s.Index += int64(steps)
		}
		if pause != nil && pause(steps) {
			return nil
		}
	}
	return nil
}

// interrupted returns the cause of a finished context as an error that also wraps
// context.Canceled or context.DeadlineExceeded, whatever the cause is.
func interrupted(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, ctx.Err()) {
		return cause
	}
	return fmt.Errorf("%w: %w", ctx.Err(), cause)
}

// readout returns the steps between two readouts of a pattern.
func (s *session) readout() int { return s.cfg.StepsPerPattern() / s.cfg.Presentation.Records }

func (s *session) outputReaders() (voltage, target func() []float64, err error) {
	out := s.cfg.Hidden() + 1
	if voltage, err = s.sim.reader(out, "output", "v_brev"); err != nil {
		return nil, nil, err
	}
	target, err = s.sim.reader(out+1, "supervisor", "rate")
	return voltage, target, err
}

// totalSteps returns the number of time steps of the whole run.
func (s *session) totalSteps() int64 {
	c := s.cfg
	patterns := c.Epochs*(s.stages[stageTrain].samples+s.stages[stageValid].samples) + s.stages[stageValid].samples + s.stages[stageTest].samples
	return int64(patterns) * int64(c.StepsPerPattern())
}

// doneSteps returns the steps behind the position.
func (s *session) doneSteps() int64 {
	p := int64(s.cfg.StepsPerPattern())
	n := s.Index
	if s.final() {
		n += int64(s.Next) * p
		if s.Stage == stageTest {
			n += int64(s.stages[stageValid].samples) * p
		}
	}
	return n
}

// sessionState is what a checkpoint holds besides the engine's state.
type sessionState struct {
	Position         position
	Generator        []byte
	Abs, Square      float64
	N                int
	Predicted, Truth []int
}

func (s *session) save(w io.Writer) error {
	rng, err := s.rng.MarshalBinary()
	if err != nil {
		return err
	}
	state := sessionState{Position: s.position, Generator: rng}
	if s.tally != nil {
		state.Abs, state.Square, state.N = s.tally.abs, s.tally.square, s.tally.n
		state.Predicted, state.Truth = s.tally.predicted, s.tally.truth
	}
	enc := gob.NewEncoder(w)
	if err := enc.Encode(state); err != nil {
		return err
	}
	return s.sim.save(enc)
}

func (s *session) load(r io.Reader) error {
	var state sessionState
	dec := gob.NewDecoder(r)
	if err := dec.Decode(&state); err != nil {
		return err
	}
	if err := s.rng.UnmarshalBinary(state.Generator); err != nil {
		return err
	}
	s.position = state.Position
	s.tally = newTally(s.cfg)
	s.tally.abs, s.tally.square, s.tally.n = state.Abs, state.Square, state.N
	s.tally.predicted, s.tally.truth = state.Predicted, state.Truth
	return s.sim.load(dec)
}

// newGenerator returns the generator of initial weights and sample orders.
func newGenerator(c *Config) *mt19937.Source { return mt19937.New(c.Seed) }
