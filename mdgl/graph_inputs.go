package mdgl

import (
	"github.com/gomlx/gomlx/core/tensors"
)

// forward holds what a simulation reads, on the host as tensors and in the program
// as nodes: n chunks of L steps, R runs, B trials, C channels, N neurons, K outputs,
// D delays.
type forward[T any] struct {
	x      T // [n, L, R, B, C] inputs
	in     T // [R, C, D N] input weights times 1-α, by delay
	rec    T // [R, D N, N] recurrent weights times 1-α, by delay
	out    T // [R, N, K]
	bias   T // [R, 1, K]
	cells  T // [constants, R, 1, N]
	noise  T // [n, L, R, B, N] noise currents times 1-α; a scalar if there are none
	filter T // [R, L, L]
	before T // [L, R, 1, 1] κ^(i+1)
}

func (f *forward[T]) all() []*T {
	return []*T{&f.x, &f.in, &f.rec, &f.out, &f.bias, &f.cells, &f.noise, &f.filter, &f.before}
}

// backward holds what a gradient needs besides.
type backward[T any] struct {
	from, to, label T // int32 [R, B, decisions]; scalars if there are targets
	share           T // float64 [R, B, decisions] weight of a decision's step; [1, 1, 1, 1] of a target's
	target          T // float64 [n L, R, B, K]; a scalar if there are decisions
	cost            T // float64 [2, R, 1] derivative of the rate cost, and rate_target
	feedback        T // [R, N, K]
	omega           T // [R, N, D N] gain from what others secrete, by delay
	through         T // [R, D N, N] gain from the adjoint voltage of others (BPTT), by delay
	rateSecreted    T // [1, R, 1, 1] 1: neurons secrete the derivative of the rate cost
	direct          T // [1, R, 1, 1] 1: what is secreted arrives as it is
	online          T // [1, R, 1, 1] 1: it is filtered (OnMDGL)
	behind          T // [L, R, 1, 1] κ^(L-i)
}

func (b *backward[T]) all() []*T {
	return []*T{
		&b.from, &b.to, &b.label, &b.share, &b.target, &b.cost, &b.feedback, &b.omega, &b.through,
		&b.rateSecreted, &b.direct, &b.online, &b.behind,
	}
}

// Constants of a cell, in the order of forward.cells.
const (
	cellAlpha = iota
	cellRho
	cellRho1
	cellThreshold
	cellScale // 1/ϑ
	cellGamma
	cellReset // (1-ρ) γ/ϑ
	cellBeta  // 0 for regular neurons
	cellRefractory
	cellConstants
)

func (g *graphBatch[F]) forwardInputs(v variant, all []*request[F]) (f forward[*tensors.Tensor]) {
	l, R, B := &g.layout, g.runs, len(all[0].trials)
	C, N, K, L, wide := l.channels, l.neurons, l.outputs, l.chunk, l.delays*l.neurons
	g.x = grow(g.x, l.chunks*L*R*B*C)
	clear(g.x)
	in, rec := make([]F, R*C*wide), make([]F, R*wide*N)
	out, bias := make([]F, R*N*K), make([]F, R*K)
	cells := make([]F, cellConstants*R*N)
	filter, before := make([]F, R*L*L), make([]F, L*R)
	for r, q := range all {
		n, c := q.net, &q.net.c
		for b := range q.trials {
			for _, e := range q.trials[b].Events {
				g.x[((int(e.Step)*R+r)*B+b)*C+int(e.Channel)] += F(e.Value)
			}
		}
		for k, at := range n.in.target {
			in[(r*C+int(n.in.row[k]))*wide+int(at)] = n.inDrive[k]
		}
		for k, at := range n.rec.target {
			d, j := int(at)/N, int(at)%N
			rec[(r*wide+d*N+int(n.rec.row[k]))*N+j] = n.recDrive[k]
		}
		for k, j := range n.out.col {
			out[(r*N+int(n.out.row[k]))*K+int(j)] = n.out.w[k]
		}
		copy(bias[r*K:], n.bias)
		for j := range N {
			own := &n.own
			for i, x := range [cellConstants]F{
				own.alpha[j], own.rho[j], own.rho1[j], c.thr, c.invThr, c.gamma, own.rho1[j] * c.slope, own.beta[j], F(n.cfg.Cells.Refractory),
			} {
				cells[(i*R+r)*N+j] = x
			}
		}
		inside, fade, _ := l.filters(n.cfg.Cells.ReadoutTau)
		for i, x := range inside {
			filter[r*L*L+i] = F(x)
		}
		for i, x := range fade {
			before[i*R+r] = F(x)
		}
	}
	f.x = tensors.FromFlatDataAndDimensions(g.x, l.chunks, L, R, B, C)
	f.in = tensors.FromFlatDataAndDimensions(in, R, C, wide)
	f.rec = tensors.FromFlatDataAndDimensions(rec, R, wide, N)
	f.out = tensors.FromFlatDataAndDimensions(out, R, N, K)
	f.bias = tensors.FromFlatDataAndDimensions(bias, R, 1, K)
	f.cells = tensors.FromFlatDataAndDimensions(cells, cellConstants, R, 1, N)
	f.noise = g.drawNoise(v, all)
	f.filter = tensors.FromFlatDataAndDimensions(filter, R, L, L)
	f.before = tensors.FromFlatDataAndDimensions(before, L, R, 1, 1)
	return f
}

