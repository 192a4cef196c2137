package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

var (
	durationType    = reflect.TypeFor[time.Duration]()
	nodeType        = reflect.TypeFor[yaml.Node]()
	readsYAML       = reflect.TypeFor[yaml.Unmarshaler]()
	readsText       = reflect.TypeFor[encoding.TextUnmarshaler]()
	writesYAML      = reflect.TypeFor[yaml.Marshaler]()
	writesText      = reflect.TypeFor[encoding.TextMarshaler]()
	withoutTags     = field{minLen: -1, maxLen: -1}
	knownExclusives = []string{"", "min", "max", "min,max", "max,min"}
)

// A field is a key of a struct, with what its tags say.
type field struct {
	name      string
	index     []int // for reflect.Value.FieldByIndex
	typ       reflect.Type
	doc, unit string
	typeName  string // tag type
	min, max  string // "" for no bound
	openMin   bool
	openMax   bool
	enum      []string
	minLen    int // -1 for no bound, like maxLen
	maxLen    int
	omitEmpty bool
}

// fieldsOf lists the keys of struct type t in the order of the source. It
// panics if a tag makes no sense.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		sf := t.Field(i)
		name, options, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		if slices.Contains(strings.Split(options, ","), "inline") {
			if sf.Type.Kind() != reflect.Struct {
				badTag(t, sf, "only a struct can be inline")
			}
			for _, f := range fieldsOf(sf.Type) {
				f.index = append([]int{i}, f.index...)
				fields = append(fields, f)
			}
			continue
		}
		if !sf.IsExported() {
			continue
		}
		if name == "" {
			name = strings.ToLower(sf.Name)
		}
		fields = append(fields, newField(t, sf, name, options))
	}
	for i, f := range fields {
		if slices.ContainsFunc(fields[:i], func(g field) bool { return g.name == f.name }) {
			panic(fmt.Sprintf("config: %v has the key %q twice", t, f.name))
		}
	}
	return fields
}

func newField(t reflect.Type, sf reflect.StructField, name, options string) field {
	tag := sf.Tag
	f := field{
		name: name, index: []int{sf.Index[0]}, typ: sf.Type,
		doc: tag.Get("doc"), unit: tag.Get("unit"), typeName: tag.Get("type"),
		min: tag.Get("min"), max: tag.Get("max"),
		minLen: -1, maxLen: -1,
		omitEmpty: slices.Contains(strings.Split(options, ","), "omitempty"),
	}
	exclusive := strings.ReplaceAll(tag.Get("exclusive"), " ", "")
	if !slices.Contains(knownExclusives, exclusive) {
		badTag(t, sf, `exclusive must be "min", "max" or "min,max"`)
	}
	f.openMin = strings.Contains(exclusive, "min")
	f.openMax = strings.Contains(exclusive, "max")
	if f.openMin && f.min == "" || f.openMax && f.max == "" {
		badTag(t, sf, "exclusive names a bound that is not given")
	}
	if list, ok := tag.Lookup("enum"); ok {
		for _, s := range strings.Split(list, ",") {
			f.enum = append(f.enum, strings.TrimSpace(s))
		}
	}
	for _, length := range []struct {
		tag string
		to  *int
	}{{"minlen", &f.minLen}, {"maxlen", &f.maxLen}} {
		if s, ok := tag.Lookup(length.tag); ok {
			n, err := strconv.Atoi(s)
			if err != nil || n < 0 {
				badTag(t, sf, length.tag+" must be a whole number >= 0")
			}
			*length.to = n
		}
	}
	leaf := leafOf(sf.Type)
	for _, bound := range []string{f.min, f.max} {
		if bound == "" {
			continue
		}
		if !ordered(leaf) {
			badTag(t, sf, "only numbers and durations have bounds")
		}
		if parseScalar(reflect.New(leaf).Elem(), bound) != parsed {
			badTag(t, sf, fmt.Sprintf("the bound %q is no %v", bound, leaf))
		}
	}
	return f
}

func badTag(t reflect.Type, sf reflect.StructField, why string) {
	panic(fmt.Sprintf("config: tag of %v.%s: %s", t, sf.Name, why))
}

// leafOf is the type of the single values in t, which tags min, max and enum
// speak of.
func leafOf(t reflect.Type) reflect.Type {
	for {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			t = t.Elem()
		default:
			return t
		}
	}
}

// ordered reports whether values of type t can have bounds.
func ordered(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return true
	}
	return false
}

