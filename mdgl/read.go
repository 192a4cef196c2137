package mdgl

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/neurocredit/neurocredit/internal/config"
)

// Experiments holds the experiment files that come with the package.
//
//go:embed experiments/*.yaml
var Experiments embed.FS

// ExperimentNames lists the experiments that come with the package.
func ExperimentNames() []string {
	entries, _ := fs.ReadDir(Experiments, "experiments") // embedded: cannot fail
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

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
		return nil, fmt.Errorf("mdgl: unknown preset %q%s, must be one of %v, then / and a rule of %v", name, suggest(task, known), known, Rules())
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
func ReadConfigs(file string, set ...string) ([]Config, error) {
	text, err := os.ReadFile(file)
	if err != nil && slices.Contains(ExperimentNames(), file) { // also beside a folder of that name, such as one of results
		text, err = Experiments.ReadFile("experiments/" + file + ".yaml")
	}
	if err != nil {
		if !strings.ContainsAny(file, "./") {
			return nil, fmt.Errorf("mdgl: %w; experiments that come with neurocredit: %v", err, ExperimentNames())
		}
		return nil, fmt.Errorf("mdgl: %w", err)
	}
	return parseConfigs(text, file, set...)
}

func parseConfigs(text []byte, file string, set ...string) ([]Config, error) {
	var top map[string]yaml.Node
	if err := yaml.Unmarshal(text, &top); err != nil {
		return nil, fmt.Errorf("mdgl: %s: %w", file, err)
	}
	if _, ok := top["cells"]; ok {
		var c Config
		if err := config.Decode(text, &c, file); err != nil {
			return nil, err
		}
		if err := config.Set(&c, set...); err != nil {
			return nil, err
		}
		return []Config{c}, nil
	}
	e, err := config.ParseExperiment(text, file, "mdgl")
	if err != nil {
		return nil, err
	}
	runs, err := config.Runs(e, "seed", Preset, set...)
	if err != nil {
		return nil, err
	}
	configs := make([]Config, len(runs))
	for i, r := range runs {
		configs[i] = *r.Config
		configs[i].Name = r.Name
	}
	return configs, nil
}
