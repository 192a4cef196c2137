package dendritic

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/neurocredit/neurocredit/internal/config"
)

// table reads a CSV file of testdata/published.
func table(t testing.TB, name string) (header []string, rows [][]string) {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(string(readFile(t, filepath.Join("testdata", "published", name))))).ReadAll()
	must(t, err)
	return all[0], all[1:]
}

// publishedKey is one value of a published configuration.
type publishedKey struct {
	mapping int
	path    []string
	value   string // JSON
}

// publishedKeys lists the values of a sweep with the name and seed of a run.
func publishedKeys(t testing.TB, sweep, name, seed string) []publishedKey {
	t.Helper()
	header, rows := table(t, "configs.csv")
	column := slices.Index(header, sweep)
	if column < 0 {
		t.Fatalf("no sweep %q", sweep)
	}
	var keys []publishedKey
	for _, row := range rows {
		k := publishedKey{mapping: atoi(t, row[0]), path: strings.Split(row[1], "."), value: row[column]}
		switch {
		case k.value == "ABSENT":
			continue
		case row[1] == "name":
			k.value = fmt.Sprintf("%q", name)
		case k.value == "<seed>":
			k.value = seed
		}
		keys = append(keys, k)
	}
	return keys
}

// publishedFile writes a configuration as the original program's YAML: a list of
// two mappings.
func publishedFile(t testing.TB, keys []publishedKey) string {
	t.Helper()
	parts := []map[string]any{{}, {}}
	for _, k := range keys {
		m := parts[k.mapping]
		for _, step := range k.path[:len(k.path)-1] {
			if m[step] == nil {
				m[step] = map[string]any{}
			}
			m = m[step].(map[string]any)
		}
		var v yaml.Node
		must(t, yaml.Unmarshal([]byte(k.value), &v))
		m[k.path[len(k.path)-1]] = v.Content[0]
	}
	text, err := yaml.Marshal(parts)
	must(t, err)
	file := filepath.Join(t.TempDir(), "run.yaml")
	must(t, os.WriteFile(file, text, 0o666))
	return file
}

// recordings returns what a sweep records.
func recordings(t *testing.T, keys []publishedKey) Variables {
	t.Helper()
	v := Variables{}
	for _, k := range keys {
		if k.path[0] == "record" && k.path[1] == "recordings" {
			var list []string
			must(t, json.Unmarshal([]byte(k.value), &list))
			if v[k.path[2]] == nil {
				v[k.path[2]] = map[string][]string{}
			}
			v[k.path[2]][k.path[3]] = list
		}
	}
	return v
}

var publishedPresets = map[string]Config{
	"sweep_yin_yang_fa":          YinYang(FA),
	"sweep_yin_yang_backw":       YinYang(PAL),
	"sweep_yin_yang_bw_eta_zero": YinYang(EtaZero),
	"sweep_mnist_fa":             MNIST(FA),
	"sweep_mnist_backw":          MNIST(PAL),
}

// All 50 published runs are the presets with their seeds, and the experiments
// that come with the package.
func TestPublishedSweeps(t *testing.T) {
	_, runs := table(t, "runs.csv")
	if len(runs) != 50 {
		t.Fatalf("%d runs", len(runs))
	}
	shipped := map[string][]Config{}
	for _, run := range runs {
		sweep, name, seed := run[0], run[2], run[3]
		t.Run(run[1], func(t *testing.T) {
			keys := publishedKeys(t, sweep, name, seed)
			configs, err := ReadConfigs(publishedFile(t, keys))
			must(t, err)
			if len(configs) != 1 {
				t.Fatalf("%d configurations", len(configs))
			}
			got := configs[0]
			must(t, got.Validate())
			want := publishedPresets[sweep]
			want.Name, want.Seed = name, uint32(atoi(t, seed))
			want.Record.Variables = recordings(t, keys)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("differs from the preset: %v", config.Diff(&want, &got))
			}
			if fmt.Sprint(got.Data.Seed) != run[4] {
				t.Errorf("data seed %d, want %s", got.Data.Seed, run[4])
			}
			if shipped[sweep] == nil {
				shipped[sweep], err = ReadConfigs(sweep)
				must(t, err)
			}
			for _, c := range shipped[sweep] {
				if c.Seed == got.Seed {
					got.Name = c.Name // names of the original's eta-zero runs are those of its PAL runs
					if !reflect.DeepEqual(c, got) {
						t.Errorf("differs from the experiment: %v", config.Diff(&c, &got))
					}
					return
				}
			}
			t.Errorf("the experiment has no seed %s", seed)
		})
	}
	for sweep, configs := range shipped {
		names := map[string]bool{}
		for _, c := range configs {
			names[c.Name] = true
		}
		if len(configs) != 10 || len(names) != 10 {
			t.Errorf("%s has %d runs with %d names", sweep, len(configs), len(names))
		}
	}
}

