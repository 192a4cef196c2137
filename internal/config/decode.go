package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Decode reads the YAML document data into the value that into points to, and
// checks the result as [Check] does. What data does not mention keeps its
// value, so fill in the defaults first. The name file is used in messages only.
//
// Decode returns [Problems], and then leaves into as it was. Data without any
// content changes nothing. Decode panics if into is no pointer or its type
// cannot be a config.
func Decode(data []byte, into any, file string) error {
	top, err := parseYAML(data, file)
	if err != nil {
		return err
	}
	return decode(newDecoder(file), into, top)
}

// DecodeNode is [Decode] for YAML that is already parsed: a part of a larger
// file, or the argument of a method UnmarshalYAML, where file is best left
// empty because the caller adds it.
func DecodeNode(node *yaml.Node, into any, file string) error {
	return decode(newDecoder(file), into, node)
}

// DecodeComplete is [DecodeNode] for a document that must give every key, but those
// with the option omitempty. A key that is missing is a problem; the first one found
// tells why it is.
func DecodeComplete(node *yaml.Node, into any, file, why string) error {
	d := newDecoder(file)
	d.complete, d.why = true, why
	return decode(d, into, node)
}

// decode reads n, if there is any, into the value that into points to.
func decode(d *decoder, into any, n *yaml.Node) error {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		panic("config: the target of Decode must be a pointer that is not nil")
	}
	value := d.copyOf(target.Elem())
	d.root = value.Type()
	if n != nil && !n.IsZero() {
		if tooMuch := repetition(n, d.file); tooMuch != nil {
			return tooMuch.err()
		}
		d.value(n, value, nil, &withoutTags)
	}
	d.check(value)
	if err := d.problems.err(); err != nil {
		return err
	}
	target.Elem().Set(value)
	return nil
}

// A decoder sets values from nodes and remembers where each came from.
type decoder struct {
	file     string
	oneLine  bool         // the source has no lines worth naming
	complete bool         // every key must be given
	why      string       // it must, until that is told
	root     reflect.Type // of the whole configuration
	problems Problems
	places   map[string]place // by path
	wrong    map[string]bool  // paths of values that could not be read
}

// A place is where a value stands, and how it is written there.
type place struct {
	file         string
	line, column int
	text         string // "" if the value is no scalar
	opaque       bool   // the value read itself, so the places of its parts are unknown
}

func newDecoder(file string) *decoder {
	return &decoder{file: file, places: map[string]place{}, wrong: map[string]bool{}}
}

// place is where n stands.
func (d *decoder) place(n *yaml.Node) place {
	if d.oneLine {
		return place{file: d.file}
	}
	return place{file: d.file, line: n.Line, column: n.Column}
}

func (at place) problem(path, text string) Problem {
	return Problem{File: at.file, Line: at.line, column: at.column, Path: path, Text: text}
}

