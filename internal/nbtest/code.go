package nbtest

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"strings"
)

// SetupCell must be the first code cell of every notebook of this module. GoNB compiles in a folder of its own; this
// makes it a workspace with the clone that the notebook lies in, so that cells may import the module's packages and all
// that go.mod requires, in exactly these versions, offline. Go then must not be let loose to download others.
const SetupCell = `!*[ -f go.work ] || go work init . "$(cd "$GONB_DIR" && go list -m -f '{{.Dir}}')"
%noautoget`

// segment is a run of lines of a code cell that are either all for GoNB or all Go.
type segment struct {
	special bool
	lines   []string
}

// segments cuts a code cell. Lines that start with % or ! are for GoNB, also behind the prefix //gonb: .
func segments(source string) []segment {
	var segs []segment
	for _, line := range strings.Split(source, "\n") {
		special := isSpecial(line)
		if n := len(segs); n == 0 || segs[n-1].special != special {
			segs = append(segs, segment{special: special})
		}
		last := &segs[len(segs)-1]
		last.lines = append(last.lines, line)
	}
	return segs
}

// command returns a line without the prefix that hides special lines from Go tools.
func command(line string) string { return strings.TrimPrefix(line, "//gonb:") }

func isSpecial(line string) bool {
	line = command(line)
	return len(line) > 1 && (line[0] == '%' || line[0] == '!')
}

// startsMain tells whether GoNB puts what follows the line into func main.
func startsMain(line string) bool {
	first, _, _ := strings.Cut(strings.ReplaceAll(command(line), "\t", " "), " ")
	return first == "%%" || first == "%main"
}

// parseCode parses a cell as GoNB would compile it, with the cell's own line numbers.
func parseCode(source string) (*ast.File, error) {
	var b strings.Builder
	b.WriteString("package main; ")
	inMain := false
	for _, line := range strings.Split(source, "\n") {
		switch {
		case isSpecial(line):
			if startsMain(line) && !inMain {
				inMain = true
				b.WriteString("func main() {")
			}
		default:
			b.WriteString(line)
		}
		b.WriteByte('\n')
	}
	if inMain {
		b.WriteByte('}')
	}
	return parser.ParseFile(token.NewFileSet(), "cell", b.String(), parser.ParseComments)
}

// gofmt formats each run of Go lines of a cell. Go that does not parse is an error.
func gofmt(source string) (string, error) {
	var out []string
	for _, s := range segments(source) {
		code := strings.Join(s.lines, "\n")
		if !s.special && strings.TrimSpace(code) != "" {
			formatted, err := format.Source([]byte(code))
			if err != nil {
				return "", fmt.Errorf("not Go: %w", err)
			}
			code = string(formatted)
		}
		out = append(out, code)
	}
	return strings.Trim(strings.Join(out, "\n"), "\n"), nil
}

// names are the identifiers that a cell may use because it or an earlier cell declares or imports them.
type names map[string]bool

// add remembers what a cell imports and declares.
func (n names) add(f *ast.File) {
	for _, spec := range f.Imports {
		n[importName(spec)] = true
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				n[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					n[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, id := range s.Names {
						n[id.Name] = true
					}
				}
			}
		}
	}
}

// missing returns the packages that a cell uses although no cell imports them. GoNB would guess their paths.
func (n names) missing(f *ast.File) []string {
	unresolved := map[*ast.Ident]bool{}
	for _, id := range f.Unresolved {
		unresolved[id] = true
	}
	var found []string
	seen := map[string]bool{}
	ast.Inspect(f, func(node ast.Node) bool {
		sel, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := sel.X.(*ast.Ident)
		if ok && unresolved[id] && !n[id.Name] && !seen[id.Name] {
			seen[id.Name] = true
			found = append(found, id.Name)
		}
		return true
	})
	return found
}

// importName returns the name by which code uses an import: its own, or the path's last part that is not a version.
func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	parts := strings.Split(importPath(spec), "/")
	last := parts[len(parts)-1]
	if len(parts) > 1 && len(last) > 1 && last[0] == 'v' && strings.Trim(last[1:], "0123456789") == "" {
		last = parts[len(parts)-2]
	}
	return last
}

func importPath(spec *ast.ImportSpec) string { return strings.Trim(spec.Path.Value, "`\"") }
