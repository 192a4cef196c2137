package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/mdgl"
)

var update = flag.Bool("update", false, "rewrite docs/config")

// TestReference holds the manuals and the code together. The experiment in each
// must be one.
func TestReference(t *testing.T) {
	for _, test := range []struct {
		system, check string
		want          []string
	}{
		{"dendritic", "20 runs of feedback_fa, feedback_pal", []string{"`learning.rates`", "`fig4cd` | 40 |", "pal-frozen-i2p"}},
		{"pal", "6 runs of noise_half, noise_published", []string{"## `circuit.noise`", "`fig4ab` | 30 | bp, fa, pal", "chain/MODE"}},
		{"mdgl", "10 runs of feedback_symmetric, feedback_random", []string{"`feedback`", "`fig3c` | 15 |", "delayed-match"}},
		{"le", "6 runs of noise_half, noise_published", []string{"`highpass_tau`", "`fig5` | 30 |", "autoencoder/MODE"}},
	} {
		t.Run(test.system, func(t *testing.T) {
			file := "../../docs/config/" + test.system + ".md"
			page := ok(t, "config", "reference", test.system)
			if *update {
				if err := os.WriteFile(file, []byte(page), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			saved, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(saved) != page {
				t.Errorf("%s is not current: go test ./cmd/neurocredit -run TestReference -update", file)
			}
			contains(t, page, test.want...)
			_, rest, _ := strings.Cut(page, "```yaml\n")
			example, _, _ := strings.Cut(rest, "```")
			name := filepath.Join(t.TempDir(), "example.yaml")
			if err := os.WriteFile(name, []byte(example), 0o666); err != nil {
				t.Fatal(err)
			}
			contains(t, ok(t, "config", "check", name), "ok, "+test.check)
		})
	}
	if len(systems) != 4 {
		t.Error("a system has no manual here")
	}
}

func TestConvert(t *testing.T) {
	const file = "testdata/published.yaml"
	want, err := dendritic.ReadPublished(file)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(name, []byte(ok(t, "config", "convert", file)), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := dendritic.ReadConfigs(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := config.Diff(&want, &got[0]); len(d) > 0 {
		t.Errorf("the converted file differs: %v", d)
	}
	pal := dendritic.YinYang(dendritic.PAL)
	pal.Name, pal.Record = want.Name, want.Record
	if d := config.Diff(&pal, &got[0]); len(d) > 0 {
		t.Errorf("differs from the preset: %v", d)
	}
	if got := ok(t, "config", "show", file); got != ok(t, "config", "convert", file) {
		t.Errorf("show prints something else:\n%s", got)
	}
	contains(t, ok(t, "config", "check", file, name), file+": ok, 1 runs of sweep; recordings 25.6 GB\n", name+": ok")
}

func TestShow(t *testing.T) {
	text := ok(t, "config", "show", "fig4cd", "--set", "epochs=7")
	contains(t, text, "epochs: 7", "# fig4cd_pal_seed_123457\n#   seed: 123456 → 123457\n", "learning.rates.down[0]: 0.0 → 0.5")
	name := filepath.Join(t.TempDir(), "first.yaml")
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	configs, err := dendritic.ReadConfigs(name)
	if err != nil || len(configs) != 1 || configs[0].Epochs != 7 {
		t.Errorf("%d configurations, %v", len(configs), err)
	}
	if n := strings.Count(ok(t, "config", "show", "--all", "fig4cd"), "\n---\n"); n != 39 {
		t.Errorf("%d separators between 40 runs", n)
	}
}

func TestGenerate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "configs")
	ok(t, "sweep", "generate", "testdata/published.yaml", dir, "pal", "--seeds", "1:3")
	base, err := dendritic.ReadPublished("testdata/published.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint32(3) {
		base.Seed = seed + 1
		base.Name = "pal_seed_" + strconv.Itoa(int(base.Seed))
		got, err := dendritic.ReadPublished(filepath.Join(dir, base.Name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if d := config.Diff(&base, &got); len(d) > 0 {
			t.Errorf("%s: %v", base.Name, d)
		}
	}
	if status, _, err := cli(t, "sweep", "generate", "testdata/published.yaml", dir, "pal", "--seeds", "3:2"); status != 1 {
		t.Errorf("replaced a file\n%s", err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 3 {
		t.Errorf("%d files, want 3", len(files))
	}

	own := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(own, []byte(ok(t, "config", "convert", "testdata/published.yaml")), 0o666); err != nil {
		t.Fatal(err)
	}
	ok(t, "sweep", "generate", own, dir, "own")
	files, err := filepath.Glob(filepath.Join(dir, "own_seed_1234*.yaml"))
	if err != nil || len(files) != 20 {
		t.Fatalf("%d files, want the 20 published seeds (%v)", len(files), err)
	}
	got, err := dendritic.ReadConfigs(files[19])
	if err != nil {
		t.Fatal(err)
	}
	base.Name, base.Seed = "own_seed_123475", 123475
	if d := config.Diff(&base, &got[0]); len(d) > 0 {
		t.Errorf("own format: %v", d)
	}

	// An anchor of the seed stays, so that what refers to it can be read.
	text, err := os.ReadFile("testdata/published.yaml")
	if err != nil {
		t.Fatal(err)
	}
	anchored := filepath.Join(t.TempDir(), "anchored.yaml")
	both := strings.NewReplacer("numpy_seed: 123456", "numpy_seed: &seed 5", "data_seed: 9876543", "data_seed: *seed").Replace(string(text))
	if err := os.WriteFile(anchored, []byte(both), 0o666); err != nil {
		t.Fatal(err)
	}
	ok(t, "sweep", "generate", anchored, dir, "anchored", "--seeds", "7,8")
	for _, seed := range []uint32{7, 8} {
		got, err := dendritic.ReadPublished(filepath.Join(dir, fmt.Sprintf("anchored_seed_%d.yaml", seed)))
		if err != nil || got.Seed != seed {
			t.Errorf("seed %d of an anchored file: %d, %v", seed, got.Seed, err)
		}
	}
}

func TestExport(t *testing.T) {
	dir := trainTiny(t, "yin-yang/fa", "--set", `record.variables={"1": {fb: [g], pyramidal: [rate]}}`)
	run := filepath.Join(dir, "yin_yang_fa")
	contains(t, ok(t, "export", "hdf5", run), "net_recordings.h5: 6 data sets")
	if status, _, err := cli(t, "export", "hdf5", run); status != 1 || !strings.Contains(err, "already") {
		t.Errorf("replaced a file: %s", err)
	}
	small := filepath.Join(t.TempDir(), "small.h5")
	ok(t, "export", "hdf5", run, "--out", small, "--gzip", "9")
	a, err1 := os.Stat(filepath.Join(run, "net_recordings.h5"))
	b, err2 := os.Stat(small)
	if err1 != nil || err2 != nil || b.Size() >= a.Size() {
		t.Errorf("not compressed: %v %v", err1, err2)
	}
}

func TestExportNetwork(t *testing.T) {
	store := func(more ...string) string {
		dir := filepath.Join(t.TempDir(), "runs")
		ok(t, append([]string{"train", "store-recall/bptt", "--quiet", "--out", dir, "--iterations", "2", "--set", "learning.batch=4", "--set", "validation.batch=4", "--set", "validation.tests=0"}, more...)...)
		return filepath.Join(dir, "store_recall_bptt")
	}
	run := store()
	npz := filepath.Join(t.TempDir(), "cell.npz")
	contains(t, ok(t, "export", "network", run, "--out", npz), "cell.npz")
	cell, err := mdgl.ReadNPZ(npz)
	if err != nil || len(cell["w_rec"].Data) != 400 {
		t.Errorf("read %v, %v", cell["w_rec"].Shape, err)
	}
	for want, args := range map[string][]string{
		"cells.model must be alif": {run},
		"must end in .nir or .npz": {run, "--out", "x.h5"},
		"is there already":         {run, "--out", npz},
		"a run of dendritic":       {filepath.Join(trainTiny(t, "yin-yang/fa"), "yin_yang_fa")},
	} {
		if status, _, err := cli(t, append([]string{"export", "network"}, args...)...); status != 1 || !strings.Contains(err, want) {
			t.Errorf("%s: status %d, %s", want, status, err)
		}
	}
	run = store("--set", "cells.adaptive=0", "--set", "cells.regular=20")
	contains(t, ok(t, "export", "network", run), "network.nir")
	if b, err := os.ReadFile(filepath.Join(run, "network.nir")); err != nil || !strings.HasPrefix(string(b), "\x89HDF") {
		t.Errorf("not an HDF5 file: %v", err)
	}
}

func TestRules(t *testing.T) {
	all := ok(t, "rules")
	published := dendritic.PublishedRules()
	for _, r := range []dendritic.Rule{published.Up, published.P2I, published.I2P, published.Down} {
		contains(t, all, "rule   "+r.String())
	}
	one := ok(t, "rules", "down")
	contains(t, one, `\xi^{post}`, "noise_post", "[n_post]", "clip(x, low, high)")
	if strings.Contains(one, "bottom-up") {
		t.Errorf("shows other groups:\n%s", one)
	}
	contains(t, ok(t, "rules", "check", "down", "eta*noise_post*rate_pre"), `\eta`, "fast")
	contains(t, ok(t, "rules", "check", "up", "tanh(rate_pre*rate_post)"), `\tanh`, "slower")
}

func TestData(t *testing.T) {
	cache := os.Getenv("NEUROCREDIT_DATA")
	t.Setenv("NEUROCREDIT_DATA", t.TempDir())
	list := ok(t, "data", "list")
	contains(t, list, "yinyang")
	for _, name := range data.Fetchable() {
		contains(t, list, "not here; get it with neurocredit data fetch "+name)
		if status, _, stderr := cli(t, "data", "check", name); status != 1 || !strings.Contains(stderr, name) {
			t.Errorf("check of %s, which is not here: status %d\n%s", name, status, stderr)
		}
	}
	if status, _, stderr := cli(t, "data", "check"); status != 1 || !strings.Contains(stderr, "no data set has been downloaded") {
		t.Errorf("status %d\n%s", status, stderr)
	}
	if cache == "" {
		t.Skip("SKIPPED: set NEUROCREDIT_DATA to a folder with mnist/ to test data fetch and data check")
	}
	status, out, stderr := cli(t, "data", "fetch", "mnist", "--from", filepath.Join(cache, "mnist"))
	if status != 0 {
		t.Fatal(stderr)
	}
	dir := filepath.Join(os.Getenv("NEUROCREDIT_DATA"), "mnist")
	contains(t, out, "mnist is in "+dir)
	contains(t, stderr, "train-images-idx3-ubyte", "MB")
	contains(t, ok(t, "data", "list"), dir)
	contains(t, ok(t, "data", "check"), "mnist: ok, 50000 training, 10000 validation and 10000 test patterns of 784 values, 10 classes")
}

func TestBench(t *testing.T) {
	text := ok(t, "bench", "yin-yang/pal", "--time", "1ms", "--runs", "1,2")
	contains(t, text, " 2  step")
	row := regexp.MustCompile(`yin-yang/pal +dendritic +native float64 +1 +step +(\S+) (ns|µs) +\S+ (s|min|h)\n`).FindStringSubmatch(text)
	if row == nil {
		t.Fatalf("no row of the preset:\n%s", text)
	}
	if x, err := strconv.ParseFloat(row[1], 64); err != nil || x < 1 {
		t.Errorf("a step takes %s %s", row[1], row[2])
	}
	for ns, want := range map[float64]string{12.34: "12.3 ns", 9999: "10 µs", 123456: "123 µs", 45.6e6: "45.6 ms", 20e9: "20 s"} {
		if got := precisely(ns); got != want {
			t.Errorf("precisely(%g) is %q, want %q", ns, got, want)
		}
	}
	for ns, want := range map[float64]string{1.4e9: "1 s", 300e9: "5 min", 3600e9 * 12.34: "12.3 h"} {
		if got := roughly(ns); got != want {
			t.Errorf("roughly(%g) is %q, want %q", ns, got, want)
		}
	}
}

func TestVersion(t *testing.T) {
	contains(t, ok(t, "version"), "neurocredit ", "go1.")
}

// TestCite checks the form of the entries: braces in balance, keys unique, the
// identifiers that a reader looks up.
func TestCite(t *testing.T) {
	text := ok(t, "cite")
	if strings.Count(text, "{") != strings.Count(text, "}") {
		t.Error("braces are not in balance")
	}
	var keys []string
	for _, m := range regexp.MustCompile(`(?m)^@\w+\{(\w+),$`).FindAllStringSubmatch(text, -1) {
		keys = append(keys, m[1])
	}
	slices.Sort(keys)
	if len(slices.Compact(slices.Clone(keys))) != 6 || len(keys) != 6 {
		t.Errorf("keys %v, want 6 different ones", keys)
	}
	contains(t, text, "10.1038/s42256-024-00845-3", "2212.10249", "2102.08211", "e2111821118")
}
