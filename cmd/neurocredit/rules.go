package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/equation"
)

// ruleGroups are the synapse groups that have rules, in the order of the signal.
var ruleGroups = []string{"up", "p2i", "i2p", "down"}

// groupMeaning says what the synapses of a group connect.
var groupMeaning = map[string]string{
	"up":   "bottom-up synapses, onto basal dendrites",
	"p2i":  "pyramidal cells to interneurons of the same level",
	"i2p":  "interneurons to apical dendrites of the same level",
	"down": "top-down synapses, onto apical dendrites",
}

func newRules() *cobra.Command {
	c := &cobra.Command{
		Use:   "rules [GROUP]",
		Short: "Show plasticity rules and the quantities they may use",
		Long: `Rules shows the published plasticity rule of each synapse group (up, p2i, i2p, down) and
the local quantities from which a rule of your own can be written. A rule is the time
derivative of the weight w, or "w: ...; delta: ..." with a second state delta of each
synapse. Use it with train --rule or under learning.rules in a configuration.`,
		Example: `  neurocredit rules
  neurocredit rules down
  neurocredit rules check down "eta*(noise_post*rate_pre - alpha*w)"`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			groups := ruleGroups
			if len(args) > 0 {
				groups = args
			}
			for i, g := range groups {
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				if err := printGroup(cmd.OutOrStdout(), g); err != nil {
					return err
				}
			}
			if len(args) > 0 {
				printFunctions(cmd.OutOrStdout())
			}
			return nil
		},
	}
	c.AddCommand(newRulesCheck())
	return c
}

func newRulesCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check GROUP EQUATION",
		Short: "Check a rule of your own",
		Example: `  neurocredit rules check down "eta*(noise_post*rate_pre - alpha*w)"
  neurocredit rules check up "w: delta/dt; delta: (dt*eta*rate_post*rate_pre - delta)/tau"`,
		Args: arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			scope, err := ruleScope(args[0])
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
}

// ruleScope is dendritic.RuleScope with a suggestion in its error.
func ruleScope(group string) (equation.Scope, error) {
	scope, err := dendritic.RuleScope(group)
	if err != nil {
		err = fmt.Errorf("%w%s", err, didYouMean("", config.Nearest(group, ruleGroups)))
	}
	return scope, err
}

// printGroup shows the published rule of a group and its quantities.
func printGroup(w io.Writer, group string) error {
	scope, err := ruleScope(group)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: %s\n\n", group, groupMeaning[group])
	if err := printRule(w, publishedRule(group), scope); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s", scope.Table())
	return nil
}

func publishedRule(group string) dendritic.Rule {
	r := dendritic.PublishedRules()
	return map[string]dendritic.Rule{"up": r.Up, "p2i": r.P2I, "i2p": r.I2P, "down": r.Down}[group]
}

func printRule(w io.Writer, rule dendritic.Rule, scope equation.Scope) error {
	latex, err := rule.LaTeX(scope)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "rule   %v\nLaTeX  %s\n", rule, strings.ReplaceAll(strings.TrimSpace(latex), "\n", "\n       "))
	return nil
}

// cost says how a rule is computed, which decides how fast a run is.
func cost(rule dendritic.Rule, scope equation.Scope) string {
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
