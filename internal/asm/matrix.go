package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func labelf(format string, a ...any) string { return fmt.Sprintf(format, a...) }

// matrix is a kernel that passes over a matrix once: it changes the weights by a
// rule and adds to a product with the new ones.
type matrix struct {
	name    string
	rule    rule
	product bool // also with x to y
}

type rule int

const (
	fixed   rule = iota
	outer        // w += s r
	hebbian      // w += s r - k w
	filter       // w += d, d += s r - k d
)

func matrices() {
	for _, k := range []matrix{
		{"mulT", fixed, true}, {"addOuter", outer, false}, {"lowPassMulT", filter, true},
		{"hebb", hebbian, false}, {"hebbMulT", hebbian, true},
	} {
		k.byColumns()
	}
	for _, k := range []matrix{{"mul", fixed, true}, {"lowPassMul", filter, true}, {"hebbMul", hebbian, true}} {
		if widest == 8 {
			k.byRows()
		} else {
			k.byRowsAVX2()
		}
	}
}

// arguments are the registers of a kernel. Those that it does not have are nil.
type arguments struct {
	w, d, s, r, x, y GPVirtual
	k                VecVirtual
	rows, cols       GPVirtual
}

// text begins the function.
func (m matrix) text() *arguments {
	names := []string{"w"}
	if m.rule == filter {
		names = append(names, "d")
	}
	if m.rule != fixed {
		names = append(names, "s", "r")
	}
	if m.product {
		names = append(names, "x", "y")
	}
	signature := strings.Join(names, ", ") + " *float64, rows, cols int"
	if m.rule == hebbian || m.rule == filter {
		signature += ", k float64"
	}
	function(m.name, signature)
	a := &arguments{rows: param("rows"), cols: param("cols")}
	for _, name := range names {
		p := param(name)
		*map[string]*GPVirtual{"w": &a.w, "d": &a.d, "s": &a.s, "r": &a.r, "x": &a.x, "y": &a.y}[name] = p
	}
	if m.rule == hebbian || m.rule == filter {
		a.k = paramEverywhere("k")
	}
	return a
}

// change returns the new weights of one vector. w and d load its values and
// store them.
func (m matrix) change(l lanes, a *arguments, s VecVirtual, r Op, load func(GPVirtual) VecVirtual, store func(VecVirtual, GPVirtual)) VecVirtual {
	old := load(a.w)
	if m.rule == fixed {
		return old
	}
	if m.rule == outer {
		v := l.add(old, l.mul(s, r))
		store(v, a.w)
		return v
	}
	filtered := func(d VecVirtual) VecVirtual { return l.add(d, l.sub(l.mul(s, r), l.mul(a.k, d))) }
	if m.rule == hebbian {
		v := filtered(old)
		store(v, a.w)
		return v
	}
	d := load(a.d)
	v := l.add(old, d)
	store(v, a.w)
	store(filtered(d), a.d)
	return v
}

