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

	"go.yaml.in/yaml/v3"

	"github.com/neurocredit/neurocredit/internal/config"
)

// whatIsConfig explains CONFIG in help texts.
func whatIsConfig() string {
	var b strings.Builder
	b.WriteString("CONFIG is a file (an experiment, a single configuration, or one of the original programs),\n" +
		"a results directory, or one of these names:\n")
	for _, s := range systems {
		i := s.about()
		fmt.Fprintf(&b, "  %s\n    experiments  %s\n    presets      %s\n", i.name, strings.Join(i.experiments, ", "), strings.ReplaceAll(i.presetForms, "`", ""))
	}
	return strings.TrimSpace(b.String())
}

// slashed makes the names of presets from what stands before and after the slash.
func slashed[T ~string](heads []string, tails []T) []string {
	var names []string
	for _, h := range heads {
		for _, t := range tails {
			names = append(names, h+"/"+string(t))
		}
	}
	return names
}

// list joins names by commas.
func list[T ~string](names []T) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(n))
	}
	return b.String()
}

// source is what a CONFIG argument stands for: a file or an experiment of a system,
// or one of its presets.
type source struct {
	system
	file   string // "": the preset
	preset string
}

// locate finds out what a CONFIG argument stands for.
func locate(name string) (*source, error) {
	file := name
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		file = filepath.Join(name, "config.yaml")
		_, err = os.Stat(file)
	}
	if err == nil {
		s, err := systemOf(file)
		return &source{system: s, file: file}, err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var known []string
	for _, s := range systems {
		if slices.Contains(s.about().experiments, name) {
			return &source{system: s, file: name}, nil
		}
		known = append(append(known, s.about().experiments...), s.about().presets...)
	}
	if s := ownerOf(name); s != nil {
		return &source{system: s, preset: name}, nil
	}
	if info != nil {
		return nil, fmt.Errorf("%s is a folder without config.yaml, so no results directory", name)
	}
	return nil, fmt.Errorf("%s is no file, experiment or preset%s; see neurocredit train --help", name, didYouMean("", config.Nearest(name, known)))
}

// ownerOf returns the system of a preset, or of others that begin like it, nil if there
// is none.
func ownerOf(preset string) system {
	head, _, _ := strings.Cut(preset, "/")
	for _, s := range systems {
		for _, p := range s.about().presets {
			if p == preset || strings.HasPrefix(p, head+"/") {
				return s
			}
		}
	}
	return nil
}

// read reads the configurations.
func (s *source) read(set ...string) ([]settings, error) {
	if s.file != "" {
		return s.system.read(s.file, set...)
	}
	c, err := s.system.preset(s.preset)
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, didYouMean("", config.Nearest(s.preset, s.about().presets)))
	}
	if err := config.Set(c.config(), set...); err != nil {
		return nil, err
	}
	if err := config.CheckName(c.name()); err != nil {
		return nil, fmt.Errorf("%s: %w", s.preset, err)
	}
	return []settings{c}, nil
}

// readConfigs reads the configurations that a CONFIG argument stands for.
func readConfigs(name string, set ...string) ([]settings, error) {
	s, err := locate(name)
	if err != nil {
		return nil, err
	}
	return s.read(set...)
}

// systemOf returns the system that a file is for: the one that its key system names,
// or the one whose settings have the keys of the file.
func systemOf(file string) (system, error) {
	if strings.HasSuffix(file, ".json") {
		return palSystem, nil // the published format
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(doc.Content) == 0 {
		return nil, fmt.Errorf("%s is empty", file)
	}
	top := doc.Content[0]
	switch {
	case top.Kind == yaml.SequenceNode:
		return dendriticSystem, nil // the published format
	case top.Kind != yaml.MappingNode:
		return nil, fmt.Errorf("%s holds no settings: its first line must be a key such as system", file)
	}
	if n := valueOf(top, "system"); n != nil {
		s, err := systemNamed(n.Value)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n.Line, err)
		}
		return s, nil
	}
	var keys []string
	for i := 0; i < len(top.Content); i += 2 {
		keys = append(keys, top.Content[i].Value)
	}
	var best system
	least := 0
	for _, s := range systems {
		if n, shared := distance(s, keys); shared && (best == nil || n < least) {
			best, least = s, n
		}
	}
	if best != nil && !slices.ContainsFunc(keys, func(key string) bool { return slices.Contains(planKeys, key) }) {
		return best, nil
	}
	hint := ""
	if n := valueOf(top, "preset"); n != nil {
		if s := ownerOf(n.Value); s != nil {
			hint = fmt.Sprintf("; the preset %s is one of %s", n.Value, s.about().name)
		}
	}
	return nil, fmt.Errorf("%s: system is missing, expected one of %s%s", file, list(systemNames()), hint)
}

// planKeys are those that only experiments have, but for the system.
var planKeys = []string{"preset", "base", "variants", "seeds"}

// withSeeds makes runs with other seeds: for each configuration that configs
// have with any seed, one run per seed that text asks for.
func withSeeds(configs []settings, text string) ([]settings, error) {
	seeds, err := parseSeeds(text)
	if err != nil {
		return nil, err
	}
	var runs []settings
	variants := map[string]settings{}
	for _, c := range configs {
		name := variantOf(c)
		if first, ok := variants[name]; ok {
			if d := config.Diff(first.config(), c.renamed(first.name(), first.seed()).config()); len(d) > 0 {
				return nil, fmt.Errorf("--seeds: %s and %s differ in more than the seed: %s", first.name(), c.name(), d[0])
			}
			continue
		}
		variants[name] = c
		for _, seed := range seeds(c.seed()) {
			runs = append(runs, c.renamed(fmt.Sprintf("%s_seed_%d", name, seed), seed))
		}
	}
	return runs, nil
}

// maxSeeds keeps a slip of the keyboard from asking for a billion runs.
const maxSeeds = 10000

// parseSeeds reads "10" (so many, from the first seed of the configuration on),
// "123456:10" (first and number) or "1,5,9" (these).
func parseSeeds(text string) (func(first uint64) []uint64, error) {
	bad := fmt.Errorf("--seeds %q must be a number of seeds (1 to %d), first:number, or a list such as 1,5,9, with seeds up to 2^32-1", text, maxSeeds)
	start, count, hasStart := strings.Cut(text, ":")
	if !hasStart {
		start, count = "", text
	}
	if strings.Contains(text, ",") {
		var list []uint64
		for part := range strings.SplitSeq(strings.TrimSuffix(text, ","), ",") {
			seed, err := strconv.ParseUint(strings.TrimSpace(part), 10, 32)
			if err != nil || slices.Contains(list, seed) {
				return nil, bad
			}
			list = append(list, seed)
		}
		return func(uint64) []uint64 { return list }, nil
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
	return func(first uint64) []uint64 {
		if hasStart {
			first = given
		}
		list := make([]uint64, n)
		for i := range list {
			list[i] = first + uint64(i)
		}
		return list
	}, nil
}
