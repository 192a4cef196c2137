package mdgl

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

// nirRun follows a graph through a trial in steps of 1 ms, knowing only what the format
// says of its primitives. It returns the outputs of the nodes at every step.
func nirRun(t *testing.T, g *nirGraph, input [][]float64) []map[string][]float64 {
	t.Helper()
	sources := map[string][]string{}
	for _, e := range g.edges {
		sources[e[1]] = append(sources[e[1]], e[0])
	}
	var out []map[string][]float64
	ins := []map[string][]float64{} // what came in, for delays
	state := map[string][]float64{}
	for step, x := range input {
		now, in := map[string][]float64{}, map[string][]float64{}
		for name, n := range g.nodes {
			if n.kind == "Delay" {
				d := n.parameters["delay"].Data
				now[name] = make([]float64, len(d))
				for j := range d {
					if back := step - int(d[j]); back >= 0 {
						now[name][j] = ins[back][name][j]
					}
				}
			}
		}
		var value func(name string, depth int) []float64
		sum := func(name string, size, depth int) []float64 {
			s := make([]float64, size)
			for _, from := range sources[name] {
				for j, v := range value(from, depth+1) {
					s[j] += v
				}
			}
			return s
		}
		value = func(name string, depth int) []float64 {
			if v := now[name]; v != nil {
				return v
			}
			if depth > len(g.nodes) {
				t.Fatalf("%s is in a loop without delay", name)
			}
			n := g.nodes[name]
			p := func(key string) []float64 { return n.parameters[key].Data }
			var v []float64
			switch n.kind {
			case "Input":
				v = x
			case "Output":
				v = sum(name, int(p("shape")[0]), depth)
			case "Scale":
				v = sum(name, len(p("scale")), depth)
				for j := range v {
					v[j] *= p("scale")[j]
				}
			case "Threshold":
				v = sum(name, len(p("threshold")), depth)
				for j := range v {
					v[j] = map[bool]float64{true: 1}[v[j] > p("threshold")[j]]
				}
			case "LI":
				v = sum(name, len(p("tau")), depth)
				if state[name] == nil {
					state[name] = make([]float64, len(v))
				}
				for j := range v {
					a := math.Exp(-1 / p("tau")[j])
					v[j] = p("v_leak")[j] + a*(state[name][j]-p("v_leak")[j]) + (1-a)*p("r")[j]*v[j]
				}
				state[name] = v
			case "Linear", "Affine":
				w := n.parameters["weight"]
				from := sum(name, w.Shape[1], depth)
				v = make([]float64, w.Shape[0])
				copy(v, p("bias"))
				for k, y := range w.Data {
					v[k/w.Shape[1]] += y * from[k%w.Shape[1]]
				}
			default:
				t.Fatalf("unknown primitive %q", n.kind)
			}
			now[name] = v
			return v
		}
		for name, n := range g.nodes {
			if n.kind == "Delay" {
				in[name] = sum(name, len(n.parameters["delay"].Data), 0)
			}
			value(name, 0)
		}
		out, ins = append(out, now), append(ins, in)
	}
	return out
}

// TestNIR follows the exported graphs of both cells and compares spikes, voltage and readout
// with those of the network.
func TestNIR(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"alif": func(c *Config) {},
		"no refractoriness, own constants": func(c *Config) {
			c.Cells.Refractory = 0
			c.Cells.MembraneTaus, c.Cells.Adaptations = make([]float64, c.Neurons()), make([]float64, c.Neurons())
			for j := range c.Neurons() {
				c.Cells.MembraneTaus[j], c.Cells.Adaptations[j] = 10+float64(j), max(0, 0.1*float64(j-c.Cells.Regular))
			}
		},
		"lsnn with delays": func(c *Config) {
			c.Cells.Model, c.Cells.Delays = "lsnn", 6
			c.Cells.Regular, c.Cells.Adaptive = c.Neurons(), 0
		},
	} {
		c := short(MDGL)
		c.Precision = "float64"
		change(&c)
		task := shortTask()
		trials, err := task.Draw(1, data.Training, 0, 6)
		must(t, err)
		n, err := Build(c, task.Shape())
		must(t, err)
		for range 3 {
			_, err = n.Update(trials)
			must(t, err)
		}
		want, err := n.Watch(trials[0])
		must(t, err)
		g, err := n.nir()
		must(t, err)
		input := make([][]float64, task.Shape().Steps)
		for i := range input {
			input[i] = make([]float64, task.Shape().Channels)
		}
		for _, e := range trials[0].Events {
			input[e.Step][e.Channel] += float64(e.Value)
		}
		total := 0
		for i, now := range nirRun(t, g, input) {
			var spikes []int
			for j, z := range now["spikes"] {
				if z == 1 {
					spikes = append(spikes, j)
				}
			}
			total += len(spikes)
			if !slices.Equal(spikes, want.Spikes[i]) {
				t.Fatalf("%s: step %d: the graph has spikes of %v, the network of %v", name, i, spikes, want.Spikes[i])
			}
			for k, y := range now["output"] {
				if d := math.Abs(y - want.Readout.At(i, k)); d > 1e-9 {
					t.Fatalf("%s: step %d: readout %d is %v, want %v", name, i, k, y, want.Readout.At(i, k))
				}
			}
		}
		if total < 20 {
			t.Errorf("%s: only %d spikes, too few to compare", name, total)
		}
		// The control: without the reset the graph spikes otherwise.
		delete(g.nodes, "reset")
		g.edges = slices.DeleteFunc(g.edges, func(e [2]string) bool { return e[0] == "reset" || e[1] == "reset" })
		other := 0
		for _, now := range nirRun(t, g, input) {
			for _, z := range now["spikes"] {
				other += int(z)
			}
		}
		if other == total {
			t.Errorf("%s: the graph without reset has as many spikes", name)
		}
	}
}

