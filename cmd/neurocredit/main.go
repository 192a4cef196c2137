// Command neurocredit trains cortical circuits, evaluates and draws what they
// learned, and shows which settings and plasticity rules there are.
//
// Each command is one file: train.go, sweep.go, rules.go and so on. They only
// read flags, call the packages of this module, and print.
//
// The exit status is 0, 1 after an error, and 128 plus the number of the signal
// that ended the program.
package main

import (
	"context"
	"os"

	_ "github.com/neurocredit/neurocredit/internal/backend/xla"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

func main() {
	ctx, stop := experiment.Notify(context.Background())
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
