package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/pal/le"
)

// patches are the files of a small set in the format of CIFAR-10: images are red or
// green, and their class is the colour or, for a control, has nothing to do with it.
func patches(colour bool) map[string][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	files := map[string][]byte{}
	for _, f := range []struct {
		name   string
		images int
	}{{"data_batch_1.bin", 40}, {"data_batch_2.bin", 40}, {"test_batch.bin", 8}} {
		var text []byte
		for i := range f.images {
			class := i % 2
			if !colour {
				class = i / 2 % 2
			}
			text = append(text, byte(class))
			for k := range 3 * 32 * 32 {
				v := 50 * rng.Float64()
				if k/1024 == i%2 {
					v += 200
				}
				text = append(text, byte(v))
			}
		}
		files[f.name] = text
	}
	return files
}

func writeFiles(t *testing.T, files map[string][]byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// smallFig6 has the layers of Fig. 6 with fewer neurons, which learn in a second.
var smallFig6 = []string{"--seeds", "1", "--backend", "go", "--set", "data.source=images",
	"--set", "network.layers=[{kind: conv, units: 4, size: 3, activation: tanh}, {kind: pool, size: 5}, {kind: conv, units: 4, size: 3, activation: tanh}, " +
		"{kind: pool, size: 2}, {kind: projection, units: 20, activation: tanh}, {kind: linear, units: 10, activation: linear}]",
	"--set", "network.weights=0.3", "--set", "learning.up=[0.1, 0, 0.1, 0, 0.3, 0.3]", "--set", "learning.multiplier=40",
	"--set", "presentation.batch=4", "--set", "presentation.updates=10"}

// TestTrainFig6 takes a set of files through the experiment on CIFAR-10: loaded,
// divided, trained with all algorithms, resumed, measured and drawn. What
// can be learned is learned, and what cannot is not; nothing is shown as CIFAR-10.
func TestTrainFig6(t *testing.T) {
	images := writeFiles(t, patches(true))
	train := func(out, images string, more ...string) []string {
		return append(append([]string{"train", "fig6", "--out", out, "--set", "data.dir=" + images}, smallFig6...), more...)
	}
	accuracy := func(out string) (all []float64) {
		t.Helper()
		for _, mode := range le.Modes() {
			r, err := le.Load(t.Context(), filepath.Join(out, fmt.Sprintf("fig6_%s_seed_1", mode)))
			if err != nil {
				t.Fatal(err)
			}
			if !r.Done || len(r.Points) != 3 {
				t.Errorf("%s: done %v, %d points", mode, r.Done, len(r.Points))
			}
			all = append(all, r.Last().ValidAccuracy)
		}
		return all
	}
	note := "own images in " + images + ", not CIFAR-10"

	out := t.TempDir()
	status, table, stderr := cli(t, train(out, images, "--epochs", "2")...)
	if status != 0 {
		t.Fatal(stderr)
	}
	contains(t, stderr, "4 of fig6_bp, fig6_fa, fig6_dfa, fig6_pal", "note        "+note)
	contains(t, table, "fig6_pal", "angle 6 (°)", "note: "+note)
	for i, a := range accuracy(out) {
		if a < 0.9 {
			t.Errorf("%s: validation accuracy %.2f of what can be learned", le.Modes()[i], a)
		}
	}

	again := t.TempDir()
	ok(t, train(again, images, "--quiet", "--epochs", "1")...)
	if got := ok(t, train(again, images, "--quiet", "--epochs", "2", "--resume")...); got != table {
		t.Errorf("table after resume\n%s, want\n%s", got, table)
	}
	for _, mode := range le.Modes() {
		name := filepath.Join(fmt.Sprintf("fig6_%s_seed_1", mode), "metrics.csv")
		a, err1 := os.ReadFile(filepath.Join(out, name))
		b, err2 := os.ReadFile(filepath.Join(again, name))
		if errors.Join(err1, err2) != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs after resume (%v, %v)", name, err1, err2)
		}
	}

	shuffled := t.TempDir()
	ok(t, train(shuffled, writeFiles(t, patches(false)), "--quiet", "--epochs", "2")...)
	for i, a := range accuracy(shuffled) {
		if a > 0.8 { // 16 samples of two classes: chance is above in 1 of 100 cases
			t.Errorf("%s: validation accuracy %.2f of what cannot be learned", le.Modes()[i], a)
		}
	}

	figures := t.TempDir()
	contains(t, ok(t, "figure", "fig6", "--runs", out, "--out", figures), "fig6.png", "note: "+note)
	svg, err := os.ReadFile(filepath.Join(figures, "fig6.svg"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(svg), "Own images, not CIFAR-10", "Validation samples of own images")
	contains(t, ok(t, "sweep", "status", out), "note: "+note)

	sum := strings.Repeat("0", 64)
	status, _, stderr = cli(t, train(t.TempDir(), images, "--set", "data.sum='"+sum+"'")...)
	if status != 1 {
		t.Errorf("a wrong checksum: status %d", status)
	}
	contains(t, stderr, images+": SHA-256 of all files is ", "want "+sum)
}

// TestFetchCIFAR10 offers an archive of the right form that is not CIFAR-10.
func TestFetchCIFAR10(t *testing.T) {
	from := t.TempDir()
	archive := filepath.Join(from, "cifar-10-binary.tar.gz")
	var packed bytes.Buffer
	zipper := gzip.NewWriter(&packed)
	w := tar.NewWriter(zipper)
	files := patches(true)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		err := w.WriteHeader(&tar.Header{Name: "cifar-10-batches-bin/" + name, Mode: 0o644, Size: int64(len(text))})
		if _, more := w.Write(text); errors.Join(err, more) != nil {
			t.Fatal(err, more)
		}
	}
	if err := errors.Join(w.Close(), zipper.Close(), os.WriteFile(archive, packed.Bytes(), 0o666)); err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	status, _, stderr := cli(t, "data", "fetch", "cifar10", "--from", from, "--dir", to)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, stderr, archive+": SHA-256 of the content is ", "want c4a38c50", "not the published file")
	if left, _ := os.ReadDir(to); len(left) > 0 {
		t.Errorf("a wrong archive leaves %v", left)
	}
	status, _, stderr = cli(t, "data", "check", "cifar10", "--dir", from)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, stderr, archive, "cut off after 40 of 10000 records")
}
