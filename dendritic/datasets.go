package dendritic

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/neurocredit/neurocredit/data"
)

// splitsCache loads every data set once for all runs that share it.
type splitsCache struct {
	mu   sync.Mutex
	sets map[string]*data.Splits
}

func (sc *splitsCache) load(ctx context.Context, c *Config, own data.Source) (*data.Splits, error) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	key := c.dataKey()
	if s := sc.sets[key]; s != nil {
		return s, nil
	}
	source, err := c.source(own)
	if err != nil {
		return nil, err
	}
	s, err := source.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("dendritic: %w", err)
	}
	if sc.sets == nil {
		sc.sets = map[string]*data.Splits{}
	}
	sc.sets[key] = s
	return s, nil
}

// dataKey is the same for configurations that are shown the same patterns.
func (c *Config) dataKey() string {
	key := fmt.Sprintf("%+v", c.Data)
	if c.Data.Set == "mimic" { // its teacher is a circuit, too
		hidden, output := c.teacherScales()
		p := &c.Presentation
		key += fmt.Sprintf(" %v %s %v %v %v %v", c.Circuit.Levels, c.Circuit.Activation, p.Low, p.High, hidden, output)
	}
	return key
}

// teacherScales returns the factors s_h and s_o of the teacher of mimic.
func (c *Config) teacherScales() (hidden, output float64) {
	g := &c.Circuit.Conductances
	return g.Basal / (g.Leak + g.Basal + g.Apical), g.Basal / (g.Leak + g.Basal)
}

// source returns the data set that the configuration names.
func (c *Config) source(own data.Source) (data.Source, error) {
	d := &c.Data
	switch d.Set {
	case "own":
		if own == nil {
			return nil, errors.New("dendritic: data.set is own, so Options.Data must give a data.Source")
		}
		return own, nil
	case "mnist":
		return data.MNIST{Dir: d.Dir}, nil
	case "files":
		return data.Files{Train: d.Files.Train, Valid: d.Files.Valid, Test: d.Files.Test, Classes: d.Classes}, nil
	case "bars":
		return data.Bars{Seed: int(d.Seed), Train: d.Train, Valid: d.Valid, Test: d.Test, Noise: d.Noise}, nil
	case "mimic":
		hidden, output := c.teacherScales()
		return data.Mimic{
			Seed: int(d.Seed), Dims: c.Circuit.Levels, Train: d.Train, Valid: d.Valid, Test: d.Test,
			Low: c.Presentation.Low, High: c.Presentation.High, Activation: scalarActivation(c.Circuit.Activation),
			HiddenScale: hidden, OutputScale: output,
		}, nil
	}
	return data.YinYang{Seed: int(d.Seed), Train: 3 * d.Train, Valid: 3 * d.Valid, Test: 3 * d.Test}, nil
}
