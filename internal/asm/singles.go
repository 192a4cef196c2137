package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// singles is a vector instruction on float32, twice as many lanes as of float64. Behind
// the last whole vector the mask holds the lanes that are left.
type singles struct{ mask Register }

func (s singles) load(m Mem) VecVirtual {
	v := ZMM()
	switch {
	case s.mask == nil:
		VMOVUPS(m, widest.of(v))
	case widest == 8:
		VMOVUPS_Z(m, s.mask, v)
	default:
		VMASKMOVPS(m, s.mask, v.AsY())
	}
	return v
}

func (s singles) store(v VecVirtual, m Mem) {
	switch {
	case s.mask == nil:
		VMOVUPS(widest.of(v), m)
	case widest == 8:
		VMOVUPS(v, s.mask, m)
	default:
		VMASKMOVPS(v.AsY(), s.mask, m)
	}
}

func (s singles) operate(f func(...Op), a, b VecVirtual) VecVirtual {
	to := ZMM()
	f(widest.of(b), widest.of(a), widest.of(to))
	return to
}

func (s singles) add(a, b VecVirtual) VecVirtual { return s.operate(VADDPS, a, b) }
func (s singles) sub(a, b VecVirtual) VecVirtual { return s.operate(VSUBPS, a, b) }
func (s singles) mul(a, b VecVirtual) VecVirtual { return s.operate(VMULPS, a, b) }

// min and max return b if one of the numbers is NaN, or both are 0.
func (s singles) min(a, b VecVirtual) VecVirtual { return s.operate(VMINPS, a, b) }
func (s singles) max(a, b VecVirtual) VecVirtual { return s.operate(VMAXPS, a, b) }

// Comparisons, of which NaN is not greater than, and not equal to, any number.
const (
	greater = 0x1e
	unequal = 0x04
)

// storeBits compares a and b and stores a bit per lane at to, which then points behind.
func (s singles) storeBits(comparison uint64, a, b VecVirtual, to GPVirtual) {
	bits := GP32()
	if widest == 8 {
		k := K()
		VCMPPS(Imm(comparison), b, a, k)
		KMOVW(k, bits)
		MOVW(bits.As16(), Mem{Base: to})
	} else {
		which := YMM()
		VCMPPS(Imm(comparison), b.AsY(), a.AsY(), which)
		VMOVMSKPS(which, bits)
		MOVB(bits.As8(), Mem{Base: to})
	}
	ADDQ(Imm(uint64(widest/4)), to)
}

// forSingles is forAll for float32.
func forSingles(n, index GPVirtual, body func(s singles)) {
	size := 2 * int(widest)
	rest, whole := GP64(), GP64()
	MOVQ(n, whole)
	MOVQ(n, rest)
	XORQ(index, index)
	ANDQ(I32(size-1), rest)
	ANDQ(I32(-size), whole)
	JZ(LabelRef("rest"))
	Label("loop")
	body(singles{})
	ADDQ(Imm(uint64(size)), index)
	CMPQ(index, whole)
	JL(LabelRef("loop"))
	Label("rest")
	TESTQ(rest, rest)
	JZ(LabelRef("end"))
	if widest == 8 {
		ones, k := GP32(), K()
		MOVL(I32(-1), ones)
		BZHIL(rest.As32(), ones, ones)
		KMOVW(ones, k)
		body(singles{k})
	} else {
		end, mask := GP64(), YMM()
		LEAQ(firstLanes.Offset(4*size), end)
		SHLQ(Imm(2), rest)
		SUBQ(rest, end)
		VMOVUPS(Mem{Base: end}, mask)
		body(singles{mask})
	}
	Label("end")
	end()
}

// firstLanes holds eight lanes of ones and eight of zeros.
var firstLanes Mem

// single returns a float32 parameter in all lanes.
func single(name string) VecVirtual {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := ZMM()
	VBROADCASTSS(b.Addr, widest.of(v))
	return v
}

// fields loads the addresses of n slices that lie side by side.
func fields(slices GPVirtual, n int) []GPVirtual {
	const slice = 24 // bytes
	var all []GPVirtual
	for k := range n {
		p := GP64()
		MOVQ(Mem{Base: slices, Disp: slice * k}, p)
		all = append(all, p)
	}
	return all
}

// adaptive emits the kernels of neurons with an adaptive threshold. Those with many
// arrays find them by the order of the fields of vec.ALIF and vec.AdjointALIF.
func adaptive() {
	if widest == 4 {
		const ones = 1<<64 - 1
		firstLanes = words("firstLanes", ones, ones, ones, ones, 0, 0, 0, 0)
	}
	at := func(base, index GPVirtual) Mem { return Mem{Base: base, Index: index, Scale: 4} }

	function("alif", "slices *[6][]float32, above *uint64, n int, scale, one, two float32")
	f, above, n, i := fields(param("slices"), 6), param("above"), param("n"), GP64()
	scale, one, two, none := single("scale"), single("one"), single("two"), zero()
	forSingles(n, i, func(s singles) {
		v, b := s.load(at(f[0], i)), s.load(at(f[1], i))
		s.store(s.mul(v, s.load(at(f[3], i))), at(f[0], i))
		s.store(s.mul(b, s.load(at(f[4], i))), at(f[1], i))
		y := s.mul(s.sub(v, s.mul(s.load(at(f[5], i)), b)), scale)
		s.store(s.max(none, s.min(s.sub(two, y), y)), at(f[2], i))
		s.storeBits(greater, y, one, above)
	})

	function("nonZero", "x *float32, bits *uint64, n int")
	x, bits, n, i := param("x"), param("bits"), param("n"), GP64()
	none = zero()
	forSingles(n, i, func(s singles) { s.storeBits(unequal, s.load(at(x, i)), none, bits) })

	function("adjointALIF", "slices *[8][]float32, n int, gamma float32")
	f, n, i = fields(param("slices"), 8), param("n"), GP64()
	gamma := single("gamma")
	forSingles(n, i, func(s singles) {
		// H is a row of a table that is read from its end; it grew out of the caches.
		PREFETCHT0(at(f[1], i).Offset(-1600))
		v, q := s.load(at(f[2], i)), s.load(at(f[3], i))
		z := s.sub(s.load(at(f[0], i)), s.mul(gamma, v))
		z = s.mul(s.add(z, s.mul(s.load(at(f[7], i)), q)), s.load(at(f[1], i)))
		s.store(s.add(z, s.mul(s.load(at(f[4], i)), v)), at(f[2], i))
		s.store(s.sub(s.mul(s.load(at(f[5], i)), q), s.mul(s.load(at(f[6], i)), z)), at(f[3], i))
	})
}
