package mdgl

import (
	"fmt"
	"slices"
	"strconv"
)

// TypeNames returns the names of the cell types, in their order: i and e, or i_regular,
// e_regular, i_adaptive and e_adaptive, or the numbers of cells.type_of.
func (c *Config) TypeNames() []string {
	switch c.Cells.Types {
	case "ei_adaptive":
		return []string{"i_regular", "e_regular", "i_adaptive", "e_adaptive"}
	case "own":
		var names []string
		for a := range slices.Max(append([]int{0}, c.Cells.TypeOf...)) + 1 {
			names = append(names, strconv.Itoa(a))
		}
		return names
	}
	return []string{"i", "e"}
}

// CellTypes returns the type of every neuron, an index into TypeNames.
func (c *Config) CellTypes() []int {
	types := make([]int, c.Neurons())
	for j, s := range unitSigns(c.Neurons(), c.Wiring.Excitatory) {
		if s > 0 {
			types[j] = 1
		}
		if c.Cells.Types == "ei_adaptive" && j >= c.Cells.Regular {
			types[j] += 2
		}
	}
	if c.Cells.Types == "own" {
		copy(types, c.Cells.TypeOf)
	}
	return types
}

// Excitatory reports for every neuron whether it is excitatory, the inhibitory ones first.
// Without wiring.dale the signs of synapses do not follow it.
func (c *Config) Excitatory() []bool {
	e := make([]bool, c.Neurons())
	for j, s := range unitSigns(c.Neurons(), c.Wiring.Excitatory) {
		e[j] = s > 0
	}
	return e
}

// maxTypes keeps tables of pairs of types small.
const maxTypes = 64

// checkTypes checks that the cell types cover all neurons.
func (c *Config) checkTypes(fail func(path, format string, args ...any)) {
	n := &c.Cells
	if n.Types != "own" {
		if len(n.TypeOf) > 0 {
			fail("cells.type_of", "has %d entries, but cells.types is %s; it must be own, or the list empty", len(n.TypeOf), n.Types)
		}
		return
	}
	if len(n.TypeOf) != c.Neurons() {
		fail("cells.type_of", "has %d entries, but there are %d neurons, and each needs a type", len(n.TypeOf), c.Neurons())
		return
	}
	for j, a := range n.TypeOf {
		if a < 0 || a >= maxTypes {
			fail("cells.type_of", "gives neuron %d the type %d, which must be 0..%d", j, a, maxTypes-1)
			return
		}
	}
	for a := range slices.Max(n.TypeOf) {
		if !slices.Contains(n.TypeOf, a) {
			fail("cells.type_of", "has no neuron of type %d, but some of higher ones; types must be numbered without gaps", a)
			return
		}
	}
}

// checkLists checks the lengths of lists with one entry per neuron.
func (c *Config) checkLists(fail func(path, format string, args ...any)) {
	for _, l := range []struct {
		path string
		list []float64
	}{
		{"cells.membrane_taus", c.Cells.MembraneTaus}, {"cells.adaptation_taus", c.Cells.AdaptationTaus}, {"cells.adaptations", c.Cells.Adaptations},
	} {
		if n := len(l.list); n != 0 && n != c.Neurons() {
			fail(l.path, "has %d entries, want none or one for each of %d neurons", n, c.Neurons())
		}
	}
	for j, b := range c.Cells.Adaptations {
		if j < c.Cells.Regular && b != 0 {
			fail("cells.adaptations", "gives the regular neuron %d the strength %g, want 0; adaptive neurons come behind the %d regular ones", j, b, c.Cells.Regular)
			break
		}
	}
	if c.Learning.Rule == NLMDGL && c.varied() {
		fail("learning.rule", "nl_mdgl needs the same constants for all neurons, because its modulator does not know whom it comes from; cells.membrane_taus, adaptation_taus and adaptations must be empty")
	}
	if c.Learning.Form == "online" && c.varied() {
		fail("learning.form", "online needs the same constants for all neurons, so cells.membrane_taus, adaptation_taus and adaptations must be empty")
	}
}

// varied reports whether neurons have constants of their own.
func (c *Config) varied() bool {
	n := &c.Cells
	return len(n.MembraneTaus)+len(n.AdaptationTaus)+len(n.Adaptations) > 0
}

// pairs returns the number of pairs of types.
func (n *network[F]) pairs() int { return n.kinds * n.kinds }

// pair returns the index of the pair of types of a synapse i→j.
func (n *network[F]) pair(i, j int32) int { return n.kinds*int(n.types[i]) + int(n.types[j]) }

// Affinity returns the mean weights between cell types, [type of sender, type of
// receiver], as the rules use them: of the existing synapses, or with everywhere, as
// nl_mdgl does, over all pairs of neurons.
func (n *Network) Affinity(everywhere bool) [][]float64 {
	flat := n.typeMeans(everywhere)
	k := len(n.cfg.TypeNames())
	table := make([][]float64, k)
	for a := range table {
		table[a] = flat[a*k : (a+1)*k]
	}
	return table
}

func typeName(prefix, name string) string { return fmt.Sprintf("%s_%s", prefix, name) }
