package pal

import (
	"fmt"
	"math"
	"testing"

	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// oracle is the model of docs/models/pal.md written down a second time, one
// matrix product after the other, with the options that the golden files do not
// cover. Matrices are [post][pre].
type oracle struct {
	c                      *Config
	u, v, uLast, vLast     [][]float64
	r, rI, vBas, vDen, vAp [][]float64
	xi, hp, lowR, lowE     [][]float64
	w, i, b, p, d          [][][]float64
	r0, low0               []float64
	normal                 func() float64
}

func zeros(like [][]float64) (all [][]float64) {
	for _, x := range like {
		all = append(all, make([]float64, len(x)))
	}
	return all
}

func clone(x [][]float64) (all [][]float64) {
	for _, row := range x {
		all = append(all, append([]float64(nil), row...))
	}
	return all
}

func matrix(s *synapses) (m [][]float64) {
	for j := range s.post.n {
		row := make([]float64, s.pre.n)
		for i := range row {
			row[i] = s.w[s.at(i, j)]
		}
		m = append(m, row)
	}
	return m
}

// newOracle starts in the state of a network.
func newOracle(n *network, rng *mt19937.Source) *oracle {
	o := &oracle{c: n.cfg, r0: make([]float64, n.in.n), low0: make([]float64, n.in.n), normal: rng.Normal}
	for _, p := range n.pyr {
		o.u, o.r = append(o.u, append([]float64(nil), p.v...)), append(o.r, append([]float64(nil), p.rate...))
	}
	for _, p := range n.inters {
		o.v, o.rI = append(o.v, append([]float64(nil), p.v...)), append(o.rI, append([]float64(nil), p.rate...))
	}
	o.uLast, o.vLast, o.vBas, o.vDen = clone(o.u), clone(o.v), zeros(o.u), zeros(o.v)
	o.vAp, o.xi, o.hp = zeros(o.u[:len(o.v)]), zeros(o.u[:len(o.v)]), clone(o.r)
	if o.c.Corrections.HighpassRest {
		o.hp = zeros(o.r)
	}
	o.lowR, o.lowE = zeros(o.r), zeros(o.r)
	for _, s := range n.up {
		o.w, o.d = append(o.w, matrix(s)), append(o.d, zeros(matrix(s)))
	}
	for h := range n.inters {
		o.i, o.b, o.p = append(o.i, matrix(n.p2i[h])), append(o.b, matrix(n.down[h])), append(o.p, matrix(n.i2p[h]))
	}
	return o
}

func times(m [][]float64, x []float64) []float64 {
	y := make([]float64, len(m))
	for j, row := range m {
		for i, w := range row {
			y[j] += w * x[i]
		}
	}
	return y
}

func phi(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = 1 / (1 + math.Exp(-v))
	}
	return y
}

func slopeOf(u float64) float64 { r := 1 / (1 + math.Exp(-u)); return r * (1 - r) }

// rules say how the oracle changes weights.
type oracleRules struct {
	voltage, lowPre, lowError, noHighpass, gate, slopes bool
}

