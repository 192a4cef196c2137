package mt19937_test

import (
	"fmt"

	"github.com/neurocredit/neurocredit/internal/mt19937"
)

// numpy.random.seed(123456); numpy.random.uniform(-0.1, 0.1, 3)
func ExampleSource_Uniform() {
	s := mt19937.New(123456)
	for range 3 {
		fmt.Printf("%.6f\n", s.Uniform(-0.1, 0.1))
	}
	// Output:
	// -0.074606
	// 0.093344
	// -0.047905
}

// The order of ten samples: x = arange(10); numpy.random.shuffle(x).
func ExampleSource_Shuffle() {
	order := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	mt19937.New(42).Shuffle(order)
	fmt.Println(order)
	// Output: [8 1 5 0 7 2 9 4 3 6]
}

// A saved state continues the stream exactly.
func ExampleSource_MarshalBinary() {
	s := mt19937.New(1)
	s.Normal()
	state, _ := s.MarshalBinary()
	var resumed mt19937.Source
	if err := resumed.UnmarshalBinary(state); err != nil {
		fmt.Println(err)
	}
	fmt.Println(s.Normal() == resumed.Normal())
	// Output: true
}
