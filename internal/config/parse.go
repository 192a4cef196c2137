package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parseYAML returns the top node of the only document in data; nil if data
// holds nothing but comments.
func parseYAML(data []byte, file string) (top *yaml.Node, err error) {
	// The library reports some malformed inputs by panicking.
	defer func() {
		if r := recover(); r != nil {
			top, err = nil, Problems{{File: file, Text: fmt.Sprintf("is not YAML (%v)", r)}}
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, Problems{syntaxProblem(err, data, file)}
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, Problems{syntaxProblem(err, data, file)}
	default:
		return nil, Problems{{File: file, Line: second.Line, Text: "ends here and another begins (---), expected one document per file"}}
	}
	top = document.Content[0]
	if isNull(top) && top.Value == "" {
		return nil, nil
	}
	return top, nil
}

var (
	complaintParts = regexp.MustCompile(`(?s)^(?:yaml: )?(?:line ([0-9]+): )?(.*)$`)
	badAnchor      = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// plainWords says what a complaint of the YAML library means for the person
// who wrote the file.
var plainWords = map[string]string{
	"mapping values are not allowed in this context": `has a colon where none can be: check the indentation, or put a text with a colon in quotes`,
	"did not find expected ',' or ']'":               `has a list whose "[" is not closed with "]", or whose values are not separated by commas`,
	"did not find expected ',' or '}'":               `has a mapping whose "{" is not closed with "}", or whose entries are not separated by commas`,
	"did not find expected key":                      `has something other than a key here: check the indentation`,
	"did not find expected '-' indicator":            `has a key where a list entry with "-" should stand: check the indentation`,
	"could not find expected ':'":                    `has a key without ":" and value`,
	"found unexpected end of stream":                 `has a quoted text that is not closed`,
	"found unknown escape character":                 `has an unknown \ sequence: in a text with a backslash use single quotes`,
	"control characters are not allowed":             `has a control character`,
	"found incompatible YAML document":               `asks for an unknown version of YAML`,
}

// cutLine separates the line number of a complaint of the YAML library from
// its text. The number is 0 if there is none.
func cutLine(complaint string) (line int, text string) {
	match := complaintParts.FindStringSubmatch(complaint)
	line, _ = strconv.Atoi(match[1])
	return line, match[2]
}

// syntaxProblem rewords an error of the YAML library. The library leaves out
// the number of the first line, and counts lines from 0 in the errors of its
// parser, which all begin alike.
func syntaxProblem(err error, data []byte, file string) Problem {
	line1, reason := cutLine(err.Error())
	p := Problem{File: file, Line: max(line1, 1)}
	if strings.HasPrefix(reason, "did not find expected") && line1 > 0 {
		p.Line++
	}
	lines := bytes.Split(data, []byte("\n"))
	p.Line = min(p.Line, max(1, bytes.Count(bytes.TrimRight(data, "\n"), []byte("\n"))+1))
	line := lines[p.Line-1]
	text, known := plainWords[reason]
	switch {
	case known:
		p.Text = text
	case strings.Contains(reason, "UTF-8"):
		p.Text = "is not text in UTF-8"
	case reason == "found character that cannot start any token" && bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("\t")):
		p.Text = "is indented with a tab, expected spaces"
	case reason == "found character that cannot start any token":
		p.Text = "has a value that begins with a sign reserved by YAML (@, %, `): put it in quotes"
	default:
		p.Text = "is not YAML: " + reason
	}
	if anchor := badAnchor.FindStringSubmatch(reason); anchor != nil {
		p.Text = fmt.Sprintf("refers to *%s, but nothing above is marked &%[1]s", anchor[1])
		p.Line = findLine(lines, func(line []byte) bool { return bytes.Contains(line, []byte("*"+anchor[1])) })
	}
	switch {
	case strings.Contains(reason, "control characters"):
		p.Line = findLine(lines, func(line []byte) bool {
			return bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' || r == 0x7f })
		})
	case strings.Contains(reason, "UTF-8"):
		p.Line = findLine(lines, func(line []byte) bool { return !utf8.Valid(line) })
	}
	return p
}

// findLine is the number of the first line that is bad, or 0.
func findLine(lines [][]byte, bad func([]byte) bool) int {
	for i, line := range lines {
		if bad(line) {
			return i + 1
		}
	}
	return 0
}
