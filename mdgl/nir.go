package mdgl

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/neurocredit/neurocredit/internal/hdf5"
)

// nirVersion is the version of the format, as the reference implementation counts.
const nirVersion = "1.0.8"

// nirNode is a node of a graph in the Neuromorphic Intermediate Representation: a
// primitive and its parameters.
type nirNode struct {
	kind       string
	parameters map[string]Array
}

// nirGraph is a set of named nodes, and edges from one to another. What several edges
// bring to a node adds up.
type nirGraph struct {
	nodes map[string]nirNode
	edges [][2]string
}

// WriteNIR writes the network as a graph of the Neuromorphic Intermediate Representation
// (Pedersen and others, Nature Communications 15, 8122, 2024), an HDF5 file that nir.read
// reads. docs/models/mdgl.md, section 11, draws the graph.
//
// The graph says everything with the primitives of the format: the reset by subtraction, adaptation
// and refractoriness are nodes of their own, and every delay is one too, so no loop is
// without. Times are in ms. A signal lasts for a step of 1 ms; a program that follows the
// leaky integrators exactly (v ← α v + (1-α) I) in such steps gets our spikes.
// Current noise is left out. An adaptive neuron of the lsnn cell has no graph: the reset by
// its threshold is a product of two signals. That is an error.
func (n *Network) WriteNIR(path string) error {
	g, err := n.nir()
	if err != nil {
		return err
	}
	if err := g.write(path, n.cfg.Name); err != nil {
		return fmt.Errorf("mdgl: %w", err)
	}
	return nil
}

// nir returns the graph.
func (n *Network) nir() (*nirGraph, error) {
	c, err := n.Export()
	if err != nil {
		return nil, err
	}
	k := &n.cfg.Cells
	N, lsnn, adaptive := n.cfg.Neurons(), k.Model == "lsnn", slices.ContainsFunc(c["beta"].Data, func(b float64) bool { return b != 0 })
	if lsnn && adaptive {
		return nil, errors.New("mdgl: no NIR graph for adaptive neurons of cells.model lsnn: it has no primitive for their reset, a product of two signals; " +
			"cells.model must be alif, or cells.adaptive 0")
	}
	g := &nirGraph{nodes: map[string]nirNode{}}
	same := func(x float64) Array { return Array{[]int{N}, slices.Repeat([]float64{x}, N)} }
	vector := func(f func(j int) float64) Array {
		a := same(0)
		for j := range a.Data {
			a.Data[j] = f(j)
		}
		return a
	}
	integrator := func(tau Array) nirNode {
		return nirNode{"LI", map[string]Array{"tau": tau, "r": same(1), "v_leak": same(0)}}
	}
	scale := func(s Array) nirNode { return nirNode{"Scale", map[string]Array{"scale": s}} }
	delay := func(steps int) nirNode { return nirNode{"Delay", map[string]Array{"delay": same(float64(steps))}} }
	shape := func(kind string, n int) nirNode {
		return nirNode{kind, map[string]Array{"shape": {[]int{1}, []float64{float64(n)}}}}
	}

	g.nodes["input"] = shape("Input", n.shape.Channels)
	g.nodes["membrane"] = integrator(c["tau_v"])
	g.nodes["spikes"] = nirNode{"Threshold", map[string]Array{"threshold": same(k.Threshold)}}
	g.nodes["last_spikes"] = delay(1)
	g.chain("spikes", "last_spikes")
	g.synapses("w_in", "input", c["w_in"], c["delay_in"])
	g.synapses("w_rec", "last_spikes", c["w_rec"], c["delay_rec"])

	alpha := func(j int) float64 { return math.Exp(-1 / c["tau_v"].Data[j]) }
	g.nodes["reset"] = scale(vector(func(j int) float64 { return -k.Threshold / (1 - alpha(j)) }))
	g.chain("last_spikes", "reset", "membrane")
	if lsnn { // spikes follow from the voltage of the step before
		g.nodes["last_membrane"] = delay(1)
		g.chain("membrane", "last_membrane", "spikes")
	} else {
		g.chain("membrane", "spikes")
	}
	if adaptive {
		g.nodes["adaptation"] = integrator(c["tau_a"])
		g.nodes["raise_threshold"] = scale(vector(func(j int) float64 { return -c["beta"].Data[j] }))
		g.chain("last_spikes", "adaptation", "raise_threshold", "spikes")
	}
	g.refractory(k.Refractory, delay, scale(same(-refractoryNIR*k.Threshold)))

	g.nodes["readout"] = integrator(same(k.ReadoutTau))
	g.nodes["w_out"] = nirNode{"Affine", map[string]Array{"weight": c["w_out"].transposed(), "bias": c["b_out"]}}
	g.nodes["output"] = shape("Output", n.shape.Outputs)
	g.chain("spikes", "readout", "w_out", "output")
	return g, nil
}