func (o *oracle) step(x, y []float64, rule oracleRules) {
	c, g := o.c, o.c.Circuit.Conductances
	dt, top := c.Circuit.Dt, len(o.u)-1
	total := g.Leak + g.Basal + g.Apical
	rLast, rILast, r0Last := o.r, o.rI, o.r0
	basLast, denLast, apLast := o.vBas, o.vDen, o.vAp
	look := func(v, last []float64, tau float64) []float64 {
		u := make([]float64, len(v))
		for i := range u {
			u[i] = last[i] + c.Circuit.Prospectivity*tau*(v[i]-last[i])/dt
		}
		return u
	}
	var uBreve, vBreve, r, rI [][]float64
	for i := range o.u {
		tau := 1 / total
		if i == top {
			tau = 1 / (g.Leak + g.Basal + g.Target)
		}
		uBreve = append(uBreve, look(o.u[i], o.uLast[i], tau))
		r = append(r, phi(uBreve[i]))
	}
	for h := range o.v {
		vBreve = append(vBreve, look(o.v[h], o.vLast[h], 1/(g.Leak+g.Dendrite+g.Soma)))
		rI = append(rI, phi(vBreve[h]))
	}
	o.uLast, o.vLast, o.r, o.rI, o.r0 = clone(o.u), clone(o.v), r, rI, x
	o.vBas, o.vDen, o.vAp = nil, nil, nil
	o.vBas = append(o.vBas, times(o.w[0], x))
	for i := 1; i <= top; i++ {
		o.vBas = append(o.vBas, times(o.w[i], r[i-1]))
	}
	xiLast := clone(o.xi)
	for h := range o.v {
		den := times(o.i[h], r[h])
		if c.Circuit.DendriteTau > 0 {
			for j := range den {
				den[j] = denLast[h][j] + dt/c.Circuit.DendriteTau*(den[j]-denLast[h][j])
			}
		}
		ap, more := times(o.b[h], r[h+1]), times(o.p[h], rI[h])
		for j := range ap {
			ap[j] += more[j]
		}
		o.vDen, o.vAp = append(o.vDen, den), append(o.vAp, ap)
	}
	for h := range o.v {
		noise := c.Circuit.Noise
		for j := range o.xi[h] {
			w := noise.Amplitude[h] * o.normal() * map[string]float64{
				"constant": 1, "voltage": math.Abs(o.u[h][j]), "prospective": math.Abs(uBreve[h][j]), "apical": math.Abs(o.vAp[h][j]),
			}[noise.Scale]
			if noise.White {
				o.xi[h][j] = w
			} else {
				o.xi[h][j] += (math.Sqrt(dt*noise.Tau)*w - dt*o.xi[h][j]) / noise.Tau
			}
		}
	}
	if c.Corrections.NoiseLag {
		xiLast = o.xi
	}
	for h := range o.v {
		for j := range o.v[h] {
			o.v[h][j] += dt * (g.Dendrite*o.vDen[h][j] + g.Soma*uBreve[h+1][j] - o.v[h][j]*(g.Leak+g.Dendrite+g.Soma))
		}
		for j := range o.u[h] {
			o.u[h][j] += dt * (g.Basal*o.vBas[h][j] + g.Apical*(o.vAp[h][j]+xiLast[h][j]) - o.u[h][j]*total)
		}
	}
	free, taught := 1/(g.Leak+g.Basal), 1/(g.Leak+g.Basal+g.Target)
	for j, u := range o.u[top] {
		switch {
		case y != nil:
			o.u[top][j] += dt * (g.Basal*o.vBas[top][j] + g.Target*y[j] - u/taught)
		case c.Corrections.FreeOutput:
			o.u[top][j] += dt * (g.Basal*o.vBas[top][j] - u/free)
		default:
			o.u[top][j] += dt * (free*g.Basal*o.vBas[top][j] - u) / taught
		}
	}
	o.learn(rule, uBreve, rLast, rILast, r0Last, basLast, denLast, apLast)
	for i := range o.hp {
		for j := range o.hp[i] {
			o.hp[i][j] += o.r[i][j] - rLast[i][j] - dt/c.Circuit.HighpassTau*o.hp[i][j]
		}
	}
}

func (o *oracle) learn(rule oracleRules, uBreve, rLast, rILast [][]float64, r0Last []float64, basLast, denLast, apLast [][]float64) {
	c, g := o.c, o.c.Circuit.Conductances
	dt, top, rates, f := c.Circuit.Dt, len(o.u)-1, c.Learning.Rates, c.Circuit.Dt/c.Learning.Tau
	filter := func(state, x []float64) []float64 {
		for i := range state {
			state[i] += f * (x[i] - state[i])
		}
		return state
	}
	for i := range o.w {
		k := g.Basal / (g.Leak + g.Basal + g.Apical)
		if i == top {
			k = g.Basal / (g.Leak + g.Basal)
		}
		pre := r0Last
		if i > 0 {
			pre = rLast[i-1]
		}
		if rule.lowPre {
			state := o.low0
			if i > 0 {
				state = o.lowR[i-1]
			}
			pre = filter(state, pre)
		}
		post := make([]float64, len(o.u[i]))
		for j := range post {
			post[j] = o.r[i][j] - 1/(1+math.Exp(-k*basLast[i][j]))
			if rule.voltage {
				post[j] = uBreve[i][j] - k*basLast[i][j]
			}
		}
		if rule.lowError {
			post = filter(o.lowE[i], post)
		}
		for j := range post {
			for l := range pre {
				o.d[i][j][l] += f * (dt*rates.Up[i]*post[j]*pre[l] - o.d[i][j][l])
				o.w[i][j][l] += o.d[i][j][l]
			}
		}
	}
	for h := range o.b {
		for j := range o.i[h] {
			for l := range o.i[h][j] {
				o.i[h][j][l] += dt * rates.P2I[h] * (o.rI[h][j] - 1/(1+math.Exp(-g.Dendrite/(g.Leak+g.Dendrite)*denLast[h][j]))) * rLast[h][l]
			}
		}
		for j := range o.b[h] {
			for l := range o.b[h][j] {
				rate := o.hp[h+1][l]
				if rule.noHighpass {
					rate = o.r[h+1][l]
				}
				decay := entry(c.Learning.Alpha, h) * o.b[h][j][l]
				if rule.gate && rate <= 0 {
					decay = 0
				}
				if rule.slopes {
					decay *= slopeOf(uBreve[h][j]) * slopeOf(uBreve[h+1][l])
				}
				o.p[h][j][l] -= dt * rates.I2P[h] * apLast[h][j] * rILast[h][l]
				o.b[h][j][l] += dt * rates.Down[h] * (o.xi[h][j]*rate - decay)
			}
		}
	}
}

