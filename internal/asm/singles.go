package main

import (
	"fmt"

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
func (s singles) div(a, b VecVirtual) VecVirtual { return s.operate(VDIVPS, a, b) }

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

// field loads the address of the k-th of slices that lie side by side.
func field(slices GPVirtual, k int) GPVirtual {
	const slice = 24 // bytes
	p := GP64()
	MOVQ(Mem{Base: slices, Disp: slice * k}, p)
	return p
}

// fields loads the addresses of the first n slices.
func fields(slices GPVirtual, n int) (all []GPVirtual) {
	for k := range n {
		all = append(all, field(slices, k))
	}
	return all
}

func at4(base, index Register) Mem { return Mem{Base: base, Index: index, Scale: 4} }

// spiking emits the kernels on float32. Those with many arrays find them by the order
// of the fields of vec.ALIF and its like.
func spiking() {
	if widest == 4 {
		const ones = 1<<64 - 1
		firstLanes = words("firstLanes", ones, ones, ones, ones, 0, 0, 0, 0)
	}
	alif()
	adjointALIF()
	lsnn()
	adjointLSNN()

	function("nonZero", "x *float32, bits *uint64, n int")
	x, bits, n, i := param("x"), param("bits"), param("n"), GP64()
	none := zero()
	forSingles(n, i, func(s singles) { s.storeBits(unequal, s.load(at4(x, i)), none, bits) })

	function("axpySingle", "x, y *float32, n int, a float32")
	x, y, n, i := param("x"), param("y"), param("n"), GP64()
	a := single("a")
	forSingles(n, i, func(s singles) { s.store(s.add(s.mul(a, s.load(at4(x, i))), s.load(at4(y, i))), at4(y, i)) })
}

func alif() {
	function("alif", "slices *[6][]float32, above *uint64, n int, scale, one, two float32")
	f, above, n, i := fields(param("slices"), 6), param("above"), param("n"), GP64()
	v, b, h, alpha, rho, beta := f[0], f[1], f[2], f[3], f[4], f[5]
	scale, one, two, none := single("scale"), single("one"), single("two"), zero()
	forSingles(n, i, func(s singles) {
		load := func(p GPVirtual) VecVirtual { return s.load(at4(p, i)) }
		oldV, oldB := load(v), load(b)
		s.store(s.mul(oldV, load(alpha)), at4(v, i))
		s.store(s.mul(oldB, load(rho)), at4(b, i))
		y := s.mul(s.sub(oldV, s.mul(load(beta), oldB)), scale)
		s.store(s.max(none, s.min(s.sub(two, y), y)), at4(h, i))
		s.storeBits(greater, y, one, above)
	})
}

func adjointALIF() {
	function("adjointALIF", "slices *[8][]float32, n int, gamma float32")
	f, n, i := fields(param("slices"), 8), param("n"), GP64()
	signal, h, v, q, alpha, rho, beta, reset := f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
	gamma := single("gamma")
	forSingles(n, i, func(s singles) {
		load := func(p GPVirtual) VecVirtual { return s.load(at4(p, i)) }
		// h is a row of a table that is larger than the caches and read from its end.
		PREFETCHT0(at4(h, i).Offset(-1600))
		oldV, oldQ := load(v), load(q)
		z := s.add(s.sub(load(signal), s.mul(gamma, oldV)), s.mul(load(reset), oldQ))
		z = s.mul(z, load(h))
		s.store(s.add(z, s.mul(load(alpha), oldV)), at4(v, i))
		s.store(s.sub(s.mul(load(rho), oldQ), s.mul(load(beta), z)), at4(q, i))
	})
}

func lsnn() {
	function("lsnn", "slices *[6][]float32, above *uint64, n int, threshold, one, two float32")
	f, above, n, i := fields(param("slices"), 6), param("above"), param("n"), GP64()
	v, b, h, arrived, alpha, beta := f[0], f[1], f[2], f[3], f[4], f[5]
	threshold, one, two, none := single("threshold"), single("one"), single("two"), zero()
	forSingles(n, i, func(s singles) {
		load := func(p GPVirtual) VecVirtual { return s.load(at4(p, i)) }
		oldV := load(v)
		y := s.div(oldV, s.add(threshold, s.mul(load(beta), load(b))))
		s.store(s.max(none, s.min(s.sub(two, y), y)), at4(h, i))
		s.store(s.add(s.mul(load(alpha), oldV), load(arrived)), at4(v, i))
		s.storeBits(greater, y, one, above)
	})
}

func adjointLSNN() {
	const (
		signal = iota
		h
		v
		nextV
		u
		q
		before
		b
		nextB
		alpha
		rho
		rho1
		beta
		count
	)
	function("adjointLSNN", fmt.Sprintf("slices *[%d][]float32, n int, threshold, gamma float32", count))
	slices, n, i := param("slices"), param("n"), GP64()
	threshold, gamma := single("threshold"), single("gamma")
	forSingles(n, i, func(s singles) {
		of := func(k int) Mem { return at4(field(slices, k), i) }
		oldV, oldQ, adaptation := s.load(of(nextV)), s.load(of(q)), s.load(of(beta))
		theta := func(b int) VecVirtual { return s.add(threshold, s.mul(adaptation, s.load(of(b)))) }
		s.store(s.add(s.mul(s.load(of(alpha)), oldV), s.load(of(u))), of(v))
		z := s.add(s.load(of(signal)), s.sub(s.mul(s.load(of(rho1)), oldQ), s.mul(theta(nextB), oldV)))
		now := theta(b)
		y := s.div(s.mul(s.mul(gamma, z), s.load(of(h))), now)
		s.store(y, of(u))
		x := s.div(s.mul(s.mul(adaptation, y), s.load(of(before))), now)
		s.store(s.sub(s.mul(s.load(of(rho)), oldQ), x), of(q))
	})
}