// copyOf returns a settable shallow copy of v. The decoder never writes through
// a pointer, map or list of the original.
func (d *decoder) copyOf(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

func (d *decoder) report(n *yaml.Node, p *path, format string, args ...any) {
	d.wrong[p.String()] = true
	d.problems = append(d.problems, d.place(n).problem(p.String(), fmt.Sprintf(format, args...)))
}

// value sets v from n. The tags of f speak of v or of what v holds.
func (d *decoder) value(n *yaml.Node, v reflect.Value, p *path, f *field) {
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if _, again := d.places[p.String()]; again && v.Kind() == reflect.Slice {
		d.forget(p)
	}
	at := d.place(n)
	at.opaque = readsItself(v.Type())
	if n.Kind == yaml.ScalarNode {
		at.text = show(n)
	}
	d.places[p.String()] = at
	if v.Type() == nodeType {
		v.Set(reflect.ValueOf(*n))
		return
	}
	switch {
	case v.Kind() == reflect.Pointer:
		d.pointer(n, v, p, f)
	case isNull(n):
		d.report(n, p, "has no value, expected %s%s", f.expected(v.Type()), emptyHint(v, f))
	case readsItself(v.Type()):
		d.itself(n, v, p)
	default:
		d.builtin(n, v, p, f)
	}
}

// knownTag reports whether n carries no tag, or one of YAML itself that a
// config may use.
func knownTag(n *yaml.Node) bool {
	if n.Style&yaml.TaggedStyle == 0 {
		return true
	}
	switch n.ShortTag() {
	case "!!str", "!!int", "!!float", "!!bool", "!!null":
		return n.Kind == yaml.ScalarNode
	case "!!seq":
		return n.Kind == yaml.SequenceNode
	case "!!map":
		return n.Kind == yaml.MappingNode
	}
	return false
}

// emptyHint tells how to say what a key without a value may have meant.
func emptyHint(v reflect.Value, f *field) string {
	switch v.Kind() {
	case reflect.Slice:
		return "; write [] for none"
	case reflect.Map:
		return "; write {} for none"
	case reflect.String:
		keep := fmt.Sprintf("remove the key to keep %q", shorten(v.String()))
		if f.enum != nil {
			return "; " + keep
		}
		return `; write "" for an empty text, or ` + keep
	}
	if text, ok := textOf(v); ok {
		return "; remove the key to keep " + text
	}
	return ""
}

// pointer reads into a copy, because the default may be shared.
func (d *decoder) pointer(n *yaml.Node, v reflect.Value, p *path, f *field) {
	if isNull(n) {
		v.SetZero()
		return
	}
	fresh := reflect.New(v.Type().Elem())
	if !v.IsNil() {
		fresh.Elem().Set(v.Elem())
	}
	d.value(n, fresh.Elem(), p, f)
	v.Set(fresh)
}

// itself lets a type read itself and places its complaint.
func (d *decoder) itself(n *yaml.Node, v reflect.Value, p *path) {
	var err error
	if reader, ok := v.Addr().Interface().(yaml.Unmarshaler); ok {
		err = reader.UnmarshalYAML(n)
	} else if n.Kind != yaml.ScalarNode {
		d.report(n, p, "is %s, expected text", show(n))
	} else if err = v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Value)); err != nil {
		d.report(n, p, "is %s: %v", show(n), err)
		return
	}
	var inner Problems
	var types *yaml.TypeError
	switch {
	case err == nil:
	case errors.As(err, &inner):
		for _, problem := range inner {
			if problem.File == "" {
				problem.File = d.file
			}
			if problem.Line == 0 || d.oneLine {
				at := d.place(n)
				problem.Line, problem.column = at.line, at.column
			}
			problem.Path = p.join(problem.Path).String()
			d.problems = append(d.problems, problem)
		}
		d.wrong[p.String()] = true
	case errors.As(err, &types):
		for _, text := range types.Errors {
			line, reason := cutLine(text)
			d.report(&yaml.Node{Line: line, Column: n.Column}, p, "is wrong: %s", reason)
		}
	default:
		d.report(n, p, "is %s: %v", show(n), err)
	}
}

