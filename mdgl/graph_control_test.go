package mdgl

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
)

// TestGraphUnrolled compares BPTT with automatic differentiation of the network, unrolled
// in time, whose spikes have the surrogate derivative.
func TestGraphUnrolled(t *testing.T) {
	for _, model := range []string{"alif", "lsnn"} {
		t.Run(model, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				n, trials := unrolledNetwork(t, model)
				loss, grads := unrolled(t, n, trials)
				g := openGraph(t, b, 1, n)
				for _, rule := range []Rule{BPTT, MDGLCell} {
					s := graphRun(t, g, n, trials, rule)
					worst := relative([]float64{s.loss}, loss)
					N, K := n.neurons, n.outputs
					for _, part := range []struct {
						s    *synapses[float64]
						got  []float64
						want func(k int) float64
					}{
						{n.in, n.sums.in, func(k int) float64 { return grads[0][delayedAt(n.in, k, N)] }},
						{n.rec, n.sums.rec, func(k int) float64 { return grads[1][delayedAt(n.rec, k, N)] }},
						{n.out, n.sums.out, func(k int) float64 { return grads[2][int(n.out.row[k])*K+int(n.out.col[k])] }},
					} {
						var want, got []float64
						for k := range part.got {
							if !(part.s.silent && part.s.row[k] == part.s.col[k]) {
								want, got = append(want, part.want(k)), append(got, part.got[k])
							}
						}
						worst = max(worst, relative(got, want))
					}
					worst = max(worst, relative(n.sums.bias, grads[3]))
					switch {
					case rule == BPTT && !(worst < 1e-12):
						t.Errorf("relative difference %v", worst)
					case rule != BPTT && !(worst > 1e-3):
						t.Errorf("%s does not differ from the gradient: the test sees no path through two synapses", rule)
					}
				}
			})
		})
	}
}

func unrolledNetwork(t *testing.T, model string) (*network[float64], []data.Trial) {
	t.Helper()
	c := Fig3C(BPTT)
	c.Precision, c.Task.Set = "float64", "own"
	c.Cells.Model, c.Cells.Regular, c.Cells.Adaptive, c.Cells.Refractory = model, 4, 4, 2
	c.Cells.MembraneTau, c.Cells.AdaptationTau, c.Cells.ReadoutTau = 4, 10, 5
	if model == "lsnn" {
		c.Cells.Delays = 3
	}
	c.Wiring.In, c.Wiring.Recurrent, c.Wiring.Out, c.Wiring.Excitatory = 0.9, 0.9, 0.9, 0.5
	c.Learning.RateCost = 0
	must(t, c.Validate())
	shape := data.Shape{Steps: 24, Channels: 5, Outputs: 3}
	n, err := newNetwork[float64](&c, shape)
	must(t, err)
	rng := rand.New(rand.NewPCG(1, 1))
	trials := make([]data.Trial, 3)
	for b := range trials {
		trials[b].Decisions = []data.Decision{{From: shape.Steps - 3, To: shape.Steps, Label: b}}
		for step := range shape.Steps {
			for i := range shape.Channels {
				if rng.Float64() < 0.4 {
					trials[b].Events = append(trials[b].Events, data.Event{Step: int32(step), Channel: int32(i), Value: float32(1 + rng.IntN(2))})
				}
			}
		}
	}
	return n, trials
}

// delayedAt returns the place of a synapse in an array [delays, pre, N].
func delayedAt(s *synapses[float64], k, N int) int {
	return (int(s.target[k])/N*s.pre+int(s.row[k]))*N + int(s.col[k])
}

