//go:build linux

package experiment

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a disk of the given size, or skips the test.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("mounting a small disk needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

func TestDiskFull(t *testing.T) {
	want := filepath.Join(t.TempDir(), "whole")
	y := toy{steps: 20_000, every: 1000}
	runToy(t, want, y)

	disk := smallDisk(t, "160k")
	dir := filepath.Join(disk, "run")
	full := y
	err := full.run(context.Background(), dir)
	requireError(t, err, "disk is full", "free some space and resume")
	if !errors.Is(err, unix.ENOSPC) {
		t.Errorf("%v does not wrap ENOSPC", err)
	}
	o, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var saved toy
	if ok, err := o.Restore(saved.load); !ok || err != nil || saved.state.Step == 0 {
		t.Fatalf("nothing saved before the disk was full: %v, %v, step %d", ok, err, saved.state.Step)
	}
	if _, err := o.Metrics(); err != nil {
		t.Error(err)
	}
	again := y
	requireError(t, again.run(context.Background(), dir), "disk is full")

	if err := unix.Mount("tmpfs", disk, "tmpfs", unix.MS_REMOUNT, "size=4m"); err != nil {
		t.Fatal(err)
	}
	runToy(t, dir, y)
	requireSame(t, want, dir)
	t.Logf("the disk was full behind step %d", saved.state.Step)
}

func TestReadOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "readonly")
	if os.Getuid() == 0 { // to whom permissions mean nothing
		dir = smallDisk(t, "1m")
	} else if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(dir, "run")
	runToy(t, run, toy{steps: 10, every: 5})
	before := results(t, run)
	if os.Getuid() == 0 {
		if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
	} else {
		for _, d := range []string{run, dir} {
			if err := os.Chmod(d, 0o555); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(d, 0o777) })
		}
		if err := os.Remove(filepath.Join(run, logName)); err == nil {
			t.Fatal("the directory is not read-only")
		}
	}
	_, err := Create(filepath.Join(dir, "other"), toyManifest)
	requireError(t, err, "no permission to write")
	_, err = Resume(run, toyManifest)
	requireError(t, err, "no permission to write")
	if err := WriteFile(filepath.Join(dir, "x"), nil); err == nil {
		t.Error("WriteFile succeeds")
	}
	o, err := Open(run)
	if err != nil {
		t.Fatalf("reading needs no permission to write: %v", err)
	}
	if o.Status.State != Done {
		t.Errorf("status %+v", o.Status)
	}
	if d := difference(before, results(t, run)); d != "" {
		t.Errorf("changed: %s", d)
	}
}

func TestRequire(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet", "there")
	if err := Require(dir, 1); err != nil {
		t.Error(err)
	}
	requireError(t, Require(dir, 1<<62), dir, "4.6 EB", "are free")
	disk := smallDisk(t, "1m")
	if err := Require(disk, 1_000_000); err != nil {
		t.Error(err)
	}
	requireError(t, Require(disk, 1_100_000), "needs 1.1 MB", "1.0 MB are free")

	// Of recordings that are there in part, the rest must fit.
	if err := os.MkdirAll(filepath.Join(disk, recordingsName, "training"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(disk, recordingsName, "training", "v.npy"), make([]byte, 700_000), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := RequireRecordings(disk, 900_000); err != nil {
		t.Error(err)
	}
	requireError(t, RequireRecordings(disk, 1_200_000), "needs 500.0 kB")
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	for _, text := range []string{"one", "two"} {
		if err := WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != text {
			t.Errorf("%q, want %q", got, text)
		}
	}
	err := WriteFile(filepath.Join(dir, "none", "x"), nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, "d"), nil); err == nil {
		t.Error("a directory was replaced")
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 2 {
		t.Errorf("%v, want x and d", entries)
	}
}
