package config

import (
	"reflect"
)

// Diff lists what changed from configuration a to b, one "path: old → new" per
// value, in the order of the keys. Both are structs of the same type or
// pointers to such; Diff panics otherwise. A nil list or map equals an empty
// one, and NaN equals NaN. Lists of different lengths are shown as a whole.
func Diff(a, b any) []string {
	from, to := valueOf(a), valueOf(b)
	if from.Type() != to.Type() {
		panic("config: Diff of " + from.Type().String() + " and " + to.Type().String())
	}
	var changes []string
	diff(addressable(from), addressable(to), nil, &changes)
	return changes
}

// Equal reports whether [Diff] finds nothing.
func Equal(a, b any) bool { return len(Diff(a, b)) == 0 }

func diff(a, b reflect.Value, p *path, changes *[]string) {
	changed := func(from, to string) {
		*changes = append(*changes, p.String()+": "+from+" → "+to)
	}
	t := a.Type()
	writesItself := reflect.PointerTo(t).Implements(writesYAML) || reflect.PointerTo(t).Implements(writesText)
	switch {
	case t.Kind() == reflect.Pointer:
		switch {
		case a.IsNil() && b.IsNil():
		case a.IsNil() || b.IsNil():
			changed(inline(a), inline(b))
		default:
			diff(a.Elem(), b.Elem(), p, changes)
		}
	case t == nodeType || writesItself:
		if from, to := inline(a), inline(b); from != to {
			changed(from, to)
		}
	case t.Kind() == reflect.Struct:
		for _, f := range fieldsOf(t) {
			diff(a.FieldByIndex(f.index), b.FieldByIndex(f.index), p.key(f.name), changes)
		}
	case t.Kind() == reflect.Map:
		diffMaps(a, b, p, changes)
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		if a.Len() != b.Len() {
			changed(inline(a), inline(b))
			return
		}
		for i := range a.Len() {
			diff(addressable(a.Index(i)), addressable(b.Index(i)), p.index(i), changes)
		}
	default:
		// The text tells apart what == does not, such as 0 and -0, and
		// equates what it does not, NaN and NaN.
		if formatScalar(a) != formatScalar(b) {
			changed(inline(a), inline(b))
		}
	}
}

func diffMaps(a, b reflect.Value, p *path, changes *[]string) {
	all := reflect.MakeMap(a.Type())
	for _, m := range []reflect.Value{a, b} {
		for _, key := range m.MapKeys() {
			all.SetMapIndex(key, m.MapIndex(key))
		}
	}
	show := func(v reflect.Value) string {
		if !v.IsValid() {
			return "(none)"
		}
		return inline(v)
	}
	for _, key := range sortedKeys(all) {
		from, to, below := a.MapIndex(key), b.MapIndex(key), p.key(key.String())
		if from.IsValid() && to.IsValid() {
			diff(addressable(from), addressable(to), below, changes)
			continue
		}
		*changes = append(*changes, below.String()+": "+show(from)+" → "+show(to))
	}
}