// unrolled returns the loss and its derivatives by the weights, those of input and recurrent
// ones as [delays, pre, N]. The program is long, which XLA takes seconds to compile.
func unrolled(t *testing.T, n *network[float64], trials []data.Trial) (loss []float64, grads [][]float64) {
	t.Helper()
	b, err := backend.Open(backend.Go)
	must(t, err)
	defer b.Close()
	T, C, N, K, B, D := n.shape.Steps, n.shape.Channels, n.neurons, n.outputs, len(trials), n.cfg.Cells.Delays
	in, rec, out := make([]float64, D*C*N), make([]float64, D*N*N), make([]float64, N*K)
	for k, w := range n.in.w {
		in[delayedAt(n.in, k, N)] = w
	}
	for k, w := range n.rec.w {
		rec[delayedAt(n.rec, k, N)] = w
	}
	for k, w := range n.out.w {
		out[int(n.out.row[k])*K+int(n.out.col[k])] = w
	}
	x, wanted, beta := make([]float64, T*B*C), make([]float64, B*K), make([]float64, N)
	for i := range trials {
		for _, e := range trials[i].Events {
			x[(int(e.Step)*B+i)*C+int(e.Channel)] += float64(e.Value)
		}
		wanted[i*K+trials[i].Decisions[0].Label] = 1
	}
	for j := n.regular; j < N; j++ {
		beta[j] = n.c.beta
	}
	window := trials[0].Decisions[0]
	lsnn, c := n.cfg.Cells.Model == "lsnn", &n.c
	exec, err := graph.NewExec(b.Engine, func(args []*graph.Node) []*graph.Node {
		in, rec, out, bias, x, wanted, beta := args[0], args[1], args[2], args[3], args[4], args[5], args[6]
		g := in.Graph()
		zero := graph.Zeros(g, in.Shape().Clone())
		zero = graph.BroadcastToDims(graph.ReduceAllSum(zero), B, N)
		row := func(x *graph.Node, i int) *graph.Node { return graph.Squeeze(graph.Slice(x, graph.AxisElem(i)), 0) }
		v, a, psp, logits := zero, zero, zero, graph.BroadcastToDims(graph.ReduceAllSum(zero), B, K)
		var z []*graph.Node
		spikeAt := func(t int) *graph.Node {
			if t < 0 {
				return zero
			}
			return z[t]
		}
		for t := range T {
			current := zero
			for d := range D {
				if t-d >= 0 {
					current = graph.Add(current, graph.Einsum("bc,cn->bn", row(x, t-d), row(in, d)))
				}
				current = graph.Add(current, graph.Einsum("bi,ij->bj", spikeAt(t-1-d), row(rec, d)))
			}
			current = graph.MulScalar(current, c.alpha1)
			a = graph.Add(graph.MulScalar(a, c.rho), graph.MulScalar(spikeAt(t-1), c.rho1))
			var u *graph.Node
			if lsnn {
				theta := graph.AddScalar(graph.Mul(beta, a), c.thr)
				u = graph.Div(graph.Sub(v, theta), theta)
				v = graph.Sub(graph.Add(graph.MulScalar(v, c.alpha), current), graph.Mul(theta, spikeAt(t-1)))
			} else {
				v = graph.Sub(graph.Add(graph.MulScalar(v, c.alpha), current), graph.MulScalar(spikeAt(t-1), c.thr))
				u = graph.DivScalar(graph.Sub(graph.AddScalar(v, -c.thr), graph.Mul(beta, a)), c.thr)
			}
			resting := graph.OnesLike(zero)
			for back := 1; back <= n.cfg.Cells.Refractory; back++ {
				resting = graph.Mul(resting, graph.OneMinus(graph.StopGradient(spikeAt(t-back))))
			}
			hard := graph.ConvertDType(graph.GreaterThan(u, graph.ZerosLike(u)), dtypes.Float64)
			// Its derivative by u is γ max(0, 1-|u|).
			near := graph.ClipScalar(u, -1, 1)
			soft := graph.MulScalar(graph.Sub(near, graph.MulScalar(graph.Mul(near, graph.Abs(near)), 0.5)), c.gamma)
			z = append(z, graph.Mul(resting, graph.Add(graph.StopGradient(graph.Sub(hard, soft)), soft)))
			psp = graph.Add(graph.MulScalar(psp, c.kappa), graph.MulScalar(z[t], c.kappa1))
			if t >= window.From {
				logits = graph.Add(logits, graph.Add(graph.Einsum("bn,nk->bk", psp, out), bias))
			}
		}
		logits = graph.DivScalar(logits, float64(window.To-window.From))
		odds := graph.ReduceSum(graph.Exp(logits), -1)
		loss := graph.DivScalar(graph.Sub(graph.ReduceAllSum(graph.Log(odds)), graph.ReduceAllSum(graph.Mul(logits, wanted))), float64(B))
		return append([]*graph.Node{loss}, graph.Gradient(loss, in, rec, out, bias)...)
	})
	must(t, err)
	defer exec.Finalize()
	results, err := exec.Call(
		tensors.FromFlatDataAndDimensions(in, D, C, N), tensors.FromFlatDataAndDimensions(rec, D, N, N), tensors.FromFlatDataAndDimensions(out, N, K),
		tensors.FromFlatDataAndDimensions(n.bias, 1, K), tensors.FromFlatDataAndDimensions(x, T, B, C), tensors.FromFlatDataAndDimensions(wanted, B, K),
		tensors.FromFlatDataAndDimensions(beta, 1, N),
	)
	must(t, err)
	for _, r := range results[1:] {
		grads = append(grads, slices.Clone(tensors.MustCopyFlatData[float64](r)))
	}
	return tensors.MustCopyFlatData[float64](results[0]), grads
}

