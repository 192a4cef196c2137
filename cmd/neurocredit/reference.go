package main

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/config"
)

// referenceIntro stands between the title and the tables of the manual.
//
//go:embed reference_intro.md
var referenceIntro string

// reference is the manual of the settings, docs/config/dendritic.md.
func reference() (string, error) {
	defaults, err := dendritic.Preset("")
	if err != nil {
		return "", err
	}
	title, tables, _ := strings.Cut(config.Reference(defaults, "Settings of dendritic runs"), "\n\n")
	var lists strings.Builder
	lists.WriteString("| experiment | runs | variants |\n| --- | --- | --- |\n")
	for _, name := range dendritic.ExperimentNames() {
		configs, err := dendritic.ReadConfigs(name)
		if err != nil {
			return "", err
		}
		p := newPlan(configs, 1)
		var variants []string
		for _, v := range p.variants {
			if short := strings.TrimPrefix(strings.TrimPrefix(v, name), "_"); short != "" {
				variants = append(variants, short)
			}
		}
		fmt.Fprintf(&lists, "| `%s` | %d | %s |\n", name, p.runs, strings.Join(variants, ", "))
	}
	fmt.Fprintf(&lists, "\nPresets are `yin-yang/MODE` and `mnist/MODE`, with the modes `%s`.",
		strings.Join(modeNames(), "`, `"))
	intro := strings.ReplaceAll(strings.TrimSpace(referenceIntro), "<!-- lists -->", lists.String())
	return title + "\n\n" + intro + "\n\n" + tables, nil
}

func modeNames() []string {
	var names []string
	for _, m := range dendritic.Modes() {
		names = append(names, string(m))
	}
	return names
}
