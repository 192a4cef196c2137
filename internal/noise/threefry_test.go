package noise

import (
	"fmt"
	"testing"
)

// The known answers published with Random123 (file kat_vectors).
func TestThreefryKnownAnswers(t *testing.T) {
	const ones = 0xffffffffffffffff
	zero, full := [2]uint64{}, [2]uint64{ones, ones}
	piCounter := [2]uint64{0x243f6a8885a308d3, 0x13198a2e03707344}
	piKey := [2]uint64{0xa4093822299f31d0, 0x082efa98ec4e6c89}
	for _, c := range []struct {
		rounds             int
		counter, key, want [2]uint64
	}{
		{13, zero, zero, [2]uint64{0xf167b032c3b480bd, 0xe91f9fee4b7a6fb5}},
		{13, full, full, [2]uint64{0xccdec5c917a874b1, 0x4df53abca26ceb01}},
		{13, piCounter, piKey, [2]uint64{0xc3aac71561042993, 0x3fe7ae8801aff316}},
		{20, zero, zero, [2]uint64{0xc2b6e3a8c2c69865, 0x6f81ed42f350084d}},
		{20, full, full, [2]uint64{0xe02cb7c4d95d277a, 0xd06633d0893b8b68}},
		{20, piCounter, piKey, [2]uint64{0x263c7d30bb0f0af1, 0x56be8361d3311526}},
		{32, zero, zero, [2]uint64{0x38ba854d7f13cfb3, 0xd02fca729d54fadc}},
		{32, full, full, [2]uint64{0x6b532f4f6e288646, 0x0388f1ec135ee18e}},
		{32, piCounter, piKey, [2]uint64{0xdad492f32efbd0c4, 0xb6d7d0cd1f193e84}},
	} {
		t.Run(fmt.Sprintf("%d/%x", c.rounds, c.counter[0]), func(t *testing.T) {
			if got := threefry(c.rounds, c.key, c.counter); got != c.want {
				t.Errorf("got %x, want %x", got, c.want)
			}
		})
	}
}

// samples returns n (seed, stream, step, index) points: corners first, then
// points all over the range.
func samples(n int) [][4]uint64 {
	var s [][4]uint64
	for _, seed := range []uint64{0, 1, 1<<64 - 1} {
		for _, stream := range []uint64{0, 1, 1<<32 - 1} {
			for _, step := range []uint64{0, 1, 1<<64 - 1} {
				for _, index := range []uint64{0, 1, 2, 1<<31 - 1} {
					s = append(s, [4]uint64{seed, stream, step, index})
				}
			}
		}
	}
	for i := uint64(0); len(s) < n; i++ {
		a := threefry(20, [2]uint64{1, i}, [2]uint64{})
		b := threefry(20, [2]uint64{2, i}, [2]uint64{})
		s = append(s, [4]uint64{a[0], a[1] >> 32, b[0], b[1] >> 33})
	}
	return s
}

// Bits must be the documented use of the generator, and the unrolled form must
// agree with the plain statement of it.
func TestBitsKeyAndCounter(t *testing.T) {
	for _, s := range samples(2000) {
		key := [2]uint64{s[0], 0x6e632d6e6f697365}
		want := threefry(13, key, [2]uint64{s[2], s[1]<<32 | s[3]>>1})
		next := threefry(13, key, [2]uint64{s[2], s[1]<<32 | s[3]>>1 + 1})
		if got := Bits(s[0], uint32(s[1]), s[2], int(s[3])); got != want[s[3]&1] {
			t.Fatalf("Bits(%x): got %x, want %x", s, got, want[s[3]&1])
		}
		x, y, u, v := twoBlocks(s[0], s[2], s[1]<<32|s[3]>>1)
		if [4]uint64{x, y, u, v} != [4]uint64{want[0], want[1], next[0], next[1]} {
			t.Fatalf("twoBlocks(%x): got %x %x %x %x, want %x %x", s, x, y, u, v, want, next)
		}
	}
}

func TestBitsPanicsOutOfRange(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a negative index did not panic")
		}
	}()
	Bits(1, 2, 3, -1)
}
