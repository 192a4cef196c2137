package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/neurocredit/neurocredit/internal/config"
)

// reference is the manual of the settings of a system, docs/config/NAME.md.
func reference(s system) (string, error) {
	defaults, err := s.preset("")
	if err != nil {
		return "", err
	}
	i := s.about()
	title, tables, _ := strings.Cut(config.Reference(defaults.config(), fmt.Sprintf("Settings of %s runs", i.name)), "\n\n")
	var lists strings.Builder
	lists.WriteString("| experiment | runs | variants |\n| --- | --- | --- |\n")
	for _, name := range i.experiments {
		configs, err := s.read(name)
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
	fmt.Fprintf(&lists, "\nPresets are %s.", i.presetForms)
	intro := strings.NewReplacer(
		"<!-- lists -->", lists.String(),
		"<!-- model -->", fmt.Sprintf("[docs/models/%s.md](../models/%[1]s.md)", cmp.Or(i.model, i.name)),
	).Replace(strings.TrimSpace(i.intro))
	return title + "\n\n" + intro + "\n\n" + tables, nil
}
