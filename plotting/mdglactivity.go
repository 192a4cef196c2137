package plotting

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/mdgl"
)

// typeTitles are the names of the cell types of mdgl.Config.TypeNames in figures.
var typeTitles = map[string]string{
	"i": "inhibitory", "e": "excitatory", "i_regular": "inhibitory, regular", "e_regular": "excitatory, regular",
	"i_adaptive": "inhibitory, adaptive", "e_adaptive": "excitatory, adaptive",
}

func typeTitle(name string) string {
	if t := typeTitles[name]; t != "" {
		return t
	}
	return "type " + name
}

// MDGLRaster shows a trial: the input, the spikes of the network by cell type, and what
// the readout makes of them, the probabilities of the classes or, beside its target, the
// signal.
func MDGLRaster(c *mdgl.Config, trial *data.Trial, a *mdgl.Activity, title string) (*Figure, error) {
	T, K := a.Readout.Dims()
	if len(a.Spikes) != T {
		return nil, fmt.Errorf("plotting: activity of %d steps has spikes of %d", T, len(a.Spikes))
	}
	f := &Figure{Title: title, Columns: 1}
	end := [2]float64{0, float64(T)}
	wide := func(p *Panel, height float64) *Panel {
		p.XRange, p.Width, p.Height = end, 6, height
		f.Panels = append(f.Panels, p)
		return p
	}
	channels := 0
	for _, e := range trial.Events {
		channels = max(channels, int(e.Channel)+1)
	}
	inputs := make([][]float64, channels)
	for _, e := range trial.Events {
		inputs[e.Channel] = append(inputs[e.Channel], float64(e.Step))
	}
	wide(NewPanel("Input", "", "channel"), 1.1).Raster("input", inputs)

	spikes := wide(NewPanel("Network", "", "neuron"), 2.2)
	types, names := c.CellTypes(), c.TypeNames()
	trains := make([][]float64, c.Neurons())
	for t, now := range a.Spikes {
		for _, j := range now {
			if j < 0 || j >= len(trains) {
				return nil, fmt.Errorf("plotting: a spike of neuron %d, but the configuration has %d", j, len(trains))
			}
			trains[j] = append(trains[j], float64(t))
		}
	}
	for k, name := range names {
		var group [][]float64
		for j, a := range types {
			if a == k {
				group = append(group, trains[j])
			}
		}
		if len(group) > 0 {
			spikes.Raster(typeTitle(name), group)
		}
	}
	if trial.Target == nil {
		out := wide(NewPanel("Softmax of the readout", "time (ms)", "class"), 0.22*math.Max(4, float64(K)))
		out.Heat(Heat{Z: softmax(a.Readout), Label: "probability", X: end, Y: [2]float64{float64(K) - 0.5, -0.5}, Range: [2]float64{0, 1}})
		out.wholeY = true
		return f, nil
	}
	out := wide(NewPanel("Readout", "time (ms)", "signal"), 1.6)
	for k := range K {
		target := make([]float64, T)
		for t := range target {
			target[t] = trial.Target[t*K+k]
		}
		out.Lines(Line{Name: "target", Y: target, Color: 7, Dashed: true}, Line{Name: "readout", Y: mat.Col(nil, k, a.Readout)})
	}
	return f, nil
}

// rowsPerClass is the number of pixel rows of a class in the image of probabilities, so
// that classes have sharp borders.
const rowsPerClass = 24

// softmax turns logits [T, K] into probabilities [K x rowsPerClass, T].
func softmax(y *mat.Dense) *mat.Dense {
	T, K := y.Dims()
	p := mat.NewDense(K*rowsPerClass, T, nil)
	for t := range T {
		row := y.RawRowView(t)
		top, sum := math.Inf(-1), 0.0
		for _, v := range row {
			top = math.Max(top, v)
		}
		for _, v := range row {
			sum += math.Exp(v - top)
		}
		for k, v := range row {
			for r := range rowsPerClass {
				p.Set(k*rowsPerClass+r, t, math.Exp(v-top)/sum)
			}
		}
	}
	return p
}

// MDGLTraces shows the inside of single neurons in a trial: the membrane voltage and the
// threshold, with spikes above, and the adaptation of those that adapt. No
// neurons given: the adaptive neuron and the regular one that spike most.
func MDGLTraces(c *mdgl.Config, a *mdgl.Activity, title string, neurons ...int) (*Figure, error) {
	T, N := a.Voltage.Dims()
	if N != c.Neurons() {
		return nil, fmt.Errorf("plotting: activity of %d neurons, but the configuration has %d", N, c.Neurons())
	}
	if len(neurons) == 0 {
		neurons = busiest(c, a)
	}
	f := &Figure{Title: title, Columns: 1}
	for _, j := range neurons {
		if j < 0 || j >= N {
			return nil, fmt.Errorf("plotting: neuron %d, must be 0..%d", j, N-1)
		}
		kind := "regular"
		if j >= c.Cells.Regular {
			kind = "adaptive"
		}
		beta := c.Cells.Adaptation
		if len(c.Cells.Adaptations) > 0 {
			beta = c.Cells.Adaptations[j]
		}
		threshold := make([]float64, T)
		adaptation := mat.Col(nil, j, a.Adaptation)
		for t, b := range adaptation {
			threshold[t] = c.Cells.Threshold
			if j >= c.Cells.Regular {
				threshold[t] += beta * b
			}
		}
		p := NewPanel(fmt.Sprintf("Neuron %d, %s", j, kind), "time (ms)", "voltage")
		p.Width, p.Height = 6, 1.6
		voltage := mat.Col(nil, j, a.Voltage)
		p.Lines(Line{Name: "voltage", Y: voltage}, Line{Name: "threshold", Y: threshold})
		top := math.Max(slices.Max(voltage), slices.Max(threshold))
		above := top + 0.08*(top-math.Min(0, slices.Min(voltage)))
		var at, height []float64
		for t, now := range a.Spikes {
			if slices.Contains(now, j) {
				at, height = append(at, float64(t)), append(height, above)
			}
		}
		p.Scatter("spike", at, height)
		f.Panels = append(f.Panels, p)
		if j >= c.Cells.Regular {
			q := NewPanel("Its adaptation", "time (ms)", "b")
			q.Width, q.Height = 6, 0.9
			q.Lines(Line{Y: adaptation, Color: 4})
			f.Panels = append(f.Panels, q)
		}
	}
	return f, nil
}

// busiest returns the adaptive and the regular neuron with most spikes, as far as there are.
func busiest(c *mdgl.Config, a *mdgl.Activity) []int {
	counts := make([]int, c.Neurons())
	for _, now := range a.Spikes {
		for _, j := range now {
			counts[j]++
		}
	}
	top := func(from, to int) []int {
		best := from
		for j := from; j < to; j++ {
			if counts[j] > counts[best] {
				best = j
			}
		}
		if from == to {
			return nil
		}
		return []int{best}
	}
	return append(top(c.Cells.Regular, c.Neurons()), top(0, c.Cells.Regular)...)
}
