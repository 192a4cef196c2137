package pal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// TestForms writes the published rules in a way that cannot be split into
// factors, and finds the same numbers row by row.
func TestForms(t *testing.T) {
	fast := small(TaskTeacher)
	slow := fast
	published := PublishedRules()
	whole := func(r Rule) Rule {
		wrap := func(text string) string { return "max(" + text + ", -1e300)" }
		if r.Delta != "" {
			r.Delta = wrap(r.Delta)
		}
		return Rule{Weight: wrap(r.Weight), Delta: r.Delta}
	}
	slow.Learning.Rules = Rules{Up: whole(published.Up), P2I: whole(published.P2I), I2P: whole(published.I2P), Down: whole(published.Down)}
	var nets [2]*network
	for i, c := range []*Config{&fast, &slow} {
		n, err := newNetwork(c, mt19937.New(3))
		must(t, err)
		n.initialize(3, c.Initial.Weights, true)
		n.setPhase(phase{true, true, true})
		for k := range 200 {
			n.setTarget([]float64{float64(k % 3), 1})
			n.step([]float64{0.1, float64(k % 2), 0.7})
		}
		nets[i] = n
	}
	for i, s := range nets[1].synapses {
		want := map[string]form{groupUp: lowPass, groupP2I: hebb, groupI2P: hebb, groupDown: hebb}[s.group]
		if got := nets[0].synapses[i].rule.form; got != want || s.rule.form != byRows {
			t.Errorf("%s: forms %d and %d, want %d and %d", s.file, got, s.rule.form, want, byRows)
		}
	}
	cmp := newCompare(t)
	for i, s := range nets[0].synapses {
		cmp.near(fmt.Sprintf("w %s", s.file), s.w, nets[1].synapses[i].w, 1e-13)
		cmp.near(fmt.Sprintf("delta %s", s.file), s.d, nets[1].synapses[i].d, 1e-13)
	}
	t.Log(cmp)
}

// TestScopes parses a rule over every quantity of a group, and compiles it.
func TestScopes(t *testing.T) {
	for _, group := range []string{groupUp, groupP2I, groupI2P, groupDown} {
		scope, err := RuleScope(group)
		must(t, err)
		c := small(TaskTeacher)
		c.Record.Variables = nil
		var names []string
		for _, q := range scope {
			names = append(names, q.Name)
		}
		rule := Rule{Weight: "1e-9*(" + strings.Join(names, " + ") + ")", Delta: "-delta"}
		switch group {
		case groupUp:
			c.Learning.Rules.Up = rule
		case groupP2I:
			c.Learning.Rules.P2I = rule
		case groupI2P:
			c.Learning.Rules.I2P = rule
		case groupDown:
			c.Learning.Rules.Down = rule
		}
		n, err := Build(c)
		must(t, err)
		before := fmt.Sprint(n.net.find(1, map[string]string{groupUp: "ff", groupDown: "fb"}[group]))
		must(t, n.Present([]float64{1, 2, 3}, []float64{1, 2}, true, nil))
		if before == fmt.Sprint(n.net.find(1, map[string]string{groupUp: "ff", groupDown: "fb"}[group])) && (group == groupUp || group == groupDown) {
			t.Errorf("%s: the rule changes nothing", group)
		}
	}
	if _, err := RuleScope("sideways"); err == nil {
		t.Error("no error for an unknown group")
	}
}
