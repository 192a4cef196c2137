package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/pal"
)

func newConfig() *cobra.Command {
	return group("config", "Check, convert, show and explain configurations", `  neurocredit config show fig4cd
  neurocredit config check my.yaml`, newConfigCheck(), newConfigConvert(), newConfigShow(), newConfigReference())
}

func newConfigCheck() *cobra.Command {
	return &cobra.Command{
		Use:     "check CONFIG...",
		Short:   "Check configurations without running them",
		Long:    "Check reads configurations, reports every problem, and says what they would run.\n\n" + whatIsConfig(),
		Example: `  neurocredit config check my.yaml`,
		Args:    arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var problems []error
			for _, name := range args {
				configs, err := readConfigs(name)
				if err != nil {
					problems = append(problems, err)
					continue
				}
				p := newPlan(configs, 0)
				recordings := ""
				if p.bytes > 0 {
					recordings = fmt.Sprintf("; recordings %sB", count(float64(p.bytes)))
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: ok, %d runs of %s%s\n", name, p.runs, strings.Join(p.variants, ", "), recordings)
			}
			return errors.Join(problems...)
		},
	}
}

func newConfigConvert() *cobra.Command {
	var task string
	c := &cobra.Command{
		Use:   "convert FILE",
		Short: "Rewrite a configuration of an original program in our format",
		Long: `Convert reads a YAML file of the original dendritic program, or a JSON file of the original
PAL program, and prints it as a configuration or, if it lists several seeds, as an experiment.`,
		Example: `  neurocredit config convert sweep_yin_yang_le_fa_seed_123456.yaml > fa.yaml
  neurocredit config convert params.json --task backward > pal.yaml`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !strings.HasSuffix(args[0], ".json") {
				if cmd.Flags().Changed("task") {
					return fmt.Errorf("--task %s is for JSON files of the PAL program; %s is none", task, args[0])
				}
				c, err := dendritic.ReadPublished(args[0])
				if err != nil {
					return err
				}
				return printConfig(cmd, &c)
			}
			configs, err := pal.ReadPublished(args[0], task)
			if err != nil {
				return err
			}
			return printAll(cmd, palSystem.wrap(configs))
		},
	}
	c.Flags().StringVar(&task, "task", pal.TaskTeacher, "`task` of a JSON file, which does not say it: teacher or backward")
	return c
}

// printAll writes one configuration as it is, and several that differ in their seeds
// as an experiment.
func printAll(cmd *cobra.Command, configs []settings) error {
	first := configs[0]
	if len(configs) == 1 {
		return printConfig(cmd, first.config())
	}
	name := variantOf(first)
	var seeds []string
	for _, c := range configs {
		seeds = append(seeds, fmt.Sprint(c.seed()))
	}
	text, err := config.EncodeCommented(first.config())
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "system: %s\nname: %s\nseeds: [%s]\nbase:\n", first.of().about().name, name, strings.Join(seeds, ", "))
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "name:") && !strings.HasPrefix(line, "seed:") {
			fmt.Fprintf(w, "  %s", line)
		}
	}
	return nil
}

func newConfigShow() *cobra.Command {
	var set []string
	var all bool
	c := &cobra.Command{
		Use:   "show CONFIG",
		Short: "Show the complete settings of all runs",
		Long: "Show prints the settings of the first run as YAML, every default included, and below it,\n" +
			"as comments, how the other runs differ.\n\n" + whatIsConfig(),
		Example: `  neurocredit config show fig4cd
  neurocredit config show yin-yang/pal --set epochs=20 > my.yaml`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			configs, err := readConfigs(args[0], set...)
			if err != nil {
				return err
			}
			for i := range configs {
				if i > 0 && !all {
					printDiff(cmd, configs[0], configs[i])
					continue
				}
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout(), "---")
				}
				if err := printConfig(cmd, configs[i].config()); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().StringArrayVar(&set, "set", nil, "change a setting, `key=value`; may be repeated")
	c.Flags().BoolVar(&all, "all", false, "print all runs in full, as YAML documents separated by ---")
	return c
}

func printConfig(cmd *cobra.Command, c any) error {
	text, err := config.EncodeCommented(c)
	if err != nil {
		return err
	}
	_, err = cmd.OutOrStdout().Write(text)
	return err
}

// printDiff shows a run by what sets it apart.
func printDiff(cmd *cobra.Command, first, c settings) {
	fmt.Fprintf(cmd.OutOrStdout(), "\n# %s\n", c.name())
	for _, line := range config.Diff(first.config(), c.config()) {
		if !strings.HasPrefix(line, "name:") {
			fmt.Fprintf(cmd.OutOrStdout(), "#   %s\n", line)
		}
	}
}

func newConfigReference() *cobra.Command {
	return &cobra.Command{
		Use:     "reference SYSTEM",
		Short:   "Print the manual of all settings as Markdown",
		Long:    "Reference prints the manual of the settings of a system: " + strings.Join(systemNames(), ", ") + ".",
		Example: `  neurocredit config reference pal > pal.md`,
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := systemNamed(args[0])
			if err != nil {
				return err
			}
			page, err := reference(s)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), page)
			return err
		},
	}
}
