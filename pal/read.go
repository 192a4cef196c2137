package pal

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/neurocredit/neurocredit/internal/config"
)

// Experiments holds the experiment files that come with the package: the paper's
// figures.
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
func ReadConfigs(file string, set ...string) ([]Config, error) {
	text, err := os.ReadFile(file)
	if err != nil && slices.Contains(ExperimentNames(), file) { // not there, or a folder of results
		text, err = Experiments.ReadFile("experiments/" + file + ".yaml")
	}
	if err != nil {
		return nil, fmt.Errorf("pal: %w%s", err, suggestExperiment(file))
	}
	if strings.HasSuffix(file, ".json") {
		configs, err := parsePublished(text, TaskTeacher)
		if err != nil {
			return nil, fmt.Errorf("pal: %s: %w", file, err)
		}
		return configs, assign(configs, set)
	}
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		return nil, fmt.Errorf("pal: %s: %w", file, err)
	}
	if len(node.Content) == 0 {
		return nil, fmt.Errorf("pal: %s is empty", file)
	}
	if hasKey(node.Content[0], "circuit") {
		configs := make([]Config, 1)
		if err := config.Decode(text, &configs[0], file); err != nil {
			return nil, err
		}
		return configs, assign(configs, set)
	}
	e, err := config.ParseExperiment(text, file, "pal")
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

func assign(configs []Config, set []string) error {
	for i := range configs {
		if err := config.Set(&configs[i], set...); err != nil {
			return err
		}
	}
	return nil
}

func hasKey(n *yaml.Node, key string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
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
