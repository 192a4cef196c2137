package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/mt19937"
)

func newBench() *cobra.Command {
	var length time.Duration
	var precision string
	c := &cobra.Command{
		Use:   "bench [PRESET...]",
		Short: "Measure how fast this machine computes the presets",
		Long: `Bench trains with each preset for a moment, on one core, and prints the time of one time
step of one run and of a complete run. MNIST is replaced by random pictures with as many
dark pixels, so that no data are needed.`,
		Example: `  neurocredit bench
  neurocredit bench yin-yang/pal --time 5s`,
		Args: arguments(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if length <= 0 {
				return fmt.Errorf("--time %v must be positive", length)
			}
			if len(args) == 0 {
				args = []string{"yin-yang/fa", "yin-yang/pal", "mnist/fa", "mnist/pal"}
			}
			rows := [][]string{{"preset", "levels", "ns/step", "complete run"}}
			var versions experiment.Versions
			for _, name := range args {
				c, err := dendritic.Preset(name)
				if err != nil {
					return err
				}
				c.Precision = precision
				b, err := newBenchmark(*c)
				if err != nil {
					return err
				}
				ns, err := b.measure(cmd.Context(), length)
				if err != nil {
					return err
				}
				versions = b.versions
				rows = append(rows, []string{name, fmt.Sprint(c.Circuit.Levels), fmt.Sprintf("%.0f", ns), roughly(ns * float64(stepsOf(c)))})
			}
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "%s %s, %s, %s %s/%s, %s\n", versions.Module, versions.Revision, versions.Engine, versions.Go, versions.OS, versions.Arch, versions.CPU)
			printColumns(w, rows)
			return nil
		},
	}
	c.Flags().DurationVar(&length, "time", time.Second, "how long to measure each preset, about")
	c.Flags().StringVar(&precision, "precision", dendritic.Float64, "float64 or float32")
	return c
}

// benchmark is a preset with data that fit any time.
type benchmark struct {
	config   dendritic.Config
	splits   data.Splits
	versions experiment.Versions
}

// Load makes a benchmark a data.Source.
func (b *benchmark) Load(context.Context) (*data.Splits, error) { return &b.splits, nil }

// newBenchmark draws the patterns: uniform in the unit interval, and 19 % of
// them different from 0 for MNIST, as in the digits.
func newBenchmark(c dendritic.Config) (*benchmark, error) {
	rng := mt19937.New(c.Seed)
	in, density := c.Circuit.Levels[0], 1.0
	if c.Data.Set == "mnist" {
		density = 0.19
	}
	set := &data.Set{Classes: c.Data.Classes}
	const perClass = 60
	for i := range perClass * c.Data.Classes {
		p := make([]float64, in)
		for j := range p {
			if rng.Float64() < density {
				p[j] = rng.Float64()
			}
		}
		set.Inputs, set.Labels = append(set.Inputs, p), append(set.Labels, i%c.Data.Classes)
	}
	b := &benchmark{config: c, splits: data.Splits{Name: "benchmark", Train: set, Valid: set, Test: set}}
	// As published, 15 % of the patterns are validation (Yin-Yang), 1/6 for MNIST.
	b.config.Data = dendritic.Data{Set: "own", Classes: c.Data.Classes, Train: perClass, Valid: perClass / 6, Test: 1}
	return b, b.config.Validate()
}

// measure returns the nanoseconds of one time step. A short run, saved to disk
// to learn what computes it, tells how many epochs fill the time.
func (b *benchmark) measure(ctx context.Context, length time.Duration) (float64, error) {
	temp, err := os.MkdirTemp("", "neurocredit-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(temp)
	dir := filepath.Join(temp, "run")
	b.config.Epochs = 1
	if _, err := b.run(ctx, dir); err != nil {
		return 0, err
	}
	saved, err := experiment.Open(dir)
	if err != nil {
		return 0, err
	}
	b.versions = saved.Versions[0]
	ns, err := b.run(ctx, "")
	if err != nil {
		return 0, err
	}
	b.config.Epochs = int(float64(length.Nanoseconds()) / (ns * float64(stepsOf(&b.config))))
	if b.config.Epochs < 2 {
		return ns, nil
	}
	return b.run(ctx, "")
}

// run trains once and returns the nanoseconds per step.
func (b *benchmark) run(ctx context.Context, dir string) (float64, error) {
	begin := time.Now()
	_, err := dendritic.Train(ctx, b.config, &dendritic.Options{Dir: dir, Data: b})
	return float64(time.Since(begin).Nanoseconds()) / float64(stepsOf(&b.config)), err
}

// roughly writes a time in nanoseconds for people.
func roughly(ns float64) string {
	d := time.Duration(ns)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}
