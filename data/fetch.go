package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// FetchOptions says where Fetch takes a data set from and puts it.
type FetchOptions struct {
	Dir     string   // folder for the files; empty: that of Folder
	From    string   // folder that has the files already: copy, do not download
	Mirrors []string // URLs of folders, tried in turn; nil: the known ones

	// Progress, if not nil, is called now and then with the bytes of a file
	// that are there and in all; total is -1 where the server does not tell.
	Progress func(file string, done, total int64)

	Client *http.Client // nil: one that heeds the proxy settings of the environment

	silence time.Duration // how long a server may send nothing; 0: 30 s
}

// collection is a data set that can be fetched.
type collection struct {
	files   []remoteFile
	mirrors []string
}

// remoteFile is one file of a collection.
type remoteFile struct {
	name string // as the mirrors call it, and as it is kept
	sum  string // SHA-256, hexadecimal, of the content as openPlain reads it

	packed bool // an archive: it is kept as it comes, and sum is that of the file itself
}

// collections returns the data sets that Fetch knows. A new one is an entry
// here.
func collections() map[string]collection {
	m := publishedMNIST
	var mnist []remoteFile
	for _, f := range []idxFile{m.trainImages, m.trainLabels, m.testImages, m.testLabels} {
		mnist = append(mnist, remoteFile{name: f.name + ".gz", sum: f.sum})
	}
	return map[string]collection{
		"cifar10": {[]remoteFile{publishedCIFAR10.archive}, []string{
			"https://www.cs.toronto.edu/~kriz/",
			"https://cave.cs.toronto.edu/kriz/",
		}},
		"mnist": {mnist, []string{
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
		}},
	}
}

// Fetchable returns the names of the data sets that [Fetch] knows, sorted.
func Fetchable() []string { return slices.Sorted(maps.Keys(collections())) }

// Fetch brings the files of the named data set into a folder and returns that
// folder. Files that are there and right are kept; one that is there and wrong
// is an error, it is never overwritten. Each file is downloaded to a name that
// ends in .part, where an interrupted download is continued, its checksum is
// compared, and then it gets its own name, under which it is always complete.
// The errors of all mirrors are in the error.
func Fetch(ctx context.Context, name string, o FetchOptions) (dir string, err error) {
	c, ok := collections()[name]
	if !ok {
		return "", fmt.Errorf("data: cannot fetch %q, want one of %s", name, strings.Join(Fetchable(), ", "))
	}
	if o.Dir == "" {
		if o.Dir, err = Folder(name); err != nil {
			return "", err
		}
	}
	if err := c.fetch(ctx, o); err != nil {
		return "", fmt.Errorf("data: fetch %s: %w", name, err)
	}
	return o.Dir, nil
}

func (c collection) fetch(ctx context.Context, o FetchOptions) error {
	if o.Mirrors == nil {
		o.Mirrors = c.mirrors
	}
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	if o.silence == 0 {
		o.silence = 30 * time.Second
	}
	if o.Client == nil {
		o.Client = newClient(o.silence)
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return err
	}
	for _, f := range c.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if path, err := f.present(o.Dir); err == nil {
			if info, err := os.Stat(path); err == nil {
				o.Progress(f.name, info.Size(), info.Size())
			}
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w; remove the file or choose another folder", err)
		}
		if o.From != "" {
			if err := f.copyFrom(ctx, o); err != nil {
				return err
			}
			continue
		}
		if err := f.download(ctx, o); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("%s: %w; what has arrived is kept", f.name, ctx.Err())
			}
			return fmt.Errorf("%w\nwithout network: copy the files %s, from a machine that has them, into a folder DIR, "+
				"%s, and fetch with From: DIR (command line: --from DIR)", err, c.list(), f.form())
		}
	}
	return nil
}

// form says in which form copyFrom takes the file.
func (f remoteFile) form() string {
	if f.packed {
		return "not unpacked"
	}
	return "compressed or not"
}

func (c collection) list() string {
	var names []string
	for _, f := range c.files {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// present returns the path of the file in dir, plain or compressed, if its
// content is right. Where there is neither, the error wraps fs.ErrNotExist.
func (f remoteFile) present(dir string) (string, error) {
	if f.packed {
		path := filepath.Join(dir, f.name)
		return path, f.verify(path)
	}
	path, err := findPlain(dir, strings.TrimSuffix(f.name, ".gz"))
	if err != nil {
		return "", err
	}
	return path, f.verify(path)
}

// verify compares the checksum of the file at path.
func (f remoteFile) verify(path string) error {
	open := openPlain
	if f.packed {
		open = func(path string) (io.ReadCloser, error) { return os.Open(path) }
	}
	r, err := open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, r); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != f.sum {
		return fmt.Errorf("%s: SHA-256 of the content is %s, want %s: not the published file", path, got, f.sum)
	}
	return nil
}

// copyFrom copies the file from the folder o.From.
func (f remoteFile) copyFrom(ctx context.Context, o FetchOptions) error {
	source, err := f.present(o.From)
	if err != nil {
		return err
	}
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	path := filepath.Join(o.Dir, filepath.Base(source))
	out, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	to := &counter{w: out, ctx: ctx, report: func(n int64) { o.Progress(f.name, n, info.Size()) }}
	_, err = io.Copy(to, in)
	return f.finish(out, path, err)
}

// finish closes the .part file of path and, unless writing it failed, verifies
// it and gives it its name. A .part file that is wrong or empty is removed.
func (f remoteFile) finish(part *os.File, path string, err error) error {
	if err == nil {
		err = part.Sync()
	}
	if err != nil {
		info, statErr := part.Stat()
		err = errors.Join(err, part.Close())
		if statErr == nil && info.Size() == 0 { // nothing to continue
			err = errors.Join(err, os.Remove(part.Name()))
		}
		return err
	}
	if err := part.Close(); err != nil {
		return err
	}
	if err := f.verify(part.Name()); err != nil {
		return errors.Join(&contentError{err}, os.Remove(part.Name()))
	}
	return os.Rename(part.Name(), path)
}

// contentError says that a file arrived complete, but is not the right one.
type contentError struct{ error }

func (e *contentError) Unwrap() error { return e.error }

// counter passes bytes on and reports their number; it ends with the context.
type counter struct {
	w      io.Writer
	ctx    context.Context
	n      int64
	report func(n int64)
}

func (c *counter) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.w.Write(b)
	c.n += int64(n)
	c.report(c.n)
	return n, err
}