// builtin reads the kinds of values that need no method.
func (d *decoder) builtin(n *yaml.Node, v reflect.Value, p *path, f *field) {
	if !knownTag(n) {
		d.report(n, p, "has the tag %s, expected %s without a tag", n.Tag, f.expected(v.Type()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		if d.is(yaml.MappingNode, n, v, p, f) {
			d.structure(n, v, p)
		}
	case reflect.Map:
		if d.is(yaml.MappingNode, n, v, p, f) {
			d.mapping(n, v, p, f)
		}
	case reflect.Slice:
		if d.is(yaml.SequenceNode, n, v, p, f) {
			list := reflect.Zero(v.Type())
			if len(n.Content) > 0 {
				list = reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
			}
			for i, element := range n.Content {
				d.value(element, list.Index(i), p.index(i), f)
			}
			v.Set(list)
		}
	case reflect.Array:
		if !d.is(yaml.SequenceNode, n, v, p, f) {
			return
		}
		if len(n.Content) != v.Len() {
			d.report(n, p, "has %s, needs exactly %d", count(len(n.Content)), v.Len())
			return
		}
		for i, element := range n.Content {
			d.value(element, v.Index(i), p.index(i), f)
		}
	default:
		if d.is(yaml.ScalarNode, n, v, p, f) {
			d.scalar(n, v, p, f)
		}
	}
}

// forget drops what is known about the elements of a list that is replaced.
func (d *decoder) forget(p *path) {
	elements := p.String() + "["
	for at := range d.places {
		if strings.HasPrefix(at, elements) {
			delete(d.places, at)
			delete(d.wrong, at)
		}
	}
}

// is reports whether n is of a kind, and if not, complains.
func (d *decoder) is(kind yaml.Kind, n *yaml.Node, v reflect.Value, p *path, f *field) bool {
	if n.Kind == kind {
		return true
	}
	hint := ""
	if kind == yaml.SequenceNode && n.Kind == yaml.ScalarNode {
		hint = fmt.Sprintf(" such as [%s]", show(n))
	}
	d.report(n, p, "is %s, expected %s%s", show(n), f.expected(v.Type()), hint)
	return false
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, p *path, f *field) {
	pairs := d.pairs(n, p)
	merged := reflect.Zero(v.Type())
	if len(pairs) > 0 {
		merged = reflect.MakeMap(v.Type())
		for _, key := range v.MapKeys() {
			merged.SetMapIndex(key, v.MapIndex(key))
		}
	}
	for _, pair := range pairs {
		key := mapKey(v.Type(), pair.key.Value)
		value := reflect.New(v.Type().Elem()).Elem()
		if old := merged.MapIndex(key); old.IsValid() {
			value.Set(old)
		}
		d.value(pair.value, value, p.key(pair.key.Value), f)
		merged.SetMapIndex(key, value)
	}
	v.Set(merged)
}

// mapKey is the key name of a map of type t. It panics if the keys of such a
// map are no strings: two spellings of a number would be two keys of the file but one of
// the map.
func mapKey(t reflect.Type, name string) reflect.Value {
	key := reflect.New(t.Key()).Elem()
	if key.Kind() != reflect.String {
		panic(unsupported(t))
	}
	key.SetString(name)
	return key
}

// count writes a number of values for a message.
func count(n int) string {
	if n == 1 {
		return "1 value"
	}
	return fmt.Sprintf("%d values", n)
}

// scalar sets v from the text of n.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, p *path, f *field) {
	result := malformed
	if v.Kind() == reflect.String || !quoted(n) {
		result = parseScalar(v, n.Value)
	}
	switch shown := show(n); result {
	case parsed:
	case notFinite:
		d.report(n, p, "is %s, must be %s", shown, f.finite(v.Type()))
	case outside:
		d.report(n, p, "is %s, must be %s", shown, f.allowedWhole(v.Type()))
	case imprecise:
		d.report(n, p, "is %s, too large or too small for a %d-bit number", shown, v.Type().Bits())
	case octal:
		d.report(n, p, "is %s, which some read as octal: write it without the leading zero", shown)
	default:
		d.report(n, p, "is %s, expected %s%s", shown, f.expected(v.Type()), scalarHint(n, v, f))
	}
}

// scalarHint guesses what a value of the wrong type was meant to be.
func scalarHint(n *yaml.Node, v reflect.Value, f *field) string {
	text := strings.TrimSpace(n.Value)
	trial := reflect.New(v.Type()).Elem()
	fits := func(s string) bool { return parseScalar(trial, s) == parsed }
	number, withUnit := strings.CutSuffix(text, f.unit)
	number = strings.TrimSpace(number)
	switch {
	case quoted(n) && fits(text):
		return "; remove the quotes"
	case f.unit != "" && withUnit && fits(number):
		return "; write " + number + ", the unit is understood"
	case v.CanFloat() && fits(strings.Replace(text, ",", ".", 1)):
		return "; write a decimal point, not a comma"
	case v.Kind() == reflect.Bool && slices.Contains([]string{"yes", "on", "y", "1"}, strings.ToLower(text)):
		return "; write true"
	case v.Kind() == reflect.Bool && slices.Contains([]string{"no", "off", "n", "0"}, strings.ToLower(text)):
		return "; write false"
	}
	return ""
}
