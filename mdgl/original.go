package mdgl

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// Flag is an option of the original programs, with the key that has its meaning here.
type Flag struct {
	Name string
	Key  string // of the configuration; "": no such thing
	Note string // where the meaning is elsewhere, or differs
}

// Flags lists the options of the program for evidence accumulation, those found in its
// saved runs only, and those of the tutorials on sequential MNIST and store-recall.
func Flags() []Flag {
	return []Flag{
		{"comment", "name", ""},
		{"save_data", "", "Options.Dir, --out"},
		{"resume", "", "Options.Resume, --resume"},
		{"n_batch_train", "learning.batch", ""},
		{"n_batch_validation", "validation.batch", ""},
		{"n_in", "", "follows from the task"},
		{"n_regular", "cells.regular", ""},
		{"n_adaptive", "cells.adaptive", ""},
		{"n_iter", "iterations", ""},
		{"n_delay", "cells.delays", ""},
		{"n_ref", "cells.refractory", ""},
		{"lr_decay_every", "learning.decay_every", ""},
		{"print_every", "validation.every", ""},
		{"NP", "learning.rule", "False: bptt"},
		{"NP_mode", "learning.rule", "1 eprop, 2 mdgl_cell, 3 mdgl, 5 nl_mdgl, 7 on_mdgl"},
		{"beta", "cells.adaptation", ""},
		{"tau_a", "cells.adaptation_tau", ""},
		{"delay_window", "task.delay", ""},
		{"tau_v", "cells.membrane_tau", "and cells.readout_tau"},
		{"thr", "cells.threshold", ""},
		{"learning_rate", "learning.rate", ""},
		{"lr_decay", "learning.decay", ""},
		{"rewiring_temperature", "wiring.temperature", ""},
		{"proportion_excitatory", "wiring.excitatory", ""},
		{"verbose", "", "Options.Progress"},
		{"neuron_sign", "wiring.dale", ""},
		{"rewiring_connectivity", "wiring.recurrent", "and wiring.in; -1 is 0 here"},
		{"wout_connectivity", "wiring.out", "in the sequential-MNIST tutorial the same as rewiring_connectivity"},
		{"l1", "wiring.l1", ""},
		{"dampening_factor", "cells.dampening", ""},
		{"reg", "learning.rate_cost", ""},
		{"reg_rate", "learning.rate_target", ""},
		{"model", "cells.model", "LIF is cells.adaptive: 0"},
		{"loss_gain", "", "always 1 in the saved runs"},
		{"interactive_plot", "", "package plotting"},
		{"saveNP_every", "", "Network.Watch and Network.Traces"},
		{"viewW_every", "", "Network.Weights"},
		{"downsampled", "task.downsampled", ""},
		{"ext_time", "task.pixel_time", ""},
		{"crs_thr", "task.channels", "False: 1"},
		{"batch_train", "learning.batch", ""},
		{"batch_val", "validation.batch", ""},
		{"batch_test", "validation.batch", ""},
		{"n_lif", "cells.regular", ""},
		{"n_alif", "cells.adaptive", ""},
		{"f0", "task.rate", ""},
		{"seq_len", "task.symbols", ""},
		{"seq_delay", "task.spacing", ""},
		{"tau_char", "task.symbol_time", ""},
		{"seed", "seed", "-1 is seeding: fresh"},
		{"stop_crit", "validation.stop_error", "in percent"},
		{"tau_out", "cells.readout_tau", "and cells.membrane_tau"},
		{"do_plot", "", "package plotting"},
		{"monitor_plot", "", "package plotting"},
		{"device_placement", "", "Options.Backend"},
	}
}

