package data

import (
	"errors"
	"fmt"
)

// StoreRecall is the task of storing a bit: symbols follow each other, and when
// the store symbol is shown the network must keep the bit that comes with it until
// the recall symbol asks for it.
//
// The channels are four equal groups: bit 0, bit 1, store, recall; those of a
// symbol fire at Rate, at most once per step. Store and recall alternate, each
// present with a probability of 1/(1+Spacing) per symbol. Sequences are drawn anew
// until the last command is a recall, there is at least one store, and a bit
// follows each store. That bit is shown together with the store, and inverted by a
// fair coin in its own place. A decision is asked for in every recall symbol.
type StoreRecall struct {
	Symbols  int     // per sequence, >= 3
	Duration int     // of a symbol
	Spacing  int     // mean number of symbols between commands
	Group    int     // channels per group
	Rate     float64 // of the channels of a symbol, Hz
}

// DefaultStoreRecall returns the task of the LSNN tutorial: 12 symbols of 200
// steps, 100 channels.
func DefaultStoreRecall() StoreRecall {
	return StoreRecall{Symbols: 12, Duration: 200, Spacing: 6, Group: 25, Rate: 50}
}

// Shape returns the size of a trial: two outputs.
func (s StoreRecall) Shape() Shape { return Shape{s.Symbols * s.Duration, 4 * s.Group, 2} }

// Symbols of the sequence; 0 and 1 are bits.
const (
	symbolStore  = 2
	symbolRecall = 3
)

// Draw implements [Task].
func (s StoreRecall) Draw(seed uint64, stage Stage, index, n int) ([]Trial, error) {
	const name = "store-recall"
	if err := errors.Join(checkPositive(name, n, "duration", s.Duration, "group", s.Group, "symbols", s.Symbols, "spacing", s.Spacing),
		checkRate(name, "rate", s.Rate)); err != nil {
		return nil, err
	}
	if s.Symbols < 3 || s.Spacing > s.Symbols {
		return nil, fmt.Errorf("data: %s: %d symbols with spacing %d, want at least 3 symbols and a spacing up to their number", name, s.Symbols, s.Spacing)
	}
	rng := trialRand(name, seed, stage, index)
	trials := make([]Trial, n)
	sequence := make([]int, s.Symbols)
	for i := range trials {
		for {
			storing := false
			for k := range sequence {
				switch {
				case rng.IntN(1+s.Spacing) > 0:
					sequence[k] = rng.IntN(2)
				case storing:
					sequence[k], storing = symbolRecall, false
				default:
					sequence[k], storing = symbolStore, true
				}
			}
			if validStoreRecall(sequence) {
				break
			}
		}
		tr := &trials[i]
		show := func(k, symbol int) {
			tr.Events = spikeTrains(rng, tr.Events, k*s.Duration, (k+1)*s.Duration, symbol*s.Group, s.Group, s.Rate/1000, true)
		}
		kept := 0
		for k, symbol := range sequence {
			switch symbol {
			case symbolStore:
				kept = sequence[k+1]
				show(k, kept)
			case symbolRecall:
				tr.Decisions = append(tr.Decisions, Decision{k * s.Duration, (k + 1) * s.Duration, kept})
			default:
				if k > 0 && sequence[k-1] == symbolStore && rng.IntN(2) == 1 {
					symbol = 1 - symbol
				}
			}
			show(k, symbol)
		}
		sortEvents(tr.Events)
	}
	return trials, nil
}

// validStoreRecall reports whether every store is followed by a bit and later by
// a recall, and there is one at all.
func validStoreRecall(sequence []int) bool {
	stores, open := 0, false
	for k, symbol := range sequence {
		switch symbol {
		case symbolStore:
			if k+1 == len(sequence) || sequence[k+1] > 1 {
				return false
			}
			stores++
			open = true
		case symbolRecall:
			open = false
		}
	}
	return stores > 0 && !open
}
