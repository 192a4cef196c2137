package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A store is followed by loads of the same place, or of what lies behind it, in
// the next row or the next kernel. The processor hands a value on from a store
// to a load at once only if the store covers the load, and it takes a masked
// access for one of the full width. So the ends of vectors are loaded and stored
// in pieces of four, two and one.

// lanes is the number of float64 that an instruction takes: 8, 4, 2 or 1.
type lanes int

// of returns an operand in this width.
func (w lanes) of(x Op) Op {
	v, ok := x.(VecVirtual)
	switch {
	case !ok:
		return x
	case w == 8:
		return v.AsZ()
	case w == 4:
		return v.AsY()
	}
	return v.AsX()
}

func (w lanes) move(from, to Op) {
	if w == 1 {
		VMOVSD(w.of(from), w.of(to))
	} else {
		VMOVUPD(w.of(from), w.of(to))
	}
}

// load returns a new register with the values at m.
func (w lanes) load(m Mem) VecVirtual {
	v := ZMM()
	w.move(m, v)
	return v
}

func (w lanes) operate(packed, scalar func(...Op), a VecVirtual, b Op, to VecVirtual) VecVirtual {
	if w == 1 {
		scalar(w.of(b), w.of(a), w.of(to))
	} else {
		packed(w.of(b), w.of(a), w.of(to))
	}
	return to
}

func (w lanes) add(a VecVirtual, b Op) VecVirtual { return w.operate(VADDPD, VADDSD, a, b, ZMM()) }
func (w lanes) sub(a VecVirtual, b Op) VecVirtual { return w.operate(VSUBPD, VSUBSD, a, b, ZMM()) }
func (w lanes) mul(a VecVirtual, b Op) VecVirtual { return w.operate(VMULPD, VMULSD, a, b, ZMM()) }

// addTo is add with the sum in a.
func (w lanes) addTo(a VecVirtual, b Op) { w.operate(VADDPD, VADDSD, a, b, a) }

// broadcast returns a register with the value at m in all lanes.
func (w lanes) broadcast(m Mem) VecVirtual {
	v := ZMM()
	switch w {
	case 1:
		VMOVSD(m, v.AsX())
	case 2:
		VMOVDDUP(m, v.AsX())
	default:
		VBROADCASTSD(m, w.of(v))
	}
	return v
}

// zero returns a register of zeros.
func zero() VecVirtual {
	v := ZMM()
	VXORPD(v.AsX(), v.AsX(), v.AsX())
	return v
}

// function begins a function.
func function(name, parameters string) {
	suffix := map[lanes]string{8: "AVX512", 4: "AVX2"}[widest]
	TEXT(name+suffix, attr.NOSPLIT, "func("+parameters+")")
	Pragma("noescape")
}

// param loads an integer or a pointer.
func param(name string) GPVirtual { return Load(Param(name), GP64()).(GPVirtual) }

// paramEverywhere returns a float64 parameter in all lanes.
func paramEverywhere(name string) VecVirtual {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return widest.broadcast(b.Addr)
}

func at(base Register, index Register) Mem { return Mem{Base: base, Index: index, Scale: 8} }

// end leaves the function. Code from before AVX, such as the compiler's, is slow
// while the upper parts of registers are in use.
func end() {
	VZEROUPPER()
	RET()
}

// tail is the end of a vector behind its last whole eight values.
type tail struct {
	size GPVirtual // 0 to 7
	name string    // for labels
	used int
}

func newTail(name string, n GPVirtual) *tail {
	t := &tail{size: GP64(), name: name}
	MOVQ(n, t.size)
	ANDQ(Imm(7), t.size)
	return t
}

// if_ runs f if the size has the bit.
func (t *tail) if_(bit int, f func()) {
	t.used++
	skip := labelf("%s%d", t.name, t.used)
	TESTB(Imm(uint64(bit)), t.size.As8L())
	JZ(LabelRef(skip))
	f()
	Label(skip)
}

// ifAny runs f if the size is not 0.
func (t *tail) ifAny(f func()) { t.if_(7, f) }

// load returns the tail that begins at p, zeros behind it.
func (t *tail) load(p Mem) VecVirtual {
	v, q, rest := zero(), zero(), GP64()
	LEAQ(p, rest)
	t.if_(4, func() {
		VMOVUPD(p, v.AsY())
		ADDQ(Imm(32), rest)
	})
	t.if_(1, func() {
		last := GP64()
		MOVQ(t.size, last)
		ANDQ(Imm(2), last)
		VMOVSD(Mem{Base: rest, Index: last, Scale: 8}, q.AsX())
	})
	t.if_(2, func() {
		pair := ZMM()
		VMOVUPD(Mem{Base: rest}, pair.AsX())
		VINSERTF64X2(Imm(1), q.AsX(), pair.AsY(), q.AsY())
	})
	low := labelf("%slow%d", t.name, t.used)
	done := labelf("%sdone%d", t.name, t.used)
	TESTB(Imm(4), t.size.As8L())
	JZ(LabelRef(low))
	VINSERTF64X4(Imm(1), q.AsY(), v, v)
	JMP(LabelRef(done))
	Label(low)
	VMOVAPD(q.AsY(), v.AsY())
	Label(done)
	return v
}

// store stores the first lanes of v at p.
func (t *tail) store(v VecVirtual, p Mem) {
	q, to := ZMM(), GP64()
	VMOVAPD(v.AsY(), q.AsY())
	LEAQ(p, to)
	t.if_(4, func() {
		VMOVUPD(q.AsY(), Mem{Base: to})
		VEXTRACTF64X4(Imm(1), v, q.AsY())
		ADDQ(Imm(32), to)
	})
	h := ZMM()
	VMOVAPD(q.AsX(), h.AsX())
	t.if_(2, func() {
		VMOVUPD(h.AsX(), Mem{Base: to})
		VEXTRACTF64X2(Imm(1), q.AsY(), h.AsX())
		ADDQ(Imm(16), to)
	})
	t.if_(1, func() { VMOVSD(h.AsX(), Mem{Base: to}) })
}
