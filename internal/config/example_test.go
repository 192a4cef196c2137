package config_test

import (
	"errors"
	"fmt"

	"github.com/neurocredit/neurocredit/internal/config"
)

// A Network is a small configuration for the examples.
type Network struct {
	Seed   uint32    `yaml:"seed" doc:"seed of all random numbers"`
	Dt     float64   `yaml:"dt" unit:"ms" min:"0" exclusive:"min" doc:"time step"`
	Rule   string    `yaml:"rule" enum:"fa,pal" doc:"learning rule"`
	Levels []int     `yaml:"levels" minlen:"3" min:"1" doc:"neurons per level"`
	Eta    Eta       `yaml:"learning_rates" doc:"learning rates by level"`
	Stop   *float64  `yaml:"stop" unit:"ms" doc:"end of learning, null for never"`
	Record []Channel `yaml:"record" doc:"what is recorded"`
}

type Eta struct {
	Up   []float64 `yaml:"up" min:"0" doc:"bottom-up"`
	Down []float64 `yaml:"down" min:"0" doc:"top-down"`
}

type Channel struct {
	Name  string `yaml:"name" enum:"rate,weight" doc:"recorded variable"`
	Every int    `yaml:"every" unit:"steps" min:"1" doc:"interval"`
}

// CheckFields makes Network a config.Checker.
func (n *Network) CheckFields(report func(path, text string)) {
	if synapses := len(n.Levels) - 1; len(n.Eta.Up) != synapses {
		report("learning_rates.up", fmt.Sprintf("has length %d, needs one rate per pair of levels (%d)", len(n.Eta.Up), synapses))
	}
}

func NewNetwork() *Network {
	return &Network{Seed: 1, Dt: 0.01, Rule: "fa", Levels: []int{4, 30, 3}, Eta: Eta{Up: []float64{5, 1}}}
}

func ExampleDecode() {
	n := NewNetwork()
	err := config.Decode([]byte("rule: pal\nlevels: [4, 20, 3]\n"), n, "moons.yaml")
	fmt.Println(n.Rule, n.Levels, n.Dt, err)
	// Output: pal [4 20 3] 0.01 <nil>
}

func ExampleProblems() {
	document := `dt: -0.1
rule: phal
learning_rates:
  upp: [5, 1]
levels: 3
`
	err := config.Decode([]byte(document), NewNetwork(), "moons.yaml")
	fmt.Println(err)
	// Output:
	// 4 problems:
	//   moons.yaml:1: dt is -0.1, must be > 0 ms
	//   moons.yaml:2: rule is "phal", must be one of fa, pal; did you mean pal?
	//   moons.yaml:4: learning_rates.upp is not a known key; did you mean up? (known: up, down)
	//   moons.yaml:5: levels is 3, expected a list of whole numbers such as [3]
}

func ExampleProblem() {
	err := config.Decode([]byte("seed: 1\ndt: 0\n"), NewNetwork(), "moons.yaml")
	var p config.Problem
	if errors.As(err, &p) {
		fmt.Printf("line %d, key %s\n", p.Line, p.Path)
	}
	// Output: line 2, key dt
}

func ExampleChecker() {
	n := NewNetwork()
	fmt.Println(config.Decode([]byte("learning_rates: {up: [1]}"), n, "moons.yaml"))
	// Output: moons.yaml:1: learning_rates.up has length 1, needs one rate per pair of levels (2)
}

func ExampleCheck() {
	n := NewNetwork()
	n.Levels[1] = 0
	fmt.Println(config.Check(n))
	// Output: levels[1] is 0, must be >= 1
}

func ExampleSet() {
	n := NewNetwork()
	fmt.Println(config.Set(n, "dt=1e-3", "learning_rates.down=[0, 0.5]", "levels[1]=50"))
	fmt.Println(n.Dt, n.Eta.Down, n.Levels)
	fmt.Println(config.Set(n, "learning_rates.dwon=[1]"))
	// Output:
	// <nil>
	// 0.001 [0 0.5] [4 50 3]
	// set learning_rates.dwon=[1]: learning_rates.dwon is not a known key; did you mean down? (known: up, down)
}

func ExampleEncodeCommented() {
	text, err := config.EncodeCommented(NewNetwork())
	fmt.Printf("%s%v\n", text, err)
	// Output:
	// seed: 1 # seed of all random numbers
	// dt: 0.01 # time step (> 0 ms)
	// rule: fa # learning rule (one of fa, pal)
	// levels: [4, 30, 3] # neurons per level (at least 3 values, each >= 1)
	// # learning rates by level
	// learning_rates:
	//   up: [5.0, 1.0] # bottom-up (>= 0)
	//   down: [] # top-down (>= 0)
	// stop: null # end of learning, null for never (ms)
	// record: [] # what is recorded
	// <nil>
}

func ExampleDiff() {
	before, after := NewNetwork(), NewNetwork()
	after.Dt, after.Eta.Up = 0.02, []float64{5, 2}
	for _, change := range config.Diff(before, after) {
		fmt.Println(change)
	}
	// Output:
	// dt: 0.01 → 0.02
	// learning_rates.up[1]: 1.0 → 2.0
}

func ExampleNearest() {
	fmt.Printf("%q %q\n", config.Nearest("nosie", []string{"rate", "noise"}), config.Nearest("colour", []string{"rate", "noise"}))
	// Output: "noise" ""
}

func ExampleRuns() {
	document := `system: dendritic
base: {dt: 0.02}
variants:
  fa:  {rule: fa}
  pal: {rule: pal, learning_rates: {down: [0, 0.5]}}
seeds: {first: 123456, count: 2}
`
	experiment, err := config.ParseExperiment([]byte(document), "feedback.yaml", "dendritic", "mdgl")
	if err != nil {
		fmt.Println(err)
		return
	}
	runs, err := config.Runs(experiment, "seed", func(preset string) (*Network, error) {
		return NewNetwork(), nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range runs {
		fmt.Println(r.Name, r.Config.Dt, r.Config.Rule, r.Config.Eta, r.Config.Seed)
	}
	// Output:
	// feedback_fa_seed_123456 0.02 fa {[5 1] []} 123456
	// feedback_fa_seed_123457 0.02 fa {[5 1] []} 123457
	// feedback_pal_seed_123456 0.02 pal {[5 1] [0 0.5]} 123456
	// feedback_pal_seed_123457 0.02 pal {[5 1] [0 0.5]} 123457
}

func ExampleParseExperiment() {
	_, err := config.ParseExperiment([]byte("sytem: pal\nseeds: {first: 1, count: 0}\n"), "feedback.yaml", "dendritic", "pal")
	fmt.Println(err)
	// Output:
	// 3 problems:
	//   feedback.yaml:1: sytem is not a known key; did you mean system? (known: system, preset, name, description, base, variants, seeds)
	//   feedback.yaml:2: seeds.count is 0, must be in [1, 10000]
	//   feedback.yaml: system is missing, expected one of dendritic, pal
}
