//go:build unix

package nbtest

import (
	"os/exec"
	"syscall"
)

// setGroup makes the kernel the leader of a process group, to which the programs it starts belong too.
func setGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// killGroup ends whatever is left of the kernel and its programs.
func killGroup(cmd *exec.Cmd) {
	// Fails when nothing is left, which is fine.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
