package backend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Install downloads the plugin of a backend (xla-cpu, xla-cuda) and the libraries
// that it needs with pip, so with the user's registry and proxy settings, compares
// their SHA-256 with the known ones and puts them into [Folder], where [Open] finds
// them. It returns the path of the plugin. What is there already and right is left
// alone; what is missing or damaged is replaced; after an interruption it goes on
// with the package that was next. What pip says goes to log.
func Install(ctx context.Context, name string, log io.Writer) (file string, err error) {
	if err := Check(name); err != nil {
		return "", err
	}
	name = strings.ReplaceAll(name, "-", ":")
	r, ok := released(name)
	if !ok {
		return "", fmt.Errorf("backend: there is no plugin to install for %q on %s", name, platform)
	}
	dir, err := Folder()
	if err != nil {
		return "", err
	}
	if name == CUDA {
		if note := oldDriver(); note != "" {
			fmt.Fprintln(log, "note:", note)
		}
	}
	if err := r.install(ctx, dir, log); err != nil {
		return "", fmt.Errorf("backend: install %s: %w", name, err)
	}
	return filepath.Join(dir, r.folder, r.plugin), nil
}

// install brings a release into dir, where its folder is complete or absent. The
// packages are unpacked into a folder beside it, which an interruption leaves and in
// which a damaged release is repaired.
func (r release) install(ctx context.Context, dir string, log io.Writer) error {
	final := filepath.Join(dir, r.folder)
	if r.check(ctx, final) == nil {
		return nil
	}
	if ctx.Err() != nil { // the check was not finished, so nothing is known to be damaged
		return context.Cause(ctx)
	}
	part := final + ".part"
	if _, err := os.Lstat(final); err == nil {
		if err := errors.Join(os.RemoveAll(part), os.Rename(final, part)); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(part, 0o755); err != nil {
		return err
	}
	for i, w := range r.wheels {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if w.check(part) == nil {
			continue
		}
		fmt.Fprintf(log, "%s, package %d of %d\n", w.requirement, i+1, len(r.wheels))
		if err := w.get(ctx, part, log); err != nil {
			return err
		}
	}
	return os.Rename(part, final)
}

// check returns an error unless dir holds all packages as they were released.
func (r release) check(ctx context.Context, dir string) error {
	for _, w := range r.wheels {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := w.check(dir); err != nil {
			return err
		}
	}
	return nil
}
