//go:build unix

package mdgl

import (
	"syscall"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
)

// BenchmarkFig3CIteration reports the processor time of one update of the
// evidence-accumulation experiment on one core: B = 64, T = 2000, N = 100, with
// drawing of trials, gradient, optimiser, and a tenth of a validation.
func BenchmarkFig3CIteration(b *testing.B) {
	for _, c := range []struct {
		name string
		rule Rule
		form string
	}{
		{"eprop", EProp, "adjoint"}, {"mdgl", MDGL, "adjoint"}, {"bptt", BPTT, "adjoint"},
		{"mdgl_cell", MDGLCell, "adjoint"}, {"nl_mdgl", NLMDGL, "adjoint"}, {"on_mdgl", OnMDGL, "adjoint"},
		{"eprop_online", EProp, "online"}, {"mdgl_online", MDGL, "online"}, {"on_mdgl_online", OnMDGL, "online"},
	} {
		b.Run(c.name, func(b *testing.B) {
			cfg := Fig3C(c.rule)
			cfg.Learning.Form = c.form
			cfg.Learning.RateModulates = c.form == "adjoint"
			task := data.DefaultEvidence()
			n, err := newNetwork[float32](&cfg, task.Shape())
			must(b, err)
			b.ReportAllocs()
			begin, i := cpu(), 0
			for b.Loop() {
				trials, err := task.Draw(1, data.Training, i, 64)
				must(b, err)
				n.run(trials, c.rule, 1)
				_, err = n.learn()
				must(b, err)
				if i%10 == 0 {
					n.run(trials, "", 1)
				}
				i++
			}
			b.ReportMetric((cpu()-begin)/float64(b.N), "cpu-s/iter")
		})
	}
}

// BenchmarkFig3CIterationGraph is BenchmarkFig3CIteration with the graph engine on
// XLA, which takes as many cores as it likes; mixed makes an update of a run of each of the
// three rules in one call. It reports the processor time for one run.
func BenchmarkFig3CIterationGraph(b *testing.B) {
	task := data.DefaultEvidence()
	for _, c := range []struct {
		name  string
		rules []Rule
	}{
		{"eprop", []Rule{EProp}}, {"mdgl", []Rule{MDGL}}, {"bptt", []Rule{BPTT}}, {"mixed", []Rule{EProp, MDGL, BPTT}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var all []*request[float32]
			for _, rule := range c.rules {
				cfg := Fig3C(rule)
				n, err := newNetwork[float32](&cfg, task.Shape())
				must(b, err)
				all = append(all, &request[float32]{net: n, rule: rule})
			}
			g := openGraph(b, backendtest.XLA(b), len(all), all[0].net)
			iterate := func(i int, validate bool) {
				for r, q := range all {
					var err error
					q.trials, err = task.Draw(uint64(1+r), data.Training, i, 64)
					must(b, err)
					q.rule = c.rules[r]
				}
				must(b, g.run(all))
				for _, q := range all {
					_, err := q.net.learn()
					must(b, err)
					q.rule = ""
				}
				if validate {
					must(b, g.run(all))
				}
			}
			iterate(0, true) // compiles both programs
			begin, i := cpu(), 0
			for b.Loop() {
				iterate(i, i%10 == 0)
				i++
			}
			b.ReportMetric((cpu()-begin)/float64(b.N*len(all)), "cpu-s/iter")
		})
	}
}

// cpu returns the processor time of this process in seconds.
func cpu() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// BenchmarkLSNNIteration reports the processor time of one update of 16 trials of the
// sequential-MNIST network on one core, with noise in place of digits.
func BenchmarkLSNNIteration(b *testing.B) {
	cfg := SequentialMNIST(BPTT)
	task := data.Pattern{Steps: 840, Channels: 80, Rate: 12}
	trials, err := task.Draw(1, data.Training, 0, 16)
	must(b, err)
	for i := range trials {
		trials[i].Target, trials[i].Decisions = nil, []data.Decision{{From: 812, To: 840, Label: i % 10}}
	}
	shape := task.Shape()
	shape.Outputs = 10
	n, err := newNetwork[float32](&cfg, shape)
	must(b, err)
	begin := cpu()
	for b.Loop() {
		n.run(trials, BPTT, 1)
		_, err = n.learn()
		must(b, err)
	}
	b.ReportMetric((cpu()-begin)/float64(b.N), "cpu-s/iter")
}
