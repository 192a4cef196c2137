package nbtest

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BinEnv names the environment variable that holds the folder of the programs gonb and goimports. When it is set, a test
// that cannot use them fails; when it is not, they are looked for on the PATH, and a test without them is skipped.
const BinEnv = "NEUROCREDIT_GONB"

// KernelVersion is the version of GoNB that notebooks are written for, the one in notebooks/kernel/go.mod. Earlier ones
// count a cell that panics or calls log.Fatal as a success.
const KernelVersion = "v0.11.4"

// Need returns the folder of the kernel's programs for Options.Bin. It skips the test if there is none, or fails it,
// see [BinEnv].
func Need(t testing.TB) string {
	t.Helper()
	if bin := os.Getenv(BinEnv); bin != "" {
		if err := usable(bin); err != nil {
			t.Fatalf("%s: %v", BinEnv, err)
		}
		return bin
	}
	bin, err := onPath()
	if err != nil {
		t.Skipf("SKIPPED, no notebook was run: %v; install the kernel as notebooks/README.md tells and set %s", err, BinEnv)
	}
	return bin
}

func onPath() (string, error) {
	gonb, err := exec.LookPath("gonb")
	if err != nil {
		return "", err
	}
	bin := filepath.Dir(gonb)
	return bin, usable(bin)
}

// usable tells whether the folder holds both programs, the kernel in the right version.
func usable(bin string) error {
	if !filepath.IsAbs(bin) {
		return fmt.Errorf("folder %q must be an absolute path", bin)
	}
	if _, err := exec.LookPath(filepath.Join(bin, "goimports")); err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(filepath.Join(bin, "gonb"))
	if err != nil {
		return err
	}
	if info.Main.Version != KernelVersion {
		return errors.New("gonb is of version " + info.Main.Version + ", want " + KernelVersion)
	}
	return nil
}
