package hdf5

import "testing"

// TestChecksum compares with the values that the author of lookup3 publishes
// for a start value of 0, and one written by the HDF5 library.
func TestChecksum(t *testing.T) {
	for _, c := range []struct {
		text string
		want uint32
	}{
		{"", 0xdeadbeef},
		{"Four score and seven years ago", 0x17770551},
	} {
		if got := checksum([]byte(c.text)); got != c.want {
			t.Errorf("%q: got %#x, want %#x", c.text, got, c.want)
		}
	}
}
