package equation

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Names of the two states of a synapse, and of their equations in a rule.
const (
	WeightName = "w"
	DeltaName  = "delta"
)

// Rule is the plasticity of one synapse type as two expressions, both time
// derivatives:
//
//	dw/dt     = Weight
//	ddelta/dt = Delta
//
// delta is a second state of each synapse, such as a low-passed weight change;
// Delta is empty when there is none. A simulator steps both by Euler's method,
// w += dt*Weight(w, delta) and delta += dt*Delta(w, delta), and says whether w
// takes the old delta or the new one.
//
// As text a rule is "expression", for w alone, or
// "w: expression; delta: expression". In YAML it is such a string or a mapping
// with the keys w and delta.
type Rule struct {
	Weight string `yaml:"w"`
	Delta  string `yaml:"delta"`
}

// ParseRule reads the text form of a rule. It checks the form only;
// [Rule.Parse] checks the expressions.
func ParseRule(text string) (Rule, error) {
	if !strings.ContainsAny(text, ":;") {
		return newRule(map[string]string{WeightName: text})
	}
	equations := map[string]string{}
	for _, part := range strings.Split(text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, expression, ok := strings.Cut(part, ":")
		if name = strings.TrimSpace(name); !ok {
			return Rule{}, fmt.Errorf(`equation: rule part %q has no name; write "w: expression; delta: expression"`, name)
		}
		if err := addEquation(equations, name, expression); err != nil {
			return Rule{}, err
		}
	}
	return newRule(equations)
}

func addEquation(equations map[string]string, name, expression string) error {
	if name != WeightName && name != DeltaName {
		return fmt.Errorf("equation: rule has no equation for %q; allowed are w and delta", name)
	}
	if _, ok := equations[name]; ok {
		return fmt.Errorf("equation: rule has two equations for %s", name)
	}
	if i := strings.IndexAny(expression, ":;"); i >= 0 {
		return fmt.Errorf("equation: rule: the equation for %s contains %q, which no expression does", name, expression[i:i+1])
	}
	equations[name] = expression
	return nil
}

func newRule(equations map[string]string) (Rule, error) {
	for _, name := range []string{WeightName, DeltaName} {
		expression, ok := equations[name]
		if !ok && name == WeightName {
			return Rule{}, errors.New("equation: rule has no equation for w")
		}
		if ok && strings.TrimSpace(expression) == "" {
			return Rule{}, fmt.Errorf("equation: rule: the equation for %s is empty; write 0 for none", name)
		}
	}
	return Rule{
		Weight: strings.TrimSpace(equations[WeightName]),
		Delta:  strings.TrimSpace(equations[DeltaName]),
	}, nil
}

// String writes the rule in the form that ParseRule reads.
func (r Rule) String() string {
	if r.Delta == "" {
		return r.Weight
	}
	return fmt.Sprintf("%s: %s; %s: %s", WeightName, r.Weight, DeltaName, r.Delta)
}

// UnmarshalYAML reads a string in a form of ParseRule, or a mapping with the keys
// w and delta.
func (r *Rule) UnmarshalYAML(node *yaml.Node) error {
	rule, err := ruleFromYAML(node)
	if err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	*r = rule
	return nil
}

func ruleFromYAML(node *yaml.Node) (Rule, error) {
	switch node.Kind {
	case yaml.ScalarNode:
		return ParseRule(node.Value)
	case yaml.MappingNode:
		equations := map[string]string{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			if value.Kind == yaml.AliasNode {
				value = value.Alias
			}
			if value.Kind != yaml.ScalarNode {
				return Rule{}, fmt.Errorf("equation: rule: %s must be an expression", key.Value)
			}
			if err := addEquation(equations, key.Value, value.Value); err != nil {
				return Rule{}, err
			}
		}
		return newRule(equations)
	}
	return Rule{}, errors.New("equation: rule must be an expression or a mapping with the keys w and delta")
}

// MarshalYAML writes a string when there is no second state, otherwise a mapping.
func (r Rule) MarshalYAML() (any, error) {
	if r.Delta == "" {
		return r.Weight, nil
	}
	return struct {
		W     string `yaml:"w"`
		Delta string `yaml:"delta"`
	}{r.Weight, r.Delta}, nil
}

// Parse checks both expressions against the scope; delta is nil if the rule has
// no second state. Besides the errors of the package's Parse it is an error to
// use delta, if that is a synapse quantity of the scope, without an equation.
func (r Rule) Parse(scope Scope) (weight, delta *Expr, err error) {
	if weight, err = Parse(r.Weight, scope); err != nil {
		return nil, nil, fmt.Errorf("rule for w: %w", err)
	}
	if r.Delta != "" {
		if delta, err = Parse(r.Delta, scope); err != nil {
			return nil, nil, fmt.Errorf("rule for delta: %w", err)
		}
		return weight, delta, nil
	}
	weight.Walk(func(n Node) bool {
		if v, ok := n.(*Var); ok && v.Quantity.Name == DeltaName && v.Quantity.Side == Synapse {
			err = errors.New(`equation: rule for w uses delta, but there is no equation for delta; write "w: expression; delta: expression"`)
		}
		return err == nil
	})
	if err != nil {
		return nil, nil, err
	}
	return weight, nil, nil
}

// LaTeX writes the rule as aligned equations for display math. The symbols of w
// and delta are those of the scope. An equation "(...)/tau" with a scalar whose
// name is tau or begins with tau_ is shown with the time constant on the left.
func (r Rule) LaTeX(scope Scope) (string, error) {
	weight, delta, err := r.Parse(scope)
	if err != nil {
		return "", err
	}
	lines := []string{derivative(WeightName, weight, scope)}
	if delta != nil {
		lines = append(lines, derivative(DeltaName, delta, scope))
	}
	return "\\begin{aligned}\n" + strings.Join(lines, " \\\\\n") + "\n\\end{aligned}", nil
}

func derivative(name string, e *Expr, scope Scope) string {
	q, ok := scope.Lookup(name)
	if !ok {
		q = Quantity{Name: name}
	}
	left, right := `\dot{`+symbol(q)+`}`, e.root
	if quotient, ok := e.root.(*Binary); ok && quotient.Op == '/' {
		tau, ok := quotient.Y.(*Var)
		if ok && tau.Quantity.Side == Scalar && strings.HasPrefix(tau.Quantity.Name+"_", "tau_") {
			left, right = symbol(tau.Quantity)+`\,`+left, quotient.X
		}
	}
	return left + " &= " + latex(right)
}
