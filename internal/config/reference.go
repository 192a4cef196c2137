package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Reference writes a Markdown page on the keys of v, a struct or a pointer to
// one: a table per struct with the key, type, unit, default, allowed values
// and meaning of each field. The defaults are the values in v, or "(required)"
// where the tags do not allow that value. A struct
// type has a table for each place it occurs in, except inside itself.
func Reference(v any, title string) string {
	value := addressable(valueOf(v))
	if value.Kind() != reflect.Struct {
		panic("config: Reference of " + value.Type().String() + ", which is no struct")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", title)
	writeTable(&b, value, nil, nil)
	return b.String()
}

// A section is a table still to be written.
type section struct {
	value reflect.Value
	path  *path
	doc   string
}

// writeTable writes the table for struct v at p and those of the structs in it.
// Types above are in seen.
func writeTable(b *strings.Builder, v reflect.Value, p *path, seen []reflect.Type) {
	seen = append(slices.Clone(seen), v.Type())
	b.WriteString("| key | type | unit | default | allowed | meaning |\n| --- | --- | --- | --- | --- | --- |\n")
	var sections []section
	for _, f := range fieldsOf(v.Type()) {
		value := v.FieldByIndex(f.index)
		key := "`" + cell(f.name) + "`"
		defaultValue := f.defaultText(value)
		if inner, below, ok := structIn(value, p.key(f.name)); ok && f.typeName == "" {
			if !slices.Contains(seen, inner.Type()) {
				key = fmt.Sprintf("[%s](#%s)", key, anchor(below.String()))
				sections = append(sections, section{inner, below, f.doc})
			}
			if value.Kind() == reflect.Struct {
				defaultValue = ""
			}
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n",
			key, cell(f.typeText()), cell(f.unit), defaultValue, cell(f.allowedText()), cell(f.doc))
	}
	for _, s := range sections {
		fmt.Fprintf(b, "\n## `%s`\n\n", s.path)
		if s.doc != "" {
			fmt.Fprintf(b, "%s\n\n", sentence(s.doc))
		}
		writeTable(b, s.value, s.path, seen)
	}
}

// structIn finds the struct a value is made of, at or below p: itself, what it
// points to, or its elements, for which an empty one stands.
func structIn(v reflect.Value, p *path) (reflect.Value, *path, bool) {
	for {
		t := v.Type()
		switch t.Kind() {
		case reflect.Struct:
			return v, p, t != nodeType && len(fieldsOf(t)) > 0
		case reflect.Pointer:
			if v.IsNil() {
				v = reflect.New(t.Elem())
			}
			v = v.Elem()
		case reflect.Slice, reflect.Array:
			v, p = newElement(t.Elem()), &path{p, "[]"}
		case reflect.Map:
			v, p = newElement(t.Elem()), &path{p, ".<name>"}
		default:
			return v, p, false
		}
	}
}

// newElement is what a list or map element holds before its keys are read.
func newElement(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	if leaf := leafOf(t); leaf == t && t.Kind() == reflect.Struct {
		newDecoder("").value(&yaml.Node{Kind: yaml.MappingNode}, v, nil, &withoutTags)
	}
	return v
}

// defaultText writes a default for a table. One that its own tags refuse is no
// default: the key must be given.
func (f *field) defaultText(v reflect.Value) string {
	d := newDecoder("")
	d.checkValue(v, nil, f)
	if len(d.problems) > 0 {
		return "(required)"
	}
	text := inline(v)
	if v.Kind() == reflect.String && v.Len() > 0 {
		text = strings.Trim(text, `"`)
	}
	return "`" + cell(shorten(text)) + "`"
}

// typeText names the type of a field for a table.
func (f *field) typeText() string {
	if f.typeName != "" {
		return f.typeName
	}
	t, suffix := f.typ, ""
	if t.Kind() == reflect.Pointer {
		t, suffix = t.Elem(), " or null"
	}
	return strings.TrimPrefix(noun(t), "a ") + suffix
}

// rules says what the tags admit, for a comment.
func (f *field) rules() string {
	each := f.allowed(leafOf(f.typ))
	switch length := f.length(); {
	case length == "":
		return each
	case each == "":
		return length + " values"
	default:
		return length + " values, each " + each
	}
}

// allowedText is rules for a table, which has a column for the unit.
func (f *field) allowedText() string {
	if f.unit == "" {
		return f.rules()
	}
	return strings.TrimSuffix(f.rules(), " "+f.unit)
}

// cell makes text safe inside a Markdown table.
func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}

// sentence gives text a capital letter and a full stop.
func sentence(s string) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	r[0] = unicode.ToUpper(r[0])
	if !strings.ContainsRune(".!?", r[len(r)-1]) {
		r = append(r, '.')
	}
	return string(r)
}

// anchor is the link target Markdown viewers derive from a heading.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', r == '-':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, heading)
}
