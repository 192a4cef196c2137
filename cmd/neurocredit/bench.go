package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

func newBench() *cobra.Command {
	var length time.Duration
	var set []string
	var precision string
	o := &options{workers: 1}
	c := &cobra.Command{
		Use:   "bench [PRESET...]",
		Short: "Measure how fast this machine computes the presets",
		Long: `Bench trains with each preset for a moment, one run at a time, and prints the time of one
time step (of one update for mdgl) of one run and of a complete run. The pictures of the
MNIST presets of dendritic are random ones with as many dark pixels, so that no data are
needed; those of mdgl must be fetched.`,
		Example: `  neurocredit bench
  neurocredit bench yin-yang/pal --time 5s
  neurocredit bench fig3c/mdgl chain/pal`,
		Args: arguments(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if length <= 0 {
				return fmt.Errorf("--time %v must be positive", length)
			}
			if len(args) == 0 {
				for _, s := range systems {
					args = append(args, s.about().benchmarks...)
				}
			}
			if cmd.Flags().Changed("precision") {
				set = append(set, "precision="+precision)
			}
			rows := [][]string{{"preset", "system", "computed by", "one", "takes", "complete run"}}
			var versions experiment.Versions
			for _, name := range args {
				configs, err := readConfigs(name, set...)
				if err != nil {
					return err
				}
				ns, v, err := measure(cmd.Context(), configs[0], o, length)
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				versions = v
				complete := "-"
				if work := configs[0].amounts().work; work > 0 {
					complete = roughly(ns * float64(work))
				}
				i := configs[0].of().about()
				rows = append(rows, []string{name, i.name, v.Engine, i.unit[:len(i.unit)-1], precisely(ns), complete})
			}
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "%s %s, %s %s/%s, %s\n", versions.Module, versions.Revision, versions.Go, versions.OS, versions.Arch, versions.CPU)
			printColumns(w, rows)
			return nil
		},
	}
	flags := c.Flags()
	flags.DurationVar(&length, "time", time.Second, "how long to measure each preset, about")
	flags.StringVar(&precision, "precision", "", "float64 or float32, in place of that of the preset")
	addEngine(flags, &o.engine, &o.backend)
	return c
}

// measure returns the nanoseconds of one unit of work. A short run, saved to disk
// to learn what computes it, tells how many passes fill the time.
func measure(ctx context.Context, s settings, o *options, length time.Duration) (float64, experiment.Versions, error) {
	var none experiment.Versions
	b, err := s.of().benchmark(s)
	if err != nil {
		return 0, none, err
	}
	temp, err := os.MkdirTemp("", "neurocredit-bench-")
	if err != nil {
		return 0, none, err
	}
	defer os.RemoveAll(temp)
	run := func(passes int, dir string) (float64, error) {
		with := *o
		with.dir = dir
		work := b.lengthen(passes)
		begin := time.Now()
		err := b.run(ctx, &with)
		return float64(time.Since(begin).Nanoseconds()) / float64(work), err
	}
	dir := filepath.Join(temp, "run")
	if _, err := run(1, dir); err != nil {
		return 0, none, err
	}
	saved, err := experiment.Open(dir)
	if err != nil {
		return 0, none, err
	}
	versions := saved.Versions[0]
	ns, err := run(1, "")
	if err != nil {
		return 0, none, err
	}
	if passes := int(float64(length.Nanoseconds()) / (ns * float64(b.lengthen(1)))); passes >= 2 {
		ns, err = run(passes, "")
	}
	return ns, versions, err
}

// precisely writes a short time.
func precisely(ns float64) string {
	for _, unit := range []string{"ns", "µs", "ms"} {
		if ns < 999.5 {
			return fmt.Sprintf("%.3g %s", ns, unit)
		}
		ns /= 1000
	}
	return fmt.Sprintf("%.3g s", ns)
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