// TestOptions compares options that the golden files do not cover with the
// oracle, over 300 steps in which everything learns.
func TestOptions(t *testing.T) {
	file := publishedFile(map[string]any{"layers": []int{3, 5, 4, 2}, "noise_scale": []float64{0.3, 0.2}, "alpha": []float64{0.5, 0.3}, "tauLO": 0.5,
		"eta_fw": []float64{5, 4, 3}, "eta_bw": []float64{50, 40}, "eta_IP": []float64{5, 3}, "eta_PI": []float64{5, 2}})
	for _, test := range []struct {
		name   string
		option map[string]any
		rule   oracleRules
		more   Corrections
		free   bool
	}{
		{name: "none"},
		{name: "no target", free: true},
		{name: "instantaneous", option: map[string]any{"taur": 0.4}},
		{name: "white noise", option: map[string]any{"noise_type": "hold_white_noise"}},
		{name: "noise by voltage", option: map[string]any{"noise_mode": "uP"}},
		{name: "noise by prospective voltage", option: map[string]any{"noise_mode": "uP_breve"}},
		{name: "noise by apical voltage", option: map[string]any{"noise_mode": "vapi"}},
		{name: "low-passed dendrite", option: map[string]any{"inter_low_pass": true}},
		{name: "no high-pass", option: map[string]any{"pyr_hi_pass": false}, rule: oracleRules{noHighpass: true}},
		{name: "low-passed pre", option: map[string]any{"dWPP_r_low_pass": true}, rule: oracleRules{lowPre: true}},
		{name: "low-passed error", option: map[string]any{"dWPP_post_low_pass": true}, rule: oracleRules{lowError: true}},
		{name: "error of voltages", option: map[string]any{"dWPP_use_activation": false}, rule: oracleRules{voltage: true}},
		{name: "gated decay", option: map[string]any{"gate_regularizer": true}, rule: oracleRules{gate: true}},
		{name: "decay by slopes", option: map[string]any{"varphi_regularizer": true}, rule: oracleRules{slopes: true}},
		{name: "corrected output", free: true, more: Corrections{FreeOutput: true}},
		{name: "corrected noise", more: Corrections{NoiseLag: true}},
		{name: "corrected high-pass", more: Corrections{HighpassRest: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			all, err := parsePublished(file(test.option), TaskTeacher)
			must(t, err)
			c := all[0]
			c.Corrections = test.more
			n, err := newNetwork(&c, mt19937.New(5))
			must(t, err)
			n.initialize(c.Seed, c.Initial.Weights, true)
			o := newOracle(n, mt19937.New(5))
			n.setPhase(phase{Up: true, Lateral: true, Down: true})
			rng := mt19937.New(7)
			var x, y []float64
			for k := range 300 {
				if k%20 == 0 {
					x = []float64{rng.Float64(), rng.Float64(), rng.Float64()}
					y = []float64{3 * rng.Float64(), -3 * rng.Float64()}
					if test.free {
						y = nil
					}
					n.setTarget(y)
				}
				n.step(x)
				o.step(x, y, test.rule)
			}
			cmp := newCompare(t)
			for i := range n.up {
				cmp.near(fmt.Sprintf("u %d", i), n.pyr[i].v, o.u[i], 1e-12)
				cmp.near(fmt.Sprintf("up %d", i), postPre(n.up[i], n.up[i].w), flat(o.w[i]), 1e-12)
			}
			for h := range n.down {
				cmp.near(fmt.Sprintf("v %d", h), n.inters[h].v, o.v[h], 1e-12)
				cmp.near(fmt.Sprintf("xi %d", h), n.pyr[h].noise, o.xi[h], 1e-12)
				cmp.near(fmt.Sprintf("down %d", h), postPre(n.down[h], n.down[h].w), flat(o.b[h]), 1e-12)
				cmp.near(fmt.Sprintf("p2i %d", h), postPre(n.p2i[h], n.p2i[h].w), flat(o.i[h]), 1e-12)
				cmp.near(fmt.Sprintf("i2p %d", h), postPre(n.i2p[h], n.i2p[h].w), flat(o.p[h]), 1e-12)
			}
			t.Log(cmp)
			plain := newNetworkAfter(t, file(nil), c.Corrections, test.free)
			if test.name != "none" && test.name != "no target" && equalWeights(n, plain) && test.more == (Corrections{}) {
				t.Error("the option changes nothing")
			}
		})
	}
}

func equalWeights(a, b *network) bool {
	return fmt.Sprint(a.snapshot()) == fmt.Sprint(b.snapshot())
}

// newNetworkAfter runs 300 steps without options.
func newNetworkAfter(t *testing.T, text []byte, more Corrections, free bool) *network {
	all, err := parsePublished(text, TaskTeacher)
	must(t, err)
	c := all[0]
	c.Corrections = more
	n, err := newNetwork(&c, mt19937.New(5))
	must(t, err)
	n.initialize(c.Seed, c.Initial.Weights, true)
	n.setPhase(phase{Up: true, Lateral: true, Down: true})
	rng := mt19937.New(7)
	var x []float64
	for k := range 300 {
		if k%20 == 0 {
			x = []float64{rng.Float64(), rng.Float64(), rng.Float64()}
			y := []float64{3 * rng.Float64(), -3 * rng.Float64()}
			if !free {
				n.setTarget(y)
			}
		}
		n.step(x)
	}
	return n
}
