package loop

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
	"github.com/neurocredit/neurocredit/internal/noise"
)

var noiseSeeds = []uint64{0, 1, 1 << 63, math.MaxUint64, 0x0123456789abcdef}

// The bits are those of package noise for every seed, stream, step and index.
func TestBits(t *testing.T) {
	const length = 3
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, stream := range []uint32{0, 7, math.MaxUint32} {
			for _, count := range []int{1, 2, 5} {
				draw := func(seeds, step *graph.Node) *graph.Node { return Bits(seeds, step, stream, length, count) }
				exec, err := graph.NewExec(b.Engine, draw)
				if err != nil {
					t.Fatal(err)
				}
				for _, step := range []uint64{0, 12345, 1 << 40} {
					out, err := exec.Call(noiseSeeds, step)
					if err != nil {
						t.Fatal(err)
					}
					got, err := Values[uint64](out[0])
					if err != nil {
						t.Fatal(err)
					}
					for k := range got {
						run, i, dt := k%len(noiseSeeds), k/len(noiseSeeds)%count, k/len(noiseSeeds)/count
						if want := noise.Bits(noiseSeeds[run], stream, step+uint64(dt), i); got[k] != want {
							t.Fatalf("seed %x stream %d step %d index %d: %x, want %x", noiseSeeds[run], stream, step+uint64(dt), i, got[k], want)
						}
					}
				}
				exec.Finalize()
			}
		}
	})
}

// The deviates are those of package noise, also where the bits are extreme, to one
// unit in the last place of the larger of the deviate and the terms it is summed
// from, which near 0 are about 0.02.
func TestNormal(t *testing.T) {
	words := []uint64{0, 1, 1 << 63, math.MaxUint64, 1<<63 - 1, 1<<62 - 1, 1 << 62}
	for z := range 64 {
		words = append(words, 1<<z, 1<<z-1, ^uint64(0)>>z, 1<<63|1<<z)
	}
	for i := range 5000 {
		words = append(words, noise.Bits(3, 1, 4, i))
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		out, err := graph.CallOnce(b.Engine, func(bits *graph.Node) *graph.Node { return Normal(bits, NoiseTable(bits.Graph())) }, words)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Values[float64](out)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range words {
			want := noise.FromBits(w)
			if ulp := max(math.Abs(want), 0.02) * 0x1p-52; math.Abs(got[i]-want) > ulp || math.Signbit(got[i]) != math.Signbit(want) {
				t.Errorf("bits %x: %v, want %v", w, got[i], want)
			}
		}
	})
}

// Noise drawn for chunks of a loop is that of the steps, in any chunking, and what
// a run draws does not depend on the others.
func TestNoiseInLoop(t *testing.T) {
	const count, total = 3, 11
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, chunk := range []int{4, 16} {
			p := program(t, b, 1, func(s, in []*graph.Node) (newState, results []*graph.Node) {
				g := s[0].Graph()
				seeds := in[1]
				return Loop{
					Steps: in[0], Chunk: chunk, Consts: []*graph.Node{seeds, NoiseTable(g)},
					Rows: func(first *graph.Node, consts []*graph.Node) []*graph.Node {
						step := graph.ConvertDType(first, seeds.DType())
						return []*graph.Node{Normal(Bits(consts[0], step, 9, chunk, count), consts[1])}
					},
					Body: func(i *graph.Node, s, _, rows []*graph.Node) []*graph.Node {
						return []*graph.Node{SetRow(s[0], i, rows[0])}
					},
				}.Run(s...), nil
			})
			for _, seeds := range [][]uint64{noiseSeeds, noiseSeeds[2:3]} {
				runs := len(seeds)
				s := state(t, b, tensors.FromFlatDataAndDimensions(make([]float64, total*count*runs), total, count, runs))
				run(t, p, s, steps(total), tensors.FromFlatDataAndDimensions(seeds, runs))
				got, err := Read[float64](s, 0)
				if err != nil {
					t.Fatal(err)
				}
				for k, x := range got {
					step, i, run := k/(count*runs), k/runs%count, k%runs
					if want := noise.At(seeds[run], 9, uint64(step), i); math.Abs(x-want) > max(math.Abs(want), 0.02)*0x1p-52 {
						t.Fatalf("chunk %d, step %d, index %d, run %d: %v, want %v", chunk, step, i, run, x, want)
					}
				}
			}
		}
	})
}
