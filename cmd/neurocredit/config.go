package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/config"
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
	return &cobra.Command{
		Use:     "convert FILE",
		Short:   "Rewrite a configuration of the original program in our format",
		Example: `  neurocredit config convert sweep_yin_yang_le_fa_seed_123456.yaml > fa.yaml`,
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := dendritic.ReadPublished(args[0])
			if err != nil {
				return err
			}
			return printConfig(cmd, &c)
		},
	}
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
					printDiff(cmd, &configs[0], &configs[i])
					continue
				}
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout(), "---")
				}
				if err := printConfig(cmd, &configs[i]); err != nil {
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

func printConfig(cmd *cobra.Command, c *dendritic.Config) error {
	text, err := config.EncodeCommented(c)
	if err != nil {
		return err
	}
	_, err = cmd.OutOrStdout().Write(text)
	return err
}

// printDiff shows a run by what sets it apart.
func printDiff(cmd *cobra.Command, first, c *dendritic.Config) {
	fmt.Fprintf(cmd.OutOrStdout(), "\n# %s\n", c.Name)
	for _, line := range config.Diff(first, c) {
		if !strings.HasPrefix(line, "name:") {
			fmt.Fprintf(cmd.OutOrStdout(), "#   %s\n", line)
		}
	}
}

func newConfigReference() *cobra.Command {
	return &cobra.Command{
		Use:     "reference",
		Short:   "Print the manual of all settings as Markdown",
		Example: `  neurocredit config reference > dendritic.md`,
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			page, err := reference()
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), page)
			return err
		},
	}
}
