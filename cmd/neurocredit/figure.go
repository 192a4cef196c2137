package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/mdgl"
	"github.com/neurocredit/neurocredit/pal"
	"github.com/neurocredit/neurocredit/pal/le"
	"github.com/neurocredit/neurocredit/plotting"
)

// paperFigure is a figure that the runs of one experiment make up.
type paperFigure struct {
	name   string // also of the experiment
	shows  string
	system system
	quick  []string // settings of --quick
	draw   func(name string, outcomes []*outcome, log bool) (*plotting.Figure, error)
}

// paperFigures are all figures, in the order of the help text.
var paperFigures = []paperFigure{
	{"fig3abc", "top-down weights align, linear regime", palSystem, []string{"epochs=10"}, drawAlignment("Alignment, linear regime")},
	{"fig3def", "the same in the nonlinear regime", palSystem, []string{"epochs=10"}, drawAlignment("Alignment, nonlinear regime")},
	{"prospective", "alignment with and without prospective voltages", palSystem, []string{"epochs=2"}, drawProspective},
	{"fig4ab", "a chain with a teacher", palSystem, []string{"epochs=200"}, drawChain},
	{"fig4cd", "Yin-Yang", dendriticSystem, []string{"epochs=20"}, drawLearning("Yin-Yang")},
	{"fig4ef", "MNIST, which must be fetched before", dendriticSystem, []string{"epochs=3", "data.train=500", "data.valid=100", "data.test=100"}, drawLearning("MNIST")},
	{"fig3a", "spiking networks: pattern generation", mdglSystem, []string{"iterations=50"}, drawSpiking("Pattern generation")},
	{"fig3b", "spiking networks: delayed match to sample", mdglSystem, []string{"iterations=50"}, drawSpiking("Delayed match to sample")},
	{"fig3c", "spiking networks: evidence accumulation", mdglSystem, []string{"iterations=50"}, drawSpiking("Evidence accumulation")},
	{"fig5", "MNIST autoencoder, with layers of latent equilibrium", leSystem, []string{"epochs=2", "data.train=2000", "data.valid=500", "data.test=500"}, drawLayers("MNIST autoencoder")},
	{"fig6", "CIFAR-10, with layers of latent equilibrium", leSystem, []string{"epochs=2", "data.train=2000", "data.valid=500", "data.test=500"}, drawLayers("CIFAR-10")},
}

// drawLayers draws accuracy and angles of the variants.
func drawLayers(title string) func(string, []*outcome, bool) (*plotting.Figure, error) {
	return func(name string, outcomes []*outcome, _ bool) (*plotting.Figure, error) {
		var groups []plotting.LEGroup
		shown := title
		for _, v := range variantsOf(outcomes) {
			g := plotting.LEGroup{Name: titleOf(strings.TrimPrefix(v.name, name+"_")), Runs: resultsOf[le.Result](v.outcomes)}
			for _, r := range g.Runs {
				if r.Config.Data.Source == le.Images {
					shown = "Own images, not " + title
				}
			}
			groups = append(groups, g)
		}
		return plotting.LELearning(groups, &plotting.LEOptions{Title: shown})
	}
}

// drawSpiking draws loss and accuracy of the variants.
func drawSpiking(title string) func(string, []*outcome, bool) (*plotting.Figure, error) {
	return func(name string, outcomes []*outcome, _ bool) (*plotting.Figure, error) {
		o := &plotting.MDGLOptions{Title: title}
		for _, r := range outcomes {
			if r.points < 10 { // a moving average would leave little
				o.Smooth = 1
			}
		}
		var groups []plotting.MDGLGroup
		for _, v := range variantsOf(outcomes) {
			groups = append(groups, plotting.MDGLGroup{Name: titleOf(strings.TrimPrefix(v.name, name+"_")), Runs: resultsOf[mdgl.Result](v.outcomes)})
		}
		return plotting.MDGLCurves(groups, o)
	}
}

// drawLearning draws error and angle of the variants.
func drawLearning(title string) func(string, []*outcome, bool) (*plotting.Figure, error) {
	return func(name string, outcomes []*outcome, log bool) (*plotting.Figure, error) {
		return plotting.LearningCurves(titled(groupsOf(outcomes), name), &plotting.LearningOptions{Title: title, Log: log})
	}
}

// drawAlignment draws the angles of runs of one variant.
func drawAlignment(title string) func(string, []*outcome, bool) (*plotting.Figure, error) {
	return func(_ string, outcomes []*outcome, _ bool) (*plotting.Figure, error) {
		return plotting.PALAlignment(plotting.PALRuns(resultsOf[pal.Result](outcomes)), &plotting.PALOptions{Title: title})
	}
}

// palGroups makes a group of each variant.
func palGroups(name string, outcomes []*outcome) []plotting.PALGroup {
	var groups []plotting.PALGroup
	for _, v := range variantsOf(outcomes) {
		groups = append(groups, plotting.PALGroup{
			Name: titleOf(strings.TrimPrefix(v.name, name+"_")), Runs: plotting.PALRuns(resultsOf[pal.Result](v.outcomes)),
		})
	}
	return groups
}

