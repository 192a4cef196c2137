package nbtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Options tell [Run] how to run a notebook.
type Options struct {
	Bin       string        // folder that holds the programs gonb and goimports
	Dir       string        // folder to run in, as if the notebook lay there
	Env       []string      // further environment of the kernel, each NAME=value
	CellLimit time.Duration // a cell that takes longer is interrupted and has failed; 0 means 10 minutes
}

// Report is what a run produced.
type Report struct {
	Notebook *Notebook       // copy with outputs and execution counts of the cells that ran
	Took     []time.Duration // for each cell of Notebook, compilation included; 0 for text and for cells not run
	Start    time.Duration   // from starting the kernel to its first answer
}

// CellError tells which cell of a notebook failed.
type CellError struct {
	Cell int // place in the notebook, from 1, text cells counted
	ID   string
	Err  error
}

func (e *CellError) Error() string { return fmt.Sprintf("cell %d (id %q): %v", e.Cell, e.ID, e.Err) }

// Unwrap returns the reason.
func (e *CellError) Unwrap() error { return e.Err }

// ErrCellLimit is the reason when a cell took longer than allowed.
var ErrCellLimit = errors.New("time limit exceeded")

// Run executes the notebook's code cells in order, in a new kernel that takes nothing from the user's home and downloads
// nothing, and stops at the first that fails. A cell fails when
//
//   - the kernel says so (it does not compile, panics, exits with another status than 0),
//   - a shell line of it fails or a special command is unknown, about which GoNB itself only prints a line, or
//   - it takes too long.
//
// After the last cell the pictures are counted and looked at, see [Settings]. The error is a *CellError if a cell
// failed. The report is nil only if no kernel could be started.
func Run(ctx context.Context, nb *Notebook, opt Options) (*Report, error) {
	if opt.CellLimit == 0 {
		opt.CellLimit = 10 * time.Minute
	}
	begin := time.Now()
	k, err := startKernel(ctx, opt.Bin, opt.Dir, opt.Env)
	if err != nil {
		return nil, fmt.Errorf("nbtest: %w", err)
	}
	defer k.stop()
	done := *nb
	done.Cells = slices.Clone(nb.Cells)
	rep := &Report{Notebook: &done, Took: make([]time.Duration, len(nb.Cells)), Start: time.Since(begin)}
	count := 0
	for i := range done.Cells {
		c := &done.Cells[i]
		if c.Type != "code" {
			continue
		}
		count++
		c.Count, c.Outputs = count, nil
		begin := time.Now()
		err := k.runCell(ctx, c, opt.CellLimit)
		rep.Took[i] = time.Since(begin)
		if err != nil {
			return rep, fmt.Errorf("nbtest: %w", &CellError{Cell: i + 1, ID: c.ID, Err: err})
		}
	}
	if err := done.checkPictures(); err != nil {
		return rep, fmt.Errorf("nbtest: %w", err)
	}
	return rep, nil
}

// runCell executes one cell and collects its outputs. A cell is over when the kernel has both replied and told that it
// is idle again: the two come from different sockets, in either order.
func (k *kernel) runCell(ctx context.Context, c *Cell, limit time.Duration) error {
	id, err := k.send("execute_request", map[string]any{
		"code": c.Source, "silent": false, "store_history": true,
		"user_expressions": map[string]any{}, "allow_stdin": false, "stop_on_error": true,
	})
	if err != nil {
		return err
	}
	var replyErr error // from the reply
	var stopped error  // why we interrupted the cell
	replied, idle := false, false
	done, expired := ctx.Done(), time.After(limit)
	var giveUp <-chan time.Time
	for !replied || !idle {
		select {
		case m := <-k.in:
			if m.Parent.ID != id {
				continue // late message of an earlier request
			}
			switch m.Header.Type {
			case "execute_reply":
				replied = true
				replyErr = replyError(m.Content)
			case "status":
				idle = idle || isIdle(m.Content)
			default:
				if err := c.collect(m); err != nil {
					return err
				}
			}
		case <-k.exited:
			return fmt.Errorf("kernel ended\n%s", k.log())
		case <-expired:
			stopped = fmt.Errorf("%w: %v", ErrCellLimit, limit)
		case <-done:
			stopped = context.Cause(ctx)
		case <-giveUp:
			return fmt.Errorf("%w, and the cell cannot be interrupted", stopped)
		}
		if stopped != nil && giveUp == nil {
			done, expired = nil, nil
			giveUp = time.After(shutdownLimit)
			if err := k.interrupt(); err != nil {
				return err
			}
		}
	}
	if stopped != nil {
		return stopped
	}
	return failure(c.Outputs, replyErr)
}

