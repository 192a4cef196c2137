package config

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestParseScalar(t *testing.T) {
	const (
		int64s = "int64"
		uint8s = "uint8"
		floats = "float64"
	)
	types := map[string]reflect.Type{int64s: reflect.TypeFor[int64](), uint8s: reflect.TypeFor[uint8](), floats: reflect.TypeFor[float64]()}
	for _, test := range []struct {
		kind, text string
		outcome    outcome
		want       string // as formatScalar writes it
	}{
		{int64s, "9223372036854775807", parsed, "9223372036854775807"},
		{int64s, "-9223372036854775808", parsed, "-9223372036854775808"},
		{int64s, "9223372036854775808", outside, ""},
		{int64s, "9223372036854775807.0", parsed, "9223372036854775807"},
		{int64s, "922337203685477580.7e1", parsed, "9223372036854775807"},
		{int64s, "9223372036854775807.1", notWhole, ""},
		{int64s, "9007199254740993", parsed, "9007199254740993"}, // no float64
		{int64s, "9007199254740993e0", parsed, "9007199254740993"},
		{int64s, "1.00000000000000000001", notWhole, ""}, // is 1 as float64
		{int64s, "1e18", parsed, "1000000000000000000"},
		{int64s, "1e19", outside, ""},
		{int64s, "-1e99999999999999999999", outside, ""},
		{int64s, "1e-99999999999999999999", notWhole, ""},
		{int64s, "0e99999999999999999999", parsed, "0"},
		{int64s, "1500e-2", parsed, "15"},
		{int64s, "15e-1", notWhole, ""},
		{int64s, "-0", parsed, "0"},
		{int64s, "+3", parsed, "3"},
		{int64s, "-0x1F", parsed, "-31"},
		{int64s, "1_2_3", parsed, "123"},
		{int64s, "1__2", malformed, ""},
		{int64s, "_1", malformed, ""},
		{int64s, "1_", malformed, ""},
		{int64s, "007", octal, ""},
		{int64s, "0", parsed, "0"},
		{int64s, ".", malformed, ""},
		{int64s, "e5", malformed, ""},
		{int64s, "1e", malformed, ""},
		{int64s, "", malformed, ""},
		{int64s, "1 2", malformed, ""},
		{int64s, "1:30", malformed, ""},
		{int64s, ".inf", notWhole, ""},
		{uint8s, "255", parsed, "255"},
		{uint8s, "2.55e2", parsed, "255"},
		{uint8s, "256", outside, ""},
		{uint8s, "-1", outside, ""},
		{uint8s, "-0", parsed, "0"},
		{uint8s, "+7", parsed, "7"},
		{floats, "1", parsed, "1.0"},
		{floats, "1e3", parsed, "1000.0"},
		{floats, "1.0e-06", parsed, "1.0e-06"},
		{floats, "0.1", parsed, "0.1"},
		{floats, "1_000.5", parsed, "1000.5"},
		{floats, ".5", parsed, "0.5"},
		{floats, "5.", parsed, "5.0"},
		{floats, "-0", parsed, "-0.0"},
		{floats, "0x10", parsed, "16.0"},
		{floats, "0x1p4", malformed, ""},
		{floats, "010", octal, ""},
		{floats, "010.5", parsed, "10.5"},
		{floats, "5e-324", parsed, "5.0e-324"},
		{floats, "1e-400", imprecise, ""},
		{floats, "0e-400", parsed, "0.0"},
		{floats, "1e400", imprecise, ""},
		{floats, "0x20000000000001", imprecise, ""},
		{floats, "NaN", notFinite, ""},
		{floats, "-Infinity", notFinite, ""},
		{floats, "one", malformed, ""},
		{floats, "+", malformed, ""},
	} {
		v := reflect.New(types[test.kind]).Elem()
		got := parseScalar(v, test.text)
		if got != test.outcome {
			t.Errorf("%s %q: outcome %d, want %d", test.kind, test.text, got, test.outcome)
			continue
		}
		if text := formatScalar(v); got == parsed && text != test.want {
			t.Errorf("%s %q: got %s, want %s", test.kind, test.text, text, test.want)
		}
	}
}

func TestFormatFloat(t *testing.T) {
	for want, x := range map[string]float64{
		"0.0": 0, "-0.0": math.Copysign(0, -1), "1.0": 1, "0.0001": 1e-4, "1.0e-05": 1e-5, "1.5e-05": 1.5e-5,
		"1000000000000000.0": 1e15, "1.0e+16": 1e16, "0.30000000000000004": math.Nextafter(0.3, 1), "1.7976931348623157e+308": math.MaxFloat64,
		".nan": math.NaN(), ".inf": math.Inf(1), "-.inf": math.Inf(-1),
	} {
		if got := formatFloat(x, 64); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := formatFloat(float64(float32(0.1)), 32); got != "0.1" {
		t.Errorf("float32 0.1 is written %s", got)
	}
}

// A tag that makes no sense must be found when the type is first used, not
// when a user meets the value it guards.
func TestBadTagsPanic(t *testing.T) {
	for want, v := range map[string]any{
		"the bound \"a\" is no float64": struct {
			X float64 `min:"a"`
		}{},
		"the bound \"-1\" is no uint8": struct {
			X []uint8 `min:"-1"`
		}{},
		"only numbers and durations have bounds": struct {
			X string `max:"1"`
		}{},
		"exclusive names a bound": struct {
			X int `max:"1" exclusive:"min"`
		}{},
		"exclusive must be": struct {
			X int `max:"1" exclusive:"both"`
		}{},
		"minlen must be": struct {
			X []int `minlen:"x"`
		}{},
		"has the key \"a\" twice": struct {
			A int
			B int `yaml:"a"`
		}{},
		"only a struct can be inline": struct {
			A map[string]int `yaml:",inline"`
		}{},
		"type chan int is not supported":       struct{ A chan int }{},
		"type map[int]string is not supported": struct{ A map[int]string }{},
		"type interface {} is not supported":   struct{ A any }{},
		"a nil is no config":                   (*struct{})(nil),
	} {
		func() {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "config: ") || !strings.Contains(text, want) {
					t.Errorf("panic %q, want %q", text, want)
				}
			}()
			err := Check(v)
			t.Errorf("no panic for %T, but %v", v, err)
		}()
	}
}
