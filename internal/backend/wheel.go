package backend

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// wheel is a package of the Python registry: a zip archive. A list in it, its
// RECORD, has the SHA-256 of all other files.
type wheel struct {
	requirement string // name and version, as pip takes them
	sum         string // SHA-256 of the archive
	record      string // SHA-256 of its RECORD
}

// check compares the package in dir with what was released.
func (w wheel) check(dir string) error {
	name, version, _ := strings.Cut(w.requirement, "==")
	record := filepath.Join(dir, strings.ReplaceAll(name, "-", "_")+"-"+version+".dist-info", "RECORD")
	content, err := os.ReadFile(record)
	if err != nil {
		return err
	}
	if err := compare(record, sha256.Sum256(content), w.record); err != nil {
		return err
	}
	list := csv.NewReader(bytes.NewReader(content))
	list.FieldsPerRecord = 3 // file, hash, size
	rows, err := list.ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", record, err)
	}
	for _, row := range rows {
		file, hash := row[0], row[1]
		if hash == "" { // RECORD itself
			continue
		}
		want, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(hash, "sha256="))
		if err != nil {
			return fmt.Errorf("%s: %s has the hash %q, want sha256= and base64", record, file, hash)
		}
		file = filepath.Join(dir, filepath.FromSlash(file))
		sum, err := sha256Of(file)
		if err != nil {
			return err
		}
		if err := compare(file, sum, hex.EncodeToString(want)); err != nil {
			return err
		}
	}
	return nil
}

// get downloads the package, checks it and unpacks it into dir.
func (w wheel) get(ctx context.Context, dir string, log io.Writer) (err error) {
	tmp := filepath.Join(dir, ".download") // may be left from a run that was killed
	if err := errors.Join(os.RemoveAll(tmp), os.Mkdir(tmp, 0o755)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	archive, err := w.download(ctx, tmp, log)
	if err != nil {
		return err
	}
	sum, err := sha256Of(archive)
	if err != nil {
		return err
	}
	if err := compare(filepath.Base(archive), sum, w.sum); err != nil {
		return fmt.Errorf("%w; it was not installed", err)
	}
	if err := unpack(ctx, archive, tmp, dir); err != nil {
		return fmt.Errorf("%s: %w", w.requirement, err)
	}
	return w.check(dir)
}

// download asks pip for the archive. --no-deps: the plugins need nothing of Python.
// No cache and no folder elsewhere: some of the archives have half a gigabyte.
func (w wheel) download(ctx context.Context, dir string, log io.Writer) (string, error) {
	cmd := exec.CommandContext(ctx, "python3", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--dest", dir, w.requirement)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.WaitDelay = time.Second // a wrapper of python3 may leave it behind
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", fmt.Errorf("%s: %w (it needs Python 3 with pip 20.3 or later, and access to its registry)", strings.Join(cmd.Args, " "), err)
	}
	wheels, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.whl"))
	if err != nil || len(wheels) != 1 {
		return "", fmt.Errorf("pip left %d wheels of %s, want 1", len(wheels), w.requirement)
	}
	return wheels[0], nil
}

// unpack writes the files of an archive into dir. Programs that have an earlier
// state of a file open keep it, because files are replaced, not overwritten.
func unpack(ctx context.Context, archive, tmp, dir string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, f := range z.File {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if f.FileInfo().IsDir() {
			continue
		}
		if !filepath.IsLocal(f.Name) {
			return fmt.Errorf("the archive has a file %q, outside of itself", f.Name)
		}
		part, to := filepath.Join(tmp, "part"), filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := extract(f, part); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.Rename(part, to)); err != nil {
			return err
		}
	}
	return nil
}

// extract writes a file of an archive, as a program if it is one.
func extract(f *zip.File, to string) error {
	src, err := f.Open()
	if err != nil {
		return err
	}
	defer src.Close()
	mode := os.FileMode(0o644)
	if f.Mode()&0o111 != 0 {
		mode = 0o755
	}
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}

func compare(file string, got [sha256.Size]byte, want string) error {
	if sum := hex.EncodeToString(got[:]); sum != want {
		return fmt.Errorf("%s has SHA-256 %s, want %s", file, sum, want)
	}
	return nil
}

func sha256Of(file string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(file)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
