package nbtest

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	nb, err := Read("testdata/outputs.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	if nb.Kernel != "gonb" || nb.Minor != 4 || nb.Settings.Figures != 2 || !reflect.DeepEqual(nb.Settings.Data, []string{"mnist"}) {
		t.Errorf("kernel %q, minor %d, settings %+v", nb.Kernel, nb.Minor, nb.Settings)
	}
	if len(nb.Cells) != 3 {
		t.Fatalf("%d cells, want 3", len(nb.Cells))
	}
	if got, want := nb.Cells[0].Source, "# Title\n\n$\\Delta w < 1$ & more"; got != want {
		t.Errorf("source given as lines: %q, want %q", got, want)
	}
	code := nb.Cells[1]
	if code.Source != "%%\nfmt.Println(1)" || code.Count != 7 || code.ID != "run" {
		t.Errorf("code cell: %+v", code)
	}
	want := []Output{
		{Type: "stream", Stream: "stdout", Text: "1\n2\n"},
		{Type: "display_data", Metadata: map[string]any{}, Data: map[string]any{
			"image/png": "AAAA", "text/plain": "a\nb", "application/json": []any{"x", "y"}}},
		{Type: "error", Name: "ERROR", Value: "exit status 1", Traceback: []string{"a", "b"}},
	}
	if !reflect.DeepEqual(code.Outputs, want) {
		t.Errorf("outputs\n%#v\nwant\n%#v", code.Outputs, want)
	}
	if nb.Cells[2].Type != "raw" {
		t.Errorf("cell type %q", nb.Cells[2].Type)
	}
}

func TestParseRefuses(t *testing.T) {
	cell := func(c string) string { return `{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[` + c + `]}` }
	output := func(o string) string {
		return cell(`{"cell_type":"code","source":"","metadata":{},"execution_count":null,"outputs":[` + o + `]}`)
	}
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "", "not valid JSON"},
		{"two documents", cell("") + "{}", "something follows"},
		{"format 3", `{"nbformat":3,"nbformat_minor":0,"metadata":{},"cells":[]}`, "nbformat is 3"},
		{"no format", `{"metadata":{},"cells":[]}`, "nbformat is 0"},
		{"minor", `{"nbformat":4,"nbformat_minor":-1,"cells":[]}`, "nbformat_minor is -1"},
		{"cell type", cell(`{"cell_type":"heading","source":""}`), `cell 1: cell_type is "heading"`},
		{"source", cell(`{"cell_type":"raw","source":7}`), "cell 1"},
		{"source lines", cell(`{"cell_type":"raw","source":[7]}`), "cell 1"},
		{"text with outputs", cell(`{"cell_type":"raw","source":"","outputs":[{}]}`), "a raw cell has outputs"},
		{"output type", output(`{"output_type":"pyout"}`), `output 1: output_type is "pyout"`},
		{"stream", output(`{"output_type":"stream","name":"stdlog"}`), `stream is named "stdlog"`},
		{"unknown setting", `{"nbformat":4,"metadata":{"neurocredit":{"figurs":1}},"cells":[]}`, "figurs"},
		{"figures", `{"nbformat":4,"metadata":{"neurocredit":{"figures":-1}},"cells":[]}`, "figures is -1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Parse([]byte(tc.in))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

// The layout is the one Jupyter writes, so that saving there does not touch unchanged lines.
func TestEncodeKeepsLayout(t *testing.T) {
	for _, path := range []string{"testdata/ok.ipynb", "testdata/outputs.ipynb"} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		nb, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		again, err := nb.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, data) {
			t.Errorf("%s is encoded as\n%s", path, again)
		}
	}
}

func TestReadNamesFile(t *testing.T) {
	path := t.TempDir() + "/bad.ipynb"
	if err := os.WriteFile(path, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, t.TempDir() + "/absent.ipynb"} {
		if _, err := Read(p); err == nil || !strings.Contains(err.Error(), p) {
			t.Errorf("error %v, want one that names %s", err, p)
		}
	}
}

// FuzzParse: whatever can be parsed survives being written and read again, and can be checked and cleaned.
func FuzzParse(f *testing.F) {
	for _, path := range []string{"testdata/ok.ipynb", "testdata/outputs.ipynb"} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range []string{
		`{"nbformat":4}`,
		`{"nbformat":4,"cells":[{"cell_type":"code","source":"!\\\n%%\n}","outputs":[{"output_type":"display_data"}]}]}`,
		`{"nbformat":4,"cells":[{"cell_type":"code","source":"","outputs":[]},{"cell_type":"code","source":"import \"\"\n%%\nfor {"}]}`,
		`{"nbformat":4,"metadata":{"a":1e999,"kernelspec":{"name":0}},"cells":[{"cell_type":"markdown","source":["","\r\n"]}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		nb, err := Parse(data)
		if err != nil {
			return
		}
		written, err := nb.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(written)
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		if !reflect.DeepEqual(nb, again) {
			t.Fatalf("%#v\nbecame\n%#v\nin\n%s", nb, again, written)
		}
		nb.Check()
		nb.Clean()
		first, err := nb.Encode()
		if err != nil {
			t.Fatal(err)
		}
		nb.Clean()
		if second, _ := nb.Encode(); !bytes.Equal(first, second) {
			t.Fatalf("cleaning again changes\n%s\nto\n%s", first, second)
		}
	})
}
