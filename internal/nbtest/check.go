package nbtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxCode is the number of code cells after which a notebook is a program in disguise.
const maxCode = 15

var (
	// What notebooks may ask of GoNB besides the setup cell. Shell lines are not among it: their failure stops nobody.
	commands = []string{"%%", "%main", "%args", "%env", "%exec", "%goflags", "%list", "%rm", "%test"}

	// Packages that need a browser or a network: their pictures are empty on paper, or the cell waits for ever.
	browserOnly = regexp.MustCompile(`/plotly\b|/margaid\b|gonbui/(widgets|dom|comms|wasm)\b|^net/http$`)

	cellID   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	homePath = regexp.MustCompile(`(^|[\s("'=])((/(home|root|tmp|Users|mnt|work|var|data)/)|~/|file:/)`)
	absolute = regexp.MustCompile(`^/[A-Za-z]|^~/|^file:|^[A-Za-z]:[\\/]|(^|/)\.\.(/|$)`)
)

// Check returns what must be put right before the notebook is committed, in the order of the cells:
//
//   - the kernel is GoNB, cells have ids, metadata holds no leftovers;
//   - no outputs, execution counts or pasted pictures;
//   - the first cell is a title, the first code cell is [SetupCell], the last code cell can call log.Fatal: it compares
//     the notebook's numbers with what they should be;
//   - special commands are few and there are no shell lines, paths are relative and stay inside the notebook's folder;
//   - Go code is formatted, imports what it uses, nothing that needs a browser, and no variable of a cell's top level
//     is computed by a call: GoNB would do that again in every later cell.
func (nb *Notebook) Check() []error {
	var errs []error
	report := func(format string, args ...any) { errs = append(errs, fmt.Errorf("nbtest: "+format, args...)) }
	if nb.Kernel != "gonb" {
		report("kernelspec is %q, want gonb", nb.Kernel)
	}
	if nb.Minor < 5 {
		report("nbformat_minor is %d, want at least 5, from which on cells have ids", nb.Minor)
	}
	want := goMetadata()
	for _, key := range slices.Sorted(maps.Keys(nb.Metadata)) {
		if key != "neurocredit" && !reflect.DeepEqual(nb.Metadata[key], want[key]) {
			report("metadata %q is a leftover of the program that saved the notebook", key)
		}
	}
	if len(nb.Cells) == 0 || nb.Cells[0].Type != "markdown" || !strings.HasPrefix(nb.Cells[0].Source, "# ") {
		report("the first cell must be Markdown and start with a title (# ...)")
	}
	ids := map[string]bool{}
	known := names{}
	var code []int
	for i, c := range nb.Cells {
		setup := c.Type == "code" && len(code) == 0
		if c.Type == "code" {
			code = append(code, i)
		}
		for _, err := range c.check(ids, known, setup) {
			errs = append(errs, fmt.Errorf("nbtest: %w", &CellError{Cell: i + 1, ID: c.ID, Err: err}))
		}
	}
	if len(code) > maxCode {
		report("%d code cells, want at most %d: move code into a package", len(code), maxCode)
	}
	if len(code) < 2 || !canFail(nb.Cells[code[len(code)-1]].Source) {
		report("the last code cell must check the results and call log.Fatal or log.Fatalf when they are wrong")
	}
	return errs
}

// check looks at one cell. The first code cell is not looked into: it must be the setup cell.
func (c Cell) check(ids map[string]bool, known names, setup bool) []error {
	var errs []error
	report := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !cellID.MatchString(c.ID) {
		report("cell id must be 1 to 64 letters, digits, - or _")
	} else if ids[c.ID] {
		report("cell id is used twice")
	}
	ids[c.ID] = true
	for _, key := range slices.Sorted(maps.Keys(c.Metadata)) {
		if key != "tags" {
			report("metadata %q is a leftover", key)
		}
	}
	if len(c.Attachments) > 0 {
		report("pasted pictures are not kept in the repository")
	}
	if path := homePath.FindString(c.Source); path != "" {
		report("path of one person's machine: %q", strings.TrimSpace(path))
	}
	if c.Type != "code" {
		return errs
	}
	if c.Count != 0 || len(c.Outputs) > 0 {
		report("has outputs or an execution count")
	}
	if setup {
		if c.Source != SetupCell {
			report("the first code cell must be the setup cell:\n%s", SetupCell)
		}
		return errs
	}
	return append(errs, c.checkCode(known)...)
}

