//go:build !unix

package nbtest

import "os/exec"

// GoNB itself needs Unix: here the package only has to compile.

func setGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
}
