package loop

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/neurocredit/neurocredit/internal/noise"
)

// The constants of Threefry-2x64 and of its use in package noise.
const (
	domain = 0x6e632d6e6f697365
	parity = 0x1BD11BDAA9FC1A22
	rounds = 13
)

var rotations = [8]int{16, 42, 12, 31, 16, 32, 24, 21}

// NoiseTable returns the coefficients that [Normal] needs, float64
// [octaves*segments, 4]. Inside a loop it has to be a constant of the loop.
func NoiseTable(g *graph.Graph) *graph.Node {
	return graph.Reshape(graph.Const(g, noise.Table()), noise.Octaves*noise.Segments, 4)
}

// Bits returns the random bits of package noise for count indices and steps time
// steps from the given one on, uint64 [steps, count, R]. seeds is uint64 [R], step a
// scalar of type uint64.
func Bits(seeds, step *graph.Node, stream uint32, steps, count int) *graph.Node {
	if seeds.Rank() != 1 || seeds.DType() != dtypes.Uint64 || step.DType() != dtypes.Uint64 || !step.IsScalar() {
		panic(fmt.Errorf("loop: seeds %s and step %s of noise: want uint64 [R] and uint64", seeds.Shape(), step.Shape()))
	}
	g := seeds.Graph()
	runs, pairs := seeds.Shape().Dimensions[0], (count+1)/2
	k0 := graph.BroadcastToDims(graph.Reshape(seeds, 1, 1, runs), steps, pairs, runs)
	times := make([]uint64, steps)
	for t := range times {
		times[t] = uint64(t)
	}
	counters := make([]uint64, pairs)
	for i := range counters {
		counters[i] = uint64(stream)<<32 | uint64(i)
	}
	x := graph.BroadcastToDims(graph.Reshape(graph.Add(graph.Const(g, times), step), steps, 1, 1), steps, pairs, runs)
	y := graph.BroadcastToDims(graph.Reshape(graph.Const(g, counters), 1, pairs, 1), steps, pairs, runs)
	x, y = threefry(k0, x, y)
	both := graph.Reshape(graph.Concatenate([]*graph.Node{graph.ExpandAxes(x, 2), graph.ExpandAxes(y, 2)}, 2), steps, 2*pairs, runs)
	return graph.Slice(both, graph.AxisRange(), graph.AxisRange(0, count))
}

// threefry is Threefry-2x64 with 13 rounds for the key (k0, domain).
func threefry(k0, x, y *graph.Node) (*graph.Node, *graph.Node) {
	word := func(v uint64) *graph.Node { return graph.Const(k0.Graph(), v) }
	k1 := word(domain)
	keys := [3]*graph.Node{k0, k1, graph.BitwiseXor(k0, word(domain^parity))}
	x, y = graph.Add(x, keys[0]), graph.Add(y, keys[1])
	for r := range rounds {
		left := rotations[r%8]
		x = graph.Add(x, y)
		y = graph.BitwiseXor(graph.BitwiseOr(graph.BitwiseShiftLeft(y, word(uint64(left))), graph.BitwiseShiftRightLogical(y, word(uint64(64-left)))), x)
		if n := (r + 1) / 4; (r+1)%4 == 0 {
			x = graph.Add(x, keys[n%3])
			y = graph.Add(graph.Add(y, keys[(n+1)%3]), word(uint64(n)))
		}
	}
	return x, y
}

// Normal returns the normal deviates of bits, float64 in the same shape. table is
// that of [NoiseTable]. Where the backend fuses multiplication and addition the last
// bit may differ from that of package noise.
func Normal(bits, table *graph.Node) *graph.Node {
	word := func(v uint64) *graph.Node { return graph.Const(bits.Graph(), v) }
	real := func(v float64) *graph.Node { return Like(table, v) }
	v := graph.BitwiseOr(graph.BitwiseShiftLeft(bits, word(1)), word(1))
	z := graph.Clz(v)
	w := graph.BitwiseShiftLeft(graph.BitwiseShiftLeft(v, z), word(1))
	row := graph.Add(graph.BitwiseShiftLeft(z, word(6)), graph.BitwiseShiftRightLogical(w, word(58)))
	fraction := graph.BitwiseShiftRightLogical(graph.BitwiseShiftLeft(w, word(6)), word(12))
	t := graph.Sub(graph.Bitcast(graph.BitwiseOr(fraction, word(0x3ff<<52)), dtypes.Float64), real(1))
	c := graph.Gather(table, graph.ExpandAxes(graph.ConvertDType(row, dtypes.Int32), -1))
	coefficient := func(i int) *graph.Node {
		return graph.Squeeze(graph.Slice(c, graph.AxisRange().Spacer(), graph.AxisElem(i)), -1)
	}
	x := coefficient(3)
	for i := 2; i >= 0; i-- {
		x = graph.Add(graph.Mul(x, t), coefficient(i))
	}
	sign := graph.BitwiseAnd(bits, word(1<<63))
	return graph.Bitcast(graph.BitwiseXor(graph.Bitcast(x, dtypes.Uint64), sign), dtypes.Float64)
}
