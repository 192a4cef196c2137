package config_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/neurocredit/neurocredit/internal/config"
	"go.yaml.in/yaml/v3"
)

// A Model has one field of each type and tag that a configuration may use.
type Model struct {
	Seed    uint32               `yaml:"seed" doc:"seed of all random numbers"`
	Dt      float64              `yaml:"dt" unit:"ms" min:"0" exclusive:"min" doc:"time step"`
	Rule    string               `yaml:"rule" enum:"fa,pal,eta-zero" doc:"learning rule"`
	Levels  []int                `yaml:"levels" minlen:"3" min:"1" doc:"neurons per level"`
	Decay   float32              `yaml:"decay" min:"0.1" max:"1" exclusive:"max" doc:"decay per step"`
	Shuffle bool                 `yaml:"shuffle" doc:"new order of samples in each epoch"`
	Note    string               `yaml:"note" doc:"free text"`
	Limit   time.Duration        `yaml:"limit" min:"0s" doc:"longest run"`
	Stop    *float64             `yaml:"stop" unit:"ms" min:"0" doc:"end of learning"`
	Rates   Rates                `yaml:"learning_rates" doc:"learning rates | all of them"`
	Noise   *Noise               `yaml:"noise" doc:"noise, null for none"`
	Record  []Recording          `yaml:"record" doc:"what is recorded"`
	Bias    map[string]float64   `yaml:"bias" max:"10" doc:"bias by population"`
	Groups  map[string]Recording `yaml:"groups"`
	Span    [2]float64           `yaml:"span"`
	Init    Interval             `yaml:"init" doc:"initial weights" type:"number or [lo, hi]"`
	Depth   int8                 `yaml:"depth"`
	Hidden  func()               `yaml:"-"`
	Common  `yaml:",inline"`
}

type Common struct {
	Threads int `yaml:"threads" min:"1" max:"64" doc:"threads"`
}

type Rates struct {
	Up   []float64 `yaml:"up" min:"0" doc:"bottom-up, by level"`
	Down []float64 `yaml:"down" min:"0" doc:"top-down, by level"`
}

type Noise struct {
	Std float64 `yaml:"std" unit:"mV" min:"0" doc:"standard deviation"`
	Tau float64 `yaml:"tau" unit:"ms" min:"0" exclusive:"min" doc:"time constant"`
}

type Recording struct {
	Population string `yaml:"population" enum:"pyramidal,inter" doc:"recorded neurons"`
	Every      int    `yaml:"every" unit:"steps" min:"1" doc:"interval"`
}

// CheckFields implements config.Checker.
func (r *Rates) CheckFields(report func(path, text string)) {
	if len(r.Down) != len(r.Up) {
		report("down", fmt.Sprintf("has %d values, needs one per level (%d)", len(r.Down), len(r.Up)))
	}
}

// An Interval is written as a pair, or as one number a for [-a, a].
type Interval struct{ Lo, Hi float64 }

func (i *Interval) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		var pair [2]float64
		if err := config.DecodeNode(n, &pair, ""); err != nil {
			return err
		}
		*i = Interval{pair[0], pair[1]}
		return nil
	}
	var a float64
	if err := config.DecodeNode(n, &a, ""); err != nil {
		return errors.New("expected a number or [lo, hi]")
	}
	*i = Interval{-a, a}
	return nil
}

func (i Interval) MarshalYAML() (any, error) { return []float64{i.Lo, i.Hi}, nil }

// Default returns a model that passes every check.
func Default() *Model {
	stop := 500.0
	return &Model{
		Seed: 42, Dt: 0.1, Rule: "pal", Levels: []int{2, 30, 3}, Decay: 0.5, Limit: time.Hour,
		Stop: &stop, Rates: Rates{Up: []float64{5, 1}, Down: []float64{0.5, 0}},
		Record: []Recording{{"pyramidal", 20}}, Bias: map[string]float64{"inter": 1},
		Span: [2]float64{0, 1}, Init: Interval{-1, 1}, Common: Common{Threads: 1},
	}
}