// TestGraphControls checks what must change a gradient, and what must not.
func TestGraphControls(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		task := shortTask()
		c := short(MDGL)
		c.Learning.RateCost = 0
		n, err := newNetwork[float64](&c, task.Shape())
		must(t, err)
		trials, err := task.Draw(1, data.Training, 0, 6)
		must(t, err)
		g := openGraph(t, b, 1, n)
		gradient := func(rule Rule) []float64 {
			graphRun(t, g, n, trials, rule)
			return append(slices.Clone(n.sums.in), n.sums.rec...)
		}
		eprop, mdgl, cell := gradient(EProp), gradient(MDGL), gradient(MDGLCell)
		if d := relative(mdgl, eprop); !(d > 1e-3) {
			t.Fatalf("mdgl is as e-prop: distance %v", d)
		}

		// Without affinity nothing is heard, which is e-prop to the last bit.
		c.Learning.Affinity = "initial"
		kept := n.affinity
		n.affinity = make([]float64, 4)
		for _, rule := range []Rule{MDGL, OnMDGL} {
			if got := gradient(rule); !slices.Equal(got, eprop) {
				t.Errorf("%s without affinity is not e-prop: distance %v", rule, relative(got, eprop))
			}
		}
		n.affinity = kept
		if got := gradient(MDGL); !slices.Equal(got, mdgl) {
			t.Error("initial affinities are not those of the initial weights")
		}
		c.Learning.Affinity = "current"

		// Labels of cells matter to the rules that go by type, and to no others.
		rand.New(rand.NewPCG(3, 1)).Shuffle(len(n.types), func(i, j int) { n.types[i], n.types[j] = n.types[j], n.types[i] })
		if d := relative(gradient(MDGL), mdgl); !(d > 1e-3) {
			t.Errorf("mdgl with shuffled types changes by %v only", d)
		}
		if !slices.Equal(gradient(MDGLCell), cell) || !slices.Equal(gradient(EProp), eprop) {
			t.Error("rules that do not go by type change with shuffled types")
		}
	})
}

// TestGraphDescent makes updates with the graph engine. With the gradient of every rule
// the loss must fall, against it it must grow.
func TestGraphDescent(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		task := shortTask()
		var down, up []*request[float32]
		for _, list := range []*[]*request[float32]{&down, &up} {
			for _, rule := range Rules() {
				c := short(rule)
				c.Learning.RateCost, c.Learning.Rate, c.Wiring.L1 = 0, 0.003, 0
				n, err := newNetwork[float32](&c, task.Shape())
				must(t, err)
				*list = append(*list, &request[float32]{net: n, rule: rule})
			}
		}
		all := slices.Concat(down, up)
		g := openGraph(t, b, len(all), all[0].net)
		losses := make([][]float64, len(all))
		trials, err := task.Draw(1, data.Training, 0, 5)
		must(t, err)
		for range 15 {
			for _, q := range all {
				q.trials = trials
			}
			must(t, g.run(all))
			for i, q := range all {
				losses[i] = append(losses[i], q.score.loss)
				if i >= len(down) {
					for _, x := range [][]float32{q.net.sums.in, q.net.sums.rec, q.net.sums.out, q.net.sums.bias} {
						for k := range x {
							x[k] = -x[k]
						}
					}
				}
				_, err := q.net.learn()
				must(t, err)
			}
		}
		for i, q := range all {
			first, last := losses[i][0], losses[i][len(losses[i])-1]
			if want := i < len(down); (last < first-0.01) != want || (last > first+0.01) == want {
				t.Errorf("%s, request %d: loss %v", q.rule, i, losses[i])
			}
		}
	})
}
