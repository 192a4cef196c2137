package dendritic

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/neurocredit/neurocredit/internal/config"
)

// Experiments holds the experiment files that come with the package: the five
// published sweeps and the paper's figures.
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

// Preset returns the configuration of a preset: "" for the Yin-Yang one with
// feedback alignment, or a data set and a mode, "yin-yang/pal".
func Preset(name string) (*Config, error) {
	if name == "" {
		name = "yin-yang/fa"
	}
	set, modeName, _ := strings.Cut(name, "/")
	if modeName == "" {
		modeName = string(FA)
	}
	presets := map[string]func(Mode) Config{"yin-yang": YinYang, "mnist": MNIST}
	preset := presets[set]
	if preset == nil {
		return nil, fmt.Errorf("dendritic: unknown preset %q, must be yin-yang or mnist, then / and a mode of %v", name, Modes())
	}
	mode, err := ParseMode(modeName)
	if err != nil {
		return nil, err
	}
	c := preset(mode)
	return &c, nil
}

// ReadConfigs reads the configurations of all runs in a file, which is
//
//   - an experiment: base, variants and seeds (docs/config/dendritic.md),
//   - a published configuration file of the original program, or
//   - the config.yaml of a results directory.
//
// In place of a path it takes the name of an experiment that comes with the
// package. Assignments such as "epochs=20" change all runs.
func ReadConfigs(file string, set ...string) ([]Config, error) {
	text, err := os.ReadFile(file)
	if err != nil && slices.Contains(ExperimentNames(), file) { // also beside a folder of that name, such as one of results
		text, err = Experiments.ReadFile("experiments/" + file + ".yaml")
	}
	if err != nil {
		return nil, fmt.Errorf("dendritic: %w%s", err, suggestExperiment(file))
	}
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		return nil, fmt.Errorf("dendritic: %s: %w", file, err)
	}
	if len(node.Content) == 0 {
		return nil, fmt.Errorf("dendritic: %s is empty", file)
	}
	top := node.Content[0]
	if top.Kind == yaml.SequenceNode || hasKey(top, "levels", "circuit") {
		return readOne(text, file, top.Kind == yaml.SequenceNode, set)
	}
	e, err := config.ParseExperiment(text, file, "dendritic")
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

// readOne reads a file that describes a single run.
func readOne(text []byte, file string, published bool, set []string) ([]Config, error) {
	var c Config
	if published {
		var err error
		if c, err = parsePublished(text, file); err != nil {
			return nil, err
		}
	} else if err := config.Decode(text, &c, file); err != nil {
		return nil, err
	}
	if err := config.Set(&c, set...); err != nil {
		return nil, err
	}
	return []Config{c}, nil
}

func hasKey(n *yaml.Node, keys ...string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if slices.Contains(keys, n.Content[i].Value) {
			return true
		}
	}
	return false
}

func suggestExperiment(file string) string {
	if strings.ContainsAny(file, "./") {
		return ""
	}
	return fmt.Sprintf("; experiments that come with neurocredit: %v", ExperimentNames())
}
