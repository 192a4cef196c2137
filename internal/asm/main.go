// The generator of the vector kernels of packages vec and noise, for amd64 with
// AVX-512. Run it with go generate in their folders.
package main

import (
	"flag"
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	flag.Parse() // avo's own flags
	ConstraintExpr("!purego")
	switch pkg := flag.Lookup("pkg").Value.String(); pkg {
	case "vec":
		matrices()
		elementwise()
		sigmoid()
	case "noise":
		fill()
	default:
		fmt.Fprintf(os.Stderr, "package %q has no kernels: give -pkg vec or -pkg noise\n", pkg)
		os.Exit(2)
	}
	Generate()
}