// Every key of a published file counts: another value is another configuration
// or an error, but for those that the original program does not use either.
func TestPublishedKeys(t *testing.T) {
	unused := []string{"backend", "debug_mode", "noise", "reset_deltas", "print_every_n_recs"}
	other := func(value string) string {
		var v any
		must(t, json.Unmarshal([]byte(value), &v))
		switch v := v.(type) {
		case bool:
			return fmt.Sprint(!v)
		case float64:
			return fmt.Sprint(v + 1)
		case string:
			return map[string]string{"sigmoid": `"soft_relu"`, "yinyang": `"bars"`}[v] + ""
		case []any:
			if f, ok := v[len(v)-1].(float64); ok {
				return strings.TrimSuffix(value, "]") + fmt.Sprintf(", %v]", f+1)
			}
			return `["no such variable"]`
		}
		return "7"
	}
	keys := publishedKeys(t, "sweep_yin_yang_backw", "a", "1")
	original, err := ReadConfigs(publishedFile(t, keys))
	must(t, err)
	for i, k := range keys {
		name := strings.Join(k.path, ".")
		if slices.Contains(unused, name) || k.value == "null" {
			continue
		}
		changed := slices.Clone(keys)
		if changed[i].value = other(k.value); changed[i].value == "" {
			changed[i].value = `"b"`
		}
		if strings.HasPrefix(name, "eta.") { // entries beyond the levels are not read
			changed[i].value = strings.Replace(k.value, "[", "[7", 1)
		}
		got, err := ReadConfigs(publishedFile(t, changed))
		if err == nil && reflect.DeepEqual(got, original) {
			t.Errorf("%s: %s and %s are the same", name, k.value, changed[i].value)
		}
	}
	for _, c := range []struct {
		key, value string
		want       []string
	}{
		{"out_lag", "0.5", []string{"out_lag 0.5"}},
		{"t_pattern", "2.0", []string{"t_pattern 2", "pat_t 1"}},
		{"eta.up", "[50.0]", []string{"eta.up has 1 entries, needs 2"}},
		{"dims", "[4, 3]", []string{"dims [4 3]"}},
		{"dims", "[5, 30, 3]", []string{"[5 30 3]", "yinyang"}},
		{"dt", "0.3", []string{"presentation.records", "3 steps"}},
		{"le_active", "2", []string{"le_active", "2"}},
		{"dataset_key", `"cifar"`, []string{"dataset_key", "cifar", "yinyang"}},
		{"sim_config.n_train", "0", []string{"train 0"}},
		{"tau_0", "0.001", []string{"input_tau", "0.001", "0.01"}},
		{"alpha", `"a lot"`, []string{"alpha", "a lot"}},
		{"init_weights.up", "[1, 2, 3]", []string{"up", "range"}},
		{"init_weights.up", "[2, 1]", []string{"initial.up", "[2, 1]"}},
		{"record.recordings.2.output", `["v_bref"]`, []string{"v_bref", "v_brev"}},
		{"gl", "-0.03", []string{"leak", "-0.03"}},
	} {
		changed := slices.Clone(keys)
		for i := range changed {
			if strings.Join(changed[i].path, ".") == c.key {
				changed[i].value = c.value
			}
		}
		_, err := ReadConfigs(publishedFile(t, changed))
		if err == nil {
			t.Errorf("%s: %s is accepted", c.key, c.value)
			continue
		}
		for _, part := range append(c.want, "run.yaml") {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %s: error %q lacks %q", c.key, c.value, err, part)
			}
		}
	}
}

// Whatever a file holds, reading it ends in an error or in a sound configuration.
func FuzzReadPublished(f *testing.F) {
	keys := publishedKeys(f, "sweep_yin_yang_fa", "a", "1")
	text, err := os.ReadFile(publishedFile(f, keys))
	must(f, err)
	f.Add(text)
	f.Add([]byte("- {}\n- {dims: [4, 30, 3]}\n"))
	f.Add([]byte("- {}\n- {dims: [4], eta: {up: [1]}}\n"))
	f.Add([]byte("- &a {name: *a}\n- {init_weights: {up: [1]}}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parsePublished(text, "file.yaml")
		if err == nil {
			must(t, c.Validate())
		}
	})
}

