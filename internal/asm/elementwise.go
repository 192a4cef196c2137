package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// forAll emits the body for n elements: in a loop in the widest registers, and
// behind it for fewer. index counts the elements done.
func forAll(n, index GPVirtual, body func(l lanes)) {
	t := newTail("tail", n)
	whole := GP64()
	MOVQ(n, whole)
	XORQ(index, index)
	ANDQ(I32(-int(widest)), whole)
	JZ(LabelRef("rest"))
	Label("loop")
	body(widest)
	ADDQ(Imm(uint64(widest)), index)
	CMPQ(index, whole)
	JL(LabelRef("loop"))
	Label("rest")
	for l := widest / 2; l > 0; l /= 2 {
		t.if_(int(l), func() {
			body(l)
			ADDQ(Imm(uint64(l)), index)
		})
	}
	end()
}

func elementwise() {
	function("axpy", "x, y *float64, n int, a float64")
	x, y, n, i := param("x"), param("y"), param("n"), GP64()
	a := paramEverywhere("a")
	forAll(n, i, func(l lanes) { l.move(l.add(l.mul(a, at(x, i)), at(y, i)), at(y, i)) })

	function("scale", "dst, x *float64, n int, c float64")
	dst, x, n, i := param("dst"), param("x"), param("n"), GP64()
	c := paramEverywhere("c")
	forAll(n, i, func(l lanes) { l.move(l.mul(c, at(x, i)), at(dst, i)) })

	function("scaledDifference", "dst, a, b *float64, n int, c float64")
	dst, from, b, n, i := param("dst"), param("a"), param("b"), param("n"), GP64()
	c = paramEverywhere("c")
	forAll(n, i, func(l lanes) { l.move(l.mul(c, l.sub(l.load(at(from, i)), at(b, i))), at(dst, i)) })

	function("diffuse", "x, xi *float64, n int, up, down float64")
	x, xi, n, i := param("x"), param("xi"), param("n"), GP64()
	up, down := paramEverywhere("up"), paramEverywhere("down")
	forAll(n, i, func(l lanes) {
		v := l.load(at(x, i))
		l.move(l.add(v, l.sub(l.mul(up, at(xi, i)), l.mul(down, v))), at(x, i))
	})

	function("inputStep", "u, v, p, q, e *float64, n int, k, norm float64")
	inputStep()

	function("addSteps", "w, d, p, q *float64, n int, sum, keep, x float64")
	addSteps()

	function("neurons", "slices *[12][]float64, n int")
	neurons()
}

func inputStep() {
	u, v, p, q, e, n, i := param("u"), param("v"), param("p"), param("q"), param("e"), param("n"), GP64()
	k, norm := paramEverywhere("k"), paramEverywhere("norm")
	forAll(n, i, func(l lanes) {
		oldV, oldQ, err := l.load(at(v, i)), l.load(at(q, i)), l.load(at(e, i))
		l.move(l.add(oldV, at(u, i)), at(u, i))
		l.move(l.add(oldV, l.sub(l.mul(norm, err), l.mul(k, oldV))), at(v, i))
		l.move(l.add(oldQ, at(p, i)), at(p, i))
		l.move(l.add(oldQ, l.sub(err, l.mul(k, oldQ))), at(q, i))
	})
}

func addSteps() {
	w, d, p, q, n, i := param("w"), param("d"), param("p"), param("q"), param("n"), GP64()
	sum, keep, x := paramEverywhere("sum"), paramEverywhere("keep"), paramEverywhere("x")
	forAll(n, i, func(l lanes) {
		old := l.load(at(d, i))
		l.move(l.add(l.add(l.mul(sum, old), l.mul(x, at(p, i))), at(w, i)), at(w, i))
		l.move(l.add(l.mul(keep, old), l.mul(x, at(q, i))), at(d, i))
	})
}

// neurons finds its arrays by the order of the fields of vec.Neurons.
func neurons() {
	const (
		sumBasal = iota
		sumTop
		basal
		top
		noise
		wBasal
		wTop
		scale
		voltage
		prediction
		rate
		rateLast
	)
	slices, n, i := param("slices"), param("n"), GP64()
	none := zero()
	forAll(n, i, func(l lanes) {
		field := func(k int) Mem { return at(field(slices, k), i) }
		b, t := l.load(field(sumBasal)), l.load(field(sumTop))
		l.move(b, field(basal))
		l.move(t, field(top))
		l.move(l.add(l.mul(b, field(wBasal)), l.mul(l.add(t, field(noise)), field(wTop))), field(voltage))
		l.move(l.mul(b, field(scale)), field(prediction))
		l.move(none, field(sumBasal))
		l.move(none, field(sumTop))
		l.move(l.load(field(rate)), field(rateLast))
	})
}

