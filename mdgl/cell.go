package mdgl

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// Cell is a trained network as a plain dictionary of arrays, for other programs and for
// networks of the same constants here. The names are those of the original code:
//
//	w_in [channels, N], w_rec [N, N], w_out [N, outputs], b_out [outputs]
//	delay_in, delay_rec   as the weights: extra delay in ms, 0 without synapse
//	tau_v, tau_a, beta    [N], ms and 1
//	thr, dampening_factor, n_ref, tau_out   a number each
//	excitatory, type      [N]: 1 or 0; index into Config.TypeNames
type Cell map[string]Array

// Array is an array of a Cell, row-major. A number has no shape.
type Array struct {
	Shape []int
	Data  []float64
}

// Export returns the network as a dictionary. Moments of the optimiser are not part of it.
func (n *Network) Export() (Cell, error) {
	c := Cell{}
	for name, group := range map[string]string{"w_in": "in", "w_rec": "recurrent", "w_out": "out", "b_out": "bias"} {
		w, err := n.weights(group)
		if err != nil {
			return nil, err
		}
		c.set(name, w)
	}
	c["b_out"] = Array{[]int{n.shape.Outputs}, c["b_out"].Data}
	in, rec := n.delays()
	c.set("delay_in", in)
	c.set("delay_rec", rec)
	p := newPerNeuron[float64](&n.cfg)
	N := n.cfg.Neurons()
	list := func(name string, value func(j int) float64) {
		a := Array{[]int{N}, make([]float64, N)}
		for j := range a.Data {
			a.Data[j] = value(j)
		}
		c[name] = a
	}
	list("tau_v", func(j int) float64 { return -1 / math.Log(p.alpha[j]) })
	list("tau_a", func(j int) float64 { return -1 / math.Log(p.rho[j]) })
	list("beta", func(j int) float64 { return p.beta[j] })
	types, excitatory := n.cfg.CellTypes(), n.cfg.Excitatory()
	list("type", func(j int) float64 { return float64(types[j]) })
	list("excitatory", func(j int) float64 {
		if excitatory[j] {
			return 1
		}
		return 0
	})
	k := &n.cfg.Cells
	for name, x := range map[string]float64{"thr": k.Threshold, "dampening_factor": k.Dampening, "n_ref": float64(k.Refractory), "tau_out": k.ReadoutTau} {
		c[name] = Array{nil, []float64{x}}
	}
	return c, nil
}

func (c Cell) set(name string, m *mat.Dense) {
	rows, cols := m.Dims()
	c[name] = Array{[]int{rows, cols}, slices.Clone(m.RawMatrix().Data)}
}

// Import takes weights, wiring and delays from a dictionary. Where a signed weight is 0 there will
// be no synapse, unless wiring.rewiring is anywhere. Constants that the dictionary holds must be
// those of the configuration, to six digits. Optimiser and count of updates begin anew.
func (n *Network) Import(c Cell) error {
	own, err := n.Export()
	if err != nil {
		return err
	}
	for name := range c {
		if _, ok := own[name]; !ok {
			return fmt.Errorf("mdgl: cell: unknown array %q", name)
		}
	}
	for name, want := range own {
		got, ok := c[name]
		weight := strings.HasPrefix(name, "w_") || name == "b_out" || strings.HasPrefix(name, "delay_")
		switch {
		case !ok && (strings.HasPrefix(name, "w_") || name == "b_out"):
			return fmt.Errorf("mdgl: cell: array %s is missing", name)
		case !ok:
			continue
		case !slices.Equal(got.Shape, want.Shape) || len(got.Data) != len(want.Data):
			return fmt.Errorf("mdgl: cell: %s has shape %v, want %v", name, got.Shape, want.Shape)
		}
		for i, x := range got.Data {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("mdgl: cell: %s[%d] is %v, must be finite", name, i, x)
			}
			if !weight && math.Abs(x-want.Data[i]) > 1e-6*math.Abs(want.Data[i]) {
				return fmt.Errorf("mdgl: cell: %s[%d] is %v, but the configuration has %v", name, i, x, want.Data[i])
			}
		}
	}
	limit := float64(n.cfg.Cells.Delays)
	for _, name := range []string{"delay_in", "delay_rec"} {
		for i, d := range c[name].Data {
			if d < 0 || d >= limit || d != math.Trunc(d) {
				return fmt.Errorf("mdgl: cell: %s[%d] is %v, want a whole number below cells.delays (%v)", name, i, d, limit)
			}
		}
	}
	if N := n.cfg.Neurons(); n.cfg.Wiring.Dale {
		for _, g := range []struct {
			name   string
			signed bool
		}{{"w_rec", n.cfg.Wiring.Recurrent > 0}, {"w_out", n.cfg.Wiring.Out > 0}} {
			for i, w := range c[g.name].Data {
				j := i / (len(c[g.name].Data) / N)
				if g.signed && w*(2*own["excitatory"].Data[j]-1) < 0 {
					return fmt.Errorf("mdgl: cell: %s has the weight %v from neuron %d, whose sign is the other one", g.name, w, j)
				}
			}
		}
		signs := make([]float64, n.shape.Channels) // which channels inhibit is not in the dictionary
		for i, w := range c["w_in"].Data {
			j := i / N
			if n.cfg.Wiring.In > 0 && w*signs[j] < 0 {
				return fmt.Errorf("mdgl: cell: w_in has the weight %v from channel %d, which has weights of the other sign too", w, j)
			}
			signs[j] = cmp.Or(w, signs[j])
		}
	}
	return n.replace(c)
}

