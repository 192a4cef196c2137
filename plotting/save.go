package plotting

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

// Resolutions in dots per inch.
const (
	printDPI  = 300
	screenDPI = 150
)

// Save writes the figure to path, which ends with .png (300 dpi), and as SVG
// beside it. Folders are made if necessary. A kill leaves old or new files, never
// parts.
func Save(fig *Figure, path string) error {
	svg, err := fig.SVG()
	if err != nil {
		return err
	}
	if err := savePNG(fig, path, printDPI); err != nil {
		return err
	}
	return write(strings.TrimSuffix(path, ".png")+".svg", svg)
}

// savePNG writes the figure as PNG alone.
func savePNG(fig *Figure, path string, dpi int) error {
	if filepath.Ext(path) != ".png" {
		return fmt.Errorf("plotting: %s must end with .png", path)
	}
	png, err := fig.PNG(dpi)
	if err != nil {
		return err
	}
	return write(path, png)
}

func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("plotting: %w", err)
	}
	if err := experiment.WriteFile(path, data); err != nil {
		return fmt.Errorf("plotting: %w", err)
	}
	return nil
}

// Show shows the figure: below the cell in a GoNB notebook; elsewhere it is saved
// as figures/TITLE.png in the working directory and the path is printed. In tests
// it is drawn and thrown away.
func Show(fig *Figure) error {
	if testing.Testing() {
		_, err := fig.PNG(screenDPI)
		return err
	}
	if gonbui.IsNotebook {
		png, err := fig.PNG(screenDPI)
		if err != nil {
			return err
		}
		gonbui.DisplayPng(png)
		// Without it a cell that ends now can lose the picture.
		gonbui.Sync()
		if err := gonbui.Error(); err != nil {
			return fmt.Errorf("plotting: %w", err)
		}
		return nil
	}
	path := filepath.Join("figures", fileName(fig)+".png")
	if err := Save(fig, path); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

// fileName makes a file name of a figure's title.
func fileName(fig *Figure) string {
	title := fig.Title
	for i := 0; title == "" && i < len(fig.Panels); i++ {
		title = fig.Panels[i].Title
	}
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return "figure"
	}
	return strings.Join(words, "_")
}
