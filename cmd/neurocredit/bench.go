package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

func newBench() *cobra.Command {
	var length time.Duration
	var set []string
	var precision string
	var runs []int
	o := &options{workers: 1}
	var e engineFlags
	c := &cobra.Command{
		Use:   "bench [PRESET...]",
		Short: "Measure how fast this machine computes the presets",
		Long: `Bench trains with each preset for a moment, one run at a time, and prints the time of one
time step (of one update for mdgl) of one run and of a complete run. With --runs it trains
so many runs together, which is what the graph engine is for, and prints the share of one.
Compiling does not count. The pictures of the MNIST presets of dendritic are random ones
with as many dark pixels, so that no data are needed; those of mdgl must be fetched.`,
		Example: `  neurocredit bench
  neurocredit bench yin-yang/pal --time 5s
  neurocredit bench fig3c/mdgl chain/pal
  neurocredit bench yin-yang/pal --engine graph --backend xla:cuda --runs 1,30,300,3000`,
		Args: arguments(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := e.check(); err != nil {
				return err
			}
			o.engine, o.backend = e.engine, e.backend
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
			for _, n := range runs {
				if n < 1 || n > maxSeeds {
					return fmt.Errorf("--runs %d must be in 1 to %d", n, maxSeeds)
				}
			}
			rows := [][]string{{"preset", "system", "computed by", "runs", "one", "takes", "complete run"}}
			var versions experiment.Versions
			for _, name := range args {
				configs, err := readConfigs(name, set...)
				if err != nil {
					return err
				}
				for _, n := range runs {
					ns, v, err := measure(cmd.Context(), configs[0], o, n, length)
					if err != nil {
						return fmt.Errorf("%s: %w", name, err)
					}
					versions = v
					complete := "-"
					if work := configs[0].amounts().work; work > 0 {
						complete = roughly(ns * float64(work))
					}
					i := configs[0].of().about()
					rows = append(rows, []string{name, i.name, v.Engine, fmt.Sprint(n), i.unit[:len(i.unit)-1], precisely(ns), complete})
				}
			}
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "%s %s, %s %s/%s, %s\n", versions.Module, versions.Revision, versions.Go, versions.OS, versions.Arch, versions.CPU)
			printColumns(w, rows)
			return nil
		},
	}
	flags := c.Flags()
	flags.DurationVar(&length, "time", time.Second, "how long to measure each preset, about")
	flags.IntSliceVar(&runs, "runs", []int{1}, "`numbers` of runs to train together, each measured apart")
	addWorkers(flags, &o.workers, "cores to use, 0: all")
	flags.StringVar(&precision, "precision", "", "float64 or float32, in place of that of the preset")
	e.add(flags)
	return c
}

// measure returns the nanoseconds that one unit of work of one run takes among so many.
// It compares a long training with a short one, because beginnings (data, compiling)
// do not count. The first one is saved to disk to learn what computes it.
func measure(ctx context.Context, s settings, o *options, runs int, length time.Duration) (float64, experiment.Versions, error) {
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
	train := func(passes int, dir string) (work, ns float64, err error) {
		with := *o
		with.dir = dir
		work = float64(b.lengthen(passes)) * float64(runs)
		begin := time.Now()
		err = b.run(ctx, &with, runs)
		return work, float64(time.Since(begin).Nanoseconds()), err
	}
	if _, _, err := train(1, temp); err != nil {
		return 0, none, err
	}
	saved, err := findRuns([]string{temp})
	if err != nil {
		return 0, none, err
	}
	first, err := experiment.Open(saved[0])
	if err != nil {
		return 0, none, err
	}
	less, short, err := train(1, "")
	if err != nil {
		return 0, none, err
	}
	for passes := 2; ; passes *= 2 {
		work, long, err := train(passes, "")
		if err != nil {
			return 0, none, err
		}
		if more := long - short; more >= float64(length.Nanoseconds()) || passes >= 1<<20 && more > 0 {
			return more / (work - less), first.Versions[0], nil
		}
	}
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
