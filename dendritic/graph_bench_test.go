package dendritic

import (
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
)

// BenchmarkYinYangSweepGraph makes training passes of 30 runs, 10 seeds of FA, PAL
// and eta-zero, on XLA: as one program on one core, and as one on each of two. It
// reports the time of a step of one run, noise included, and that of the processor,
// which other programs disturb less.
func BenchmarkYinYangSweepGraph(b *testing.B) {
	for _, precision := range []string{Float64, Float32} {
		for _, cores := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/cores=%d", precision, cores), func(b *testing.B) { benchmarkSweep(b, precision, 30, cores) })
		}
	}
}

// BenchmarkGraphRuns does the same for other numbers of runs and other circuits, on
// one core, beside the native engine.
func BenchmarkGraphRuns(b *testing.B) {
	for _, levels := range [][]int{{4, 30, 3}, {4, 120, 3}, {784, 100, 10}} {
		b.Run(fmt.Sprintf("levels=%d-%d-%d/native", levels[0], levels[1], levels[2]), func(b *testing.B) {
			nets, st, orders := sweepRuns(b, sized(YinYang(PAL), levels...), sized(YinYang(FA), levels...), sized(YinYang(EtaZero), levels...))
			present := func() int {
				native(b, nets, true, st, orders)
				return len(nets) * len(orders[0]) * nets[0].cfg.StepsPerPattern()
			}
			present()
			before, count := processorTime(b), 0
			for b.Loop() {
				count += present()
			}
			b.ReportMetric((processorTime(b)-before)/float64(count), "cpu-ns/run-step")
		})
		for _, runs := range []int{1, 16, 64} {
			if levels[0] > 4 && runs > 16 {
				continue // a step takes milliseconds
			}
			b.Run(fmt.Sprintf("levels=%d-%d-%d/R=%d", levels[0], levels[1], levels[2], runs), func(b *testing.B) {
				benchmarkSweep(b, Float64, runs, 1, levels...)
			})
		}
	}
}

func benchmarkSweep(b *testing.B, precision string, runs, cores int, levels ...int) {
	var cfgs []Config
	for len(cfgs) < runs {
		cfgs = append(cfgs, YinYang(PAL), YinYang(FA), YinYang(EtaZero))
	}
	cfgs = cfgs[:runs]
	for i := range cfgs {
		cfgs[i].Precision = precision
		if levels != nil {
			cfgs[i] = sized(cfgs[i], levels...)
		}
	}
	var presents []func()
	steps := 0
	for part := range slices.Chunk(cfgs, (runs+cores-1)/cores) {
		nets, st, orders := sweepRuns(b, part...)
		g, err := newGraphBatch(backendtest.XLA(b), len(presents), 40, nets)
		if err != nil {
			b.Fatal(err)
		}
		defer g.close()
		presents = append(presents, func() {
			if err := g.present(b.Context(), true, true, st, orders, func(int, readouts) bool { return true }); err != nil {
				b.Error(err)
			}
		})
		steps += len(nets) * len(orders[0]) * nets[0].cfg.StepsPerPattern()
	}
	together := func() {
		var wait sync.WaitGroup
		for _, present := range presents {
			wait.Go(present)
		}
		wait.Wait()
	}
	together() // compiles, and finds its pace
	before := processorTime(b)
	count := 0
	for b.Loop() {
		together()
		count += steps
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(count), "ns/run-step")
	b.ReportMetric((processorTime(b)-before)/float64(count), "cpu-ns/run-step")
}

// processorTime returns the time that the process has used, in ns.
func processorTime(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano() + u.Stime.Nano())
}
