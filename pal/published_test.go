package pal

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/config"
)

// publishedFile returns a function that writes a parameter file of the original
// program: the settings of Fig. 3a-c, changed by base and by the argument. A nil
// value removes a key.
func publishedFile(base map[string]any) func(change map[string]any) []byte {
	three, four := func(x float64) []float64 { return []float64{x, x, x} }, func(x float64) []float64 { return []float64{x, x, x, x} }
	one, no := []float64{-1, 1}, false
	return func(change map[string]any) []byte {
		all := map[string]any{
			"_comment": "all times in ms", "dt": 0.01, "Tpres": 1, "dtxi": 0.01, "tauHP": 0.1, "tauLO": 100, "tauxi": 0.1, "dataset_size": 100,
			"epochs": 100, "settling_time": 100, "layers": []int{5, 20, 10, 20, 5}, "activation": "logistic", "model_type": "PAL",
			"noise_type": "OU", "noise_scale": three(0.05), "noise_deg": 30, "noise_mode": "const",
			"gl": 0.03, "gbas": 0.1, "gapi": 0.06, "gden": 0.1, "gnI": 0.06, "gntgt": 0.06,
			"eta_fw": four(1), "eta_bw": three(50), "eta_IP": three(0), "eta_PI": three(5),
			"init_WPP_range": one, "init_WIP_range": one, "init_BPP_range": one, "init_BPI_range": one,
			"init_teacher_WPP_range": one, "init_teacher_WIP_range": one, "init_teacher_BPP_range": one, "init_teacher_BPI_range": one,
			"alpha": []float64{1e-5, 1e-5, 1e-5, 1e-5}, "random_seed": []int{123, 456, 789, 111, 222, 1, 3, 5, 7, 9}, "init_in_SPS": true,
			"inter_low_pass": no, "pyr_hi_pass": true, "dWPP_low_pass": true, "dWPP_r_low_pass": no, "dWPP_post_low_pass": no,
			"gate_regularizer": no, "dWPP_use_activation": true, "input_signal": "step", "copy_teacher_weights": no, "copy_teacher_voltages": no,
			"rec_per_steps": 1000, "rec_WPP": no, "rec_MSE": true,
		}
		maps.Copy(all, base)
		maps.Copy(all, change)
		maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
		text, err := json.MarshalIndent(all, "", "\t")
		if err != nil {
			panic(err)
		}
		return text
	}
}

// TestPublishedIsPreset reads parameter files of all figures and finds the
// presets.
func TestPublishedIsPreset(t *testing.T) {
	file := publishedFile(nil)
	large := []float64{-5, 5}
	slow := func(factor float64, more map[string]any) map[string]any {
		n := 3
		rates := func(x float64) []float64 { return repeat(x/factor, n) }
		all := map[string]any{"Tpres": factor, "tauHP": 0.1 * factor, "tauxi": 0.1 * factor, "tauLO": 100 * factor, "rec_per_steps": 10000,
			"eta_fw": repeat(1/factor, 4), "eta_bw": rates(50), "eta_PI": rates(5)}
		maps.Copy(all, more)
		return all
	}
	chain := map[string]any{"layers": []int{1, 1, 1}, "epochs": 5000, "noise_scale": []float64{0.01}, "eta_fw": []float64{2, 0.5}, "eta_bw": []float64{20},
		"eta_IP": []float64{10}, "eta_PI": []float64{0.5}, "init_WPP_range": []float64{-1, 0}, "init_BPP_range": []float64{-1, 0},
		"init_teacher_WPP_range": []float64{2, 2}, "alpha": []float64{1e-6, 1e-6, 1e-6},
		"rec_WPP": true, "rec_WIP": true, "rec_BPP": true, "rec_BPI": true}
	fixed := func(model string) map[string]any {
		all := maps.Clone(chain)
		maps.Copy(all, map[string]any{"model_type": model, "eta_bw": []float64{0}, "eta_PI": []float64{0}})
		return all
	}
	for _, test := range []struct {
		name   string
		change map[string]any
		task   string
		want   Config
	}{
		{"linear", nil, TaskBackward, AlignLinear()},
		{"nonlinear", map[string]any{"epochs": 500, "eta_bw": repeat(20, 3), "eta_PI": repeat(0.5, 3), "init_WPP_range": large, "init_BPP_range": large,
			"init_teacher_WPP_range": large, "init_teacher_BPP_range": large}, TaskBackward, AlignNonlinear()},
		{"PAL", chain, TaskTeacher, Chain(PAL)},
		{"FA", fixed("FA"), TaskTeacher, Chain(FA)},
		{"BP", fixed("BP"), TaskTeacher, Chain(BP)},
		{"slow", slow(10, nil), TaskBackward, NoiseTimescale(10, true)},
		{"slowest, instantaneous", slow(100, map[string]any{"taur": 0.0}), TaskBackward, NoiseTimescale(100, false)},
	} {
		path := filepath.Join(t.TempDir(), "params.json")
		must(t, os.WriteFile(path, file(test.change), 0o666))
		all, err := ReadPublished(path, test.task)
		must(t, err)
		if len(all) != 10 {
			t.Fatalf("%s: %d configurations, want 10", test.name, len(all))
		}
		for i, c := range all {
			if c.Seed != Seeds()[i] || c.Data.Seed != 123 {
				t.Errorf("%s: run %d has seeds %d and %d", test.name, i, c.Seed, c.Data.Seed)
			}
		}
		got := all[0]
		got.Name, got.Record.Updates = test.want.Name, test.want.Record.Updates
		if d := config.Diff(&test.want, &got); len(d) > 0 {
			t.Errorf("%s: %s", test.name, strings.Join(d, "\n"))
		}
	}
}

