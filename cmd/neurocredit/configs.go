package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/config"
)

// presetNames lists what dendritic.Preset knows.
func presetNames() []string {
	names := []string{"yin-yang", "mnist"}
	for _, set := range names[:2] {
		for _, mode := range dendritic.Modes() {
			names = append(names, set+"/"+string(mode))
		}
	}
	return names
}

// whatIsConfig explains CONFIG in help texts.
func whatIsConfig() string {
	return fmt.Sprintf(`CONFIG is a file (an experiment, a single configuration, or one of the original
program), a results directory, or one of these names:
  experiments  %s
  presets      yin-yang/MODE, mnist/MODE with MODE one of %s`,
		strings.Join(dendritic.ExperimentNames(), ", "), strings.Trim(fmt.Sprint(dendritic.Modes()), "[]"))
}

// readConfigs reads the configurations that a CONFIG argument stands for.
func readConfigs(name string, set ...string) ([]dendritic.Config, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		name = filepath.Join(name, "config.yaml")
	case errors.Is(err, fs.ErrNotExist) && slices.Contains(presetNames(), name):
		c, err := dendritic.Preset(name)
		if err != nil {
			return nil, err
		}
		if err := config.Set(c, set...); err != nil {
			return nil, err
		}
		return []dendritic.Config{*c}, nil
	case errors.Is(err, fs.ErrNotExist) && !slices.Contains(dendritic.ExperimentNames(), name):
		known := append(dendritic.ExperimentNames(), presetNames()...)
		return nil, fmt.Errorf("%s is no file, experiment or preset%s; see neurocredit train --help", name, didYouMean("", config.Nearest(name, known)))
	}
	return dendritic.ReadConfigs(name, set...)
}

// variantName is the name of a run without its seed.
func variantName(c *dendritic.Config) string {
	return strings.TrimSuffix(c.Name, fmt.Sprintf("_seed_%d", c.Seed))
}

// withSeeds makes runs with other seeds: for each configuration that configs
// have with any seed, one run per seed that text asks for.
func withSeeds(configs []dendritic.Config, text string) ([]dendritic.Config, error) {
	seeds, err := parseSeeds(text)
	if err != nil {
		return nil, err
	}
	var runs []dendritic.Config
	variants := map[string]dendritic.Config{}
	for _, c := range configs {
		name := variantName(&c)
		if first, ok := variants[name]; ok {
			same := c
			same.Name, same.Seed = first.Name, first.Seed
			if d := config.Diff(&first, &same); len(d) > 0 {
				return nil, fmt.Errorf("--seeds: %s and %s differ in more than the seed: %s", first.Name, c.Name, d[0])
			}
			continue
		}
		variants[name] = c
		for _, seed := range seeds(c.Seed) {
			c.Name, c.Seed = fmt.Sprintf("%s_seed_%d", name, seed), seed
			runs = append(runs, c)
		}
	}
	return runs, nil
}

// maxSeeds keeps a slip of the keyboard from asking for a billion runs.
const maxSeeds = 10000

// parseSeeds reads "10" (so many, from the first seed of the configuration on),
// "123456:10" (first and number) or "1,5,9" (these).
func parseSeeds(text string) (func(first uint32) []uint32, error) {
	bad := fmt.Errorf("--seeds %q must be a number of seeds (1 to %d), first:number, or a list such as 1,5,9, with seeds up to 2^32-1", text, maxSeeds)
	start, count, hasStart := strings.Cut(text, ":")
	if !hasStart {
		start, count = "", text
	}
	if strings.Contains(text, ",") {
		var list []uint32
		for part := range strings.SplitSeq(strings.TrimSuffix(text, ","), ",") {
			seed, err := strconv.ParseUint(strings.TrimSpace(part), 10, 32)
			if err != nil || slices.Contains(list, uint32(seed)) {
				return nil, bad
			}
			list = append(list, uint32(seed))
		}
		return func(uint32) []uint32 { return list }, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > maxSeeds {
		return nil, bad
	}
	var given uint64
	if hasStart {
		if given, err = strconv.ParseUint(start, 10, 32); err != nil || given+uint64(n)-1 > 1<<32-1 {
			return nil, bad
		}
	}
	return func(first uint32) []uint32 {
		if hasStart {
			first = uint32(given)
		}
		list := make([]uint32, n)
		for i := range list {
			list[i] = first + uint32(i)
		}
		return list
	}, nil
}
