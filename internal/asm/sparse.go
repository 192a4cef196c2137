package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// sparse emits addMulPlain of package vec: for every size of rows and every word of
// theirs, a loop over the bits. sizes begins with the rows of one part.
func sparse() {
	function("addMul", "y, x *float32, those, sizes *uint64, words, most int, first *uint32, parts *float32")
	y, x, those, sizes := param("y"), param("x"), param("those"), param("sizes")
	first, parts := param("first"), param("parts")
	words, _ := Param("words").Resolve()
	most, _ := Param("most").Resolve()
	size, at, word := GP64(), GP64(), GP64()
	XORQ(size, size)
	Label("size")
	CMPQ(size, most.Addr)
	JGE(LabelRef("end"))
	INCQ(size)
	XORQ(at, at)
	Label("word")
	CMPQ(at, words.Addr)
	JGE(LabelRef("size"))
	MOVQ(Mem{Base: sizes}, word)
	ADDQ(Imm(8), sizes)
	INCQ(at)
	ANDQ(Mem{Base: those, Index: at, Scale: 8, Disp: -8}, word)
	JZ(LabelRef("word"))

	Label("row")
	i, p, k := GP64(), GP64(), GP64()
	MOVQ(at, i)
	SHLQ(Imm(6), i)
	TZCNTQ(word, k)
	BLSRQ(word, word)
	ADDQ(k, i) // 64 too many
	to := Mem{Base: y, Index: i, Scale: 4, Disp: -4 * 64}
	MOVL(Mem{Base: first, Index: i, Scale: 4, Disp: -4 * 64}, p.As32())
	SHLQ(Imm(5), p)
	ADDQ(parts, p)
	sum, other := XMM(), XMM()
	VMOVSS(to, sum)
	VXORPS(other, other, other)
	MOVQ(size, k)
	Label("part")
	for l := range 4 {
		column, product, into := GP64(), XMM(), sum
		if l%2 == 1 {
			into = other
		}
		MOVL(Mem{Base: p, Disp: 16 + 4*l}, column.As32())
		VMOVSS(Mem{Base: p, Disp: 4 * l}, product)
		VMULSS(Mem{Base: x, Index: column, Scale: 4}, product, product)
		VADDSS(product, into, into)
	}
	ADDQ(Imm(32), p)
	DECQ(k)
	JNZ(LabelRef("part"))
	VADDSS(other, sum, sum)
	VMOVSS(sum, to)
	TESTQ(word, word)
	JNZ(LabelRef("row"))
	JMP(LabelRef("word"))
	Label("end")
	end()
}
