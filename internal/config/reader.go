package config

import (
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Reader reads the configurations of all runs in a file. It knows the files of one
// model, whose configuration is the struct C with the seed under the key "seed".
type Reader[C any] struct {
	System      string                        // name of the model in experiment files and errors
	Experiments fs.FS                         // with experiments/<name>.yaml: those that have names
	Preset      func(name string) (*C, error) // as in [Runs]
	Name        func(c *C) *string            // where a configuration has the name of its run

	// Published reads a file in a format of its own. It returns nothing for any other
	// file. Nil: there is no such format.
	Published func(text []byte, file string) ([]C, error)
}

// Names lists the experiments that have names.
func (r *Reader[C]) Names() []string {
	entries, _ := fs.ReadDir(r.Experiments, "experiments") // embedded: cannot fail
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Read reads a file, or the experiment of that name, with the assignments of [Set]
// for all runs.
func (r *Reader[C]) Read(file string, set ...string) ([]C, error) {
	text, err := os.ReadFile(file)
	if err != nil && slices.Contains(r.Names(), file) { // also beside a folder of that name, such as one of results
		text, err = fs.ReadFile(r.Experiments, "experiments/"+file+".yaml")
	}
	if err != nil {
		hint := ""
		if !strings.ContainsAny(file, "./") {
			hint = fmt.Sprintf("; experiments that come with neurocredit: %v", r.Names())
		}
		return nil, fmt.Errorf("%s: %w%s", r.System, err, hint)
	}
	return r.Parse(text, file, set...)
}

// Parse is Read for the content of a file. The name of the file is told in errors.
func (r *Reader[C]) Parse(text []byte, file string, set ...string) ([]C, error) {
	configs, err := r.resolved(text, file)
	if err != nil {
		return nil, err
	}
	for i := range configs {
		if err := Set(&configs[i], set...); err != nil {
			return nil, err
		}
		if err := CheckName(*r.Name(&configs[i])); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if configs != nil {
		return configs, nil
	}
	e, err := ParseExperiment(text, file, r.System)
	if err != nil {
		return nil, err
	}
	runs, err := Runs(e, "seed", r.Preset, set...)
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		*r.Name(run.Config) = run.Name
		configs = append(configs, *run.Config)
	}
	return configs, nil
}

// whyComplete tells what a file that gives only some keys should be.
const whyComplete = "; a single configuration gives every key, only an experiment, with the keys system, preset and base, just those that it changes"

// resolved reads a file that holds complete configurations: one with keys of the
// configuration and none that only experiments have. It returns none for an experiment.
func (r *Reader[C]) resolved(text []byte, file string) ([]C, error) {
	if r.Published != nil {
		if configs, err := r.Published(text, file); configs != nil || err != nil {
			return configs, err
		}
	}
	top, err := parseYAML(text, file)
	if err != nil || top == nil || top.Kind != yaml.MappingNode {
		return nil, err
	}
	own, plan := names(fieldsOf(reflect.TypeFor[C]())), names(fieldsOf(reflect.TypeFor[experimentFile]()))
	single := false
	for i := 0; i < len(top.Content); i += 2 {
		switch key := top.Content[i].Value; {
		case slices.Contains(plan, key):
			if !slices.Contains(own, key) {
				return nil, nil
			}
		case slices.Contains(own, key):
			single = true
		}
	}
	if !single {
		return nil, nil
	}
	var c C
	if err := DecodeComplete(top, &c, file, whyComplete); err != nil {
		return nil, err
	}
	return []C{c}, nil
}
