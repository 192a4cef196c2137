package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/config"
)

// natural is the value of a flag that is a whole number >= 0.
type natural int

func (n *natural) String() string { return strconv.Itoa(int(*n)) }
func (n *natural) Type() string   { return "int" }

func (n *natural) Set(text string) error {
	x, err := strconv.Atoi(text)
	if err == nil && x < 0 {
		err = strconv.ErrRange
	}
	if err == nil {
		*n = natural(x)
	}
	return err
}

// addWorkers adds --workers, with the default in n.
func addWorkers(flags *pflag.FlagSet, n *int, usage string) {
	flags.Var((*natural)(n), "workers", usage)
}

// flagError says what is wrong with a flag: which there are, or what its value may be.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		near := config.Nearest(unknown.GetSpecifiedName(), known)
		return fmt.Errorf("%s has no flag --%s%s; see %[1]s --help", cmd.CommandPath(), unknown.GetSpecifiedName(), didYouMean("--", near))
	case errors.As(err, &invalid) && allowedBy(invalid.GetFlag()) != "":
		return fmt.Errorf("--%s %q must be %s; see %s --help", invalid.GetFlag().Name, invalid.GetValue(), allowedBy(invalid.GetFlag()), cmd.CommandPath())
	}
	return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
}

// allowedBy describes the values of a flag, by its type.
func allowedBy(f *pflag.Flag) string {
	if _, ok := f.Value.(*natural); ok {
		return "a whole number >= 0"
	}
	return map[string]string{
		"int": "a whole number", "intSlice": "whole numbers separated by commas, such as 1,5,9", "float64": "a number",
		"bool": "true or false, or have no value", "duration": "a duration, such as 90s or 2h",
	}[f.Value.Type()]
}

// engineFlags say what computes.
type engineFlags struct{ engine, backend string }

func (f *engineFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.engine, "engine", "auto", "what computes: auto, native or graph")
	flags.StringVar(&f.backend, "backend", "", "what the graph engine runs on: auto, go, xla:cpu or xla:cuda (default NEUROCREDIT_BACKEND, or auto)")
}

// check refuses what is not known, and a backend that would not be used.
func (f *engineFlags) check() error {
	if known := []string{"auto", "native", "graph"}; !slices.Contains(known, f.engine) {
		return fmt.Errorf("--engine %q must be one of %s%s", f.engine, strings.Join(known, ", "), didYouMean("", config.Nearest(f.engine, known)))
	}
	if f.backend == "" {
		return nil
	}
	if err := backend.Check(f.backend); err != nil {
		return fmt.Errorf("--backend: %w", err)
	}
	if f.engine == "native" && f.backend != backend.Auto {
		return fmt.Errorf("--backend %s is for the graph engine, and --engine native uses none: leave one of them out", f.backend)
	}
	return nil
}
