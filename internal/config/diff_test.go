package config_test

import (
	"math"
	"slices"
	"testing"

	"github.com/neurocredit/neurocredit/internal/config"
)

func TestDiff(t *testing.T) {
	for _, test := range []struct {
		change func(*Model)
		want   []string
	}{
		{func(*Model) {}, nil},
		{func(m *Model) { m.Dt = 0.2 }, []string{"dt: 0.1 → 0.2"}},
		{func(m *Model) { m.Threads, m.Seed = 2, 43 }, []string{"seed: 42 → 43", "threads: 1 → 2"}},
		{func(m *Model) { m.Note = "1.0" }, []string{`note: "" → "1.0"`}},
		{func(m *Model) { m.Limit /= 60 }, []string{"limit: 1h0m0s → 1m0s"}},
		{func(m *Model) { m.Stop = nil }, []string{"stop: 500.0 → null"}},
		{func(m *Model) { x := 500.0; m.Stop = &x }, nil},
		{func(m *Model) { x := 2.0; m.Stop = &x }, []string{"stop: 500.0 → 2.0"}},
		{func(m *Model) { m.Noise = &Noise{1, 2} }, []string{"noise: null → {std: 1.0, tau: 2.0}"}},
		{func(m *Model) { m.Levels = []int{2, 31, 3} }, []string{"levels[1]: 30 → 31"}},
		{func(m *Model) { m.Levels = []int{2, 3} }, []string{"levels: [2, 30, 3] → [2, 3]"}},
		{func(m *Model) { m.Record[0].Every = 1 }, []string{"record[0].every: 20 → 1"}},
		{func(m *Model) { m.Record = nil }, []string{"record: [{population: pyramidal, every: 20}] → []"}},
		{func(m *Model) { m.Bias = map[string]float64{"a b": 1} }, []string{`bias["a b"]: (none) → 1.0`, "bias.inter: 1.0 → (none)"}},
		{func(m *Model) { m.Groups = map[string]Recording{} }, nil},
		{func(m *Model) { m.Init.Hi = 2 }, []string{"init: [-1.0, 1.0] → [-1.0, 2.0]"}},
		{func(m *Model) { m.Span[0] = math.Copysign(0, -1) }, []string{"span[0]: 0.0 → -0.0"}},
		{func(m *Model) { m.Hidden = func() {} }, nil},
	} {
		m := Default()
		test.change(m)
		if got := config.Diff(Default(), *m); !slices.Equal(got, test.want) {
			t.Errorf("got %q, want %q", got, test.want)
		}
		if got := config.Equal(Default(), m); got != (test.want == nil) {
			t.Errorf("Equal is %v, but the changes are %q", got, test.want)
		}
	}
	a := struct{ X float64 }{math.NaN()}
	if !config.Equal(a, a) {
		t.Error("NaN differs from NaN")
	}
}
