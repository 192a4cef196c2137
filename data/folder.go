package data

import (
	"fmt"
	"os"
	"path/filepath"
)

// Folder returns the folder in which the files of the named data set are kept:
// name below the folder in the environment variable NEUROCREDIT_DATA, or, where
// that is not set, below neurocredit in the user's cache folder. The folder
// need not exist.
func Folder(name string) (string, error) {
	if root := os.Getenv("NEUROCREDIT_DATA"); root != "" {
		return filepath.Join(root, name), nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("data: no folder for %s: set NEUROCREDIT_DATA: %w", name, err)
	}
	return filepath.Join(cache, "neurocredit", name), nil
}
