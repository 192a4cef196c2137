package config

import (
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// An outcome tells how the reading of a scalar went.
type outcome int

const (
	parsed    outcome = iota
	malformed         // not of the type at all
	notWhole          // a number, but not a whole one
	notFinite         // NaN or an infinity
	outside           // beyond what the integer type can hold
	imprecise         // beyond what the floating-point type can tell from 0 or infinity
	octal             // 010 is 8 for some YAML readers and 10 for others
)

var (
	underscore = regexp.MustCompile(`([0-9])_([0-9])`)
	decimal    = regexp.MustCompile(`^([-+]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([-+]?[0-9]+))?$`)
	based      = regexp.MustCompile(`^[-+]?0(x[0-9a-fA-F]+|o[0-7]+|b[01]+)$`)
	leadZero   = regexp.MustCompile(`^[-+]?0[0-9]+$`)
	specials   = map[string]float64{
		".nan": math.NaN(), ".inf": math.Inf(1), "+.inf": math.Inf(1), "-.inf": math.Inf(-1),
		"nan": math.NaN(), "inf": math.Inf(1), "+inf": math.Inf(1), "-inf": math.Inf(-1),
		"infinity": math.Inf(1), "+infinity": math.Inf(1), "-infinity": math.Inf(-1),
	}
)

// parseScalar sets v, a boolean, number, text or duration, from text. It leaves
// v alone unless it returns parsed. It panics for a v of another kind.
func parseScalar(v reflect.Value, text string) outcome {
	switch {
	case v.Type() == durationType:
		d, err := time.ParseDuration(text)
		if err != nil {
			return malformed
		}
		v.SetInt(int64(d))
		return parsed
	case v.Kind() == reflect.String:
		v.SetString(text)
		return parsed
	case v.Kind() == reflect.Bool:
		switch text {
		case "true", "True", "TRUE":
			v.SetBool(true)
		case "false", "False", "FALSE":
			v.SetBool(false)
		default:
			return malformed
		}
		return parsed
	case v.CanFloat():
		return parseFloat(v, text)
	case v.CanInt(), v.CanUint():
		return parseWhole(v, text)
	}
	panic(unsupported(v.Type()))
}

// plainNumber removes the underscores between digits. Twice, because matches
// cannot overlap in 1_2_3.
func plainNumber(text string) string {
	return underscore.ReplaceAllString(underscore.ReplaceAllString(text, "$1$2"), "$1$2")
}

func parseFloat(v reflect.Value, text string) outcome {
	if _, ok := specials[strings.ToLower(text)]; ok {
		return notFinite
	}
	s := plainNumber(text)
	bits := v.Type().Bits()
	switch part := decimal.FindStringSubmatch(s); {
	case based.MatchString(s):
		n, err := strconv.ParseInt(s, 0, 64)
		if err != nil || int64(float64(n)) != n {
			return imprecise
		}
		v.SetFloat(float64(n))
		return parsed
	case part == nil || part[2]+part[3] == "":
		return malformed
	case leadZero.MatchString(s):
		return octal
	default:
		x, err := strconv.ParseFloat(s, bits)
		if errors.Is(err, strconv.ErrRange) || x == 0 && strings.Trim(part[2]+part[3], "0") != "" {
			return imprecise
		}
		v.SetFloat(x)
		return parsed
	}
}

func parseWhole(v reflect.Value, text string) outcome {
	if _, ok := specials[strings.ToLower(text)]; ok {
		return notWhole
	}
	s := plainNumber(text)
	base := 0
	if !based.MatchString(s) {
		part := decimal.FindStringSubmatch(s)
		switch {
		case part == nil || part[2]+part[3] == "":
			return malformed
		case leadZero.MatchString(s):
			return octal
		}
		digits, ok := wholeDigits(part[2], part[3], part[4])
		if !ok {
			return notWhole
		}
		s, base = part[1]+digits, 10
	}
	var err error
	if v.CanInt() {
		var n int64
		if n, err = strconv.ParseInt(s, base, v.Type().Bits()); err == nil {
			v.SetInt(n)
		}
	} else {
		// Unlike ParseInt, ParseUint knows no signs.
		digits := strings.TrimPrefix(s, "+")
		if rest, ok := strings.CutPrefix(s, "-"); ok && strings.Trim(rest, "0xob") == "" {
			digits = rest
		}
		var n uint64
		if n, err = strconv.ParseUint(digits, base, v.Type().Bits()); err == nil {
			v.SetUint(n)
		}
	}
	if err != nil {
		return outside
	}
	return parsed
}

// wholeDigits writes whole.fraction times ten to the exponent without an
// exponent. It is exact; ok is false if the number is not whole. A number too
// large for any integer type is cut short, to something still too large.
func wholeDigits(whole, fraction, exponent string) (digits string, ok bool) {
	const enough = 1000
	digits = strings.TrimRight(whole+fraction, "0")
	shift := len(whole) - len(digits) // zeros to append; negative if digits stay behind the point
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return "0", true
	}
	if exponent != "" {
		// Atoi returns the nearest int when the exponent is no int.
		e, _ := strconv.Atoi(exponent)
		shift += max(min(e, math.MaxInt32), math.MinInt32)
	}
	if shift < 0 {
		return "", false
	}
	return digits + strings.Repeat("0", min(shift, enough)), true
}