// byColumns takes a block of columns through all rows, so that the factors and
// the sums of its columns stay in registers.
func (m matrix) byColumns() {
	a := m.text()
	TESTQ(a.rows, a.rows)
	JZ(LabelRef("done"))
	stride := GP64()
	MOVQ(a.cols, stride)
	SHLQ(Imm(3), stride)
	block := func(l lanes, count int) {
		var r, y []VecVirtual
		step := 8 * int(l)
		for i := range count {
			if m.rule != fixed {
				r = append(r, l.load(Mem{Base: a.r, Disp: i * step}))
			}
			if m.product {
				y = append(y, l.load(Mem{Base: a.y, Disp: i * step}))
			}
		}
		row, here := GP64(), GP64()
		XORQ(row, row)
		XORQ(here, here)
		loop := labelf("rows%dx%d", l, count)
		Label(loop)
		var s, x VecVirtual
		if m.rule != fixed {
			s = l.broadcast(at(a.s, row))
		}
		if m.product {
			x = l.broadcast(at(a.x, row))
		}
		for i := range count {
			place := func(p GPVirtual) Mem { return Mem{Base: p, Index: here, Scale: 1, Disp: i * step} }
			var ri Op
			if m.rule != fixed {
				ri = r[i]
			}
			v := m.change(l, a, s, ri, func(p GPVirtual) VecVirtual { return l.load(place(p)) },
				func(v VecVirtual, p GPVirtual) { l.move(v, place(p)) })
			if m.product {
				l.addTo(y[i], l.mul(x, v))
			}
		}
		ADDQ(stride, here)
		INCQ(row)
		CMPQ(row, a.rows)
		JL(LabelRef(loop))
		for i := range y {
			l.move(y[i], Mem{Base: a.y, Disp: i * step})
		}
		for _, p := range []GPVirtual{a.w, a.d, a.r, a.y} {
			if p != nil {
				ADDQ(I32(count*step), p)
			}
		}
	}
	size := 4 * int(widest)
	Label("wide")
	SUBQ(Imm(uint64(size)), a.cols)
	JL(LabelRef("narrow"))
	block(widest, 4)
	JMP(LabelRef("wide"))
	Label("narrow")
	for size /= 2; size > 0; size /= 2 {
		skip := labelf("no%d", size)
		TESTB(Imm(uint64(size)), a.cols.As8L()) // less a whole block, with the same lower bits
		JZ(LabelRef(skip))
		l := min(widest, lanes(size))
		block(l, size/int(l))
		Label(skip)
	}
	Label("done")
	end()
}

// byRows takes one row after the other and sums over its columns in eight lanes.
func (m matrix) byRows() {
	const l = lanes(8)
	a := m.text()
	TESTQ(a.rows, a.rows)
	JZ(LabelRef("done"))
	stride, whole, mask := GP64(), GP64(), K()
	t := newTail("tail", a.cols)
	MOVQ(a.cols, stride)
	SHLQ(Imm(3), stride)
	MOVQ(a.cols, whole)
	ANDQ(I32(-8), whole)
	ones := GP64()
	MOVQ(I32(-1), ones)
	BZHIQ(t.size, ones, ones)
	KMOVB(ones.As32(), mask)
	var lastR, lastX VecVirtual
	t.ifAny(func() {
		if m.rule != fixed {
			lastR = t.load(at(a.r, whole))
		}
		lastX = t.load(at(a.x, whole))
	})

	Label("row")
	var s VecVirtual
	if m.rule != fixed {
		s = l.broadcast(Mem{Base: a.s})
		ADDQ(Imm(8), a.s)
	}
	sum, j := zero(), GP64()
	XORQ(j, j)
	CMPQ(j, whole)
	JE(LabelRef("rest"))
	Label("columns")
	v := m.change(l, a, s, at(a.r, j), func(p GPVirtual) VecVirtual { return l.load(at(p, j)) },
		func(v VecVirtual, p GPVirtual) { l.move(v, at(p, j)) })
	l.addTo(sum, l.mul(v, at(a.x, j)))
	ADDQ(Imm(8), j)
	CMPQ(j, whole)
	JL(LabelRef("columns"))
	Label("rest")
	t.ifAny(func() {
		// A masked load will do: nothing has lately been stored behind this row.
		load := func(p GPVirtual) VecVirtual {
			v := ZMM()
			VMOVUPD_Z(at(p, whole), mask, v)
			return v
		}
		v := m.change(l, a, s, lastR, load, func(v VecVirtual, p GPVirtual) { t.store(v, at(p, whole)) })
		product := ZMM()
		VMULPD_Z(lastX, v, mask, product) // an infinite factor makes NaN of the empty lanes
		l.addTo(sum, product)
	})
	half := ZMM()
	VEXTRACTF64X4(Imm(1), sum, half.AsY())
	lanes(4).addTo(sum, half)
	a.storeSum(sum)
	ADDQ(stride, a.w)
	if a.d != nil {
		ADDQ(stride, a.d)
	}
	DECQ(a.rows)
	JNZ(LabelRef("row"))
	Label("done")
	end()
}

