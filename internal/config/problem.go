package config

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Problem is one thing that is wrong with a configuration.
type Problem struct {
	File string // name of the file, or the assignment given to [Set]; "" for a value filled in Go
	Line int    // line in the file, counted from 1; 0 if the value is not in the file
	Path string // key from the top, such as "network.eta.up" or "record[0].every"; "" for the whole
	Text string // what is wrong and what is allowed; a sentence whose subject is Path

	column int // orders the problems of one line
}

// Error returns the problem on one line, as "file:line: path text".
func (p Problem) Error() string {
	var b strings.Builder
	switch {
	case p.File != "" && p.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", p.File, p.Line)
	case p.File != "":
		fmt.Fprintf(&b, "%s: ", p.File)
	case p.Line > 0:
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Path == "" {
		b.WriteString("the document")
	} else {
		b.WriteString(p.Path)
	}
	b.WriteString(" " + p.Text)
	return b.String()
}

// Problems are all the problems of one configuration in the order of their
// lines. It is the type of every error of this package that a user can cause;
// get at it with [errors.As].
type Problems []Problem

// shownProblems bounds the length of a message. One wrong indentation can
// make every line of a file a problem.
const shownProblems = 20

// Error returns one problem as it is, and several below a line that counts them.
func (ps Problems) Error() string {
	if len(ps) == 1 {
		return ps[0].Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems:", len(ps))
	for i, p := range ps {
		if i == shownProblems {
			fmt.Fprintf(&b, "\n  and %d more", len(ps)-i)
			break
		}
		b.WriteString("\n  " + p.Error())
	}
	return b.String()
}

// Unwrap returns the problems as errors, for [errors.As] with a [Problem].
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// err sorts ps by line, drops repetitions and returns nil if nothing is left.
// Problems without a line come last, in the order they were found.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	line := func(p Problem) int {
		if p.Line == 0 {
			return math.MaxInt
		}
		return p.Line
	}
	sorted := slices.Clone(ps)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(line(a), line(b)), cmp.Compare(a.column, b.column))
	})
	seen := make(map[Problem]bool, len(sorted))
	return slices.DeleteFunc(sorted, func(p Problem) bool {
		again := seen[p]
		seen[p] = true
		return again
	})
}

// A path is the way from the top of a configuration to one of its values.
// The nil path is the top.
type path struct {
	parent *path
	step   string // ".key", "[3]" or `["odd key"]`
}

func (p *path) key(name string) *path {
	if !plainKey(name) {
		return &path{p, fmt.Sprintf("[%q]", name)}
	}
	return &path{p, "." + name}
}

// unknown is key for a name that came from outside, shown as it was written if
// that is readable.
func (p *path) unknown(name string) *path {
	if plainKey(strings.ReplaceAll(name, ".", "")) {
		return &path{p, "." + shorten(name)}
	}
	return p.key(shorten(name))
}

func (p *path) index(i int) *path { return &path{p, fmt.Sprintf("[%d]", i)} }

func (p *path) String() string {
	if p == nil {
		return ""
	}
	var steps []string
	for ; p != nil; p = p.parent {
		steps = append(steps, p.step)
	}
	slices.Reverse(steps)
	return strings.TrimPrefix(strings.Join(steps, ""), ".")
}

// join puts a path found inside a value behind the path of the value.
func (p *path) join(inner string) *path {
	switch {
	case inner == "":
		return p
	case inner[0] == '[':
		return &path{p, inner}
	}
	return &path{p, "." + inner}
}

// plainKey reports whether name can stand in a path without quotes.
func plainKey(name string) bool {
	if name == "" {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return strings.ContainsRune(".[]=\"", r) || r <= ' ' || r == 0x7f
	})
}