func isIdle(content json.RawMessage) bool {
	var s struct {
		State string `json:"execution_state"`
	}
	return json.Unmarshal(content, &s) == nil && s.State == "idle"
}

// replyError returns the error that an execute_reply tells of, if any.
func replyError(content json.RawMessage) error {
	var r struct {
		Status string `json:"status"`
		Name   string `json:"ename"`
		Value  string `json:"evalue"`
	}
	if err := json.Unmarshal(content, &r); err != nil {
		return fmt.Errorf("execute_reply: %w", err)
	}
	if r.Status != "ok" {
		return fmt.Errorf("%s: %s %s", r.Status, r.Name, r.Value)
	}
	return nil
}

// collect adds what the kernel published to the cell's outputs.
func (c *Cell) collect(m message) error {
	var v struct {
		Name      string         `json:"name"`
		Text      string         `json:"text"`
		Data      map[string]any `json:"data"`
		Metadata  map[string]any `json:"metadata"`
		Transient struct {
			DisplayID string `json:"display_id"`
		} `json:"transient"`
		ErrorName string   `json:"ename"`
		Value     string   `json:"evalue"`
		Traceback []string `json:"traceback"`
	}
	if err := decode(m.Content, &v); err != nil {
		return fmt.Errorf("%s: %w", m.Header.Type, err)
	}
	switch m.Header.Type {
	case "stream":
		if n := len(c.Outputs); n > 0 && c.Outputs[n-1].Type == "stream" && c.Outputs[n-1].Stream == v.Name {
			c.Outputs[n-1].Text += v.Text
			return nil
		}
		c.Outputs = append(c.Outputs, Output{Type: "stream", Stream: v.Name, Text: v.Text})
	case "display_data", "execute_result", "update_display_data":
		if m.Header.Type == "update_display_data" {
			for i := range c.Outputs {
				if o := &c.Outputs[i]; o.displayID != "" && o.displayID == v.Transient.DisplayID {
					o.Data, o.Metadata = v.Data, v.Metadata
				}
			}
			return nil
		}
		c.Outputs = append(c.Outputs, Output{Type: m.Header.Type, Data: v.Data, Metadata: v.Metadata,
			displayID: v.Transient.DisplayID})
	case "error":
		c.Outputs = append(c.Outputs, Output{Type: "error", Name: v.ErrorName, Value: v.Value, Traceback: v.Traceback})
	}
	return nil
}

var (
	// What GoNB prints after a shell line that failed, and for a special command it does not know. Both count as
	// success for it.
	shellFailed = regexp.MustCompile(`(?m)^(exit status \d+|signal: .+)$`)
	unknown     = regexp.MustCompile(`"%\S*" unknown or not implemented yet`)
	colours     = regexp.MustCompile("\x1b\\[[0-9;]*m")
)

// failure decides whether a finished cell failed.
func failure(outputs []Output, replyErr error) error {
	var stderr, printed strings.Builder
	for _, o := range outputs {
		if o.Type == "stream" {
			printed.WriteString(o.Text)
			if o.Stream == "stderr" {
				stderr.WriteString(o.Text)
			}
		}
	}
	for _, o := range outputs {
		if o.Type == "error" {
			trace := colours.ReplaceAllString(strings.Join(o.Traceback, "\n"), "")
			return fmt.Errorf("%s: %s\n%s\n%s", o.Name, o.Value, trace, tail(printed.String()))
		}
	}
	if replyErr != nil {
		return fmt.Errorf("%w\n%s", replyErr, tail(printed.String()))
	}
	if what := shellFailed.FindString(stderr.String()); what != "" {
		return fmt.Errorf("a shell line failed: %s\n%s", what, tail(printed.String()))
	}
	if what := unknown.FindString(stderr.String()); what != "" {
		return errors.New("special command " + what)
	}
	return nil
}

// tail returns the last lines of a text.
func tail(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}

// Table lists the seconds that the kernel's start and each code cell took, one line each, and their sum.
func (r *Report) Table() string {
	var b strings.Builder
	sum := r.Start
	fmt.Fprintf(&b, "%8.2f s  kernel start\n", r.Start.Seconds())
	for i, c := range r.Notebook.Cells {
		if r.Took[i] == 0 {
			continue
		}
		sum += r.Took[i]
		fmt.Fprintf(&b, "%8.2f s  cell %d (id %q)\n", r.Took[i].Seconds(), i+1, c.ID)
	}
	fmt.Fprintf(&b, "%8.2f s  together\n", sum.Seconds())
	return b.String()
}

// mimes returns the MIME types of shown data in order.
func (o Output) mimes() []string { return slices.Sorted(maps.Keys(o.Data)) }
