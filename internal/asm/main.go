// The generator of the vector kernels of packages vec and noise for amd64: with
// AVX-512, and of vec with AVX2 too. Run it with go generate in their folders.
package main

import (
	"flag"
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
)

// widest is the number of lanes of the widest registers.
var widest lanes

func main() {
	avx2 := flag.Bool("avx2", false, "use AVX2 only")
	flag.Parse() // avo's own flags too
	if widest = 8; *avx2 {
		widest = 4
	}
	ConstraintExpr("!purego")
	switch pkg := flag.Lookup("pkg").Value.String(); pkg {
	case "vec":
		matrices()
		elementwise()
		spiking()
		if *avx2 {
			sparse()
			sigmoidAVX2()
		} else {
			sigmoid()
		}
	case "noise":
		fill()
	default:
		fmt.Fprintf(os.Stderr, "package %q has no kernels: give -pkg vec or -pkg noise\n", pkg)
		os.Exit(2)
	}
	Generate()
}
