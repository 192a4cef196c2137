package le

import (
	"embed"
	"fmt"
	"strings"

	"github.com/neurocredit/neurocredit/internal/config"
)

// Experiments holds the experiment files that come with the package.
//
//go:embed experiments/*.yaml
var Experiments embed.FS

// reader reads the configuration files of the package.
var reader = config.Reader[Config]{
	System: "le", Experiments: Experiments, Preset: Preset, Name: func(c *Config) *string { return &c.Name },
}

// ExperimentNames lists the experiments that come with the package.
func ExperimentNames() []string { return reader.Names() }

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
func ReadConfigs(file string, set ...string) ([]Config, error) { return reader.Read(file, set...) }