// original holds a run under the names of the original's files, and under correct ones.
type original struct {
	ErrorList       []float64 `json:"error_list"` // accuracies, despite its name
	AccuracyList    []float64 `json:"accuracy_list"`
	LossList        []float64 `json:"loss_list"`
	LossWithRegList []float64 `json:"loss_with_reg_list"` // the rate cost alone, despite its name
	LossRegList     []float64 `json:"loss_reg_list"`
	LossTotList     []float64 `json:"loss_tot_list"`
	IterList        []int     `json:"iter_list"`
	NMSEList        []float64 `json:"nmse_list,omitempty"`
	Av              []float64 `json:"av"` // [N] spikes per ms

	TestErrors *float64 `json:"test_error,omitempty"` // fraction
	TestLoss   *float64 `json:"test_loss,omitempty"`

	Flags map[string]any `json:"flags"`
}

// WriteOriginal writes a run as JSON with the keys of the original's results: error_list,
// loss_list, loss_tot_list, loss_with_reg_list, iter_list, av and flags. Two of these names
// are wrong, so the same lists stand there as accuracy_list and loss_reg_list too. Runs
// without decisions have nmse_list in place of accuracies. A run in a directory has this
// as its file results.json.
func (r *Result) WriteOriginal(w io.Writer) error {
	o := original{Av: r.Rates}
	for _, p := range r.Points {
		s := &p.Score
		o.IterList = append(o.IterList, p.Iteration)
		o.LossList, o.LossRegList, o.LossTotList = append(o.LossList, s.Loss), append(o.LossRegList, s.RateLoss), append(o.LossTotList, s.Total())
		if math.IsNaN(s.Accuracy) {
			o.NMSEList = append(o.NMSEList, s.NMSE)
		} else {
			o.AccuracyList = append(o.AccuracyList, s.Accuracy/100)
		}
	}
	o.ErrorList, o.LossWithRegList = o.AccuracyList, o.LossRegList
	if r.Test != nil {
		o.TestLoss = &r.Test.Loss
		if e := 1 - r.Test.Accuracy/100; !math.IsNaN(e) {
			o.TestErrors = &e
		}
	}
	o.Flags = r.Config.flags()
	text, err := json.MarshalIndent(&o, "", " ")
	if err != nil {
		return fmt.Errorf("mdgl: %w", err)
	}
	if _, err := w.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("mdgl: %w", err)
	}
	return nil
}

// flags returns the settings under the names of the original's flags.
func (c *Config) flags() map[string]any {
	modes := map[Rule]int{EProp: 1, MDGLCell: 2, MDGL: 3, NLMDGL: 5, OnMDGL: 7}
	f := map[string]any{
		"comment": c.Name, "n_batch_train": c.Learning.Batch, "n_batch_validation": c.Validation.Batch, "n_regular": c.Cells.Regular,
		"n_adaptive": c.Cells.Adaptive, "n_iter": c.Iterations, "n_delay": c.Cells.Delays, "n_ref": c.Cells.Refractory,
		"lr_decay_every": c.Learning.DecayEvery, "print_every": c.Validation.Every, "NP": c.Learning.Rule != BPTT, "beta": c.Cells.Adaptation,
		"tau_a": c.Cells.AdaptationTau, "tau_v": c.Cells.MembraneTau, "tau_out": c.Cells.ReadoutTau, "thr": c.Cells.Threshold,
		"learning_rate": c.Learning.Rate, "lr_decay": c.Learning.Decay, "rewiring_temperature": c.Wiring.Temperature,
		"proportion_excitatory": c.Wiring.Excitatory, "neuron_sign": c.Wiring.Dale, "rewiring_connectivity": c.Wiring.Recurrent,
		"wout_connectivity": c.Wiring.Out, "l1": c.Wiring.L1, "dampening_factor": c.Cells.Dampening, "reg": c.Learning.RateCost,
		"reg_rate": c.Learning.RateTarget, "seed": c.Seed,
	}
	if mode, ok := modes[c.Learning.Rule]; ok {
		f["NP_mode"] = mode
	}
	if c.Task.Set == "evidence" {
		f["delay_window"] = c.Task.Delay
	}
	return f
}
