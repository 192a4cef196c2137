package hdf5

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxName is the longest name in bytes, so that a length fits into one byte.
const maxName = 255

// Group is a folder of groups and data sets.
type Group struct {
	object
	links map[string]child
}

// child is what a group can hold.
type child interface {
	writeHeader() (addr uint64, err error)
}

// object is what groups and data sets have in common.
type object struct {
	file  *File
	path  string
	attrs map[string]any
}

func newGroup(f *File, path string) *Group {
	return &Group{object{file: f, path: path}, map[string]child{}}
}

// link gives a new object a name in the group.
func (g *Group) link(name string, c child) error {
	err := checkName(name)
	switch {
	case err != nil:
	case strings.Contains(name, "/"):
		err = fmt.Errorf("name %q must not contain a slash", name)
	case name == "." || name == "..":
		err = fmt.Errorf("name %q is reserved", name)
	case g.links[name] != nil:
		err = fmt.Errorf("%s/%s exists already", g.path, name)
	}
	if err != nil {
		return g.file.wrap(err)
	}
	g.links[name] = c
	return nil
}

func checkName(name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("name %.20q of %d bytes, want 1 to %d", name, len(name), maxName)
	}
	return checkText("name", name)
}

func checkText(what, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s %.40q is not UTF-8", what, s)
	}
	if strings.Contains(s, "\x00") {
		return fmt.Errorf("%s %.40q contains a zero byte", what, s)
	}
	return nil
}

// SetAttr sets an attribute to a float64, an int, or a string, which Python
// users find as float, int, and str; setting it again replaces the value. It
// may be called until the file is closed.
func (o *object) SetAttr(name string, value any) error {
	if o.file.err != nil {
		return o.file.err
	}
	err := checkName(name)
	if err == nil {
		switch v := value.(type) {
		case float64, int:
		case string:
			err = checkText("text", v)
			if err == nil && len(v) > math.MaxInt32 {
				err = fmt.Errorf("text of %d bytes is too long", len(v))
			}
		default:
			err = fmt.Errorf("value of type %T, want float64, int or string", value)
		}
	}
	if err != nil {
		return o.file.wrap(fmt.Errorf("%s: attribute %.40q: %w", o.path, name, err))
	}
	if o.attrs == nil {
		o.attrs = map[string]any{}
	}
	o.attrs[name] = value
	return nil
}

// attributeMessages puts long values into the heap and returns the messages.
func (o *object) attributeMessages() ([]message, error) {
	var list []message
	for _, name := range slices.Sorted(maps.Keys(o.attrs)) {
		var dtype, data []byte
		switch v := o.attrs[name].(type) {
		case float64:
			dtype, data = Float64.encode(), le.AppendUint64(nil, math.Float64bits(v))
		case int:
			dtype, data = int64Type, le.AppendUint64(nil, uint64(v))
		case string:
			dtype = stringType
			var err error
			if data, err = o.file.heap.put(o.file, v); err != nil {
				return nil, err
			}
		}
		scalar := []byte{2, 0, 0, 0}
		b := []byte{3, 0} // version, flags
		b = le.AppendUint16(b, uint16(len(name)+1))
		b = le.AppendUint16(b, uint16(len(dtype)))
		b = le.AppendUint16(b, uint16(len(scalar)))
		b = append(b, utf8Charset)
		b = append(b, name+"\x00"...)
		list = append(list, message{msgAttribute, 0, slices.Concat(b, dtype, scalar, data)})
	}
	return list, nil
}

// writeHeader writes all objects of the group, then its own header.
func (g *Group) writeHeader() (uint64, error) {
	info := le.AppendUint64([]byte{0, 0}, undefined) // version, flags, no heap of links
	info = le.AppendUint64(info, undefined)          // no index of names
	list := []message{{msgLinkInfo, 0, info}, {msgGroupInfo, 0, []byte{0, 0}}}
	for _, name := range slices.Sorted(maps.Keys(g.links)) {
		addr, err := g.links[name].writeHeader()
		if err != nil {
			return 0, err
		}
		b := []byte{1, 1 << 4, utf8Charset, byte(len(name))} // version, flags: charset given
		b = append(b, name...)
		list = append(list, message{msgLink, 0, le.AppendUint64(b, addr)})
	}
	attrs, err := g.attributeMessages()
	if err != nil {
		return 0, err
	}
	return g.file.writeMessages(append(list, attrs...))
}
