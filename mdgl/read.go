package mdgl

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/neurocredit/neurocredit/internal/config"
)

// Experiments holds the experiment files that come with the package.
//
//go:embed experiments/*.yaml
var Experiments embed.FS

// reader reads the configuration files of the package.
var reader = config.Reader[Config]{
	System: "mdgl", Experiments: Experiments, Preset: Preset, Name: func(c *Config) *string { return &c.Name },
}

// ExperimentNames lists the experiments that come with the package.
func ExperimentNames() []string { return reader.Names() }

// Preset returns the configuration of a preset: a task and a rule, "fig3c/eprop".
// Without rule it is MDGL; "" is "fig3c". The tasks are fig3c, delayed-match, pattern,
// sequential-mnist, sequential-mnist-short and store-recall.
func Preset(name string) (*Config, error) {
	if name == "" {
		name = "fig3c"
	}
	task, ruleName, given := strings.Cut(name, "/")
	if !given {
		ruleName = string(MDGL)
	}
	presets := map[string]func(Rule) Config{
		"fig3c": Fig3C, "delayed-match": DelayedMatch, "pattern": Pattern, "sequential-mnist": SequentialMNIST,
		"sequential-mnist-short": ShortSequentialMNIST, "store-recall": StoreRecall,
	}
	preset := presets[task]
	if preset == nil {
		known := slices.Sorted(maps.Keys(presets))
		return nil, fmt.Errorf("mdgl: unknown preset %q%s, must be one of %v, then / and a rule of %v", name, config.Suggest(task, known), known, Rules())
	}
	rule, err := ParseRule(ruleName)
	if err != nil {
		return nil, err
	}
	c := preset(rule)
	return &c, nil
}

// ReadConfigs reads the configurations of all runs in a file, which is an experiment
// (base, variants and seeds) or the config.yaml of a results directory. In place of
// a path it takes the name of an experiment that comes with the package.
// Assignments such as "iterations=20" change all runs.
func ReadConfigs(file string, set ...string) ([]Config, error) { return reader.Read(file, set...) }
