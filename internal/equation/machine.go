package equation

import "math"

// Float is the element type of vectors and matrices.
type Float interface{ ~float32 | ~float64 }

// opcode is one pass over whole vectors. In the comments a and b are the
// elements of two vectors and c is a single value.
type opcode uint8

const (
	opCopy      opcode = iota // a
	opFill                    // c
	opNegate                  // -a
	opAdd                     // a + b
	opSub                     // a - b
	opMul                     // a * b
	opDiv                     // a / b
	opPlus                    // a + c
	opMinus                   // a - c
	opFrom                    // c - a
	opTimes                   // c * a
	opOver                    // a / c
	opInto                    // c / a
	opTimesDiff               // c * (a - b)
	opMin                     // min(a, b)
	opMax                     // max(a, b)
	opPow                     // pow(a, b)
	opSquare
	opAbs
	opRelu
	opSign
	opStep
	opExp
	opLog
	opSqrt
	opTanh
	opSigmoid
)

// instruction applies an operation to registers: slices bound from outside,
// scratch memory, or single values. dst tells the length; a and b have at least
// that length, c has length 1. Register 0 is the result, and stands for an
// operand a that is not used.
type instruction struct {
	op           opcode
	dst, a, b, c int32
}

// run executes code on the registers. Conversions such as F(x*y), which forbid
// the compiler to fuse operations, are not needed here: no pass has a sum of
// products.
func run[F Float](code []instruction, regs [][]F) {
	for k := range code {
		in := &code[k]
		dst := regs[in.dst]
		a := regs[in.a][:len(dst)]
		switch in.op {
		case opCopy:
			copy(dst, a)
		case opFill:
			c := regs[in.c][0]
			for i := range dst {
				dst[i] = c
			}
		case opNegate:
			for i, x := range a {
				dst[i] = -x
			}
		case opAdd:
			b := regs[in.b][:len(dst)]
			for i, x := range a {
				dst[i] = x + b[i]
			}
		case opSub:
			b := regs[in.b][:len(dst)]
			for i, x := range a {
				dst[i] = x - b[i]
			}
		case opMul:
			b := regs[in.b][:len(dst)]
			for i, x := range a {
				dst[i] = x * b[i]
			}
		case opDiv:
			b := regs[in.b][:len(dst)]
			for i, x := range a {
				dst[i] = x / b[i]
			}
		case opPlus:
			c := regs[in.c][0]
			for i, x := range a {
				dst[i] = x + c
			}
		case opMinus:
			c := regs[in.c][0]
			for i, x := range a {
				dst[i] = x - c
			}
		case opFrom:
			c := regs[in.c][0]
			for i, x := range a {
				dst[i] = c - x
			}
		case opTimes:
			c := regs[in.c][0]
			for i, x := range a {
				dst[i] = c * x
			}
		case opOver:
			c := regs[in.c][0]
			for i, x := range a {
				dst[i] = x / c
			}
		case opInto:
			c := regs[in.c][0]
			for i, x := range a {
				dst[i] = c / x
			}
		case opTimesDiff:
			c := regs[in.c][0]
			b := regs[in.b][:len(dst)]
			for i, x := range a {
				dst[i] = c * (x - b[i])
			}
		case opMin:
			b := regs[in.b][:len(dst)]
			for i, x := range a {
				dst[i] = min(x, b[i])
			}
		case opMax:
			b := regs[in.b][:len(dst)]
			for i, x := range a {
				dst[i] = max(x, b[i])
			}
		case opPow:
			b := regs[in.b][:len(dst)]
			for i, x := range a {
				dst[i] = F(math.Pow(float64(x), float64(b[i])))
			}
		case opSquare:
			for i, x := range a {
				dst[i] = x * x
			}
		case opAbs:
			for i, x := range a {
				dst[i] = F(math.Abs(float64(x)))
			}
		case opRelu:
			for i, x := range a {
				dst[i] = max(x, 0)
			}
		case opSign:
			for i, x := range a {
				dst[i] = F(sign(float64(x)))
			}
		case opStep:
			for i, x := range a {
				dst[i] = F(step(float64(x)))
			}
		case opExp:
			for i, x := range a {
				dst[i] = F(math.Exp(float64(x)))
			}
		case opLog:
			for i, x := range a {
				dst[i] = F(math.Log(float64(x)))
			}
		case opSqrt:
			for i, x := range a {
				dst[i] = F(math.Sqrt(float64(x)))
			}
		case opTanh:
			for i, x := range a {
				dst[i] = F(math.Tanh(float64(x)))
			}
		case opSigmoid:
			for i, x := range a {
				dst[i] = F(sigmoid(float64(x)))
			}
		}
	}
}
