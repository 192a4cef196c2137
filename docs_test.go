package neurocredit_test

import (
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages returns the paths of all Markdown files of the repository.
func pages(t *testing.T) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "runs"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".md":
			list = append(list, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(list, "README.md") || !slices.Contains(list, filepath.Join("docs", "concepts.md")) {
		t.Fatalf("pages found: %v", list)
	}
	return list
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Every relative link leads to a file, and every anchor to a heading.
func TestLinks(t *testing.T) {
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(withoutCode(read(t, page)), -1) {
			u, err := url.Parse(m[1])
			if err != nil {
				t.Errorf("%s: link %q: %v", page, m[1], err)
				continue
			}
			if u.Scheme != "" {
				continue
			}
			target := page
			if u.Path != "" {
				target = filepath.Join(filepath.Dir(page), filepath.FromSlash(u.Path))
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: link %q: %v", page, m[1], err)
				continue
			}
			if u.Fragment != "" && !slices.Contains(anchors(read(t, target)), u.Fragment) {
				t.Errorf("%s: link %q: %s has no such heading", page, m[1], target)
			}
		}
	}
}

var fence = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")

func withoutCode(text string) string { return fence.ReplaceAllString(text, "") }

// anchors lists the names by which GitHub links to the headings of a page.
func anchors(text string) (list []string) {
	for line := range strings.Lines(withoutCode(text)) {
		if !strings.HasPrefix(line, "#") {
			continue
		}
		name := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
		name = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(name, "")
		list = append(list, strings.ReplaceAll(name, " ", "-"))
	}
	return list
}

var command = regexp.MustCompile(`(?m)^    (?:go run \./cmd/)?neurocredit((?: [a-z][a-z0-9]*)+)(.*)$`)

// The commands that the pages show exist, with the flags that they use. They are
// not carried out: --help comes last.
func TestCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command; skipped with -short")
	}
	program := filepath.Join(t.TempDir(), "neurocredit")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/neurocredit").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	total := 0
	for _, page := range pages(t) {
		for _, m := range command.FindAllStringSubmatch(read(t, page), -1) {
			total++
			words := strings.Fields(m[1])
			line, _, _ := strings.Cut(m[2], "  ") // a remark may follow
			args := append(words, flags(line)...)
			out, err := exec.Command(program, append(args, "--help")...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "\n  neurocredit "+words[0]+" ") {
				t.Errorf("%s: %s: %v\n%s", page, strings.TrimSpace(m[0]), err, out)
			}
		}
	}
	if total < 5 {
		t.Fatalf("only %d commands found", total)
	}
}

var flag = regexp.MustCompile(`--[a-z0-9-]+(?: "[^"]*"| [^- ][^ ]*)?`)

// flags returns the flags of a command line with their values, if they have any.
func flags(line string) (list []string) {
	for _, f := range flag.FindAllString(line, -1) {
		name, value, found := strings.Cut(f, " ")
		list = append(list, name)
		if found {
			list = append(list, strings.Trim(value, `"`))
		}
	}
	return list
}

// Nothing refers to what a user does not have.
func TestSelfContained(t *testing.T) {
	outside := []string{"../" + "shared", "/work/" + "main"}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == ".git" || path == ".ci" || d.Name() == "runs"):
			return filepath.SkipDir
		case !d.Type().IsRegular() || path == ".git": // a file in a worktree
			return nil
		}
		text := read(t, path)
		for _, s := range outside {
			if strings.Contains(text, s) {
				t.Errorf("%s mentions %s", path, s)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
