package config

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// An Experiment is a plan for several runs of one model that differ in named
// ways and in their seeds. As a file:
//
//	system: dendritic        # which model
//	preset: yin-yang         # optional: where the defaults come from
//	name: feedback           # optional: the file's name without extension
//	description: Does ...?   # optional
//	base:                    # optional: changes to the preset for all runs
//	  epochs: 400
//	variants:                # optional: changes to base, one set of runs each
//	  fa:  {rule: fa}
//	  pal: {rule: pal, learning_rates: {down: [0, 0.5]}}
//	seeds: {first: 123456, count: 10}   # optional: or a list, [1, 2, 3]
//
// [Runs] makes the configurations of the runs from it.
type Experiment struct {
	Name        string   // first part of the names of the runs
	Description string   // free text
	System      string   // model whose configuration base and variants change
	Preset      string   // name of a set of defaults; "" for those of the model
	Variants    []string // in the order of the file; none if the experiment varies seeds only
	Seeds       []uint64 // in the order of the file; none if the file leaves the seed to base

	file      string
	presetAt  place
	base      *yaml.Node   // nil if absent
	variants  []*yaml.Node // as Variants
	seedsLine int
}

// experimentFile is the top level of an experiment file.
type experimentFile struct {
	System      string    `yaml:"system" doc:"model that is run"`
	Preset      string    `yaml:"preset" doc:"set of defaults to start from"`
	Name        string    `yaml:"name" doc:"first part of the names of the runs"`
	Description string    `yaml:"description" doc:"free text"`
	Base        yaml.Node `yaml:"base" doc:"changes to the defaults for all runs"`
	Variants    yaml.Node `yaml:"variants" doc:"changes to base, by the name of the variant"`
	Seeds       yaml.Node `yaml:"seeds" doc:"seeds of the runs of each variant"`
}

// seedRange is the short form of a list of seeds.
type seedRange struct {
	First uint64 `yaml:"first" doc:"first seed"`
	Count uint64 `yaml:"count" min:"1" max:"10000" doc:"number of seeds"`
}

// fileName matches names that can be part of a file's name everywhere.
var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}$`)

const fileNameRule = "must begin with a letter or digit and hold only letters, digits and _ . + -"

// nameOfRun matches names of runs, which an experiment puts together from its own, that of
// a variant, and a seed.
var nameOfRun = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.+-]{0,239}$`)

// CheckName returns an error unless name can be the name of a run, and so of its results
// directory.
func CheckName(name string) error {
	if nameOfRun.MatchString(name) {
		return nil
	}
	return Problems{{Path: "name", Text: fmt.Sprintf("is %q, %s, at most 240 characters", shorten(name), fileNameRule)}}
}

// ParseExperiment reads an experiment file. The names of the known systems make
// a wrong system an error; without any, all names are taken. What base and the
// variants contain is checked by [Runs], which knows the configuration of the
// system. The error is of type [Problems].
func ParseExperiment(data []byte, file string, systems ...string) (*Experiment, error) {
	top, err := parseYAML(data, file)
	if err != nil {
		return nil, err
	}
	if top == nil {
		return nil, Problems{{File: file, Text: "is empty, expected an experiment with the key system"}}
	}
	if tooMuch := repetition(top, file); tooMuch != nil {
		return nil, tooMuch.err()
	}
	d := newDecoder(file)
	var content experimentFile
	root := d.copyOf(valueOf(content))
	d.root = root.Type()
	d.value(top, root, nil, &withoutTags)
	content = root.Interface().(experimentFile)
	e := &Experiment{
		Name: content.Name, Description: content.Description,
		System: content.System, Preset: content.Preset,
		file: file, presetAt: d.places["preset"],
	}
	if !d.wrong[""] {
		d.names(e, systems)
		if d.places["base"].line > 0 && !isNull(&content.Base) {
			e.base = &content.Base
			d.isMapping(e.base, (*path)(nil).key("base"))
		}
		d.variants(e, &content.Variants)
		d.seeds(e, &content.Seeds)
	}
	if err := d.problems.err(); err != nil {
		return nil, err
	}
	return e, nil
}