// formatScalar writes the scalar v as parseScalar reads it. Floats are the
// shortest text that reads back as the same number of their type, with a point
// and a signed exponent, which every YAML reader takes for a float.
func formatScalar(v reflect.Value) string {
	switch {
	case v.Type() == durationType:
		return time.Duration(v.Int()).String()
	case v.Kind() == reflect.String:
		return v.String()
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case v.CanFloat():
		return formatFloat(v.Float(), v.Type().Bits())
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	}
	panic(unsupported(v.Type()))
}

func formatFloat(x float64, bits int) string {
	switch {
	case math.IsNaN(x):
		return ".nan"
	case math.IsInf(x, 1):
		return ".inf"
	case math.IsInf(x, -1):
		return "-.inf"
	}
	verb := byte('f')
	if a := math.Abs(x); a != 0 && (a < 1e-4 || a >= 1e16) {
		verb = 'e'
	}
	s := strconv.FormatFloat(x, verb, -1, bits)
	mantissa, exponent, scientific := strings.Cut(s, "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if scientific {
		return mantissa + "e" + exponent
	}
	return mantissa
}

// compare orders a and the scalar that bound writes for its type.
func compare(a reflect.Value, bound string) int {
	b := reflect.New(a.Type()).Elem()
	parseScalar(b, bound)
	switch {
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	default:
		return cmp.Compare(a.Uint(), b.Uint())
	}
}

// limits are the least and the largest value of integer type t.
func limits(t reflect.Type) (least, most string) {
	bits := t.Bits()
	if v := reflect.Zero(t); v.CanUint() {
		return "0", strconv.FormatUint(math.MaxUint64>>(64-bits), 10)
	}
	return strconv.FormatInt(math.MinInt64>>(64-bits), 10), strconv.FormatInt(math.MaxInt64>>(64-bits), 10)
}

// textOf returns the text of a scalar or of a value that writes itself as text.
func textOf(v reflect.Value) (string, bool) {
	if m, ok := asInterface[encoding.TextMarshaler](v); ok {
		text, err := m.MarshalText()
		return string(text), err == nil
	}
	if isScalar(v.Type()) {
		return formatScalar(v), true
	}
	return "", false
}

func isScalar(t reflect.Type) bool {
	return t.Kind() == reflect.String || t.Kind() == reflect.Bool || ordered(t)
}

func unsupported(t reflect.Type) string {
	return fmt.Sprintf("config: a field of type %v is not supported", t)
}

// asInterface returns v or its address as a T.
func asInterface[T any](v reflect.Value) (T, bool) {
	if v.CanAddr() {
		if t, ok := v.Addr().Interface().(T); ok {
			return t, true
		}
	}
	t, ok := v.Interface().(T)
	return t, ok
}
