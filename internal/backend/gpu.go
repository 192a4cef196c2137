package backend

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// minDriver is the first major version of NVIDIA's driver that works with the CUDA
// 13 that Install gets.
const minDriver = 580

// GPU reports whether the system shows an NVIDIA GPU. Windows' subsystem for
// Linux shows /dev/dxg instead.
func GPU() bool {
	for _, pattern := range []string{"/dev/nvidia[0-9]*", "/dev/dxg"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

// oldDriver says so if the driver of the GPU is too old for the plugin that Install
// gets. It is silent where there is no driver, as on the login node of a cluster.
func oldDriver() string {
	text, err := os.ReadFile("/proc/driver/nvidia/version")
	if err != nil {
		return ""
	}
	return tooOld(string(text))
}

// driverVersion finds the version in the first line of what the driver says of itself.
var driverVersion = regexp.MustCompile(`^NVRM version: .*?\s(\d+)(\.\d+)+\s`)

func tooOld(text string) string {
	m := driverVersion.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	if major, err := strconv.Atoi(m[1]); err != nil || major >= minDriver {
		return ""
	}
	return fmt.Sprintf(`the NVIDIA driver is of the series %s, and CUDA 13 needs %d or later; with an older one, pip install "jax[cuda12]" and set %s `+
		`to the folder jax_plugins/xla_cuda12 of its site-packages`, m[1], minDriver, pathEnv)
}
