package equation

import (
	"fmt"
	"math"
)

// compiler writes the programs of one expression. Vectors run along one side.
// What depends on the other side only is a single value for each row of a
// matrix and computed by the program each, before the vectors.
type compiler[F Float] struct {
	bind   Bindings[F]
	along  Side
	length [4]int // of arrays, by side
	each   []instruction
	code   []instruction
	regs   [][]F // scratch memory is nil until the code is complete
	loads  []load[F]
	known  map[string]operand // by canonical text
	filled map[int32]int32    // vectors that repeat a single value
}

// operand is the register that holds a subexpression, a vector or one value.
type operand struct {
	reg    int32
	single bool
}

func newCompiler[F Float](bind Bindings[F], along Side) *compiler[F] {
	return &compiler[F]{
		bind:   bind,
		along:  along,
		regs:   make([][]F, 1), // the result
		known:  map[string]operand{},
		filled: map[int32]int32{},
	}
}

// compile writes the code that leaves the value of the expression in register 0.
func (c *compiler[F]) compile(expr *Expr) error {
	if err := c.checkArrays(expr); err != nil {
		return err
	}
	out, err := c.generate(fold(expr.root))
	if err != nil {
		return err
	}
	switch last := len(c.code) - 1; {
	case out.single:
		c.code = append(c.code, instruction{op: opFill, c: out.reg})
	case last >= 0 && c.code[last].dst == out.reg:
		c.code[last].dst = 0 // nothing else reads the value of the whole
	default:
		c.code = append(c.code, instruction{op: opCopy, a: out.reg})
	}
	for _, in := range c.each {
		c.regs[in.dst] = make([]F, 1)
	}
	for _, in := range c.code {
		if in.dst != 0 {
			c.regs[in.dst] = make([]F, c.length[c.along])
		}
	}
	return nil
}

func (c *compiler[F]) checkArrays(expr *Expr) (err error) {
	expr.Walk(func(n Node) bool {
		v, ok := n.(*Var)
		if !ok || err != nil || v.Quantity.Side == Scalar {
			return err == nil
		}
		q := v.Quantity
		array, ok := c.bind.Arrays[q.Name]
		if !ok {
			err = missing(q.Name, c.bind.Arrays)
		} else if want := c.length[q.Side]; len(array) != want {
			err = fmt.Errorf("equation: %s has %d values; its shape %s needs %d", q.Name, len(array), q.Side.Shape(), want)
		}
		return err == nil
	})
	return err
}

// generate writes the code for a subexpression, unless it is there already.
func (c *compiler[F]) generate(n Node) (operand, error) {
	key := text(n)
	if o, ok := c.known[key]; ok {
		return o, nil
	}
	o, err := c.generateNew(n)
	if err == nil {
		c.known[key] = o
	}
	return o, err
}

func (c *compiler[F]) generateNew(n Node) (operand, error) {
	if sideOf(n) == Scalar {
		return c.constant(n)
	}
	switch n := n.(type) {
	case *Var:
		return c.variable(n.Quantity), nil
	case *Unary:
		x, err := c.generate(n.X)
		return c.emit(opNegate, x, x), err
	case *Binary:
		return c.binary(n)
	case *Call:
		return c.call(n)
	}
	panic(fmt.Sprintf("equation: unknown node %T", n))
}

func (c *compiler[F]) register(array []F) int32 {
	c.regs = append(c.regs, array)
	return int32(len(c.regs) - 1)
}

func (c *compiler[F]) constant(n Node) (operand, error) {
	v, err := scalarValue(n, c.bind.Scalars)
	if err == nil && math.IsInf(float64(F(v)), 0) {
		err = fmt.Errorf("equation: %s is %g, beyond the range of the element type", text(n), v)
	}
	return operand{c.register([]F{F(v)}), true}, err
}

func (c *compiler[F]) variable(q Quantity) operand {
	array := c.bind.Arrays[q.Name]
	switch q.Side {
	case c.along:
		return operand{reg: c.register(array)}
	case Synapse:
		reg := c.register(nil)
		c.loads = append(c.loads, load[F]{reg, array, c.length[c.along]})
		return operand{reg: reg}
	}
	reg := c.register(nil)
	c.loads = append(c.loads, load[F]{reg, array, 1})
	return operand{reg, true}
}

// emit appends an operation on x and y, which are both vectors or both single.
func (c *compiler[F]) emit(op opcode, x, y operand) operand {
	dst := c.register(nil)
	in := instruction{op: op, dst: dst, a: x.reg, b: y.reg}
	if x.single {
		c.each = append(c.each, in)
	} else {
		c.code = append(c.code, in)
	}
	return operand{dst, x.single}
}

