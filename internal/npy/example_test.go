package npy_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/neurocredit/neurocredit/internal/npy"
)

func Example() {
	dir, err := os.MkdirTemp("", "npy")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "u.npy")

	rec, err := npy.Create(path, npy.Float32, 2)
	if err != nil {
		log.Fatal(err)
	}
	for t := range 5 {
		if err := rec.Append([]float64{float64(t), 0.5}); err != nil {
			log.Fatal(err)
		}
	}
	if err := rec.Close(); err != nil {
		log.Fatal(err)
	}

	r, err := npy.OpenReader(path)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	x := make([]float64, 2*r.Width())
	if err := r.ReadRows(x, 1, 2); err != nil { // rows 1 and 3
		log.Fatal(err)
	}
	fmt.Println(r.Shape(), r.Dtype(), x)
	// Output: [5 2] <f4 [1 0.5 3 0.5]
}
