package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/equation"
)

// systems are the models behind the commands. One more is one more adaptor.
var systems = []system{dendriticSystem, palSystem, mdglSystem, leSystem}

// system is a model: a package with presets, experiments and training.
type system interface {
	about() *info
	preset(name string) (settings, error)
	read(file string, set ...string) ([]settings, error)
	saved(file string) (settings, error) // by this program, perhaps by an earlier version of it
	trainAll(ctx context.Context, runs []settings, o *options) ([]*outcome, error)
	load(ctx context.Context, dir string) (*outcome, error)
	benchmark(s settings) (*benchmark, error)
}

// info is what the commands tell of a system.
type info struct {
	name        string   // as the key system of experiment files has it
	experiments []string // that come with it
	presets     []string // by their full names
	presetForms string   // what presets there are, for people
	benchmarks  []string // presets that bench measures
	model       string   // page of docs/models; "": that of its name
	intro       string   // of the manual of settings, Markdown
	unit        string   // of the work of a run, plural
	passes      string   // what its length is counted in: the key of the setting

	// groups are the synapse groups whose rules are equations, in the order of the
	// signal; none if rules are chosen by name.
	groups  []ruleGroup
	scope   func(group string) (equation.Scope, error)
	rules   []namedRule
	ruleKey string        // the setting that names one of them
	own     []ownEquation // those of a rule of one's own among rules
}

// ruleGroup is a synapse group with a plasticity rule.
type ruleGroup struct {
	name, meaning string
	published     equation.Rule
}

// namedRule is a learning rule that is not an equation.
type namedRule struct{ name, meaning string }

// ownEquation is the setting that holds an equation of a rule of one's own.
type ownEquation struct {
	key, meaning string
	scope        equation.Scope
}

// settings are those of one run.
type settings interface {
	of() system
	name() string
	seed() uint64
	renamed(name string, seed uint64) settings // a copy
	config() any                               // a pointer, for package config
	amounts() amounts
}

// amounts is what a run takes.
type amounts struct {
	work       int64 // in the unit of the system; 0: known only when the data are read
	recordings int64 // bytes
	precision  string
	note       string // what must be told with every result
}

// options say how runs are carried out, as those of every package.
type options struct {
	dir             string
	resume          bool
	progress        io.Writer
	workers         int
	engine, backend string
}

// outcome is what a run has come to.
type outcome struct {
	settings
	dir     string
	done    bool
	reached int     // passes
	points  int     // of the learning curve
	values  []value // what the table shows, in its order
	result  any     // the package's own
}

// value is a number of the table. NaN: not known yet.
type value struct {
	name   string
	x      float64
	format string // of fmt; "" is %.2f
}

// benchmark is a short form of a run.
type benchmark struct {
	lengthen func(passes int) (work int64)
	run      func(ctx context.Context, o *options, runs int) error // with seeds of their own
}

// copies makes runs that differ in their seeds from c.
func copies[C any](c *C, runs int, set func(c *C, i int)) []C {
	list := make([]C, runs)
	for i := range list {
		list[i] = *c
		set(&list[i], i)
	}
	return list
}

// model makes a system of a package with the configurations C and the results R.
type model[C, R any] struct {
	info
	presetOf func(name string) (*C, error)
	readAll  func(file string, set ...string) ([]C, error)
	train    func(ctx context.Context, configs []C, o *options) ([]*R, error)
	loadDir  func(ctx context.Context, dir string) (*R, error)
	head     func(c *C) (name string, seed uint64)
	rename   func(c *C, name string, seed uint64)
	sizes    func(c *C) amounts
	toldBy   func(r *R) (c *C, o outcome)
	shorten  func(c *C) (*benchmark, error)
}

func (m *model[C, R]) about() *info { return &m.info }

func (m *model[C, R]) preset(name string) (settings, error) {
	c, err := m.presetOf(name)
	if err != nil {
		return nil, err
	}
	return &one[C, R]{m, c}, nil
}

