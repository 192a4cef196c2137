package loop

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// Row returns row i of x along its leading axis, without that axis. i is a scalar
// of type int32; it must be within the array.
func Row(x, i *graph.Node) *graph.Node {
	checkRow(x, i)
	if !can(x, compute.OpTypeDynamicSlice) {
		return graph.Gather(x, graph.Reshape(i, 1))
	}
	dims := append([]int{1}, x.Shape().Dimensions[1:]...)
	return graph.Reshape(graph.DynamicSlice(x, corner(x, i), dims), dims[1:]...)
}

// SetRow returns x with the given row in place of row i. That row must be zero
// before. i is a scalar of type int32; it must be within the array.
func SetRow(x, i, row *graph.Node) *graph.Node {
	checkRow(x, i)
	if want := rowShape(x); !row.Shape().Equal(want) {
		panic(fmt.Errorf("loop: the row of a record has shape %s, must be %s", row.Shape(), want))
	}
	dims := append([]int{1}, row.Shape().Dimensions...)
	if !can(x, compute.OpTypeDynamicUpdateSlice) {
		return graph.ScatterSum(x, graph.Reshape(i, 1, 1), graph.Reshape(row, dims...), true, true)
	}
	return graph.DynamicUpdateSlice(x, graph.Reshape(row, dims...), corner(x, i))
}

func checkRow(x, i *graph.Node) {
	if x.Rank() == 0 || !i.IsScalar() {
		panic(fmt.Errorf("loop: row %s of %s: want a scalar and an array with a leading axis", i.Shape(), x.Shape()))
	}
}

// can reports whether the backend has an operation. Pure Go lacks those that read
// and write in place.
func can(x *graph.Node, op compute.OpType) bool {
	return x.Graph().Backend().Capabilities().Operations[op]
}

// corner is the position of the first element of row i.
func corner(x, i *graph.Node) []*graph.Node {
	at := make([]*graph.Node, x.Rank())
	zero := Like(i, 0)
	for axis := range at {
		at[axis] = zero
	}
	at[0] = i
	return at
}
