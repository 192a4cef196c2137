package nbtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Notebook is a notebook of nbformat 4.
type Notebook struct {
	Cells    []Cell
	Kernel   string         // name of the kernel that runs it, "gonb" for Go
	Settings Settings       // what the notebook tells its test
	Metadata map[string]any // all metadata as read, Kernel and Settings among it
	Minor    int            // nbformat_minor; cells have ids from 5 on
}

// Settings is the metadata entry "neurocredit" of a notebook.
type Settings struct {
	Figures int      `json:"figures"`        // number of pictures the notebook shows, in quick mode too
	Data    []string `json:"data,omitempty"` // folders that the data cache must hold, for example "mnist"
}

// Cell is one cell of a notebook.
type Cell struct {
	ID          string
	Type        string // "code", "markdown" or "raw"
	Source      string // lines separated by \n, without one at the end
	Metadata    map[string]any
	Attachments map[string]any // pictures pasted into a text cell
	Count       int            // execution count of a code cell, 0 when it was not run
	Outputs     []Output
}

// Output is one output of a code cell.
type Output struct {
	Type      string         // "stream", "display_data", "execute_result" or "error"
	Stream    string         // "stdout" or "stderr"
	Text      string         // text of a stream
	Data      map[string]any // shown data by MIME type; texts are strings, binary data is base64 text
	Metadata  map[string]any // of shown data
	Name      string         // of an error
	Value     string         // message of an error
	Traceback []string       // of an error

	displayID string // names shown data that a later message may replace
}

// Read parses the notebook in the named file.
func Read(path string) (*Notebook, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("nbtest: %w", err)
	}
	nb, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%w (file %s)", err, path)
	}
	return nb, nil
}

// text is a string that the format also lets be written as a list of its lines.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		var lines []string
		if err := json.Unmarshal(data, &lines); err != nil {
			return err
		}
		*t = text(strings.Join(lines, ""))
		return nil
	}
	return json.Unmarshal(data, (*string)(t))
}

func (t text) MarshalJSON() ([]byte, error) {
	return encode(splitLines(string(t)))
}

