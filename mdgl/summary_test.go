package mdgl

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"
)

func TestSummary(t *testing.T) {
	c := short(MDGL)
	c.Name, c.Validation.Tests = "a", 1
	a := train(t, context.Background(), c, &Options{})
	c.Name, c.Seed = "b", 2
	b := train(t, context.Background(), c, &Options{})
	var text bytes.Buffer
	must(t, WriteSummary(&text, []*Result{a, b}, 1, "made by a test\nsecond line"))
	got, err := ReadSummary(strings.NewReader(text.String()))
	must(t, err)
	if len(got) != 2 || got[1].Config.Name != "b" || got[1].Config.Seed != 2 || got[0].Test == nil {
		t.Fatalf("read %d runs: %+v", len(got), got)
	}
	for i, r := range []*Result{a, b} {
		want, have := format(r), format(got[i])
		for k, x := range want {
			if math.Abs(have[k]-x) > 1e-5*math.Abs(x) {
				t.Errorf("run %d, value %d: %v, want %v", i, k, have[k], x)
			}
		}
	}
	text.Reset()
	must(t, WriteSummary(&text, []*Result{a}, 3, "note"))
	if few, err := ReadSummary(&text); err != nil || len(few[0].Points) != 2 || few[0].Last().Iteration != 6 {
		t.Errorf("every third validation: %v, %v", few, err)
	}
	if _, err := ReadSummary(strings.NewReader("run,seed\n")); err == nil {
		t.Error("a table of other columns was accepted")
	}
}
