package hdf5

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// BenchmarkWrite writes 64 MiB files of slowly drifting weights, from float64
// rows and from raw bytes.
func BenchmarkWrite(b *testing.B) {
	for _, dtype := range []Dtype{Float32, Float64} {
		for _, opt := range []Options{{}, {Gzip: 1, Shuffle: true}, {Gzip: 4, Shuffle: true}} {
			for _, source := range []string{"rows", "bytes"} {
				b.Run(fmt.Sprintf("%v/gzip%d/%s", dtype, opt.Gzip, source), func(b *testing.B) {
					benchmarkWrite(b, dtype, opt, source == "bytes")
				})
			}
		}
	}
}

func benchmarkWrite(b *testing.B, dtype Dtype, opt Options, fromBytes bool) {
	const width, total = 512, 64 << 20
	rows := total / width / dtype.Size()
	x := make([]float64, rows*width)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range x {
		if i < width {
			x[i] = rng.NormFloat64()
		} else {
			x[i] = x[i-width] + 1e-5*rng.NormFloat64()
		}
	}
	raw := make([]byte, total)
	dtype.put(raw, x)
	path := filepath.Join(b.TempDir(), "x.h5")
	b.SetBytes(total)
	b.ReportAllocs()
	for b.Loop() {
		f, err := Create(path)
		must(b, err)
		d, err := f.root.Dataset("x", dtype, width, opt)
		must(b, err)
		if fromBytes {
			_, err = d.ReadFrom(bytes.NewReader(raw))
		} else {
			err = d.Write(x)
		}
		must(b, err)
		must(b, f.Close())
	}
}
