package le_test

import (
	"fmt"

	"github.com/neurocredit/neurocredit/pal/le"
)

// A network is a list of layers. Shapes follow from that of the samples, here images
// of one channel.
func ExampleNew() {
	c := le.New([]int{1, 28, 28},
		le.Conv(8, 5, "relu"), le.MaxPool(2), le.Projection(64, "tanh"), le.Linear(10, "linear"))
	summary, err := c.Network.Summary()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(summary)

	// What does not fit is told layer by layer.
	c = le.New([]int{1, 28, 28}, le.Conv(8, 5, "relu"), le.Linear(10, "linear"))
	_, err = c.Network.Summary()
	fmt.Println(err)
	// Output:
	// layer  kind        output       activation  weights  biases
	// 0      input       1 × 28 × 28
	// 1      conv 5      8 × 24 × 24  relu        200      8
	// 2      pool 2      8 × 12 × 12
	// 3      projection  64           tanh        73728    64
	// 4      linear      10           linear      640      10
	//                                             74650    in all
	// le: layer 2 (linear): its input has the shape 8 × 24 × 24: linear takes neurons, projection images
}
