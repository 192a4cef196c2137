//go:build unix

package le

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
	"github.com/neurocredit/neurocredit/internal/loop"
)

// BenchmarkAutoencoder measures one update of the autoencoder of Fig. 5 on xla:cpu,
// in samples per second (each of 100 updates) and in GFLOP per second of CPU time, which
// other programs on the machine disturb little, beside the rate of the largest product
// in it on its own.
func BenchmarkAutoencoder(b *testing.B) {
	for _, mode := range []Mode{BP, PAL} {
		for _, runs := range []int{1, 2, 4} {
			b.Run(fmt.Sprintf("%s/%d", mode, runs), func(b *testing.B) { benchmark(b, Autoencoder(mode), runs) })
		}
	}
}

func benchmark(b *testing.B, c Config, runs int) {
	x := backendtest.XLA(b)
	n, err := newNetwork(&c)
	must(b, err)
	n.watch()
	configs := make([]*Config, runs)
	arrays := []*tensors.Tensor{tensors.FromScalar(uint64(0))}
	values := n.initial(1)
	for i, s := range n.slots[1:] {
		var flat []float32
		for range runs {
			flat = append(flat, values[i+1]...)
		}
		arrays = append(arrays, tensors.FromFlatDataAndDimensions(flat, append([]int{runs}, s.dims...)...))
	}
	for r := range configs {
		configs[r] = &c
	}
	state, err := loop.NewState(x.Engine, 0, arrays...)
	must(b, err)
	defer state.Close()
	p := loop.NewProgram(x.Engine, "bench", len(n.slots), n.build(phase{learn: true, inject: true}, 0, false))
	defer p.Close()
	rates := n.rates(configs)
	samples := make([]float32, runs*n.batch*n.input.n)
	for i := range samples {
		samples[i] = float32(i%7) / 7
	}
	in := []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(samples, 1, runs, n.batch, n.input.n), tensors.FromScalar(float32(0)), tensors.FromScalar(int32(1)),
		tensors.FromScalar(int32(100)), tensors.FromFlatDataAndDimensions(make([]uint64, runs), runs), tensors.FromFlatDataAndDimensions(rates, len(rates)/runs, runs),
	}
	call := func() {
		_, err := p.Run(state, in...)
		must(b, err)
		_, err = loop.Read[uint64](state, 0)
		must(b, err)
	}
	call()
	updates, spent := 0, cpuTime(b)
	for b.Loop() {
		call()
		updates += 100 * runs
	}
	spent = cpuTime(b) - spent
	b.ReportMetric(float64(updates*n.batch)/100/b.Elapsed().Seconds(), "samples/s")
	b.ReportMetric(float64(updates)*n.flops()/spent/1e9, "GFLOP/cpu-s")
	b.ReportMetric(spent/float64(updates)*1e6, "cpu-µs/update")
	b.ReportMetric(matrixRate(b, x, n.batch, 784, 200, runs), "GFLOP/cpu-s-product")
}

// flops counts the operations of the matrix products of one update of one run.
func (n *network) flops() float64 {
	total := 0.0
	for i, l := range n.layers {
		if l.Kind == KindPool {
			continue
		}
		rows, columns := l.weightDims()
		products := 2.0
		if i > 0 && n.cfg.Learning.Algorithm != DFA {
			products++
		}
		if l.learns {
			products++
		}
		each := 2 * float64(n.batch) * float64(rows*columns)
		if l.Kind == KindConv {
			each *= float64(l.out.s * l.out.s)
		}
		total += products * each
	}
	return total
}

// cpuTime returns the seconds that all threads of the process have worked.
func cpuTime(b *testing.B) float64 {
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// matrixRate returns the GFLOP per second of CPU time of products [batch, m] × [m, n] in float32.
func matrixRate(b *testing.B, x *backend.Backend, batch, m, n, runs int) float64 {
	p := loop.NewProgram(x.Engine, "product", 1, func(s, in []*graph.Node) (newState, results []*graph.Node) {
		return loop.Loop{Steps: in[0], Consts: in[1:], Body: func(_ *graph.Node, s, c, _ []*graph.Node) []*graph.Node {
			return []*graph.Node{graph.Einsum("rbn,rnm->rbm", graph.Einsum("rbm,rmn->rbn", s[0], c[0]), c[1])}
		}}.Run(s...), nil
	})
	defer p.Close()
	zero := func(dims ...int) *tensors.Tensor {
		return tensors.FromFlatDataAndDimensions(make([]float32, size(dims)), dims...)
	}
	state, err := loop.NewState(x.Engine, 0, zero(runs, batch, m))
	must(b, err)
	defer state.Close()
	const steps = 500
	in := []*tensors.Tensor{tensors.FromScalar(int32(steps)), zero(runs, m, n), zero(runs, n, m)}
	best := 0.0
	for range 4 {
		start := cpuTime(b)
		_, err = p.Run(state, in...)
		must(b, err)
		_, err = loop.Read[float32](state, 0)
		must(b, err)
		best = max(best, 4*steps*float64(batch*m*n*runs)/(cpuTime(b)-start)/1e9)
	}
	return best
}
