package config_test

import (
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/config"
)

func TestNearest(t *testing.T) {
	keys := []string{"up", "down", "learning_rates", "learning_lag", "highpass_tau", "noise_tau", "n_epochs", "x", ""}
	for name, want := range map[string]string{
		"upp":           "up",
		"pu":            "up",
		"Down":          "down",
		"dwon":          "down",
		"learning-rate": "learning_rates",
		"learningrates": "learning_rates",
		"learning_lags": "learning_lag",
		"highpas_tau":   "highpass_tau",
		"noise_tua":     "noise_tau",
		"high":          "highpass_tau", // the only one that begins so
		"learn":         "",             // two begin so
		"epochs":        "n_epochs",
		"zz":            "",
		"y":             "", // every short name is near every other
		"xy":            "",
		"":              "",
		"temperature":   "",
		"µ":             "",
	} {
		if got := config.Nearest(name, keys); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
	if got := config.Nearest("ba", []string{"ca", "da"}); got != "ca" {
		t.Errorf("of two equally near names %q won", got)
	}
	if got := config.Nearest(strings.Repeat("a", 1<<20), keys); got != "" {
		t.Errorf("a name of a megabyte is near %q", got)
	}
	if got := config.Nearest("up", nil); got != "" {
		t.Errorf("of no names %q is near", got)
	}
}

func TestSuggest(t *testing.T) {
	type mode string
	known := []mode{"fa", "pal"}
	if got := config.Suggest("pall", known); got != ` (did you mean "pal"?)` {
		t.Errorf("%q", got)
	}
	if got := config.Suggest("backprop", known); got != "" {
		t.Errorf("%q", got)
	}
}
