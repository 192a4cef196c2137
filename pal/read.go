package pal

import (
	"embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/neurocredit/neurocredit/internal/config"
)

// Experiments holds the experiment files that come with the package: the paper's
// figures.
//
//go:embed experiments/*.yaml
var Experiments embed.FS

// reader reads the configuration files of the package.
var reader = config.Reader[Config]{
	System: "pal", Experiments: Experiments, Preset: Preset, Name: func(c *Config) *string { return &c.Name },
	Published: fromPublishedFile,
}

// ExperimentNames lists the experiments that come with the package.
func ExperimentNames() []string { return reader.Names() }

// Preset returns the configuration of a preset: "align-linear" (also ""),
// "align-nonlinear", "chain/" with a mode, or "noise-timescale/" with a factor and
// optionally "/instantaneous".
func Preset(name string) (*Config, error) {
	head, rest, _ := strings.Cut(name, "/")
	var c Config
	switch head {
	case "", "align-linear":
		c = AlignLinear()
	case "align-nonlinear":
		c = AlignNonlinear()
	case "chain":
		mode, err := ParseMode(rest)
		if err != nil {
			return nil, err
		}
		c = Chain(mode)
	case "noise-timescale":
		text, instantaneous := strings.CutSuffix(rest, "/instantaneous")
		factor, err := strconv.ParseFloat(text, 64)
		if err != nil || !(factor > 0) {
			return nil, fmt.Errorf("pal: preset %q: %q must be a number > 0, such as 10", name, text)
		}
		c = NoiseTimescale(factor, !instantaneous)
	default:
		return nil, fmt.Errorf("pal: unknown preset %q, must be align-linear, align-nonlinear, chain/ and a mode of %v, or noise-timescale/ and a factor", name, Modes())
	}
	return &c, nil
}

// ReadConfigs reads the configurations of all runs in a file, which is
//
//   - an experiment: base, variants and seeds (docs/models/pal.md, section 13),
//   - a published JSON parameter file of the original program, which is taken for
//     its default task, TaskTeacher; see ReadPublished for the other, or
//   - the config.yaml of a results directory.
//
// In place of a path it takes the name of an experiment that comes with the
// package. Assignments such as "epochs=20" change all runs.
func ReadConfigs(file string, set ...string) ([]Config, error) { return reader.Read(file, set...) }

// fromPublishedFile reads the JSON of the original program.
func fromPublishedFile(text []byte, file string) ([]Config, error) {
	if !strings.HasSuffix(file, ".json") {
		return nil, nil
	}
	configs, err := parsePublished(text, TaskTeacher)
	if err != nil {
		return nil, fmt.Errorf("pal: %s: %w", file, err)
	}
	return configs, nil
}
