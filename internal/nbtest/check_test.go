package nbtest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func readOK(t *testing.T) *Notebook {
	t.Helper()
	nb, err := Read("testdata/ok.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	return nb
}

// The cells of testdata/ok.ipynb.
const (
	title = iota
	setup
	imports
	draw
	check
)

// Each case spoils a good notebook in one way, which must give exactly one complaint.
func TestCheck(t *testing.T) {
	if errs := readOK(t).Check(); errs != nil {
		t.Fatalf("complaints about a good notebook: %v", errs)
	}
	code := func(cell int, source string) func(*Notebook) {
		return func(nb *Notebook) { nb.Cells[cell].Source = source }
	}
	after := func(source string) func(*Notebook) {
		return func(nb *Notebook) { nb.Cells[draw].Source += "\n" + source }
	}
	for _, tc := range []struct {
		name  string
		spoil func(*Notebook)
		want  string
	}{
		{"kernel", func(nb *Notebook) { nb.Kernel = "python3" }, `kernelspec is "python3"`},
		{"minor", func(nb *Notebook) { nb.Minor = 4 }, "nbformat_minor is 4"},
		{"metadata", func(nb *Notebook) { nb.Metadata["widgets"] = true }, `metadata "widgets"`},
		{"Go version", func(nb *Notebook) {
			nb.Metadata["language_info"].(map[string]any)["version"] = "go1.26.8"
		}, `metadata "language_info"`},
		{"timing", func(nb *Notebook) { nb.Cells[draw].Metadata["execution"] = 1 }, `cell 4 (id "draw"): metadata "execution"`},
		{"no title", code(title, "Hello"), "first cell must be"},
		{"id", func(nb *Notebook) { nb.Cells[check].ID = "é" }, "cell id must be"},
		{"same id", func(nb *Notebook) { nb.Cells[check].ID = "draw" }, "cell id is used twice"},
		{"picture", func(nb *Notebook) { nb.Cells[title].Attachments = map[string]any{"a.png": "x"} }, "pasted pictures"},
		{"count", func(nb *Notebook) { nb.Cells[draw].Count = 1 }, "cell 4 (id \"draw\"): has outputs"},
		{"outputs", func(nb *Notebook) { nb.Cells[draw].Outputs = []Output{{Type: "stream"}} }, "has outputs"},
		{"setup", code(setup, "%noautoget"), "first code cell must be the setup cell"},
		{"shell", code(imports, "!ls\n"+readOK(t).Cells[imports].Source), `special line "!ls"`},
		{"hidden shell", after("//gonb:!ls"), `special line "//gonb:!ls"`},
		{"bash", code(imports, "%%bash\n"+readOK(t).Cells[imports].Source), `special line "%%bash"`},
		{"command", after("%cd x"), `special line "%cd x"`},
		{"continued", after(`%args a \`), `special line "%args a \\"`},
		{"home in text", code(title, "# T\n\nSee /home/me/x."), `machine: "/home/"`},
		{"home in code", after("// cp it to ~/x"), `machine: "~/"`},
		{"absolute", after(`log.Print("/etc/x")`), `path "/etc/x"`},
		{"drive", after("log.Print(`C:\\x`)"), "path `C:"},
		{"upwards", after(`log.Print("a/../b")`), `path "a/../b"`},
		{"syntax", after("for {"), "expected"},
		{"format", after("log.Print( 1 )"), "not formatted"},
		{"empty lines", after(""), "not formatted"},
		{"import", after("rand.Int()"), "uses rand without importing it"},
		{"plotly", code(imports, readOK(t).Cells[imports].Source+"\nimport p \"github.com/janpfeifer/gonb/gonbui/plotly\""),
			"needs a browser"},
		{"network", code(imports, readOK(t).Cells[imports].Source+"\nimport \"net/http\""), "net/http"},
		{"dot", code(imports, readOK(t).Cells[imports].Source+"\nimport . \"sort\""), "as a dot"},
		{"computed var", code(imports, readOK(t).Cells[imports].Source+"\n\nvar start = math.Sqrt(2)"), "var start is computed"},
		{"no check", code(check, "%%\nlog.Print(math.Pi)"), "last code cell must check"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			nb := readOK(t)
			tc.spoil(nb)
			errs := nb.Check()
			if len(errs) == 0 {
				t.Fatal("no complaint")
			}
			if len(errs) > 1 {
				t.Errorf("%d complaints: %v", len(errs), errs)
			}
			if !strings.Contains(errs[0].Error(), tc.want) {
				t.Errorf("complaint %q, want one with %q", errs[0], tc.want)
			}
		})
	}
}

// What must not be complained about.
func TestCheckAllows(t *testing.T) {
	for _, source := range []string{
		"%main -steps=3 name\n\nlog.Print(`%d`)",
		"%test",
		"//gonb:%%\nlog.Print(1)",
		"import r \"math/rand/v2\"\n\n%%\nlog.Print(r.Int())",
		"import \"math/rand/v2\"\n\n%%\nlog.Print(rand.Int())",
		"type pair struct{ a, b float64 }\n\nfunc (p pair) sum() float64 { return p.a + p.b }\n\nvar one = pair{1, 0}\n\n%%\nlog.Print(one.sum())",
		"var later = func() float64 { return math.Sqrt(2) }",
		"%%\nx := struct{ rand float64 }{1}\nlog.Print(x.rand, \"a / b\", \"1/s\", \"~ 3\", \"https://example.org\")",
		"%%\nrand := struct{ v float64 }{1}\nlog.Print(rand.v)",
	} {
		nb := readOK(t)
		nb.Cells = slices.Insert(nb.Cells, check, Cell{ID: "extra", Type: "code", Source: source})
		if errs := nb.Check(); errs != nil {
			t.Errorf("%s\n%v", source, errs)
		}
	}
}

func TestCheckCountsCells(t *testing.T) {
	nb := readOK(t)
	for i := range maxCode {
		nb.Cells = slices.Insert(nb.Cells, check, Cell{ID: strings.Repeat("x", i+1), Type: "code"})
	}
	errs := nb.Check()
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "code cells, want at most") {
		t.Errorf("complaints %v", errs)
	}
}

func TestClean(t *testing.T) {
	nb, err := Read("testdata/outputs.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	nb.Cells[1].Source = "\n//gonb:%%\nfmt.Println( 1 )\n\n"
	nb.Cells[1].ID = ""
	nb.Clean()
	cell := nb.Cells[1]
	if cell.Source != "//gonb:%%\nfmt.Println(1)" {
		t.Errorf("source %q", cell.Source)
	}
	if cell.Count != 0 || cell.Outputs != nil || len(cell.Metadata) != 1 || cell.Metadata["tags"] == nil {
		t.Errorf("leftovers in %+v", cell)
	}
	if !cellID.MatchString(cell.ID) || nb.Minor != 5 {
		t.Errorf("id %q, minor %d", cell.ID, nb.Minor)
	}
	if len(nb.Metadata) != 3 || nb.Settings.Figures != 2 {
		t.Errorf("metadata %v", nb.Metadata)
	}
	broken := readOK(t)
	broken.Cells[draw].Source = "for {"
	broken.Clean()
	if broken.Cells[draw].Source != "for {" {
		t.Errorf("broken code became %q", broken.Cells[draw].Source)
	}
}

// A good notebook is clean already.
func TestCleanKeeps(t *testing.T) {
	nb := readOK(t)
	nb.Clean()
	data, err := nb.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/ok.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != string(want) {
		t.Errorf("cleaned to\n%s", data)
	}
}
