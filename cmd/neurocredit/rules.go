package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/equation"
)

// microcircuitGroups are the synapse groups of microcircuits with their published
// rules.
func microcircuitGroups(up, p2i, i2p, down equation.Rule) []ruleGroup {
	return []ruleGroup{
		{"up", "bottom-up synapses, onto basal dendrites", up},
		{"p2i", "pyramidal cells to interneurons of the same level", p2i},
		{"i2p", "interneurons to apical dendrites of the same level", i2p},
		{"down", "top-down synapses, onto apical dendrites", down},
	}
}

func groupNames(i *info) []string {
	var names []string
	for _, g := range i.groups {
		names = append(names, g.name)
	}
	return names
}

func newRules() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "rules [GROUP]",
		Short: "Show plasticity rules and the quantities they may use",
		Long: `Rules shows the published plasticity rule of each synapse group (up, p2i, i2p, down) and
the local quantities from which a rule of your own can be written. A rule is the time
derivative of the weight w, or "w: ...; delta: ..." with a second state delta of each
synapse. Use it with train --rule or under learning.rules in a configuration. The rules of
mdgl and le are chosen by name, and one of mdgl is yours.`,
		Example: `  neurocredit rules
  neurocredit rules down --system pal
  neurocredit rules check down "eta*(noise_post*rate_pre - alpha*w)"`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := systemNamed(name)
			if err != nil {
				return err
			}
			i, w := s.about(), cmd.OutOrStdout()
			if len(i.rules) > 0 {
				return printRules(w, i, args)
			}
			groups := groupNames(i)
			if len(args) > 0 {
				groups = args
			}
			for k, g := range groups {
				if k > 0 {
					fmt.Fprintln(w)
				}
				if err := printGroup(w, i, g); err != nil {
					return err
				}
			}
			if len(args) > 0 {
				printFunctions(w)
			}
			return nil
		},
	}
	c.PersistentFlags().StringVar(&name, "system", "dendritic", "system that the rules are for: "+strings.Join(systemNames(), ", "))
	c.AddCommand(newRulesCheck(&name))
	return c
}

// printRules lists rules that are chosen by name, or shows the equation of that name.
func printRules(w io.Writer, i *info, names []string) error {
	own := i.own
	if len(names) > 0 {
		o, err := ownNamed(i, names[0])
		if err != nil {
			return err
		}
		own = []ownEquation{o}
	} else {
		fmt.Fprintf(w, "%s is one of\n", i.ruleKey)
		for _, r := range i.rules {
			fmt.Fprintf(w, "  %-10s  %s\n", r.name, r.meaning)
		}
		if len(own) > 0 {
			fmt.Fprintln(w)
		}
	}
	for k, o := range own {
		if k > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s: %s\n\n%s", o.key, o.meaning, o.scope.Table())
	}
	if len(own) > 0 {
		printFunctions(w)
	}
	return nil
}

// ownNamed returns the equation of a system whose rules are chosen by name.
func ownNamed(i *info, key string) (ownEquation, error) {
	var known []string
	for _, o := range i.own {
		if o.key == key {
			return o, nil
		}
		known = append(known, o.key)
	}
	if len(known) == 0 {
		return ownEquation{}, fmt.Errorf("%s has no equations as rules; neurocredit rules --system %[1]s lists those it has", i.name)
	}
	return ownEquation{}, fmt.Errorf("%s has no synapse groups with equations, and %q%s is none of the equations of a rule of one's own: %s",
		i.name, key, didYouMean("", config.Nearest(key, known)), strings.Join(known, ", "))
}

func newRulesCheck(name *string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check GROUP EQUATION",
		Short: "Check a rule of your own",
		Long: `Check reads the rule of a synapse group (up, p2i, i2p, down), or for mdgl an equation of a rule
of your own (learning.signal, learning.secretion) with the cell types of the paper, and prints
it as it is understood. An equation that begins with a minus stands behind --.`,
		Example: `  neurocredit rules check down "eta*(noise_post*rate_pre - alpha*w)"
  neurocredit rules check up "w: delta/dt; delta: (dt*eta*rate_post*rate_pre - delta)/tau"
  neurocredit rules check i2p -- "-eta*apical_post*last_rate_pre"
  neurocredit rules check learning.signal "L + 0.5*M" --system mdgl`,
		Args: arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := systemNamed(*name)
			if err != nil {
				return err
			}
			if len(s.about().rules) > 0 {
				return checkOwn(cmd.OutOrStdout(), s.about(), args[0], args[1])
			}
			scope, err := ruleScope(s.about(), args[0])
			if err != nil {
				return err
			}
			rule, err := equation.ParseRule(args[1])
			if err != nil {
				return err
			}
			if err := printRule(cmd.OutOrStdout(), rule, scope); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "cost   %s\n", cost(rule, scope))
			return nil
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return fmt.Errorf("%w; an equation that begins with a minus stands behind --, as in: rules check i2p -- \"-eta*w\"", err)
	})
	return cmd
}

// checkOwn checks an equation of a rule of one's own.
func checkOwn(w io.Writer, i *info, key, text string) error {
	o, err := ownNamed(i, key)
	if err != nil {
		return err
	}
	e, err := equation.Parse(text, o.scope)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	_, err = fmt.Fprintf(w, "%s  %v\n%-*s  %s\n", key, e, len(key), "LaTeX", e.LaTeX())
	return err
}

// ruleScope lists the quantities of a group, with a suggestion in its error.
func ruleScope(i *info, group string) (equation.Scope, error) {
	scope, err := i.scope(group)
	if err != nil {
		err = fmt.Errorf("%w%s", err, didYouMean("", config.Nearest(group, groupNames(i))))
	}
	return scope, err
}

// printGroup shows the published rule of a group and its quantities.
func printGroup(w io.Writer, i *info, group string) error {
	scope, err := ruleScope(i, group)
	if err != nil {
		return err
	}
	g := i.groups[slices.Index(groupNames(i), group)]
	fmt.Fprintf(w, "%s: %s\n\n", g.name, g.meaning)
	if err := printRule(w, g.published, scope); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s", scope.Table())
	return nil
}

func printRule(w io.Writer, rule equation.Rule, scope equation.Scope) error {
	latex, err := rule.LaTeX(scope)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "rule   %v\nLaTeX  %s\n", rule, strings.ReplaceAll(strings.TrimSpace(latex), "\n", "\n       "))
	return nil
}

// cost says how a rule is computed, which decides how fast a run is.
func cost(rule equation.Rule, scope equation.Scope) string {
	weight, delta, err := rule.Parse(scope)
	if err != nil {
		return err.Error()
	}
	for _, e := range []*equation.Expr{weight, delta} {
		if e == nil {
			continue
		}
		if _, ok := e.Split(); !ok {
			return "computed synapse by synapse, because it is no sum of products post*pre*synapse; slower"
		}
	}
	return "a sum of products post*pre*synapse; fast"
}

func printFunctions(w io.Writer) {
	fmt.Fprintln(w, "\noperations + - * / and parentheses, and the functions")
	for _, f := range equation.Functions() {
		fmt.Fprintf(w, "  %-18s  %s\n", f.Use, f.Doc)
	}
}
