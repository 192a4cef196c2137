package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/plotting"
)

// paperFigure is a figure that learning curves of an experiment make up.
type paperFigure struct {
	title string
	quick []string // settings of --quick
}

// paperFigures are the figures by the names of their experiments.
var paperFigures = map[string]paperFigure{
	"fig4cd": {"Yin-Yang", []string{"epochs=20"}},
	"fig4ef": {"MNIST", []string{"epochs=3", "data.train=500", "data.valid=100", "data.test=100"}},
}

const quickSeeds = "2"

// variantTitles are the names of variants in figures.
var variantTitles = map[string]string{
	"fa": "FA", "pal": "PAL", "bp": "BP", "eta-zero": "PAL with η = 0",
	"fa-plastic-i2p": "FA, plastic i2p", "pal-frozen-i2p": "PAL, frozen i2p",
}

type figureFlags struct {
	runs, out         string
	train, quick, log bool
	workers           int

	line []string
}

func newFigure(line []string) *cobra.Command {
	f := &figureFlags{line: line}
	c := &cobra.Command{
		Use:   "figure NAME",
		Short: "Draw a figure of the paper from trained runs",
		Long: `Figure draws what the runs of an experiment have learned: validation and test error, and the
angle between bottom-up and top-down weights. Runs that are not complete are drawn as far as
they got. NAME is ` + strings.Join(figureNames(), " or ") + ` (figure 4 of the PAL paper; MNIST must be fetched before).`,
		Example: `  neurocredit figure fig4cd --train --quick
  neurocredit figure fig4cd --runs runs/fig4cd --out figures`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			figure, ok := paperFigures[args[0]]
			if !ok {
				return fmt.Errorf("there is no figure %q%s, only %s", args[0], didYouMean("", config.Nearest(args[0], figureNames())), strings.Join(figureNames(), ", "))
			}
			return f.draw(cmd, args[0], figure)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.runs, "runs", "", "`folder` of the results directories (default runs/NAME, with --quick runs/NAME-quick)")
	flags.StringVarP(&f.out, "out", "o", "", "`folder` for NAME.png and NAME.svg (default the folder of the runs)")
	flags.BoolVar(&f.train, "train", false, "first train the runs that are missing or not complete")
	flags.BoolVar(&f.quick, "quick", false, "two seeds, few epochs and little data: minutes instead of hours")
	flags.BoolVar(&f.log, "log", false, "logarithmic error")
	flags.IntVar(&f.workers, "workers", 0, "runs at a time with --train, 0: one per core")
	return c
}

func figureNames() []string {
	var names []string
	for name := range paperFigures {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (f *figureFlags) draw(cmd *cobra.Command, name string, figure paperFigure) error {
	folder := filepath.Join("runs", name)
	var set []string
	if f.quick {
		folder, set = folder+"-quick", figure.quick
	}
	if f.runs == "" {
		f.runs = folder
	}
	if f.out == "" {
		f.out = f.runs
	}
	configs, err := dendriticSystem.read(name, set...)
	if err != nil {
		return err
	}
	if f.quick {
		if configs, err = withSeeds(configs, quickSeeds); err != nil {
			return err
		}
	}
	if f.train {
		t := &trainFlags{runFlags: runFlags{out: f.runs}, resume: true, workers: f.workers, line: f.line}
		if err := t.train(cmd.Context(), configs, cmd.OutOrStdout(), cmd.ErrOrStderr()); err != nil {
			return err
		}
	}
	results, err := loadRuns(cmd.Context(), f.runs, configs)
	if err != nil {
		return err
	}
	if n := len(results); n == 0 {
		return fmt.Errorf("%s holds no runs of %s: train them with --train, or with neurocredit train %[2]s --out %[1]s", f.runs, name)
	} else if n < len(configs) {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d of %d runs are in %s\n", n, len(configs), f.runs)
	}
	fig, err := plotting.LearningCurves(titled(groupsOf(results), name), &plotting.LearningOptions{Title: figure.title, Log: f.log})
	if err != nil {
		return err
	}
	path := filepath.Join(f.out, name+".png")
	if err := plotting.Save(fig, path); err != nil {
		return err
	}
	if !f.train {
		printTable(cmd.OutOrStdout(), results)
	}
	fmt.Fprintln(cmd.OutOrStdout(), path)
	return nil
}

// loadRuns reads those of the runs that are in the folder.
func loadRuns(ctx context.Context, folder string, configs []settings) ([]*outcome, error) {
	var results []*outcome
	for _, c := range configs {
		dir := filepath.Join(folder, c.name())
		if !isRun(dir) {
			continue
		}
		r, err := loadRun(ctx, dir)
		if err != nil {
			return nil, err
		}
		if r.points > 0 {
			results = append(results, r)
		}
	}
	return results, nil
}

// titled gives the variants of an experiment their titles in figures.
func titled(groups []plotting.Group, experiment string) []plotting.Group {
	for i, g := range groups {
		name := strings.TrimPrefix(g.Name, experiment+"_")
		if title, ok := variantTitles[name]; ok {
			name = title
		}
		groups[i].Name = name
	}
	return groups
}
