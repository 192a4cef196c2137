package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A pair is an entry of a mapping.
type pair struct{ key, value *yaml.Node }

// pairs lists the entries of mapping n, with those that << merges in, and
// reports keys that occur twice or are no names.
func (d *decoder) pairs(n *yaml.Node, p *path) []pair {
	var own, merged []pair
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch line, twice := first[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			d.report(key, p, "has %s as a key, expected a name", show(key))
		case key.ShortTag() == "!!merge" && !quoted(key):
			merged = append(merged, d.mergedPairs(value, p)...)
		case twice:
			d.report(key, p.key(key.Value), "is given twice, first on line %d", line)
		default:
			first[key.Value] = key.Line
			own = append(own, pair{key, value})
		}
	}
	for _, m := range merged {
		if _, known := first[m.key.Value]; !known {
			first[m.key.Value] = m.key.Line
			own = append(own, m)
		}
	}
	return own
}

// mergedPairs lists the entries that "<<: n" stands for.
func (d *decoder) mergedPairs(n *yaml.Node, p *path) []pair {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	var list []pair
	switch n.Kind {
	case yaml.MappingNode:
		list = d.pairs(n, p)
	case yaml.SequenceNode:
		for _, part := range n.Content {
			list = append(list, d.mergedPairs(part, p)...)
		}
	default:
		d.report(n, p, "merges %s with <<, expected a mapping", show(n))
	}
	return list
}

// structure sets the fields of struct v from mapping n.
func (d *decoder) structure(n *yaml.Node, v reflect.Value, p *path) {
	fields := fieldsOf(v.Type())
	for _, pair := range d.pairs(n, p) {
		name := pair.key.Value
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
		if i < 0 {
			d.report(pair.key, p.unknown(name), "is not a known key%s", d.unknownHint(name, v.Type()))
			continue
		}
		at := p.key(name)
		d.value(pair.value, v.FieldByIndex(fields[i].index), at, &fields[i])
		// The key is where a reader looks for a block that is wrong as a whole.
		if place := d.places[at.String()]; place.text == "" {
			place.line, place.column = pair.key.Line, pair.key.Column
			d.places[at.String()] = place
		}
	}
	if d.complete {
		d.missing(fields, p)
	}
}

// missing reports the keys below p that are not given.
func (d *decoder) missing(fields []field, p *path) {
	for _, f := range fields {
		at := p.key(f.name)
		if _, given := d.places[at.String()]; given || f.omitEmpty {
			continue
		}
		d.violation(at, "is missing, expected "+f.expected(f.typ)+d.why)
		d.why = ""
	}
}

// unknownHint helps with the key name, which struct type t does not have.
func (d *decoder) unknownHint(name string, t reflect.Type) string {
	known := names(fieldsOf(t))
	outer, inner, dotted := strings.Cut(name, ".")
	before, after, colon := strings.Cut(name, ":")
	var meant []string
	if near := Nearest(name, known); near != "" {
		meant = append(meant, near)
	}
	if elsewhere := d.findKey(name); elsewhere != "" {
		meant = append(meant, elsewhere)
	}
	hint := ""
	switch {
	case dotted && slices.Contains(known, outer):
		hint = fmt.Sprintf("; write it as %s: {%s: ...}", outer, inner)
	case colon && slices.Contains(known, before):
		hint = fmt.Sprintf("; a blank must follow the colon, as in %s: %s", before, after)
	case len(meant) > 0:
		hint = "; did you mean " + strings.Join(meant, ", or ") + "?"
	}
	switch {
	case len(known) == 0:
		return hint + " (no keys are known here)"
	case shortList(known):
		return hint + " (known: " + listNames(known) + ")"
	case hint == "":
		return fmt.Sprintf(" (known: %s and %d more)", listNames(known[:5]), len(known)-5)
	}
	return hint
}

// findKey looks for the key name anywhere in the configuration and says where
// it belongs; "" if nowhere.
func (d *decoder) findKey(name string) string {
	var search func(t reflect.Type, p *path, seen []reflect.Type) string
	search = func(t reflect.Type, p *path, seen []reflect.Type) string {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || t == nodeType || slices.Contains(seen, t) {
			return ""
		}
		seen = append(seen, t)
		fields := fieldsOf(t)
		if slices.Contains(names(fields), name) {
			if p == nil {
				return name + " at the top level"
			}
			return p.key(name).String()
		}
		for _, f := range fields {
			if found := search(f.typ, p.key(f.name), seen); found != "" {
				return found
			}
		}
		return ""
	}
	return search(d.root, nil, nil)
}
