package nbtest

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// inModule makes a folder below this one, because the setup cell looks for the module that the notebook lies in.
func inModule(t *testing.T) string {
	t.Helper()
	if err := os.MkdirAll("runs", 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("runs", "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		os.RemoveAll(dir)
		os.Remove("runs") // only when empty
	})
	return dir
}

func TestRun(t *testing.T) {
	bin := Need(t)
	nb := readOK(t)
	rep, err := Run(t.Context(), nb, Options{Bin: bin, Dir: inModule(t), Env: []string{"NEUROCREDIT_QUICK=1"}})
	if err != nil {
		t.Fatal(err)
	}
	if nb.Cells[draw].Count != 0 || nb.Cells[draw].Outputs != nil {
		t.Error("the notebook itself was changed")
	}
	cell := rep.Notebook.Cells[draw]
	if cell.Count != 3 || len(cell.Outputs) != 1 || cell.Outputs[0].Data["image/png"] == nil {
		t.Errorf("cell that draws: count %d, outputs %v", cell.Count, cell.Outputs)
	}
	for i, c := range nb.Cells {
		if (c.Type == "code") != (rep.Took[i] > 0) {
			t.Errorf("%s cell %d took %v", c.Type, i+1, rep.Took[i])
		}
	}
	if table := rep.Table(); strings.Count(table, "\n") != 6 || !strings.Contains(table, `cell 4 (id "draw")`) {
		t.Errorf("table\n%s", table)
	}
	data, err := rep.Notebook.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(data); err != nil {
		t.Errorf("executed notebook: %v", err)
	}
}

// cells makes a notebook of code cells.
func cells(sources ...string) *Notebook {
	nb := &Notebook{Minor: 5}
	for _, s := range append([]string{"%noautoget"}, sources...) {
		nb.Cells = append(nb.Cells, Cell{ID: "x", Type: "code", Source: s})
	}
	return nb
}

// Each notebook fails in its second cell, and nothing runs after that.
func TestRunFails(t *testing.T) {
	bin := Need(t)
	for _, tc := range []struct{ name, source, want string }{
		{"compile error", "%%\nvar x int = \"text\"\nprintln(x)", "cannot use \"text\""},
		{"syntax error", "%%\nfor {", "expected"},
		{"log.Fatal", "import \"log\"\n\n%%\nlog.Fatal(\"off by 0.3\")", "off by 0.3"},
		{"exit", "import \"os\"\n\n%%\nos.Exit(3)", "exit status 3"},
		{"panic", "%%\npanic(\"boom\")", "boom"},
		{"test", "import \"testing\"\n\nfunc TestA(t *testing.T) { t.Error(\"wrong sum\") }\n%test", "wrong sum"},
		{"shell", "!false", "a shell line failed: exit status 1"},
		{"shell before Go", "!exit 4\n%%\nprintln(\"still\\nrunning\")", "a shell line failed: exit status 4"},
		{"script", "%%bash\nexit 5", "a shell line failed: exit status 5"},
		{"unknown command", "%plot x", `special command "%plot" unknown`},
		{"network", "!*go get example.org/nothing@v1.0.0", "GOPROXY=off"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rep, err := Run(t.Context(), cells(tc.source, "%%\nprintln(1)"), Options{Bin: bin, Dir: t.TempDir()})
			wantCellError(t, err, 2, tc.want)
			if rep == nil || rep.Took[1] == 0 || rep.Took[2] != 0 {
				t.Errorf("report %+v", rep)
			}
		})
	}
}

func wantCellError(t *testing.T, err error, cell int, want string) {
	t.Helper()
	var ce *CellError
	if !errors.As(err, &ce) {
		t.Fatalf("error %v, want a *CellError", err)
	}
	if ce.Cell != cell || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one of cell %d with %q", err, cell, want)
	}
}

// Printing to stderr is no failure.
func TestRunAllowsStderr(t *testing.T) {
	bin := Need(t)
	t.Parallel()
	nb := cells("import \"log\"\n\n%%\nlog.Print(\"the child's exit status 1\")", "!echo note >&2")
	if _, err := Run(t.Context(), nb, Options{Bin: bin, Dir: t.TempDir()}); err != nil {
		t.Error(err)
	}
}

func TestRunLimit(t *testing.T) {
	bin := Need(t)
	t.Parallel()
	nb := cells("import \"time\"\n\n%%\ntime.Sleep(time.Hour)")
	begin := time.Now()
	_, err := Run(t.Context(), nb, Options{Bin: bin, Dir: t.TempDir(), CellLimit: 3 * time.Second})
	wantCellError(t, err, 2, "time limit exceeded: 3s")
	if !errors.Is(err, ErrCellLimit) {
		t.Errorf("error %v is not ErrCellLimit", err)
	}
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("took %v", took)
	}
}

func TestRunCancelled(t *testing.T) {
	bin := Need(t)
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	nb := cells("import \"time\"\n\n%%\ntime.Sleep(time.Hour)")
	if _, err := Run(ctx, nb, Options{Bin: bin, Dir: t.TempDir()}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// A kernel that dies in the middle of a cell does not leave the test waiting.
func TestRunKernelDies(t *testing.T) {
	bin := Need(t)
	t.Parallel()
	_, err := Run(t.Context(), cells("!kill -9 $PPID; sleep 60"), Options{Bin: bin, Dir: t.TempDir()})
	wantCellError(t, err, 2, "kernel ended")
}

func TestRunNeedsPictures(t *testing.T) {
	bin := Need(t)
	nb := readOK(t)
	nb.Settings.Figures = 2
	_, err := Run(t.Context(), nb, Options{Bin: bin, Dir: inModule(t), Env: []string{"NEUROCREDIT_QUICK=1"}})
	if err == nil || !strings.Contains(err.Error(), "1 pictures are shown") {
		t.Errorf("error %v", err)
	}
}

// A cell sees neither the user's home nor leftovers of an earlier kernel, and the kernel's folder goes when it ends.
func TestRunIsPrivate(t *testing.T) {
	bin := Need(t)
	t.Setenv("GONB_DIR", "/nowhere")
	t.Setenv("GOFLAGS", "-mod=vendor")
	dir := t.TempDir()
	const source = "import (\n\t\"log\"\n\t\"os\"\n)\n\n%%\n" +
		"if err := os.WriteFile(\"home\", []byte(os.Getenv(\"HOME\")), 0o644); err != nil {\n\tlog.Fatal(err)\n}\n" +
		"if os.Getenv(\"GOPROXY\") != \"off\" || os.Getenv(\"GOFLAGS\") != \"\" || os.Getenv(\"GONB_DIR\") == \"/nowhere\" {\n" +
		"\tlog.Fatal(os.Environ())\n}"
	if _, err := Run(t.Context(), cells(source), Options{Bin: bin, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	home, err := os.ReadFile(dir + "/home")
	if err != nil {
		t.Fatal(err)
	}
	if string(home) == os.Getenv("HOME") {
		t.Errorf("HOME of a cell is %s", home)
	}
	if _, err := os.Stat(string(home)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder %s is still there (%v)", home, err)
	}
}

func TestRunWithoutKernel(t *testing.T) {
	rep, err := Run(t.Context(), cells(), Options{Bin: t.TempDir(), Dir: t.TempDir()})
	if err == nil || rep != nil {
		t.Errorf("report %v, error %v", rep, err)
	}
}
