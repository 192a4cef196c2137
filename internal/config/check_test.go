package config_test

import (
	"math"
	"testing"

	"github.com/neurocredit/neurocredit/internal/config"
)

func TestCheck(t *testing.T) {
	if err := config.Check(Default()); err != nil {
		t.Fatal(err)
	}
	if err := config.Check(*Default()); err != nil {
		t.Fatal(err)
	}
	m := Default()
	m.Dt, m.Decay, m.Limit = 0, 1, -1
	m.Levels = []int{1, -2}
	m.Stop = new(float64)
	*m.Stop = math.NaN()
	m.Rates.Up = []float64{1, 2, 3}
	m.Noise = &Noise{Std: -1, Tau: 1}
	m.Record = []Recording{{"pyramidal", 1}, {"piramidal", 0}}
	m.Bias = map[string]float64{"b": 11, "a": math.Inf(-1), "\xff": 0}
	m.Span[1] = math.Inf(1)
	checkProblems(t, config.Check(m), []string{
		`dt is 0.0, must be > 0 ms`,
		`levels has 2 values, needs at least 3`,
		`levels[1] is -2, must be >= 1`,
		`decay is 1.0, must be in [0.1, 1)`,
		`limit is -1ns, must be >= 0s`,
		`stop is .nan, must be finite and >= 0 ms`,
		`learning_rates.down has 2 values, needs one per level (3)`,
		`noise.std is -1.0, must be >= 0 mV`,
		`record[1].population is "piramidal", must be one of pyramidal, inter; did you mean pyramidal?`,
		`record[1].every is 0, must be >= 1 steps`,
		`bias.a is -.inf, must be finite and <= 10`,
		`bias.b is 11.0, must be <= 10`,
		`bias has the key "\xff", must be text in UTF-8`,
		`span[1] is .inf, must be finite`,
	})
}

// float32 0.1 is more than 0.1: a bound must be read in the type of the field.
func TestBoundsInFloat32(t *testing.T) {
	type c struct {
		X float32 `yaml:"x" min:"0.1" max:"0.3"`
	}
	for _, x := range []float32{0.1, 0.2, 0.3} {
		if err := config.Check(c{x}); err != nil {
			t.Error(err)
		}
	}
	checkProblems(t, config.Check(c{math.Nextafter32(0.3, 1)}), []string{"x is 0.30000004, must be in [0.1, 0.3]"})
	checkProblems(t, config.Check(c{math.Nextafter32(0.1, 0)}), []string{"x is 0.099999994, must be in [0.1, 0.3]"})
}

func TestBoundsOfLargeIntegers(t *testing.T) {
	type c struct {
		X uint64 `yaml:"x" max:"18446744073709551614"`
	}
	if err := config.Check(c{math.MaxUint64 - 1}); err != nil {
		t.Error(err)
	}
	checkProblems(t, config.Check(c{math.MaxUint64}), []string{"x is 18446744073709551615, must be <= 18446744073709551614"})
}
