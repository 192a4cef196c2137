package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestBackendList(t *testing.T) {
	xla := os.Getenv("NEUROCREDIT_XLA")
	if xla != "" {
		t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", xla)
	}
	text := ok(t, "backend", "list")
	for _, name := range []string{"xla:cuda", "xla:cpu", "go"} {
		contains(t, text, "\n"+name+": ")
	}
	works := []string{"go"}
	if xla != "" {
		works = append(works, "xla:cpu")
	}
	for _, name := range works {
		if !regexp.MustCompile(`(?m)^` + name + ` +yes +[0-9.e+]+ (ns|µs|ms) +\d+$`).MatchString(text) {
			t.Errorf("%s does not work:\n%s", name, text)
		}
	}
	contains(t, text, "without --backend: backend ")
}

func TestBackendErrors(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("PATH", t.TempDir()) // no Python
	for _, test := range []struct{ args, want string }{
		{"backend install xla-cuda", "xla:cuda"},
		{"backend install go", "needs no plugin"},
		{"backend install auto", "auto needs no plugin"},
		{"backend install tpu", `unknown backend "tpu", must be xla-cpu or xla-cuda`},
		{"backend lsit", "did you mean list?"},
		{"train chain/pal --out x --engine graph --backend tpu", `"tpu"`},
		{"train yin-yang/fa --out x --engine grahp", "grahp"},
	} {
		status, _, stderr := cli(t, strings.Fields(test.args)...)
		if status != 1 || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: status %d\n%s", test.args, status, stderr)
		}
	}
}

// TestEngineFlag trains with the graph engine and says so.
func TestEngineFlag(t *testing.T) {
	for _, system := range [][]string{
		append([]string{"yin-yang/pal"}, tiny...),
		append([]string{"chain/pal"}, tinyPAL...),
		append([]string{"fig3c/mdgl"}, tinyMDGL...),
	} {
		for _, engine := range []string{"native", "graph"} {
			args := append([]string{"train", "--out", t.TempDir(), "--engine", engine}, system...)
			if engine == "graph" {
				args = append(args, "--backend", "go")
			}
			status, _, stderr := cli(t, args...)
			if status != 0 {
				t.Errorf("%s, %s: status %d\n%s", system[0], engine, status, stderr)
			}
			contains(t, stderr, "engine "+engine+": ", "asked for")
			if engine == "graph" {
				contains(t, stderr, "backend go")
			}
		}
	}
}
