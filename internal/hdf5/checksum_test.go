package hdf5

import (
	"strings"
	"testing"
)

// TestChecksum compares with the values that the author of lookup3 publishes
// for a start value of 0, and with one that the HDF5 library wrote.
func TestChecksum(t *testing.T) {
	// A group with two links, written by HDF5 2.0.
	none := strings.Repeat("\xff", 16)
	header := "OHDR\x02\x00\x78\x02\x12\x00\x00\x00\x00" + none + "\x0a\x02\x00\x01\x00\x00" +
		"\x06\x0c\x00\x00\x01\x00\x01x\xb3" + strings.Repeat("\x00", 7) +
		"\x06\x0c\x00\x00\x01\x00\x01y\x73\x1c" + strings.Repeat("\x00", 6) +
		"\x00\x38" + strings.Repeat("\x00", 58)
	for _, c := range []struct {
		text string
		want uint32
	}{
		{"", 0xdeadbeef},
		{"Four score and seven years ago", 0x17770551},
		{header, 0xee9e0eba},
	} {
		if got := checksum([]byte(c.text)); got != c.want {
			t.Errorf("%q: got %#x, want %#x", c.text, got, c.want)
		}
	}
}
