package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// whatAreRuns explains DIR and LIST arguments in help texts.
const whatAreRuns = `An argument is a results directory, a folder
of some, a text file that lists them line by line, or a pattern such as "runs/*_pal_*".`

// findRuns returns the results directories that arguments stand for: each is one
// itself, a folder of some, a text file that lists them line by line, or a
// pattern such as runs/*_pal_*. Each is named once.
func findRuns(args []string) ([]string, error) {
	var dirs []string
	for _, arg := range args {
		found, err := runsOf(arg)
		if err != nil {
			return nil, err
		}
		for _, dir := range found {
			if dir = filepath.Clean(dir); !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs, nil
}

func runsOf(arg string) ([]string, error) {
	info, err := os.Stat(arg)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		matches, err := filepath.Glob(arg)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", arg, err)
		}
		matches = slices.DeleteFunc(matches, func(dir string) bool { return !isRun(dir) })
		if len(matches) == 0 {
			return nil, fmt.Errorf("%s: no such file, and no results directories match it", arg)
		}
		return matches, nil
	case err != nil:
		return nil, err
	case !info.IsDir():
		return readList(arg)
	case isRun(arg):
		return []string{arg}, nil
	}
	found, err := filepath.Glob(filepath.Join(escape(arg), "*", "config.yaml"))
	if err != nil || len(found) == 0 {
		return nil, errors.Join(fmt.Errorf("%s: neither a results directory nor a folder of some", arg), err)
	}
	for i, file := range found {
		found[i] = filepath.Dir(file)
	}
	return found, nil
}

// isRun reports whether a folder is a results directory.
func isRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "config.yaml"))
	return err == nil
}

// loadRun reads a results directory of any system.
func loadRun(ctx context.Context, dir string) (*outcome, error) {
	if !isRun(dir) {
		return nil, fmt.Errorf("%s is no results directory: it has no config.yaml", dir)
	}
	s, err := systemOf(filepath.Join(dir, "config.yaml"))
	if err != nil {
		return nil, err
	}
	return s.load(ctx, dir)
}

// escape makes a path a pattern that matches only itself.
func escape(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(path)
}

// readList reads a file with one results directory per line. Empty lines and
// those that begin with # are skipped.
func readList(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var dirs []string
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if !isRun(line) {
			return nil, fmt.Errorf("%s:%d: %s is no results directory", file, number, line)
		}
		dirs = append(dirs, line)
	}
	if len(dirs) == 0 {
		return nil, fmt.Errorf("%s lists no results directories", file)
	}
	return dirs, nil
}
