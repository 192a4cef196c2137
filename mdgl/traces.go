package mdgl

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
)

// Traces are the eligibility traces e_pq[t] of one trial (docs/models/mdgl.md, section
// 5.3), for analysis. No rule needs them stored.
type Traces struct {
	Pre, Post []int      // [S] synapses: input synapses, then recurrent ones
	Inputs    int        // number of input synapses; Pre of these are channels
	E         *mat.Dense // [S, T]
}

// TraceBytes returns the memory that the result of Traces takes, in bytes.
func (n *Network) TraceBytes() int64 {
	in, rec := n.delays()
	synapses := int64(0)
	for i, m := range []*mat.Dense{in, rec} {
		weights, err := n.weights([]string{"in", "recurrent"}[i])
		if err != nil {
			panic(err) // the groups exist
		}
		rows, cols := m.Dims()
		for a := range rows {
			for b := range cols {
				if weights.At(a, b) != 0 {
					synapses++
				}
			}
		}
	}
	return 8 * synapses * int64(n.shape.Steps)
}

// Traces runs a trial and returns the eligibility traces of all synapses that have a
// weight. It needs TraceBytes bytes; if that is more than limit it is an error, before
// anything is computed. Only the cell alif has them.
func (n *Network) Traces(trial data.Trial, limit int64) (*Traces, error) {
	if n.cfg.Cells.Model != "alif" {
		return nil, errors.New("mdgl: eligibility traces need cells.model: alif")
	}
	if need := n.TraceBytes(); need > limit {
		return nil, fmt.Errorf("mdgl: stored traces need %d bytes (%.1f GB), the limit is %d", need, float64(need)/1e9, limit)
	}
	a, err := n.Watch(trial)
	if err != nil {
		return nil, err
	}
	T := n.shape.Steps
	pre := make([][]float64, n.shape.Channels+n.cfg.Neurons()) // what arrives, by sender
	for i := range pre {
		pre[i] = make([]float64, T)
	}
	for _, e := range trial.Events {
		pre[e.Channel][e.Step] += float64(e.Value)
	}
	for t, spikes := range a.Spikes {
		for _, j := range spikes {
			if t+1 < T {
				pre[n.shape.Channels+j][t+1] = 1
			}
		}
	}
	tr := &Traces{}
	for i, group := range []string{"in", "recurrent"} {
		w, err := n.weights(group)
		if err != nil {
			return nil, err
		}
		rows, cols := w.Dims()
		for q := range rows {
			for p := range cols {
				if w.At(q, p) != 0 {
					tr.Pre, tr.Post = append(tr.Pre, q), append(tr.Post, p)
				}
			}
		}
		if i == 0 {
			tr.Inputs = len(tr.Pre)
		}
	}
	tr.E = mat.NewDense(len(tr.Pre), T, nil)
	own, thr := newPerNeuron[float64](&n.cfg), n.cfg.Cells.Threshold
	slope := n.cfg.Cells.Dampening / thr
	for k, q := range tr.Pre {
		if k >= tr.Inputs {
			q += n.shape.Channels
		}
		p := tr.Post[k]
		alpha, rho, beta := own.alpha[p], own.rho[p], own.beta[p]
		var ev, ea, psi float64 // psi is that of the step before
		for t, x := range pre[q] {
			ev, ea = (alpha-thr*psi)*ev+thr*beta*psi*ea+(1-alpha)*x, (1-rho)*psi*ev+(rho-(1-rho)*beta*psi)*ea
			psi = slope * a.Pseudo.At(t, p)
			tr.E.Set(k, t, psi*(ev-beta*ea))
		}
	}
	return tr, nil
}
