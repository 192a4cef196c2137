package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Run is one run of an experiment. C is the configuration of its model.
type Run[C any] struct {
	Name    string // <experiment>_<variant>_seed_<seed>, fit for a file's name; no two runs of an experiment share it
	Variant string // "" if the experiment has no variants
	Seed    uint64
	Config  *C // complete, checked, and shared with no other run
}

// Runs makes the configuration of each run of e: all seeds of the first
// variant, then those of the second, and so on. It starts from what preset
// returns for the name in e, which is "" if the file has none, and changes it by
// base, by the variant, by the assignments in set, which are those of [Set], and
// by the seed. Structs and maps are merged by key in each step, lists replaced.
//
// The path seedKey, "seed" in most models, leads to the seed in C, an integer.
// An experiment without seeds has one run per variant, with the seed it finds
// there. An experiment that also sets the seed in base, a variant or set is
// wrong, and so is one that sets the key name there: it would have no effect.
//
// The problems of all runs are returned together as [Problems], each once and
// with its line in the file; one that not all variants have names the variants.
// An error of preset is returned as it is, behind the file and line.
func Runs[C any](e *Experiment, seedKey string, preset func(name string) (*C, error), set ...string) ([]Run[C], error) {
	steps, ok := splitPath(seedKey)
	if !ok {
		panic(fmt.Sprintf("config: the key of the seed %q is no path", seedKey))
	}
	variants, changes := e.Variants, e.variants
	if len(variants) == 0 {
		variants, changes = []string{""}, []*yaml.Node{nil}
	}
	seeds := make([]*yaml.Node, max(1, len(e.Seeds)))
	for i, seed := range e.Seeds {
		seeds[i] = nest(steps, &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.FormatUint(seed, 10), Line: e.seedsLine})
	}
	var runs []Run[C]
	var found findings
	for i, variant := range variants {
		for _, seed := range seeds {
			defaults, err := preset(e.Preset)
			if err != nil {
				return nil, e.presetError(err)
			}
			c := *defaults
			d := newDecoder(e.file)
			value := reflect.ValueOf(&c).Elem()
			d.expand(value, []*yaml.Node{e.base, changes[i]}, set, seed, strings.Join(steps, "."))
			found.add(variant, d.problems)
			text, number := seedIn(value, steps)
			runs = append(runs, Run[C]{runName(e.Name, variant, text), variant, number, &c})
		}
	}
	if err := found.problems(len(variants)).err(); err != nil {
		return nil, err
	}
	return runs, nil
}

func runName(experiment, variant, seed string) string {
	if variant != "" {
		experiment += "_" + variant
	}
	return experiment + "_seed_" + seed
}

func (e *Experiment) presetError(err error) error {
	if e.Preset == "" {
		return fmt.Errorf("%s: %w", e.file, err)
	}
	return fmt.Errorf("%s:%d: preset is %q: %w", e.file, e.presetAt.line, e.Preset, err)
}

// expand changes the defaults v to the configuration of a run.
func (d *decoder) expand(v reflect.Value, changes []*yaml.Node, set []string, seed *yaml.Node, seedPath string) {
	d.root = v.Type()
	for _, n := range changes {
		if n != nil {
			d.value(n, v, nil, &withoutTags)
		}
	}
	d.assign(v, set)
	if at, given := d.places["name"]; given {
		d.wrong["name"] = true
		d.problems = append(d.problems, at.problem("name", "cannot be set: the runs of an experiment are named by the experiment, the variant and the seed"))
	}
	if seed != nil {
		if at, twice := d.places[seedPath]; twice {
			d.wrong[seedPath] = true
			d.problems = append(d.problems, at.problem(seedPath,
				fmt.Sprintf("is set here and by seeds on line %d; keep one of them", seed.Line)))
		}
		d.value(seed, v, nil, &withoutTags)
	}
	d.check(v)
}

// nest wraps n into mappings, so that it stands at the path of steps.
func nest(steps []string, n *yaml.Node) *yaml.Node {
	for i := len(steps) - 1; i >= 0; i-- {
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: steps[i], Line: n.Line}
		n = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{key, n}, Line: n.Line}
	}
	return n
}

// seedIn reads the seed at steps below v. It panics if there is no integer.
func seedIn(v reflect.Value, steps []string) (text string, number uint64) {
	for _, name := range steps {
		for v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		var next reflect.Value
		if v.Kind() == reflect.Struct {
			for _, f := range fieldsOf(v.Type()) {
				if f.name == name {
					next = v.FieldByIndex(f.index)
				}
			}
		}
		if !next.IsValid() {
			panic(fmt.Sprintf("config: no seed at %q", strings.Join(steps, ".")))
		}
		v = next
	}
	switch {
	case v.CanUint():
		return formatScalar(v), v.Uint()
	case v.CanInt():
		return formatScalar(v), uint64(v.Int())
	}
	panic(fmt.Sprintf("config: the seed at %q is no integer", strings.Join(steps, ".")))
}

// findings collects problems with the variants that have them.
type findings struct {
	order    []Problem
	variants map[Problem][]string
}

func (f *findings) add(variant string, problems Problems) {
	if f.variants == nil {
		f.variants = map[Problem][]string{}
	}
	for _, p := range problems {
		known, again := f.variants[p]
		if !again {
			f.order = append(f.order, p)
		}
		if !again || known[len(known)-1] != variant {
			f.variants[p] = append(known, variant)
		}
	}
}

// problems lists the findings in n variants. It names the variants of those
// that not all of them have.
func (f *findings) problems(n int) Problems {
	var list Problems
	for _, p := range f.order {
		if in := f.variants[p]; len(in) < n {
			noun := "variant"
			if len(in) > 1 {
				noun = "variants"
			}
			p.Text += fmt.Sprintf(" (%s %s)", noun, strings.Join(in, ", "))
		}
		list = append(list, p)
	}
	return list
}