// refractoryNIR times the threshold is what keeps a neuron silent after a spike.
const refractoryNIR = 1e6

// refractory adds what keeps neurons from spiking for some steps after a spike.
func (g *nirGraph) refractory(steps int, delay func(int) nirNode, silence nirNode) {
	if steps == 0 {
		return
	}
	g.nodes["refractoriness"] = silence
	g.chain("last_spikes", "refractoriness", "spikes")
	for d := 1; d < steps; d++ {
		name := fmt.Sprintf("refractory_%d", d)
		g.nodes[name] = delay(d)
		g.chain("last_spikes", name, "refractoriness")
	}
}

// synapses adds weights [pre, post] to the membrane, a matrix for every delay there is.
func (g *nirGraph) synapses(name, from string, w, delays Array) {
	present := map[float64]bool{0: true}
	for i, d := range delays.Data {
		if w.Data[i] != 0 {
			present[d] = true
		}
	}
	for _, d := range slices.Sorted(maps.Keys(present)) {
		part := Array{w.Shape, make([]float64, len(w.Data))}
		for i, x := range w.Data {
			if delays.Data[i] == d {
				part.Data[i] = x
			}
		}
		matrix := name
		if d > 0 {
			matrix = fmt.Sprintf("%s_%g", name, d)
		}
		g.nodes[matrix] = nirNode{"Linear", map[string]Array{"weight": part.transposed()}}
		if d == 0 {
			g.chain(from, matrix, "membrane")
			continue
		}
		N := w.Shape[1]
		g.nodes[matrix+"_delay"] = nirNode{"Delay", map[string]Array{"delay": {[]int{N}, slices.Repeat([]float64{d}, N)}}}
		g.chain(from, matrix, matrix+"_delay", "membrane")
	}
}

// chain adds edges from each node to the next.
func (g *nirGraph) chain(names ...string) {
	for i := range len(names) - 1 {
		g.edges = append(g.edges, [2]string{names[i], names[i+1]})
	}
}

// transposed returns a matrix with its axes exchanged.
func (a Array) transposed() Array {
	rows, cols := a.Shape[0], a.Shape[1]
	t := Array{[]int{cols, rows}, make([]float64, len(a.Data))}
	for i, x := range a.Data {
		t.Data[i%cols*rows+i/cols] = x
	}
	return t
}

// write writes the graph in the layout of the reference implementation.
func (g *nirGraph) write(path, name string) error {
	f, err := hdf5.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	text := func(group, key, value string) error {
		to, err := f.Group(group)
		if err != nil {
			return err
		}
		return hdf5.WriteArray(to, key, []string{value})
	}
	edges := make([]string, 0, 2*len(g.edges))
	for _, e := range g.edges {
		edges = append(edges, e[0], e[1])
	}
	node, err := f.Group("node")
	if err != nil {
		return err
	}
	err = errors.Join(text("", "version", nirVersion), text("node", "type", "NIRGraph"), hdf5.WriteArray(node, "edges", edges, len(g.edges), 2),
		text("node/metadata", "source", "neurocredit"), text("node/metadata", "name", name), text("node/metadata", "time_step", "1 ms"))
	if err != nil {
		return err
	}
	for name, n := range g.nodes {
		at := "node/nodes/" + name
		if err := text(at, "type", n.kind); err != nil {
			return err
		}
		to, err := f.Group(at)
		if err != nil {
			return err
		}
		for key, a := range n.parameters {
			if key == "shape" {
				err = hdf5.WriteArray(to, key, []int{int(a.Data[0])}, 1)
			} else {
				err = hdf5.WriteArray(to, key, a.Data, a.Shape...)
			}
			if err != nil {
				return err
			}
		}
	}
	return f.Close()
}
