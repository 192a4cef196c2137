package nbtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"regexp"
	"strings"
)

// svg finds drawings and embedded pictures in what GoNB shows as HTML.
var svg = regexp.MustCompile(`<svg[\s>]|<img[\s>]`)

// checkPictures counts the pictures shown and looks whether each PNG holds a drawing.
func (nb *Notebook) checkPictures() error {
	shown := 0
	for i, c := range nb.Cells {
		for _, o := range c.Outputs {
			n, err := o.pictures()
			if err != nil {
				return &CellError{Cell: i + 1, ID: c.ID, Err: err}
			}
			shown += n
		}
	}
	if shown != nb.Settings.Figures {
		return fmt.Errorf("%d pictures are shown, and the metadata neurocredit.figures says %d", shown, nb.Settings.Figures)
	}
	return nil
}

// pictures returns how many pictures an output shows. An output with several forms of one picture counts once.
func (o Output) pictures() (int, error) {
	found := 0
	for _, mime := range o.mimes() {
		value, _ := o.Data[mime].(string)
		switch {
		case mime == "image/png":
			if err := checkPNG(value); err != nil {
				return 0, err
			}
			found = max(found, 1)
		case strings.HasPrefix(mime, "image/"):
			found = max(found, 1)
		case mime == "text/html":
			found = max(found, len(svg.FindAllString(value, -1)))
		}
	}
	return found, nil
}

// checkPNG refuses a picture that cannot be read or has one colour only.
func checkPNG(data string) error {
	raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(data, "\n", ""))
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	if blank(img) {
		return fmt.Errorf("picture of %v pixels is blank", img.Bounds().Size())
	}
	return nil
}

func blank(img image.Image) bool {
	b := img.Bounds()
	first := img.At(b.Min.X, b.Min.Y)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if img.At(x, y) != first {
				return false
			}
		}
	}
	return true
}
