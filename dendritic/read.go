package dendritic

import (
	"embed"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/neurocredit/neurocredit/internal/config"
)

// Experiments holds the experiment files that come with the package: the five
// published sweeps and the paper's figures.
//
//go:embed experiments/*.yaml
var Experiments embed.FS

// reader reads the configuration files of the package.
var reader = config.Reader[Config]{
	System: "dendritic", Experiments: Experiments, Preset: Preset, Name: func(c *Config) *string { return &c.Name },
	Published: fromPublishedFile,
}

// ExperimentNames lists the experiments that come with the package.
func ExperimentNames() []string { return reader.Names() }

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
func ReadConfigs(file string, set ...string) ([]Config, error) { return reader.Read(file, set...) }

// fromPublishedFile reads the list of two mappings of the original program.
func fromPublishedFile(text []byte, file string) ([]Config, error) {
	var list []yaml.Node
	if yaml.Unmarshal(text, &list) != nil || list == nil {
		return nil, nil // no list
	}
	c, err := parsePublished(text, file)
	if err != nil {
		return nil, err
	}
	return []Config{c}, nil
}