func TestPublishedErrors(t *testing.T) {
	file := publishedFile(nil)
	for _, test := range []struct {
		change map[string]any
		task   string
		want   string
	}{
		{map[string]any{"gbas": nil}, TaskTeacher, `key "gbas" is missing`},
		{map[string]any{"gbass": 1}, TaskTeacher, `unknown key "gbass" (did you mean "gbas"?)`},
		{map[string]any{"dtxi": 0.1}, TaskTeacher, "dtxi 0.1 must equal dt 0.01"},
		{map[string]any{"noise_mode": "uP_adaptive"}, TaskTeacher, `noise_mode "uP_adaptive" must be const, uP, uP_breve or vapi`},
		{map[string]any{"noise_type": "pink"}, TaskTeacher, `noise_type "pink" must be OU or hold_white_noise`},
		{map[string]any{"model_type": "DFA"}, TaskTeacher, `model_type "DFA" must be BP, FA or PAL`},
		{map[string]any{"layers": []int{1, 2}}, TaskTeacher, "layers [1 2] must name"},
		{map[string]any{"eta_bw": []int{1}}, TaskTeacher, "eta_bw has 1 entries, needs 3"},
		{map[string]any{"copy_teacher_weights": true}, TaskTeacher, "copy_teacher_weights and copy_teacher_voltages must be false"},
		{map[string]any{"input_signal": "sine"}, TaskTeacher, `input_signal "sine" must be "step"`},
		{map[string]any{"random_seed": []int{}}, TaskTeacher, "random_seed must name at least one seed"},
		{map[string]any{"random_seed": []int{1, 1}}, TaskTeacher, "random_seed has 1 twice"},
		{map[string]any{"dWPP_post_low_pass": true, "dWPP_use_activation": false}, TaskTeacher, "dWPP_post_low_pass needs dWPP_use_activation"},
		{map[string]any{"tauHP": "long"}, TaskTeacher, "tauHP"},
		{map[string]any{"tauHP": 0.001}, TaskTeacher, "circuit.highpass_tau 0.001 ms must be >= dt"},
		{map[string]any{"rec_WPP": "yes"}, TaskTeacher, "rec_WPP must be true or false"},
		{nil, "fw_bw", `task "fw_bw" must be backward or teacher`},
	} {
		_, err := parsePublished(file(test.change), test.task)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: error %v, want %q", test.change, err, test.want)
		}
	}
	if _, err := parsePublished([]byte("{\n\"dt\": 1,\n}"), TaskTeacher); err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("broken JSON: %v", err)
	}
	if _, err := ReadPublished("no such file", TaskTeacher); err == nil {
		t.Error("no error for a missing file")
	}
}

// The original simulates whole steps only, so its parameter files may have other times.
func TestPublishedTimes(t *testing.T) {
	all, err := parsePublished(publishedFile(nil)(map[string]any{"Tpres": 1.019, "settling_time": 0.005}), TaskBackward)
	must(t, err)
	if want := (Presentation{Time: 1.01}); all[0].Presentation != want {
		t.Errorf("presentation %+v, want %+v", all[0].Presentation, want)
	}
}

func TestPublishedRecordings(t *testing.T) {
	all, err := parsePublished(publishedFile(nil)(map[string]any{"rec_WPP": true, "rec_vbas": true, "rec_rI_breve": true, "rec_dWPP": true}), TaskBackward)
	must(t, err)
	got := all[0].Record.Variables
	want := Variables{
		"1": {"ff": {"delta", "g"}, "pyramidal": {"v_basal"}, "inter": {"rate"}},
		"4": {"ff": {"delta", "g"}, "output": {"v_basal"}},
	}
	want["2"], want["3"] = want["1"], want["1"]
	c := all[0]
	c.Record.Variables = want
	if d := config.Diff(&c, &all[0]); len(d) > 0 {
		t.Errorf("got %v: %v", got, d)
	}
}

func FuzzPublished(f *testing.F) {
	file := publishedFile(nil)
	f.Add(file(nil))
	f.Add(file(map[string]any{"model_type": "BP", "rec_vbas": true}))
	f.Add(file(map[string]any{"layers": []int{0, -1, 1 << 40}}))
	f.Add([]byte(`{"dt": 1e999}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := parsePublished(text, TaskBackward)
		if err != nil {
			return
		}
		for i := range all {
			if err := all[i].Validate(); err != nil {
				t.Fatalf("accepted, but %v", err)
			}
		}
	})
}
