package config

import (
	"bytes"
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Encode writes v, a struct or a pointer to one, as YAML that [Decode] reads
// back without any difference. Keys follow the order of the fields, those of
// maps are sorted. A float always has a decimal point and, where it has an
// exponent, a signed one, so that other YAML readers take it for a float too.
//
// What [Check] refuses is not written, because it could not be read again. A
// type that writes itself can cause other errors.
func Encode(v any) ([]byte, error) { return encode(v, false) }

// EncodeCommented is [Encode] with the meaning, unit and allowed values of the
// keys as comments.
func EncodeCommented(v any) ([]byte, error) { return encode(v, true) }

func encode(v any, commented bool) ([]byte, error) {
	if err := Check(v); err != nil {
		return nil, err
	}
	n, err := writer{commented}.node(addressable(valueOf(v)), nil)
	if err != nil {
		return nil, err
	}
	return marshal(n)
}

func marshal(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return nil, fmt.Errorf("config: writing YAML: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("config: writing YAML: %w", err)
	}
	return b.Bytes(), nil
}

// A writer turns values into nodes.
type writer struct{ commented bool }

// node writes v, which must be addressable.
func (w writer) node(v reflect.Value, p *path) (*yaml.Node, error) {
	if v.Type() == nodeType {
		n := v.Interface().(yaml.Node) // a copy, which may get a comment
		return &n, nil
	}
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
		}
		return w.node(addressable(v.Elem()), p)
	}
	if m, ok := asInterface[yaml.Marshaler](v); ok {
		replacement, err := m.MarshalYAML()
		if err != nil {
			return nil, fmt.Errorf("config: %v: %w", p, err)
		}
		return w.node(addressable(reflect.ValueOf(&replacement).Elem()), p)
	}
	if m, ok := asInterface[encoding.TextMarshaler](v); ok {
		text, err := m.MarshalText()
		if err != nil {
			return nil, fmt.Errorf("config: %v: %w", p, err)
		}
		return textNode(string(text)), nil
	}
	switch v.Kind() {
	case reflect.Struct:
		return w.structure(v, p)
	case reflect.Map:
		return w.mapping(v, p)
	case reflect.Slice, reflect.Array:
		return w.list(v, p)
	case reflect.String:
		return textNode(v.String()), nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: formatScalar(v)}, nil
}

func (w writer) structure(v reflect.Value, p *path) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range fieldsOf(v.Type()) {
		value := v.FieldByIndex(f.index)
		if f.omitEmpty && isEmpty(value) {
			continue
		}
		inner, err := w.node(value, p.key(f.name))
		if err != nil {
			return nil, err
		}
		key := textNode(f.name)
		if w.commented {
			if inner.Kind == yaml.ScalarNode || inner.Style&yaml.FlowStyle != 0 {
				inner.LineComment = f.comment()
			} else {
				key.HeadComment = f.comment()
			}
		}
		n.Content = append(n.Content, key, inner)
	}
	return flowIfEmpty(n), nil
}

func (w writer) mapping(v reflect.Value, p *path) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.MappingNode}
	mapKey(v.Type(), "")
	for _, key := range sortedKeys(v) {
		name := key.String()
		inner, err := w.node(addressable(v.MapIndex(key)), p.key(name))
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, textNode(name), inner)
	}
	return flowIfEmpty(n), nil
}

// list writes lists of scalars on one line and others one entry per line.
func (w writer) list(v reflect.Value, p *path) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for i := range v.Len() {
		inner, err := w.node(addressable(v.Index(i)), p.index(i))
		if err != nil {
			return nil, err
		}
		if inner.Kind == yaml.MappingNode && len(inner.Content) > 0 {
			n.Style = 0
		}
		n.Content = append(n.Content, inner)
	}
	return n, nil
}

// flowIfEmpty makes the braces of an empty mapping visible to the caller.
func flowIfEmpty(n *yaml.Node) *yaml.Node {
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}

// comment is what a key means, for the line it stands on.
func (f *field) comment() string {
	inBrackets := f.rules()
	if inBrackets == "" {
		inBrackets = f.unit
	}
	text := strings.Join(strings.Fields(f.doc), " ")
	if inBrackets != "" {
		text = strings.TrimSpace(text + " (" + inBrackets + ")")
	}
	if text == "" {
		return ""
	}
	return "# " + text
}

// plainText matches texts that every YAML reader takes for text. The words
// some readers take for something else are excluded below.
var (
	plainText  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./+-]*( [A-Za-z0-9_./+-]+)*$`)
	takenWords = regexp.MustCompile(`(?i)^(y|yes|n|no|on|off|true|false|null|nan|inf)$`)
)

func textNode(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if !plainText.MatchString(s) || takenWords.MatchString(s) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// isEmpty is what omitempty means.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

// addressable returns v, or a copy of it that has an address.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// inline writes v on one line for messages and tables.
func inline(v reflect.Value) string {
	n, err := writer{}.node(addressable(v), nil)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	switch {
	case n.Kind == 0:
		return "null"
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str":
		return fmt.Sprintf("%q", shorten(n.Value))
	case n.Kind == yaml.ScalarNode:
		return n.Value
	}
	if len(n.Content) == 0 && n.Kind == yaml.MappingNode {
		return "{}"
	}
	flow := *n
	flow.Style |= yaml.FlowStyle
	text, err := marshal(&flow)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return strings.TrimSpace(string(text))
}
