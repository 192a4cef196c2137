package equation

import (
	"fmt"
	"go/token"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// Side tells where a quantity lives, and with it its shape.
type Side int

// The sides of a synapse. An expression that mixes sides has the shape of
// Synapse.
const (
	Scalar  Side = iota // one number
	Pre                 // one value per presynaptic cell, [n_pre]
	Post                // one value per postsynaptic cell, [n_post]
	Synapse             // one value per synapse, [n_pre×n_post]
)

// String names the side in lower case.
func (s Side) String() string {
	switch s {
	case Scalar:
		return "scalar"
	case Pre:
		return "pre"
	case Post:
		return "post"
	case Synapse:
		return "synapse"
	}
	return fmt.Sprintf("Side(%d)", int(s))
}

// Shape gives the array shape of the side: "scalar", "[n_pre]", "[n_post]" or
// "[n_pre×n_post]".
func (s Side) Shape() string {
	switch s {
	case Pre:
		return "[n_pre]"
	case Post:
		return "[n_post]"
	case Synapse:
		return "[n_pre×n_post]"
	}
	return s.String()
}

// join is the side on which a combination of values from s and t lives.
func (s Side) join(t Side) Side {
	switch {
	case s == t || t == Scalar:
		return s
	case s == Scalar:
		return t
	}
	return Synapse
}

// Quantity is one local variable or parameter that rules may name.
type Quantity struct {
	Name  string // Go identifier, e.g. "rate_pre"
	Side  Side   // where it lives
	Unit  string // e.g. "mV", "1/ms"; "" = dimensionless
	Doc   string // one line for people
	LaTeX string // symbol in formulas; "" = derived from Name
}

// Scope is the list of quantities that a rule may use, in the order in which
// they are shown to people. Names are unique Go identifiers that differ from the
// names of [Functions].
type Scope []Quantity

// Lookup finds the quantity called name.
func (s Scope) Lookup(name string) (Quantity, bool) {
	for _, q := range s {
		if q.Name == name {
			return q, true
		}
	}
	return Quantity{}, false
}

// Table lists the quantities for people: name, shape, unit and meaning, one
// line each, in aligned columns. A dimensionless quantity shows the unit "1".
func (s Scope) Table() string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "name\tshape\tunit\tmeaning")
	for _, q := range s {
		unit := q.Unit
		if unit == "" {
			unit = "1"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", q.Name, q.Side.Shape(), unit, q.Doc)
	}
	t.Flush()
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// check reports a scope that the language cannot address unambiguously.
func (s Scope) check() error {
	seen := make(map[string]bool, len(s))
	for _, q := range s {
		switch {
		case !token.IsIdentifier(q.Name):
			return fmt.Errorf("equation: scope: name %q must be a Go identifier", q.Name)
		case lookupFunction(q.Name) != nil:
			return fmt.Errorf("equation: scope: name %q is taken by a function", q.Name)
		case seen[q.Name]:
			return fmt.Errorf("equation: scope: name %q appears twice", q.Name)
		case q.Side < Scalar || q.Side > Synapse:
			return fmt.Errorf("equation: scope: %s: side %d must be Scalar, Pre, Post or Synapse", q.Name, int(q.Side))
		}
		seen[q.Name] = true
	}
	return nil
}

func (s Scope) names() []string {
	names := make([]string, len(s))
	for i, q := range s {
		names[i] = q.Name
	}
	return names
}

// didYouMean is the hint at the candidate nearest to name, or "" when all are
// too different to be what was meant.
func didYouMean(name string, candidates []string) string {
	length := utf8.RuneCountInString(name)
	best, bestCost := "", min(length, 2+length/4) // less than this many edits
	for _, c := range candidates {
		cost := editDistance(name, c)
		switch {
		case strings.EqualFold(name, c):
			cost = 0
		case strings.HasPrefix(c, name) && length > 1:
			cost = 1
		}
		if cost < bestCost || cost == 0 {
			best, bestCost = c, cost
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// editDistance counts the insertions, deletions and replacements of runes that
// turn a into b.
func editDistance(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	row := make([]int, len(rb)+1)
	for j := range row {
		row[j] = j
	}
	for i, ca := range ra {
		diagonal := row[0]
		row[0] = i + 1
		for j, cb := range rb {
			replace := diagonal
			if ca != cb {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(rb)]
}