// readsItself reports whether values of type t have a method that reads them.
func readsItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(readsYAML) || p.Implements(readsText)
}

// names lists the keys of fields.
func names(fields []field) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.name
	}
	return list
}

// allowed says which values of type t the tags admit, such as "> 0 ms",
// "in [0, 1)" or "one of fa, pal"; "" if they admit all.
func (f *field) allowed(t reflect.Type) string {
	if f.enum != nil {
		return "one of " + listNames(f.enum)
	}
	return f.interval(f.min, f.max)
}

// interval is allowed for the bounds lo and hi, "" for none.
func (f *field) interval(lo, hi string) string {
	var s string
	switch {
	case lo == "" && hi == "":
		return ""
	case hi == "":
		s = ">= " + lo
		if f.openMin {
			s = "> " + lo
		}
	case lo == "":
		s = "<= " + hi
		if f.openMax {
			s = "< " + hi
		}
	default:
		left, right := "[", "]"
		if f.openMin {
			left = "("
		}
		if f.openMax {
			right = ")"
		}
		s = "in " + left + lo + ", " + hi + right
	}
	if f.unit != "" {
		s += " " + f.unit
	}
	return s
}

// allowedWhole is allowed for an integer type t, whose own range also counts.
func (f *field) allowedWhole(t reflect.Type) string {
	lo, hi := f.min, f.max
	least, most := limits(t)
	if lo == "" {
		lo = least
	}
	if hi == "" {
		hi = most
	}
	return f.interval(lo, hi)
}

// length says how many values the tags admit; "" if any number.
func (f *field) length() string {
	switch {
	case f.minLen >= 0 && f.minLen == f.maxLen:
		return fmt.Sprintf("exactly %d", f.minLen)
	case f.minLen >= 0 && f.maxLen >= 0:
		return fmt.Sprintf("%d to %d", f.minLen, f.maxLen)
	case f.minLen >= 0:
		return fmt.Sprintf("at least %d", f.minLen)
	case f.maxLen >= 0:
		return fmt.Sprintf("at most %d", f.maxLen)
	}
	return ""
}

// expected describes a value of type t that the tags admit, for messages.
func (f *field) expected(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if f.typeName != "" {
		return f.typeName
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		return noun(t)
	case reflect.Struct:
		if known := names(fieldsOf(t)); shortList(known) {
			return "a mapping with the keys " + listNames(known)
		}
		return noun(t)
	}
	if f.enum != nil {
		return f.allowed(t)
	}
	text := noun(t)
	if bounds := f.allowed(t); bounds != "" {
		text += " " + bounds
	} else if f.unit != "" {
		text += " (" + f.unit + ")"
	}
	if t == durationType {
		text += ", such as 1.5s or 200ms"
	}
	return text
}

// noun names type t as a user knows it.
func noun(t reflect.Type) string {
	switch {
	case t == durationType:
		return "a duration"
	case t.Kind() == reflect.Slice:
		return "a list of " + plural(t.Elem())
	case t.Kind() == reflect.Array:
		return fmt.Sprintf("a list of %d %s", t.Len(), plural(t.Elem()))
	case t.Kind() == reflect.Map:
		return "a mapping from names to " + plural(t.Elem())
	case t.Kind() == reflect.Struct:
		return "a mapping"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.String:
		return "text"
	case t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		return "a number"
	case ordered(t):
		return "a whole number"
	case t.Kind() == reflect.Pointer:
		return noun(t.Elem())
	}
	return "a value"
}

func plural(t reflect.Type) string {
	switch {
	case t == durationType:
		return "durations"
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Array:
		return "lists of " + plural(t.Elem())
	case t.Kind() == reflect.Map, t.Kind() == reflect.Struct:
		return "mappings"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.String:
		return "texts"
	case t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		return "numbers"
	case ordered(t):
		return "whole numbers"
	case t.Kind() == reflect.Pointer:
		return plural(t.Elem())
	}
	return "values"
}

// shortList reports whether names are few enough to be listed in a message.
func shortList(names []string) bool { return len(names) > 0 && len(strings.Join(names, ", ")) <= 100 }

// listNames joins names for a message. The empty name shows as "".
func listNames(names []string) string {
	shown := slices.Clone(names)
	for i, s := range shown {
		if s == "" {
			shown[i] = `""`
		}
	}
	return strings.Join(shown, ", ")
}