// sigmoid is sigmoidPlain for eight values at a time.
func sigmoid() {
	const l = lanes(8)
	function("sigmoid", "dst, x *float64, n int, constants *[13]float64, powers *[16]uint64")
	dst, x, n := param("dst"), param("x"), param("n")
	constants, powers := param("constants"), param("powers")
	var c []VecVirtual
	for i := range 13 {
		c = append(c, l.broadcast(Mem{Base: constants, Disp: 8 * i}))
	}
	sign, low, high, perStep, toWhole, stepHi, stepLo := c[0], c[1], c[2], c[3], c[4], c[5], c[6]
	one, g := c[7], c[8:]
	powersLow, powersHigh := l.load(Mem{Base: powers}), l.load(Mem{Base: powers, Disp: 64})
	value := func(v VecVirtual) VecVirtual {
		y := ZMM()
		VXORPD(sign, v, y)
		VMINPD(y, high, y) // of a NaN and another number, the instruction takes the second
		VMAXPD(y, low, y)
		t := l.add(l.mul(y, perStep), toWhole)
		n := l.sub(t, toWhole)
		u := l.sub(l.sub(y, l.mul(n, stepHi)), l.mul(n, stepLo))
		u2 := l.mul(u, u)
		poly := l.add(l.add(g[0], l.mul(g[1], u)), l.mul(u2, l.add(l.add(g[2], l.mul(g[3], u)), l.mul(g[4], u2))))
		e := l.add(one, l.add(u, l.mul(u2, poly)))
		power, exponent := ZMM(), ZMM()
		VMOVAPD(t, power)
		VPERMI2Q(powersHigh, powersLow, power)
		VPSLLQ(Imm(48), t, exponent)
		VPADDQ(exponent, power, power)
		e = l.add(one, l.mul(power, e))
		VDIVPD(e, one, e)
		return e
	}
	t := newTail("tail", n)
	whole, i := GP64(), GP64()
	MOVQ(n, whole)
	XORQ(i, i)
	ANDQ(I32(-8), whole)
	JZ(LabelRef("rest"))
	Label("loop")
	l.move(value(l.load(at(x, i))), at(dst, i))
	ADDQ(Imm(8), i)
	CMPQ(i, whole)
	JL(LabelRef("loop"))
	Label("rest")
	t.ifAny(func() { t.store(value(t.load(at(x, i))), at(dst, i)) })
	end()
}

// sigmoidAVX2 finds every constant four times: there are too many for registers.
func sigmoidAVX2() {
	function("sigmoid", "dst, x *float64, n int, constants *[14][4]float64, powers *[16]uint64")
	dst, x, n, constants, powers, i := param("dst"), param("x"), param("n"), param("constants"), param("powers"), GP64()
	c := func(k int) Mem { return Mem{Base: constants, Disp: 32 * k} }
	const (
		sign = iota
		low
		high
		perStep
		toWhole
		stepHi
		stepLo
		one
		g0
		g1
		g2
		g3
		g4
		lowBits
	)
	forAll(n, i, func(at1 lanes) {
		l := max(at1, 2) // the other lane of a single value is 0
		y := at1.load(at(x, i))
		VXORPD(c(sign), l.of(y), l.of(y))
		VMINPD(l.of(y), l.of(l.load(c(high))), l.of(y)) // of a NaN and another number, the instruction takes the second
		VMAXPD(l.of(y), l.of(l.load(c(low))), l.of(y))
		t := l.add(l.mul(y, c(perStep)), c(toWhole))
		n := l.sub(t, c(toWhole))
		u := l.sub(l.sub(y, l.mul(n, c(stepHi))), l.mul(n, c(stepLo)))
		u2 := l.mul(u, u)
		poly := l.add(l.mul(u, c(g1)), c(g0))
		poly = l.add(poly, l.mul(u2, l.add(l.add(l.mul(u, c(g3)), c(g2)), l.mul(u2, c(g4)))))
		e := l.add(l.add(u, l.mul(u2, poly)), c(one))
		which, all, power, exponent := ZMM(), ZMM(), ZMM(), ZMM()
		VPAND(c(lowBits), l.of(t), l.of(which))
		VPCMPEQQ(l.of(all), l.of(all), l.of(all))
		VPXOR(l.of(power), l.of(power), l.of(power)) // the gather waits for its former value
		VGATHERQPD(l.of(all), Mem{Base: powers, Index: l.of(which).(Register), Scale: 8}, l.of(power))
		VPSLLQ(Imm(48), l.of(t), l.of(exponent))
		VPADDQ(l.of(exponent), l.of(power), l.of(power))
		e = l.add(l.mul(power, e), c(one))
		quotient := ZMM()
		VDIVPD(l.of(e), l.of(l.load(c(one))), l.of(quotient))
		at1.move(quotient, at(dst, i))
	})
}