// WriteNPZ writes the dictionary as an archive of NumPy arrays, readable with numpy.load.
func (c Cell) WriteNPZ(path string) error {
	dir, err := os.MkdirTemp("", "cell")
	if err != nil {
		return fmt.Errorf("mdgl: %w", err)
	}
	defer os.RemoveAll(dir)
	var text strings.Builder
	archive := zip.NewWriter(&text)
	names := make([]string, 0, len(c))
	for name := range c {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		file := filepath.Join(dir, name+".npy")
		if err := npy.WriteArray(file, c[name].Data, c[name].Shape...); err != nil {
			return fmt.Errorf("mdgl: %w", err)
		}
		array, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("mdgl: %w", err)
		}
		w, err := archive.Create(name + ".npy")
		if err == nil {
			_, err = w.Write(array)
		}
		if err != nil {
			return fmt.Errorf("mdgl: %s: %w", path, err)
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("mdgl: %s: %w", path, err)
	}
	if err := experiment.WriteFile(path, []byte(text.String())); err != nil {
		return fmt.Errorf("mdgl: %w", err)
	}
	return nil
}

// maxArray is the size of an array in an archive up to which it is read.
const maxArray = 1 << 30

// ReadNPZ reads what WriteNPZ, or numpy.savez with arrays of floating-point numbers, wrote.
func ReadNPZ(path string) (Cell, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("mdgl: %s: %w", path, err)
	}
	defer archive.Close()
	dir, err := os.MkdirTemp("", "cell")
	if err != nil {
		return nil, fmt.Errorf("mdgl: %w", err)
	}
	defer os.RemoveAll(dir)
	c := Cell{}
	for i, f := range archive.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			return nil, fmt.Errorf("mdgl: %s: %q is not an array", path, f.Name)
		}
		if c[name], err = readArray(f, filepath.Join(dir, fmt.Sprint(i))); err != nil {
			return nil, fmt.Errorf("mdgl: %s: %s: %w", path, f.Name, err)
		}
	}
	return c, nil
}

func readArray(f *zip.File, to string) (a Array, err error) {
	if f.UncompressedSize64 > maxArray {
		return a, fmt.Errorf("has %d bytes, at most %d are read", f.UncompressedSize64, maxArray)
	}
	in, err := f.Open()
	if err != nil {
		return a, err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return a, err
	}
	_, err = io.Copy(out, io.LimitReader(in, maxArray))
	if err = errors.Join(err, out.Close()); err != nil {
		return a, err
	}
	r, err := npy.OpenReader(to)
	if err != nil {
		return a, err
	}
	defer r.Close()
	a.Shape = r.Shape()
	a.Data, err = r.ReadAll()
	return a, err
}

// delays returns the extra delays of input and recurrent synapses.
func (n *network[F]) delays() (in, rec *mat.Dense) {
	of := func(s *synapses[F]) *mat.Dense {
		m := mat.NewDense(s.pre, s.post, nil)
		for k, at := range s.target {
			m.Set(int(s.row[k]), int(s.col[k]), float64(int(at)/s.post))
		}
		return m
	}
	return of(n.in), of(n.rec)
}

// replace makes the network anew from the arrays of a checked dictionary.
func (n *network[F]) replace(c Cell) error {
	for _, b := range []struct {
		to              **synapses[F]
		weights, delays string
	}{{&n.in, "w_in", "delay_in"}, {&n.rec, "w_rec", "delay_rec"}, {&n.out, "w_out", ""}} {
		old, w := *b.to, c[b.weights].Data
		s := newSynapses[F](old.pre, old.post, func(i, j int) bool {
			dropped := old.silent && i == j && n.cfg.Wiring.Autapses == "dropped"
			return w[i*old.post+j] != 0 || (!old.signed || n.cfg.Wiring.Rewiring == "anywhere") && !dropped
		})
		s.signed, s.silent, s.slots = old.signed, old.silent, old.slots
		signs := map[int32]F{} // of the senders, for synapses without weight
		for k, i := range old.row {
			signs[i] = old.sign[k]
		}
		for k, i := range s.row {
			x := F(w[int(i)*old.post+int(s.col[k])])
			s.sign[k] = 1
			if s.signed && (x < 0 || x == 0 && signs[i] < 0) {
				s.sign[k] = -1
			}
			s.theta[k] = x * s.sign[k]
		}
		if d := c[b.delays].Data; n.cfg.Cells.Model == "lsnn" && b.delays != "" {
			s.setDelays(func(k int) int {
				if d == nil {
					return 0
				}
				return int(d[int(s.row[k])*s.post+int(s.col[k])])
			})
		}
		s.setWeights()
		*b.to = s
	}
	n.blocks, n.workers, n.active, n.traces, n.columns, n.updates = nil, nil, nil, nil, columns{}, 0
	n.prepare()
	for k, x := range c["b_out"].Data {
		n.bias[k] = F(x)
	}
	return nil
}
