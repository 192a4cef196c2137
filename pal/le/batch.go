package le

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/loop"
)

// batch holds the programs of runs that differ in numbers only, and the states of
// those runs while they are on the device.
type batch struct {
	backend *backend.Backend
	net     *network
	configs []*Config
	rates   *tensors.Tensor
	seeds   *tensors.Tensor
	train   *loop.Program
	state   *loop.State
}

// capacity is the most batches of samples that one call of a program takes.
const capacity = 8

func newBatch(b *backend.Backend, configs []*Config) (*batch, error) {
	n, err := newNetwork(configs[0])
	if err != nil {
		return nil, fmt.Errorf("le: %w", err)
	}
	n.watch()
	g := &batch{backend: b, net: n, configs: configs}
	rates := n.rates(configs)
	g.rates = tensors.FromFlatDataAndDimensions(rates, len(rates)/len(configs), len(configs))
	seeds := make([]uint64, len(configs))
	for r, c := range configs {
		seeds[r] = c.Seed
	}
	g.seeds = tensors.FromFlatDataAndDimensions(seeds, len(seeds))
	g.train = loop.NewProgram(b.Engine, "le-train", len(n.slots), n.build(phase{learn: true, inject: true, stream: streamTrain}, 0, false))
	return g, nil
}

func (g *batch) close() {
	g.drop()
	g.train.Close()
	g.rates.MustFinalizeAll()
	g.seeds.MustFinalizeAll()
}

func (g *batch) drop() {
	if g.state != nil {
		g.state.Close()
		g.state = nil
	}
}

// push brings states [run][slot] to the device.
func (g *batch) push(states [][][]float32, clock uint64) error {
	arrays := []*tensors.Tensor{tensors.FromScalar(clock)}
	for i, s := range g.net.slots[1:] {
		var flat []float32
		for _, state := range states {
			flat = append(flat, state[i+1]...)
		}
		arrays = append(arrays, tensors.FromFlatDataAndDimensions(flat, append([]int{len(states)}, s.dims...)...))
	}
	g.drop()
	var err error
	g.state, err = loop.NewState(g.backend.Engine, 0, arrays...)
	return err
}

// pull copies the states from the device.
func (g *batch) pull() (states [][][]float32, clock uint64, err error) {
	states = make([][][]float32, len(g.configs))
	for i := range g.net.slots {
		if i == 0 {
			c, err := loop.Read[uint64](g.state, 0)
			if err != nil {
				return nil, 0, err
			}
			clock = c[0]
			for r := range states {
				states[r] = append(states[r], nil)
			}
			continue
		}
		flat, err := loop.Read[float32](g.state, i)
		if err != nil {
			return nil, 0, err
		}
		each := len(flat) / len(states)
		for r := range states {
			states[r] = append(states[r], slices.Clone(flat[r*each:(r+1)*each]))
		}
	}
	return states, clock, nil
}

// shown is what a program has measured: [batch of samples][run], and the rates of a
// layer [batch][run][sample·neuron].
type shown struct {
	loss, right [][]float32
	codes       [][][]float32
}

// show runs a program on count batches of samples, batch k of run r being rows
// rows(k, r) of a set.
func (g *batch) show(p *loop.Program, set *samples, count, updates int, rows func(k, r int) []int) (*shown, error) {
	if count > capacity {
		return nil, errors.New("le: too many batches of samples for one call")
	}
	runs, b := len(g.configs), g.net.batch
	x := make([]float32, capacity*runs*b*set.values)
	y := []float32(nil)
	if set.y != nil {
		y = make([]float32, capacity*runs*b*set.outputs)
	}
	for k := range count {
		for r := range runs {
			for i, row := range rows(k, r) {
				at := (k*runs+r)*b + i
				copy(x[at*set.values:(at+1)*set.values], set.x[row*set.values:])
				if y != nil {
					copy(y[at*set.outputs:(at+1)*set.outputs], set.y[row*set.outputs:])
				}
			}
		}
	}
	own := []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(x, capacity, runs, b, set.values), tensors.FromScalar(float32(0)),
		tensors.FromScalar(int32(count)), tensors.FromScalar(int32(updates)),
	}
	if y != nil {
		own[inTargets] = tensors.FromFlatDataAndDimensions(y, capacity, runs, b, set.outputs)
	}
	results, err := p.Run(g.state, append(slices.Clone(own), g.seeds, g.rates)...)
	var out [][]float32
	for _, t := range results {
		var flat []float32
		if err == nil {
			flat, err = loop.Values[float32](t)
		}
		out = append(out, flat)
	}
	for _, t := range own { // not before the program has read them
		t.MustFinalizeAll()
	}
	if err != nil {
		return nil, err
	}
	s := &shown{}
	for k := range count {
		s.loss = append(s.loss, out[0][k*runs:(k+1)*runs])
		s.right = append(s.right, out[1][k*runs:(k+1)*runs])
		if len(out) > 2 {
			each := len(out[2]) / (capacity * runs)
			var codes [][]float32
			for r := range runs {
				codes = append(codes, out[2][(k*runs+r)*each:(k*runs+r+1)*each])
			}
			s.codes = append(s.codes, codes)
		}
	}
	return s, nil
}