// emitSingle appends an operation on vectors x and y and the single value s.
func (c *compiler[F]) emitSingle(op opcode, x, y, s operand) operand {
	dst := c.register(nil)
	c.code = append(c.code, instruction{op: op, dst: dst, a: x.reg, b: y.reg, c: s.reg})
	return operand{reg: dst}
}

func (c *compiler[F]) binary(n *Binary) (operand, error) {
	if n.Op == '*' {
		if o, ok, err := c.timesDifference(n.X, n.Y); ok || err != nil {
			return o, err
		}
		if o, ok, err := c.timesDifference(n.Y, n.X); ok || err != nil {
			return o, err
		}
	}
	x, y, err := c.pair(n.X, n.Y)
	if err != nil {
		return x, err
	}
	ops := binaryCodes[n.Op]
	switch {
	case x.single == y.single:
		return c.emit(ops.vectors, x, y), nil
	case y.single:
		return c.emitSingle(ops.rightSingle, x, x, y), nil
	}
	return c.emitSingle(ops.leftSingle, y, y, x), nil
}

var binaryCodes = map[Op]struct{ vectors, rightSingle, leftSingle opcode }{
	'+': {opAdd, opPlus, opPlus},
	'-': {opSub, opMinus, opFrom},
	'*': {opMul, opTimes, opTimes},
	'/': {opDiv, opOver, opInto},
}

func (c *compiler[F]) pair(x, y Node) (a, b operand, err error) {
	if a, err = c.generate(x); err == nil {
		b, err = c.generate(y)
	}
	return a, b, err
}

// timesDifference writes s*(a - b) as one operation; ok is false if x is not
// single or y is not the difference of two vectors.
func (c *compiler[F]) timesDifference(x, y Node) (o operand, ok bool, err error) {
	difference, ok := y.(*Binary)
	if !ok || difference.Op != '-' || c.isVector(x) || !c.isVector(difference.X) || !c.isVector(difference.Y) {
		return operand{}, false, nil
	}
	s, err := c.generate(x)
	if err != nil {
		return s, false, err
	}
	a, b, err := c.pair(difference.X, difference.Y)
	if err != nil {
		return a, false, err
	}
	return c.emitSingle(opTimesDiff, a, b, s), true, nil
}

// isVector tells whether n has more than one value along a row.
func (c *compiler[F]) isVector(n Node) bool {
	side := sideOf(n)
	return side == c.along || side == Synapse
}

var unaryCodes = map[string]opcode{
	"exp": opExp, "log": opLog, "sqrt": opSqrt, "abs": opAbs, "tanh": opTanh, "sigmoid": opSigmoid,
	"relu": opRelu, "sign": opSign, "step": opStep, "square": opSquare,
}

func (c *compiler[F]) call(n *Call) (operand, error) {
	args := make([]operand, len(n.Args))
	for i, arg := range n.Args {
		var err error
		if args[i], err = c.generate(arg); err != nil {
			return operand{}, err
		}
	}
	switch n.Func {
	case "min":
		return c.emitPair(opMin, args[0], args[1]), nil
	case "max":
		return c.emitPair(opMax, args[0], args[1]), nil
	case "clip":
		return c.emitPair(opMin, c.emitPair(opMax, args[0], args[1]), args[2]), nil
	case "pow":
		if exponent, ok := n.Args[1].(*Const); ok && exponent.Value == 2 {
			return c.emit(opSquare, args[0], args[0]), nil
		}
		return c.emitPair(opPow, args[0], args[1]), nil
	}
	op, ok := unaryCodes[n.Func]
	if !ok {
		panic("equation: no code for function " + n.Func)
	}
	return c.emit(op, args[0], args[0]), nil
}

// emitPair appends an operation that has no form for single values.
func (c *compiler[F]) emitPair(op opcode, x, y operand) operand {
	if x.single != y.single {
		x, y = c.fill(x), c.fill(y)
	}
	return c.emit(op, x, y)
}

// fill makes a vector of a single value.
func (c *compiler[F]) fill(o operand) operand {
	if !o.single {
		return o
	}
	reg, ok := c.filled[o.reg]
	if !ok {
		reg = c.register(nil)
		c.filled[o.reg] = reg
		c.code = append(c.code, instruction{op: opFill, dst: reg, c: o.reg})
	}
	return operand{reg: reg}
}
