package pal

import (
	"context"
	"fmt"
	"testing"
)

// configs returns the configurations of a parameter file in a golden file.
func (g *golden) configs(t *testing.T) []Config {
	t.Helper()
	task := TaskBackward
	if g.Task == "fw_bw" {
		task = TaskTeacher
	}
	all, err := parsePublished(g.Params, task)
	must(t, err)
	return all
}

// pipeline runs whole small experiments from their parameters alone.
func (g *golden) pipeline(t *testing.T) {
	cmp := newCompare(t)
	configs := g.configs(t)
	if len(configs) != len(g.Students) {
		t.Fatalf("%d seeds, want %d", len(configs), len(g.Students))
	}
	for i, want := range g.Students {
		c := configs[i]
		if c.Seed != want.Seed {
			t.Fatalf("seed %d, want %d", c.Seed, want.Seed)
		}
		if g.TeacherInit != nil {
			if got := c.teacherSeed(); got != g.TeacherSeed {
				t.Fatalf("teacher seed %d, want %d", got, g.TeacherSeed)
			}
			teacher, err := newTeacher(&c)
			must(t, err)
			g.TeacherInit.near(cmp, "of teacher", teacher)
		}
		set, err := Samples(context.Background(), c, nil)
		must(t, err)
		cmp.near("inputs", flat(set.Inputs), flat(g.InputsRaw), 0)
		cmp.near("targets", flat(set.Targets), flat(g.TargetsRaw), tolerance)
		s, err := newSession(&c, set)
		must(t, err)
		want.Init.near(cmp, "at start", s.net)
		want.run(cmp, s)
	}
	t.Log(cmp)
}

// run trains a student, following orders and noise.
func (want *student) run(cmp *compare, s *session) {
	t := cmp.t
	var draws []float64
	if normal := s.net.deviates; normal != nil {
		s.net.deviates = func() float64 {
			x := normal()
			draws = append(draws, x)
			return x
		}
	}
	for !s.Done {
		if s.Stage == stageTrain && s.Next == 0 && fmt.Sprint(s.Order) != fmt.Sprint(want.Order[s.Epoch]) {
			t.Fatalf("epoch %d: order %v, want %v", s.Epoch, s.Order, want.Order[s.Epoch])
		}
		must(t, s.sample(func() error { return nil }))
	}
	if len(want.Draws) > 0 {
		drawn := flat(want.Draws)
		cmp.near("draws", draws[:len(drawn)], drawn, 1e-15)
	}
	for i, xi := range want.XiLast {
		cmp.near("xi", s.net.pyr[i].noise, xi, tolerance)
	}
	want.Final.near(cmp, "at end", s.net)
}

// pipelineGraph runs the same with the graph engine, all students together.
func (g *golden) pipelineGraph(t *testing.T, o *Options) {
	results, err := TrainAll(context.Background(), g.configs(t), o)
	must(t, err)
	cmp := newCompare(t)
	for i, want := range g.Students {
		n, err := results[i].Network()
		must(t, err)
		want.Final.near(cmp, "at end", n.net)
	}
	t.Log(cmp)
}

// metrics runs a small experiment and compares angles and updates.
func (g *golden) metrics(t *testing.T, o *Options) {
	c := g.configs(t)[0]
	c.Record.Every, c.Record.Updates = g.RecPerSteps, true
	must(t, c.Validate())
	r, err := Train(context.Background(), c, o)
	must(t, err)
	cmp := newCompare(t)
	if len(r.Points) != len(g.AngleWT) {
		t.Fatalf("%d points, want %d", len(r.Points), len(g.AngleWT))
	}
	for i, p := range r.Points {
		for l, a := range p.Alignment {
			at := fmt.Sprintf("of point %d, level %d", i, l+1)
			cmp.near("angle "+at, []float64{a.Angle}, g.AngleWT[i][l:l+1], angleTolerance(g.AngleWT[i][l]))
			cmp.near("jacobian "+at, []float64{a.Jacobian}, g.AngleJ[i][l:l+1], angleTolerance(g.AngleJ[i][l]))
			cmp.near("theory "+at, []float64{a.Theory}, g.AngleRHS[i][l:l+1], angleTolerance(g.AngleRHS[i][l]))
		}
	}
	for i, row := range g.AngleUpdate {
		for l, want := range row {
			cmp.near(fmt.Sprintf("update of sample %d, level %d", i, l+1), r.Updates[i][l:l+1], row[l:l+1], angleTolerance(want))
		}
	}
	g.updates(cmp, &c)
	t.Log(cmp)
}

// updates compares the inputs, targets and weight changes of the first epoch of
// the comparison.
func (g *golden) updates(cmp *compare, c *Config) {
	t := cmp.t
	set, err := c.samples(context.Background(), nil)
	must(t, err)
	s, err := newSession(c, set)
	must(t, err)
	for s.Stage != stageCompare {
		must(t, s.sample(func() error { return nil }))
	}
	y, err := newComparison(context.Background(), s.net, set)
	must(t, err)
	y.begin(s.snapshots[0])
	last := c.StepsPerSample() - 1
	for k := range set.Inputs {
		cmp.near("input", y.inputs(k, 0), g.FirstRows[k], 0)
		cmp.near("target", y.targets(k, last), g.EndTargets[k], tolerance)
		y.sample(k, make([]float64, len(y.net.pyr)))
		for i, want := range g.DWBackprop[k] {
			var got []float64
			for _, e := range y.backprop.errors[i] {
				for _, r := range y.backprop.rates[i] {
					got = append(got, e*r)
				}
			}
			cmp.near(fmt.Sprintf("dW_bp of sample %d, level %d", k, i+1), got, flat(want), tolerance)
		}
		below := y.net.in
		for i, want := range g.DWMicro[k] {
			p, eta := y.net.pyr[i], c.Learning.Rates.Up[i]
			var got []float64
			for j, r := range p.rate {
				for _, pre := range below.rateLast {
					got = append(got, c.Circuit.Dt*eta*(r-y.basal[i][j])*pre)
				}
			}
			cmp.near(fmt.Sprintf("dW_micro of sample %d, level %d", k, i+1), got, flat(want), tolerance)
			below = p
		}
	}
}