// names checks system and name.
func (d *decoder) names(e *Experiment, systems []string) {
	system, name := (*path)(nil).key("system"), (*path)(nil).key("name")
	expected := "the name of a model"
	if len(systems) > 0 {
		expected = "one of " + listNames(systems)
	}
	_, given := d.places["system"]
	switch {
	case d.wrong["system"]:
	case !given:
		d.violation(system, "is missing, expected "+expected)
	case e.System == "":
		d.violation(system, `is "", expected `+expected)
	case len(systems) > 0 && !slices.Contains(systems, e.System):
		hint := ""
		if near := Nearest(e.System, systems); near != "" {
			hint = "; did you mean " + near + "?"
		}
		d.violation(system, fmt.Sprintf("is %q, must be %s%s", shorten(e.System), expected, hint))
	}
	_, named := d.places["name"]
	if !named {
		base := filepath.Base(d.file)
		e.Name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	switch {
	case d.wrong["name"] || fileName.MatchString(e.Name):
	case named:
		d.violation(name, fmt.Sprintf("is %q, %s", shorten(e.Name), fileNameRule))
	default:
		d.violation(name, fmt.Sprintf("is not given and the file's name %q cannot stand in for it: it %s", shorten(e.Name), fileNameRule))
	}
}

// isMapping reports whether n is a mapping, and if not, complains.
func (d *decoder) isMapping(n *yaml.Node, p *path) bool {
	if n.Kind != yaml.MappingNode {
		d.report(n, p, "is %s, expected a mapping with keys of the configuration", show(n))
		return false
	}
	return true
}

// variants lists the variants in node n.
func (d *decoder) variants(e *Experiment, n *yaml.Node) {
	at := (*path)(nil).key("variants")
	if d.places["variants"].line == 0 {
		return
	}
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		d.report(n, at, "is %s, expected a mapping from names to changes, such as {fa: {rule: fa}}", showEmpty(n))
		return
	}
	lower := map[string]string{}
	for _, pair := range d.pairs(n, at) {
		name, value := pair.key.Value, pair.value
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if !fileName.MatchString(name) {
			d.report(pair.key, at, "has the name %q, which %s", shorten(name), fileNameRule)
		}
		if other, taken := lower[strings.ToLower(name)]; taken {
			d.report(pair.key, at.key(name), "differs from %s in case only, so their files would clash on some systems", other)
		}
		lower[strings.ToLower(name)] = name
		if isNull(value) {
			value = nil
		} else {
			d.isMapping(value, at.key(name))
		}
		e.Variants = append(e.Variants, name)
		e.variants = append(e.variants, value)
	}
}

// seeds lists the seeds in node n.
func (d *decoder) seeds(e *Experiment, n *yaml.Node) {
	at := (*path)(nil).key("seeds")
	if d.places["seeds"].line == 0 {
		return
	}
	e.seedsLine = d.places["seeds"].line
	switch {
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0:
		list := d.copyOf(valueOf([]uint64{}))
		d.value(n, list, at, &withoutTags)
		e.Seeds = list.Interface().([]uint64)
		first := map[uint64]int{}
		for i, seed := range e.Seeds {
			if j, twice := first[seed]; twice && !d.wrong[at.index(i).String()] {
				d.violation(at.index(i), fmt.Sprintf("is %d again, as %v", seed, at.index(j)))
			} else if !twice {
				first[seed] = i
			}
		}
	case n.Kind == yaml.MappingNode:
		short := d.copyOf(valueOf(seedRange{}))
		d.value(n, short, at, &withoutTags)
		d.checkValue(short, at, &withoutTags)
		r := short.Interface().(seedRange)
		if d.anyWrong(at) {
			return
		}
		if _, given := d.places["seeds.first"]; !given {
			d.violation(at.key("first"), "is not given, expected the first seed")
			return
		}
		if r.First > math.MaxUint64-r.Count {
			d.violation(at, fmt.Sprintf("ends after the largest seed, %d", uint64(math.MaxUint64)))
			return
		}
		for i := range r.Count {
			e.Seeds = append(e.Seeds, r.First+i)
		}
	default:
		d.report(n, at, "is %s, expected a list such as [1, 2, 3] or a range such as {first: 1, count: 3}", showEmpty(n))
	}
}

// showEmpty is show, which does not tell empty lists and mappings from others.
func showEmpty(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode && len(n.Content) == 0 {
		return "empty"
	}
	return show(n)
}