// storeSum stores the sum of four lanes.
func (a *arguments) storeSum(sum VecVirtual) {
	half := ZMM()
	if widest == 8 {
		VEXTRACTF64X2(Imm(1), sum.AsY(), half.AsX())
	} else {
		VEXTRACTF128(Imm(1), sum.AsY(), half.AsX())
	}
	VADDPD(half.AsX(), sum.AsX(), sum.AsX())
	VUNPCKHPD(sum.AsX(), sum.AsX(), half.AsX())
	VADDSD(half.AsX(), sum.AsX(), sum.AsX())
	VMOVSD(sum.AsX(), Mem{Base: a.y})
	ADDQ(Imm(8), a.y)
}

// byRowsAVX2 is byRows with the eight lanes in two registers.
func (m matrix) byRowsAVX2() {
	a := m.text()
	TESTQ(a.rows, a.rows)
	JZ(LabelRef("done"))
	stride, whole := GP64(), GP64()
	t := newTail("tail", a.cols)
	MOVQ(a.cols, stride)
	SHLQ(Imm(3), stride)
	MOVQ(a.cols, whole)
	ANDQ(I32(-8), whole)

	Label("row")
	var s VecVirtual
	if m.rule != fixed {
		s = lanes(4).broadcast(Mem{Base: a.s})
		ADDQ(Imm(8), a.s)
	}
	low, high, j := zero(), zero(), GP64()
	XORQ(j, j)
	// product returns that of the new weights with x, from column j+more on.
	product := func(l lanes, more int) VecVirtual {
		place := func(p GPVirtual) Mem { return at(p, j).Offset(8 * more) }
		var r Op
		if m.rule != fixed {
			r = place(a.r)
		}
		v := m.change(l, a, s, r, func(p GPVirtual) VecVirtual { return l.load(place(p)) },
			func(v VecVirtual, p GPVirtual) { l.move(v, place(p)) })
		return l.mul(v, place(a.x))
	}
	TESTQ(whole, whole)
	JZ(LabelRef("rest"))
	Label("columns")
	lanes(4).addTo(low, product(4, 0))
	lanes(4).addTo(high, product(4, 4))
	ADDQ(Imm(8), j)
	CMPQ(j, whole)
	JL(LabelRef("columns"))
	Label("rest")
	t.ifAny(func() {
		t.if_(4, func() {
			lanes(4).addTo(low, product(4, 0))
			ADDQ(Imm(4), j)
		})
		last := zero() // up to three columns
		t.if_(2, func() {
			VMOVAPD(product(2, 0).AsX(), last.AsX())
			ADDQ(Imm(2), j)
		})
		t.if_(1, func() {
			one, moved := product(1, 0), ZMM()
			VMOVQ(one.AsX(), one.AsX()) // clears the upper lane
			VINSERTF128(Imm(1), one.AsX(), last.AsY(), moved.AsY())
			TESTB(Imm(2), t.size.As8L())
			JNZ(LabelRef("third"))
			VMOVAPD(one.AsX(), moved.AsX())
			Label("third")
			VMOVAPD(moved.AsY(), last.AsY())
		})
		TESTB(Imm(4), t.size.As8L())
		JZ(LabelRef("lower"))
		lanes(4).addTo(high, last)
		JMP(LabelRef("sum"))
		Label("lower")
		lanes(4).addTo(low, last)
		Label("sum")
	})
	lanes(4).addTo(low, high)
	a.storeSum(low)
	ADDQ(stride, a.w)
	if a.d != nil {
		ADDQ(stride, a.d)
	}
	DECQ(a.rows)
	JNZ(LabelRef("row"))
	Label("done")
	end()
}
