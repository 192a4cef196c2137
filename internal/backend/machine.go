package backend

import (
	"debug/elf"
	"runtime"
)

// machine returns the processor that this program runs on, as ELF files name it.
func machine() elf.Machine {
	switch runtime.GOARCH {
	case "amd64":
		return elf.EM_X86_64
	case "arm64":
		return elf.EM_AARCH64
	}
	return elf.EM_NONE
}
