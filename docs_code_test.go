package neurocredit_test

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/dendritic"
)

// block is a Go example of a page.
type block struct {
	page string
	line int
	code string
}

func blocks(t *testing.T, page string) (list []block) {
	t.Helper()
	text := read(t, page)
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		if text[m[2]:m[3]] == "go" {
			list = append(list, block{page, strings.Count(text[:m[4]], "\n") + 1, text[m[4]:m[5]]})
		}
	}
	return list
}

// isProgram tells whole programs from pieces of them.
func (b *block) isProgram() bool { return strings.HasPrefix(b.code, "package main\n") }

// preamble begins the program that all pieces of a page are put into.
const preamble = `package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/plotting"
)

var _ = []any{context.Background, errors.New, fmt.Print, log.Print, os.Exit, time.Now, data.DefaultYinYang, dendritic.New, plotting.Save}

func angle(*dendritic.Network) float64 { return 0 }

func main() {}
`

// piece wraps a piece of Go for that program: declarations stand as they are;
// statements become a function in which every variable is used. Messages of the
// compiler will name the page and the line there.
func (b *block) piece(number int) (string, error) {
	code := fmt.Sprintf("//line %s:%d\n%s", b.page, b.line, b.code)
	fset := token.NewFileSet()
	if _, err := parser.ParseFile(fset, "", "package main\n"+b.code, 0); err == nil {
		return code, nil
	}
	f, err := parser.ParseFile(fset, b.page, "package main; func _() {\n"+b.code+"}", 0)
	if err != nil {
		return "", err
	}
	for _, s := range f.Decls[0].(*ast.FuncDecl).Body.List {
		if a, ok := s.(*ast.AssignStmt); ok && a.Tok == token.DEFINE {
			for _, x := range a.Lhs {
				if name := x.(*ast.Ident).Name; name != "_" {
					code += "_ = " + name + "\n"
				}
			}
		}
	}
	return fmt.Sprintf("func piece%d(ctx context.Context, c dendritic.Config, r *dendritic.Result) {\n{\n%s}\n}\n", number, code), nil
}

// Every Go example in the pages compiles.
func TestExamplesCompile(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the examples of all pages; skipped with -short")
	}
	total := 0
	for _, page := range pages(t) {
		program := preamble
		for _, b := range blocks(t, page) {
			if b.isProgram() {
				continue // TestReadmeProgram
			}
			total++
			text, err := b.piece(total)
			if err != nil {
				t.Errorf("%s:%d: %v", b.page, b.line, err)
			}
			program += text
		}
		if program == preamble {
			continue
		}
		if out, err := goTool(t, program, "build", "-o", os.DevNull); err != nil {
			t.Errorf("%s: %v\n%s", page, err, out)
		}
	}
	if total < 10 {
		t.Fatalf("only %d examples found", total)
	}
}

// goTool runs the go command on a program that may import what this module may.
func goTool(t *testing.T, program string, args ...string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(program), 0o666); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd := exec.Command("go", append(args, file)...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, errs.Bytes())
	}
	return string(out), err
}

// The program in the README runs, and prints what the README says.
func TestReadmeProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs a program; skipped with -short")
	}
	text := read(t, "README.md")
	for _, b := range blocks(t, "README.md") {
		if !b.isProgram() {
			continue
		}
		out, err := goTool(t, b.code, "run")
		if err != nil {
			t.Fatalf("README.md:%d: %v", b.line, err)
		}
		if !strings.Contains(text, "```text\n"+out+"```\n") {
			t.Errorf("README.md:%d: the program prints the following, and README.md does not say so:\n%s", b.line, out)
		}
		return
	}
	t.Fatal("README.md has no program")
}

var ruleRow = regexp.MustCompile("(?m)^\\| ([^|`]*) \\| (up|p2i|i2p|down) \\| `(.*)` \\|$")

// The rules in docs/rules.md run, and each changes its weights.
func TestRuleExamples(t *testing.T) {
	rows := ruleRow.FindAllStringSubmatch(read(t, "docs/rules.md"), -1)
	if len(rows) < 10 {
		t.Fatalf("only %d rules found", len(rows))
	}
	for _, row := range rows {
		t.Run(row[1], func(t *testing.T) {
			t.Parallel()
			c := dendritic.YinYang(dendritic.PAL)
			c.Epochs = 1
			c.Data.Train, c.Data.Valid, c.Data.Test = 20, 1, 1
			c.Learning.Rates = dendritic.Rates{Up: []float64{0.1, 0.1}, Down: []float64{0.1}, P2I: []float64{0.1}, I2P: []float64{0.1}}
			rule := dendritic.Rule{Weight: row[3]}
			group := map[string]string{"up": "ff", "p2i": "p2i", "i2p": "i2p", "down": "fb"}[row[2]]
			switch row[2] {
			case "up":
				c.Learning.Rules.Up = rule
			case "p2i":
				c.Learning.Rules.P2I = rule
			case "i2p":
				c.Learning.Rules.I2P = rule
			case "down":
				c.Learning.Rules.Down = rule
			}
			before, err := dendritic.Build(c)
			if err != nil {
				t.Fatal(err)
			}
			w, err := before.Weights(1, group)
			if err != nil {
				t.Fatal(err)
			}
			r, err := dendritic.Train(context.Background(), c, nil)
			if err != nil {
				t.Fatal(err)
			}
			after, err := r.Weights(1, group)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Equal(w.RawMatrix().Data, after.RawMatrix().Data) {
				t.Errorf("%q changes no weight", row[3])
			}
		})
	}
}