func (c Cell) checkCode(known names) []error {
	var errs []error
	for line := range strings.SplitSeq(c.Source, "\n") {
		if !isSpecial(line) {
			continue
		}
		first := strings.Fields(command(line))[0]
		if !slices.Contains(commands, first) || strings.HasSuffix(line, `\`) {
			errs = append(errs, fmt.Errorf("special line %q; allowed are %s", line, strings.Join(commands, " ")))
		}
	}
	f, err := parseCode(c.Source)
	if err != nil {
		return append(errs, err)
	}
	if clean, err := gofmt(c.Source); err != nil {
		errs = append(errs, err)
	} else if clean != c.Source {
		errs = append(errs, errors.New("not formatted as gofmt does, or empty lines at an end"))
	}
	known.add(f)
	for _, name := range known.missing(f) {
		errs = append(errs, fmt.Errorf("uses %s without importing it", name))
	}
	return append(errs, checkSyntax(f)...)
}

// checkSyntax looks at imports, texts and variables of a cell.
func checkSyntax(f *ast.File) []error {
	var errs []error
	imports := map[*ast.BasicLit]bool{}
	for _, spec := range f.Imports {
		imports[spec.Path] = true
		path := importPath(spec)
		if browserOnly.MatchString(path) {
			errs = append(errs, fmt.Errorf("imports %s, which needs a browser or a network", path))
		}
		if spec.Name != nil && spec.Name.Name == "." {
			errs = append(errs, fmt.Errorf("imports %s as a dot: give it a name", path))
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING || imports[lit] {
			return true
		}
		if s, err := strconv.Unquote(lit.Value); err == nil && absolute.MatchString(s) {
			errs = append(errs, fmt.Errorf("path %s leaves the notebook's folder", lit.Value))
		}
		return true
	})
	for _, decl := range f.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.VAR {
			continue
		}
		for _, spec := range d.Specs {
			v := spec.(*ast.ValueSpec)
			for _, value := range v.Values {
				if calls(value) {
					errs = append(errs, fmt.Errorf("var %s is computed by a call, again in every later cell: make it a function",
						v.Names[0].Name))
				}
			}
		}
	}
	return errs
}

// calls tells whether evaluating the expression calls something.
func calls(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.CallExpr:
			found = true
		case *ast.FuncLit:
			return false // only its own calls do
		}
		return !found
	})
	return found
}

// canFail tells whether a cell calls log.Fatal or one of its variants.
func canFail(source string) bool {
	f, err := parseCode(source)
	if err != nil {
		return false
	}
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			id, ok := sel.X.(*ast.Ident)
			found = found || ok && id.Name == "log" && strings.HasPrefix(sel.Sel.Name, "Fatal")
		}
		return !found
	})
	return found
}

// goMetadata is what a notebook tells of its kernel and language. Jupyter adds the version of Go, which then would differ
// from one person to the next.
func goMetadata() map[string]any {
	return map[string]any{
		"kernelspec":    map[string]any{"display_name": "Go (gonb)", "language": "go", "name": "gonb"},
		"language_info": map[string]any{"file_extension": ".go", "mimetype": "text/x-go", "name": "go"},
	}
}

// Clean removes outputs, execution counts and leftover metadata, formats Go code, and gives ids to cells without one.
// Code that cannot be parsed is left as it is.
func (nb *Notebook) Clean() {
	nb.Minor = max(nb.Minor, 5)
	metadata := goMetadata()
	if own, ok := nb.Metadata["neurocredit"]; ok {
		metadata["neurocredit"] = own
	}
	nb.Metadata, nb.Kernel = metadata, "gonb"
	for i := range nb.Cells {
		c := &nb.Cells[i]
		if c.ID == "" {
			c.ID = randomID()[:8]
		}
		for key := range c.Metadata {
			if key != "tags" {
				delete(c.Metadata, key)
			}
		}
		c.Count, c.Outputs = 0, nil
		if c.Type == "code" {
			if clean, err := gofmt(c.Source); err == nil {
				c.Source = clean
			}
		}
	}
}
