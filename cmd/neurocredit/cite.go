package main

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// references is the literature in BibTeX, without the software.
//
//go:embed references.bib
var references string

func newCite() *cobra.Command {
	return &cobra.Command{
		Use:     "cite",
		Short:   "Print what to cite, as BibTeX",
		Long:    "Cite prints BibTeX entries of the program and of the papers whose models and data it runs.\nCite the papers of what you used.",
		Example: `  neurocredit cite > neurocredit.bib`,
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			version, revision := build()
			_, err := fmt.Fprintf(cmd.OutOrStdout(), `%% the program
@software{neurocredit,
  author  = {{The neurocredit authors}},
  title   = {neurocredit: credit assignment in cortical circuits},
  version = {%s},
  url     = {https://github.com/neurocredit/neurocredit}
}

%s`, strings.TrimSpace(version+" "+revision), references)
			return err
		},
	}
}
