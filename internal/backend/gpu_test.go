package backend

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTooOld(t *testing.T) {
	for text, old := range map[string]bool{
		"NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\nGCC version:  gcc 580.1.1 \n": true,
		"NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build\n":                                    true,
		"NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n":                                    false,
		"NVRM version: NVIDIA UNIX x86_64 Kernel Module  610.10  Sun May 12\n":                                                   false,
		"":      false,
		"other": false,
	} {
		if note := tooOld(text); (note != "") != old {
			t.Errorf("%q: %q", text, note)
		}
	}
	if note := tooOld("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun"); !strings.Contains(note, "series 535, and CUDA 13 needs 580") {
		t.Error(note)
	}
}

// Without a GPU nobody is told to install what only a GPU needs.
func TestNoGPU(t *testing.T) {
	if !built() {
		t.Skip(errNotBuilt)
	}
	dir := t.TempDir()
	isolate(t, dir)
	_, err := Open(CUDA)
	if GPU() { // then somebody is
		expect(t, err, "no plugin", "install xla-cuda")
		return
	}
	expect(t, err, "backend: xla:cuda: there is no NVIDIA GPU here")
	if strings.Contains(err.Error(), "install") {
		t.Error(err)
	}
	file := filepath.Join(dir, "xla_cuda_plugin.so")
	write(t, file, "", 0o644)
	_, err = Open(CUDA)
	expect(t, err, "there is no NVIDIA GPU here", "; its plugin is "+file)
}