// drawChain draws weights and error, with the weight of the teacher.
func drawChain(name string, outcomes []*outcome, _ bool) (*plotting.Figure, error) {
	teacher := outcomes[0].config().(*pal.Config).Teacher.Up.Low
	return plotting.PALChain(palGroups(name, outcomes), teacher, &plotting.PALOptions{Title: "Chain with a teacher"})
}

// drawProspective draws the variants with prospective voltages above those without.
func drawProspective(name string, outcomes []*outcome, _ bool) (*plotting.Figure, error) {
	var rows [2][]plotting.PALGroup
	for _, g := range palGroups(name, outcomes) {
		row, steps, kind := 0, strings.TrimSuffix(g.Name, "_prosp"), "prospective"
		if strings.HasSuffix(g.Name, "_inst") {
			row, steps, kind = 1, strings.TrimSuffix(g.Name, "_inst"), "instantaneous"
		}
		g.Name = fmt.Sprintf("noise of %s steps, %s", steps, kind)
		rows[row] = append(rows[row], g)
	}
	if len(rows[0]) != len(rows[1]) {
		return nil, fmt.Errorf("%d variants have prospective voltages and %d have not; all must have a run that is begun", len(rows[0]), len(rows[1]))
	}
	return plotting.PALProspective(append(rows[0], rows[1]...), &plotting.PALOptions{Title: "Prospective coding"})
}

const quickSeeds = "2"

// variantTitles are the names of variants in figures.
var variantTitles = map[string]string{
	"fa": "FA", "pal": "PAL", "bp": "BP", "bptt": "BPTT", "mdgl": "MDGL", "eprop": "e-prop", "dfa": "DFA", "eta-zero": "PAL with η = 0",
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
		Long: `Figure draws a figure of the papers of PAL (fig3abc to fig6) and MDGL (fig3a to fig3c) from the
runs of its experiment. Runs that are not complete are drawn as far as they got. NAME is
one of
` + listFigures(),
		Example: `  neurocredit figure fig4cd --train --quick
  neurocredit figure fig4cd --runs runs/fig4cd --out figures`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			i := slices.Index(figureNames(), args[0])
			if i < 0 {
				return fmt.Errorf("there is no figure %q%s, only %s", args[0], didYouMean("", config.Nearest(args[0], figureNames())), strings.Join(figureNames(), ", "))
			}
			return f.draw(cmd, &paperFigures[i])
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.runs, "runs", "", "`folder` of the results directories (default runs/NAME, with --quick runs/NAME-quick)")
	flags.StringVarP(&f.out, "out", "o", "", "`folder` for NAME.png and NAME.svg (default the folder of the runs)")
	flags.BoolVar(&f.train, "train", false, "first train the runs that are missing or not complete")
	flags.BoolVar(&f.quick, "quick", false, "two seeds, few epochs and little data: minutes instead of hours")
	flags.BoolVar(&f.log, "log", false, "logarithmic error, where it is not so anyway")
	addWorkers(flags, &f.workers, "runs at a time with --train, 0: one per core")
	return c
}

func figureNames() []string {
	var names []string
	for _, f := range paperFigures {
		names = append(names, f.name)
	}
	return names
}

func listFigures() string {
	var b strings.Builder
	for _, f := range paperFigures {
		fmt.Fprintf(&b, "  %-12s %s\n", f.name, f.shows)
	}
	return strings.TrimRight(b.String(), "\n")
}

func (f *figureFlags) draw(cmd *cobra.Command, figure *paperFigure) error {
	name := figure.name
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
	configs, err := figure.system.read(name, set...)
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
		train := fmt.Sprintf("--train, or with neurocredit train %s --out %s", name, shellWord(f.runs))
		if f.quick { // which train alone does not know
			train = "--train --quick"
		}
		return fmt.Errorf("%s holds no runs of %s: train them with %s", f.runs, name, train)
	} else if n < len(configs) {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d of %d runs are in %s\n", n, len(configs), f.runs)
	}
	fig, err := figure.draw(name, results, f.log)
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

// loadRuns reads the runs of the variants of configs that are in the folder, with any
// seeds.
func loadRuns(ctx context.Context, folder string, configs []settings) ([]*outcome, error) {
	var variants []string
	for _, c := range configs {
		if v := variantOf(c); !slices.Contains(variants, v) {
			variants = append(variants, v)
		}
	}
	var results []*outcome
	for _, v := range variants {
		dirs, err := filepath.Glob(escape(filepath.Join(folder, v)) + "_seed_*")
		if err != nil {
			return nil, err
		}
		for _, dir := range dirs {
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
	}
	return results, nil
}

// titled gives the variants of an experiment their titles in figures.
func titled(groups []plotting.Group, experiment string) []plotting.Group {
	for i, g := range groups {
		groups[i].Name = titleOf(strings.TrimPrefix(g.Name, experiment+"_"))
	}
	return groups
}

func titleOf(variant string) string {
	if title, ok := variantTitles[variant]; ok {
		return title
	}
	return variant
}
