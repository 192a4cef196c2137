package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// tempPrefix marks files that only a killed process leaves behind.
const tempPrefix = ".tmp-"

var tempCount atomic.Int64

// WriteFile replaces the file at path by data in one step: whoever reads path,
// and whatever kills the process, finds the old content or the new one. It
// returns after the disk has the data.
func WriteFile(path string, data []byte) error {
	temp, err := writeTemp(path, data)
	if err != nil {
		return err
	}
	return commitTemp(temp, path)
}

// writeTemp writes data to a new file beside path and waits for the disk. The
// name is unique, so that two processes cannot mix their bytes.
func writeTemp(path string, data []byte) (temp string, err error) {
	dir, base := filepath.Split(path)
	temp = filepath.Join(dir, fmt.Sprintf("%s%s-%d-%d", tempPrefix, base, os.Getpid(), tempCount.Add(1)))
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return "", explain(path, err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(temp)
		return "", explain(path, err)
	}
	return temp, nil
}

// commitTemp gives the file temp its name and waits until the directory has it.
func commitTemp(temp, path string) error {
	if err := os.Rename(temp, path); err != nil {
		_ = os.Remove(temp)
		return explain(path, err)
	}
	return explain(path, syncDir(filepath.Dir(path)))
}

// removeTemps deletes what killed processes left in dir.
func removeTemps(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tempPrefix) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// explain says what a user can do about an error of writing path.
func explain(path string, err error) error {
	// The name of a temporary file means nothing to a user.
	var at *fs.PathError
	var link *os.LinkError
	if errors.As(err, &at) && strings.HasPrefix(filepath.Base(at.Path), tempPrefix) {
		err = at.Err
	} else if errors.As(err, &link) {
		err = link.Err
	}
	switch {
	case err == nil:
		return nil
	case isDiskFull(err):
		return fmt.Errorf("experiment: %s: the disk is full; what was saved before is intact, free some space and resume: %w", path, err)
	case isReadOnly(err) || errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("experiment: %s: no permission to write there: %w", path, err)
	}
	return fmt.Errorf("experiment: %s: %w", path, err)
}

// Require returns an error if the disk that holds dir, which need not exist
// yet, has less than bytes free for this user. Where the system does not tell,
// it returns nil.
func Require(dir string, bytes uint64) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("experiment: %s: %w", dir, err)
	}
	for {
		_, err := os.Stat(abs)
		if err == nil {
			break
		}
		parent := filepath.Dir(abs)
		if !errors.Is(err, fs.ErrNotExist) || parent == abs {
			return fmt.Errorf("experiment: %w", err)
		}
		abs = parent
	}
	free, err := freeBytes(abs)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("experiment: free space of %s: %w", abs, err)
	}
	if free < bytes {
		return fmt.Errorf("experiment: %s needs %s of disk space, %s are free", dir, formatBytes(bytes), formatBytes(free))
	}
	return nil
}

// RequireRecordings is Require for what is missing of a run's recordings, bytes in all, of
// which a part may lie in the results directory already.
func RequireRecordings(dir string, bytes int64) error {
	filepath.WalkDir(filepath.Join(dir, recordingsName), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				bytes -= info.Size()
			}
		}
		return nil // what cannot be read counts as missing
	})
	if bytes <= 0 {
		return nil
	}
	return Require(dir, uint64(bytes))
}

// formatBytes writes a size in decimal units, as disks are sold: 25.3 GB.
func formatBytes(n uint64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	x, unit := float64(n)/1000, 0
	for x >= 999.95 && unit < 5 {
		x /= 1000
		unit++
	}
	return fmt.Sprintf("%.1f %cB", x, "kMGTPE"[unit])
}
