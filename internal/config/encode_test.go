package config_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/neurocredit/neurocredit/internal/config"
	"go.yaml.in/yaml/v3"
)

// roundTrip writes m in both ways and reads it into an empty model.
func roundTrip(t *testing.T, m *Model) {
	t.Helper()
	for name, encode := range map[string]func(any) ([]byte, error){
		"Encode": config.Encode, "EncodeCommented": config.EncodeCommented,
	} {
		text, err := encode(m)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var back Model
		if err := config.Decode(text, &back, "encoded.yaml"); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		if !reflect.DeepEqual(m, &back) {
			t.Fatalf("%s: read back with changes %v\n%s", name, config.Diff(m, &back), text)
		}
		if changes := config.Diff(m, &back); changes != nil {
			t.Fatalf("%s: Diff finds %v where reflect.DeepEqual finds nothing", name, changes)
		}
	}
}

func TestRoundTripOfAwkwardTexts(t *testing.T) {
	for _, text := range []string{
		"", " ", "null", "~", "yes", "No", "1", "1e3", "0x1", "2024-01-01", "a: b", "# a", "a #b", "- a", "[", "{}",
		"two\nlines\n", "\n", "\t", " lead", "trail ", "quote\" '", "\\", "µ → φ", "\u0085\u2028\ufeff", "\x00\x1b\x7f",
		"<<", "*a", "&a", "!a", "%a", "@a", "`a", "...", "---", "? a", "=", "1:30", "🧠", strings.Repeat("long ", 100),
	} {
		m := Default()
		m.Note = text
		m.Bias = map[string]float64{text: 1}
		roundTrip(t, m)
	}
}

func TestEncodeIsReadableByOthers(t *testing.T) {
	// The YAML library stands for other readers: they must see a float where
	// the field is one and text where the field is text.
	m := Default()
	m.Dt, m.Note, m.Rates.Up = 1, "1.0", []float64{1e-6, 1e22}
	text, err := config.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	var other map[string]any
	if err := yaml.Unmarshal(text, &other); err != nil {
		t.Fatal(err)
	}
	up := other["learning_rates"].(map[string]any)["up"]
	if other["dt"] != 1.0 || other["note"] != "1.0" || !reflect.DeepEqual(up, []any{1e-6, 1e22}) {
		t.Errorf("read dt %#v, note %#v, up %#v", other["dt"], other["note"], up)
	}
	// Readers of YAML 1.1 want a point in every float and a sign in every exponent.
	if !strings.Contains(string(text), "up: [1.0e-06, 1.0e+22]") {
		t.Errorf("exponents are not portable:\n%s", text)
	}
}

func TestEncodeRefusesWhatDecodeRefuses(t *testing.T) {
	m := Default()
	m.Dt, m.Note, m.Rule = math.Inf(1), "\xff", "other"
	_, err := config.Encode(m)
	checkProblems(t, err, []string{
		`dt is .inf, must be finite and > 0 ms`,
		`rule is "other", must be one of fa, pal, eta-zero`,
		`note is "\xff", must be text in UTF-8`,
	})
}

func TestEncodeOmitsEmpty(t *testing.T) {
	type omitting struct {
		A int            `yaml:"a,omitempty"`
		B []int          `yaml:"b,omitempty"`
		C map[string]int `yaml:"c,omitempty"`
		D int            `yaml:"d"`
	}
	text, err := config.Encode(omitting{B: []int{}, C: map[string]int{}})
	if err != nil || string(text) != "d: 0\n" {
		t.Errorf("got %q, %v", text, err)
	}
}

// TestRoundTripOfRandomModels and the fuzz target share randomModel, so that a
// plain test run covers more than the seeds.
func TestRoundTripOfRandomModels(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		roundTrip(t, randomModel(r.Uint64, string(rune(r.IntN(0x3000)))))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("any bytes will do, they become the numbers of a model"), "text")
	f.Add([]byte{}, "two\nlines")
	f.Fuzz(func(t *testing.T, numbers []byte, text string) {
		next := func() uint64 {
			var b [8]byte
			copy(b[:], numbers)
			numbers = numbers[min(8, len(numbers)):]
			return binary.LittleEndian.Uint64(b[:])
		}
		m := randomModel(next, strings.ToValidUTF8(text, "?"))
		roundTrip(t, m)
	})
}

// randomModel makes a model that passes every check from random numbers.
func randomModel(next func() uint64, text string) *Model {
	float := func(lo, hi float64) float64 {
		// Any bit pattern, so that all exponents occur.
		if x := math.Float64frombits(next()); x > lo && x < hi {
			return x
		}
		return min(max(1, lo), hi)
	}
	whole := func(n uint64) int { return int(next() % n) }
	m := &Model{
		Seed: uint32(next()), Dt: float(0, math.Inf(1)), Rule: []string{"fa", "pal", "eta-zero"}[whole(3)],
		Levels: make([]int, 3+whole(3)), Decay: float32(float(0.1, 0.9)), Shuffle: whole(2) == 1, Note: text,
		Limit: time.Duration(next() >> 1), Span: [2]float64{float(math.Inf(-1), math.Inf(1)), 0},
		Init: Interval{float(math.Inf(-1), 0), 1}, Depth: int8(next()), Common: Common{1 + whole(64)},
	}
	m.Decay = min(max(m.Decay, 0.1), 0.9)
	for i := range m.Levels {
		m.Levels[i] = 1 + int(next()>>2)
	}
	for range whole(4) {
		m.Rates.Up = append(m.Rates.Up, float(0, math.MaxFloat64))
		m.Rates.Down = append(m.Rates.Down, float(0, 1))
	}
	if whole(2) == 1 {
		m.Noise = &Noise{Std: float(0, 1), Tau: float(0, 1)}
		stop := float(0, 1e10)
		m.Stop = &stop
	}
	for range whole(4) {
		r := Recording{[]string{"pyramidal", "inter"}[whole(2)], 1 + int(next()>>2)}
		m.Record = append(m.Record, r)
		if m.Groups == nil {
			m.Groups = map[string]Recording{}
			m.Bias = map[string]float64{}
		}
		m.Groups[text+r.Population] = r
		m.Bias[text] = float(math.Inf(-1), 10)
	}
	return m
}

func TestEncodeTypesThatWriteThemselves(t *testing.T) {
	type own struct {
		Raw  yaml.Node         `yaml:"raw" doc:"anything"`
		When time.Time         `yaml:"when"`
		Any  map[string]*Rates `yaml:"any"`
	}
	var v own
	document := "raw: [1, {a: b}]\nwhen: \"2024-05-06T07:08:09Z\"\nany:\n  x:\n    up: [1.0]\n    down: [2.0]\n"
	if err := config.Decode([]byte(document), &v, ""); err != nil {
		t.Fatal(err)
	}
	for range 2 { // writing must not change v
		if _, err := config.EncodeCommented(v); err != nil {
			t.Fatal(err)
		}
		if text, err := config.Encode(&v); err != nil || string(text) != document {
			t.Errorf("got %q, %v", text, err)
		}
	}
	checkProblems(t, config.Decode([]byte("when: now"), &v, "f.yaml"), []string{
		`f.yaml:1: when is "now": parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"`})
	checkProblems(t, config.Decode([]byte("when: {a: 1}"), &v, "f.yaml"), []string{`f.yaml:1: when is a mapping, expected text`})
}
