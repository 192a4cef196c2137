package config

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func quoted(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 ||
		n.Style&yaml.TaggedStyle != 0 && n.ShortTag() == "!!str")
}

// show writes what n holds for a message.
func show(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch {
	case isNull(n):
		return "empty"
	case !quoted(n) && decimal.MatchString(n.Value):
		// Numbers that no number type can hold are texts to the library.
	case n.ShortTag() == "!!str":
		return fmt.Sprintf("%q", shorten(n.Value))
	}
	return shorten(n.Value)
}

// shorten keeps messages on one line.
func shorten(s string) string {
	const longest = 60
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}

// maxExpanded bounds the values of a document after each *alias is replaced
// by what it stands for, so that a small file cannot ask for the memory of a
// large one.
const maxExpanded = 1_000_000

// repetition reports aliases in top that repeat themselves or too much. After
// it found nothing, top can be walked as a tree.
func repetition(top *yaml.Node, file string) Problems {
	const open = -1 // being measured, so meeting it again is a cycle
	sizes := map[*yaml.Node]int{}
	var problems Problems
	var size func(n *yaml.Node) int
	size = func(n *yaml.Node) int {
		switch known := sizes[n]; {
		case known == open:
			problems = append(problems, Problem{
				File: file, Line: n.Line, column: n.Column, Text: fmt.Sprintf("has a value &%s that contains itself", n.Anchor),
			})
			return 0
		case known > 0:
			return known
		}
		sizes[n] = open
		sum := 1
		if n.Kind == yaml.AliasNode {
			sum = size(n.Alias)
		}
		for _, inner := range n.Content {
			sum = min(sum+size(inner), maxExpanded+1)
		}
		sizes[n] = sum
		return sum
	}
	if size(top) > maxExpanded && len(problems) == 0 {
		problems = Problems{{File: file, Line: top.Line, Text: fmt.Sprintf("has more than %d values", maxExpanded)}}
	}
	return problems
}