func TestNIRRefuses(t *testing.T) {
	c := short(MDGL)
	c.Cells.Model = "lsnn"
	n, err := Build(c, shortTask().Shape())
	must(t, err)
	path := filepath.Join(t.TempDir(), "x.nir")
	if err := n.WriteNIR(path); err == nil || !strings.Contains(err.Error(), "cells.model must be alif") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was written")
	}
}

// TestNIRReference lets the reference implementation read and check a graph, and compares
// all parameters.
func TestNIRReference(t *testing.T) {
	py := os.Getenv("NEUROCREDIT_H5PY")
	if py == "" {
		t.Skip("SKIPPED: set NEUROCREDIT_H5PY to a python with h5py and nir to read graphs with the reference implementation")
	}
	for name, change := range map[string]func(*Config){
		"alif": func(c *Config) {},
		"lsnn": func(c *Config) {
			c.Cells.Model, c.Cells.Delays = "lsnn", 6
			c.Cells.Regular, c.Cells.Adaptive = c.Neurons(), 0
		},
	} {
		c := short(MDGL)
		change(&c)
		n, err := Build(c, shortTask().Shape())
		must(t, err)
		path := filepath.Join(t.TempDir(), name+".nir")
		must(t, n.WriteNIR(path))
		out, err := exec.Command(py, "-c", `
import sys, json, nir, numpy as np
g = nir.read(sys.argv[1])
nodes = {k: {a: np.asarray(v).ravel().tolist() for a, v in n.to_dict().items() if a not in ('type', 'metadata')} | {'type': type(n).__name__} for k, n in g.nodes.items()}
print(json.dumps({'version': nir.serialization.read_version(sys.argv[1]), 'nodes': nodes, 'edges': g.edges, 'metadata': {k: str(v) for k, v in g.metadata.items()}}))
`, path).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		var got struct {
			Version  string
			Nodes    map[string]map[string]any
			Edges    [][2]string
			Metadata map[string]string
		}
		must(t, json.Unmarshal(out, &got))
		g, err := n.nir()
		must(t, err)
		if !slices.Equal(got.Edges, g.edges) || got.Version != nirVersion || got.Metadata["time_step"] != "1 ms" {
			t.Errorf("%s: read edges %v, version %q, metadata %v", name, got.Edges, got.Version, got.Metadata)
		}
		if a, b := slices.Sorted(maps.Keys(got.Nodes)), slices.Sorted(maps.Keys(g.nodes)); !slices.Equal(a, b) {
			t.Errorf("%s: read nodes %v, want %v", name, a, b)
		}
		for k, node := range g.nodes {
			if got.Nodes[k]["type"] != node.kind {
				t.Errorf("%s: %s is a %v, want %s", name, k, got.Nodes[k]["type"], node.kind)
			}
			for key, a := range node.parameters {
				if fmt.Sprint(got.Nodes[k][key]) != fmt.Sprint(anys(a.Data)) {
					t.Errorf("%s: %s of %s differs", name, key, k)
				}
			}
		}
	}
}

func anys(x []float64) []any {
	list := make([]any, len(x))
	for i, v := range x {
		list[i] = v
	}
	return list
}
