package le

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

// Preset returns the configuration of a preset: "autoencoder/" or "cifar10/" with a
// mode.
func Preset(name string) (*Config, error) {
	head, rest, _ := strings.Cut(name, "/")
	makers := map[string]func(Mode) Config{"autoencoder": Autoencoder, "cifar10": CIFAR10}
	if makers[head] == nil {
		return nil, fmt.Errorf("le: unknown preset %q, must be autoencoder/ or cifar10/ and a mode of %v", name, Modes())
	}
	mode, err := ParseMode(rest)
	if err != nil {
		return nil, err
	}
	c := makers[head](mode)
	return &c, nil
}

// ReadConfigs reads the configurations of all runs in a file, which is an
// experiment (base, variants and seeds) or the config.yaml of a results directory.
// In place of a path it takes the name of an experiment that comes with the package.
// Assignments such as "epochs=20" change all runs.
func ReadConfigs(file string, set ...string) ([]Config, error) {
	text, err := os.ReadFile(file)
	if err != nil && slices.Contains(ExperimentNames(), file) {
		text, err = Experiments.ReadFile("experiments/" + file + ".yaml")
	}
	if err != nil {
		return nil, fmt.Errorf("le: %w; experiments that come with neurocredit: %v", err, ExperimentNames())
	}
	var keys map[string]yaml.Node
	if err := yaml.Unmarshal(text, &keys); err != nil {
		return nil, fmt.Errorf("le: %s: %w", file, err)
	}
	if _, ok := keys["network"]; ok {
		var c Config
		if err := config.Decode(text, &c, file); err != nil {
			return nil, err
		}
		if err := config.Set(&c, set...); err != nil {
			return nil, err
		}
		return []Config{c}, nil
	}
	e, err := config.ParseExperiment(text, file, "le")
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
