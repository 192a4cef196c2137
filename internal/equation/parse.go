package equation

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxSource bounds the text of an expression in bytes and maxNodes its tree, far
// beyond any sensible rule, so that the cost of what follows is bounded too.
const (
	maxSource = 1 << 16
	maxNodes  = 2000
)

const allowed = "allowed are + - * / and unary -, parentheses, numbers, quantities and functions"

// Parse reads src, an expression over the quantities of scope. An error names
// the offending token, its column (counted in characters from 1) and what is
// allowed; for an unknown name it lists the whole scope.
func Parse(src string, scope Scope) (*Expr, error) {
	if err := scope.check(); err != nil {
		return nil, err
	}
	if len(src) > maxSource {
		return nil, fmt.Errorf("equation: expression of %d bytes is too long: at most %d", len(src), maxSource)
	}
	p := &reader{scope: scope, src: strings.Map(blank, src)}
	if strings.TrimSpace(p.src) == "" {
		return nil, errors.New("equation: the expression is empty; write 0 for none")
	}
	if err := p.checkTokens(); err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	tree, err := parser.ParseExprFrom(fset, "", p.src, parser.SkipObjectResolution)
	if err != nil {
		return nil, p.syntaxError(err)
	}
	root, err := p.convert(tree)
	if err != nil {
		return nil, err
	}
	return &Expr{root}, nil
}

// blank turns line breaks and tabs into spaces: to Go they would end an
// expression.
func blank(r rune) rune {
	if r == '\n' || r == '\r' || r == '\t' {
		return ' '
	}
	return r
}

type reader struct {
	scope Scope
	src   string
	nodes int
}

func (p *reader) errorAt(offset int, format string, args ...any) error {
	column := utf8.RuneCountInString(p.src[:min(offset, len(p.src))]) + 1
	shown := p.src
	if runes := []rune(shown); len(runes) > 200 {
		shown = string(runes[:200]) + "..."
	}
	return fmt.Errorf("equation: %s: column %d: %s", shown, column, fmt.Sprintf(format, args...))
}

// errorIn is errorAt for a node; the first position of a file is 1.
func (p *reader) errorIn(n ast.Node, format string, args ...any) error {
	return p.errorAt(int(n.Pos())-1, format, args...)
}

// checkTokens refuses every token that the language does not have, and two
// operands in a row. It goes first because its messages can be more to the point
// than those of the Go parser.
func (p *reader) checkTokens() error {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(p.src))
	var first error
	report := func(pos token.Position, message string) {
		if first == nil {
			first = p.errorAt(pos.Offset, "%s; %s", message, allowed)
		}
	}
	var s scanner.Scanner
	s.Init(file, []byte(p.src), report, scanner.ScanComments)
	previous := token.ILLEGAL
	for {
		pos, tok, literal := s.Scan()
		if first != nil {
			return first
		}
		if tok == token.EOF {
			return nil
		}
		offset := file.Offset(pos)
		switch tok {
		case token.IDENT, token.INT, token.FLOAT, token.LPAREN:
			ended := previous == token.INT || previous == token.FLOAT || previous == token.RPAREN ||
				previous == token.IDENT && tok != token.LPAREN
			if ended {
				if literal == "" {
					literal = tok.String()
				}
				return p.errorAt(offset, "operator missing before %q", literal)
			}
		case token.ADD, token.SUB, token.QUO, token.RPAREN, token.COMMA:
		case token.MUL:
			if previous == token.MUL {
				return p.errorAt(offset-1, `"**" is not allowed: use pow(x, n)`)
			}
		case token.SEMICOLON:
			if literal != "\n" { // otherwise inserted by the scanner at the end
				return p.errorAt(offset, `";" is not allowed; %s`, allowed)
			}
		default:
			return p.refuse(offset, tok, literal)
		}
		previous = tok
	}
}

func (p *reader) refuse(offset int, tok token.Token, literal string) error {
	shown := tok.String()
	if literal != "" {
		shown = literal
	}
	hint := allowed
	switch tok {
	case token.XOR:
		hint = "use pow(x, n)"
	case token.ASSIGN, token.DEFINE:
		hint = "write only the right-hand side, the value of the derivative"
	case token.LSS, token.GTR, token.LEQ, token.GEQ, token.EQL, token.NEQ, token.LAND, token.LOR, token.NOT:
		hint = "conditions are written with step(x), which is 1 for x > 0"
	case token.REM:
		hint = "there is no remainder; for percent divide by 100"
	case token.DEC, token.INC:
		hint = "put parentheses between the signs"
	case token.COMMENT:
		shown, hint = shown[:2], "an expression holds no comments"
	}
	if tok.IsKeyword() {
		hint = "it is a reserved word of Go"
	}
	return p.errorAt(offset, "%s is not allowed: %s", quoted(shown), hint)
}

// syntaxError rewords the first complaint of the Go parser.
func (p *reader) syntaxError(err error) error {
	var list scanner.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return fmt.Errorf("equation: %s: %w", p.src, err)
	}
	offset, message := list[0].Pos.Offset, list[0].Msg
	if strings.Count(p.src, "(") > strings.Count(p.src, ")") {
		return p.errorAt(len(strings.TrimRight(p.src, " ")), `")" missing`)
	}
	_, found, _ := strings.Cut(message, "found ")
	switch {
	case found == "'EOF'" || found == "newline":
		return p.errorAt(len(strings.TrimRight(p.src, " ")), "the expression ends too early: operand missing")
	case strings.HasPrefix(message, "expected 'EOF'"):
		return p.errorAt(offset, "%s is not allowed after a complete expression", found)
	}
	return p.errorAt(offset, "%s; %s", message, allowed)
}

