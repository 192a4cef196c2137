// Package config reads, checks, writes, compares and documents configurations
// that are plain Go structs, and experiment files that vary them.
//
// It knows no model. A science package declares a struct and fills in its
// defaults; everything else follows from the field tags:
//
//	type Config struct {
//		Seed   uint32    `yaml:"seed" doc:"seed of all random numbers"`
//		Dt     float64   `yaml:"dt" unit:"ms" min:"0" exclusive:"min" doc:"time step"`
//		Rule   string    `yaml:"rule" enum:"fa,pal" doc:"learning rule"`
//		Levels []int     `yaml:"levels" minlen:"3" min:"1" doc:"neurons per level"`
//		Eta    Rates     `yaml:"learning_rates" doc:"learning rates"`
//		Record []Probe   `yaml:"record" doc:"what is recorded"`
//		Stop   *float64  `yaml:"stop" unit:"ms" doc:"end of learning, null for never"`
//	}
//
// # Tags
//
//   - yaml: the key, as in go.yaml.in/yaml/v3, with the options omitempty and
//     inline. A field without a key is known by its name in lower case. A key
//     "-" hides the field from everything in this package.
//   - doc, unit: what the key means, and its unit. They are shown in messages,
//     in [EncodeCommented] and in [Reference].
//   - min, max: bounds, written as a value of the field's own type ("0", "1e-3",
//     "200ms"). exclusive:"min", "max" or "min,max" leaves the bound out.
//   - enum: the allowed values, separated by commas.
//   - minlen, maxlen: how many values a list or a map may hold.
//   - type: a name for the type in messages and in [Reference], for types that
//     read themselves.
//
// On a list, map or pointer, min, max and enum hold for each value in it.
// Floating-point numbers must always be finite. A tag that makes no sense, or a
// field of a type that has no place in a config (a channel, an interface), is a
// mistake of the programmer and panics.
//
// # Types
//
// Booleans, integers, floats, strings, [time.Duration], pointers, lists, arrays,
// maps with string keys, structs and [yaml.Node] are read by this package. A type
// with a method UnmarshalYAML(*yaml.Node) error or UnmarshalText reads itself,
// and may call [DecodeNode] to do so: the problems that call finds keep their
// lines. A type with MarshalYAML or MarshalText writes itself.
//
// A struct with conditions that concern several fields implements [Checker].
//
// # Reading
//
// Reading is strict and led by the type of the field, not by the look of the
// value: an unquoted no is a text where a text is wanted and an error where
// true or false is wanted. A key that is unknown, given twice, of the wrong
// type or out of range is an error, never a warning. Keys that are not in the
// file keep the value they had; for [DecodeComplete], and so for a single
// configuration that a [Reader] reads, they are an error. Structs and maps are merged by key, lists are
// replaced as a whole. An empty list or map becomes nil, so {} removes all keys
// of a map. A key without a value is an error unless the field is a pointer,
// which becomes nil.
//
// All problems of a file are found in one go and returned as [Problems].
package config
