package notebooks_test

import (
	"os"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/nbtest"
)

// The kernel that kernel/go.mod installs is the one that the test accepts.
func TestKernelVersion(t *testing.T) {
	mod, err := os.ReadFile("kernel/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	want := "github.com/janpfeifer/gonb " + nbtest.KernelVersion + " "
	if !strings.Contains(string(mod), want) {
		t.Errorf("kernel/go.mod does not require %q", want)
	}
}
