package dendritic

import (
	"testing"

	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
)

// BenchmarkYinYangSweepGraph makes training passes of 30 runs, 10 seeds of FA, PAL
// and eta-zero, in one program on XLA. It reports the time of a step of one run.
func BenchmarkYinYangSweepGraph(b *testing.B) {
	var cfgs []Config
	for range 10 {
		cfgs = append(cfgs, YinYang(FA), YinYang(PAL), YinYang(EtaZero))
	}
	nets, st, orders := sweepRuns(b, cfgs...)
	g, err := newGraphBatch(backendtest.XLA(b), 0, 40, nets)
	if err != nil {
		b.Fatal(err)
	}
	defer g.close()
	present := func() {
		if err := g.present(b.Context(), true, true, st, orders, func(int, readouts) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
	present()
	count := 0
	for b.Loop() {
		present()
		count += len(nets) * len(orders[0]) * nets[0].cfg.StepsPerPattern()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(count), "ns/run-step")
}