func (m *model[C, R]) read(file string, set ...string) ([]settings, error) {
	configs, err := m.readAll(file, set...)
	if err != nil {
		return nil, err
	}
	return m.wrap(configs), nil
}

func (m *model[C, R]) saved(file string) (settings, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var c C
	return &one[C, R]{m, &c}, config.Decode(text, &c, file)
}

func (m *model[C, R]) wrap(configs []C) []settings {
	list := make([]settings, len(configs))
	for i := range configs {
		list[i] = &one[C, R]{m, &configs[i]}
	}
	return list
}

func (m *model[C, R]) trainAll(ctx context.Context, runs []settings, o *options) ([]*outcome, error) {
	configs := make([]C, len(runs))
	for i, s := range runs {
		configs[i] = *s.(*one[C, R]).c
	}
	results, err := m.train(ctx, configs, o)
	outcomes := make([]*outcome, len(results))
	for i, r := range results {
		if r != nil {
			outcomes[i] = m.outcomeOf(r)
		}
	}
	return outcomes, err
}

func (m *model[C, R]) load(ctx context.Context, dir string) (*outcome, error) {
	r, err := m.loadDir(ctx, dir)
	if err != nil {
		return nil, err
	}
	return m.outcomeOf(r), nil
}

func (m *model[C, R]) outcomeOf(r *R) *outcome {
	c, o := m.toldBy(r)
	o.settings, o.result = &one[C, R]{m, c}, r
	return &o
}

func (m *model[C, R]) benchmark(s settings) (*benchmark, error) {
	c := *s.(*one[C, R]).c
	return m.shorten(&c)
}

// one is a configuration as settings.
type one[C, R any] struct {
	m *model[C, R]
	c *C
}

func (s *one[C, R]) of() system       { return s.m }
func (s *one[C, R]) name() string     { name, _ := s.m.head(s.c); return name }
func (s *one[C, R]) seed() uint64     { _, seed := s.m.head(s.c); return seed }
func (s *one[C, R]) config() any      { return s.c }
func (s *one[C, R]) amounts() amounts { return s.m.sizes(s.c) }

func (s *one[C, R]) renamed(name string, seed uint64) settings {
	c := *s.c
	s.m.rename(&c, name, seed)
	return &one[C, R]{s.m, &c}
}

// variantOf is the name of a run without its seed.
func variantOf(s settings) string {
	return strings.TrimSuffix(s.name(), fmt.Sprintf("_seed_%d", s.seed()))
}

// resultsOf returns the results of outcomes in the type of their package.
func resultsOf[R any](outcomes []*outcome) []*R {
	var list []*R
	for _, o := range outcomes {
		if o != nil {
			list = append(list, o.result.(*R))
		}
	}
	return list
}

func systemNames() []string {
	var names []string
	for _, s := range systems {
		names = append(names, s.about().name)
	}
	return names
}

func systemNamed(name string) (system, error) {
	if i := slices.Index(systemNames(), name); i >= 0 {
		return systems[i], nil
	}
	return nil, fmt.Errorf("there is no system %q%s, only %s", name, didYouMean("", config.Nearest(name, systemNames())), strings.Join(systemNames(), ", "))
}

// distance counts the top-level keys of a configuration that the system does not
// have, and those of the system that are missing. It tells whether there is one that
// both have, the name aside.
func distance(s system, keys []string) (n int, shared bool) {
	defaults, err := s.preset("")
	if err != nil {
		return len(keys) + 1, false
	}
	t := reflect.TypeOf(defaults.config()).Elem()
	var known []string
	for i := range t.NumField() {
		name, option, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		known = append(known, name)
		if option != "omitempty" && !slices.Contains(keys, name) {
			n++
		}
	}
	for _, k := range keys {
		if !slices.Contains(known, k) {
			n++
		} else if k != "name" {
			shared = true
		}
	}
	return n, shared
}
