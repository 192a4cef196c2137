package backend

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// release is a plugin in the Python registry.
type release struct {
	requirement string // package and version, as pip takes it
	wheel       string // SHA-256 of the wheel
	member      string // the plugin in the wheel
	plugin      string // SHA-256 of the plugin
	file        string // the name it gets
}

// releases are the plugins that Install gets, by backend and platform. The one
// for the processor is XLA's own, Apache-2.0, built for another program.
var releases = map[string]release{
	CPU + " linux/amd64": {
		requirement: "lammps-jax-pjrt-cpu==0.11.2",
		wheel:       "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1",
		member:      "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
		plugin:      "ad1309ac822b1b24d51b7f9947c7c9fa9ef5d67f390584cbc3d1fa2428fed9c2",
		file:        "pjrt_c_api_cpu_plugin.so",
	},
}

// errCUDA tells what to do instead of installing the plugin for CUDA, which
// needs a dozen of NVIDIA's packages that fit it and the driver.
var errCUDA = errors.New(`xla:cuda is not installed by this command. Install JAX for CUDA, pip install "jax[cuda13]", and set ` +
	pathEnv + ` to the folder jax_plugins/xla_cuda13 of its site-packages`)

// Install downloads the plugin of a backend (xla-cpu) with pip, so with the
// user's registry and proxy settings, compares its SHA-256 with the known one and
// puts it into [Folder], where [Open] finds it. It returns the path of the
// plugin. One that is there already and right is left alone. What pip says goes
// to log.
func Install(ctx context.Context, name string, log io.Writer) (file string, err error) {
	if err := Check(name); err != nil {
		return "", err
	}
	name = strings.ReplaceAll(name, "-", ":")
	if name == CUDA {
		return "", fmt.Errorf("backend: %w", errCUDA)
	}
	platform := runtime.GOOS + "/" + runtime.GOARCH
	r, ok := releases[name+" "+platform]
	if !ok {
		return "", fmt.Errorf("backend: there is no plugin to install for %q on %s, only xla-cpu on linux/amd64", name, platform)
	}
	dir, err := Folder()
	if err != nil {
		return "", err
	}
	if file, err = r.install(ctx, dir, log); err != nil {
		return "", fmt.Errorf("backend: install %s: %w", name, err)
	}
	return file, nil
}

func (r release) install(ctx context.Context, dir string, log io.Writer) (string, error) {
	file := filepath.Join(dir, r.file)
	if sum, err := sha256Of(file); err == nil && sum == r.plugin {
		return file, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(dir, ".download-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	wheel, err := r.download(ctx, tmp, log)
	if err != nil {
		return "", err
	}
	if sum, err := sha256Of(wheel); err != nil {
		return "", err
	} else if sum != r.wheel {
		return "", fmt.Errorf("%s has SHA-256 %s, want %s; nothing was installed", filepath.Base(wheel), sum, r.wheel)
	}
	return file, r.unpack(wheel, tmp, file)
}

// download asks pip for the wheel. --no-deps: the plugin needs nothing of Python.
func (r release) download(ctx context.Context, dir string, log io.Writer) (string, error) {
	cmd := exec.CommandContext(ctx, "python3", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", dir, r.requirement)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", fmt.Errorf("%s: %w (it needs Python 3 with pip, and access to its registry)", strings.Join(cmd.Args, " "), err)
	}
	wheels, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.whl"))
	if err != nil || len(wheels) != 1 {
		return "", fmt.Errorf("pip left %d wheels of %s, want 1", len(wheels), r.requirement)
	}
	return wheels[0], nil
}

// unpack writes the plugin, and its licences beside it, under names that are
// complete whenever they exist.
func (r release) unpack(wheel, tmp, file string) error {
	z, err := zip.OpenReader(wheel)
	if err != nil {
		return err
	}
	defer z.Close()
	found := false
	for _, f := range z.File {
		to := ""
		switch {
		case f.Name == r.member:
			to = file
		case path.Base(path.Dir(f.Name)) == "licenses":
			to = file + "." + path.Base(f.Name)
		default:
			continue
		}
		part := filepath.Join(tmp, "part")
		sum, err := extract(f, part)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		if to == file {
			if found = true; sum != r.plugin {
				return fmt.Errorf("%s has SHA-256 %s, want %s", f.Name, sum, r.plugin)
			}
		}
		if err := os.Rename(part, to); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("%s has no file %s", filepath.Base(wheel), r.member)
	}
	return nil
}

// extract writes a file of an archive and returns its SHA-256.
func extract(f *zip.File, to string) (sum string, err error) {
	src, err := f.Open()
	if err != nil {
		return "", err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(dst, h), src)
	if err == nil {
		err = dst.Sync()
	}
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, dst.Close())
}

func sha256Of(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
