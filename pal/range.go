package pal

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// UnmarshalYAML reads a number a as [-a, a], or a list [low, high].
func (r *Range) UnmarshalYAML(node *yaml.Node) error {
	var a float64
	if node.Decode(&a) == nil {
		*r = Range{-a, a}
		return nil
	}
	var list []float64
	if err := node.Decode(&list); err != nil || len(list) != 2 {
		return fmt.Errorf("line %d: a range is a number a (for -a to a) or a list [low, high]", node.Line)
	}
	*r = Range{list[0], list[1]}
	return nil
}

// MarshalYAML writes the form that UnmarshalYAML reads.
func (r Range) MarshalYAML() (any, error) {
	number := func(x float64) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: strconv.FormatFloat(x, 'g', -1, 64)}
	}
	if r.Low == -r.High {
		return number(r.High), nil
	}
	return &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: []*yaml.Node{number(r.Low), number(r.High)}}, nil
}
