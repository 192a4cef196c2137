//go:build linux || darwin

package experiment

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// freeBytes returns what an ordinary user can still write below dir.
func freeBytes(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}

// syncDir makes the names in dir survive the loss of the machine. Some network
// file systems refuse to sync a directory; they order renames themselves.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

func isDiskFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

func isReadOnly(err error) bool { return errors.Is(err, unix.EROFS) }

// flock takes the kernel's lock of an open file, which dies with its owner.
// held reports that another process has it; ErrUnsupported that this file
// system has no such locks.
func flock(f *os.File) (held bool, err error) {
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EINTR {
			break
		}
	}
	switch err {
	case unix.EWOULDBLOCK:
		return true, nil
	case unix.ENOSYS, unix.ENOTSUP, unix.ENOLCK, unix.EINVAL:
		return false, errors.ErrUnsupported
	}
	return false, err
}

// processExists reports whether this machine has a process of that number.
func processExists(pid int) bool {
	err := unix.Kill(pid, 0)
	return err == nil || errors.Is(err, unix.EPERM)
}
