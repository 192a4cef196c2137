package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// words makes a read-only table.
func words(name string, values ...uint64) Mem {
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i, v := range values {
		DATA(8*i, U64(v))
	}
	return m
}

// fill is fillPlain for sixteen values at a time. n is not 0.
func fill() {
	const l = lanes(8)
	counting := words("counting", 0, 1, 2, 3, 4, 5, 6, 7)
	zip := words("zip", 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15)     // the lanes of two vectors in turn
	pairs := words("pairs", 0, 1, 8, 9, 4, 5, 12, 13, 2, 3, 10, 11, 6, 7, 14, 15) // their pairs of lanes
	constants := words("constants", 1, 0x3ff<<52, 1<<52-1, 63<<5, 1<<63, 8)

	function("fill", "dst *float64, n int, rows *[4]float64, keys *[8]uint64, c uint64")
	dst, n, rows, keys := param("dst"), param("n"), param("rows"), param("keys")
	scratch := AllocLocal(64)
	c, _ := Param("c").Resolve()
	counter := l.broadcast(c.Addr)
	VPADDQ(counting, counter, counter)
	zipLow, zipHigh := l.load(zip), l.load(zip.Offset(64))
	pairLow, pairHigh := l.load(pairs), l.load(pairs.Offset(64))
	var k []VecVirtual
	for i := range 6 {
		k = append(k, l.broadcast(constants.Offset(8*i)))
	}
	one, unit, fraction, segment, signBit, eight := k[0], k[1], k[2], k[3], k[4], k[5]

	deviates := func(b, x VecVirtual) {
		v, z, w, t, offset, rotated := ZMM(), ZMM(), ZMM(), ZMM(), ZMM(), ZMM()
		VPADDQ(b, b, v)
		VPORQ(one, v, v)
		VPLZCNTQ(v, z)
		VPSLLVQ(z, v, w)
		VPADDQ(w, w, w)
		VPSRLQ(Imm(6), w, t)
		VPTERNLOGQ(U8(0xea), unit, fraction, t) // t & fraction | unit
		VSUBPD(unit, t, t)
		VPSLLQ(Imm(11), z, offset)
		VPROLQ(Imm(11), w, rotated)
		VPTERNLOGQ(U8(0xf8), segment, rotated, offset) // offset | rotated & segment

		// The offsets of the rows in bytes, stored by halves: the processor does
		// not hand the upper half of 64 bytes on to the loads.
		upper := ZMM()
		VEXTRACTI64X4(Imm(1), offset, upper.AsY())
		VMOVDQU64(offset.AsY(), scratch)
		VMOVDQU64(upper.AsY(), scratch.Offset(32))
		twoRows := func(i, j int) VecVirtual {
			p, q, v := GP64(), GP64(), ZMM()
			MOVQ(scratch.Offset(8*i), p)
			MOVQ(scratch.Offset(8*j), q)
			VMOVUPD(Mem{Base: rows, Index: p, Scale: 1}, v.AsY())
			VINSERTF64X4(Imm(1), Mem{Base: rows, Index: q, Scale: 1}, v, v)
			return v
		}
		r04, r15, r26, r37 := twoRows(0, 4), twoRows(1, 5), twoRows(2, 6), twoRows(3, 7)
		// columns returns two columns of the rows.
		columns := func(interleave func(...Op)) (low, high VecVirtual) {
			a, b := ZMM(), ZMM()
			interleave(r15, r04, a)
			interleave(r37, r26, b)
			low = ZMM()
			VMOVAPD(a, low)
			VPERMT2Q(b, pairLow, low)
			VPERMT2Q(b, pairHigh, a)
			return low, a
		}
		c0, c2 := columns(VUNPCKLPD)
		c1, c3 := columns(VUNPCKHPD)
		VADDPD(c0, l.mul(l.add(l.mul(l.add(l.mul(c3, t), c2), t), c1), t), x)
		VPTERNLOGQ(U8(0x78), signBit, b, x) // x ^ b & signBit
	}

	Label("loop")
	x, y := ZMM(), ZMM()
	add := func(key int, v VecVirtual) { VPADDQ_BCST(Mem{Base: keys, Disp: 8 * key}, v, v) }
	VPBROADCASTQ(Mem{Base: keys}, x)
	VPADDQ_BCST(Mem{Base: keys, Disp: 8}, counter, y)
	for round, by := range [13]uint64{16, 42, 12, 31, 16, 32, 24, 21, 16, 42, 12, 31, 16} {
		VPADDQ(y, x, x)
		VPROLQ(U8(by), y, y)
		VPXORQ(x, y, y)
		if round%4 == 3 {
			add(2+round/4*2, x)
			add(3+round/4*2, y)
		}
	}
	first := ZMM()
	VMOVAPD(x, first)
	VPERMT2Q(y, zipLow, first)
	VPERMT2Q(y, zipHigh, x)
	store := func(v VecVirtual, name string) {
		CMPQ(n, Imm(8))
		JL(LabelRef(name))
		VMOVUPD(v, Mem{Base: dst})
		ADDQ(Imm(64), dst)
		SUBQ(Imm(8), n)
		JZ(LabelRef("done"))
	}
	rest := ZMM()
	deviates(first, rest)
	store(rest, "rest")
	deviates(x, rest)
	store(rest, "rest")
	VPADDQ(eight, counter, counter)
	JMP(LabelRef("loop"))
	Label("rest")
	newTail("tail", n).store(rest, Mem{Base: dst})
	Label("done")
	end()
}