func (p *reader) convert(n ast.Expr) (Node, error) {
	if p.nodes++; p.nodes > maxNodes {
		return nil, p.errorIn(n, "the expression is too long: at most %d operations and names", maxNodes)
	}
	switch n := n.(type) {
	case *ast.ParenExpr:
		return p.convert(n.X)
	case *ast.BasicLit:
		return p.number(n)
	case *ast.Ident:
		return p.name(n)
	case *ast.UnaryExpr:
		if n.Op != token.SUB {
			return nil, p.errorIn(n, "%q has no left operand", n.Op.String())
		}
		x, err := p.convert(n.X)
		if err != nil {
			return nil, err
		}
		if c, ok := x.(*Const); ok {
			return &Const{-c.Value}, nil
		}
		return &Unary{x}, nil
	case *ast.StarExpr:
		return nil, p.errorIn(n, `"*" has no left operand`)
	case *ast.BinaryExpr:
		return p.binary(n)
	case *ast.CallExpr:
		return p.call(n)
	}
	return nil, p.errorIn(n, "this form of expression is not allowed; %s", allowed)
}

func (p *reader) number(n *ast.BasicLit) (Node, error) {
	digits := strings.ReplaceAll(n.Value, "_", "")
	if len(digits) > 1 && digits[0] == '0' && digits[1] != '.' && digits[1] != 'e' && digits[1] != 'E' {
		return nil, p.errorIn(n, "number %s: write decimal numbers without leading zeros", n.Value)
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return nil, p.errorIn(n, "number %s: the largest is %g", n.Value, math.MaxFloat64)
	}
	return &Const{v}, nil
}

func (p *reader) name(n *ast.Ident) (Node, error) {
	if q, ok := p.scope.Lookup(n.Name); ok {
		return &Var{q}, nil
	}
	if f := lookupFunction(n.Name); f != nil {
		return nil, p.errorIn(n, "%s is a function: write %s", f.Name, f.Use)
	}
	table := strings.TrimSuffix(p.scope.Table(), "\n")
	return nil, p.errorIn(n, "unknown name %q%s; the quantities here are\n%s", n.Name, didYouMean(n.Name, p.scope.names()), table)
}

func (p *reader) binary(n *ast.BinaryExpr) (Node, error) {
	ops := map[token.Token]Op{token.ADD: '+', token.SUB: '-', token.MUL: '*', token.QUO: '/'}
	op, ok := ops[n.Op]
	if !ok {
		return nil, p.errorAt(int(n.OpPos)-1, "%q is not allowed; %s", n.Op.String(), allowed)
	}
	x, err := p.convert(n.X)
	if err != nil {
		return nil, err
	}
	y, err := p.convert(n.Y)
	if err != nil {
		return nil, err
	}
	if c, ok := fold(y).(*Const); ok && op == '/' && c.Value == 0 {
		return nil, p.errorAt(int(n.OpPos)-1, "division by zero")
	}
	return p.checkConstant(n, &Binary{op, x, y})
}

func (p *reader) call(n *ast.CallExpr) (Node, error) {
	name, ok := n.Fun.(*ast.Ident)
	if !ok {
		return nil, p.errorIn(n, "only functions can be called; they are %s", functionList())
	}
	f := lookupFunction(name.Name)
	if f == nil {
		if _, ok := p.scope.Lookup(name.Name); ok {
			return nil, p.errorIn(n, "%s is a quantity, not a function; to multiply write *", name.Name)
		}
		return nil, p.errorIn(n, "unknown function %q%s; the functions are %s",
			name.Name, didYouMean(name.Name, functionNames()), functionList())
	}
	if len(n.Args) != f.Args {
		return nil, p.errorIn(n, "%s has %d argument%s, not %d: write %s", f.Name, f.Args, plural(f.Args), len(n.Args), f.Use)
	}
	call := &Call{Func: f.Name, Args: make([]Node, len(n.Args))}
	for i, arg := range n.Args {
		x, err := p.convert(arg)
		if err != nil {
			return nil, err
		}
		call.Args[i] = x
	}
	if f.Name == "clip" {
		low, isLow := fold(call.Args[1]).(*Const)
		high, isHigh := fold(call.Args[2]).(*Const)
		if isLow && isHigh && low.Value > high.Value {
			return nil, p.errorIn(n, "clip from %g to %g: low must not exceed high", low.Value, high.Value)
		}
	}
	return p.checkConstant(n, call)
}

// checkConstant refuses constant subexpressions that are not finite numbers.
func (p *reader) checkConstant(at ast.Node, n Node) (Node, error) {
	if !isConstant(n) {
		return n, nil
	}
	if v := evaluate(n, nil); math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, p.errorIn(at, "%s is %g, not a finite number", text(n), v)
	}
	return n, nil
}

// quoted leaves a string or character literal as the user wrote it.
func quoted(token string) string {
	if strings.ContainsAny(token[:1], "\"'`") {
		return token
	}
	return strconv.Quote(token)
}

func functionList() string {
	uses := make([]string, len(functions))
	for i, f := range functions {
		uses[i] = f.Use
	}
	return strings.Join(uses, ", ")
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
