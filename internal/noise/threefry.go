package noise

import "math/bits"

const (
	// domain is the second key word: it keeps these numbers apart from any
	// other use of the same generator with the same seed.
	domain = 0x6e632d6e6f697365
	// parity is the constant of the Threefish key schedule.
	parity = 0x1BD11BDAA9FC1A22
)

var rotations = [8]int{16, 42, 12, 31, 16, 32, 24, 21}

// threefry is Threefry-2x64 with any number of rounds, written as in the
// paper. It is the statement that the unrolled forms are tested against.
func threefry(rounds int, key, counter [2]uint64) [2]uint64 {
	ks := [3]uint64{key[0], key[1], key[0] ^ key[1] ^ parity}
	x, y := counter[0]+ks[0], counter[1]+ks[1]
	for r := range rounds {
		x += y
		y = bits.RotateLeft64(y, rotations[r%8]) ^ x
		if (r+1)%4 == 0 {
			n := (r + 1) / 4
			x += ks[n%3]
			y += ks[(n+1)%3] + uint64(n)
		}
	}
	return [2]uint64{x, y}
}

// twoBlocks is threefry with 13 rounds for the key (k0, domain) and the
// counters (step, c) and (step, c+1). The two chains are interleaved so that
// the processor works on one while the other waits.
func twoBlocks(k0, step, c uint64) (x, y, u, v uint64) {
	k2 := k0 ^ (domain ^ parity)

	x = step + k0
	y = c + domain
	u = x
	v = y + 1

	x += y
	u += v
	y = bits.RotateLeft64(y, 16) ^ x
	v = bits.RotateLeft64(v, 16) ^ u
	x += y
	u += v
	y = bits.RotateLeft64(y, 42) ^ x
	v = bits.RotateLeft64(v, 42) ^ u
	x += y
	u += v
	y = bits.RotateLeft64(y, 12) ^ x
	v = bits.RotateLeft64(v, 12) ^ u
	x += y
	u += v
	y = bits.RotateLeft64(y, 31) ^ x
	v = bits.RotateLeft64(v, 31) ^ u
	x += domain
	u += domain
	y += k2 + 1
	v += k2 + 1

	x += y
	u += v
	y = bits.RotateLeft64(y, 16) ^ x
	v = bits.RotateLeft64(v, 16) ^ u
	x += y
	u += v
	y = bits.RotateLeft64(y, 32) ^ x
	v = bits.RotateLeft64(v, 32) ^ u
	x += y
	u += v
	y = bits.RotateLeft64(y, 24) ^ x
	v = bits.RotateLeft64(v, 24) ^ u
	x += y
	u += v
	y = bits.RotateLeft64(y, 21) ^ x
	v = bits.RotateLeft64(v, 21) ^ u
	x += k2
	u += k2
	y += k0 + 2
	v += k0 + 2

	x += y
	u += v
	y = bits.RotateLeft64(y, 16) ^ x
	v = bits.RotateLeft64(v, 16) ^ u
	x += y
	u += v
	y = bits.RotateLeft64(y, 42) ^ x
	v = bits.RotateLeft64(v, 42) ^ u
	x += y
	u += v
	y = bits.RotateLeft64(y, 12) ^ x
	v = bits.RotateLeft64(v, 12) ^ u
	x += y
	u += v
	y = bits.RotateLeft64(y, 31) ^ x
	v = bits.RotateLeft64(v, 31) ^ u
	x += k0
	u += k0
	y += domain + 3
	v += domain + 3

	x += y
	u += v
	y = bits.RotateLeft64(y, 16) ^ x
	v = bits.RotateLeft64(v, 16) ^ u
	return
}
