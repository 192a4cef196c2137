package hdf5

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
)

// undefined is the address of what does not exist.
const undefined = ^uint64(0)

// superblockSize is the space kept at the start of the file.
const superblockSize = 48

var le = binary.LittleEndian

// File is an HDF5 file being written. It and all that belongs to it must be
// used by one goroutine at a time.
type File struct {
	f     *os.File
	path  string
	end   uint64 // where the next bytes go
	root  *Group
	open  []*Dataset // made and not yet closed
	heap  heap
	queue []*job // chunks being compressed, in file order
	idle  []*job
	err   error // the first failure; os.ErrClosed after Close
}

// Create starts a file that will appear at path when Close succeeds, in place
// of any file there. Until then the data are in path + ".tmp".
func Create(path string) (*File, error) {
	out, err := os.Create(path + ".tmp")
	if err != nil {
		return nil, fmt.Errorf("hdf5: %w", err)
	}
	f := &File{f: out, path: path, end: superblockSize}
	f.root = newGroup(f, "")
	return f, nil
}

// Group returns the group at a path such as "training/1/fb", and makes it and
// the groups above it where they do not exist. "" is the root group. Names are
// UTF-8 of at most 255 bytes; a name that is already a data set is an error.
func (f *File) Group(path string) (*Group, error) {
	if f.err != nil {
		return nil, f.err
	}
	g := f.root
	path = strings.Trim(path, "/")
	if path == "" {
		return g, nil
	}
	for name := range strings.SplitSeq(path, "/") {
		switch child := g.links[name].(type) {
		case *Group:
			g = child
		case nil:
			sub := newGroup(f, g.path+"/"+name)
			if err := g.link(name, sub); err != nil {
				return nil, err
			}
			g = sub
		default:
			return nil, f.wrap(fmt.Errorf("%s/%s is a data set, not a group", g.path, name))
		}
	}
	return g, nil
}

// Close closes the data sets, completes the file, waits for the disk, and
// gives the file its name. If anything failed, now or earlier, it removes the
// temporary file and returns the error. The first Close or Abort counts, later
// ones do nothing.
func (f *File) Close() error {
	if errors.Is(f.err, os.ErrClosed) {
		return nil
	}
	err := f.err
	if err == nil {
		err = f.finish()
	}
	f.err = f.wrap(os.ErrClosed)
	if closeErr := f.f.Close(); err == nil && closeErr != nil {
		err = f.wrap(closeErr)
	}
	if err == nil {
		if err = os.Rename(f.path+".tmp", f.path); err != nil {
			err = f.wrap(err)
		}
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.path+".tmp"))
	}
	return nil
}

// Abort gives up the file and removes what was written. After Close it does
// nothing, so that it can be deferred.
func (f *File) Abort() {
	if !errors.Is(f.err, os.ErrClosed) {
		f.err = f.wrap(errors.New("aborted"))
		_ = f.Close()
	}
}

func (f *File) finish() error {
	for len(f.open) > 0 {
		if err := f.open[0].Close(); err != nil {
			return err
		}
	}
	root, err := f.root.writeHeader()
	if err != nil {
		return err
	}
	if err := f.heap.flush(f); err != nil {
		return err
	}
	b := []byte("\x89HDF\r\n\x1a\n\x02\x08\x08\x00") // version 2, 8-byte addresses and lengths
	b = le.AppendUint64(b, 0)                        // base address
	b = le.AppendUint64(b, undefined)                // no superblock extension
	b = le.AppendUint64(b, f.end)
	b = le.AppendUint64(b, root)
	b = le.AppendUint32(b, checksum(b))
	if err := f.writeAt(b, 0); err != nil {
		return err
	}
	if err := f.f.Sync(); err != nil {
		return f.wrap(err)
	}
	return nil
}

// write puts b at the end of the file and returns its address.
func (f *File) write(b []byte) (uint64, error) {
	addr := f.end
	f.end += uint64(len(b))
	return addr, f.writeAt(b, addr)
}

func (f *File) writeAt(b []byte, addr uint64) error {
	if f.err == nil {
		if _, err := f.f.WriteAt(b, int64(addr)); err != nil {
			f.err = f.wrap(err)
		}
	}
	return f.err
}

func (f *File) wrap(err error) error { return fmt.Errorf("hdf5: %s: %w", f.path, err) }