// splitLines cuts after each line end, as Jupyter stores texts.
func splitLines(s string) []string {
	lines := strings.SplitAfter(s, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// The file's structure. Fields stand in alphabetical order because Jupyter sorts keys when it saves.
type (
	fileNotebook struct {
		Cells    []json.RawMessage `json:"cells"`
		Metadata map[string]any    `json:"metadata"`
		Format   int               `json:"nbformat"`
		Minor    int               `json:"nbformat_minor"`
	}
	fileTextCell struct {
		Attachments map[string]any `json:"attachments,omitempty"`
		Type        string         `json:"cell_type"`
		ID          string         `json:"id,omitempty"`
		Metadata    map[string]any `json:"metadata"`
		Source      text           `json:"source"`
	}
	fileCodeCell struct {
		Attachments map[string]any    `json:"attachments,omitempty"`
		Type        string            `json:"cell_type"`
		Count       *int              `json:"execution_count"`
		ID          string            `json:"id,omitempty"`
		Metadata    map[string]any    `json:"metadata"`
		Outputs     []json.RawMessage `json:"outputs"`
		Source      text              `json:"source"`
	}
	fileStream struct {
		Name string `json:"name"`
		Type string `json:"output_type"`
		Text text   `json:"text"`
	}
	fileData struct {
		Data     map[string]any `json:"data"`
		Count    *int           `json:"execution_count,omitempty"`
		Metadata map[string]any `json:"metadata"`
		Type     string         `json:"output_type"`
	}
	fileError struct {
		Name      string   `json:"ename"`
		Value     string   `json:"evalue"`
		Type      string   `json:"output_type"`
		Traceback []string `json:"traceback"`
	}
)

// Parse reads a notebook file's contents. An error tells which cell or field breaks the format.
func Parse(data []byte) (*Notebook, error) {
	var f fileNotebook
	if err := decode(data, &f); err != nil {
		return nil, fmt.Errorf("nbtest: notebook is not valid JSON of a notebook: %w", err)
	}
	if f.Format != 4 {
		return nil, fmt.Errorf("nbtest: notebook: nbformat is %d, want 4", f.Format)
	}
	if f.Minor < 0 {
		return nil, fmt.Errorf("nbtest: notebook: nbformat_minor is %d, want 0 or more", f.Minor)
	}
	nb := &Notebook{Metadata: orEmpty(f.Metadata), Minor: f.Minor}
	if spec, ok := nb.Metadata["kernelspec"].(map[string]any); ok {
		nb.Kernel, _ = spec["name"].(string)
	}
	if own, ok := nb.Metadata["neurocredit"]; ok {
		if err := nb.Settings.parse(own); err != nil {
			return nil, err
		}
	}
	for i, raw := range f.Cells {
		cell, err := parseCell(raw)
		if err != nil {
			return nil, fmt.Errorf("nbtest: notebook: cell %d: %w", i+1, err)
		}
		nb.Cells = append(nb.Cells, cell)
	}
	return nb, nil
}

func (s *Settings) parse(own any) error {
	data, err := encode(own)
	if err != nil {
		return fmt.Errorf("nbtest: notebook: metadata neurocredit: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(s); err != nil {
		return fmt.Errorf("nbtest: notebook: metadata neurocredit: %w", err)
	}
	if s.Figures < 0 {
		return fmt.Errorf("nbtest: notebook: metadata neurocredit: figures is %d, want 0 or more", s.Figures)
	}
	return nil
}

func parseCell(raw json.RawMessage) (Cell, error) {
	var f fileCodeCell
	if err := decode(raw, &f); err != nil {
		return Cell{}, err
	}
	switch f.Type {
	case "code", "markdown", "raw":
	default:
		return Cell{}, fmt.Errorf("cell_type is %q, want code, markdown or raw", f.Type)
	}
	c := Cell{ID: f.ID, Type: f.Type, Source: string(f.Source), Metadata: orEmpty(f.Metadata)}
	if len(f.Attachments) > 0 {
		c.Attachments = f.Attachments
	}
	if f.Type != "code" {
		if f.Count != nil || len(f.Outputs) > 0 {
			return Cell{}, fmt.Errorf("a %s cell has outputs or an execution count", f.Type)
		}
		return c, nil
	}
	if f.Count != nil {
		c.Count = *f.Count
	}
	for i, raw := range f.Outputs {
		out, err := parseOutput(raw)
		if err != nil {
			return Cell{}, fmt.Errorf("output %d: %w", i+1, err)
		}
		c.Outputs = append(c.Outputs, out)
	}
	return c, nil
}

func parseOutput(raw json.RawMessage) (Output, error) {
	var f struct {
		Type      string         `json:"output_type"`
		Stream    string         `json:"name"`
		Text      text           `json:"text"`
		Data      map[string]any `json:"data"`
		Metadata  map[string]any `json:"metadata"`
		Name      string         `json:"ename"`
		Value     string         `json:"evalue"`
		Traceback []string       `json:"traceback"`
	}
	if err := decode(raw, &f); err != nil {
		return Output{}, err
	}
	o := Output{Type: f.Type}
	switch f.Type {
	case "stream":
		if f.Stream != "stdout" && f.Stream != "stderr" {
			return Output{}, fmt.Errorf("stream is named %q, want stdout or stderr", f.Stream)
		}
		o.Stream, o.Text = f.Stream, string(f.Text)
	case "display_data", "execute_result":
		o.Data, o.Metadata = orEmpty(f.Data), orEmpty(f.Metadata)
		for mime, value := range o.Data {
			if !strings.HasSuffix(mime, "json") {
				o.Data[mime] = joined(value)
			}
		}
	case "error":
		o.Name, o.Value = f.Name, f.Value
		o.Traceback = append(o.Traceback, f.Traceback...) // nil when empty
	default:
		return Output{}, fmt.Errorf("output_type is %q, want stream, display_data, execute_result or error", f.Type)
	}
	return o, nil
}

// joined makes one text of a value that lists its lines, and leaves any other value.
func joined(value any) any {
	list, ok := value.([]any)
	if !ok {
		return value
	}
	var b strings.Builder
	for _, line := range list {
		s, ok := line.(string)
		if !ok {
			return value
		}
		b.WriteString(s)
	}
	return b.String()
}

// Encode returns the notebook as Jupyter itself would save it: keys sorted, indented by one space, texts cut into
// lines, so that a notebook saved by a person and one written by a program differ only where their contents do.
func (nb *Notebook) Encode() ([]byte, error) {
	f := fileNotebook{Cells: []json.RawMessage{}, Metadata: orEmpty(nb.Metadata), Format: 4, Minor: nb.Minor}
	for i, c := range nb.Cells {
		raw, err := c.encode()
		if err != nil {
			return nil, fmt.Errorf("nbtest: cell %d: %w", i+1, err)
		}
		f.Cells = append(f.Cells, raw)
	}
	data, err := encode(f)
	if err != nil {
		return nil, fmt.Errorf("nbtest: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", " "); err != nil {
		return nil, fmt.Errorf("nbtest: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func (c Cell) encode() (json.RawMessage, error) {
	if c.Type != "code" {
		return encode(fileTextCell{c.Attachments, c.Type, c.ID, orEmpty(c.Metadata), text(c.Source)})
	}
	f := fileCodeCell{Attachments: c.Attachments, Type: c.Type, Count: orNil(c.Count), ID: c.ID,
		Metadata: orEmpty(c.Metadata), Outputs: []json.RawMessage{}, Source: text(c.Source)}
	for _, o := range c.Outputs {
		raw, err := o.encode(c.Count)
		if err != nil {
			return nil, err
		}
		f.Outputs = append(f.Outputs, raw)
	}
	return encode(f)
}

func (o Output) encode(count int) (json.RawMessage, error) {
	switch o.Type {
	case "stream":
		return encode(fileStream{o.Stream, o.Type, text(o.Text)})
	case "error":
		return encode(fileError{o.Name, o.Value, o.Type, append([]string{}, o.Traceback...)})
	}
	data := map[string]any{}
	for mime, value := range o.Data {
		if s, ok := value.(string); ok && strings.HasPrefix(mime, "text/") {
			value = text(s)
		}
		data[mime] = value
	}
	f := fileData{Data: data, Metadata: orEmpty(o.Metadata), Type: o.Type}
	if o.Type == "execute_result" {
		f.Count = orNil(count)
	}
	return encode(f)
}

// decode keeps numbers as they are written.
func decode(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if dec.More() {
		return fmt.Errorf("something follows at byte %d", dec.InputOffset())
	}
	return nil
}

// encode leaves <, > and & readable.
func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

func orNil(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