// drawNoise draws the noise that the native engine draws.
func (g *graphBatch[F]) drawNoise(v variant, all []*request[F]) *tensors.Tensor {
	if !v.noisy {
		return tensors.FromScalar(F(0))
	}
	l, R, B := &g.layout, g.runs, v.trials
	N := l.neurons
	g.noise = grow(g.noise, l.chunks*l.chunk*R*B*N)
	clear(g.noise)
	for r, q := range all {
		for b := range q.trials {
			if rng := q.net.noiseOf(b); rng != nil {
				for t := range l.steps {
					at := ((t*R+r)*B + b) * N
					q.net.addNoise(rng, g.noise[at:at+N])
				}
			}
		}
	}
	return tensors.FromFlatDataAndDimensions(g.noise, l.chunks, l.chunk, R, B, N)
}

func (g *graphBatch[F]) backwardInputs(v variant, all []*request[F]) (f backward[*tensors.Tensor]) {
	l, R, B := &g.layout, g.runs, v.trials
	N, K, wide := l.neurons, l.outputs, l.delays*l.neurons
	g.answers(v, all, &f)
	cost, feedback := make([]float64, 2*R), make([]F, R*N*K)
	omega, through := make([]F, R*N*wide), make([]F, R*wide*N)
	rateSecreted, direct, online := make([]F, R), make([]F, R), make([]F, R)
	behind := make([]F, l.chunk*R)
	for r, q := range all {
		n, p, learning := q.net, &q.net.plan, &q.net.cfg.Learning
		n.makePlan(q.rule, B)
		cost[r], cost[R+r] = 2*learning.RateCost, learning.RateTarget/1000
		for i, j := range p.heard {
			copy(feedback[(r*N+int(j))*K:], p.weights[i*K:(i+1)*K])
		}
		switch q.rule {
		case EProp:
		case BPTT:
			n.eachGain(func(i, d, j int, gain F) { through[(r*wide+d*N+j)*N+i] += gain })
		default:
			n.eachGain(func(i, d, j int, gain F) { omega[(r*N+i)*wide+d*N+j] += gain })
			if q.rule == OnMDGL {
				online[r] = 1
			} else {
				direct[r] = 1
			}
		}
		if n.modulatesRate(q.rule) {
			rateSecreted[r] = 1
		}
		_, _, fade := l.filters(n.cfg.Cells.ReadoutTau)
		for i, x := range fade {
			behind[i*R+r] = F(x)
		}
	}
	f.cost = tensors.FromFlatDataAndDimensions(cost, 2, R, 1)
	f.feedback = tensors.FromFlatDataAndDimensions(feedback, R, N, K)
	f.omega = tensors.FromFlatDataAndDimensions(omega, R, N, wide)
	f.through = tensors.FromFlatDataAndDimensions(through, R, wide, N)
	f.rateSecreted = tensors.FromFlatDataAndDimensions(rateSecreted, 1, R, 1, 1)
	f.direct = tensors.FromFlatDataAndDimensions(direct, 1, R, 1, 1)
	f.online = tensors.FromFlatDataAndDimensions(online, 1, R, 1, 1)
	f.behind = tensors.FromFlatDataAndDimensions(behind, l.chunk, R, 1, 1)
	return f
}

// eachGain calls f for every entry of the matrix Ω of the plan: from neuron i to neuron j
// with extra delay d.
func (n *network[F]) eachGain(f func(i, d, j int, gain F)) {
	p := &n.plan
	for i := range n.neurons {
		if p.rule == NLMDGL {
			for j := range n.neurons {
				f(i, 0, j, p.types[n.pair(int32(i), int32(j))])
			}
			continue
		}
		for k := p.start[i]; k < p.start[i+1]; k++ {
			f(i, int(p.target[k])/n.neurons, int(p.target[k])%n.neurons, p.gain[k])
		}
	}
}

// answers fills the part of the inputs that says what the readout should be.
func (g *graphBatch[F]) answers(v variant, all []*request[F], f *backward[*tensors.Tensor]) {
	l, R, B, D := &g.layout, g.runs, v.trials, v.decisions
	if D == 0 {
		none := func() *tensors.Tensor { return tensors.FromScalar(int32(0)) }
		f.from, f.to, f.label = none(), none(), none()
		f.share = tensors.FromFlatDataAndDimensions([]float64{2 / float64(l.steps*B)}, 1, 1, 1, 1)
		K := l.outputs
		target := make([]float64, l.chunks*l.chunk*R*B*K)
		for r, q := range all {
			for b := range q.trials {
				for t := range l.steps {
					copy(target[((t*R+r)*B+b)*K:], q.trials[b].Target[t*K:(t+1)*K])
				}
			}
		}
		f.target = tensors.FromFlatDataAndDimensions(target, l.chunks*l.chunk, R, B, K)
		return
	}
	from, to, label, share := make([]int32, R*B*D), make([]int32, R*B*D), make([]int32, R*B*D), make([]float64, R*B*D)
	for r, q := range all {
		decisions := 0
		for b := range q.trials {
			decisions += len(q.trials[b].Decisions)
		}
		for b := range q.trials {
			for i, d := range q.trials[b].Decisions {
				at := (r*B+b)*D + i
				from[at], to[at], label[at] = int32(d.From), int32(d.To), int32(d.Label)
				share[at] = 1 / (float64(decisions) * float64(d.To-d.From))
			}
		}
	}
	f.from = tensors.FromFlatDataAndDimensions(from, R, B, D)
	f.to = tensors.FromFlatDataAndDimensions(to, R, B, D)
	f.label = tensors.FromFlatDataAndDimensions(label, R, B, D)
	f.share = tensors.FromFlatDataAndDimensions(share, R, B, D)
	f.target = tensors.FromScalar(0.0)
}