// The first entry of eta.down is never a rate, but decides about i2p with the
// others.
func TestPublishedDownRates(t *testing.T) {
	for value, want := range map[string]bool{"[0.0, 0.0]": false, "[0.0, 0.5]": true, "[0.5, 0.0]": true, "[0.5, 0.5]": true} {
		keys := publishedKeys(t, "sweep_yin_yang_bw_eta_zero", "a", "1")
		for i := range keys {
			if keys[i].path[0] == "eta" && keys[i].path[1] == "down" {
				keys[i].value = value
			}
		}
		c, err := ReadConfigs(publishedFile(t, keys))
		must(t, err)
		if c[0].i2pPlastic() != want || len(c[0].Learning.Rates.Down) != 1 {
			t.Errorf("eta.down %s: i2p plastic %v, rates %v", value, c[0].i2pPlastic(), c[0].Learning.Rates.Down)
		}
	}
}

// A key that is missing has the default of the original's network class, or is an
// error that names it; it is never 0 or false in silence.
func TestPublishedMissingKeys(t *testing.T) {
	keys := publishedKeys(t, "sweep_yin_yang_backw", "a", "1")
	without := func(name string) ([]Config, error) {
		return ReadConfigs(publishedFile(t, slices.DeleteFunc(slices.Clone(keys), func(k publishedKey) bool { return strings.Join(k.path, ".") == name })))
	}
	original, err := ReadConfigs(publishedFile(t, keys))
	must(t, err)
	defaults := map[string]string{ // as the configuration differs then
		"activation_template": `circuit.activation: "sigmoid" → "soft_relu"`, "highpass_tau": "circuit.highpass_tau: 0.1 → 1.0",
		"gl": "circuit.conductances.leak: 0.03 → 0.1", "gb": "circuit.conductances.basal: 0.1 → 1.0", "ga": "circuit.conductances.apical: 0.06 → 0.8",
		"gd": "circuit.conductances.dendrite: 0.1 → 1.0", "gsom": "circuit.conductances.soma: 0.06 → 0.8", "gtar": "circuit.conductances.target: 0.06 → 1.0",
		"tau_0": "circuit.input_tau: 0.01 → 3.0", "noise_sig": "circuit.noise.amplitude: 0.01 → 0.0", "noise_tau": "circuit.noise.tau: 0.1 → 1.0",
		"le_active": "", "backend": "", "debug_mode": "", "noise": "", "out_lag": "", "reset_deltas": "", "print_every_n_recs": "",
	}
	for _, k := range keys {
		name := strings.Join(k.path, ".")
		got, err := without(name)
		want, known := defaults[name]
		switch {
		case k.path[0] == "record":
			must(t, err)
		case !known && k.value != "null":
			if err == nil || !strings.Contains(err.Error(), name+" is missing") {
				t.Errorf("without %s: %v", name, err)
			}
		case err != nil:
			t.Errorf("without %s: %v", name, err)
		default:
			if d := strings.Join(config.Diff(&original[0], &got[0]), ", "); d != want {
				t.Errorf("without %s: %q, want %q", name, d, want)
			}
		}
	}
	for _, block := range []string{"init_weights", "bias", "eta", "sim_config"} {
		_, err := ReadConfigs(publishedFile(t, slices.DeleteFunc(slices.Clone(keys), func(k publishedKey) bool { return k.path[0] == block })))
		if err == nil || !strings.Contains(err.Error(), block+" is missing") {
			t.Errorf("without %s: %v", block, err)
		}
	}
}

// Learning rates beyond the levels must be the zeros of the published files.
func TestPublishedSurplusRates(t *testing.T) {
	for _, c := range [][3]string{
		{"up", "[50.0, 0.01, 0, 0.0]", ""}, {"up", "[50.0, 0.01, 7]", "eta.up[2] is 7"}, {"down", "[0, 0.5, 0, 0.25]", "eta.down[3] is 0.25"},
		{"ip", "[0.05, 1]", "eta.ip[1] is 1"}, {"pi", "[0.02, -2]", "eta.pi[1] is -2"},
	} {
		keys := publishedKeys(t, "sweep_yin_yang_backw", "a", "1")
		for i := range keys {
			if keys[i].path[0] == "eta" && keys[i].path[1] == c[0] {
				keys[i].value = c[1]
			}
		}
		if _, err := ReadConfigs(publishedFile(t, keys)); c[2] == "" && err != nil || c[2] != "" && (err == nil || !strings.Contains(err.Error(), c[2])) {
			t.Errorf("%s %s: %v, want %q", c[0], c[1], err, c[2])
		}
	}
}
