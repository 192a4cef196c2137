package hdf5_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/neurocredit/neurocredit/internal/hdf5"
)

func Example() {
	dir, err := os.MkdirTemp("", "hdf5")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "net_recordings.h5")

	f, err := hdf5.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Abort() // does nothing after Close
	g, err := f.Group("training/1/fb")
	if err != nil {
		log.Fatal(err)
	}
	d, err := g.Dataset("g", hdf5.Float32, 300, hdf5.Options{Gzip: 4, Shuffle: true})
	if err != nil {
		log.Fatal(err)
	}
	if err := d.SetAttr("unit", "µS"); err != nil {
		log.Fatal(err)
	}
	rows := make([]float64, 50*300)
	for range 20 {
		if err := d.Write(rows); err != nil {
			log.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Rows(), "rows,", info.Size() < 20_000)
	// Output: 1000 rows, true
}
