package pal

import (
	"fmt"
	"strconv"
	"testing"
)

// traceParams are the parameters of a trace; the other keys of a parameter file
// have no influence on it.
func (g *golden) traceConfig(t *testing.T) Config {
	t.Helper()
	var p published
	decode(t, g.Params, &p)
	p.Dtxi, p.InputSignal, p.NoiseType, p.NoiseMode, p.ModelType = p.Dt, "step", "OU", "const", g.Model
	p.Tpres, p.DatasetSize, p.Taur = float64(g.Hold)*p.Dt, 1, g.Taur
	p.PyrHiPass, p.DWPPLowPass, p.DWPPUseActivation, p.InitInSPS = true, true, true, true
	c, err := p.config(map[string]string{"fw_bw": TaskTeacher, "bw_only": TaskBackward}[g.Task])
	must(t, err)
	must(t, c.Validate())
	return c
}

// put sets a network to a golden state.
func (g *circuit) put(n *network) {
	for i, v := range g.UP {
		copy(n.pyr[i].v, v)
	}
	for i, v := range g.UI {
		copy(n.inters[i].v, v)
	}
	n.rest()
	for _, m := range []struct {
		list []*synapses
		w    [][][]float64
	}{{n.up, g.WPP}, {n.p2i, g.WIP}, {n.down, g.BPP}, {n.i2p, g.BPI}} {
		for k, s := range m.list {
			for j, row := range m.w[k] {
				for i, v := range row {
					s.w[s.at(i, j)] = v
				}
			}
		}
	}
}

// postPre returns m (w or d of s) as the golden files store it.
func postPre(s *synapses, m []float64) (all []float64) {
	for j := range s.post.n {
		for i := range s.pre.n {
			all = append(all, m[s.at(i, j)])
		}
	}
	return all
}

// near compares voltages and weights.
func (g *circuit) near(c *compare, at string, n *network) {
	c.t.Helper()
	for i, v := range g.UP {
		c.near("uP "+at, n.pyr[i].v, v, tolerance)
	}
	for i, v := range g.UI {
		c.near("uI "+at, n.inters[i].v, v, tolerance)
	}
	for _, m := range []struct {
		name string
		list []*synapses
		w    [][][]float64
	}{{"WPP", n.up, g.WPP}, {"WIP", n.p2i, g.WIP}, {"BPP", n.down, g.BPP}, {"BPI", n.i2p, g.BPI}} {
		for k, s := range m.list {
			c.near(fmt.Sprintf("%s %s of %d", m.name, at, k), postPre(s, s.w), flat(m.w[k]), tolerance)
		}
	}
}

// snapshot is the state after a step, in the original's names.
type snapshot struct {
	circuit
	UPBreve   [][]float64   `json:"uP_breve"`
	UIBreve   [][]float64   `json:"uI_breve"`
	RPBreve   [][]float64   `json:"rP_breve"`
	RIBreve   [][]float64   `json:"rI_breve"`
	VBas      [][]float64   `json:"vbas"`
	VDen      [][]float64   `json:"vden"`
	VApi      [][]float64   `json:"vapi"`
	VApiNoise [][]float64   `json:"vapi_noise"`
	Xi        [][]float64   `json:"xi"`
	RPHigh    [][]float64   `json:"rP_HI"`
	DWPPLow   [][][]float64 `json:"dWPP_LO"`
	Angle     []float64     `json:"angle_WPPT_BPP_deg"`
}

// goldenTrace is a trace ready to be replayed.
type goldenTrace struct {
	cfg             Config
	net             *network
	inputs, targets [][]float64 // by presentation, settling included
	snapshots       map[string]snapshot
	stream          []float64 // normal numbers that are left
}

func (g *golden) newTrace(t *testing.T) *goldenTrace {
	t.Helper()
	var init circuit
	var white [][][]float64
	r := &goldenTrace{cfg: g.traceConfig(t)}
	decode(t, g.Init, &init)
	decode(t, g.Inputs, &r.inputs)
	decode(t, g.Targets, &r.targets)
	decode(t, g.WhiteNoise, &white)
	decode(t, g.Snapshots, &r.snapshots)
	var err error
	r.net, err = newNetwork(&r.cfg, nil)
	must(t, err)
	init.put(r.net)
	for _, step := range white {
		r.stream = append(r.stream, flat(step)...)
	}
	if r.cfg.noisy() {
		r.net.deviates = func() (x float64) { x, r.stream = r.stream[0], r.stream[1:]; return x }
	}
	return r
}

func (g *golden) trace(t *testing.T) {
	r := g.newTrace(t)
	n, cmp, seen := r.net, newCompare(t), 0
	check := func(key string) {
		if s, ok := r.snapshots[key]; ok {
			seen++
			s.near(cmp, key, n, true)
		}
	}
	for k := range g.NPre + g.NTrain {
		if k == g.NPre {
			check("pre")
			n.setPhase(phase{Up: g.Task == "fw_bw", Lateral: true, Down: true})
		}
		if k >= g.NPre && g.Task == "fw_bw" {
			n.setTarget(r.targets[k/g.Hold])
		}
		n.step(r.inputs[k/g.Hold])
		check(strconv.Itoa(k - g.NPre + 1))
	}
	if seen != len(r.snapshots) || len(r.stream) != 0 {
		t.Fatalf("%d of %d snapshots compared, %d normal numbers left", seen, len(r.snapshots), len(r.stream))
	}
	t.Log(cmp)
}

// near compares a snapshot. The graph engine keeps no sum of apical voltage and
// noise.
func (s *snapshot) near(c *compare, at string, n *network, sums bool) {
	c.t.Helper()
	s.circuit.near(c, at, n)
	rows := func(name string, want [][]float64, got func(i int) []float64) {
		for i, w := range want {
			c.near(fmt.Sprintf("%s %s of %d", name, at, i), got(i), w, tolerance)
		}
	}
	rows("uP_breve", s.UPBreve, func(i int) []float64 { return n.pyr[i].u })
	rows("uI_breve", s.UIBreve, func(i int) []float64 { return n.inters[i].u })
	rows("rP_breve", s.RPBreve, func(i int) []float64 { return n.pyr[i].rate })
	rows("rI_breve", s.RIBreve, func(i int) []float64 { return n.inters[i].rate })
	rows("vbas", s.VBas, func(i int) []float64 { return n.pyr[i].basal })
	rows("vden", s.VDen, func(i int) []float64 { return n.inters[i].basal })
	rows("vapi", s.VApi, func(i int) []float64 { return n.pyr[i].apical })
	rows("xi", s.Xi, func(i int) []float64 { return n.pyr[i].noise })
	rows("rP_HI", s.RPHigh, func(i int) []float64 { return n.pyr[i].highpass })
	if n.phase.Down && sums {
		rows("vapi_noise", s.VApiNoise, func(i int) []float64 { return n.pyr[i].top })
	}
	for k, want := range s.DWPPLow {
		if n.phase.Up {
			c.near(fmt.Sprintf("dWPP_LO %s of %d", at, k), postPre(n.up[k], n.up[k].d), flat(want), tolerance)
		}
	}
	for l, a := range n.alignments() {
		c.near("angle "+at, []float64{a.Angle}, s.Angle[l:l+1], angleTolerance(s.Angle[l]))
	}
}
