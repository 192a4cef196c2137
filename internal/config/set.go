package config

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Set changes single values of the configuration v points to, as a command
// line does: each assignment is "path=value", such as
//
//	dt=0.01
//	learning_rates.down=[0, 0.5]
//	record[0].every=10
//	rule=pal
//
// The value is YAML. For a text it is taken as it stands, unless it begins with
// a quote. An index must exist already. Later assignments win over earlier
// ones; all are done before anything is checked, and as in [Decode] v is left
// alone if there is any problem. Set panics as Decode does.
func Set(v any, assignments ...string) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		panic("config: the target of Set must be a pointer that is not nil")
	}
	d := newDecoder("")
	value := d.copyOf(target.Elem())
	d.root = value.Type()
	d.assign(value, assignments)
	d.check(value)
	if err := d.problems.err(); err != nil {
		return err
	}
	target.Elem().Set(value)
	return nil
}

// assign carries out assignments on v.
func (d *decoder) assign(v reflect.Value, assignments []string) {
	outer, lines := d.file, d.oneLine
	defer func() { d.file, d.oneLine = outer, lines }()
	d.oneLine = true
	for _, a := range assignments {
		d.file = "set " + shorten(a)
		key, text, found := strings.Cut(a, "=")
		key = strings.TrimSpace(key)
		steps, ok := splitPath(key)
		switch {
		case !found:
			d.complain(strconv.Quote(a), "is no assignment, expected path=value")
		case !ok:
			d.complain(strconv.Quote(key), `is no path, expected one such as "dt", "learning_rates.up" or "record[0].every"`)
		default:
			d.step(v, steps, nil, &withoutTags, strings.TrimSpace(text))
		}
	}
}

func (d *decoder) complain(subject, text string) {
	d.problems = append(d.problems, Problem{File: d.file, Path: subject, Text: text})
}

// pathSteps matches one step of a path and the separator before it.
var pathSteps = regexp.MustCompile(`^(?:\.?([^.\[\]="\s]+)|\[([0-9]+)\]|\[("(?:[^"\\]|\\.)*")\])`)

// splitPath undoes path.String. An index is returned as its digits.
func splitPath(s string) (steps []string, ok bool) {
	if s == "" || s[0] == '.' {
		return nil, false
	}
	for rest := s; rest != ""; {
		m := pathSteps.FindStringSubmatch(rest)
		if m == nil || len(steps) > 0 && m[1] != "" && rest[0] != '.' {
			return nil, false
		}
		step := m[1] + m[2]
		if m[3] != "" {
			var err error
			if step, err = strconv.Unquote(m[3]); err != nil {
				return nil, false
			}
		}
		steps = append(steps, step)
		rest = rest[len(m[0]):]
	}
	return steps, true
}

// step goes down one step from v, or sets v if none is left. Like the rest of
// the decoder it changes copies of what pointers, maps and lists hold.
func (d *decoder) step(v reflect.Value, steps []string, p *path, f *field, text string) {
	if len(steps) == 0 {
		d.set(v, p, f, text)
		return
	}
	name, rest := steps[0], steps[1:]
	at := &yaml.Node{}
	switch v.Kind() {
	case reflect.Pointer:
		fresh := reflect.New(v.Type().Elem())
		if !v.IsNil() {
			fresh.Elem().Set(v.Elem())
		} else {
			// This assignment is why the rest of the struct is there.
			d.places[p.String()] = d.place(at)
		}
		d.step(fresh.Elem(), steps, p, f, text)
		v.Set(fresh)
	case reflect.Struct:
		fields := fieldsOf(v.Type())
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
		if i < 0 {
			d.report(at, p.unknown(name), "is not a known key%s", d.unknownHint(name, v.Type()))
			return
		}
		d.step(v.FieldByIndex(fields[i].index), rest, p.key(name), &fields[i], text)
	case reflect.Map:
		copied := reflect.MakeMap(v.Type())
		for _, key := range v.MapKeys() {
			copied.SetMapIndex(key, v.MapIndex(key))
		}
		key := mapKey(v.Type(), name)
		element := reflect.New(v.Type().Elem()).Elem()
		if old := v.MapIndex(key); old.IsValid() {
			element.Set(old)
		} else {
			d.places[p.key(name).String()] = d.place(at)
		}
		d.step(element, rest, p.key(name), f, text)
		copied.SetMapIndex(key, element)
		v.Set(copied)
	case reflect.Slice, reflect.Array:
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= v.Len() {
			d.report(at, p, "has %s, so there is no [%s]", count(v.Len()), name)
			return
		}
		if v.Kind() == reflect.Slice {
			v.Set(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v))
		}
		d.step(v.Index(i), rest, p.index(i), f, text)
	default:
		d.report(at, p.key(name), "is not a known key; %v is %s", p, noun(v.Type()))
	}
}

// set reads text into v.
func (d *decoder) set(v reflect.Value, p *path, f *field, text string) {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if v.Kind() != reflect.String || strings.HasPrefix(text, `"`) || strings.HasPrefix(text, "'") {
		top, err := parseYAML([]byte(text), "")
		if err == nil && top != nil {
			if tooMuch := repetition(top, ""); tooMuch != nil {
				err = tooMuch
			}
		}
		if err != nil {
			reason := err.(Problems)[0].Text
			d.report(n, p, "is %q, which %s", shorten(text), reason)
			return
		}
		if n = top; n == nil {
			n = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
		}
	}
	d.value(n, v, p, f)
}
