package xla_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestLinks holds XLA, with 30 MB and cgo, out of the packages that users import.
func TestLinks(t *testing.T) {
	const module = "github.com/neurocredit/neurocredit/"
	list := exec.Command("go", "list", "-deps", module+"dendritic", module+"pal", module+"mdgl", module+"data", module+"plotting")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 50 {
		t.Fatalf("only %d packages: %s", len(packages), out)
	}
	for _, p := range packages {
		if strings.Contains(p, "go-xla") {
			t.Errorf("%s is part of all programs", p)
		}
	}
}
