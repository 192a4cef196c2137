package dendritic

import (
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/config"
)

// A rule that reads delta without an equation for it is refused before any run.
func TestRuleWithoutDelta(t *testing.T) {
	c := YinYang(PAL)
	c.Learning.Rules.Down = Rule{Weight: "delta - alpha*w"}
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "delta") {
		t.Errorf("Validate: %v, want an error about delta", err)
	}
}

// The two equations of a rule can be set one by one, under their names in YAML.
func TestSetEquations(t *testing.T) {
	c := YinYang(PAL)
	if err := config.Set(&c, "learning.rules.up.delta=-delta/tau", "learning.rules.up.w=delta"); err != nil {
		t.Fatal(err)
	}
	if want := (Rule{Weight: "delta", Delta: "-delta/tau"}); c.Learning.Rules.Up != want {
		t.Errorf("rule is %+v, want %+v", c.Learning.Rules.Up, want)
	}
}
