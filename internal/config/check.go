package config

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Checker is a struct with conditions that no tag of a single field can
// state. [Decode], [Check], [Set] and [Runs] call CheckFields on the
// configuration and on every struct in it, after everything inside it was found
// to be right.
type Checker interface {
	// CheckFields calls report for each condition that does not hold. The path
	// starts at the struct ("down", "record[2].every", or "" for the struct
	// itself); text goes on from there: "has 3 values, needs one per layer (2)".
	// It must not change the struct.
	CheckFields(report func(path, text string))
}

// Check applies the rules of the tags and of each [Checker] to v, a struct or a
// pointer to one that was filled in Go. It returns [Problems] without lines. It
// panics if the type of v cannot be a config.
func Check(v any) error {
	d := newDecoder("")
	d.check(d.copyOf(valueOf(v)))
	return d.problems.err()
}

// valueOf is the value v is or points to.
func valueOf(v any) reflect.Value {
	value := reflect.ValueOf(v)
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if !value.IsValid() || value.Kind() == reflect.Pointer {
		panic("config: a nil is no config")
	}
	return value
}

func (d *decoder) check(v reflect.Value) { d.checkValue(v, nil, &withoutTags) }

// checkValue checks v, which must be addressable, and all in it. What could
// not be read is not checked.
func (d *decoder) checkValue(v reflect.Value, p *path, f *field) {
	if d.wrong[p.String()] || v.Type() == nodeType {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			d.checkValue(v.Elem(), p, f)
		}
	case reflect.Struct:
		for _, inner := range fieldsOf(v.Type()) {
			d.checkValue(v.FieldByIndex(inner.index), p.key(inner.name), &inner)
		}
		if checker, ok := asInterface[Checker](v); ok && !d.anyWrong(p) {
			checker.CheckFields(func(inner, text string) { d.violation(p.join(inner), text) })
		}
	case reflect.Map:
		mapKey(v.Type(), "")
		d.checkLength(v, p, f)
		for _, key := range sortedKeys(v) {
			name := key.String()
			if !utf8.ValidString(name) {
				d.violation(p, fmt.Sprintf("has the key %q, must be text in UTF-8", name))
			}
			d.checkValue(d.copyOf(v.MapIndex(key)), p.key(name), f)
		}
	case reflect.Slice, reflect.Array:
		d.checkLength(v, p, f)
		for i := range v.Len() {
			d.checkValue(v.Index(i), p.index(i), f)
		}
	default:
		if !isScalar(v.Type()) && !readsItself(v.Type()) {
			panic(unsupported(v.Type()))
		}
		d.checkScalar(v, p, f)
	}
}

func (d *decoder) checkLength(v reflect.Value, p *path, f *field) {
	if f.minLen >= 0 && v.Len() < f.minLen || f.maxLen >= 0 && v.Len() > f.maxLen {
		d.violation(p, fmt.Sprintf("has %s, needs %s", count(v.Len()), f.length()))
	}
}

func (d *decoder) checkScalar(v reflect.Value, p *path, f *field) {
	text, _ := textOf(v)
	must, hint := "", ""
	switch {
	case v.CanFloat() && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)):
		must = f.finite(v.Type())
	case v.Kind() == reflect.String && !utf8.ValidString(text):
		must = "text in UTF-8"
	case f.enum != nil && !slices.Contains(f.enum, text):
		must = f.allowed(v.Type())
		if near := Nearest(text, f.enum); near != "" {
			hint = "; did you mean " + near + "?"
		}
	case f.min != "" && (compare(v, f.min) < 0 || f.openMin && compare(v, f.min) == 0),
		f.max != "" && (compare(v, f.max) > 0 || f.openMax && compare(v, f.max) == 0):
		must = f.allowed(v.Type())
	default:
		return
	}
	if v.Kind() == reflect.String {
		text = fmt.Sprintf("%q", shorten(text))
	}
	at, given := d.where(p)
	switch {
	case !given:
		text += " (not given)"
	case at.text != "":
		text = at.text
	}
	d.violation(p, "is "+text+", must be "+must+hint)
}

// finite is allowed for a number that is NaN or infinite.
func (f *field) finite(t reflect.Type) string {
	if bounds := f.allowed(t); bounds != "" {
		return "finite and " + bounds
	}
	return "finite"
}

// violation reports a value that was read but breaks a rule.
func (d *decoder) violation(p *path, text string) {
	at, _ := d.where(p)
	d.wrong[p.String()] = true
	d.problems = append(d.problems, at.problem(p.String(), text))
}

// where finds the place of the value at p, or else of what contains it. For a
// key that is missing from the top it is the file as a whole. The value is
// given unless what contains it is there without it.
func (d *decoder) where(p *path) (at place, given bool) {
	for q := p; ; q = q.parent {
		at, found := d.places[q.String()]
		if found && q == nil && p != nil {
			at.line, at.column = 0, 0
		}
		if found && q != p {
			at.text = ""
		}
		if found || q == nil {
			return at, !found || q == p || at.opaque
		}
	}
}

// anyWrong reports whether a problem is known at p or below.
func (d *decoder) anyWrong(p *path) bool {
	top := p.String()
	for wrong := range d.wrong {
		rest, below := strings.CutPrefix(wrong, top)
		if below && (top == "" || rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// sortedKeys lists the keys of map v in the order they are written.
func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}
